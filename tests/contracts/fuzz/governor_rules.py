"""Holders, guardian and strangers propose, vote, lend, queue, execute, cancel, and try every door beside the vote."""

from __future__ import annotations

from typing import Any, ClassVar

from eth_utils import keccak
from governed import ANYBODY, GUARDIAN, HASH
from governing import SUCCEEDED, VOTE
from governor_model import (
    ACTIVE,
    EXTENSION,
    MOST_EXTENSION,
    QUEUE_LIFE,
    QUORUM,
    THRESHOLD,
    TIMELOCK_DELAY,
    VOTING_DELAY,
    VOTING_PERIOD,
    GovernorModel,
    Proposal,
    VotesModel,
    applied,
)
from hypothesis import strategies as st
from hypothesis.stateful import rule
from onchain import DAY, HOUR
from parameters_model import ADMIN, GUARDIANS, ParametersModel, across
from play import Play, mostly
from stage import Event, Stage, Target

HOLDERS = (
    "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
)  # fmt: skip
PEOPLE = (*HOLDERS, GUARDIAN, ANYBODY)
ANYONE = st.sampled_from([*HOLDERS * 3, GUARDIAN, ANYBODY])
WAITS = st.sampled_from([1, 12, HOUR, HOUR + 1, 6 * HOUR, DAY - 1, DAY, DAY + 1, 2 * DAY])
KINDS = mostly("an update", "a lie", "other code", "unpause", "guardian", "extension", "long extension")
MOVES = st.dictionaries(
    st.sampled_from([3, 11, 18]), st.sampled_from([-50, -10, 10, 20] * 5 + [-51, 0, 21]), min_size=1
)
WHICH = st.integers(0, 3)


class GovernorRules(Play):
    """The rules of a DAO whose parameters nobody else moves."""

    governor: ClassVar[Target]
    timelock: ClassVar[Target]
    votes: ClassVar[Target]
    guard: ClassVar[Target]
    parameters: ClassVar[Target]
    code_hash: ClassVar[bytes]
    model: ParametersModel
    shares: VotesModel
    dao: GovernorModel

    def __init__(self, stage: Stage) -> None:
        self.before: list[int] | None = None
        super().__init__(stage)

    def asked(self, kind: str, moves: dict[int, int], at: int) -> tuple[Any, list[tuple[Target, str, tuple[Any, ...]]]]:
        """Return what a proposal asks for, and its calls; an update ends with its guard."""
        if kind in ("unpause", "guardian"):
            arguments = () if kind == "unpause" else (PEOPLE[len(moves) + 1],)
            calls = {
                "unpause": (self.parameters, "unpause", ()),
                "guardian": (self.governor, "setProposalGuardian", arguments),
            }
            return (kind, arguments), [calls[kind]]
        if kind.endswith("extension"):
            seconds = MOST_EXTENSION + 1 if kind.startswith("long") else EXTENSION
            return ("extension", seconds), [(self.governor, "setLateQuorumVoteExtension", (seconds,))]
        keys = sorted(moves)
        current = self.model.ledger.current
        values = [max(current[key] + current[key] * moves[key] // 100, 0) for key in keys]
        update = (keys, values, at, at + 10 * DAY, HASH)
        promised = values[0] + (kind == "a lie")
        code = bytes(32) if kind == "other code" else self.code_hash
        query = bytes.fromhex(self.parameters.encode("value", (keys[0],))[2:])
        expected = (self.parameters.address, code, [query], keccak(keccak(promised.to_bytes(32, "big"))))
        calls = [(self.parameters, "applyUpdate", (update,)), (self.guard, "requireState", ([expected],))]
        return (kind, update), calls

    @rule(actor=ANYONE, kind=KINDS, moves=MOVES, bound=mostly("", "own", "other"), gap=WAITS)
    def propose(self, actor: str, kind: str, moves: dict[int, int], bound: str, gap: int) -> None:
        at = self.stage.now + gap
        asks, calls = self.asked(kind, moves, at)
        others = {"own": actor, "other": PEOPLE[PEOPLE.index(actor) - 1]}
        text = kind + (f"\n#proposer={others[bound]}" if bound else "")
        call = (
            [target.address for target, *_ in calls], [0] * len(calls),
            [bytes.fromhex(target.encode(name, arguments)[2:]) for target, name, arguments in calls],
        )  # fmt: skip
        refusals = {"GovernorRestrictedProposer"} if bound == "other" else set()
        if not refusals and self.shares.at(actor.lower(), at - 1) < THRESHOLD:
            refusals = {"GovernorInsufficientProposerVotes"}
        hashed = (*call, keccak(text=text))
        (number,) = self.stage.read([(self.governor, "getProposalId", hashed)])
        if not refusals and any(proposal.number == number for proposal in self.dao.proposals):
            refusals = {"GovernorUnexpectedProposalState"}
        opens, closes = at + VOTING_DELAY, at + VOTING_DELAY + VOTING_PERIOD
        said = {
            "proposalId": number, "proposer": actor.lower(), "targets": tuple(target.lower() for target in call[0]),
            "values": tuple(call[1]), "signatures": ("",) * len(calls), "calldatas": tuple(call[2]), "voteStart": opens,
            "voteEnd": closes, "description": text,
        }  # fmt: skip
        if not refusals:
            self.dao.proposals.append(Proposal(number, hashed, actor.lower(), opens, closes, asks))
        events = {self.governor: [("ProposalCreated", said)]}
        self.act(actor, self.governor, "propose", *call, text, gap=gap, refusals=refusals, events=events)

    def pick(self, which: int) -> Proposal | None:
        """Return one of the newest proposals."""
        return self.dao.proposals[-1 - which % len(self.dao.proposals)] if self.dao.proposals else None

    @rule(actor=ANYONE, which=WHICH, support=mostly(1, 0, 2, 3), gap=WAITS)
    def cast(self, actor: str, which: int, support: int, gap: int) -> None:
        proposal, at = self.pick(which), self.stage.now + gap
        if proposal:
            self.vote(actor, proposal, support, at)

    def vote(self, actor: str, proposal: Proposal, support: int, at: int) -> None:
        """Vote; a quorum that comes late extends the vote once."""
        weight, voter = self.shares.at(actor.lower(), proposal.opens), actor.lower()
        refusals = set() if proposal.state(at) == ACTIVE else {"GovernorUnexpectedProposalState"}
        refusals = refusals or ({"GovernorAlreadyCastVote"} if voter in proposal.voters else set())
        refusals = refusals or ({"GovernorInvalidVoteType"} if support > 2 else set())
        said = {"voter": voter, "proposalId": proposal.number, "support": support, "weight": weight, "reason": ""}
        events: list[Event] = [("VoteCast", said)]
        before = proposal.tally[1] + proposal.tally[2]
        reaches = before < QUORUM <= before + weight * (support in (1, 2))
        if reaches and at + EXTENSION > proposal.closes:
            events.append(("ProposalExtended", {"proposalId": proposal.number, "extendedDeadline": at + EXTENSION}))
        arguments = (proposal.number, support)
        gap = at - self.stage.now
        self.act(
            actor, self.governor, "castVote", *arguments, gap=gap, refusals=refusals, events={self.governor: events}
        )

    @rule(actor=ANYONE, which=WHICH, gap=WAITS)
    def queue(self, actor: str, which: int, gap: int) -> None:
        proposal, at = self.pick(which), self.stage.now + gap
        if not proposal:
            return
        refusals = set() if proposal.state(at) == SUCCEEDED else {"GovernorUnexpectedProposalState"}
        if not refusals and at > max(proposal.closes, proposal.extended) + QUEUE_LIFE:
            refusals = {"QueuedTooLate"}
        said = {"proposalId": proposal.number, "etaSeconds": at + TIMELOCK_DELAY}
        events = {self.governor: [("ProposalQueued", said)]}
        self.act(actor, self.governor, "queue", *proposal.call, gap=gap, refusals=refusals, events=events)

    @rule(actor=ANYONE, which=WHICH, gap=WAITS)
    def execute(self, actor: str, which: int, gap: int) -> None:
        proposal, at = self.pick(which), self.stage.now + gap
        if not proposal:
            return
        refusals = self.dao.judge_execution(proposal, at)
        kind, asked = proposal.asks
        ours: list[Event] = [("ProposalExecuted", {"proposalId": proposal.number})]
        theirs: list[Event] = []
        if kind == "unpause":
            theirs = [("Unpaused", {"account": self.timelock.address.lower()})]
        elif kind == "guardian":
            guardians = {"oldProposalGuardian": self.dao.guardian, "newProposalGuardian": asked[0].lower()}
            ours.insert(0, ("ProposalGuardianSet", guardians))
        elif kind == "extension":
            extensions = {"oldVoteExtension": EXTENSION, "newVoteExtension": asked}
            ours.insert(0, ("LateQuorumVoteExtensionSet", extensions))
        else:
            theirs = [applied(asked, self.model.version + 1)]
        events = {self.governor: ours, self.parameters: theirs}
        self.act(actor, self.governor, "execute", *proposal.call, gap=gap, refusals=refusals, events=events)

    @rule(actor=ANYONE, which=WHICH, gap=WAITS)
    def cancel(self, actor: str, which: int, gap: int) -> None:
        proposal, at = self.pick(which), self.stage.now + gap
        if proposal:
            refusals = self.dao.judge_cancel(proposal, actor, at)
            events = {self.governor: [("ProposalCanceled", {"proposalId": proposal.number})]}
            self.act(actor, self.governor, "cancel", *proposal.call, gap=gap, refusals=refusals, events=events)

    @rule(which=WHICH, late=st.sampled_from([0, 0, 1, 60]), early=st.sampled_from([0, 0, 0, 1]))
    def carry_through(self, which: int, late: int, early: int) -> None:
        """Carry a proposal to its end as its friends would: vote (early or in the last second), queue, execute."""
        proposal = self.pick(which)
        if proposal and self.stage.now < proposal.opens:
            first = max(proposal.closes - late, self.stage.now + 1) if late else proposal.opens + 1
            for number, voter in enumerate(HOLDERS[:2]):
                self.vote(voter, proposal, 1, first + number)
            self.queue(HOLDERS[2], which, max(proposal.closes, proposal.extended) + 1 - self.stage.now)
            self.execute(ANYBODY, which, max(proposal.eta - early - self.stage.now, 1))

    @rule(kind=KINDS, moves=MOVES, late=st.sampled_from([0, 0, 1, 60]), early=st.sampled_from([0, 0, 0, 1]))
    def campaign(self, kind: str, moves: dict[int, int], late: int, early: int) -> None:
        """Propose and carry it through at once."""
        self.propose(HOLDERS[0], kind, moves, "", 1)
        self.carry_through(0, late, early)

    @rule(actor=ANYONE, to=st.sampled_from(PEOPLE), share=mostly(2, 0, 1, 3), gap=WAITS)
    def transfer(self, actor: str, to: str, share: int, gap: int) -> None:
        balance = self.shares.balances.get(actor.lower(), 0)
        amount = [0, balance // 2, balance // 10, balance + 1][share]
        refusals = {"ERC20InsufficientBalance"} if amount > balance else set()
        outcome = self.act(actor, self.votes, "transfer", to, amount, gap=gap, refusals=refusals)
        if not refusals:
            self.shares.move(actor.lower(), to.lower(), amount, outcome.at)

    @rule(actor=ANYONE, to=st.sampled_from(PEOPLE), gap=WAITS)
    def delegate(self, actor: str, to: str, gap: int) -> None:
        outcome = self.act(actor, self.votes, "delegate", to, gap=gap, refusals=())
        self.shares.delegates[actor.lower()] = to.lower()
        self.shares.note(outcome.at)

    @rule(actor=ANYONE, gap=WAITS)
    def pause(self, actor: str, gap: int) -> None:
        refusals = set() if self.model.may(actor, GUARDIANS) else {"AccessControlUnauthorizedAccount"}
        refusals = refusals or ({"EnforcedPause"} if self.model.is_paused else set())
        events = {self.parameters: [("Paused", {"account": actor.lower()})]}
        self.act(actor, self.parameters, "pause", gap=gap, refusals=refusals, events=events)

    @rule(actor=ANYONE, door=st.integers(0, 17), gap=WAITS)
    def meddle(self, actor: str, door: int, gap: int) -> None:
        """Try a door beside the vote; every one is shut."""
        call, batch = (actor, 0, b"", bytes(32), bytes(32)), ([actor], [0], [b""], bytes(32), bytes(32))
        now = self.stage.now
        doors: list[tuple[Target, str, tuple[Any, ...], str]] = [
            (self.governor, "setVotingDelay", (0,), "GovernorOnlyExecutor"),
            (self.governor, "setVotingPeriod", (1,), "GovernorOnlyExecutor"),
            (self.governor, "setProposalThreshold", (0,), "GovernorOnlyExecutor"),
            (self.governor, "updateQuorumNumerator", (1,), "GovernorOnlyExecutor"),
            (self.governor, "setLateQuorumVoteExtension", (1,), "GovernorOnlyExecutor"),
            (self.governor, "setProposalGuardian", (actor,), "GovernorOnlyExecutor"),
            (self.governor, "updateTimelock", (actor,), "GovernorOnlyExecutor"),
            (self.governor, "relay", (actor, 0, b""), "GovernorOnlyExecutor"),
            (self.timelock, "schedule", (*call, 2 * DAY), "AccessControlUnauthorizedAccount"),
            (self.timelock, "scheduleBatch", (*batch, 2 * DAY), "AccessControlUnauthorizedAccount"),
            (self.timelock, "execute", call, "AccessControlUnauthorizedAccount"),
            (self.timelock, "executeBatch", batch, "AccessControlUnauthorizedAccount"),
            (self.timelock, "cancel", (bytes(32),), "AccessControlUnauthorizedAccount"),
            (self.timelock, "grantRole", (ADMIN, actor), "AccessControlUnauthorizedAccount"),
            (self.timelock, "updateDelay", (0,), "TimelockUnauthorizedCaller"),
            (
                self.parameters,
                "applyUpdate",
                (([1], [1100], now, now + DAY, HASH),),
                "AccessControlUnauthorizedAccount",
            ),
            (self.parameters, "grantRole", (ADMIN, actor), "AccessControlUnauthorizedAccount"),
            (self.votes, "transferFrom", (self.timelock.address, actor, VOTE), "ERC20InsufficientAllowance"),
        ]
        target, function, arguments, name = doors[door]
        self.act(actor, target, function, *arguments, gap=gap, refusals={name})

    def inspect(self, actor: str, function: str) -> None:
        """Hold every proposal and the parameters against the events; only an execution moves a value."""
        names = ("values", "version", "paused")
        values, version, is_paused = self.stage.read([(self.parameters, name, ()) for name in names])
        assert (list(values), version, is_paused) == (
            self.model.ledger.current, self.model.version, self.model.is_paused,
        )  # fmt: skip
        assert not across(list(values))
        assert function == "execute" or self.before in (None, list(values)), f"{function} moved a value"
        self.before = list(values)
        found = self.stage.read([(self.governor, "state", (proposal.number,)) for proposal in self.dao.proposals])
        assert found == [proposal.state(self.stage.now) for proposal in self.dao.proposals]

    def audit(self) -> None:
        """Read every tally, deadline and vote."""
        proposals = self.dao.proposals
        tallies = self.stage.read([(self.governor, "proposalVotes", (proposal.number,)) for proposal in proposals])
        assert [list(tally) for tally in tallies] == [proposal.tally for proposal in proposals]
        deadlines = self.stage.read([(self.governor, "proposalDeadline", (proposal.number,)) for proposal in proposals])
        assert deadlines == [max(proposal.closes, proposal.extended) for proposal in proposals]
        people = [person.lower() for person in PEOPLE]
        views = ("balanceOf", "getVotes")
        held = self.stage.read([(self.votes, view, (person,)) for person in PEOPLE for view in views])
        now = self.stage.now
        assert held[::2] == [self.shares.balances.get(person, 0) for person in people]
        assert held[1::2] == [self.shares.at(person, now) for person in people]
        assert sum(held[::2]) == 1000 * VOTE
        (guardian,) = self.stage.read([(self.governor, "proposalGuardian", ())])
        assert guardian == self.dao.guardian
