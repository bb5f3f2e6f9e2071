"""Parameters that follow volatility: which row, and who can stop it."""

from __future__ import annotations

import pytest
from eth_abi import encode
from eth_utils import keccak
from governed import ANYBODY, DAO, GUARDIAN, STEWARD, TIMELOCK, WHOLE, changed, values, vote
from onchain import DAY, Deployed, refusal
from regimes import KEYS, TABLE, TERMS, Regimes
from reporters import PERCENT

pytestmark = pytest.mark.chain
AUTOMATION = 2
HIGH = 90 * PERCENT
ROW1 = dict(zip(KEYS, TABLE[1][1], strict=True))
ROW2 = dict(zip(KEYS, TABLE[2][1], strict=True))


def test_automation__as_deployed__is_stopped_and_without_power(regimes: Regimes) -> None:
    assert regimes.automation.read("stopped") is True
    assert regimes.automation.refusal("applyRow") == refusal("Stopped")
    role = regimes.parameters.read("AUTOMATION_ROLE")
    assert regimes.parameters.read("getRoleMembers", role) == []


def test_wiring__as_deployed__is_what_was_given(regimes: Regimes) -> None:
    found = [regimes.automation.read(name) for name in ("PARAMETERS", "ORACLE", "BREAKER", "ROLES")]
    parameters = regimes.parameters.address
    assert found == [parameters, regimes.oracle.address, regimes.breaker.address, parameters]


def test_apply_automated__by_anyone_without_the_role__unauthorised(parameters: Deployed) -> None:
    now, role = parameters.node.now, parameters.read("AUTOMATION_ROLE")
    wanted = ([11], [1100], now, now + DAY, bytes(32))
    for sender in (ANYBODY, STEWARD, GUARDIAN, TIMELOCK):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), role)
        assert parameters.refusal("applyAutomated", wanted, sender=sender) == expected


def test_up__above_floor_and_hysteresis_for_the_dwell__applies_one_step(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    receipt = regimes.apply()
    assert regimes.automation.read("row") == 1
    assert values(regimes.parameters) == changed(ROW1)
    (event,) = regimes.automation.events(receipt, "RowApplied")
    assert (event["row"], event["volatility"], event["changedKeys"]) == (1, HIGH, KEYS)
    (applied,) = regimes.parameters.events(receipt, "UpdateApplied")
    assert applied["source"] == AUTOMATION
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 1)


def test_preview__of_a_step__says_keys_values_times_and_inputs(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    row, update = regimes.automation.read("preview")
    newest = regimes.oracle.read("latestRound")
    inputs = keccak(encode(["address", "uint64", "uint64", "uint8"], [regimes.oracle.address, newest[0], HIGH, 1]))
    assert (row, update) == (1, (KEYS, TABLE[1][1], newest[1], regimes.node.now + 1, inputs))


def test_up__two_rows_at_once__steps_through_the_limits_of_the_parameters(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(25, 100 * PERCENT)
    regimes.hours(4, 130 * PERCENT)
    regimes.apply()
    assert regimes.automation.read("row") == 2
    assert values(regimes.parameters) == changed({6: 6000, 10: 1600, 13: 500})  # one step each: down half, up a fifth
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 2)  # all rest
    regimes.hours(24, 130 * PERCENT)
    regimes.apply()
    assert values(regimes.parameters) == changed(ROW2)


def test_breaker__tripped_or_open__nothing_moves(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    regimes.market.swap_to(2000)
    assert regimes.why(regimes.automation, "applyRow").name == "Manipulated"
    assert values(regimes.parameters) == changed({})


def test_guardian__stops__until_the_dao_votes_a_table_again(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    for sender in (ANYBODY, STEWARD, TIMELOCK):
        assert regimes.automation.refusal("stop", sender=sender) == refusal("OnlyGuardian", sender.lower())
    regimes.automation.send("stop", sender=GUARDIAN)
    assert regimes.automation.refusal("applyRow") == refusal("Stopped")
    regimes.automation.send("setTable", KEYS, TABLE, TERMS, 0, sender=TIMELOCK)
    regimes.apply()


def test_stop__by_the_guardian__is_announced(regimes: Regimes) -> None:
    receipt = regimes.automation.send("stop", sender=GUARDIAN)
    assert regimes.automation.events(receipt, "AutomationStopped") == [{"guardian": GUARDIAN}]


def test_guardian__pauses_the_parameters__automation_too(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    regimes.parameters.send("pause", sender=GUARDIAN)
    assert regimes.why(regimes.automation, "applyRow") == refusal("EnforcedPause")


def test_rollback__of_what_the_automation_did__restores_the_vote(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    regimes.apply()
    regimes.automation.send("stop", sender=GUARDIAN)
    regimes.parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert values(regimes.parameters) == changed({})


def test_vote__on_a_key_the_automation_moved__does_not_wait(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    regimes.apply()
    assert regimes.parameters.read("readyAt", KEYS[0], DAO) == 0
    vote(regimes.parameters, {KEYS[0]: 5000})
