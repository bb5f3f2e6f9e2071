"""Open proposals that want the same as another one: the first to be executed may leave nothing for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.chain.codec import decode_call
from bridge.errors import BridgeError, ChainError, MissingBlock, NodeUnreachable, Reorganised
from bridge.governance.brought import Action
from bridge.governance.governor import OPEN_STATES, UNREADABLE, list_proposals, nearness
from bridge.governance.postconditions import GUARD
from bridge.governance.telling import contract_at
from bridge.governance.updates import decode_update
from bridge.snapshot import Snapshot
from hedge.policy.parameters import KEYS

MOST_LINES: Final = 20


@dataclass(frozen=True)
class Rival:
    """An open proposal, and what it shares with ours: names of governed keys, and of calls."""

    id: int
    state: str
    shares: tuple[str, ...]


def find_rivals(snapshot: Snapshot, action: Action, own: int) -> list[Rival]:
    """Return the open proposals, but for number `own`, that set a key or make a call that an action does too.

    Large ones may: they are among them. Where the list cannot be read one of number 0 says why.
    """
    wanted = _wants(snapshot, action)
    try:
        every = list_proposals(snapshot)
    except (Reorganised, MissingBlock):
        raise
    except ChainError as error:
        snapshot.chain.begin()  # reading it may have taken all of the node's time
        return [Rival(0, UNREADABLE, (str(error),))]
    rivals = []
    for proposal in sorted(every, key=nearness):
        if proposal.id != own and proposal.state in OPEN_STATES:
            large = {"what nobody compared: it is large"} if proposal.action.left_out else set()
            shares = large | (wanted & _wants(snapshot, proposal.action))
            rivals += [Rival(proposal.id, proposal.state, tuple(sorted(shares)))] if shares else []
    return rivals


def rival_lines(rivals: Sequence[Rival]) -> list[str]:
    """Say what else is on its way, a line for each of the first ones."""
    lines = [
        f"also on its way: proposal {rival.id} ({rival.state}) with {', '.join(rival.shares)}; the first that is "
        "executed may make the others fail: `alvh gov show` rehearses each, cancel what is not wanted"
        if rival.id
        else f"it is not known what else is on its way: {', '.join(rival.shares)}"
        for rival in rivals[:MOST_LINES]
    ]
    left = len(rivals) - len(lines)
    return [*lines, *([f"and {left} more: `alvh gov list` has them all"] if left else [])]


def _wants(snapshot: Snapshot, action: Action) -> set[str]:
    """Return the names of what an action sets and calls; anyone may propose any bytes, what is unknown has no name."""
    found: set[str] = set()
    for target, call in zip(action.targets, action.calldatas, strict=True):
        try:
            found |= _wanted(snapshot, target, call)
        except NodeUnreachable:
            raise
        except BridgeError:
            continue
    return found


def _wanted(snapshot: Snapshot, target: str, call: bytes) -> set[str]:
    update, place = decode_update(snapshot, target, call), contract_at(snapshot.deployment, target)
    if update is not None:
        own = f"{update.asset} " if update.asset else ""
        return {own + KEYS[key].name for key in update.keys}
    if place is None or place[0] in ("", GUARD):
        return set()
    return {f"{place[1]}.{decode_call(place[0], call)[0].name}"}
