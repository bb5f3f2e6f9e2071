"""`alvh plan` beside its trades: worth of options, hold or move, bets, screens, and the promoter, never proposable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.local.world import World
from tests.bridge.market_files import BOOK, THREE_POOLS, calm_folder, write_quotes
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

STATED = ("plan", "--book", "book.toml", "--chain", "quotes.csv")
SCREENS = """
[rules]
asset_cap = 0.3
[[asset]]
symbol = "ETH"
sector = "staked"
dividend = 60.0
discount = 0.08
growth = 0.03
yield_bearing = true
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "book.toml").write_text(THREE_POOLS, encoding="utf-8")
    write_quotes(tmp_path / "quotes.csv")
    (tmp_path / "screens.toml").write_text(SCREENS, encoding="utf-8")
    return tmp_path


def test_plan__stated_book__says_worth_motion_bets_and_screens_alike_in_every_form(run: Run, folder: Path) -> None:
    command = (*STATED, "--screens", "screens.toml")
    told = run(*command, "--json", "--report", "plan.html").json()
    ideas, page = told["ideas"], (folder / "plan.html").read_text(encoding="utf-8")
    bought = [leg for layer in told["plan"]["layers"] for leg in layer["legs"] if leg["quantity"] > 0]
    assert len(ideas["price_to_payoff"]) == len(bought) > 0
    assert all(leg["ratio"] == pytest.approx(leg["ask"] / leg["expected"]) for leg in ideas["price_to_payoff"])
    assert [motion["verdict"] for motion in ideas["hold_or_move"]] == ["keep", "leave", "unknown"]
    btc, eth = ideas["screens"]["assets"]
    assert (btc["allowed"], eth["yield_bearing"]) == (None, True)
    assert eth["allowed"] < eth["wanted"]
    shown = run(*command).out
    for words in ("Price over expected pay-off", "Hold or move", "Diversified, or praying?"):
        assert words in shown
        assert words in page
    assert "Exposure that the screens allow" in shown
    assert "ETH: price 1.62 times fair value, above 1.2" in shown
    assert 'class="panel screens"' in page
    assert 'class="panel bets"' in page
    assert shown.rstrip().endswith("nothing to propose")


def test_plan__screens_by_setting_or_bad__read_and_refused(run: Run, folder: Path) -> None:
    assert run(*STATED, "--json").json()["ideas"]["screens"] is None
    (folder / "alvh.toml").write_text('[book]\nscreens = "screens.toml"\n', encoding="utf-8")
    assert run(*STATED, "--json").json()["ideas"]["screens"]["source"] == "file screens.toml"
    (folder / "screens.toml").write_text(SCREENS.replace("0.08", "-2"), encoding="utf-8")
    assert_one_line_error(run(*STATED), 2, "screens.toml", "asset 1, discount: ")


def test_plan__as_promoter__sells_condors_without_protection_and_leaves_no_ticket(run: Run, folder: Path) -> None:
    (folder / "book.toml").write_text(BOOK, encoding="utf-8")
    calm_folder(folder / "histories")
    (folder / "alvh.toml").write_text(
        '[signals]\nfolder = "histories"\nleave_out = ["rate differential", "quick ratio"]\n', encoding="utf-8"
    )
    command = (*STATED, "--as-promoter", "--orders", "orders.csv")
    told = run(*command, "--json").json()
    chaser = told["promoter"]
    assert chaser["proposable"] is False
    assert not {"inputs", "update"} & chaser.keys()
    assert chaser["parameters"]["tailPremiumCapBps"] == chaser["parameters"]["volatilityPremiumCapBps"] == 0
    assert chaser["within_limits"]["cvar_usd"]["hedged"] >= told["plan"]["cvar"]["hedged_usd"]
    unchecked = chaser["unchecked"]
    assert {trade["layer"] for trade in unchecked["trades"]} == {"condor"}
    assert unchecked["credit_usd"] > 0.0
    assert unchecked["chased"] > told["plan"]["cvar"]["hedged_usd"]
    assert unchecked["unhedged"] == pytest.approx(told["plan"]["cvar"]["unhedged_usd"], rel=0.05)
    lines = (folder / "orders.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(told["plan"]["trades"])
    shown = run(*STATED, "--as-promoter").out
    assert "Steward and promoter" in shown
    assert "no ticket, not kept" in shown


def test_propose__promoters_plan__cannot_be_taken(run: Run, project: World, tmp_path: Path) -> None:
    told = run("plan", "--as-promoter", "--json").json()
    kept = list((tmp_path / ".alvh" / "plans").glob("*.json"))
    assert [str(path.relative_to(tmp_path)) for path in kept] == [told["file"]]
    record = json.loads(kept[0].read_text(encoding="utf-8"))
    assert "promoter" not in record
    assert record["plan"]["inputs"]["parameters"] != list(told["promoter"]["parameters"].values())
    (tmp_path / "promoter.json").write_text(json.dumps(told["promoter"]), encoding="utf-8")
    assert_one_line_error(
        run("propose", "--plan", "promoter.json", "--as", "operator", "--send"),
        2,
        "not a plan as `alvh plan` writes it",
    )
    grafted = record | {"plan": told["promoter"]}
    (tmp_path / "grafted.json").write_text(json.dumps(grafted), encoding="utf-8")
    assert_one_line_error(
        run("propose", "--plan", "grafted.json", "--as", "operator", "--send"), 2, "not a plan as `alvh plan` writes it"
    )
    changes = run("propose", "--as", "operator", "--json").json()["changes"]
    assert changes == told["plan"]["update"]["changes"]
