"""Which open proposals want what ours wants, by keys and by calls; and the state of one that was just sent."""

from __future__ import annotations

import pytest

from bridge.chain.signers import Sender
from bridge.errors import ContractReverted
from bridge.governance.brought import Action
from bridge.governance.governor import send_cancel
from bridge.governance.proposals import bring_proposal
from bridge.governance.rivals import _wants, find_rivals
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from hedge.policy.parameters import KEYS
from tests.bridge.steps import draft, found, propose


def test_wants__calls_that_nobody_knows_among_others__names_the_others_and_no_guard(world: World) -> None:
    snapshot = world.snapshot()
    parameters, unpause = snapshot.call("HedgeParameters", "unpause")
    calls = {
        parameters: b"\xde\xad\xbe\xef",
        "0x" + "ab" * 20: b"",
        parameters.lower(): bytes.fromhex(unpause[2:]),
        world.deployment.address("ProposalGuard"): bytes.fromhex(
            snapshot.call("ProposalGuard", "requireState", [])[1][2:]
        ),
        world.deployment.address("HedgeGovernor"): bytes.fromhex(
            snapshot.call("HedgeGovernor", "setProposalGuardian", account("lp").address)[1][2:]
        ),
    }
    action = Action(tuple(calls), (0,) * len(calls), tuple(calls.values()), "text")
    assert _wants(snapshot, action) == {"HedgeParameters.unpause", "HedgeGovernor.setProposalGuardian"}


def test_wants__contract_of_the_deployment_without_functions_that_are_known__names_the_others(world: World) -> None:
    snapshot = world.snapshot()
    unknown = world.deployment.address("Permit2")
    parameters, unpause = snapshot.call("HedgeParameters", "unpause")
    calls = ((unknown, b"\x36\x44\xe5\x15"), (unknown, b""), (parameters, bytes.fromhex(unpause[2:])))
    targets, data = zip(*calls, strict=True)
    assert _wants(snapshot, Action(targets, (0,) * 3, data, "x")) == {"HedgeParameters.unpause"}


def test_find_rivals__open_and_then_cancelled__shares_its_keys_while_it_is_open(
    world: World, record: PlanRecord
) -> None:
    number = propose(world, record)
    action = found(world, number).action
    (rival,) = find_rivals(world.snapshot(), action, 0)
    assert (rival.id, rival.state) == (number, "pending")
    changed = {KEYS[row["key"]].name for row in record.plan["update"]["changes"]}
    assert set(rival.shares) == changed
    assert find_rivals(world.snapshot(), action, number) == []
    send_cancel(world.snapshot(), account("operator"), found(world, number))
    assert find_rivals(world.snapshot(), action, 0) == []


def test_bring_proposal__sent_and_not__has_the_state_that_it_has_now(world: World, record: PlanRecord) -> None:
    operator, drafted = account("operator"), draft(world, record)
    dry, sent = bring_proposal(world.snapshot(), Sender.of(operator), drafted, False)
    assert (dry.state, sent) == (None, None)
    made, sent = bring_proposal(world.snapshot(), Sender.of(operator), drafted, True)
    assert (made.state, bool(sent)) == ("pending", True)
    again, sent = bring_proposal(world.snapshot(), Sender.of(operator), drafted, True)
    assert (again.state, sent) == ("pending", None)


def test_bring_proposal__proposer_without_votes__is_refused_and_not_taken_for_one_that_exists(
    world: World, record: PlanRecord
) -> None:
    outsider = account("outsider")
    drafted = draft(world, record, proposer="outsider")
    for send in (False, True):
        with pytest.raises(ContractReverted, match="InsufficientProposerVotes"):
            bring_proposal(world.snapshot(), Sender.of(outsider), drafted, send)
