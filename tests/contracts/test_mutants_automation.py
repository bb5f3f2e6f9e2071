"""The automation at its edges: tables, dwells, gaps and rests that just count, and what a preview says."""

from __future__ import annotations

import pytest
from eth_abi import encode
from eth_utils import keccak
from governed import COUNT, GUARDIAN, TIMELOCK, changed, values, vote
from onchain import DAY, HOUR, Node, refusal
from regimes import DWELL_DOWN, DWELL_UP, FLOORS, HYSTERESIS, KEYS, TABLE, TERMS, Regimes
from reporters import FEED, PERCENT, REPORTERS, submit

pytestmark = pytest.mark.chain
ADDRESSES = [reporter.address for reporter in REPORTERS]
VALUES = TABLE[0][1]
LOW, HIGH = 70 * PERCENT, 90 * PERCENT


def advance_to(node: Node, time: int) -> None:
    """Mine a block at a time."""
    node.advance(time - node.now)


def told(regimes: Regimes, volatility: int, observed_at: int) -> None:
    """Let reporters agree on a number that they saw a while ago, after somebody traded."""
    submit(regimes.oracle, [volatility] * 3, observed_at=observed_at)


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


def test_table__of_the_first_and_the_last_key__accepted(regimes: Regimes) -> None:
    keys, rows = [0, COUNT - 1], [(0, [2000, 1]), (HIGH, [1700, 1])]
    regimes.automation.send("setTable", keys, rows, TERMS, 0, sender=TIMELOCK)
    assert list(regimes.automation.read("table")[0]) == keys


def test_table__voted_anew__replaces_every_row(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.automation.send("setTable", [0], [(0, [2000]), (HIGH, [1700])], TERMS, 0, sender=TIMELOCK)
    keys, rows, _ = regimes.automation.read("table")
    assert (keys, len(rows)) == ([0], 2)


def test_table__floor_of_a_later_row_too_low__refused_with_its_least(regimes: Regimes) -> None:
    rows = [*TABLE[:2], (FLOORS[1] + 2 * HYSTERESIS, VALUES)]
    found = regimes.automation.refusal("setTable", KEYS, rows, TERMS, 0, sender=TIMELOCK)
    assert found == refusal("BadFloor", 2, FLOORS[1] + 2 * HYSTERESIS, FLOORS[1] + 2 * HYSTERESIS + 1)


def test_table__later_row_of_another_length__refused(regimes: Regimes) -> None:
    rows = [*TABLE[:2], (FLOORS[2], VALUES[:2])]
    found = regimes.automation.refusal("setTable", KEYS, rows, TERMS, 0, sender=TIMELOCK)
    assert found == refusal("BadRowLength", 2, 2, 3)


def test_preview__of_a_step__says_keys_values_times_and_inputs(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    row, update = regimes.automation.read("preview")
    newest = regimes.oracle.read("latestRound")
    inputs = keccak(encode(["address", "uint64", "uint64", "uint8"], [regimes.oracle.address, newest[0], HIGH, 1]))
    assert (row, update) == (1, (KEYS, TABLE[1][1], newest[1], regimes.node.now + 1, inputs))


def test_stop__by_the_guardian__is_announced(regimes: Regimes) -> None:
    receipt = regimes.automation.send("stop", sender=GUARDIAN)
    assert regimes.automation.events(receipt, "AutomationStopped") == [{"guardian": GUARDIAN}]


@pytest.mark.parametrize("early", [0, 1])
def test_up__answer_exactly_as_old_as_the_dwell__is_the_first_that_ends_it(regimes: Regimes, early: int) -> None:
    regimes.set_table()
    regimes.hours(2, LOW)
    regimes.node.advance(HOUR)
    told(regimes, HIGH, regimes.node.now)
    began = regimes.oracle.read("peek")[3]
    regimes.hours(1, HIGH)
    advance_to(regimes.node, began + DWELL_UP - early)
    if early:
        assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 0)
    else:
        assert regimes.automation.read("preview")[0] == 1


@pytest.mark.parametrize(("level", "row"), [(FLOORS[1] - HYSTERESIS, 1), (FLOORS[1] - HYSTERESIS - 1, 0)])
def test_down__one_below_the_hysteresis__is_the_first_that_counts(regimes: Regimes, level: int, row: int) -> None:
    regimes.set_table(row=1)
    regimes.hours(27, level)
    if row:
        regimes.apply()
        assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 1)
    else:
        assert regimes.automation.read("preview")[0] == 0
    assert DWELL_DOWN == DAY


@pytest.mark.parametrize("more", [0, 1])
def test_gap__of_exactly_the_age_limit__is_the_longest_that_is_known(regimes: Regimes, more: int) -> None:
    regimes.set_table()
    seen = regimes.node.now
    told(regimes, LOW, seen)
    regimes.market.walk([60, 30] * 5, HOUR // 2)
    advance_to(regimes.node, seen + 6 * HOUR + more)
    regimes.market.swap_to(60)
    told(regimes, LOW + HYSTERESIS, seen + 6 * HOUR + more)
    regimes.automation.send("setTable", KEYS, [(0, VALUES), (LOW, TABLE[1][1])], TERMS, 0, sender=TIMELOCK)
    number = regimes.oracle.read("lastRound")
    found = regimes.why(regimes.automation, "applyRow")
    assert found == (refusal("FeedGap", number, 6 * HOUR + 1) if more else refusal("NothingToApply", 0))


def test_key__whose_rest_ends_this_second__moves(regimes: Regimes, node: Node) -> None:
    vote(regimes.parameters, {0: 1900})
    moved = node.now
    regimes.set_table()
    regimes.hours(22, HIGH)
    advance_to(node, moved + DAY - 1)
    assert regimes.automation.read("preview")[1][0] == [3, 11]
    advance_to(node, moved + DAY)
    assert regimes.automation.read("preview")[1][0] == KEYS


def test_row__that_has_its_values_already__is_changed_without_an_update(regimes: Regimes) -> None:
    rows = [(0, VALUES), (FLOORS[1], values_of(regimes))]
    regimes.set_table()
    regimes.automation.send("setTable", KEYS, rows, TERMS, 0, sender=TIMELOCK)
    regimes.hours(4, HIGH)
    version = regimes.parameters.read("version")
    receipt = regimes.apply()
    (event,) = regimes.automation.events(receipt, "RowApplied")
    assert (event["row"], event["changedKeys"]) == (1, [])
    assert regimes.parameters.read("version") == version
    assert values(regimes.parameters) == changed({})


def values_of(regimes: Regimes) -> list[int]:
    """Return the values in force of the table's keys."""
    current = values(regimes.parameters)
    return [current[key] for key in KEYS]


def test_step__exactly_the_largest_up_and_down__arrives_at_once(regimes: Regimes) -> None:
    largest = [2400, 500, 6000]  # short delta up a fifth, size cap down half, coverage up a fifth
    regimes.set_table()
    rows = [(0, VALUES), (FLOORS[1], largest)]
    regimes.automation.send("setTable", KEYS, rows, TERMS, 0, sender=TIMELOCK)
    regimes.hours(4, HIGH)
    assert regimes.automation.read("preview")[1][1] == largest


def test_wiring__as_deployed__is_what_was_given(regimes: Regimes) -> None:
    found = [regimes.automation.read(name) for name in ("PARAMETERS", "ORACLE", "BREAKER", "ROLES")]
    parameters = regimes.parameters.address
    assert found == [parameters, regimes.oracle.address, regimes.breaker.address, parameters]


def test_row__that_holds_while_the_newest_answer_is_clamped__is_no_matter_of_proof(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(1, 10 * PERCENT)
    assert regimes.oracle.read("peek")[5] != 0
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 0)


def test_up__answers_were_clamped__counts_all_the_same(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(5, 400 * PERCENT)  # 75, 94, 117 and then 120 %, the day's bound
    assert all(regimes.oracle.read("roundAt", number)[5] != 0 for number in range(2, 7))
    assert regimes.automation.read("preview")[0] == 1


@pytest.mark.parametrize(("row", "levels"), [(0, [LOW, HIGH]), (1, [HIGH, LOW])], ids=["up", "down"])
def test_dwell__broken_by_an_answer_of_a_young_feed__keeps_the_row_and_asks_for_no_more_history(
    regimes: Regimes, node: Node, row: int, levels: list[int]
) -> None:
    terms = (FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, (90_000, 90_000))
    young = node.deploy("VolatilityOracle", *terms)
    parts = (regimes.parameters.address, young.address)
    breaker = node.deploy("VolatilityBreaker", *parts, regimes.realized.address, (200_000, 2 * 10**8))
    automation = node.deploy("RegimeAutomation", *parts, breaker.address)
    automation.send("setTable", KEYS, TABLE, TERMS, row, sender=TIMELOCK)
    for level in levels:
        submit(young, [level] * 3)
        node.advance(HOUR // 2)
    if row:
        assert automation.read("preview")[0] == row  # its values are still to come
    else:
        assert automation.refusal("applyRow") == refusal("NothingToApply", row)
