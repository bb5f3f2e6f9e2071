"""Checkpoints of a selected row: how far back a run of answers goes, up and down, and where it ends."""

from __future__ import annotations

import pytest
from governed import TIMELOCK
from onchain import HOUR
from regimes import DWELL_DOWN, DWELL_UP, HYSTERESIS, KEYS, TABLE, TERMS, Regimes
from reporters import PERCENT

pytestmark = pytest.mark.chain
LOW, HIGH = 60 * PERCENT, 90 * PERCENT


def poke(regimes: Regimes) -> tuple[int, int, int]:
    """Write a checkpoint as anyone, and return its row, since when it is selected, and up to which round."""
    (event,) = regimes.automation.events(
        regimes.automation.send("poke", sender=regimes.node.deployer), "RowSelectedSince"
    )
    return event["row"], event["since"], event["round"]


def newest(regimes: Regimes) -> int:
    return int(regimes.oracle.read("peek")[0])


def came(regimes: Regimes, number: int) -> int:
    """Return when a round came on chain."""
    return int(regimes.oracle.read("roundAt", number)[3])


def test_poke__low_since_the_first_round__goes_back_to_it_and_on_from_the_checkpoint(regimes: Regimes) -> None:
    regimes.set_table(row=1)
    regimes.hours(3, LOW)
    assert poke(regimes) == (0, came(regimes, 1), newest(regimes))
    regimes.hours(2, LOW)
    assert poke(regimes) == (0, came(regimes, 1), newest(regimes))


def test_poke__on_the_way_down_a_flagged_answer__ends_the_run_before_it(regimes: Regimes) -> None:
    regimes.set_table(row=1)
    regimes.hours(1, 20 * PERCENT)  # the hour's bound holds it back
    flagged = newest(regimes)
    assert regimes.oracle.read("roundAt", flagged)[5] != 0
    held = int(regimes.oracle.read("peek")[2])
    regimes.hours(2, held)
    assert poke(regimes) == (0, came(regimes, flagged + 1), newest(regimes))


def test_poke__a_silence_longer_than_the_age_limit__ends_the_run_after_it(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(3, HIGH)
    before = newest(regimes)
    regimes.node.advance(7 * HOUR)
    regimes.report(HIGH)
    regimes.hours(1, HIGH)
    assert poke(regimes) == (1, came(regimes, before + 1), newest(regimes))


def test_poke__after_the_row_was_applied__begins_a_run_of_the_row_beyond_it(regimes: Regimes) -> None:
    floors = (0, 65 * PERCENT, 80 * PERCENT)
    rows = [(floor, values) for floor, (_, values) in zip(floors, TABLE, strict=True)]
    role = regimes.parameters.read("AUTOMATION_ROLE")
    regimes.parameters.send("grantRole", role, regimes.automation.address, sender=TIMELOCK)
    regimes.automation.send("setTable", KEYS, rows, (HYSTERESIS, DWELL_UP, DWELL_DOWN), 0, sender=TIMELOCK)
    regimes.hours(4, 75 * PERCENT)
    regimes.hours(1, HIGH)
    assert TERMS == (HYSTERESIS, DWELL_UP, DWELL_DOWN)
    assert poke(regimes) == (1, came(regimes, 2), newest(regimes))
    (event,) = regimes.automation.events(regimes.apply(), "RowApplied")
    assert event["row"] == 1
    assert poke(regimes) == (2, came(regimes, newest(regimes)), newest(regimes))
