"""A whole proposal run before its time: as the timelock will, on the state of a block."""

from __future__ import annotations

import pytest

from bridge.errors import ContractReverted, RefusedAction
from bridge.governance.brought import Action
from bridge.governance.governor import send_execute
from bridge.governance.preflight import rehearsal, simulate_execution
from bridge.governance.updates import build_update
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.units import utc
from tests.bridge.steps import LIFE, TERMS, act_through_safe, found, parameters_call, propose, queue, vote, with_changes

DAY = 86_400
CONDOR_CAP = 13


def rehearsed(world: World, number: int) -> str:
    return rehearsal(world.snapshot(), found(world, number))


def test_simulate_execution__calls_to_the_governor_itself__run_as_they_will(world: World) -> None:
    governor = world.deployment.address("HedgeGovernor")
    contract = world.chain.contract("HedgeGovernor", governor)
    lp, snapshot = account("lp").address, world.snapshot()
    calls = [bytes.fromhex(contract.encode_abi("setProposalGuardian", args=[to])[2:]) for to in (lp, governor)]
    action = Action((governor, governor), (0, 0), tuple(calls), "two guardians")
    simulate_execution(snapshot, action, snapshot.block.timestamp + 6 * DAY)
    too_long = bytes.fromhex(contract.encode_abi("setLateQuorumVoteExtension", args=[8 * DAY])[2:])
    bad = Action((governor, governor), (0, 0), (calls[0], too_long), "too long")
    with pytest.raises(ContractReverted, match="VoteExtensionTooLong"):
        simulate_execution(snapshot, bad, snapshot.block.timestamp + 6 * DAY)


def test_rehearsal__every_open_state__names_the_first_second_of_its_execution(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    first = found(world, number).deadline + 1 + TERMS.timelock_delay
    assert rehearsed(world, number) == f"in today's state it would execute at {utc(first)}"
    vote(world, number)
    queue(world, number)
    assert rehearsed(world, number) == f"in today's state it would execute at {utc(found(world, number).eta)}"


def test_rehearsal__queued_and_forgotten__says_that_it_lapsed(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    vote(world, number)
    queue(world, number)
    advance_time(world.chain, TERMS.timelock_delay + 14 * 86_400 + 1)
    assert "OperationLapsed" in rehearsed(world, number)
    with pytest.raises(RefusedAction, match="is expired, not queued"):
        send_execute(world.snapshot(), account("operator"), found(world, number))


def test_rehearsal__steward_moved_the_key_too_far_meanwhile__says_why_it_would_fail(
    world: World, record: PlanRecord
) -> None:
    number = propose(world, with_changes(record, {CONDOR_CAP: 1200}))
    update = build_update({CONDOR_CAP: 900}, world.chain.head().timestamp, LIFE, record.inputs_hash).argument()
    act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    advance_time(world.chain, TERMS.steward_delay)
    act_through_safe(world, "steward", *parameters_call(world, "applyScheduled", update))
    said = rehearsed(world, number)
    assert said.startswith("in today's state it would fail at ")
    assert "StepTooLarge(key=13, oldValue=900, newValue=1200, maxStep=200)" in said
