"""Fields of an answer, each with the type and range that it can have: whoever answers may be wrong, or lie."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from bridge.foreign import foreign

MOST_ROWS: Final = 200_000
"""Of one list: a venue lists some thousands of instruments, and a page holds a thousand rows."""
LEAST_MS: Final = 1_230_768_000_000
MOST_MS: Final = 4_102_444_800_000
"""2009 and 2100 in milliseconds: what is no time between them is one in another unit."""
_WORD: Final = re.compile(r"[A-Za-z0-9_./-]{1,64}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,24})?")


class Odd(ValueError):
    """A field is not what it is documented to be: its name and what stands there."""


class Fields:
    """An object of an answer, whose fields are read by name.

    Raises
    ------
    Odd
        It is no object; each reading raises it too, where the field is absent or out of its range.
    """

    def __init__(self, content: Any) -> None:
        if not isinstance(content, Mapping):
            raise Odd(f"{_said(content)} stands where an object belongs")
        self._content = content

    def number(self, name: str, least: float, most: float) -> float:
        """Return a number."""
        return number(name, self._get(name), least, most)

    def maybe(self, name: str, least: float, most: float) -> float:
        """Return a number; NaN where there is none."""
        value = self._content.get(name)
        return math.nan if value is None else number(name, value, least, most)

    def decimal(self, name: str, least: float, most: float) -> float:
        """Return a number that is written as a text, as some publishers do."""
        return decimal(name, self._get(name), least, most)

    def ms(self, name: str) -> int:
        """Return a time in milliseconds."""
        return ms(name, self._get(name))

    def word(self, name: str) -> str:
        """Return a name: letters, digits and few signs."""
        value = self._get(name)
        if not isinstance(value, str) or not _WORD.fullmatch(value):
            raise Odd(f"{name} {_said(value)} is no name")
        return value

    def flag(self, name: str) -> bool:
        """Return a truth value; false where it is absent."""
        value = self._content.get(name, False)
        if not isinstance(value, bool):
            raise Odd(f"{name} {_said(value)} is neither true nor false")
        return value

    def rows(self, name: str, most: int = MOST_ROWS) -> list[Any]:
        """Return a list."""
        return rows(name, self._get(name), most=most)

    def get(self, name: str) -> Any:
        """Return whatever stands there, None where nothing does."""
        return self._content.get(name)

    def _get(self, name: str) -> Any:
        if self._content.get(name) is None:
            raise Odd(f"{name} is missing")
        return self._content[name]


def number(name: str, value: Any, least: float, most: float) -> float:
    """Return a number of JSON within its range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Odd(f"{name} {_said(value)} is no number")
    if not least <= value <= most:  # before it becomes a float, which the largest integers do not
        raise Odd(f"{name} {_said(value)} is no number from {least:g} to {most:g}")
    return float(value)


def decimal(name: str, value: Any, least: float, most: float) -> float:
    """Return a number that is written as a text."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise Odd(f"{name} {_said(value)} is no number")
    return number(name, float(value), least, most)


def ms(name: str, value: Any) -> int:
    """Return a time in milliseconds."""
    return int(number(name, value, LEAST_MS, MOST_MS))


def rows(name: str, value: Any, width: int = 0, most: int = MOST_ROWS) -> list[Any]:
    """Return a list; of lists of at least `width` entries where that is given."""
    if not isinstance(value, list) or len(value) > most:
        raise Odd(f"{name} {_said(value)} is no list of at most {most:,} rows")
    if width and not all(isinstance(row, list) and len(row) >= width for row in value):
        raise Odd(f"a row of {name} is no list of {width} entries")
    return value


def _said(value: Any) -> str:
    return f"'{foreign(value, 40)}'" if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"
