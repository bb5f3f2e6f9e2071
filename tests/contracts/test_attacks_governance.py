"""Attacks 19 to 25, 27, 28 and 32: on votes, proposals, the timelock and the roles."""

from __future__ import annotations

import pytest
from eth_utils import keccak
from governed import GUARDIAN, STEWARD, VALUES, WHOLE, changed, update, values
from governing import AGAINST, CANCELED, DEFEATED, EXECUTED, FOR, QUEUED, VOTE, Call, Dao
from onchain import DAY, HOUR, Node, named, refusal

from bridge.artifacts import error_abi

pytestmark = pytest.mark.chain
WIDEN = {11: 1100}


def why(dao: Dao, function: str, *arguments: object) -> str:
    """Return the name of the error that a call of the governor ends with, whichever contract it comes from."""
    data = dao.governor.revert_data(function, *arguments, sender=dao.holders[0])
    return named(data, list(error_abi())).name


def test_attack_19__votes_borrowed_after_the_snapshot__carry_nothing(dao: Dao) -> None:
    proposal, _ = dao.propose("wing", "applyUpdate", update(dao.parameters, WIDEN))
    borrower = dao.node.web3.eth.accounts[8]
    dao.votes.send("delegate", borrower, sender=borrower)
    dao.votes.send("transfer", borrower, 500 * VOTE, sender=dao.holders[0])
    dao.governor.send("castVote", proposal, FOR, sender=borrower)
    assert list(dao.governor.read("proposalVotes", proposal)) == [0, 0, 0]


def test_attack_20__quorum_in_the_last_second__others_get_the_extension_once(dao: Dao) -> None:
    proposal, _ = dao.propose("wing", "applyUpdate", update(dao.parameters, WIDEN))
    deadline = dao.governor.read("proposalDeadline", proposal)
    dao.node.advance(deadline - dao.node.now - 1)
    dao.governor.send("castVote", proposal, FOR, sender=dao.holders[2])
    extended = dao.governor.read("proposalDeadline", proposal)
    assert extended == dao.node.now + 6 * HOUR
    dao.node.advance(5 * HOUR)
    dao.governor.send("castVote", proposal, AGAINST, sender=dao.holders[0])
    assert dao.governor.read("proposalDeadline", proposal) == extended
    dao.node.advance(HOUR)
    assert dao.state(proposal) == DEFEATED


def test_attack_20__extreme_extension_voted__too_long(dao: Dao, node: Node) -> None:
    data = dao.governor.encode("setLateQuorumVoteExtension", 2**48 - 1)
    proposal, call = dao.propose_calls("forever", [(dao.governor.address, data)])
    dao.queue(proposal, call)
    assert why(dao, "execute", *call) == "VoteExtensionTooLong"
    terms = (dao.votes.address, dao.timelock.address, HOUR, DAY, 10 * VOTE, 10, 7 * DAY + 1, GUARDIAN)
    assert node.deploy_refusal("HedgeGovernor", *terms) == refusal("VoteExtensionTooLong", 7 * DAY + 1, 7 * DAY)


def test_attack_21__proposal_front_run_to_cancel_it__restricted_to_its_proposer(dao: Dao) -> None:
    text = f"wing\n#proposer={dao.holders[0]}"
    call = ([dao.parameters.address], [0], [dao.parameters.encode("applyUpdate", update(dao.parameters, WIDEN))])
    found = dao.governor.refusal("propose", *call, text, sender=dao.holders[1])
    assert found == refusal("GovernorRestrictedProposer", dao.holders[1].lower())
    dao.governor.send("propose", *call, text, sender=dao.holders[0])
    cancelled = dao.governor.refusal("cancel", *call, keccak(text=text), sender=dao.holders[1])
    assert cancelled.name == "GovernorUnableToCancel"


def test_attack_22__guardian_cancels_in_the_timelock__state_and_event_say_so(dao: Dao) -> None:
    proposal, call = dao.propose("wing", "applyUpdate", update(dao.parameters, WIDEN))
    dao.pass_vote(proposal)
    dao.governor.send("queue", *call, sender=dao.holders[0])
    receipt = dao.governor.send("cancel", *call, sender=GUARDIAN)
    assert dao.state(proposal) == CANCELED
    assert dao.governor.events(receipt, "ProposalCanceled") == [{"proposalId": proposal}]
    assert len(dao.timelock.events(receipt, "Cancelled")) == 1


@pytest.fixture
def guarded(dao: Dao, node: Node) -> tuple[int, tuple[list[str], list[int], list[str], bytes]]:
    """Queue a proposal that ends with its guard: the wing is 1100 then, and the parameters are the code voted on."""
    guard = node.deploy("ProposalGuard")
    code = keccak(bytes(node.web3.eth.get_code(dao.parameters.address)))
    answers = keccak(keccak((1100).to_bytes(32, "big")))
    expected = (dao.parameters.address, code, [dao.parameters.encode("value", 11)], answers)
    calls = [
        (dao.parameters.address, dao.parameters.encode("applyUpdate", update(dao.parameters, WIDEN))),
        (guard.address, guard.encode("requireState", [expected])),
    ]
    proposal, call = dao.propose_calls("guarded", calls)
    dao.queue(proposal, call)
    return proposal, call


def test_attack_23__target_as_it_was_voted_on__executes(dao: Dao, guarded: tuple[int, tuple[object, ...]]) -> None:
    proposal, call = guarded
    dao.governor.send("execute", *call, sender=dao.holders[0])
    assert dao.state(proposal) == EXECUTED
    assert values(dao.parameters)[11] == 1100


def test_attack_23__target_with_other_code_after_the_vote__code_differs_and_nothing_happens(
    dao: Dao, guarded: tuple[int, tuple[object, ...]], node: Node
) -> None:
    proposal, call = guarded
    node.request("anvil_setCode", dao.parameters.address, "0x00")  # accepts every call
    assert why(dao, "execute", *call) == "CodeDiffers"
    assert dao.state(proposal) == QUEUED


def test_attack_24__execution_re_entered__refused_and_nothing_happens(dao: Dao, node: Node) -> None:
    target = node.deploy("Reenter")
    proposal, call = dao.propose_calls("again", [(target.address, target.encode("poke"))])
    target.send("arm", dao.governor.address, dao.governor.encode("execute", *call), sender=node.deployer)
    dao.queue(proposal, call)
    assert why(dao, "execute", *call) == "GovernorUnexpectedProposalState"
    assert target.read("calls") == 0


def test_attack_24__proposer_and_executor_of_the_timelock_in_one__delay_holds(dao: Dao) -> None:
    call = (dao.parameters.address, 0, dao.parameters.encode("unpause"), bytes(32), bytes(32))
    governor = dao.governor.address  # the only account that may do both
    found = dao.timelock.refusal("schedule", *call, 2 * DAY - 1, sender=governor)
    assert found == refusal("TimelockInsufficientDelay", 2 * DAY - 1, 2 * DAY)
    dao.timelock.send("schedule", *call, 2 * DAY, sender=governor)
    assert dao.timelock.refusal("execute", *call, sender=governor).name == "TimelockUnexpectedOperationState"


def test_attack_25__hostile_majority__is_held_by_the_limits_and_by_the_guardian(dao: Dao) -> None:
    proposal, call = dao.propose("all risk", "applyUpdate", update(dao.parameters, {9: 60_000, 13: 5000}))
    dao.queue(proposal, call)
    assert why(dao, "execute", *call) == "StepTooLarge"
    proposal, call = dao.propose("a step", "applyUpdate", update(dao.parameters, {13: 1200}))
    dao.queue(proposal, call)
    dao.governor.send("cancel", *call, sender=GUARDIAN)
    assert dao.state(proposal) == CANCELED
    assert values(dao.parameters) == VALUES


def test_attack_26__harmless_update_behind_the_bad_one_in_one_proposal__both_rolled_back(dao: Dao) -> None:
    seen = dao.node.now
    updates = [update(dao.parameters, {13: 1200}, observed_at=seen - 1), update(dao.parameters, {18: VALUES[18] + 1})]
    calls = [(dao.parameters.address, dao.parameters.encode("applyUpdate", wanted)) for wanted in updates]
    proposal, call = dao.propose_calls("bad, and harmless", calls)
    dao.queue(proposal, call)
    dao.governor.send("execute", *call, sender=dao.holders[0])
    assert values(dao.parameters) == changed({13: 1200, 18: VALUES[18] + 1})
    dao.parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert values(dao.parameters) == VALUES


def left_over(dao: Dao) -> Call:
    """Queue two votes that end one pause: the second reverts, and is left over."""
    dao.parameters.send("pause", sender=GUARDIAN)
    calls = [(dao.parameters.address, dao.parameters.encode("unpause"))]
    for text in ("first", "second"):
        proposal, call = dao.propose_calls(text, calls)
        dao.queue(proposal, call)
        if text == "first":
            dao.governor.send("execute", *call, sender=dao.holders[0])
    assert why(dao, "execute", *call) == "ExpectedPause"
    return call


def test_left_over__second_vote_to_end_a_pause__ends_a_later_one_unless_the_guardian_cancels_it(dao: Dao) -> None:
    """For two weeks what passed and could not be executed waits for its day."""
    call = left_over(dao)
    dao.node.advance(13 * DAY)
    dao.parameters.send("pause", sender=GUARDIAN)
    snapshot = dao.node.request("evm_snapshot")
    dao.governor.send("execute", *call, sender=dao.node.web3.eth.accounts[8])
    assert dao.parameters.read("paused") is False
    dao.node.request("evm_revert", snapshot)
    dao.governor.send("cancel", *call, sender=GUARDIAN)
    assert why(dao, "execute", *call) == "GovernorUnexpectedProposalState"
    assert dao.parameters.read("paused") is True


def test_attack_38__passed_proposal_that_reverted__lapses_two_weeks_after_it_was_ready(dao: Dao) -> None:
    call = left_over(dao)
    proposal = dao.governor.read("getProposalId", *call)
    dao.parameters.send("pause", sender=GUARDIAN)
    last = dao.governor.read("proposalEta", proposal) + dao.timelock.read("EXECUTION_LIFE")
    dao.node.advance_to(last)
    dao.governor.read("execute", *call)
    dao.node.advance_to(last + 1)
    assert why(dao, "execute", *call) == "OperationLapsed"
    dao.node.advance(365 * DAY)
    assert why(dao, "execute", *call) == "OperationLapsed"
    assert dao.parameters.read("paused") is True
    dao.governor.send("cancel", *call, sender=GUARDIAN)  # it still may be cleared away


def test_attack_38__passed_proposal_that_nobody_queued__cannot_be_queued_for_ever(dao: Dao) -> None:
    proposal, call = dao.propose_calls("later", [(dao.parameters.address, dao.parameters.encode("unpause"))])
    dao.pass_vote(proposal)
    last = dao.governor.read("proposalDeadline", proposal) + dao.governor.read("QUEUE_LIFE")
    dao.node.advance_to(last)
    dao.governor.read("queue", *call)
    dao.node.advance_to(last + 1)
    found = dao.governor.refusal("queue", *call, sender=dao.holders[0])
    assert found == refusal("QueuedTooLate", last, last + 1)


def test_attack_38__single_operation_of_the_timelock__lapses_too(dao: Dao, node: Node) -> None:
    sender = node.deployer
    timelock = node.deploy("HedgeTimelock", DAY, [sender], [sender], "0x" + "00" * 20)
    call = (dao.parameters.address, 0, dao.parameters.encode("values"), bytes(32), bytes(32))
    name = timelock.read("hashOperation", *call)
    assert timelock.refusal("execute", *call, sender=sender).name == "TimelockUnexpectedOperationState"
    timelock.send("schedule", *call, DAY, sender=sender)
    last = node.now + DAY + timelock.read("EXECUTION_LIFE")
    node.advance_to(last + 1)
    assert timelock.refusal("execute", *call, sender=sender) == refusal("OperationLapsed", name, last, last + 1)
    node.request("evm_setNextBlockTimestamp", node.now + 1)
    fresh = (*call[:4], b"\x01" + bytes(31))
    timelock.send("schedule", *fresh, DAY, sender=sender)
    node.advance(DAY)
    timelock.send("execute", *fresh, sender=sender)
    assert timelock.refusal("execute", *fresh, sender=sender).name == "TimelockUnexpectedOperationState"


def test_attack_27__same_proposal_twice__the_governor_knows_it(dao: Dao) -> None:
    wanted = update(dao.parameters, WIDEN)
    _, call = dao.propose("wing", "applyUpdate", wanted)
    found = dao.governor.refusal("propose", *call[:3], "wing", sender=dao.holders[1])
    assert found.name == "GovernorUnexpectedProposalState"


def test_attack_28__deployer_after_deployment__holds_no_role_anywhere(dao: Dao) -> None:
    roles = [bytes(32)] + [
        keccak(text=f"{name}_ROLE")
        for name in ("STEWARD", "GUARDIAN", "AUTOMATION", "PROPOSER", "EXECUTOR", "CANCELLER")
    ]
    for contract in (dao.parameters, dao.timelock):
        assert not any(contract.read("hasRole", role, dao.node.deployer) for role in roles)
    assert dao.votes.read("getVotes", dao.node.deployer) == 0
    assert dao.governor.read("proposalGuardian") == GUARDIAN != STEWARD


FLOORS = (
    ("setVotingDelay", "VotingDelayTooShort", HOUR),
    ("setVotingPeriod", "VotingPeriodTooShort", DAY),
    ("updateQuorumNumerator", "VoteQuorumTooLow", 4),
    ("updateDelay", "TimelockDelayTooShort", DAY),
)


@pytest.mark.parametrize(("function", "error", "least"), FLOORS)
def test_attack_32__one_unseen_vote_that_would_let_the_next_pass_in_seconds__refused_below_the_floor(
    dao: Dao, function: str, error: str, least: int
) -> None:
    target = dao.timelock if function == "updateDelay" else dao.governor
    data = target.encode(function, least - 1)
    proposal, call = dao.propose_calls("quick", [(target.address, data)])
    dao.queue(proposal, call)
    assert why(dao, "execute", *call) == error
    proposal, call = dao.propose_calls("as quick as it gets", [(target.address, target.encode(function, least))])
    dao.queue(proposal, call)
    dao.governor.send("execute", *call, sender=dao.holders[0])


def test_attack_32__deployed_below_the_floors__refused(dao: Dao, node: Node) -> None:
    terms = [dao.votes.address, dao.timelock.address, HOUR, DAY, 10 * VOTE, 4, 6 * HOUR, GUARDIAN]
    node.deploy("HedgeGovernor", *terms)
    for place, (_, error, least) in zip((2, 3, 5), FLOORS, strict=False):
        short = [*terms[:place], least - 1, *terms[place + 1 :]]
        assert node.deploy_refusal("HedgeGovernor", *short) == refusal(error, least - 1, least)
    nobody = "0x" + "00" * 20
    found = node.deploy_refusal("HedgeTimelock", DAY - 1, [], [], nobody)
    assert found == refusal("TimelockDelayTooShort", DAY - 1, DAY)
    assert node.deploy("HedgeTimelock", DAY, [], [], nobody).read("getMinDelay") == DAY


def test_attack_41__votes_token_whose_clock_is_the_block__governor_that_means_seconds_refuses_it(
    dao: Dao, node: Node
) -> None:
    token = node.deploy("BlockVotes", dao.holders[0], 1000 * VOTE)
    terms = (dao.timelock.address, HOUR, DAY, 10 * VOTE, 10, 6 * HOUR, GUARDIAN)
    mode = token.read("CLOCK_MODE")
    assert mode == "mode=blocknumber&from=default"
    assert node.deploy_refusal("HedgeGovernor", token.address, *terms) == refusal("ClockNotSeconds", mode)
    made = node.deploy("HedgeGovernor", dao.votes.address, *terms)
    assert (made.read("CLOCK_MODE"), made.read("clock")) == ("mode=timestamp", node.now)
