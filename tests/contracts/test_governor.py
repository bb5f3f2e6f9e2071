"""A whole proposal on OpenZeppelin's bytecode: it changes parameters, can be cancelled, and cannot be rushed."""

from __future__ import annotations

import pytest
from governed import GUARDIAN, VALUES, changed, update, values
from governing import AGAINST, CANCELED, DEFEATED, EXECUTED, FOR, QUEUED, SUCCEEDED, VOTE, Dao
from onchain import DAY, HOUR, Node, refusal

pytestmark = pytest.mark.chain


def test_proposal__vote_queue_execute__changes_the_parameters(dao: Dao) -> None:
    wanted = update(dao.parameters, {5: 900, 11: 1100})
    proposal, call = dao.propose("widen the wing", "applyUpdate", wanted)
    dao.pass_vote(proposal)
    assert dao.state(proposal) == SUCCEEDED
    dao.governor.send("queue", *call, sender=dao.holders[2])
    assert dao.state(proposal) == QUEUED
    dao.node.advance(2 * DAY)
    dao.governor.send("execute", *call, sender=dao.holders[2])
    assert dao.state(proposal) == EXECUTED
    assert values(dao.parameters) == changed({5: 900, 11: 1100})


def test_proposal__executed_twice_or_early__refused(dao: Dao) -> None:
    proposal, call = dao.propose("wing", "applyUpdate", update(dao.parameters, {11: 1100}))
    dao.pass_vote(proposal)
    dao.governor.send("queue", *call, sender=dao.holders[0])
    assert dao.governor.refusal("execute", *call, sender=dao.holders[0]).name.startswith("0x")  # the timelock's error
    dao.node.advance(2 * DAY)
    dao.governor.send("execute", *call, sender=dao.holders[0])
    assert dao.governor.refusal("execute", *call).name == "GovernorUnexpectedProposalState"


def test_proposal__passed_but_beyond_the_limits__cannot_execute(dao: Dao) -> None:
    proposal, call = dao.propose("too far", "applyUpdate", update(dao.parameters, {11: 1201}))
    dao.pass_vote(proposal)
    dao.governor.send("queue", *call, sender=dao.holders[0])
    dao.node.advance(2 * DAY)
    data = dao.governor.revert_data("execute", *call, sender=dao.holders[0])
    assert data == dao.parameters.revert_data(
        "applyUpdate", update(dao.parameters, {11: 1201}), sender=dao.timelock.address
    )
    assert values(dao.parameters) == VALUES


def test_guardian__cancels_a_queued_proposal__canceled_in_governor_and_timelock(dao: Dao) -> None:
    proposal, call = dao.propose("bad idea", "applyUpdate", update(dao.parameters, {11: 1100}))
    dao.pass_vote(proposal)
    dao.governor.send("queue", *call, sender=dao.holders[0])
    dao.governor.send("cancel", *call, sender=GUARDIAN)
    assert dao.state(proposal) == CANCELED
    salt = bytes(a ^ b for a, b in zip(bytes.fromhex(dao.governor.address[2:]) + bytes(12), call[3], strict=True))
    operation = dao.timelock.read("hashOperationBatch", *call[:3], bytes(32), salt)
    assert dao.timelock.read("getOperationState", operation) == 0
    dao.node.advance(2 * DAY)
    assert dao.governor.refusal("execute", *call).name == "GovernorUnexpectedProposalState"
    assert values(dao.parameters) == VALUES


def test_guardian__any_other_power_over_the_dao__none(dao: Dao) -> None:
    _, call = dao.propose("wing", "applyUpdate", update(dao.parameters, {11: 1100}))
    assert dao.governor.refusal("queue", *call, sender=GUARDIAN).name == "GovernorUnexpectedProposalState"
    wanted = update(dao.parameters, {11: 1100})
    assert dao.parameters.refusal("applyUpdate", wanted, sender=GUARDIAN).name == "AccessControlUnauthorizedAccount"
    assert dao.governor.refusal("setProposalGuardian", GUARDIAN, sender=GUARDIAN).name == "GovernorOnlyExecutor"


def test_cancel__by_a_stranger_or_a_voter__refused(dao: Dao) -> None:
    _, call = dao.propose("wing", "applyUpdate", update(dao.parameters, {11: 1100}))
    assert dao.governor.refusal("cancel", *call, sender=dao.holders[1]).name == "GovernorUnableToCancel"


def test_late_quorum__reached_in_the_last_minute__extends_the_vote(dao: Dao) -> None:
    proposal, _ = dao.propose("wing", "applyUpdate", update(dao.parameters, {11: 1100}))
    deadline = dao.governor.read("proposalDeadline", proposal)
    dao.node.advance(deadline - dao.node.now - 60)
    dao.governor.send("castVote", proposal, FOR, sender=dao.holders[2])
    extended = dao.governor.read("proposalDeadline", proposal)
    assert extended == dao.node.now + 6 * HOUR > deadline
    dao.node.advance(HOUR)
    dao.governor.send("castVote", proposal, AGAINST, sender=dao.holders[0])
    dao.node.advance(6 * HOUR)
    assert dao.state(proposal) == DEFEATED


def test_extension__of_a_week__is_the_longest_accepted(dao: Dao, node: Node) -> None:
    terms = (dao.votes.address, dao.timelock.address, HOUR, 7 * DAY, 10 * VOTE, 10, 7 * DAY, GUARDIAN)
    assert node.deploy("HedgeGovernor", *terms).read("lateQuorumVoteExtension") == 7 * DAY


def test_votes__borrowed_after_the_snapshot__carry_nothing(dao: Dao) -> None:
    proposal, _ = dao.propose("wing", "applyUpdate", update(dao.parameters, {11: 1100}))
    borrower = dao.node.web3.eth.accounts[8]
    dao.votes.send("delegate", borrower, sender=borrower)
    dao.votes.send("transfer", borrower, 500 * VOTE, sender=dao.holders[0])
    dao.governor.send("castVote", proposal, AGAINST, sender=borrower)
    assert list(dao.governor.read("proposalVotes", proposal)) == [0, 0, 0]


def test_propose__below_the_threshold__refused(dao: Dao) -> None:
    call = ([dao.parameters.address], [0], [dao.parameters.encode("unpause")], "unpause")
    found = dao.governor.refusal("propose", *call, sender=dao.node.deployer)
    assert found == refusal("GovernorInsufficientProposerVotes", dao.node.deployer.lower(), 0, 10 * VOTE)


def test_timelock__after_deployment__belongs_to_the_governor_alone(dao: Dao) -> None:
    for role in ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"):
        key = dao.timelock.read(role)
        assert dao.timelock.read("hasRole", key, dao.governor.address) is True
        assert dao.timelock.read("hasRole", key, dao.node.deployer) is False
    assert dao.timelock.read("hasRole", bytes(32), dao.timelock.address) is True
    assert dao.timelock.read("hasRole", bytes(32), dao.node.deployer) is False


def test_settings__as_deployed__are_what_was_given(dao: Dao) -> None:
    read = dao.governor.read
    assert (read("votingDelay"), read("votingPeriod"), read("proposalThreshold")) == (HOUR, DAY, 10 * VOTE)
    assert (read("quorumNumerator"), read("timelock")) == (10, dao.timelock.address)
    assert read("proposalNeedsQueuing", 0) is True
