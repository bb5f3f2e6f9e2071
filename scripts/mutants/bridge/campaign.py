"""Judge mutants of the bridge: in forks of one stage, by the tests that run the changed statement."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.progress import Progress

from ..campaign import INVALID, KILLED, SURVIVED, Verdict
from ..compiler import ROOT
from ..ledger import Ledger
from .chosen import sources
from .edits import Change
from .reach import Reached, reached
from .stage import Play, Stage, staged
from .swap import place

FILES = ("bridge/test_*.py", "e2e/test_*.py")
ELSEWHERE = ("test_study_cluster", "test_study_real", "test_study_runner", "test_study_store", "test_study_report")
ELSEWHERE += ("test_study_markets", "test_artifacts", "test_export_fuzz", "test_ledger_postgres", "test_ledger_year")
"""Test files that are about other parts of the bridge, and slow."""
ROUNDS = (6, 60)
"""How many seconds of tests a mutant gets, by the clock of the run without one: at first, and again if it survives."""
START_SECONDS, SLOWER = 30, 6
"""A test hangs that takes longer than the first and so many times as long as without a mutant."""


def test_files() -> list[str]:
    """Return the files of tests that judge the bridge."""
    found = (path for pattern in FILES for path in sorted((ROOT / "tests").glob(pattern)))
    return [str(path) for path in found if path.stem not in ELSEWHERE]


def run(changes: list[Change], ledger: Ledger, answered: set[str], jobs: int, columns: tuple[Any, ...]) -> None:
    """Try the mutants that are not settled, so many at once, and put each verdict on file."""
    left = [change for change in changes if not ledger.settled(change, answered)]
    left.sort(key=lambda change: ledger.verdict(change) is not None)  # what survived before waits
    if left:
        staged(lambda stage: _campaign(stage, left, ledger, jobs, columns), sources(), test_files())


def _campaign(stage: Stage, left: list[Change], ledger: Ledger, jobs: int, columns: tuple[Any, ...]) -> None:
    with Progress(*columns, console=stage.console) as progress:
        trials = Trials(stage, reached(stage, sources(), jobs, progress))
        for number, most in enumerate(ROUNDS, start=1):
            bar = progress.add_task("", total=len(left))
            for change, verdict in trials.judged(left, most, jobs):
                ledger.add(change, verdict)
                if verdict.outcome == SURVIVED and most == ROUNDS[-1]:
                    stage.console.print(f"survived: {change.name}", markup=False, highlight=False, soft_wrap=True)
                progress.update(bar, advance=1, description=f"{number}: {change.place}"[:32])
            left = [change for change in left if not ledger.settled(change, set())]


class Trials:
    """The tests by the places that they run, and those that have killed mutants so far."""

    def __init__(self, stage: Stage, tests: dict[str, Reached]) -> None:
        self._stage, self._tests = stage, tests
        self._by_place: dict[str, list[str]] = defaultdict(list)
        for test in sorted(tests, key=lambda test: tests[test].seconds):
            for each in tests[test].places:
                self._by_place[each].append(test)
        self._killers: dict[str, dict[str, None]] = defaultdict(dict)

    def judged(self, changes: Iterable[Change], most: float, jobs: int) -> Iterator[tuple[Change, Verdict]]:
        """Run the tests that reach a mutant until one fails, so many seconds of them at most; yield it and its verdict.

        Those that killed a mutant of the same function or source go first, the newest of them in front; then those
        that have most words of the function and its source in their names, further cases of a test each a word later.
        """
        for (change, tests, began), found in self._stage.forked(self._plays(changes, most), jobs):
            yield change, self._verdict(change, tests, found, round(time.monotonic() - began, 1))

    def _plays(self, changes: Iterable[Change], most: float) -> Iterator[Play]:
        for change in changes:
            tests = self._ordered(change, most)
            patience = START_SECONDS + sum(map(self._patience, tests))
            yield Play((change, tests, time.monotonic()), self._trial(change, tests), patience)

    def _verdict(self, change: Change, tests: list[str], found: list[str] | None, seconds: float) -> Verdict:
        if found is None:
            return Verdict(KILLED, "no end", "no end in the time that its tests have", seconds)
        test, why = found
        if why == INVALID:
            return Verdict(INVALID)
        if not test:
            return Verdict(SURVIVED, why=f"{len(tests)} tests" if tests else "no test runs it", seconds=seconds)
        for area in (change.place, change.source):
            self._killers[area].pop(test, None)
            self._killers[area][test] = None
        return Verdict(KILLED, test, why, seconds)

    def _ordered(self, change: Change, most: float) -> list[str]:
        reaching = self._by_place[place(change.source, change.line)]
        killers = [*reversed(self._killers[change.place]), *reversed(self._killers[change.source])]
        words, cases = _words(f"{change.source} {change.function}"), Counter[str]()
        turns = {test: cases.update([name := test.partition("[")[0]]) or cases[name] for test in reaching}
        akin = sorted(reaching, key=lambda test: turns[test] - len(words & _words(test)))
        kept, seconds = [], 0.0
        for test in dict.fromkeys([test for test in killers if test in reaching] + akin):
            seconds += self._tests[test].seconds
            if kept and seconds > most:
                break
            kept.append(test)
        return kept

    def _patience(self, test: str) -> float:
        return START_SECONDS + SLOWER * self._tests[test].seconds

    def _trial(self, change: Change, tests: list[str]) -> Callable[[], tuple[str, str]]:
        stage = self._stage

        def play() -> tuple[str, str]:
            code = change.applied((ROOT / change.source).read_bytes())
            stage.loaded.forget()
            if not stage.loaded.change(change.source, code, change.function):
                return "", INVALID
            (stage.folder / change.source.replace("/", "+")).write_bytes(code)
            items = [stage.items[test] for test in tests]
            for item, following in zip(items, [*items[1:], None], strict=False):
                stage.run(item, following, self._patience(item.nodeid))
                if stage.trial.test:
                    break
            return stage.trial.test, stage.trial.why

        return play


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", name.lower()))
