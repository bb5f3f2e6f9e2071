"""What was brought to a governor: its events read page by page, of each no more kept than a list shows.

    page of events -> is the id that of the content? -> small: keep it; large: its size, title and hash
    a whole id -> when does its vote begin? -> the block that it was brought in -> its event alone, whole

Whoever has the votes to propose can write megabytes into a proposal: they must neither fill the memory nor stand
before the one proposal that the guardian wants to cancel.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from eth_abi import encode
from eth_utils import keccak

from bridge.errors import BridgeError, ChainError, MissingBlock, NodeUnreachable, RefusedAction
from bridge.foreign import foreign, raw_of
from bridge.governance.forms import BRAVO, GOVERNOR, Form, asked, kept_calls, names_itself, whole_calls
from bridge.snapshot import Snapshot

if TYPE_CHECKING:
    from bridge.chain.codec import LogEntry

CREATED: Final = "ProposalCreated"
NOBODY: Final = "0x" + "00" * 20
LARGE: Final = 1 << 16
"""Bytes of an event from which a list keeps no more than its beginning."""
MOST_KEPT: Final = 1 << 24
"""Bytes of all events that a list keeps whole; of those that come after them it keeps the beginning."""
BEGINNING: Final = 2_000
"""Letters that are kept of the words of a large one."""
MOST_DELAYS: Final = 8
"""Voting delays of the past that are tried to find the block of a proposal."""
MOST_AT_ONCE: Final = 4_096
"""Blocks of one second."""
UNREADABLE_ERRORS: Final = (BridgeError, ValueError, TypeError, LookupError, OverflowError)
"""What reading a stranger's proposal may raise."""


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

    @property
    def left_out(self) -> int:
        """Return how many bytes of it were not kept, 0 where it is whole."""
        return 0

    def hashed(self) -> tuple[tuple[str, ...], tuple[int, ...], tuple[bytes, ...], bytes]:
        """Return the arguments that queue, execute and cancel take."""
        return self.targets, self.values, self.calldatas, self.description_hash


@dataclass(frozen=True)
class LargeAction(Action):
    """What a list keeps of an action that is large: the beginning of its words, their hash, and its size in bytes.

    It has no calls here, so nothing can be done with it: `find_brought` reads one whole.
    """

    whole_hash: bytes
    size: int

    @property
    def description_hash(self) -> bytes:
        """Return the hash of all of the description's bytes."""
        return self.whole_hash

    @property
    def left_out(self) -> int:
        """Return the size of the whole."""
        return self.size

    def hashed(self) -> tuple[tuple[str, ...], tuple[int, ...], tuple[bytes, ...], bytes]:
        """Refuse: its calls were not kept."""
        raise RefusedAction(f"a proposal of {self.size:,} bytes was not read whole: name it by its whole id")


NOTHING: Final = Action((), (), (), "")


@dataclass(frozen=True)
class Brought:
    """A proposal as its event tells of it, `begins` by the clock; `trouble` says why it cannot be believed."""

    number: int
    proposer: str
    action: Action
    begins: int = 0
    trouble: str = ""

    def cut(self, size: int) -> Brought:
        """Return what a list keeps of it where it is large."""
        action = self.action
        kept = LargeAction((), (), (), action.description[:BEGINNING], action.description_hash, size)
        return replace(self, action=kept)


def proposal_id(
    targets: Sequence[str], values: Sequence[int], calldatas: Sequence[bytes], description_hash: bytes
) -> int:
    """Return the id that an OpenZeppelin Governor gives these calls with this description: no node is asked."""
    content = (targets, values, calldatas, description_hash)
    return int.from_bytes(keccak(encode(("address[]", "uint256[]", "bytes[]", "bytes32"), content)))


def read_brought(snapshot: Snapshot, form: Form) -> list[Brought]:
    """Read what was brought since the deployment, oldest first; large ones cut, unreadable ones named.

    Raises
    ------
    NodeUnreachable, MissingBlock
        It is the node that does not answer.
    """
    found, kept = list[Brought](), 0
    for page in snapshot.walk(GOVERNOR, CREATED):
        for entry in page:
            one, size = believed(snapshot, entry, form), _size(entry)
            if size > LARGE or kept + size > MOST_KEPT:
                one = one.cut(size)
            else:
                kept += size
            found.append(one)
    return found


def find_brought(snapshot: Snapshot, number: int, form: Form) -> Brought | None:
    """Read one whole: from the block in which its vote says that it was brought, else from among all."""
    for blocks in (*_may_be_in(snapshot, number, form), None):
        for page in snapshot.walk(GOVERNOR, CREATED, blocks):
            for entry in page:
                if _number(entry) == number:
                    return believed(snapshot, entry, form)
    return None


def ids_that_begin(snapshot: Snapshot, digits: str) -> list[int]:
    """Return the ids that begin with these digits, each once: of an event no more than its id is kept."""
    every = (_number(entry) for page in snapshot.walk(GOVERNOR, CREATED) for entry in page)
    return list(dict.fromkeys(each for each in every if each and str(each).startswith(digits)))


def believed(snapshot: Snapshot, entry: LogEntry, form: Form) -> Brought:
    """Decode an event and check that the id is its content's; what cannot be read hides no other and is named."""
    number, action = 0, NOTHING
    try:
        decoded = entry.decoded()
        created = decoded["args"]
        number = int(created["proposalId"])
        calldatas = whole_calls(created["signatures"], created["calldatas"])
        action = Action(tuple(created["targets"]), tuple(created["values"]), calldatas, created["description"])
        if not len(action.targets) == len(action.values) == len(calldatas):
            raise ChainError("it has not as many targets as values and calls")
        if proposal_id(*action.hashed()) != number and not _is_numbered(snapshot, number, action, form):
            raise ChainError("its id is not that of its calls and words: ask another node what it is")
        return Brought(number, str(created["proposer"]), action, int(created["voteStart"]))
    except (NodeUnreachable, MissingBlock):
        raise
    except UNREADABLE_ERRORS as error:
        return Brought(number, NOBODY, action, trouble=trouble_of(error))


def trouble_of(error: Exception) -> str:
    """Say why a proposal cannot be read."""
    return foreign(f"cannot be read: {error or type(error).__name__}")


def _is_numbered(snapshot: Snapshot, number: int, action: Action, form: Form) -> bool:
    """Tell whether a governor that counts its proposals keeps this one under its number."""
    kept = form.bravo and kept_calls(snapshot, number) == action.hashed()[:3]
    return kept or names_itself(snapshot, number, action.hashed())


def _number(entry: LogEntry) -> int | None:
    """Return the id that an event begins with, without decoding the rest."""
    try:
        return int(entry.log["data"][2:66], 16)
    except (KeyError, TypeError, ValueError):
        return None


def _size(entry: LogEntry) -> int:
    try:
        return len(entry.log["data"]) // 2
    except (KeyError, TypeError):
        return 0


def _may_be_in(snapshot: Snapshot, number: int, form: Form) -> Iterator[tuple[int, int]]:
    """Iterate over the first and last blocks in which a proposal may have been brought: a delay before its vote.

    Where the node does not tell enough for it there are none, and all events are looked through.
    """
    try:
        begins, delays = _begins(snapshot, number, form), _delays(snapshot)
        for delay in delays[:MOST_DELAYS]:
            blocks = _blocks_at(snapshot, begins - delay, form)
            if blocks:
                yield blocks
    except NodeUnreachable:
        raise
    except UNREADABLE_ERRORS:
        return


def _begins(snapshot: Snapshot, number: int, form: Form) -> int:
    """Return when the vote on a proposal begins, by the governor's clock."""
    if form.bravo:
        return int(snapshot.read(BRAVO, "proposals", number, at=snapshot.deployment.address(GOVERNOR))[3])
    return int(snapshot.read(GOVERNOR, "proposalSnapshot", number))


def _delays(snapshot: Snapshot) -> list[int]:
    """Return how long a vote waits, and waited once, the newest first."""
    changes = [int(change["args"]["newVotingDelay"]) for change in snapshot.logs(GOVERNOR, "VotingDelaySet")]
    now = asked(snapshot, GOVERNOR, "votingDelay")
    return list(dict.fromkeys([*([] if now is None else [int(now)]), *reversed(changes)]))


def _blocks_at(snapshot: Snapshot, point: int, form: Form) -> tuple[int, int] | None:
    """Return the first and last block of a time of the governor's clock; None where there is none."""
    first, last = snapshot.deployment.deployed_at, snapshot.block.number
    if form.clock.counts_blocks:  # which may be those of another chain than this one
        return (point, point) if form.clock.reading == last and first <= point <= last else None
    numbers = range(first, last + 1)

    def seconds(number: int) -> int:
        return snapshot.chain.at(number).timestamp

    begin = bisect_left(numbers, point, key=seconds)
    if begin == len(numbers) or seconds(numbers[begin]) != point:
        return None
    end = bisect_left(numbers, point + 1, lo=begin, hi=min(begin + MOST_AT_ONCE, len(numbers)), key=seconds)
    return numbers[begin], numbers[end - 1]
