"""Names that look like another: they differ in case, spaces, signs that nobody sees, or letters of another alphabet.

A column or an asset under such a name would be passed over beside the one that is meant, and nothing would show it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bridge.errors import BadFile

_CYRILLIC: Final = dict(zip("авеѕіјкмнорстухһԁԛԝьѵ", "abesijkmhopctyxhdqwbv", strict=True))
_GREEK: Final = dict(zip("αβεζηικμνορτυχωγ", "abeznikmvoptyxwy", strict=True))
_CAPITALS: Final = {"Η": "h", "Ν": "n", "Ρ": "p", "Υ": "y", "Χ": "x", "Β": "b", "Ι": "i"}
"""Greek capitals that look like another letter than their small ones do."""
_LATIN: Final = str.maketrans(_CYRILLIC | _GREEK | {"0": "o", "ı": "i"})
_DROPPED: Final = frozenset({"Cc", "Cf", "Mn", "Zs", "Zl", "Zp"})
"""Kinds of signs that take no ink, and accents."""


def first_twice(names: Iterable[str]) -> str | None:
    """Return the first name that stands a second time, None where each stands once.

    >>> first_twice(["a", "b", "a", "b"]), first_twice(["a"])
    ('a', None)
    """
    seen = set[str]()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def drawn(name: str) -> str:
    """Return how a name looks: two names that give one are taken for each other.

    >>> drawn(" ETH"), drawn("eth"), drawn("\\u0415TH")
    ('eth', 'eth', 'eth')
    """
    letters = unicodedata.normalize("NFKD", name)
    inked = "".join(_CAPITALS.get(letter, letter) for letter in letters if unicodedata.category(letter) not in _DROPPED)
    return inked.casefold().translate(_LATIN)


def alike(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two different names that look the same; None where there are none."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(drawn(name), name)
        if other != name:
            return other, name
    return None


def alike_words(names: Iterable[str]) -> str:
    """Say which two different names look the same; nothing where there are none."""
    two = alike(names)
    return f"differ only in case or spaces, or look the same: {' and '.join(map(shown, two))}" if two else ""


def check_columns(path: Path, names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse columns that look like a known one and are named otherwise: they would not be read.

    Raises
    ------
    BadFile
        There is one: its name and the one to write are said.
    """
    listed, meant = [str(name) for name in names], {drawn(name): name for name in known}
    for name in listed:
        right = meant.get(drawn(name), name)
        if right != name:
            raise BadFile(
                path, f"the column {shown(name)} looks like {right} and is not it: write {right}, or leave it out"
            )
    if found := alike(listed):
        raise BadFile(path, f"the columns {shown(found[0])} and {shown(found[1])} look the same: keep one of them")


def shown(name: str) -> str:
    """Return a name in quotes, its letters of other alphabets and unseen signs by their numbers."""
    return ascii(name[:40])
