"""What is wrong in files, named and counted: nothing is left out, filled or repaired without a line here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One finding: its kind, what it is in words, when (unix seconds; None: no time), how many bars or rows it is."""

    kind: str
    what: str
    at: int | None = None
    count: int = 1


class Problems:
    """Collect findings in the order they were made; they can be added and read, never taken back.

    Examples
    --------
    >>> problems = Problems()
    >>> problems.add("missing bars", "4 bars before 2022-03-10 22:00", at=1646949600, count=4)
    >>> problems.add("zero volume", "nothing traded")
    >>> problems.counts()
    {'missing bars': 4, 'zero volume': 1}
    """

    def __init__(self) -> None:
        self._rows: list[Problem] = []

    def add(self, kind: str, what: str, at: int | None = None, count: int = 1) -> None:
        """Note one finding; `count` is how many bars or rows it stands for."""
        self._rows.append(Problem(kind, what, at, count))

    def counts(self) -> dict[str, int]:
        """Return how many there are of each kind, kinds sorted."""
        found: dict[str, int] = {}
        for row in self._rows:
            found[row.kind] = found.get(row.kind, 0) + row.count
        return dict(sorted(found.items()))

    def rows(self) -> tuple[Problem, ...]:
        """Return every finding, in the order they were made."""
        return tuple(self._rows)
