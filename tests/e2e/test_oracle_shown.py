"""`alvh oracle` on a feed that is fresh beside one that is stale: what is signed, submitted, left out and shown."""

from __future__ import annotations

from pathlib import Path

from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.units import utc
from tests.bridge.steps import TERMS
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

REPORTERS = ("reporter-1", "reporter-2", "reporter-3", "reporter-4")


def test_oracle__one_feed_fresh_and_one_stale__is_shown_and_ends_with_1(
    run: Run, project: World, tmp_path: Path
) -> None:
    assert run("oracle", "status").code == 0
    assert_one_line_error(run("oracle", "sign", "DOGE", "--as", "reporter-1"), 2, "DOGE", "BTC, ETH")
    advance_time(project.chain, TERMS.oracle_max_age + 10)
    assert run("oracle", "status", "--json").code == 1
    block, files = str(project.chain.head().number), []
    for reporter in REPORTERS:
        signed = run("oracle", "sign", "ETH", "--block", block, "--as", reporter)
        assert signed.code == 0, signed
        files.append(f"{reporter}.json")
        (tmp_path / files[-1]).write_text(signed.out, encoding="utf-8")
    three = run("oracle", "submit", *files[:3])  # a dry run needs no key
    assert three.out == "3 reports read and rehearsed; not sent: repeat with --send\n"
    four = run("oracle", "submit", *files)
    assert "4 reports read and rehearsed; that of 0x" in four.out
    assert "is left out: the median needs an odd number; not sent" in four.out
    sent = run("oracle", "submit", *files, "--as", "outsider", "--send", "--json").json()
    assert (sent["sent"], sent["block"], len(sent["left_out"])) == (True, project.chain.head().number, 1)
    assert sent["left_out"][0] in {account(reporter).address for reporter in REPORTERS}
    first = run("oracle", "status", "--json").json()["feeds"][1]
    assert (first["asset"], first["stale"], first["unanchored"]) == ("ETH", True, True)
    assert "UNANCHORED" in run("oracle", "status").out
    for reporter, file in zip(REPORTERS, files, strict=True):  # after a silence a second round has to agree
        signed = run("oracle", "sign", "ETH", "--block", str(project.chain.head().number), "--as", reporter)
        (tmp_path / file).write_text(signed.out, encoding="utf-8")
    assert run("oracle", "submit", *files[:3], "--as", "outsider", "--send").code == 0
    told = run("oracle", "status", "--json")
    assert told.code == 1
    assert {feed["asset"]: feed["stale"] for feed in told.json()["feeds"]} == {"BTC": True, "ETH": False}
    shown = run("oracle", "status")
    assert shown.code == 1
    assert "Volatility feeds" in shown.out
    rows = {line.split()[0]: line.split()[1] for line in shown.out.splitlines() if line.startswith(("BTC ", "ETH "))}
    assert rows == {"BTC": "STALE", "ETH": "fresh"}
    assert "breaker ETH: closed, " in shown.out
    assert "automation: without power, STOPPED; nothing to apply now: Stopped()" in shown.out


def test_oracle__either_method_of_the_index__is_shown_and_the_settings_is_signed(
    run: Run, project: World, tmp_path: Path
) -> None:
    day = utc(project.chain.head().timestamp)[:10]
    (tmp_path / "signals").mkdir()
    rows = f"known_at,high,low,close\n{day},73,71,72.5\n"
    (tmp_path / "signals" / "index_ETH.csv").write_text(rows, encoding="utf-8")
    settings = (tmp_path / "alvh.toml").read_text(encoding="utf-8") + '[signals]\nfolder = "signals"\n'
    words = {"dense": "dense integral over fitted smiles", "cboe": "Cboe's sum over listed strikes"}
    for method, other in (("dense", "cboe"), ("cboe", "dense")):
        text = f'{settings}[oracle]\nindex = "{method}"\n' if method == "cboe" else settings
        (tmp_path / "alvh.toml").write_text(text, encoding="utf-8")
        bitcoin, ether = run("oracle", "quote", "--json").json()
        assert (bitcoin["asset"], bitcoin["published"], ether["lacking"]) == ("BTC", None, "")
        assert (ether["method"], ether["volatility"]) == (method, ether[method])
        assert ether["volatility_e8"] == round(ether[method] * 1e8)
        assert 0.0 < abs(ether[method] - ether[other]) < 0.03
        assert ether["published"]["volatility"] == 0.725
        shown = run("oracle", "quote").out
        cells = [f"{100 * ether['cboe']:.2f}%", f"{100 * ether['dense']:.2f}%", method, f"72.50% ({day} 00:00:00Z)"]
        assert all(cell in shown.split("ETH")[1] for cell in cells), shown
        signed = run("oracle", "sign", "ETH", "--as", f"reporter-{1 if method == 'dense' else 2}").json()
        assert (signed["volatility_e8"], signed["source"].split("; ")[-1]) == (ether["volatility_e8"], words[method])
    (tmp_path / "signals" / "index_ETH.csv").write_text("known_at,close\n", encoding="utf-8")
    assert "no published index: " in run("oracle", "quote").out
    (tmp_path / "alvh.toml").write_text(settings + '[oracle]\nindex = "vix"\n', encoding="utf-8")
    assert_one_line_error(run("oracle", "quote"), 2, "oracle.index", "'cboe' or 'dense'")
