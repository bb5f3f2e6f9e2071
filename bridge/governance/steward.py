"""Updates that the steward Safe announced and that wait: who could still veto which, and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.errors import ChainError, RefusedAction, UsageError
from bridge.governance.updates import Update
from bridge.snapshot import Snapshot

WAITING = 1  # `ScheduleStatus` of IHedgeParameters


@dataclass(frozen=True)
class PendingUpdate:
    """A steward's update that waits: its hash, when it may be applied (unix seconds), and what it sets."""

    hash: str
    ready_at: int
    update: Update

    def veto_seconds(self, now: int) -> int:
        """Return how long a veto is sure to come in time; afterwards it still can, until the update is applied."""
        return max(self.ready_at - now, 0)


def read_pending_updates(snapshot: Snapshot) -> list[PendingUpdate]:
    """Read the updates that wait at a block: announced, and not applied, vetoed or expired; by ledger, oldest first.

    Raises
    ------
    ChainError
        The node gives a hash with an update that has another.
    """
    return [waiting for asset in ("", *sorted(snapshot.deployment.own)) for waiting in _pending(snapshot, asset)]


def _pending(snapshot: Snapshot, asset: str) -> list[PendingUpdate]:
    """Read what waits in one ledger: an asset's own, the main one for an empty name."""
    ledger, found = snapshot.deployment.ledger(asset), dict[str, PendingUpdate]()
    for entry in snapshot.logs("HedgeParameters", "UpdateScheduled", at=ledger):
        digest, update = bytes(entry["args"]["updateHash"]), Update.of(entry["args"]["update"], asset)
        if update.hash != "0x" + digest.hex():
            raise ChainError(f"the node gives the update 0x{digest.hex()} other values than it has: ask another node")
        if update.expiry < snapshot.block.timestamp:
            continue
        status, ready = snapshot.read("HedgeParameters", "scheduled", digest, at=ledger)
        if status == WAITING:
            found["0x" + digest.hex()] = PendingUpdate("0x" + digest.hex(), ready, update)
    return list(found.values())


def find_pending_update(snapshot: Snapshot, wanted: str) -> PendingUpdate:
    """Find a waiting update by its hash, or the first digits of it.

    Raises
    ------
    RefusedAction
        None, or more than one, waits under it.
    UsageError
        It is no hash.
    """
    if not re.fullmatch("0x[0-9a-fA-F]+", wanted):
        raise UsageError(
            f"{wanted!r} is no hash of an update: 0x and its first digits; `alvh watch --once` shows those"
        )
    found = [waiting for waiting in read_pending_updates(snapshot) if waiting.hash.startswith(wanted.lower())]
    if len(found) != 1:
        raise RefusedAction(
            f"{len(found)} steward's updates wait under {wanted}: `alvh watch --once` shows those that do"
        )
    return found[0]
