"""The governor: list, show, vote, queue, execute and cancel proposals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_typing import HexStr
from eth_utils import is_address, keccak, to_checksum_address
from web3.types import TxReceipt

from bridge.chain.node import BlockRef, Chain
from bridge.chain.signers import Signer
from bridge.deployment import Deployment
from bridge.errors import ContractReverted, RefusedAction, UnknownAddress

STATES = ("pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed")
SUPPORT = {"against": 0, "for": 1, "abstain": 2}
OPEN_STATES = ("pending", "active", "succeeded", "queued")
STEP_STATES = {"vote": ("active",), "queue": ("succeeded",), "execute": ("queued",), "cancel": OPEN_STATES}


@dataclass(frozen=True)
class Action:
    """The calls of a proposal and its description: together they are its identity."""

    targets: tuple[str, ...]
    values: tuple[int, ...]
    calldatas: tuple[bytes, ...]
    description: str

    def hashed(self) -> tuple[tuple[str, ...], tuple[int, ...], tuple[bytes, ...], bytes]:
        """Return the arguments that queue, execute and cancel take."""
        return self.targets, self.values, self.calldatas, keccak(text=self.description)


@dataclass(frozen=True)
class Proposal:
    """A proposal as it stands at a block; votes in units of 1e18, times in unix seconds."""

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


def _governor(chain: Chain, deployment: Deployment, function: str, *arguments: Any, block: BlockRef) -> Any:
    return chain.read("HedgeGovernor", deployment.address("HedgeGovernor"), function, *arguments, block=block)


def proposal_id(chain: Chain, deployment: Deployment, action: Action, block: BlockRef) -> int:
    """Return the id that the governor gives these calls with this description; it needs no proposal to exist."""
    return int(_governor(chain, deployment, "getProposalId", *action.hashed(), block=block))


def read_state(chain: Chain, deployment: Deployment, proposal: int, block: BlockRef) -> str | None:
    """Return the state of a proposal by name, or None where there is no such proposal."""
    try:
        return STATES[_governor(chain, deployment, "state", proposal, block=block)]
    except ContractReverted as error:
        if error.error == "GovernorNonexistentProposal":
            return None
        raise


def list_proposals(chain: Chain, deployment: Deployment, block: BlockRef) -> list[Proposal]:
    """Read every proposal since the deployment, oldest first."""
    address = deployment.address("HedgeGovernor")
    created = chain.logs("HedgeGovernor", address, "ProposalCreated", deployment.deployed_at, block)
    return [_proposal(chain, deployment, entry["args"], block) for entry in created]


def find_proposal(chain: Chain, deployment: Deployment, proposal: int, block: BlockRef) -> Proposal:
    """Read one proposal.

    Raises
    ------
    RefusedAction
        The governor knows no such proposal.
    """
    for found in list_proposals(chain, deployment, block):
        if found.id == proposal:
            return found
    raise RefusedAction(f"the governor has no proposal {proposal}: `alvh gov list` shows those it has")


def _proposal(chain: Chain, deployment: Deployment, created: Any, block: BlockRef) -> Proposal:
    number = int(created["proposalId"])
    against, support, abstain = _governor(chain, deployment, "proposalVotes", number, block=block)
    snapshot = int(_governor(chain, deployment, "proposalSnapshot", number, block=block))
    # The quorum is known once the snapshot has passed; before that the newest one stands in for it.
    at = min(snapshot, block.timestamp - 1)
    action = Action(
        tuple(created["targets"]),
        tuple(created["values"]),
        tuple(bytes(x) for x in created["calldatas"]),
        created["description"],
    )
    return Proposal(
        id=number,
        state=read_state(chain, deployment, number, block) or "unknown",
        proposer=created["proposer"],
        action=action,
        votes_against=against,
        votes_for=support,
        votes_abstain=abstain,
        quorum=int(_governor(chain, deployment, "quorum", at, block=block)),
        vote_start=snapshot,
        deadline=int(_governor(chain, deployment, "proposalDeadline", number, block=block)),
        eta=int(_governor(chain, deployment, "proposalEta", number, block=block)),
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


def send_vote(chain: Chain, deployment: Deployment, voter: Signer, proposal: Proposal, support: str) -> TxReceipt:
    """Cast a vote: for, against or abstain."""
    require_step(proposal, "vote")
    return _send(chain, deployment, voter, "castVote", proposal.id, SUPPORT[support])


def send_queue(chain: Chain, deployment: Deployment, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Put a proposal that has passed into the timelock; anyone may."""
    require_step(proposal, "queue")
    return _send(chain, deployment, sender, "queue", *proposal.action.hashed())


def send_execute(chain: Chain, deployment: Deployment, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Execute a queued proposal whose delay is over; anyone may."""
    require_step(proposal, "execute")
    return _send(chain, deployment, sender, "execute", *proposal.action.hashed())


def send_cancel(chain: Chain, deployment: Deployment, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Cancel a proposal: its proposer while it is pending, the guardian at any time before execution."""
    require_step(proposal, "cancel")
    return _send(chain, deployment, sender, "cancel", *proposal.action.hashed())


def encode_cancel(chain: Chain, deployment: Deployment, action: Action) -> HexStr:
    """Encode the cancellation for the guardian Safe to send."""
    governor = chain.contract("HedgeGovernor", deployment.address("HedgeGovernor"))
    return HexStr(governor.encode_abi("cancel", args=list(action.hashed())))


def read_votes(chain: Chain, deployment: Deployment, account: str, block: BlockRef) -> int:
    """Read how many votes, in units of 1e-18, an account can cast and propose with.

    Raises
    ------
    UnknownAddress
        The account is no address.
    """
    holder = _checked(account)
    return int(chain.read("HedgeVotes", deployment.address("HedgeVotes"), "getVotes", holder, block=block))


def send_delegation(chain: Chain, deployment: Deployment, holder: Signer, to: str) -> TxReceipt:
    """Let another account vote and propose with the holder's tokens."""
    return chain.send(holder, "HedgeVotes", deployment.address("HedgeVotes"), "delegate", _checked(to))


def _checked(account: str) -> str:
    if not is_address(account):
        raise UnknownAddress(account, "an address (0x and 40 hex digits)")
    return str(to_checksum_address(account))


def _send(chain: Chain, deployment: Deployment, sender: Signer, function: str, *arguments: Any) -> TxReceipt:
    return chain.send(sender, "HedgeGovernor", deployment.address("HedgeGovernor"), function, *arguments)
