"""The governor: list, show, vote, queue, execute and cancel proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bridge.chain.addresses import checked_address
from bridge.errors import ContractReverted, MissingBlock, NodeUnreachable, RefusedAction, UnknownAddress, UsageError
from bridge.foreign import title_of
from bridge.governance.brought import (
    NOBODY,
    UNREADABLE_ERRORS,
    Action,
    Brought,
    find_brought,
    ids_that_begin,
    read_brought,
    trouble_of,
)
from bridge.governance.forms import BRAVO, GOVERNOR, Form, asked, read_form, read_quorum, read_tally, read_token
from bridge.snapshot import Call, Snapshot
from bridge.units import utc

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.chain.signers import Sender, Signer

STATES = ("pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed")
UNREADABLE = "unreadable"
SHORT = 10  # digits of an id
MOST_DIGITS = 78
MOST_ID = 1 << 256
TOGETHER = 250  # proposals whose state is asked for at once
SUPPORT = {"against": 0, "for": 1, "abstain": 2}
OPEN_STATES = ("pending", "active", "succeeded", "queued")
STEP_STATES = {"vote": ("active",), "queue": ("succeeded",), "execute": ("queued",), "cancel": OPEN_STATES}


@dataclass(frozen=True)
class Proposal:
    """The state of a proposal at a block; votes in units of 1e18, times in unix seconds.

    `trouble` says why it cannot be read, empty where it can: its state is then "unreadable", and its numbers are 0.
    `blocks` are beginning and end of its vote where the governor's clock counts blocks: the times are estimates then.
    `bravo` says that steps take its number, `queues` that what passed waits in a timelock, `expires_at` until when what
    passed can be queued, or what waits be executed; 0 where there is no end.
    """

    id: int
    state: str
    proposer: str
    action: Action
    votes_against: int
    votes_for: int
    votes_abstain: int
    quorum: int
    vote_start: int
    deadline: int
    eta: int
    trouble: str = ""
    blocks: tuple[int, int] | None = None
    bravo: bool = False
    queues: bool = True
    expires_at: int = 0

    @property
    def title(self) -> str:
        """Return the first line of its description that says anything."""
        return f"({self.trouble})" if self.trouble else title_of(self.action.description)

    @property
    def short_id(self) -> str:
        """Return the first digits of its id, by which commands find it."""
        return str(self.id)[:SHORT]


def distinct_ids(proposals: Sequence[Proposal]) -> list[str]:
    """Return the first digits of each id, as many as tell it from all others: a few can be made alike."""
    ids = [str(proposal.id) for proposal in proposals]
    ordered, needed = sorted(set(ids)), dict.fromkeys(ids, SHORT)
    for pair in pairwise(ordered):  # of all others a neighbour in this order begins with most of the same digits
        alike = next((at for at, (one, other) in enumerate(zip(*pair, strict=False)) if one != other), len(pair[0]))
        needed |= {each: max(needed[each], alike + 1) for each in pair}
    return [each[: needed[each]] for each in ids]


def nearness(proposal: Proposal) -> tuple[int, int]:
    """Return by what proposals are ordered: open ones nearest to execution, with most votes, first; closed ones last.

    Anyone with votes can bring hundreds: they come after those that have passed, or have more votes for them.
    """
    if proposal.state in OPEN_STATES:
        return -1 - OPEN_STATES.index(proposal.state), -proposal.votes_for
    return (0 if proposal.state == UNREADABLE else 1), 0


def read_state(snapshot: Snapshot, proposal: int) -> str | None:
    """Return the state of a proposal by name, or None where there is no such proposal."""
    try:
        return STATES[snapshot.read("HedgeGovernor", "state", proposal)]
    except ContractReverted as error:
        if error.error == "GovernorNonexistentProposal":
            return None
        raise


def require_governor(snapshot: Snapshot) -> None:
    """Check that the deployment's governor is one, of its timelock and votes: no code has no events, and no proposals.

    A deployment without a timelock has a governor that executes at once.

    Raises
    ------
    UnknownAddress
        It is not.
    """
    governor = snapshot.deployment.address("HedgeGovernor")
    wrong = UnknownAddress(governor, "the HedgeGovernor of this deployment's HedgeTimelock and HedgeVotes")
    found = [read_token(snapshot)]
    wanted = [snapshot.deployment.address("HedgeVotes")]
    if "HedgeTimelock" in snapshot.deployment.contracts:
        found.append(asked(snapshot, GOVERNOR, "timelock"))
        wanted.append(snapshot.deployment.address("HedgeTimelock"))
    if found != wanted:
        raise wrong


def list_proposals(snapshot: Snapshot) -> list[Proposal]:
    """Read every proposal since the deployment, oldest first; one that cannot be read stands among them, named.

    Of large ones the beginning of the words is kept and no call, see `LargeAction`: `named_proposal` reads one whole.

    Raises
    ------
    NodeUnreachable, MissingBlock
        It is the node that does not answer.
    """
    require_governor(snapshot)
    form = read_form(snapshot)
    every, found = read_brought(snapshot, form), list[Proposal]()
    for first in range(0, len(every), TOGETHER):
        part = every[first : first + TOGETHER]
        asked_for = [call for brought in part if not brought.trouble for call in _questions(snapshot, brought, form)]
        with snapshot.ahead(asked_for):
            found += [_readable(snapshot, brought, form) for brought in part]
    # A governor takes a proposal once: a node that tells of it again has not made another.
    seen = {proposal.id: at for at, proposal in reversed([*enumerate(found)]) if not proposal.trouble}
    return [proposal for at, proposal in enumerate(found) if seen.get(proposal.id, at) == at]


def _questions(snapshot: Snapshot, brought: Brought, form: Form) -> list[Call]:
    """Return what `_proposal` asks, to be asked together."""
    governor, number = snapshot.deployment.address(GOVERNOR), brought.number
    if form.bravo:
        of_bravo = [snapshot.call(BRAVO, *call, at=governor) for call in (("proposals", number), ("quorumVotes",))]
        return [snapshot.call(GOVERNOR, "state", number), *of_bravo]
    own = ("state", "proposalVotes", "proposalSnapshot", "proposalDeadline", "proposalEta")
    quorum = snapshot.call(GOVERNOR, "quorum", min(brought.begins, form.clock.reading - 1))
    return [*(snapshot.call(GOVERNOR, name, number) for name in own), quorum]


def _readable(snapshot: Snapshot, brought: Brought, form: Form) -> Proposal:
    """Read the state of one, or say why it cannot be read: anyone can bring one, and it must not hide the others."""
    trouble = brought.trouble
    if not trouble:
        try:
            return _proposal(snapshot, brought, form)
        except (NodeUnreachable, MissingBlock):
            raise
        except UNREADABLE_ERRORS as error:
            trouble = trouble_of(error)
    return Proposal(brought.number, UNREADABLE, NOBODY, brought.action, 0, 0, 0, 0, 0, 0, 0, trouble)


def require_digits(wanted: str) -> None:
    """Check that a text can name a proposal; an empty one would name whichever is alone.

    Raises
    ------
    UsageError
        It is no number.
    """
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) <= MOST_DIGITS):
        raise UsageError(
            f"{wanted[:MOST_DIGITS]!r} names no proposal: give its id, or the first digits that `alvh gov list` shows"
        )


def find_proposal(snapshot: Snapshot, proposal: int) -> Proposal:
    """Read one proposal whole, whatever else was brought.

    Raises
    ------
    RefusedAction
        The governor knows no such proposal.
    """
    require_governor(snapshot)
    found = _found(snapshot, proposal, read_form(snapshot))
    if found is None:
        raise RefusedAction(f"the governor has no proposal {proposal}: `alvh gov list` shows those it has")
    return found


def named_proposal(snapshot: Snapshot, wanted: str) -> Proposal:
    """Read one proposal whole by its id, or the first digits of it; a whole id needs no other's events.

    Raises
    ------
    UsageError
        It is no number; or none, or more than one, begins with it.
    """
    require_digits(wanted)
    require_governor(snapshot)
    form = read_form(snapshot)
    # Where they are counted, 1 begins 10 too.
    whole = _found(snapshot, int(wanted), form) if _is_there(snapshot, int(wanted)) else None
    if whole is not None:
        return whole
    begun = ids_that_begin(snapshot, wanted)
    found = _found(snapshot, begun[0], form) if len(begun) == 1 else None
    if found is None:
        raise UsageError(f"{len(begun)} proposals begin with {wanted}: `alvh gov list` shows them all")
    return found


def _is_there(snapshot: Snapshot, number: int) -> bool:
    try:
        return number < MOST_ID and read_state(snapshot, number) is not None
    except (ContractReverted, UnknownAddress, LookupError):
        return False  # other governors refuse in other words


def _found(snapshot: Snapshot, number: int, form: Form) -> Proposal | None:
    brought = find_brought(snapshot, number, form)
    return None if brought is None else _readable(snapshot, brought, form)


def _proposal(snapshot: Snapshot, brought: Brought, form: Form) -> Proposal:
    number = brought.number
    votes, begins, ends, eta = read_tally(snapshot, number, form)
    # The quorum is known once the vote has begun; before that we use the newest one.
    at = min(begins, form.clock.reading - 1)
    state = read_state(snapshot, number) or "unknown"
    expires_at = form.expiry(state, form.clock.seconds(ends), eta)
    return Proposal(
        id=number,
        state="expired" if expires_at and form.clock.now > expires_at else state,
        proposer=brought.proposer,
        action=brought.action,
        votes_against=votes[0],
        votes_for=votes[1],
        votes_abstain=votes[2],
        quorum=read_quorum(snapshot, at, form),
        vote_start=form.clock.seconds(begins),
        deadline=form.clock.seconds(ends),
        eta=eta,
        blocks=(begins, ends) if form.clock.counts_blocks else None,
        bravo=form.bravo,
        queues=form.queues,
        expires_at=expires_at,
    )


def require_step(proposal: Proposal, step: str) -> None:
    """Check that a proposal is where a step needs it: vote, queue, execute or cancel.

    Raises
    ------
    RefusedAction
        It is in another state; the message says which and when the next one comes.
    """
    wanted = STEP_STATES[step]
    if not proposal.queues and step == "queue":
        raise RefusedAction("cannot queue: this governor has no timelock, so what passed is executed at once")
    if not proposal.queues and step == "execute":
        wanted = ("succeeded",)
    if proposal.state not in wanted:
        ready = utc(proposal.eta) if proposal.eta else "a time that is not known yet"
        raise RefusedAction(
            f"cannot {step}: proposal {proposal.id} is {proposal.state}, not {' or '.join(wanted)} "
            f"({vote_words(proposal)}, executable from {ready})"
        )


def vote_words(proposal: Proposal) -> str:
    """Say from when to when its vote is; of a clock of blocks in blocks too, and of one that cannot be read nothing."""
    if proposal.trouble:
        return "when its vote is, is unknown"
    words = f"vote from {utc(proposal.vote_start)} to {utc(proposal.deadline)}"
    return words if proposal.blocks is None else f"{words}, estimated from the blocks {list(proposal.blocks)}"


def next_step_at(proposal: Proposal) -> int:
    """Return the unix time from which a waiting proposal can move: to its vote, past its vote, or out of the timelock.

    Raises
    ------
    RefusedAction
        It does not wait for time.
    """
    if proposal.blocks and proposal.state in ("pending", "active"):
        raise RefusedAction("it waits for blocks and not for time: mine them")
    moments = {"pending": proposal.vote_start + 1, "active": proposal.deadline + 1, "queued": proposal.eta}
    if proposal.state not in moments:
        raise RefusedAction(f"proposal {proposal.id} is {proposal.state}: it does not wait for time")
    return moments[proposal.state]


def rehearse_step(snapshot: Snapshot, sender: Sender, proposal: Proposal, step: str, support: str = "") -> None:
    """Rehearse a step: vote (with `support`), queue, execute or cancel, as its sender would send it at the block.

    Raises
    ------
    RefusedAction
        The proposal is in another state, or a vote would count nothing.
    ContractReverted
        The governor would refuse it.
    """
    require_step(proposal, step)
    if step != "vote":
        contract, at, arguments = step_call(snapshot, proposal)
        snapshot.rehearse(sender, contract, step, *arguments, at=at)
        return
    snapshot.rehearse(sender, "HedgeGovernor", "castVote", proposal.id, SUPPORT[support])
    begins = proposal.blocks[0] if proposal.blocks else proposal.vote_start
    votes = asked(snapshot, GOVERNOR, "getVotes", sender.address, begins)
    if votes == 0:
        raise RefusedAction(
            f"{sender.address} had no votes when the vote began ({utc(proposal.vote_start)}), so its vote would count "
            "nothing: vote as an account that had; `alvh gov delegate` gives votes for later proposals"
        )


def step_call(snapshot: Snapshot, proposal: Proposal) -> tuple[str, str, tuple[object, ...]]:
    """Return whose ABI, address and arguments queue, execute and cancel take: the content, or a Bravo's number."""
    at = snapshot.deployment.address("HedgeGovernor")
    return (BRAVO, at, (proposal.id,)) if proposal.bravo else ("HedgeGovernor", at, proposal.action.hashed())


def send_vote(snapshot: Snapshot, voter: Signer, proposal: Proposal, support: str) -> TxReceipt:
    """Cast a vote: for, against or abstain."""
    require_step(proposal, "vote")
    return snapshot.send(voter, "HedgeGovernor", "castVote", proposal.id, SUPPORT[support])


def send_queue(snapshot: Snapshot, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Put a proposal that has passed into the timelock; anyone may."""
    return _send_step(snapshot, sender, proposal, "queue")


def send_execute(snapshot: Snapshot, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Execute a queued proposal whose delay is over; anyone may."""
    return _send_step(snapshot, sender, proposal, "execute")


def send_cancel(snapshot: Snapshot, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Cancel a proposal: its proposer while it is pending, the guardian at any time before execution."""
    return _send_step(snapshot, sender, proposal, "cancel")


def _send_step(snapshot: Snapshot, sender: Signer, proposal: Proposal, step: str) -> TxReceipt:
    require_step(proposal, step)
    contract, at, arguments = step_call(snapshot, proposal)
    return snapshot.send(sender, contract, step, *arguments, at=at)


def cancel_call(snapshot: Snapshot, action: Action) -> Call:
    """Return the call by which the guardian Safe cancels a proposal."""
    return snapshot.call("HedgeGovernor", "cancel", *action.hashed())


def read_votes(snapshot: Snapshot, account: str) -> int:
    """Read how many votes, in units of 1e-18, an account can cast and propose with.

    Raises
    ------
    UnknownAddress
        The account is no address.
    """
    holder = checked_address(account)
    return int(snapshot.read("HedgeVotes", "getVotes", holder))


def read_tokens(snapshot: Snapshot, holder: str) -> int:
    """Read the tokens, in units of 1e-18, whose votes an account can delegate."""
    return int(snapshot.read("HedgeVotes", "balanceOf", holder))


def send_delegation(snapshot: Snapshot, holder: Signer, to: str) -> TxReceipt:
    """Let another account vote and propose with the holder's tokens."""
    return snapshot.send(holder, "HedgeVotes", "delegate", checked_address(to))
