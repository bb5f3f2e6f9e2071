"""What a transaction of a Safe changes, measured: everything governed read before it, the call played, read again.

    transaction -> the calls that it makes -> readings, calls, readings again in one question -> rows that differ

What a call says it does is told from its bytes (`words`); what it does is asked here of the contracts themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eth_typing import HexStr

from bridge.chain.codec import decode_call
from bridge.chain.play import Outcome, Played, play
from bridge.chain.values import Misfit
from bridge.errors import ChainError, NodeUnreachable, UsageError
from bridge.governance.brought import proposal_id
from bridge.governance.steward import read_pending_updates
from bridge.governance.updates import Update
from bridge.safe.batch import SafeCall, calls_of
from bridge.safe.moves import moves_of
from bridge.safe.readings import Reading, Told, readings
from bridge.safe.transactions import SafeTransaction
from bridge.snapshot import Snapshot
from hedge.policy.parameters import KEYS

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
    """What a transaction changes at a block, and of how many things; `trouble` says why that is not known.

    `later` is what an update would change that the transaction announces or refuses, if it were applied; `unread` are
    the views that did not answer as their ABI says, so that what they tell was not compared; `moves` says which coins
    and tokens leave the Safe, and whom it lets move them; `received` what comes to it.
    """

    block: int
    changes: tuple[Change, ...] = ()
    compared: int = 0
    later: tuple[Change, ...] = ()
    unread: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    received: tuple[str, ...] = ()
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
        said = f"played at block {self.block}: of {self.compared} values that are governed here {count} would change"
        return f"{said}; NOT COMPARED, as they do not answer: {', '.join(self.unread)}" if self.unread else said


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
    about = _about(snapshot, calls)
    asked = readings(snapshot, transaction.safe, about.hashes, about.proposals)
    later = _later(snapshot, about.updates)
    questions = [Played(each.at, each.call.hex) for each in asked]
    made = [Played(to, data, transaction.safe, value) for to, value, data in calls]
    block = snapshot.block.number
    try:
        answers = play(snapshot.chain, snapshot.block, [*questions, *made, *questions], "the Safe's call")
    except NodeUnreachable:
        raise
    except ChainError as error:
        return Effects(block, trouble=str(error), later=later)
    results = answers[len(asked) : len(asked) + len(made)]
    if refused := next((each.refused for each in results if each.refused), None):
        return Effects(block, trouble=str(refused), later=later)
    (before, lost), (after, lost_after) = (
        _told(asked, each) for each in (answers[: len(asked)], answers[-len(asked) :])
    )
    changes = [
        Change(name, before.get(name, "not readable"), after.get(name, "not readable"))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    unread = tuple(dict.fromkeys([*lost, *lost_after]))
    log, ours = [entry for each in results for entry in each.log], snapshot.deployment
    moves, received = moves_of(transaction.safe, calls, log, (*ours.assets, *ours.contracts.values()))
    return Effects(block, tuple(changes), len(before), later, unread, moves, received)


def _later(snapshot: Snapshot, updates: Sequence[Update]) -> tuple[Change, ...]:
    """Return what updates would change beside the values in force."""
    found: list[Change] = []
    for update in updates:
        now = snapshot.read("HedgeParameters", "values", at=snapshot.deployment.ledger(update.asset))
        own = f"{update.asset} " if update.asset else ""
        found += [
            Change(own + KEYS[key].name, f"{now[key]} ({KEYS[key].unit})", f"{value} ({KEYS[key].unit})")
            for key, value in zip(update.keys, update.values, strict=False)
            if key < len(KEYS)
        ]
    return tuple(found)


def _told(asked: Sequence[Reading], answers: Sequence[Outcome]) -> tuple[Told, list[str]]:
    """Tell the answers by what they are about, and name the views that do not answer as their ABI says."""
    told: dict[str, str] = {}
    unread: list[str] = []
    for reading, answer in zip(asked, answers, strict=True):
        try:
            said = None if answer.refused else reading.words(answer.returned)
        except NOT_READABLE:
            said = None
        told |= said or {}
        if said is None:
            unread.append(f"{reading.call.function.name} of {reading.at}")
    return told, unread


@dataclass(frozen=True)
class _About:
    """What calls are about: hashes of updates, ids of proposals, and the updates that are announced or refused."""

    hashes: tuple[str, ...]
    proposals: tuple[int, ...]
    updates: tuple[Update, ...]


def _about(snapshot: Snapshot, calls: Sequence[SafeCall]) -> _About:
    """Find what calls of our ledgers and of our governor are about by their arguments; a stranger's may be anything."""
    hashes: list[str] = []
    proposals: list[int] = []
    updates: list[Update] = []
    governor = snapshot.deployment.contracts.get("HedgeGovernor", "")
    for to, _, data in calls:
        asset = snapshot.deployment.ledger_at(to)
        function, arguments = _decoded("HedgeParameters", data) if asset is not None else ("", {})
        refused = {"veto": ["0x" + bytes(arguments.get("updateHash", b"")).hex()], "vetoAll": None}
        if function in refused:
            every = read_pending_updates(snapshot)
            waiting = {each.hash: each.update for each in every if each.update.asset == asset}
            named = refused[function] or list(waiting)
            hashes += named
            updates += [waiting[each] for each in named if each in waiting]
        elif asset is not None and "update" in arguments:
            update = Update.of(arguments["update"], asset)
            hashes.append(update.hash)
            updates += [update] if function == "scheduleUpdate" else []
        function, arguments = _decoded("HedgeGovernor", data) if to.lower() == governor.lower() else ("", {})
        if function in ("cancel", "queue", "execute") and len(arguments) == 4:
            proposals.append(proposal_id(*arguments.values()))
    return _About(tuple(hashes), tuple(proposals), tuple(updates))


def _decoded(contract: str, data: HexStr) -> tuple[str, dict[str, Any]]:
    """Return the name of the function that calldata calls and its arguments; nothing where it is another's."""
    try:
        function, arguments = decode_call(contract, bytes.fromhex(data[2:]))
    except UsageError:
        return "", {}
    return function.name, arguments
