"""What the guardian and the steward ask of their Safes, and the DAO of itself, by name: built, in words, refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import pytest
from eth_typing import HexStr

from bridge.errors import BridgeError, NotProposable, RefusedAction, UnknownAddress, UsageError
from bridge.governance.actions import GOVERNANCE_ACTIONS, build_action
from bridge.governance.brought import Action
from bridge.governance.calls import action_words, call_words
from bridge.governance.roles import holders, holds_role, proposal_guardian
from bridge.governance.rollback import key_ids
from bridge.governance.steward import read_pending_updates
from bridge.governance.updates import build_update
from bridge.local.accounts import account, accounts
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.safe.actions import SAFE_ACTIONS, SafeContext
from tests.bridge.steps import (
    LIFE,
    TERMS,
    act_through_safe,
    carried_action,
    draft,
    parameters_call,
    values,
    with_changes,
)


def no_plan() -> NoReturn:
    raise AssertionError("this action needs no plan")


def context(world: World, safe: str = "guardian", plan: Callable[[], PlanRecord] = no_plan) -> SafeContext:
    return SafeContext(world.chain, world.deployment, world.chain.head(), world.deployment.address(safe), plan, LIFE)


def words(world: World, call: tuple[str, HexStr]) -> str:
    return call_words(world.snapshot(), *call)


def test_find_action__unknown_or_wrong_arguments__says_the_usage() -> None:
    with pytest.raises(UsageError, match="no action 'mint': one of rollback, pause"):
        SAFE_ACTIONS.find("mint", [])
    for name, action in SAFE_ACTIONS.items():
        assert SAFE_ACTIONS.find(name, ["x"] * len(action.arguments)) is action
        with pytest.raises(UsageError, match=f"usage: {name}"):
            SAFE_ACTIONS.find(name, ["x"] * (len(action.arguments) + 1))


@pytest.mark.parametrize("name", ["pause", "veto-all", "suspend-steward", "stop-automation"])
def test_plain_actions__in_words__say_contract_function_and_meaning(world: World, name: str) -> None:
    said = words(world, SAFE_ACTIONS[name].build(context(world), []))
    assert said in {
        "HedgeParameters.vetoAll(): Refuse everything that was announced and not yet applied, for good",
        "HedgeParameters.pause(): Stop every update until the DAO ends it",
        "HedgeParameters.suspendSteward(): Let the steward neither announce nor apply until the DAO ends it",
        "RegimeAutomation.stop(): Stop until the DAO votes a table again",
    }


def test_rollback__one_bad_key_among_derisked_ones__says_before_and_after_and_what_stays(
    world: World, record: PlanRecord
) -> None:
    update = build_update({7: 9500, 13: 1200}, record.observed_at, LIFE, record.inputs_hash).argument()
    act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    advance_time(world.chain, TERMS.steward_delay)
    act_through_safe(world, "steward", *parameters_call(world, "applyScheduled", update))
    call = SAFE_ACTIONS["rollback"].build(context(world), [])
    assert words(world, call).splitlines() == [
        "HedgeParameters.rollback(every key, but those that were de-risked since): "
        "Put keys back to voted values, also while paused",
        "  undoes what the steward or the automation changed:",
        "  condorNotionalCapBps: 1200 -> 1000",
        "  gammaCapBps stays 9500, it was de-risked since",
    ]
    with pytest.raises(RefusedAction, match="only gammaCapBps changed, and that took risk away: --derisked puts"):
        SAFE_ACTIONS["rollback"].build(replace(context(world), keys=(3, 7)), [])
    act_through_safe(world, "guardian", *call)
    assert {key: values(world)[key] for key in (7, 13)} == {7: 9500, 13: 1000}
    call = SAFE_ACTIONS["rollback"].build(replace(context(world), keys=(7,), derisked=True), [])
    assert "rollback(gammaCapBps, de-risked ones too)" in words(world, call)
    act_through_safe(world, "guardian", *call)
    assert values(world)[7] == 10_000
    with pytest.raises(UsageError, match="no key 'wings': names parted by commas, of benchmark, horizonDays"):
        key_ids("condorWingBps,wings")
    assert "nothing to roll back" in words(world, parameters_call(world, "rollback", [3], False))
    assert "rollback(keys=[99]" in words(world, parameters_call(world, "rollback", [99], False))


def test_swap_owner__each_place_in_the_list__is_executed(world: World) -> None:
    new = account("outsider").address
    for owner in accounts("guardian"):
        snapshot = world.chain.request("evm_snapshot")
        to, data = SAFE_ACTIONS["swap-owner"].build(context(world), [owner.address, new])
        assert words(world, (to, data)).startswith("guardian Safe.swapOwner(")
        act_through_safe(world, "guardian", to, data)
        assert world.chain.read("Safe", to, "isOwner", new, block=world.chain.head())
        assert not world.chain.read("Safe", to, "isOwner", owner.address, block=world.chain.head())
        world.chain.request("evm_revert", snapshot)


@pytest.mark.parametrize(
    ("old", "new", "error"), [("outsider", "lp", RefusedAction), ("guardian-1", "guardian-2", RefusedAction)]
)
def test_swap_owner__not_an_owner_or_one_already__is_refused(
    world: World, old: str, new: str, error: type[BridgeError]
) -> None:
    with pytest.raises(error, match="must be an owner of the Safe and"):
        SAFE_ACTIONS["swap-owner"].build(context(world), [account(old).address, account(new).address])
    with pytest.raises(UnknownAddress, match="0x12 is not an address"):
        SAFE_ACTIONS["swap-owner"].build(context(world), [account("guardian-1").address, "0x12"])


def test_cancel_and_veto__nothing_under_that_name__are_refused(world: World, record: PlanRecord) -> None:
    with pytest.raises(UsageError, match="0 proposals begin with 7"):
        SAFE_ACTIONS["cancel"].build(context(world), ["7"])
    with pytest.raises(RefusedAction, match="0 steward's updates wait under 0x12"):
        SAFE_ACTIONS["veto"].build(context(world), ["0x12"])


def test_steward__schedule_then_apply__by_name(world: World, record: PlanRecord) -> None:
    steward = context(world, "steward", lambda: record)
    call = SAFE_ACTIONS["schedule"].build(steward, [])
    assert "Announce an update, to be applied when STEWARD_DELAY has passed" in words(world, call)
    act_through_safe(world, "steward", *call)
    (waiting,) = read_pending_updates(world.snapshot())
    assert waiting.update.inputs_hash == record.inputs_hash
    assert waiting.veto_seconds(world.chain.head().timestamp) == TERMS.steward_delay
    advance_time(world.chain, TERMS.steward_delay)
    act_through_safe(world, "steward", *SAFE_ACTIONS["apply"].build(context(world, "steward"), [waiting.hash[:8]]))
    assert read_pending_updates(world.snapshot()) == []


def test_steward__plan_that_says_not_to_hedge__is_not_scheduled(world: World, record: PlanRecord) -> None:
    plan = {**record.plan, "decision": {**record.plan["decision"], "answer": "do not hedge"}}
    with pytest.raises(NotProposable):
        SAFE_ACTIONS["schedule"].build(context(world, "steward", lambda: replace(record, plan=plan)), [])


def test_pending_updates__vetoed_or_expired__wait_no_more(world: World, record: PlanRecord) -> None:
    for life, condor in ((LIFE, 900), (3 * 86_400, 950)):
        update = build_update({13: condor}, world.chain.head().timestamp, life, record.inputs_hash).argument()
        act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    first, second = read_pending_updates(world.snapshot())
    act_through_safe(world, "guardian", *SAFE_ACTIONS["veto"].build(context(world), [first.hash]))
    assert read_pending_updates(world.snapshot()) == [second]
    advance_time(world.chain, 3 * 86_400)
    assert read_pending_updates(world.snapshot()) == []


def test_call_words__foreign_or_malformed__are_shown_as_they_are(world: World) -> None:
    lp, parameters = account("lp").address, world.deployment.address("HedgeParameters")
    assert words(world, (lp, HexStr("0x1234"))) == f"a call to {lp}, which is not one of our contracts: 0x1234"
    assert words(world, (parameters, HexStr("0x12345678"))).startswith(
        "a call to HedgeParameters that its ABI does not"
    )


def test_action_words__proposal_of_a_plan__says_update_and_what_the_guard_holds_it_to(
    world: World, record: PlanRecord
) -> None:
    action = draft(world, with_changes(record, {13: 900})).action
    update, guard = action_words(world.snapshot(), action)
    assert update == "HedgeParameters.applyUpdate(condorNotionalCapBps 900): Apply an update"
    assert guard.startswith("guard: executed only if then HedgeParameters 0x")
    assert guard.endswith("condorNotionalCapBps is 900")


def test_action_words__guard_that_promises_something_else__is_not_said_to_hold_the_update(
    world: World, record: PlanRecord
) -> None:
    first, other = (draft(world, with_changes(record, {13: size})).action for size in (900, 950))
    mixed = Action(first.targets, first.values, (first.calldatas[0], other.calldatas[1]), "mixed")
    said = action_words(world.snapshot(), mixed)[1]
    assert "answers as promised to HedgeParameters.value(key=13)" in said
    garbled = Action(first.targets, first.values, (first.calldatas[0], b"\x01\x02\x03\x04"), "garbled")
    said = action_words(world.snapshot(), garbled)[1]
    assert said == "a call to the guard that its ABI does not know: 0x01020304"


@pytest.mark.parametrize(
    ("name", "arguments", "error", "said"),
    [
        ("mint", [], UsageError, "no governance action 'mint': one of unpause"),
        ("unpause", ["now"], UsageError, "usage: unpause"),
        ("set-signers", ["ETH", "3"], UsageError, "usage: set-signers ASSET QUORUM SIGNER..."),
        ("set-signers", ["ETH", "three", "0x" + "11" * 20], UsageError, "the quorum is 'three'"),
        ("set-signers", ["DOGE", "1", "0x" + "11" * 20], UnknownAddress, "an asset with a volatility feed"),
        ("set-signers", ["ETH", "1", "0x12"], UnknownAddress, "0x12 is not an address"),
        ("reset-breaker", ["DOGE"], UnknownAddress, "an asset with a breaker"),
        ("set-guardian", ["0x" + "00" * 20], UnknownAddress, "a Safe: a role needs several people"),
        ("set-steward", ["0x" + "00" * 18 + "dEaD"], UnknownAddress, "a Safe: a role needs several people"),
    ],
)
def test_build_action__bad_arguments__are_refused_with_what_is_wanted(
    world: World, name: str, arguments: list[str], error: type[BridgeError], said: str
) -> None:
    with pytest.raises(error, match=said):
        build_action(world.snapshot(), name, arguments)


def test_build_action__guardian_that_holds_its_role__is_refused(world: World) -> None:
    for role in ("guardian", "steward"):
        with pytest.raises(RefusedAction, match=f"is {role} already"):
            build_action(world.snapshot(), f"set-{role}", [world.deployment.address(role)])


def test_build_action__role_for_who_holds_another__is_refused_with_that_role(world: World) -> None:
    for asked, held, name in (("guardian", "steward", "steward"), ("steward", "admin", "HedgeTimelock")):
        with pytest.raises(RefusedAction, match=f"is {held} of the parameters, and no account may hold two roles"):
            build_action(world.snapshot(), f"set-{asked}", [world.deployment.address(name)])


def test_set_guardian__voted__has_both_seats_and_the_old_one_none(world: World) -> None:
    new = world.deployment.address("HedgeVotes")  # any contract will do for whom nobody signs here
    old = world.deployment.address("guardian")
    assert holds_role(world.snapshot(), "guardian")
    carried_action(world, "set-guardian", new)
    assert holders(world.snapshot(), "guardian") == [new]
    assert proposal_guardian(world.snapshot()) == new
    assert not holds_role(world.snapshot(), "guardian")
    assert old not in holders(world.snapshot(), "guardian")


def test_set_steward__voted__leaves_the_guardian_alone(world: World) -> None:
    carried_action(world, "set-steward", world.deployment.address("HedgeVotes"))
    assert holders(world.snapshot(), "steward") == [world.deployment.address("HedgeVotes")]
    assert holds_role(world.snapshot(), "guardian")


def test_governance_actions__each__has_words_and_is_built_in_a_test() -> None:
    assert set(GOVERNANCE_ACTIONS) == {
        "unpause",
        "resume-steward",
        "set-signers",
        "reset-breaker",
        "set-table",
        "set-guardian",
        "set-steward",
        "set-limits",
        "set-governor",
        "set-timelock-delay",
        "give-feed",
        "revoke-automation",
    }
    assert all(kind.words for kind in GOVERNANCE_ACTIONS.values())
