"""How entries that correct others are named, and what an entry that comes again is compared with.

reversal:ID     takes ID back
ID~2, ID~3      stand in its place, each when the one before was taken back
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bridge.errors import ConflictingFill
from hedge.ledger.fills import Fill

REVERSAL: Final = "reversal:"
AGAIN: Final = re.compile(r"(.*)~([0-9]{1,9})", re.DOTALL)
_SAME: Final = ("kind", "instrument", "quantity", "price", "currency", "cash", "fee", "reverses")

Key = tuple[str, str, str]


def next_id(fill_id: str) -> str:
    """Return the id of what stands in the place of an entry that was taken back.

    Examples
    --------
    >>> next_id("trade:1"), next_id("trade:1~2")
    ('trade:1~2', 'trade:1~3')
    """
    again = AGAIN.fullmatch(fill_id)
    return f"{again[1]}~{int(again[2]) + 1}" if again else f"{fill_id}~2"


def id_before(fill_id: str) -> str:
    """Return the id of the entry in whose place this one stands; empty where it stands in none's.

    Examples
    --------
    >>> id_before("trade:1~3"), id_before("trade:1~2"), id_before("trade:1")
    ('trade:1~2', 'trade:1', '')
    """
    again = AGAIN.fullmatch(fill_id)
    if again is None:
        return ""
    return again[1] if int(again[2]) <= 2 else f"{again[1]}~{int(again[2]) - 1}"


@dataclass(frozen=True)
class Told:
    """Hold how known entries were told otherwise than they are kept, where that is no contradiction.

    Parameters
    ----------
    taken_back : were taken back here, and nothing stands for them. corrected : say what was corrected here since.
    index : have another index; the first of them by its id, kept and given. plan : name a plan or an order, and what
        is kept names none.
    """

    taken_back: int = 0
    corrected: int = 0
    index: int = 0
    first_index: tuple[str, Decimal, Decimal] | None = None
    plan: int = 0

    def __add__(self, other: Told) -> Told:
        """Return both together."""
        counts = (self.taken_back + other.taken_back, self.corrected + other.corrected, self.index + other.index)
        return Told(*counts, self.first_index or other.first_index, self.plan + other.plan)


NOTHING_ELSE: Final = Told()
"""What is known is told as it is kept."""


@dataclass(frozen=True)
class Version:
    """Hold an entry of one name or of what stands in its place, and whether it was taken back."""

    fill: Fill
    taken_back: bool


def versions_of(
    kept: Mapping[Key, Fill], read: Callable[[Iterable[Key]], Mapping[Key, Fill]]
) -> dict[Key, list[Version]]:
    """Return for each name its entry, and what was entered in its place since, the last at the end.

    Parameters
    ----------
    read : returns the entries of these names that are there.
    """
    found: dict[Key, list[Version]] = {key: [] for key in kept}
    level = {key: (key, fill) for key, fill in kept.items()}  # by the name that was asked for: the name of now
    while level:
        back = read((*key[:2], REVERSAL + key[2]) for key, _ in level.values())
        after: dict[Key, Key] = {}
        for asked, (key, fill) in level.items():
            taken = (*key[:2], REVERSAL + key[2]) in back
            found[asked].append(Version(fill, taken))
            if taken:
                after[asked] = (*key[:2], next_id(key[2]))
        right = read(after.values()) if after else {}
        level = {asked: (key, right[key]) for asked, key in after.items() if key in right}
    return found


def compare(address: str, versions: list[Version], given: Fill) -> Told:
    """Return how a known entry is told otherwise.

    Raises
    ------
    ConflictingFill
        It is neither what stands for its name, nor what stood for it before it was corrected here.
    """
    last = versions[-1]
    stands, changed = last.fill, _changed(last.fill, given)
    if last.taken_back:
        return Told(taken_back=1)
    as_before = [version.fill for version in versions[:-1] if not _changed(version.fill, given)]
    index_as_before = given.index != stands.index and any(fill.index == given.index for fill in as_before)
    if index_as_before or (changed and as_before):
        return Told(corrected=1)
    if changed:
        before, now = getattr(stands, changed), getattr(given, changed)
        raise ConflictingFill(address, given.id, changed, before, now, stands.id)
    unnamed = any(getattr(given, name) and not getattr(stands, name) for name in ("plan", "order"))
    if stands.index == given.index:
        return Told(plan=int(unnamed))
    return Told(index=1, first_index=(stands.id, stands.index, given.index), plan=int(unnamed))


def _changed(kept: Fill, given: Fill) -> str:
    """Return the first field in which two entries contradict each other; empty where they say the same."""
    for name in _SAME:
        if getattr(kept, name) != getattr(given, name):
            return name
    if abs(kept.at_ms - given.at_ms) >= 1000:
        return "at_ms"
    for name in ("plan", "order"):
        before, now = getattr(kept, name), getattr(given, name)
        if before and now and before != now:
            return name
    return ""
