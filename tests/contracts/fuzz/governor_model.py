"""What the DAO must do: votes by time, proposals by their life, and what an execution may change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from governed import GUARDIAN, Update
from governing import CANCELED, DEFEATED, EXECUTED, QUEUED, SUCCEEDED, VOTE, Call
from onchain import DAY, HOUR
from parameters_model import DAO, ParametersModel
from stage import Event

VOTING_DELAY, VOTING_PERIOD, TIMELOCK_DELAY, EXTENSION, MOST_EXTENSION = HOUR, DAY, 2 * DAY, 6 * HOUR, 7 * DAY
THRESHOLD, QUORUM = 10 * VOTE, 100 * VOTE
EXECUTION_LIFE, QUEUE_LIFE = 14 * DAY, 14 * DAY
PENDING, ACTIVE = 0, 1


@dataclass
class Proposal:
    """One proposal; times are unix seconds, `tally` is against, for, abstain."""

    number: int
    call: Call
    proposer: str
    opens: int
    closes: int
    asks: tuple[Any, ...]
    tally: list[int] = field(default_factory=lambda: [0, 0, 0])
    voters: set[str] = field(default_factory=set)
    extended: int = 0
    eta: int = 0
    end: int | None = None

    def state(self, at: int) -> int:
        """Return its state at a time."""
        if self.end is not None:
            return self.end
        if at <= self.opens:
            return PENDING
        if at <= max(self.closes, self.extended):
            return ACTIVE
        against, in_favour, abstained = self.tally
        if in_favour + abstained < QUORUM or in_favour <= against:
            return DEFEATED
        return QUEUED if self.eta else SUCCEEDED


class VotesModel:
    """Balances and delegates, and the votes that every account had at any time."""

    def __init__(self, balances: dict[str, int], at: int) -> None:
        self.balances, self.delegates = dict(balances), {holder: holder for holder in balances}
        self.past: list[tuple[int, dict[str, int]]] = []
        self.note(at)

    def note(self, at: int) -> None:
        """Remember the votes as they are from a time on."""
        votes: dict[str, int] = {}
        for holder, balance in self.balances.items():
            if holder in self.delegates:
                votes[self.delegates[holder]] = votes.get(self.delegates[holder], 0) + balance
        self.past.append((at, votes))

    def at(self, account: str, time: int) -> int:
        """Return the votes of an account at a time."""
        return next((votes.get(account, 0) for since, votes in reversed(self.past) if since <= time), 0)

    def move(self, sender: str, to: str, amount: int, at: int) -> None:
        """Move tokens."""
        self.balances[sender] = self.balances.get(sender, 0) - amount
        self.balances[to] = self.balances.get(to, 0) + amount
        self.note(at)


class GovernorModel:
    """Proposals by their number, as the governor's events tell them."""

    def __init__(self, parameters: ParametersModel, votes: VotesModel) -> None:
        self.parameters, self.votes = parameters, votes
        self.guardian = GUARDIAN.lower()
        self.proposals: list[Proposal] = []

    def find(self, number: int) -> Proposal:
        """Return a proposal."""
        return next(proposal for proposal in self.proposals if proposal.number == number)

    def judge_cancel(self, proposal: Proposal, actor: str, at: int) -> set[str]:
        """Judge a cancellation: the guardian's until the end, the proposer's before the vote opens."""
        own = proposal.state(at) == PENDING and actor.lower() == proposal.proposer
        if actor.lower() != self.guardian and not own:
            return {"GovernorUnableToCancel"}
        return {"GovernorUnexpectedProposalState"} if proposal.state(at) in (CANCELED, EXECUTED) else set()

    def judge_execution(self, proposal: Proposal, at: int) -> set[str]:
        """Judge an execution: the life of the proposal, the delay, then what its calls would break."""
        if proposal.state(at) != QUEUED:
            return {"GovernorUnexpectedProposalState"}
        if at < proposal.eta:
            return {"TimelockUnexpectedOperationState"}
        if at > proposal.eta + EXECUTION_LIFE:
            return {"OperationLapsed"}
        kind, asked = proposal.asks
        if kind == "unpause":
            return set() if self.parameters.is_paused else {"ExpectedPause"}
        if kind == "extension":
            return {"VoteExtensionTooLong"} if asked > MOST_EXTENSION else set()
        if kind == "guardian":
            return set()
        broken = {"a lie": {"StateDiffers"}, "other code": {"CodeDiffers"}}.get(kind, set())
        return self.parameters.judge(asked, DAO, at, at) or broken

    def see(self, event: Event, at: int) -> None:
        """Follow one event."""
        name, said = event
        if name == "ProposalGuardianSet":
            self.guardian = said["newProposalGuardian"]
        elif name in ("VoteCast", "ProposalExtended", "ProposalQueued", "ProposalCanceled", "ProposalExecuted"):
            self._follow(self.find(said["proposalId"]), name, said)

    def _follow(self, proposal: Proposal, name: str, said: dict[str, Any]) -> None:
        if name == "VoteCast":
            proposal.tally[said["support"]] += said["weight"]
            proposal.voters.add(said["voter"])
        elif name == "ProposalExtended":
            proposal.extended = said["extendedDeadline"]
        elif name == "ProposalQueued":
            proposal.eta = said["etaSeconds"]
        else:
            proposal.end = CANCELED if name == "ProposalCanceled" else EXECUTED


def applied(update: Update, version: int) -> Event:
    """Return the event of a vote that takes effect."""
    return "UpdateApplied", {
        "version": version, "source": DAO, "inputsHash": update[4], "changedKeys": tuple(update[0]),
        "newValues": tuple(update[1]), "observedAt": update[2],
    }  # fmt: skip
