"""The governor: list, show, vote, queue, execute and cancel proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from eth_abi import encode
from eth_utils import keccak

from bridge.chain.addresses import checked_address
from bridge.errors import (
    BridgeError,
    ChainError,
    ContractReverted,
    MissingBlock,
    NodeUnreachable,
    RefusedAction,
    UnknownAddress,
    UsageError,
)
from bridge.foreign import foreign, raw_of, title_of
from bridge.snapshot import Call, Snapshot
from bridge.units import utc

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.chain.codec import LogEntry
    from bridge.chain.signers import Sender, Signer

STATES = ("pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed")
UNREADABLE = "unreadable"
SHORT = 10  # digits of an id
NOBODY = "0x" + "00" * 20
SUPPORT = {"against": 0, "for": 1, "abstain": 2}
OPEN_STATES = ("pending", "active", "succeeded", "queued")
STEP_STATES = {"vote": ("active",), "queue": ("succeeded",), "execute": ("queued",), "cancel": OPEN_STATES}


@dataclass(frozen=True)
class Action:
    """The calls of a proposal and its description: together they are its identity.

    A description that came from the chain keeps its bytes (`bridge.foreign.raw_of`): its hash is of those.
    """

    targets: tuple[str, ...]
    values: tuple[int, ...]
    calldatas: tuple[bytes, ...]
    description: str

    @property
    def description_hash(self) -> bytes:
        """Return the hash of the description's own bytes."""
        return keccak(raw_of(self.description))

    def hashed(self) -> tuple[tuple[str, ...], tuple[int, ...], tuple[bytes, ...], bytes]:
        """Return the arguments that queue, execute and cancel take."""
        return self.targets, self.values, self.calldatas, self.description_hash


@dataclass(frozen=True)
class Proposal:
    """The state of a proposal at a block; votes in units of 1e18, times in unix seconds.

    `trouble` says why it cannot be read, empty where it can: its state is then "unreadable", and its numbers are 0.
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


def proposal_id(
    targets: Sequence[str], values: Sequence[int], calldatas: Sequence[bytes], description_hash: bytes
) -> int:
    """Return the id that an OpenZeppelin Governor gives these calls with this description: no node is asked."""
    content = (targets, values, calldatas, description_hash)
    return int.from_bytes(keccak(encode(("address[]", "uint256[]", "bytes[]", "bytes32"), content)))


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

    Raises
    ------
    UnknownAddress
        It is not.
    """
    governor = snapshot.deployment.address("HedgeGovernor")
    wrong = UnknownAddress(governor, "the HedgeGovernor of this deployment's HedgeTimelock and HedgeVotes")
    try:
        found = [snapshot.read("HedgeGovernor", name) for name in ("timelock", "token")]
    except (UnknownAddress, ContractReverted):
        raise wrong from None
    if found != [snapshot.deployment.address(name) for name in ("HedgeTimelock", "HedgeVotes")]:
        raise wrong


def list_proposals(snapshot: Snapshot) -> list[Proposal]:
    """Read every proposal since the deployment, oldest first; one that cannot be read stands among them, named.

    Raises
    ------
    NodeUnreachable, MissingBlock
        It is the node that does not answer.
    """
    require_governor(snapshot)
    created = snapshot.entries("HedgeGovernor", "ProposalCreated")
    return [_readable(snapshot, entry) for entry in created]


def _readable(snapshot: Snapshot, entry: LogEntry) -> Proposal:
    """Read one proposal, or say why it cannot be read: anyone can bring one, and it must not hide the others."""
    number, action = 0, Action((), (), (), "")
    try:
        created = entry.decoded()["args"]
        number = int(created["proposalId"])
        calldatas = tuple(bytes(call) for call in created["calldatas"])
        action = Action(tuple(created["targets"]), tuple(created["values"]), calldatas, created["description"])
        if not len(action.targets) == len(action.values) == len(calldatas):
            raise ChainError("it has not as many targets as values and calls")
        if proposal_id(*action.hashed()) != number:
            raise ChainError("its id is not that of its calls and words: ask another node what it is")
        return _proposal(snapshot, number, str(created["proposer"]), action)
    except (NodeUnreachable, MissingBlock):
        raise
    except (BridgeError, ValueError, TypeError, LookupError, OverflowError) as error:
        trouble = foreign(f"cannot be read: {error or type(error).__name__}")
        return Proposal(number, UNREADABLE, NOBODY, action, 0, 0, 0, 0, 0, 0, 0, trouble)


def require_digits(wanted: str) -> None:
    """Check that a text can name a proposal; an empty one would name whichever is alone.

    Raises
    ------
    UsageError
        It is no number.
    """
    if not (wanted.isascii() and wanted.isdecimal()):
        raise UsageError(
            f"{wanted!r} names no proposal: give the first digits of its id, as `alvh gov list` shows them"
        )


def find_proposal(snapshot: Snapshot, proposal: int) -> Proposal:
    """Read one proposal.

    Raises
    ------
    RefusedAction
        The governor knows no such proposal.
    """
    for found in list_proposals(snapshot):
        if found.id == proposal:
            return found
    raise RefusedAction(f"the governor has no proposal {proposal}: `alvh gov list` shows those it has")


def _proposal(snapshot: Snapshot, number: int, proposer: str, action: Action) -> Proposal:
    against, support, abstain = snapshot.read("HedgeGovernor", "proposalVotes", number)
    voted_at = int(snapshot.read("HedgeGovernor", "proposalSnapshot", number))
    # The quorum is known once the vote has begun; before that we use the newest one.
    at = min(voted_at, snapshot.block.timestamp - 1)
    return Proposal(
        id=number,
        state=read_state(snapshot, number) or "unknown",
        proposer=proposer,
        action=action,
        votes_against=against,
        votes_for=support,
        votes_abstain=abstain,
        quorum=int(snapshot.read("HedgeGovernor", "quorum", at)),
        vote_start=voted_at,
        deadline=int(snapshot.read("HedgeGovernor", "proposalDeadline", number)),
        eta=int(snapshot.read("HedgeGovernor", "proposalEta", number)),
    )


def require_step(proposal: Proposal, step: str) -> None:
    """Check that a proposal is where a step needs it: vote, queue, execute or cancel.

    Raises
    ------
    RefusedAction
        It is in another state; the message says which and when the next one comes.
    """
    wanted = STEP_STATES[step]
    if proposal.state not in wanted:
        raise RefusedAction(
            f"cannot {step}: proposal {proposal.id} is {proposal.state}, not {' or '.join(wanted)} "
            f"(vote from {proposal.vote_start} to {proposal.deadline}, executable from {proposal.eta or 'unknown'})"
        )


def next_step_at(proposal: Proposal) -> int:
    """Return the unix time from which a waiting proposal can move: to its vote, past its vote, or out of the timelock.

    Raises
    ------
    RefusedAction
        It does not wait for time.
    """
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
        snapshot.rehearse(sender, "HedgeGovernor", step, *proposal.action.hashed())
        return
    snapshot.rehearse(sender, "HedgeGovernor", "castVote", proposal.id, SUPPORT[support])
    if not snapshot.read("HedgeGovernor", "getVotes", sender.address, proposal.vote_start):
        raise RefusedAction(
            f"{sender.address} had no votes when the vote began ({utc(proposal.vote_start)}), so its vote would count "
            "nothing: vote as an account that had; `alvh gov delegate` gives votes for later proposals"
        )


def send_vote(snapshot: Snapshot, voter: Signer, proposal: Proposal, support: str) -> TxReceipt:
    """Cast a vote: for, against or abstain."""
    require_step(proposal, "vote")
    return snapshot.send(voter, "HedgeGovernor", "castVote", proposal.id, SUPPORT[support])


def send_queue(snapshot: Snapshot, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Put a proposal that has passed into the timelock; anyone may."""
    require_step(proposal, "queue")
    return snapshot.send(sender, "HedgeGovernor", "queue", *proposal.action.hashed())


def send_execute(snapshot: Snapshot, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Execute a queued proposal whose delay is over; anyone may."""
    require_step(proposal, "execute")
    return snapshot.send(sender, "HedgeGovernor", "execute", *proposal.action.hashed())


def send_cancel(snapshot: Snapshot, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Cancel a proposal: its proposer while it is pending, the guardian at any time before execution."""
    require_step(proposal, "cancel")
    return snapshot.send(sender, "HedgeGovernor", "cancel", *proposal.action.hashed())


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
