"""The table that the automation follows: who votes it, what it may hold, and what of it can be read."""

from __future__ import annotations

import pytest
from governed import ANYBODY, COUNT, GUARDIAN, STEWARD, TIMELOCK
from onchain import DAY, HOUR, refusal
from regimes import FLOORS, HYSTERESIS, KEYS, TABLE, TERMS, Regimes
from reporters import PERCENT

pytestmark = pytest.mark.chain
VALUES = TABLE[0][1]
HIGH = 90 * PERCENT


def test_table__by_anyone_but_the_dao__refused(regimes: Regimes) -> None:
    for sender in (ANYBODY, STEWARD, GUARDIAN):
        found = regimes.automation.refusal("setTable", KEYS, TABLE, TERMS, 0, sender=sender)
        assert found == refusal("OnlyDao", sender.lower())


def test_table__as_voted__can_be_read(regimes: Regimes) -> None:
    regimes.set_table()
    keys, rows, terms = regimes.automation.read("table")
    assert (keys, [(floor, list(amounts)) for floor, amounts in rows], terms) == (KEYS, TABLE, TERMS)


def test_table__of_the_first_and_the_last_key__accepted(regimes: Regimes) -> None:
    keys, rows = [0, COUNT - 1], [(0, [0, 3000]), (HIGH, [1, 2500])]
    regimes.automation.send("setTable", keys, rows, TERMS, 0, sender=TIMELOCK)
    assert list(regimes.automation.read("table")[0]) == keys


@pytest.mark.parametrize(
    ("rows", "terms", "row"),
    [
        (TABLE[:2], (0, HOUR, DAY), 1),
        ([(10 * k * PERCENT, VALUES) for k in range(16)], (0, DAY, DAY), 15),
        (TABLE, (0, 5 * DAY, 5 * DAY), 0),
        ([(0, VALUES), (2 * HYSTERESIS + 1, VALUES)], TERMS, 0),
    ],
    ids=["two rows, shortest dwells", "sixteen rows", "longest dwells", "floors as close as they may be"],
)
def test_table__at_its_edges__accepted_and_announced(
    regimes: Regimes, rows: list[tuple[int, list[int]]], terms: tuple[int, int, int], row: int
) -> None:
    receipt = regimes.automation.send("setTable", KEYS, rows, terms, row, sender=TIMELOCK)
    (event,) = regimes.automation.events(receipt, "TableSet")
    assert (event["tableKeys"], event["row"], len(event["rows"])) == (KEYS, row, len(rows))
    assert regimes.automation.read("row") == row
    assert regimes.automation.read("stopped") is False
    kept = regimes.automation.read("table")
    assert [(floor, list(amounts)) for floor, amounts in kept[1]] == rows


def test_table__voted_anew__replaces_every_row(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.automation.send("setTable", [10], [(0, [2000]), (HIGH, [1700])], TERMS, 0, sender=TIMELOCK)
    keys, rows, _ = regimes.automation.read("table")
    assert (keys, len(rows)) == ([10], 2)


@pytest.mark.parametrize(
    ("keys", "rows", "terms", "row", "expected"),
    [
        (KEYS, TABLE[:1], TERMS, 0, ("BadRowCount", 1)),
        (KEYS, [(200 * k * PERCENT, [1, 1, 1]) for k in range(17)], TERMS, 0, ("BadRowCount", 17)),
        (KEYS, TABLE, TERMS, 3, ("UnknownRow", 3, 3)),
        (KEYS, TABLE, (0, HOUR - 1, DAY), 0, ("BadDwell", HOUR - 1, DAY)),
        (KEYS, TABLE, (0, HOUR, DAY - 1), 0, ("BadDwell", HOUR, DAY - 1)),
        (KEYS, TABLE, (0, 2 * DAY, DAY), 0, ("BadDwell", 2 * DAY, DAY)),
        (KEYS, TABLE, (0, HOUR, 5 * DAY + 1), 0, ("BadDwell", HOUR, 5 * DAY + 1)),
        (KEYS, [(1, TABLE[0][1]), *TABLE[1:]], TERMS, 0, ("BadFloor", 0, 1, 0)),
        (KEYS, TABLE, (40 * PERCENT, HOUR, DAY), 0, ("BadFloor", 1, FLOORS[1], 80 * PERCENT + 1)),
        (KEYS[:2], TABLE, TERMS, 0, ("BadRowLength", 0, 3, 2)),
        ([], [(0, []), (80 * PERCENT, [])], TERMS, 0, ("BadRowLength", 0, 0, 0)),
        ([COUNT], [(0, [1]), (80 * PERCENT, [1])], TERMS, 0, ("BadKey", 0, COUNT)),
        ([KEYS[0], KEYS[1], COUNT], TABLE, TERMS, 0, ("BadKey", 2, COUNT)),
        ([KEYS[0], KEYS[2], KEYS[1]], TABLE, TERMS, 0, ("BadKey", 2, KEYS[1])),
        ([KEYS[0], KEYS[0], KEYS[1]], TABLE, TERMS, 0, ("BadKey", 1, KEYS[0])),
    ],
)
def test_table__senseless__refused_with_the_numbers(
    regimes: Regimes, keys: list[int], rows: list[object], terms: tuple[int, ...], row: int, expected: tuple[object]
) -> None:
    found = regimes.automation.refusal("setTable", keys, rows, terms, row, sender=TIMELOCK)
    assert found == refusal(*expected)


def test_table__floor_of_a_later_row_too_low__refused_with_its_least(regimes: Regimes) -> None:
    rows = [*TABLE[:2], (FLOORS[1] + 2 * HYSTERESIS, VALUES)]
    found = regimes.automation.refusal("setTable", KEYS, rows, TERMS, 0, sender=TIMELOCK)
    assert found == refusal("BadFloor", 2, FLOORS[1] + 2 * HYSTERESIS, FLOORS[1] + 2 * HYSTERESIS + 1)


def test_table__later_row_of_another_length__refused(regimes: Regimes) -> None:
    rows = [*TABLE[:2], (FLOORS[2], VALUES[:2])]
    found = regimes.automation.refusal("setTable", KEYS, rows, TERMS, 0, sender=TIMELOCK)
    assert found == refusal("BadRowLength", 2, 2, 3)
