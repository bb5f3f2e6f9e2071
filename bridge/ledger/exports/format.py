"""What a format of exports is, and the registry of them: a plug-in adds a venue by registering one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.ledger.exports.row import Row
from bridge.registry import Registry
from hedge.ledger.fills import Fill


@dataclass(frozen=True)
class ExportFormat:
    """Describe one format.

    Parameters
    ----------
    columns
        By our name: the normalised names that the venue gave it over the years, the first that is there is read.
    needed
        Our names of those without which a file is not of this format.
    read
        A row's fill, or the words under which it is counted as left out.
    closed
        Whether a column that is in none of `columns` is refused.
    """

    columns: Mapping[str, tuple[str, ...]]
    needed: frozenset[str]
    read: Callable[[Row], Fill | str]
    closed: bool = False

    def found(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return which of a file's columns are ours, by our name."""
        first = {ours: next((name for name in theirs if name in names), "") for ours, theirs in self.columns.items()}
        return {ours: name for ours, name in first.items() if name}


@dataclass(frozen=True)
class Export:
    """Hold what a file says.

    Parameters
    ----------
    source
        Name of its format.
    fills
        In the order of the file, each id once.
    left_out
        How many rows were left out, by the reason.
    sha256
        Of the file's bytes.
    more
        It is one page of several.
    """

    source: str
    fills: tuple[Fill, ...]
    left_out: Mapping[str, int]
    sha256: str
    more: bool = False


FORMATS: Final[Registry[ExportFormat]] = Registry("format of exports", "bridge.ledger.exports.formats")
