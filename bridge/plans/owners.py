"""Whose book it is: one address, or several that are one book together.

An owner is written as addresses with a comma between them, each once, in the order of the alphabet: the same book has
one name, in a plan's inputs too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

COMMA: Final = ","
_ADDRESS: Final = re.compile("0x[0-9a-fA-F]{40}")


def together(addresses: Iterable[str]) -> str:
    """Return the owner that some addresses are together."""
    return COMMA.join(sorted(set(addresses), key=str.lower))


def each_owner(owner: str) -> tuple[str, ...]:
    """Return the addresses of an owner."""
    return tuple(owner.split(COMMA))


def is_owner(text: object) -> bool:
    """Tell whether something is an owner."""
    return isinstance(text, str) and all(_ADDRESS.fullmatch(each) for each in each_owner(text))


def owner_words(owner: str, labels: Mapping[str, str]) -> str:
    """Return an owner for people: the names that they gave to addresses, else these."""
    names = {address.lower(): name for name, address in labels.items()}
    return ", ".join(names.get(each.lower(), each) for each in each_owner(owner))
