"""Governors as others wrote them: which functions one has, and what its clock counts.

    address -> has it Bravo's functions? a timelock? -> clock in seconds, or in blocks and how long one is

OpenZeppelin's governors name a proposal by its content, or count. Compound's Bravo, and OpenZeppelin's 4.9 that is
compatible with it, keep its calls under a number. Where the clock counts blocks every time of a vote is an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from eth_utils import keccak

from bridge.chain.addresses import checked_address
from bridge.errors import ChainError, ContractReverted, NodeUnreachable, UnknownAddress
from bridge.foreign import raw_of
from bridge.snapshot import Snapshot

GOVERNOR: Final = "HedgeGovernor"
"""Whose ABI has the functions of every OpenZeppelin Governor; also the name of the governor in a deployment."""
BEFORE: Final = "governor"
"""Among a deployment's accounts: the governor of a DAO that was there before."""
BRAVO: Final = "IGovernorBravo"
SECONDS_MODE: Final = "mode=timestamp"
SAMPLES: Final = (1_000, 100, 10)
"""Blocks over which the pace of a clock is measured; the first of which the node still has the state."""
MOST_COUNTED: Final = 1 << 64
"""A number that a governor counted is below it; a hash is not."""
USUAL_SECONDS: Final = 12.0
"""Of a block, where nothing can be measured."""
NOT_THERE: Final = (ContractReverted, UnknownAddress)


@dataclass(frozen=True)
class Clock:
    """A governor's clock: what it reads now, unix seconds now, and seconds of a unit; 0 where it counts seconds."""

    reading: int
    now: int
    pace: float = 0.0

    @property
    def counts_blocks(self) -> bool:
        """Tell whether its times are blocks."""
        return self.pace > 0

    def seconds(self, point: int) -> int:
        """Return a time of the clock as unix seconds, an estimate where it counts blocks."""
        return self.now + round((point - self.reading) * self.pace) if self.counts_blocks else point


@dataclass(frozen=True)
class Form:
    """How a governor is read and called.

    Parameters
    ----------
    bravo
        It has the functions of Compound's Bravo: proposals have numbers, and steps take them.
    queues
        What passed waits in a timelock before it is executed.
    lives
        Seconds in which what passed is queued, and what is ready executed; 0 where there is no end.
    """

    clock: Clock
    bravo: bool
    queues: bool
    lives: tuple[int, int] = (0, 0)

    def expiry(self, state: str, ended: int, eta: int) -> int:
        """Return until when what passed can be queued, or what was queued executed; 0 where there is no end.

        OpenZeppelin's governor does not look: it says "succeeded" and "queued" for ever, and refuses the step.
        """
        begun, life = {"succeeded": (ended, self.lives[0]), "queued": (eta, self.lives[1])}.get(state, (0, 0))
        return begun + life if begun and life else 0

    @property
    def words(self) -> str:
        """Say which governor it is."""
        kind = "a governor with the functions of Compound's Bravo" if self.bravo else "an OpenZeppelin Governor"
        clock = (
            f"a clock of blocks of about {self.clock.pace:.3g} s" if self.clock.counts_blocks else "a clock of seconds"
        )
        return f"{kind}, {'a' if self.queues else 'no'} timelock, {clock}"


def asked(snapshot: Snapshot, contract: str, function: str, *arguments: Any, at: str | None = None) -> Any:
    """Return what a governor answers, None where it has no such function."""
    try:
        return snapshot.read(contract, function, *arguments, at=at or snapshot.deployment.address(GOVERNOR))
    except NOT_THERE:
        return None


def is_ours(snapshot: Snapshot) -> bool:
    """Tell whether the governor is a HedgeGovernor: of others nobody knows where they store what."""
    return asked(snapshot, GOVERNOR, "MAX_VOTE_EXTENSION") is not None


def read_form(snapshot: Snapshot) -> Form:
    """Look at the governor of a deployment."""
    bravo = asked(snapshot, BRAVO, "quorumVotes") is not None and asked(snapshot, BRAVO, "getActions", 0) is not None
    timelock = snapshot.deployment.contracts.get("HedgeTimelock")
    ends = (
        asked(snapshot, GOVERNOR, "QUEUE_LIFE"),
        timelock and asked(snapshot, "HedgeTimelock", "EXECUTION_LIFE", at=timelock),
    )
    return Form(read_clock(snapshot), bravo, timelock is not None, (int(ends[0] or 0), int(ends[1] or 0)))


def read_clock(snapshot: Snapshot) -> Clock:
    """Read what the clock of the deployment's governor counts; one that does not say counts blocks."""
    now, mode = snapshot.block.timestamp, asked(snapshot, GOVERNOR, "CLOCK_MODE")
    if mode == SECONDS_MODE:
        return Clock(now, now)
    reading = asked(snapshot, GOVERNOR, "clock")
    reads = reading is not None
    reading = int(reading) if reads else snapshot.block.number
    for blocks in SAMPLES:
        if blocks > snapshot.block.number:
            continue
        try:
            before = snapshot.chain.at(snapshot.block.number - blocks)
            then = Snapshot(snapshot.chain, snapshot.deployment, before)
            earlier = asked(then, GOVERNOR, "clock") if reads else before.number
        except NodeUnreachable:
            raise
        except ChainError:  # no state of that block
            continue
        if earlier is not None and reading > int(earlier) and now > before.timestamp:
            return Clock(reading, now, (now - before.timestamp) / (reading - int(earlier)))
    return Clock(reading, now, USUAL_SECONDS)


def read_token(snapshot: Snapshot) -> str | None:
    """Return the votes of the deployment's governor; None where it does not say."""
    found = asked(snapshot, GOVERNOR, "token")
    found = found if found is not None else asked(snapshot, BRAVO, "comp")
    return None if found is None else str(found)


def with_governor(snapshot: Snapshot, address: str | None) -> Snapshot:
    """Return the snapshot with another governor in the place of the deployment's, with its own timelock and votes.

    Without an address it is the one of the DAO that was there before, where a deployment has none of its own.

    Raises
    ------
    UnknownAddress
        No governor that is known is at the address.
    """
    own = GOVERNOR in snapshot.deployment.contracts
    address = snapshot.deployment.accounts.get(BEFORE) if address is None and not own else address
    if address is None:
        return snapshot
    at = checked_address(address)
    moved = _with(snapshot, {GOVERNOR: at})
    token, timelock = read_token(moved), asked(moved, GOVERNOR, "timelock")
    counted = asked(moved, GOVERNOR, "COUNTING_MODE") is not None or asked(moved, BRAVO, "quorumVotes") is not None
    if token is None or not counted:
        raise UnknownAddress(at, "an OpenZeppelin Governor or a Compound Bravo")
    return _with(moved, {"HedgeTimelock": None if timelock is None else str(timelock), "HedgeVotes": token})


def _with(snapshot: Snapshot, places: Mapping[str, str | None]) -> Snapshot:
    named: dict[str, str | None] = {**snapshot.deployment.contracts, **places}
    contracts = {name: at for name, at in named.items() if at is not None}
    return replace(snapshot, deployment=snapshot.deployment.model_copy(update={"contracts": contracts}))


def whole_calls(signatures: Sequence[str], calldatas: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return calldata with its selector: Bravo writes the function's signature beside it, where it is not empty.

    Raises
    ------
    ChainError
        They do not pair up.
    """
    if len(signatures) != len(calldatas):
        raise ChainError("it has not as many signatures as calls")
    pairs = zip(signatures, map(bytes, calldatas), strict=True)
    return tuple(keccak(raw_of(signature))[:4] + call if signature else call for signature, call in pairs)


def kept_calls(snapshot: Snapshot, number: int) -> tuple[tuple[str, ...], tuple[int, ...], tuple[bytes, ...]]:
    """Return the calls that a Bravo keeps of a proposal under its number; its words it keeps nowhere."""
    at = snapshot.deployment.address(GOVERNOR)
    targets, values, signatures, calldatas = snapshot.read(BRAVO, "getActions", number, at=at)
    return tuple(targets), tuple(values), whole_calls(signatures, calldatas)


def names_itself(snapshot: Snapshot, number: int, content: Sequence[Any]) -> bool:
    """Tell whether an OpenZeppelin governor that counts its proposals gives this number to a content."""
    return number < MOST_COUNTED and asked(snapshot, GOVERNOR, "getProposalId", *content) == number


def read_tally(snapshot: Snapshot, number: int, form: Form) -> tuple[Sequence[int], int, int, int]:
    """Read votes against, for and abstaining, beginning and end of a vote by the clock, and when it may run."""
    if form.bravo:
        at = snapshot.deployment.address(GOVERNOR)
        _, _, eta, begins, ends, votes_for, against, abstain, *_ = snapshot.read(BRAVO, "proposals", number, at=at)
        return (against, votes_for, abstain), int(begins), int(ends), int(eta)
    votes = snapshot.read(GOVERNOR, "proposalVotes", number)
    times = [int(snapshot.read(GOVERNOR, name, number)) for name in ("proposalSnapshot", "proposalDeadline")]
    return votes, times[0], times[1], int(asked(snapshot, GOVERNOR, "proposalEta", number) or 0)


def read_quorum(snapshot: Snapshot, at: int, form: Form) -> int:
    """Read the votes that a proposal needs, at a time of the clock."""
    if form.bravo:
        return int(snapshot.read(BRAVO, "quorumVotes", at=snapshot.deployment.address(GOVERNOR)))
    return int(snapshot.read(GOVERNOR, "quorum", at))
