"""Settings that only the DAO changes, each voted and executed on the real governor, or refused before the vote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.config import Config
from bridge.errors import BridgeError, ContractReverted, RefusedAction, UnknownAddress, UsageError
from bridge.governance.actions import build_action
from bridge.governance.calls import action_words
from bridge.governance.proposals import draft_action, draft_proposal, send_confirmed_execution, send_proposal
from bridge.governance.roles import AUTOMATION_ROLE
from bridge.governance.verify import Outcome, verify_proposal
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from hedge.policy.parameters import KEYS
from tests.bridge.steps import (
    LIFE,
    TERMS,
    act_through_safe,
    carried_action,
    found,
    parameters_call,
    queue,
    values,
    vote,
    with_changes,
)
from tests.bridge.test_regime_table import table  # noqa: F401 - a fixture

OPERATOR = account("operator").address
COSTS = next(key for key in KEYS if key.name == "costBudgetBps")
WINGS = next(key for key in KEYS if key.name == "condorWingBps")


def limits(world: World, key: int) -> tuple[int, ...]:
    seen = world.snapshot().read("HedgeParameters", "limits", key)
    return tuple(seen.values()) if isinstance(seen, Mapping) else tuple(seen)


def test_set_limits__some_fields_of_two_keys__are_set_and_the_others_stay(world: World) -> None:
    costs, wings = limits(world, COSTS.id), limits(world, WINGS.id)
    asked = (f"costBudgetBps=,{costs[1] - 100},,,", f"condorWingBps=,,7,8,{wings[4] + 60}")
    action = build_action(world.snapshot(), "set-limits", asked)
    assert f"| costBudgetBps | {costs[0]} to {costs[1]}," in action.text
    assert f"{costs[0]} to {costs[1] - 100}, up {costs[2]}" in action.text
    carried_action(world, "set-limits", *asked)
    assert limits(world, COSTS.id) == (costs[0], costs[1] - 100, *costs[2:])
    assert limits(world, WINGS.id) == (*wings[:2], 7, 8, wings[4] + 60)


def test_set_limits__that_leave_the_value_out__are_refused_by_the_contract_before_the_vote(world: World) -> None:
    value = values(world)[COSTS.id]
    action = build_action(world.snapshot(), "set-limits", [f"costBudgetBps={value + 1},,,,"])
    with pytest.raises(ContractReverted):
        draft_action(world.snapshot(), action, OPERATOR)


def test_set_governor__two_settings__are_set_in_one_vote(world: World) -> None:
    number = carried_action(world, "set-governor", "votingDelay=7200", "quorumNumerator=5")
    assert world.snapshot().read("HedgeGovernor", "votingDelay") == 7200
    assert world.snapshot().read("HedgeGovernor", "quorumNumerator()") == 5
    said = action_words(world.snapshot(), found(world, number).action)
    assert said[0] == "HedgeGovernor.setVotingDelay(newVotingDelay=7200): Set the seconds from a proposal to its vote"


@pytest.mark.parametrize(
    "setting", ["votingDelay=60", "votingPeriod=60", "quorumNumerator=1", "lateQuorumVoteExtension=6048000"]
)
def test_set_governor__below_the_floors_of_the_contract__is_refused_before_the_vote(world: World, setting: str) -> None:
    action = build_action(world.snapshot(), "set-governor", [setting])
    with pytest.raises(ContractReverted, match=r"TooShort|TooLow|TooLong"):
        draft_action(world.snapshot(), action, OPERATOR)


def test_set_timelock_delay__longer__is_set_and_shorter_than_a_day_is_refused(world: World) -> None:
    carried_action(world, "set-timelock-delay", "259200")
    assert world.snapshot().read("HedgeTimelock", "getMinDelay") == 259200
    with pytest.raises(ContractReverted, match="TimelockDelayTooShort"):
        draft_action(world.snapshot(), build_action(world.snapshot(), "set-timelock-delay", ["60"]), OPERATOR)


def test_give_feed__to_an_account__is_warned_of_and_carried(world: World) -> None:
    lp, feed = account("lp").address, world.deployment.feeds["ETH"]
    action = build_action(world.snapshot(), "give-feed", ["ETH", lp])
    said = "\n".join(action.warnings)
    assert "can then no longer replace the feed's reporters" in said
    assert f"{lp} has no code" in said
    carried_action(world, "give-feed", "ETH", lp)
    assert world.snapshot().read("VolatilityOracle", "owner", at=feed) == lp


def test_revoke_automation__that_had_power__has_none_and_cannot_be_revoked_twice(world: World, table: Path) -> None:  # noqa: F811
    with pytest.raises(RefusedAction, match="no automation has power"):
        build_action(world.snapshot(), "revoke-automation", [])
    carried_action(world, "set-table", str(table))
    automation = world.deployment.address("RegimeAutomation")
    assert world.snapshot().read("HedgeParameters", "hasRole", AUTOMATION_ROLE, automation)
    carried_action(world, "revoke-automation")
    assert not world.snapshot().read("HedgeParameters", "hasRole", AUTOMATION_ROLE, automation)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "words"),
    [
        ("set-limits", ["nothing=1,2,3,4,5"], UsageError, "write NAME=VALUE with one of "),
        ("set-limits", ["costBudgetBps=1,2"], UsageError, "KEY=MIN,MAX,STEPUP,STEPDOWN,COOLDOWN"),
        ("set-limits", ["costBudgetBps=,,,,"], RefusedAction, "already: leave it out"),
        ("set-limits", ["costBudgetBps=,-1,,,"], UsageError, "max of costBudgetBps is '-1'"),
        ("set-limits", [f"costBudgetBps=,{2**32},,,"], UsageError, "0 to 4294967295"),
        ("set-limits", ["costBudgetBps=,1,,,", "costBudgetBps=,2,,,"], UsageError, "stands twice"),
        ("set-governor", ["delay=1"], UsageError, "votingDelay, votingPeriod"),
        ("set-governor", ["votingDelay=" + "9" * 90], UsageError, "votingDelay is"),
        ("set-governor", ["votingDelay=²"], UsageError, "votingDelay is"),
        ("set-governor", [f"votingDelay={TERMS.voting_delay}"], RefusedAction, "already: leave it out"),
        ("set-timelock-delay", [str(TERMS.timelock_delay)], RefusedAction, "already"),
        ("set-timelock-delay", ["soon"], UsageError, "the delay is 'soon'"),
        ("give-feed", ["DOGE", "0x" + "11" * 20], UnknownAddress, "an asset with a volatility feed"),
        ("give-feed", ["ETH", "0x" + "00" * 20], UnknownAddress, "can own a feed"),
        ("give-feed", ["ETH", "0x12"], UnknownAddress, "0x12 is not an address"),
    ],
)
def test_build_action__settings_that_cannot_be__are_refused_with_what_is_wanted(
    world: World, name: str, arguments: list[str], error: type[BridgeError], words: str
) -> None:
    with pytest.raises(error, match=words):
        build_action(world.snapshot(), name, arguments)


def test_propose__update_with_the_end_of_a_pause__is_one_vote_that_does_both(world: World, record: PlanRecord) -> None:
    changed = with_changes(record, {13: 900})
    with pytest.raises(RefusedAction, match="there is no pause to end"):
        draft_proposal(world.snapshot(), changed, LIFE, OPERATOR, unpause=True)
    act_through_safe(world, "guardian", *parameters_call(world, "pause"))
    with pytest.raises(ContractReverted, match="EnforcedPause"):
        draft_proposal(world.snapshot(), changed, LIFE, OPERATOR)
    made = draft_proposal(world.snapshot(), changed, LIFE, OPERATOR, unpause=True)
    assert "the hedge parameters are not paused" in made.postconditions
    assert send_proposal(world.snapshot(), account("operator"), made)
    said = action_words(world.snapshot(), found(world, made.id).action)
    assert said[0].startswith("HedgeParameters.unpause()")
    assert "not paused; condorNotionalCapBps is 900" in said[-1]
    found_now = found(world, made.id)
    compared = verify_proposal(world.snapshot(), found_now, changed, changed.owner, Config().book)
    checks = {check.what: check.outcome for check in compared}
    assert (checks["calls"], checks["text"]) == (Outcome.SAME, Outcome.SAME)
    vote(world, made.id)
    queue(world, made.id)
    advance_time(world.chain, TERMS.timelock_delay + 1)
    send_confirmed_execution(world.snapshot(), account("outsider"), found(world, made.id))
    assert values(world)[13] == 900
    assert not world.snapshot().read("HedgeParameters", "paused")


def test_propose__update_with_the_end_of_a_pause_that_breaks_a_rule__is_refused_before_the_vote(
    world: World, record: PlanRecord
) -> None:
    act_through_safe(world, "guardian", *parameters_call(world, "pause"))
    with pytest.raises(ContractReverted, match=r"OutOfBounds|StepTooLarge"):
        draft_proposal(world.snapshot(), with_changes(record, {13: 20_000}), LIFE, OPERATOR, unpause=True)
