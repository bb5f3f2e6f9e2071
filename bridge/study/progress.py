"""What is said while tasks run: a bar on a terminal, a line now and then elsewhere, nothing where a program reads."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from bridge.formats import duration, plain

if TYPE_CHECKING:
    from rich import progress as bars

LINES: Final = 10  # that a run without a terminal writes
SPEED_OVER: Final = 600.0  # seconds of past tasks from which the remaining time follows


class Progress(Protocol):
    """Whoever listens to a run."""

    def begin(self, total: int, kept: int) -> None:
        """Hear of the number of tasks, and how many of them an earlier run finished."""

    def step(self, failed: bool) -> None:
        """Hear that one more task has its result, or has failed."""

    def note(self, text: str) -> None:
        """Hear of something else, in one line."""

    def end(self) -> None:
        """Hear that no more tasks run, for whatever reason; always called once after begin."""


class Silent:
    """Nothing is said."""

    def begin(self, total: int, kept: int) -> None:
        """Say nothing."""

    def step(self, failed: bool) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""


class Lines:
    """A line for every tenth of the tasks.

    Parameters
    ----------
    stream
        Where it is written to.
    clock
        Seconds, from any beginning.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._total = self._kept = self._done = self._failed = self._said = 0
        self._start = 0.0

    def begin(self, total: int, kept: int) -> None:
        """Say what is there already."""
        self._total, self._kept, self._done, self._start = total, kept, 0, self._clock()
        if kept:
            self.note(f"{kept} of {total} runs are done already")

    def step(self, failed: bool) -> None:
        """Count, and say a line where a tenth is full."""
        self._done += 1
        self._failed += failed
        wanted = self._total - self._kept
        tenth = self._done * LINES // wanted
        if tenth > self._said:
            self._said = tenth
            self.note(self._line(wanted - self._done))

    def note(self, text: str) -> None:
        """Say a line."""
        self._stream.write(plain(text) + "\n")
        self._stream.flush()

    def end(self) -> None:
        """Say nothing: the caller reports."""

    def _line(self, left: int) -> str:
        elapsed = self._clock() - self._start
        words = [f"{self._kept + self._done} of {self._total} runs"]
        words += [f"{self._failed} failed"] if self._failed else []
        words += [duration(round(elapsed))]
        words += [f"about {duration(round(elapsed / self._done * left))} left"] if left else []
        return ", ".join(words)


class Bar:
    """A bar with counts, the time that has passed and the time that is left; gone when the run ends."""

    def __init__(self) -> None:
        self._bar: bars.Progress | None = None
        self._failed = 0

    def begin(self, total: int, kept: int) -> None:
        """Draw it, with earlier tasks as done."""
        from rich import progress as bars
        from rich.console import Console

        self._bar = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeElapsedColumn(),
            bars.TextColumn("left"),
            bars.TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
            speed_estimate_period=SPEED_OVER,
        )
        self._bar.start()
        self._bar.add_task("runs", total=total, completed=kept)

    def step(self, failed: bool) -> None:
        """Move it on."""
        if self._bar:
            self._failed += failed
            words = f"runs, {self._failed} failed" if self._failed else "runs"
            self._bar.update(self._bar.task_ids[0], advance=1, description=words)

    def note(self, text: str) -> None:
        """Say a line above it."""
        if self._bar:
            self._bar.console.print(plain(text), markup=False)

    def end(self) -> None:
        """Take it away."""
        if self._bar:
            self._bar.stop()


def progress_for(quiet: bool, stream: TextIO | None = None) -> Progress:
    """Return what suits whoever watches.

    Parameters
    ----------
    quiet
        A program reads, as with --json: nothing is said.
    stream
        Standard error, if left out; a bar is drawn only where that is a terminal.
    """
    if quiet:
        return Silent()
    watched = stream or sys.stderr
    return Bar() if stream is None and watched.isatty() else Lines(watched)
