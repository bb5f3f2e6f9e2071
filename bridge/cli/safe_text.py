"""A Safe transaction as its owners see it before they sign: what it does, what it changes, its hashes, who signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.cli.flags import Session, print_json, say

if TYPE_CHECKING:
    from bridge.safe.effects import Effects
    from bridge.safe.multisig import SafeState
    from bridge.safe.records import SafeRecord
    from bridge.safe.transactions import SafeTransaction
    from bridge.snapshot import Snapshot


@dataclass(frozen=True)
class Seen:
    """A transaction looked at, at one block: its words, what it changes, and the state of its Safe."""

    transaction: SafeTransaction
    words: str
    effects: Effects
    safe: SafeState

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        hashes = self.transaction.hashes().to_dict()
        return {"does": self.words, "changes": self.effects.to_dict(), **hashes, "next_nonce": self.safe.nonce}


def look(snapshot: Snapshot, transaction: SafeTransaction, whole: bool) -> Seen:
    """Look at a transaction; raises `RefusedAction` where nobody can know what it does."""
    from bridge.safe.effects import read_effects
    from bridge.safe.multisig import read_safe
    from bridge.safe.words import transaction_words

    words = transaction_words(snapshot, transaction, whole)
    return Seen(transaction, words, read_effects(snapshot, transaction), read_safe(snapshot, transaction.safe))


def print_seen(seen: Seen, stderr: bool = False) -> None:
    """Print what a transaction does and changes, where and when, and its hashes as a device shows them."""
    from bridge.cli.show import console, table
    from bridge.safe.words import hash_lines

    out, made = console(stderr), seen.transaction
    out.print(seen.words, markup=False, soft_wrap=True)
    say(f"of Safe {made.safe} on chain {made.chain_id}, nonce {made.nonce} (next is {seen.safe.nonce})", stderr)
    if seen.effects.changes:
        rows = [[each.what, each.before, each.after] for each in seen.effects.changes]
        out.print(table("What it changes", ("what", "before", "after"), rows, left=3))
    if seen.effects.later:
        rows = [[each.what, each.before, each.after] for each in seen.effects.later]
        out.print(table("What the announced update would change", ("parameter", "now", "then"), rows, left=3))
    _print_moves(seen.effects, stderr)
    say(seen.effects.words, stderr)
    for line in hash_lines(made):
        say(line, stderr)


def _print_moves(effects: Effects, stderr: bool) -> None:
    """Print what leaves the Safe, then what comes to it; what is cut is said, and of what leaves it is a warning."""
    from bridge.governance.telling import NOT_WHOLE
    from bridge.safe.moves import MOST_MOVES

    for line in effects.moves[:MOST_MOVES]:
        say(line, stderr)
    if (more := len(effects.moves) - MOST_MOVES) > 0:
        say(f"{NOT_WHOLE}: {more} more movements from the Safe", stderr)
    room = max(MOST_MOVES - len(effects.moves), 0)
    for line in effects.received[:room]:
        say(line, stderr)
    if (more := len(effects.received) - room) > 0:
        say(f"and {more} more movements to the Safe", stderr)


def say_what_comes_first(seen: Seen) -> None:
    """Warn of a signature for a transaction that others come before: it holds until its turn, whenever that is."""
    made, following = seen.transaction.nonce, seen.safe.nonce
    if made > following:
        say(
            f"warning: nonce {made} leaves a gap, the Safe's next is {following}: {made - following:,} others come "
            "first, nothing of it was rehearsed, and whoever has the signatures can execute it whenever its turn comes",
            stderr=True,
        )


def print_record(seen: Seen, record: SafeRecord, file: Path, as_json: bool) -> None:
    """Print a transaction, who signed it of those who must, and its file."""
    from bridge.cli.show import console

    safe = seen.safe
    signed = [owner for owner in record.signatures if owner in safe.owners]
    strangers = [owner for owner in record.signatures if owner not in safe.owners]
    if as_json:
        counted = {"threshold": safe.threshold, "signed_by_owners": len(signed), "strangers": strangers}
        print_json({"file": str(file), **seen.to_dict(), **counted, **record.to_dict()})
        return
    print_seen(seen)
    say(f"{safe.threshold} owners must sign; signed by {len(signed)}: {', '.join(signed) or 'nobody'}")
    if strangers:
        say(f"signed by {', '.join(strangers)}, no owner of the Safe: take that signature out")
    console().print(f"file {file}", markup=False, soft_wrap=True)


def keep_record(session: Session, snapshot: Snapshot, record: SafeRecord, out: Path | None, as_json: bool) -> None:
    """Rehearse a new transaction, write the file that its owners sign, and print it; nothing is signed or sent."""
    from bridge.safe.batch import calls_of
    from bridge.safe.multisig import rehearse_call, short_of_coins
    from bridge.safe.transactions import CALL

    made = record.transaction
    seen = look(snapshot, made, as_json)
    if made.nonce != seen.safe.nonce:
        say(f"not rehearsed: transactions before nonce {made.nonce} come first", stderr=True)
    elif made.operation == CALL:
        rehearse_call(snapshot, made)
    elif seen.effects.trouble:
        from bridge.errors import RefusedAction

        short = short_of_coins(snapshot, made.safe, sum(value for _, value, _ in calls_of(snapshot, made)))
        why = f"{seen.effects.trouble}; {short}" if short else seen.effects.trouble
        raise RefusedAction(f"the batch would fail, or cannot be rehearsed: {why}")
    snapshot.confirm()
    file = record.save(out or session.config.state / "safe" / record_name(record))
    print_record(seen, record, file, as_json)


def record_name(record: SafeRecord) -> str:
    """Return the name of a transaction's file."""
    made = record.transaction
    return f"{record.action}-{made.nonce}-{made.digest().hex()[:8]}.json"
