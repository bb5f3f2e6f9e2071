"""A Safe transaction told from its bytes, as owners read it before they sign; a batch call by call."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.governance.calls import call_words
from bridge.safe.batch import SafeCall, build_of, calls_of
from bridge.safe.transactions import CALL, SafeTransaction
from bridge.snapshot import Snapshot

NOTHING = (
    "an empty call of the Safe to itself: it does nothing but use up its nonce, so whatever else has it is rejected"
)


def transaction_words(snapshot: Snapshot, transaction: SafeTransaction, whole: bool = False) -> str:
    """Say what a transaction does, in lines of which all but the first are indented; see `call_words`.

    Raises
    ------
    RefusedAction
        It would run code that is not known as the Safe's own.
    """
    calls = calls_of(snapshot, transaction)
    if transaction.operation == CALL:
        return _told(snapshot, transaction.safe, calls[0], whole)
    told = [f"{len(calls)} calls, all or none, by {build_of(snapshot, transaction.to)} at {transaction.to}"]
    for number, call in enumerate(calls, start=1):
        told.append(f"  {number}. " + _told(snapshot, transaction.safe, call, whole).replace("\n", "\n  "))
    return "\n".join(told)


def _told(snapshot: Snapshot, safe: str, call: SafeCall, whole: bool) -> str:
    to, value, data = call
    if (to, data) == (safe, "0x") and not value:
        return NOTHING
    sent = f"{value} wei with " if value else ""
    if data == "0x":
        return f"{sent}no call to {to}" if value else f"an empty call to {to}: it does nothing here"
    return sent + call_words(snapshot, to, data, whole)


def hash_lines(transaction: SafeTransaction) -> Sequence[str]:
    """Return the hashes as a hardware wallet shows them."""
    hashes = transaction.hashes()
    return (
        f"Domain hash 0x{hashes.domain.hex()}",
        f"Message hash 0x{hashes.message.hex()}",
        f"Safe transaction hash (safeTxHash) 0x{hashes.transaction.hex()}",
    )
