"""Any OpenZeppelin Governor and Bravo are followed, from list to cancel; and blocks are no seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.chain.signers import Sender
from bridge.errors import ChainError, RefusedAction, UnknownAddress
from bridge.governance.forms import Clock, read_clock, read_form, whole_calls, with_governor
from bridge.governance.governor import (
    find_proposal,
    list_proposals,
    next_step_at,
    rehearse_step,
    require_step,
    send_cancel,
    send_execute,
    send_queue,
    send_vote,
)
from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.other_governors import DAY, DELAY, PERIOD, SUPPLY, Dao, block_dao, bravo_dao, plain_dao

HOLDER = account("voter-1")
ANYONE = Sender(account("outsider").address)
Make = Callable[[World], Dao]


def voted(dao: Dao) -> None:
    """Carry the newest proposal through its vote."""
    begins, ends = dao.proposal().blocks or (0, 0)
    dao.mine(begins - dao.world.chain.head().number + 1)
    rehearse_step(dao.snapshot(), Sender(HOLDER.address), dao.proposal(), "vote", "for")
    send_vote(dao.snapshot(), HOLDER, dao.proposal(), "for")
    dao.mine(ends - dao.world.chain.head().number + 1)


@pytest.mark.parametrize(
    ("make", "bravo", "queues"), [(plain_dao, False, False), (bravo_dao, True, True), (block_dao, False, True)]
)
def test_read_form__governors_of_others__are_told_apart(anywhere: World, make: Make, bravo: bool, queues: bool) -> None:
    dao = make(anywhere)
    form = read_form(dao.snapshot())
    assert (form.bravo, form.queues, form.clock.counts_blocks) == (bravo, queues, True)
    assert form.clock.reading == anywhere.chain.head().number
    assert f"{'a' if queues else 'no'} timelock, a clock of blocks of about" in form.words
    ours = read_form(anywhere.snapshot())
    assert (ours.bravo, ours.queues, ours.clock.counts_blocks) == (False, True, False)
    assert ours.words == "an OpenZeppelin Governor, a timelock, a clock of seconds"


@pytest.mark.parametrize("make", [plain_dao, bravo_dao, block_dao])
def test_proposal__clock_of_blocks__has_blocks_and_times_that_are_estimates(anywhere: World, make: Make) -> None:
    dao = make(anywhere)
    made = dao.propose()
    assert made.blocks is not None
    begins, ends = made.blocks
    head, clock = anywhere.chain.head(), read_clock(dao.snapshot())
    assert begins > head.number
    assert made.vote_start == head.timestamp + round((begins - head.number) * clock.pace)
    assert made.deadline - made.vote_start == pytest.approx((ends - begins) * clock.pace, abs=1)
    assert made.quorum == SUPPLY * 4 // 100
    assert made.state == "pending"
    with pytest.raises(RefusedAction, match="waits for blocks"):
        next_step_at(made)
    with pytest.raises(RefusedAction, match=rf"estimated from the blocks \[{begins}, {ends}\]"):
        require_step(made, "vote")


def test_plain_governor__vote_and_execute__needs_no_queue(anywhere: World) -> None:
    dao = plain_dao(anywhere)
    made = dao.propose()
    assert made.blocks is not None
    assert made.blocks[1] - made.blocks[0] == PERIOD
    voted(dao)
    passed = dao.proposal()
    assert (passed.state, passed.votes_for, passed.eta) == ("succeeded", SUPPLY, 0)
    with pytest.raises(RefusedAction, match="this governor has no timelock"):
        require_step(passed, "queue")
    rehearse_step(dao.snapshot(), ANYONE, passed, "execute")
    send_execute(dao.snapshot(), account("outsider"), passed)
    assert dao.proposal().state == "executed"


def test_bravo__vote_queue_and_execute__is_carried_through_by_its_number(anywhere: World) -> None:
    dao = bravo_dao(anywhere)
    dao.propose()
    voted(dao)
    assert (dao.proposal().state, dao.proposal().votes_for) == ("succeeded", SUPPLY)
    rehearse_step(dao.snapshot(), ANYONE, dao.proposal(), "queue")
    send_queue(dao.snapshot(), account("outsider"), dao.proposal())
    queued = dao.proposal()
    assert (queued.state, queued.eta) == ("queued", anywhere.chain.head().timestamp + DAY)
    assert next_step_at(queued) == queued.eta
    with pytest.raises(ChainError):
        rehearse_step(dao.snapshot(), ANYONE, queued, "execute")
    anywhere.chain.request("evm_setNextBlockTimestamp", queued.eta + 1)
    anywhere.chain.request("evm_mine")
    rehearse_step(dao.snapshot(), ANYONE, dao.proposal(), "execute")
    send_execute(dao.snapshot(), account("outsider"), dao.proposal())
    assert dao.proposal().state == "executed"


@pytest.mark.parametrize("make", [plain_dao, bravo_dao, block_dao])
def test_cancel__by_the_proposer_while_pending__cancels(anywhere: World, make: Make) -> None:
    dao = make(anywhere)
    made = dao.propose()
    with pytest.raises(ChainError):
        rehearse_step(dao.snapshot(), Sender(account("trader").address), made, "cancel")
    rehearse_step(dao.snapshot(), Sender(HOLDER.address), made, "cancel")
    send_cancel(dao.snapshot(), HOLDER, made)
    assert dao.proposal().state == "canceled"


def test_vote__account_without_votes_at_that_block__is_refused(anywhere: World) -> None:
    for dao in (plain_dao(anywhere), bravo_dao(anywhere)):
        begins, _ = dao.propose().blocks or (0, 0)
        dao.mine(begins - anywhere.chain.head().number + 1)
        with pytest.raises(RefusedAction, match="had no votes when the vote began"):
            rehearse_step(dao.snapshot(), Sender(account("lp").address), dao.proposal(), "vote", "for")


def test_bravo__proposal_with_signatures_beside_its_calldata__has_the_whole_calls(anywhere: World) -> None:
    dao = bravo_dao(anywhere)
    to, whole = anywhere.snapshot().call("HedgeVotes", "delegate", account("lp").address)
    bare = bytes.fromhex(whole[2:])[4:]
    arguments = ([to], [0], ["delegate(address)"], [bare], "# In Bravo's way")
    propose = "propose(address[],uint256[],string[],bytes[],string)"
    anywhere.chain.send(HOLDER, "BravoGovernor", dao.governor, propose, *arguments)
    (made,) = list_proposals(dao.snapshot())
    assert made.action.calldatas == (bytes.fromhex(whole[2:]),)
    assert (made.title, made.trouble) == ("In Bravo's way", "")
    assert find_proposal(dao.snapshot(), made.id) == made


def test_with_governor__own_governor_account_or_other_contract__is_followed_or_refused(anywhere: World) -> None:
    snapshot = anywhere.snapshot()
    assert with_governor(snapshot, None) is snapshot
    own = with_governor(snapshot, anywhere.deployment.address("HedgeGovernor"))
    assert own.deployment.contracts == snapshot.deployment.contracts
    for name in ("HedgeVotes", "HedgeTimelock", "lp", "guardian"):
        with pytest.raises(UnknownAddress, match="an OpenZeppelin Governor or a Compound Bravo"):
            with_governor(snapshot, anywhere.deployment.address(name))
    with pytest.raises(UnknownAddress, match="is not an address"):
        with_governor(snapshot, "0x12")


def test_deployment__whose_governor_counts_blocks__is_read_without_asking_for_it(anywhere: World) -> None:
    dao = block_dao(anywhere)
    dao.propose()
    moved = replace(anywhere, deployment=dao.snapshot().deployment)
    (made,) = list_proposals(moved.snapshot())
    assert made.blocks is not None
    assert made.blocks[1] - made.blocks[0] == PERIOD
    assert made.blocks[0] > DELAY


@pytest.mark.unit
def test_clock__seconds_or_blocks__times_are_as_they_are_or_estimated() -> None:
    assert Clock(500, 500).seconds(700) == 700
    blocks = Clock(1_000, 50_000, 12.0)
    assert (blocks.seconds(1_100), blocks.seconds(1_000), blocks.seconds(900)) == (51_200, 50_000, 48_800)


@pytest.mark.unit
def test_whole_calls__signature_or_none__has_a_selector_once() -> None:
    bare = bytes(32)
    assert whole_calls(["", "f(uint256)"], [b"\x01\x02\x03\x04", bare]) == (
        b"\x01\x02\x03\x04", bytes.fromhex("b3de648b") + bare,
    )  # fmt: skip
    with pytest.raises(ChainError, match="not as many signatures as calls"):
        whole_calls(["f()"], [])
