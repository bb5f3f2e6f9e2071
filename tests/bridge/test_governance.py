"""Vote, queue, execute and cancel on the real governor; guardian and steward through their real Safes."""

from __future__ import annotations

import pytest

from bridge.errors import ContractReverted, RefusedAction
from bridge.governance.governor import (
    cancel_call,
    find_proposal,
    list_proposals,
    next_step_at,
    send_cancel,
    send_execute,
    send_queue,
    send_vote,
)
from bridge.governance.updates import Update, build_update
from bridge.local.accounts import account, accounts
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.observe import read_governed
from bridge.plans.records import PlanRecord
from bridge.safe.multisig import build_safe_transaction, create_safe, send_safe_transaction, sign_safe_transaction
from bridge.snapshot import Call
from tests.bridge.steps import (
    LIFE,
    TERMS,
    WHOLE,
    act_through_safe,
    carry,
    found,
    parameters_call,
    propose,
    queue,
    values,
    vote,
)


def cancelling(world: World, number: int) -> Call:
    action = found(world, number).action
    return cancel_call(world.snapshot(), action)


def steward_update(world: World, record: PlanRecord) -> Update:
    return build_update(record.changes(), record.observed_at, LIFE, record.inputs_hash)


def test_carry__whole_way__passes_every_state_and_changes_the_parameters(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    states = [found(world, number).state]
    vote(world, number)
    states.append(found(world, number).state)
    advance_time(world.chain, TERMS.voting_period + 1)
    states.append(found(world, number).state)
    send_queue(world.snapshot(), account("outsider"), found(world, number))
    states.append(found(world, number).state)
    advance_time(world.chain, TERMS.timelock_delay + 1)
    send_execute(world.snapshot(), account("outsider"), found(world, number))
    states.append(found(world, number).state)
    assert states == ["pending", "active", "succeeded", "queued", "executed"]
    governed = read_governed(world.snapshot())
    assert (governed.version, governed.inputs_hash) == (2, record.inputs_hash)
    assert {key: governed.parameters.to_values()[key] for key in record.changes()} == record.changes()
    moved = {key for key, last in governed.last_changes.items() if last.at == world.chain.head().timestamp}
    assert moved == set(record.changes())


def test_find_proposal__voted_on__has_votes_quorum_and_times(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    vote(world, number, names=("voter-1",))
    vote_against = found(world, number)
    send_vote(world.snapshot(), account("voter-2"), vote_against, "against")
    send_vote(world.snapshot(), account("operator"), vote_against, "abstain")
    proposal = found(world, number)
    assert (proposal.votes_for, proposal.votes_against, proposal.votes_abstain) == (
        400_000 * 10**18,
        350_000 * 10**18,
        250_000 * 10**18,
    )
    assert proposal.quorum == 1_000_000 * 10**18 * TERMS.quorum_percent // 100
    assert proposal.deadline - proposal.vote_start == TERMS.voting_period
    assert (proposal.eta, proposal.proposer) == (0, account("operator").address)
    assert list_proposals(world.snapshot()) == [proposal]


def test_find_proposal__unknown_number__is_refused(world: World) -> None:
    with pytest.raises(RefusedAction, match="the governor has no proposal 7"):
        find_proposal(world.snapshot(), 7)


def test_find_proposal__voted_down__is_defeated_and_cannot_be_queued(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    vote(world, number, "against")
    advance_time(world.chain, TERMS.voting_period + 1)
    assert found(world, number).state == "defeated"
    with pytest.raises(RefusedAction, match=r"cannot queue: .* is defeated, not succeeded"):
        send_queue(world.snapshot(), account("operator"), found(world, number))


def test_send__wrong_state__is_refused_before_sending(world: World, record: PlanRecord) -> None:
    number, operator, snapshot = propose(world, record), account("operator"), world.snapshot()
    pending = found(world, number)
    before = world.chain.head()
    for verb, send in (("queue", send_queue), ("execute", send_execute)):
        with pytest.raises(RefusedAction, match=f"cannot {verb}: proposal {number} is pending"):
            send(snapshot, operator, pending)
    with pytest.raises(RefusedAction, match=r"cannot vote: .* not active"):
        send_vote(snapshot, operator, pending, "for")
    assert world.chain.head() == before


def test_send_vote__twice__is_refused_by_the_governor(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    vote(world, number, names=("voter-1",))
    with pytest.raises(ContractReverted, match="GovernorAlreadyCastVote"):
        send_vote(world.snapshot(), account("voter-1"), found(world, number), "against")


def test_send_execute__before_the_timelock_is_over__is_refused_by_it(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    vote(world, number)
    queue(world, number)
    with pytest.raises(ContractReverted, match="TimelockUnexpectedOperationState"):
        send_execute(world.snapshot(), account("operator"), found(world, number))


def test_send_cancel__proposer_while_pending__cancels_and_nobody_else_can(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    with pytest.raises(ContractReverted, match="GovernorUnableToCancel"):
        send_cancel(world.snapshot(), account("voter-1"), found(world, number))
    send_cancel(world.snapshot(), account("operator"), found(world, number))
    assert found(world, number).state == "canceled"
    with pytest.raises(RefusedAction, match="cannot cancel"):
        send_cancel(world.snapshot(), account("operator"), found(world, number))


def test_next_step_at__waiting_states__are_left_at_that_second(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    for state, following in (("pending", "active"), ("active", "succeeded")):
        proposal = found(world, number)
        assert proposal.state == state
        advance_time(world.chain, next_step_at(proposal) - world.chain.head().timestamp)
        if following == "active":
            for name in ("voter-1", "voter-2"):
                send_vote(world.snapshot(), account(name), found(world, number), "for")
        assert found(world, number).state == following
    with pytest.raises(RefusedAction, match="does not wait for time"):
        next_step_at(found(world, number))
    send_queue(world.snapshot(), account("operator"), found(world, number))
    advance_time(world.chain, next_step_at(found(world, number)) - world.chain.head().timestamp)
    send_execute(world.snapshot(), account("operator"), found(world, number))


def test_guardian_safe__two_of_three__cancels_a_queued_update(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    vote(world, number)
    queue(world, number)
    before = values(world)
    act_through_safe(world, "guardian", *cancelling(world, number))
    assert found(world, number).state == "canceled"
    advance_time(world.chain, TERMS.timelock_delay + 1)
    with pytest.raises(RefusedAction, match="is canceled, not queued"):
        send_execute(world.snapshot(), account("operator"), found(world, number))
    assert values(world) == before


def test_guardian_safe__one_of_three__is_refused_by_the_safe(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    with pytest.raises(ContractReverted) as caught:
        act_through_safe(world, "guardian", *cancelling(world, number), signers=1)
    assert caught.value.arguments == {"message": "GS020"}
    assert found(world, number).state == "pending"


def test_guardian_safe__signature_of_a_stranger__is_refused_by_the_safe(world: World, record: PlanRecord) -> None:
    call = cancelling(world, propose(world, record))
    transaction = build_safe_transaction(world.snapshot(), world.deployment.address("guardian"), call)
    signatures = sign_safe_transaction(transaction, [account("guardian-1"), account("outsider")])
    with pytest.raises(ContractReverted) as caught:
        send_safe_transaction(world.chain, account("outsider"), transaction, signatures)
    assert caught.value.arguments == {"message": "GS026"}


def test_guardian_safe__same_signatures_again__are_refused_by_the_safe(world: World) -> None:
    safe = world.deployment.address("guardian")
    transaction = build_safe_transaction(world.snapshot(), safe, parameters_call(world, "pause"))
    signatures = sign_safe_transaction(transaction, accounts("guardian")[1:])
    send_safe_transaction(world.chain, account("outsider"), transaction, signatures)
    assert read_governed(world.snapshot()).paused
    with pytest.raises(ContractReverted, match="GS02"):
        send_safe_transaction(world.chain, account("outsider"), transaction, signatures)


def test_guardian_safe__call_that_fails_inside__is_refused_by_the_safe(world: World) -> None:
    with pytest.raises(ContractReverted, match="GS013"):
        act_through_safe(world, "guardian", *parameters_call(world, "rollback", *WHOLE))


def test_guardian_safe__after_an_executed_update__rolls_back_to_the_values_before(
    world: World, record: PlanRecord
) -> None:
    before = values(world)
    carry(world, record)
    assert values(world) != before
    act_through_safe(world, "guardian", *parameters_call(world, "rollback", *WHOLE))
    assert values(world) == before


def test_steward_safe__schedules_and_applies__changes_after_its_delay_only(world: World, record: PlanRecord) -> None:
    update = steward_update(world, record).argument()
    before = values(world)
    act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    address = world.deployment.address("HedgeParameters")
    digest = world.chain.read("HedgeParameters", address, "hashUpdate", update, block=world.chain.head())
    _, ready = world.chain.read("HedgeParameters", address, "scheduled", digest, block=world.chain.head())
    assert ready == world.chain.head().timestamp + TERMS.steward_delay
    with pytest.raises(ContractReverted, match="GS013"):
        act_through_safe(world, "steward", *parameters_call(world, "applyScheduled", update))
    assert values(world) == before
    advance_time(world.chain, TERMS.steward_delay)
    act_through_safe(world, "steward", *parameters_call(world, "applyScheduled", update))
    now = values(world)
    assert {key: now[key] for key in record.changes()} == record.changes()


def test_guardian_safe__scheduled_update_of_the_steward__is_vetoed(world: World, record: PlanRecord) -> None:
    update = steward_update(world, record).argument()
    act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    address = world.deployment.address("HedgeParameters")
    digest = world.chain.read("HedgeParameters", address, "hashUpdate", update, block=world.chain.head())
    act_through_safe(world, "guardian", *parameters_call(world, "veto", digest))
    advance_time(world.chain, TERMS.steward_delay)
    with pytest.raises(ContractReverted, match="GS013"):
        act_through_safe(world, "steward", *parameters_call(world, "applyScheduled", update))


@pytest.mark.parametrize("threshold", [0, 3])
def test_create_safe__impossible_threshold__is_refused(world: World, threshold: int) -> None:
    owners = [account("lp").address, account("trader").address]
    with pytest.raises(RefusedAction, match=f"2 owners cannot need {threshold} signatures"):
        create_safe(world.chain, account("lp"), world.deployment.contracts, owners, threshold, 9)
