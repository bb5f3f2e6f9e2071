"""The regime table from its file to values: what is refused, what voters read, and that anyone can apply a row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.config import Config
from bridge.errors import BadFile, ContractReverted, RefusedAction
from bridge.governance.actions import build_action
from bridge.governance.calls import action_words
from bridge.governance.regime_table import load_table, read_step, send_row
from bridge.governance.safeguards import read_automation, read_breaker, send_trip
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from tests.bridge.steps import carried_action, found, tear, trade, values

CONDOR_DELTA, CONDOR_CAP, HOUR = 10, 13, 3600
ROOT = Path(__file__).resolve().parents[2]


def table_of_the_docs(folder: Path) -> Path:
    """Return a file with the table that the docs show."""
    (text,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "governance.md").read_text(encoding="utf-8"), re.DOTALL)
    file = folder / "regimes.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return table_of_the_docs(tmp_path)


def changed(file: Path, old: str, new: str) -> str:
    """Replace a part of a file, and return its path as a command has it."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(file)


@pytest.mark.unit
def test_load_table__of_the_docs__is_what_the_contract_takes(table: Path) -> None:
    assert load_table(table).arguments() == (
        (CONDOR_DELTA, CONDOR_CAP),
        ((0, (2000, 1000)), (80_000_000, (1700, 500)), (120_000_000, (1500, 0))),
        (5_000_000, 2 * HOUR, 24 * HOUR),
        0,
    )


@pytest.mark.unit
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("condorNotionalCapBps = 500", "condorNotional = 500", "rows.1: no parameter condorNotional"),
        (
            ", condorNotionalCapBps = 500",
            "",
            "rows.1: names condorShortDeltaBps, the first row condorShortDeltaBps, con",
        ),
        ("floor = 0.8", "floor = 80", "rows.1.floor: must be 10 or less"),
        ("dwell_down_hours = 24", "dwell_down_hours = 1e30", "dwell_down_hours: must be "),
        ("hysteresis", "histeresis", "hysteresis: is missing: add it"),
        ("CapBps = 500", "CapBps = 500.5", "rows.1.values.condorNotionalCapBps: must be a whole number"),
        ("row = 0", "row = ", "not TOML"),
    ],
)
def test_load_table__wrong__says_where_and_why(table: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(BadFile, match=re.escape(said)):
        load_table(Path(changed(table, old, new)))


@pytest.mark.unit
def test_load_table__no_file__says_so(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        load_table(tmp_path / "regimes.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"ETH"', '"BTC"', "is not that of BTC"),
        ("condorNotionalCapBps = 0", "condorNotionalCapBps = 10001", "row 2: condorNotionalCapBps 10001 is outside"),
        ("condorShortDeltaBps = 2000", "condorShortDeltaBps = 3001", "row 0 breaks condorShortDelta <= tailMostDelta"),
    ],
)
def test_set_table__that_does_not_fit__refused_with_the_row(
    world: World, table: Path, old: str, new: str, said: str
) -> None:
    file = changed(table, old, new)
    with pytest.raises(RefusedAction, match=said):
        build_action(world.snapshot(), "set-table", [file])


def test_set_table__voted__anyone_applies_the_row_that_the_feed_selects(world: World, table: Path) -> None:
    trade(world, [1.01, 1.0, 1.01, 1.0])
    number = carried_action(world, "set-table", changed(table, "floor = 0.8", "floor = 0.5"))
    snapshot = world.snapshot()
    said = action_words(snapshot, found(world, number).action)
    first, beginning, *rows = said[0].splitlines()
    assert first.startswith("RegimeAutomation.setTable(3 rows of 2 parameters): ")
    assert beginning == "  row 0 holds at the beginning; up after 2 h and down after 24 h beyond a floor by 5.00%"
    assert rows[0] == "  row 0 from 0.00%: the values in force"
    assert rows[1] == "  row 1 from 50.00%: condorShortDeltaBps 1700 (now 2000), condorNotionalCapBps 500 (now 1000)"
    automation = world.deployment.address("RegimeAutomation")
    granted = f"HedgeParameters.grantRole(role=automation, account={automation} (RegimeAutomation))"
    may = "set parameters inside their limits at once, without a vote"
    assert said[1].splitlines() == [
        f"{granted}: Give an account a role",
        f"  gives power: {automation} may then {may}",
        f"  {automation} is RegimeAutomation of this deployment",
    ]
    assert said[2].startswith("guard: executed only if then RegimeAutomation has this code")
    status = read_automation(snapshot)
    assert status is not None
    assert (status.in_power, status.stopped, status.row) == (True, False, 0)
    with pytest.raises(ContractReverted):
        read_step(snapshot)  # its feed is as old as the vote was long
    trade(world, [1.01, 1.0] * 12)
    for _ in range(4):
        advance_time(world.chain, HOUR)
        submit_rounds(world.snapshot(), Config())
    row, update = read_step(world.snapshot())
    assert (row, update.keys, update.values) == (1, (CONDOR_DELTA, CONDOR_CAP), (1700, 500))
    send_row(world.snapshot(), account("outsider"))
    assert [values(world)[key] for key in update.keys] == [1700, 500]


def test_set_table__row_that_moves_together__is_voted_with_it_and_must_be_one_step_away(
    world: World, table: Path
) -> None:
    changed(table, "condorNotionalCapBps = 0", "condorNotionalCapBps = 300")
    file = changed(table, "floor = 0.8", "floor = 0.8\ntogether = true")
    number = carried_action(world, "set-table", file)
    at = world.deployment.address("RegimeAutomation")
    assert [world.snapshot().read("RegimeAutomation", "isWhole", row, at=at) for row in range(3)] == [
        False,
        True,
        False,
    ]
    said = action_words(world.snapshot(), found(world, number).action)
    assert said[1].startswith("RegimeAutomation.setWholeRows(rows_=[1]): Say which rows of the table move all")
    changed(table, "condorNotionalCapBps = 1000", "condorNotionalCapBps = 1100")
    with pytest.raises(RefusedAction, match="row 1 moves its keys together, and condorNotionalCapBps 1100 -> 500 from"):
        build_action(world.snapshot(), "set-table", [file])


def test_set_table__a_second_time__needs_no_role(world: World, table: Path) -> None:
    carried_action(world, "set-table", str(table))
    action = build_action(world.snapshot(), "set-table", [str(table)])
    assert len(action.calls) == len(action.postconditions) == 1


def test_trip__volatilities_far_apart__anyone_trips_and_not_before(world: World) -> None:
    with pytest.raises(ContractReverted, match="TooFewObservations"):
        send_trip(world.snapshot(), account("outsider"), "ETH")
    tear(world)
    send_trip(world.snapshot(), account("outsider"), "ETH")
    breaker = read_breaker(world.snapshot(), "ETH")
    assert breaker.tripped_at == world.chain.head().timestamp
