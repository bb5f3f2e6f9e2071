"""Made-up numbers stay on the local chain; what a reporter signed binds it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.governance.governor import find_proposal
from bridge.local.accounts import account
from bridge.local.histories import write_histories
from bridge.local.world import World
from bridge.plans.market import read_volatilities
from hedge.instruments.lots import lot_of
from hedge.instruments.synthetic_chain import synthetic_chain
from tests.e2e.command import Run
from tests.e2e.places import ELSEWHERE, Place, placed
from tests.e2e.test_commands import assert_one_line_error

REPORTERS = ("reporter-1", "reporter-2", "reporter-3")
REFUSED = "numbers that no market said"


def quotes(world: World, folder: Path, times: float = 1.0, name: str = "quotes.csv", moved: float = 1.0) -> str:
    """Write a chain file as a collector records one: its provenance is that of a file."""
    at, rows = world.chain.head().timestamp, []
    spots = {asset: float(prices[-1]) * moved for asset, prices in world.path.prices.items()}
    for asset, vol in (("BTC", 0.55), ("ETH", 0.72)):
        chain = synthetic_chain(asset, spots[asset], at, vol * times, lot=lot_of(asset))
        rows.append(chain.quotes.assign(underlying=asset, observed_at=at, spot=spots[asset]))
    table = pd.concat(rows).assign(type=lambda rows: rows["is_call"].map({True: "C", False: "P"}))
    table.to_csv(folder / name, index=False)
    return name


def round_of(place: Place, folder: Path, *words: str) -> list[str]:
    """Let three reporters sign at the newest block, each report in a file."""
    block, files = str(place.world.chain.head().number), []
    for reporter in REPORTERS:
        done = place.run("oracle", "sign", "ETH", "--block", block, *words, role=reporter)
        assert done.code == 0, done
        (folder / f"{reporter}.json").write_text(done.out, encoding="utf-8")
        files.append(f"{reporter}.json")
    return files


def test_oracle__made_up_quotes__are_signed_and_submitted_on_the_local_chain_only(place: Place, tmp_path: Path) -> None:
    if place.chain_id == LOCAL_CHAIN_ID:
        files = round_of(place, tmp_path)
        report = json.loads((tmp_path / files[0]).read_text(encoding="utf-8"))
        assert (report["provenance"], "synthetic" in report["source"]) == ("simulated", True)
        assert place.sent("oracle", "submit", *files, role="operator")["sent"] is True
        return
    assert_one_line_error(place.run("oracle", "sign", "ETH", role="reporter-1"), 1, REFUSED, "simulated", "4242")
    assert_one_line_error(place.run("oracle", "sign", "ETH", "--force", role="reporter-1"), 1, REFUSED)
    assert not (tmp_path / ".alvh" / "reports").exists()
    files = round_of(place, tmp_path, "--chain", quotes(place.world, tmp_path))
    report = json.loads((tmp_path / files[0]).read_text(encoding="utf-8"))
    assert (report["provenance"], report["source"]) == ("file", "file quotes.csv; dense integral over fitted smiles")
    for changed in ({"provenance": "simulated"}, {"provenance": "stated"}, {"provenance": ""}, {"provenance": "x"}):
        (tmp_path / "odd.json").write_text(json.dumps(report | changed), encoding="utf-8")
        for send in ((), ("--send",)):
            done = place.run("oracle", "submit", "odd.json", *files[1:], *send, role="operator")
            assert_one_line_error(done, 1, REFUSED)
    bare = {key: value for key, value in report.items() if key not in ("source", "provenance")}
    (tmp_path / "odd.json").write_text(json.dumps(bare), encoding="utf-8")
    assert_one_line_error(
        place.run("oracle", "submit", "odd.json", *files[1:], role="operator"), 1, "unknown provenance"
    )
    assert place.sent("oracle", "submit", *files, role="operator")["sent"] is True


def test_propose__made_up_quotes__only_on_the_local_chain(place: Place, tmp_path: Path) -> None:
    place.run("plan")
    done = place.run("propose", role="operator")
    schedule = place.run("safe", "propose", "schedule")
    if place.chain_id == LOCAL_CHAIN_ID:
        assert (done.code, schedule.code) == (0, 0)
        text = place.run("propose", "--json", role="operator").json()["description"]
        assert "Numbers from ETH options: synthetic" in text
        assert "(simulated)" in text
        return
    assert_one_line_error(done, 1, REFUSED, "ETH options: synthetic", "4242")
    assert_one_line_error(place.run("propose", "--send", "--again", role="operator"), 1, REFUSED)
    assert_one_line_error(schedule, 1, REFUSED)
    file = quotes(place.world, tmp_path)
    place.run("plan", "--chain", file, "--report", "plan.html")
    number = int(place.sent("propose", role="operator")["proposal"])
    told = find_proposal(place.world.snapshot(), number).action.description
    assert "Numbers from ETH options: file quotes.csv (file)" in told
    assert "file quotes.csv (file)" in (tmp_path / "plan.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["simulated", "stated"])
def test_propose__simulated_or_stated_histories__only_on_the_local_chain(
    place: Place, tmp_path: Path, kind: str
) -> None:
    snapshot = place.world.snapshot()
    folder = write_histories(
        tmp_path / "histories", place.world.path, snapshot.block.timestamp, read_volatilities(snapshot)
    )
    (folder / "source.toml").write_text(f'source = "a drawing"\nprovenance = "{kind}"\n', encoding="utf-8")
    words = ("plan", "--chain", quotes(place.world, tmp_path), "--signals", "histories")
    told = place.run(*words, "--json", "--report", "plan.html").json()
    assert told["plan"]["inputs"]["histories"] == {"origin": "a drawing", "provenance": kind}
    assert f"a drawing ({kind})" in (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert f"histories: a drawing ({kind})" in place.run(*words).out
    done = place.run("propose", role="operator")
    if place.chain_id != LOCAL_CHAIN_ID:
        assert_one_line_error(done, 1, REFUSED, f"histories: a drawing ({kind})")
        return
    if done.code == 0:
        text = place.run("propose", "--json", role="operator").json()["description"]
        assert f"Numbers from histories: a drawing ({kind})" in text
    else:  # drawn signals may answer otherwise than to hedge
        assert REFUSED not in done.err


def test_propose__histories_without_a_source__are_unstated_and_stay_on_the_local_chain(
    place: Place, tmp_path: Path
) -> None:
    snapshot = place.world.snapshot()
    at, vols = snapshot.block.timestamp, read_volatilities(snapshot)
    folder = write_histories(tmp_path / "histories", place.world.path, at, vols)
    (folder / "source.toml").unlink()
    words = ("plan", "--chain", quotes(place.world, tmp_path), "--signals", "histories")
    told = place.run(*words, "--json").json()["plan"]["inputs"]["histories"]
    assert told["provenance"] == "simulated"  # the files say so themselves
    if place.chain_id != LOCAL_CHAIN_ID:
        assert_one_line_error(place.run("propose", role="operator"), 1, REFUSED, "say simulated (simulated)")
    for file in folder.glob("*.csv"):
        table = pd.read_csv(file).drop(columns="provenance")
        if file.stem.startswith("price_"):
            moved = float(place.world.path.prices[file.stem[-3:]][-1]) / table["close"].iloc[-1]
            table[["open", "high", "low", "close"]] *= moved
        table.to_csv(file, index=False)
    done = place.run(*words)
    assert "histories: files of histories (unstated)" in done.out
    assert "Signals from histories of unstated provenance" in done.out
    if place.chain_id != LOCAL_CHAIN_ID:
        refused = place.run("propose", role="operator")
        assert_one_line_error(refused, 1, REFUSED, "histories: files of histories (unstated)", "source.toml")


def test_sign__round_again_with_another_value__is_refused_without_force(place: Place, tmp_path: Path) -> None:
    sign = ("oracle", "sign", "ETH", "--block", str(place.world.chain.head().number))
    first, other = quotes(place.world, tmp_path), quotes(place.world, tmp_path, 1.1, "other.csv")
    done = place.run(*sign, "--chain", first, role="reporter-1")
    assert done.code == 0, done
    assert place.run(*sign, "--chain", first, role="reporter-1").out == done.out
    again = place.run(*sign, "--chain", other, role="reporter-1")
    assert_one_line_error(again, 1, account("reporter-1").address, "signed round 2 of ETH with", "--force")
    assert place.run(*sign, "--chain", other, role="reporter-2").code == 0
    assert place.run(*sign, "--chain", other, "--force", role="reporter-1").code == 0
    assert_one_line_error(place.run(*sign, "--chain", first, role="reporter-1"), 1, "signed round 2")
    for kept in (tmp_path / ".alvh" / "reports" / str(place.chain_id)).rglob("2.json"):
        kept.write_text("{}", encoding="utf-8")
    assert_one_line_error(place.run(*sign, "--chain", first, role="reporter-1"), 2, "move it away")


@pytest.mark.parametrize(("times", "passes"), [(1.7, True), (1.9, False), (0.6, True), (0.5, False)])
def test_sign__jump_from_the_last_median__needs_force(place: Place, tmp_path: Path, times: float, passes: bool) -> None:
    words = ("oracle", "sign", "ETH", "--chain", quotes(place.world, tmp_path, times))
    done = place.run(*words, role="reporter-1")
    if passes:
        assert done.code == 0, done
        return
    assert_one_line_error(done, 1, "jumps from", "oracle.max_jump 0.75", "--force")
    assert place.run(*words, "--force", role="reporter-1").code == 0


def test_sign__setting_of_the_largest_jump__is_obeyed(world: World, run: Run, tmp_path: Path) -> None:
    with placed(world, ELSEWHERE, tmp_path, run, "[oracle]\nmax_jump = 0.05\n") as place:
        words = ("oracle", "sign", "ETH", "--chain", quotes(world, tmp_path, 1.1))
        assert_one_line_error(place.run(*words, role="reporter-1"), 1, "oracle.max_jump 0.05")


def test_sign__options_seen_at_another_price_than_the_pools__are_refused(place: Place, tmp_path: Path) -> None:
    """As those of another asset under this one's name: their volatility would pass for its own."""
    file = quotes(place.world, tmp_path, moved=1.06)
    for words in (("oracle", "quote"), ("oracle", "sign", "ETH")):
        done = place.run(*words, "--chain", file, role="reporter-1")
        assert_one_line_error(done, 1, "was seen at", "they may differ by 5%")
        assert done.out == ""
    assert place.run("oracle", "quote", "--chain", quotes(place.world, tmp_path, moved=1.04)).code == 0
