"""Which entries of a ledger count: each once, without those that were taken back and those that took them back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hedge.errors import BadReversal, DuplicateEntry
from hedge.ledger.fills import Fill

SAME: Final = ("kind", "instrument", "currency", "price", "index")
NEGATIVE: Final = ("quantity", "cash", "fee")


def standing(fills: Iterable[Fill]) -> list[Fill]:
    """Return the entries that count, by time; those of one moment by the length of their ids, then by id.

    Ids that count up keep their order so: ``trade:99`` comes before ``trade:100``.

    Raises
    ------
    DuplicateEntry : two different entries have one id; identical ones are one.
    BadReversal : an entry takes back one that is not there, that is a reversal itself or was taken back already, or
        whose numbers are not exactly its negative.
    """
    entries: dict[tuple[str, str, str], Fill] = {}
    reversals = []
    for fill in fills:
        key = (fill.book, fill.venue, fill.id)
        known = entries.setdefault(key, fill)
        if known is not fill:
            if known != fill:
                raise DuplicateEntry(*key)
        elif fill.reverses:
            reversals.append(fill)
    taken: set[tuple[str, str, str]] = set()
    for fill in reversals:
        key = (fill.book, fill.venue, fill.reverses)
        _check(fill, entries.get(key), key in taken)
        taken.update((key, fill.key))
    counted = [fill for key, fill in entries.items() if key not in taken] if taken else list(entries.values())
    counted.sort(key=lambda fill: (fill.at_ms, len(fill.id), fill.id, fill.book, fill.venue))
    return counted


def _check(fill: Fill, original: Fill | None, taken: bool) -> None:
    """Refuse a reversal that is none."""
    if original is None:
        raise BadReversal(fill.id, fill.reverses, "there is no such entry in the book")
    if original.reverses:
        raise BadReversal(fill.id, fill.reverses, "it is a reversal itself: enter what is right as a new entry")
    if taken:
        raise BadReversal(fill.id, fill.reverses, "it was taken back already")
    wrong = [name for name in SAME if getattr(fill, name) != getattr(original, name)]
    wrong += [name for name in NEGATIVE if getattr(fill, name) != getattr(original, name).copy_negate()]
    if wrong:
        raise BadReversal(fill.id, fill.reverses, f"{', '.join(wrong)} must be its exact negative or the same")
