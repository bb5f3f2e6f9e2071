"""Parameters that follow volatility: which row, when, how fast, and who can stop it."""

from __future__ import annotations

import pytest
from governed import ANYBODY, COUNT, DAO, GUARDIAN, STEWARD, TIMELOCK, changed, steer, values, vote
from onchain import DAY, HOUR, Deployed, Node, refusal
from regimes import DWELL_DOWN, DWELL_UP, FLOORS, HYSTERESIS, KEYS, TABLE, TERMS, Regimes
from reporters import PERCENT

pytestmark = pytest.mark.chain
NOTHING = refusal("NothingToApply", 0)
AUTOMATION = 2
ROW1 = dict(zip(KEYS, TABLE[1][1], strict=True))
ROW2 = dict(zip(KEYS, TABLE[2][1], strict=True))


def test_automation__as_deployed__is_stopped_and_without_power(regimes: Regimes) -> None:
    assert regimes.automation.read("stopped") is True
    assert regimes.automation.refusal("applyRow") == refusal("Stopped")
    role = regimes.parameters.read("AUTOMATION_ROLE")
    assert regimes.parameters.read("getRoleMembers", role) == []


def test_apply_automated__by_anybody_without_the_role__unauthorised(parameters: Deployed) -> None:
    now, role = parameters.node.now, parameters.read("AUTOMATION_ROLE")
    wanted = ([1], [1100], now, now + DAY, bytes(32))
    for sender in (ANYBODY, STEWARD, GUARDIAN, TIMELOCK):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), role)
        assert parameters.refusal("applyAutomated", wanted, sender=sender) == expected


def test_up__above_floor_and_hysteresis_for_the_dwell__applies_one_step(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, 90 * PERCENT)
    receipt = regimes.apply()
    assert regimes.automation.read("row") == 1
    assert values(regimes.parameters) == changed(ROW1)
    (event,) = regimes.automation.events(receipt, "RowApplied")
    assert (event["row"], event["volatility"], event["changedKeys"]) == (1, 90 * PERCENT, KEYS)
    (applied,) = regimes.parameters.events(receipt, "UpdateApplied")
    assert applied["source"] == AUTOMATION
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 1)


def test_up__one_answer_inside_the_dwell_was_low__waits(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(3, 75 * PERCENT)
    regimes.hours(1, 90 * PERCENT)
    assert regimes.automation.refusal("applyRow") == NOTHING
    regimes.hours(1, 90 * PERCENT)
    assert regimes.automation.refusal("applyRow") == NOTHING
    regimes.hours(1, 90 * PERCENT)
    assert regimes.automation.read("preview")[0] == 1
    assert DWELL_UP == 2 * HOUR


@pytest.mark.parametrize(("level", "row"), [(FLOORS[1] + HYSTERESIS - 1, 0), (FLOORS[1] + HYSTERESIS, 1)])
def test_up__at_the_hysteresis__is_the_first_that_counts(regimes: Regimes, level: int, row: int) -> None:
    regimes.set_table()
    regimes.hours(5, level)
    if row == 0:
        assert regimes.automation.refusal("applyRow") == NOTHING
    else:
        assert regimes.automation.read("preview")[0] == row


def test_up__two_rows_at_once__steps_through_the_limits_of_the_parameters(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(25, 100 * PERCENT)
    regimes.hours(4, 130 * PERCENT)
    regimes.apply()
    assert regimes.automation.read("row") == 2
    assert values(regimes.parameters) == changed({0: 1600, 3: 500, 11: 6000})  # one step each: down half, up a fifth
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 2)  # all rest
    regimes.hours(24, 130 * PERCENT)
    regimes.apply()
    assert values(regimes.parameters) == changed(ROW2)


def test_down__takes_a_day_below__and_every_answer_of_it(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, 90 * PERCENT)
    regimes.apply()
    regimes.hours(1, 80 * PERCENT)
    regimes.hours(22, 74 * PERCENT)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 1)
    regimes.hours(3, 74 * PERCENT)
    regimes.apply()
    assert regimes.automation.read("row") == 0
    assert DWELL_DOWN == DAY
    assert values(regimes.parameters)[3] == 700  # adding risk is one small step: 200


def test_down__answer_was_clamped__is_no_proof_of_calm(regimes: Regimes) -> None:
    regimes.set_table(row=1)
    regimes.hours(24, 70 * PERCENT)
    regimes.hours(1, 10 * PERCENT)  # clamped to 56 %
    found = regimes.automation.refusal("applyRow")
    assert found == refusal("FlaggedRound", regimes.oracle.read("lastRound"), 1)


def test_dwell__feed_was_silent_inside_it__refused(regimes: Regimes, node: Node) -> None:
    regimes.set_table()
    regimes.hours(3, 75 * PERCENT)
    last = regimes.oracle.read("peek")[1]
    node.advance(HOUR)
    for _ in range(6):  # the pool goes on trading meanwhile
        regimes.market.walk([60, -60], HOUR // 2)
    regimes.report(90 * PERCENT)
    regimes.hours(1, 90 * PERCENT)
    found = regimes.why(regimes.automation, "applyRow")
    assert found == refusal("FeedGap", 5, regimes.oracle.read("roundAt", 5)[1] - last)


def test_dwell__feed_younger_than_it__refused(regimes: Regimes) -> None:
    regimes.set_table(row=1)
    came = regimes.oracle.read("peek")[3]
    regimes.hours(1, 60 * PERCENT)
    found = regimes.automation.refusal("applyRow")
    assert found == refusal("HistoryTooShort", came, regimes.node.now - DWELL_DOWN)


def test_breaker__tripped_or_open__nothing_moves(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, 90 * PERCENT)
    regimes.market.swap_to(2000)
    assert regimes.why(regimes.automation, "applyRow").name == "Manipulated"
    assert values(regimes.parameters) == changed({})


def test_guardian__stops__until_the_dao_votes_a_table_again(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, 90 * PERCENT)
    for sender in (ANYBODY, STEWARD, TIMELOCK):
        assert regimes.automation.refusal("stop", sender=sender) == refusal("OnlyGuardian", sender.lower())
    regimes.automation.send("stop", sender=GUARDIAN)
    assert regimes.automation.refusal("applyRow") == refusal("Stopped")
    regimes.automation.send("setTable", KEYS, TABLE, TERMS, 0, sender=TIMELOCK)
    regimes.apply()


def test_guardian__pauses_the_parameters__automation_too(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, 90 * PERCENT)
    regimes.parameters.send("pause", sender=GUARDIAN)
    assert regimes.why(regimes.automation, "applyRow") == refusal("EnforcedPause")


def test_rollback__of_what_the_automation_did__restores_the_vote(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, 90 * PERCENT)
    regimes.apply()
    regimes.automation.send("stop", sender=GUARDIAN)
    regimes.parameters.send("rollback", sender=GUARDIAN)
    assert values(regimes.parameters) == changed({})


def test_vote__on_a_key_the_automation_moved__does_not_wait(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, 90 * PERCENT)
    regimes.apply()
    assert regimes.parameters.read("readyAt", KEYS[0], DAO) == 0
    vote(regimes.parameters, {KEYS[0]: 2000})


def test_key__that_still_rests__is_left_for_later(regimes: Regimes) -> None:
    steer(regimes.parameters, {3: 900})
    regimes.set_table()
    for _ in range(4):
        regimes.hours(1, 90 * PERCENT)
    regimes.apply()
    assert values(regimes.parameters) == changed({0: 1700, 3: 900, 11: 6000})


def test_table__by_anybody_but_the_dao__refused(regimes: Regimes) -> None:
    for sender in (ANYBODY, STEWARD, GUARDIAN):
        found = regimes.automation.refusal("setTable", KEYS, TABLE, TERMS, 0, sender=sender)
        assert found == refusal("OnlyDao", sender.lower())


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


def test_table__as_voted__can_be_read(regimes: Regimes) -> None:
    regimes.set_table()
    keys, rows, terms = regimes.automation.read("table")
    assert (keys, [(floor, list(amounts)) for floor, amounts in rows], terms) == (KEYS, TABLE, TERMS)
