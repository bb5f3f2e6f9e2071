"""Hits of instructions, read as branches of the source: the same condition in several contracts counts once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from branch_build import Build
from branch_points import Condition, Span
from branch_trace import JUMPED, NONZERO, RAN, WENT_ON, ZERO, Recorder


@dataclass(frozen=True)
class Missed:
    """A branch that was never gone: a condition, and the outcome that it never had."""

    condition: Condition
    outcome: bool


@dataclass(frozen=True)
class Count:
    """How many there are, and how many were reached."""

    reached: int
    total: int

    @property
    def share(self) -> float:
        """Share that was reached; all of nothing is all."""
        return self.reached / self.total if self.total else 1.0


@dataclass(frozen=True)
class Tally:
    """What was covered of some files."""

    branches: Count
    statements: Count
    functions: Count
    missed: tuple[Missed, ...]
    unreached: tuple[Span, ...]


class Coverage:
    """All outcomes and all source that ran, over every code that a recorder saw."""

    def __init__(self, build: Build, recorder: Recorder) -> None:
        self._build = build
        conditions: dict[Span, list[Condition]] = defaultdict(list)
        for condition in build.points.conditions:
            conditions[condition.span].append(condition)
        self._outcomes: dict[Condition, set[bool]] = defaultdict(set)
        ran: dict[str, set[Span]] = defaultdict(set)
        for key, hits in recorder.hits.items():
            code = recorder.codes[key]
            for pc, seen in hits.items():
                span = code.spans.get(pc)
                if span is None or not seen & RAN:
                    continue
                ran[span.file].add(span)
                for condition in conditions.get(span, ()):
                    self._outcomes[condition] |= _outcomes(condition, seen)
        self._ran = {file: tuple(spans) for file, spans in ran.items()}

    def tally(self, files: Iterable[str]) -> Tally:
        """Count what was covered of some files."""
        kept, points = set(files), self._build.points
        conditions = [condition for condition in points.conditions if condition.span.file in kept]
        missed = tuple(
            Missed(condition, outcome)
            for condition in conditions
            for outcome in (True, False)
            if outcome not in self._outcomes[condition]
        )
        branches = Count(2 * len(conditions) - len(missed), 2 * len(conditions))
        statements, unreached = self._count([span for span in points.statements if span.file in kept])
        functions, _ = self._count([span for span in points.functions if span.file in kept])
        return Tally(branches, statements, functions, missed, unreached)

    def _count(self, spans: Sequence[Span]) -> tuple[Count, tuple[Span, ...]]:
        unreached = tuple(span for span in spans if not any(map(span.holds, self._ran.get(span.file, ()))))
        return Count(len(spans) - len(unreached), len(spans)), unreached


def _outcomes(condition: Condition, seen: int) -> set[bool]:
    if condition.when_jumped is None:
        shows = ((True, NONZERO), (False, ZERO))
    else:
        shows = ((condition.when_jumped, JUMPED), (not condition.when_jumped, WENT_ON))
    return {outcome for outcome, bit in shows if seen & bit}


def files_of(build: Build, contract: str) -> set[str]:
    """Return the counted files that a contract's code comes from: its own, its bases' and its libraries'."""
    counted = {span.file for span in build.points.statements}
    counted |= {condition.span.file for condition in build.points.conditions}
    codes = [code for code in (*build.creations, *build.runtimes) if code.contract == contract]
    return {span.file for code in codes for span in code.spans.values()} & counted
