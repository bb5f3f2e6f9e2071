"""What a transaction of a Safe changes, measured: everything governed read before it, the call played, read again.

    transaction -> the calls that it makes -> readings, calls, readings again in one question -> rows that differ

What a call says it does is told from its bytes (`words`); what it does is asked here of the contracts themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bridge.chain.codec import decode_call
from bridge.chain.play import Played, play
from bridge.chain.values import Misfit
from bridge.errors import ChainError, NodeUnreachable, UsageError
from bridge.governance.governor import proposal_id
from bridge.governance.updates import Update
from bridge.safe.batch import calls_of
from bridge.safe.readings import Reading, Told, readings
from bridge.safe.transactions import SafeTransaction
from bridge.snapshot import Snapshot

NOT_READABLE = (Misfit, ValueError, TypeError, LookupError, ArithmeticError)
"""What telling a contract's answer raises where it is none that its ABI describes."""


@dataclass(frozen=True)
class Change:
    """One thing that a transaction changes."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Effects:
    """What a transaction changes at a block, and of how many things; `trouble` says why that is not known."""

    block: int
    changes: tuple[Change, ...] = ()
    compared: int = 0
    trouble: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)

    @property
    def words(self) -> str:
        """Say in a line how much was compared, or why it could not be."""
        if self.trouble:
            return f"what it changes could not be played at block {self.block}: {self.trouble}"
        count = "none" if not self.changes else str(len(self.changes))
        return f"played at block {self.block}: of {self.compared} values that are governed here {count} would change"


def read_effects(snapshot: Snapshot, transaction: SafeTransaction) -> Effects:
    """Play a transaction's calls on the state of the block and compare everything that is governed.

    Raises
    ------
    NodeUnreachable
        The node does not answer.
    RefusedAction
        It runs code of others as the Safe's own, so what it calls is not known.
    """
    calls = calls_of(snapshot, transaction)
    updates, proposals = _named(calls)
    asked = readings(snapshot, transaction.safe, updates, proposals)
    questions = [Played(each.at, each.call.hex) for each in asked]
    made = [Played(to, data, transaction.safe, value) for to, value, data in calls]
    block = snapshot.block.number
    try:
        answers = play(snapshot.chain, snapshot.block, [*questions, *made, *questions], "the Safe's call")
    except NodeUnreachable:
        raise
    except ChainError as error:
        return Effects(block, trouble=str(error))
    results = answers[len(asked) : len(asked) + len(made)]
    if refused := next((each for each in results if isinstance(each, ChainError)), None):
        return Effects(block, trouble=str(refused))
    before, after = _told(asked, answers[: len(asked)]), _told(asked, answers[-len(asked) :])
    changes = [
        Change(name, before.get(name, "not readable"), after.get(name, "not readable"))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    return Effects(block, tuple(changes), len(before))


def _told(asked: Sequence[Reading], answers: Sequence[bytes | ChainError]) -> Told:
    """Tell the answers by what they are about; a contract that does not answer has none."""
    told: dict[str, str] = {}
    for reading, answer in zip(asked, answers, strict=True):
        if isinstance(answer, bytes):
            try:
                told |= reading.words(answer)
            except NOT_READABLE:
                continue
    return told


def _named(calls: Sequence[tuple[str, int, Any]]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Find the updates and proposals that calls are about, by their arguments."""
    updates, proposals = [], []
    for _, _, data in calls:
        raw = bytes.fromhex(data[2:])
        try:
            function, arguments = decode_call("HedgeParameters", raw)
        except UsageError:
            function, arguments = None, {}
        if function is not None and "updateHash" in arguments:
            updates.append("0x" + arguments["updateHash"].hex())
        elif function is not None and "update" in arguments:
            updates.append(Update.of(arguments["update"]).hash)
        try:
            function, arguments = decode_call("HedgeGovernor", raw)
        except UsageError:
            continue
        if function.name in ("cancel", "queue", "execute") and len(arguments) == 4:
            proposals.append(proposal_id(*arguments.values()))
    return tuple(updates), tuple(proposals)
