"""A task, its result, and how one is tried in whatever process it lands in.

Workers import this module before they do anything, so it imports nothing heavy: pandas and pyarrow come with the first
frame that is encoded. The worker encodes its frames, so that the parent only writes bytes, and so that a frame that
parquet cannot hold is a failure of its task and of nothing else.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from bridge.errors import Terminated

if TYPE_CHECKING:
    import pandas as pd

LONGEST_MESSAGE: Final = 400  # letters of an error that a table and a log still show
FRAME_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")  # it names a folder


@dataclass(frozen=True)
class Task:
    """One piece of work.

    Parameters
    ----------
    key
        Its name, the same in every run: results are kept and found by it.
    arguments
        What the work needs to know of it: small, picklable, and following from the run's inputs.
    """

    key: str
    arguments: Any = None


@dataclass(frozen=True)
class Part:
    """The result of a task: frames, each by a name of small letters, digits and `_`, and facts that JSON can hold."""

    frames: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EncodedPart:
    """A task's result as it travels and is stored: parquet files, rows of each, and facts as JSON."""

    key: str
    frames: Mapping[str, bytes]
    rows: Mapping[str, int]
    facts: str


@dataclass(frozen=True)
class TaskFailure:
    """A task without a result: the kind of error, its message in one line, and where it arose (`file.py:12`)."""

    key: str
    kind: str
    message: str
    place: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.key}: {self.kind}: {self.message}" + (f" ({self.place})" if self.place else "")


Work = Callable[[Task], "Part | Mapping[str, pd.DataFrame]"]
Answer = EncodedPart | TaskFailure
Inputs = TypeVar("Inputs")


@dataclass(frozen=True)
class WithInputs(Generic[Inputs]):
    """Work whose inputs are loaded once in each process, not once a task.

    Parameters
    ----------
    load
        A picklable function without arguments (`functools.partial(read_bars, path)`) that returns the inputs.
    work
        Called as work(task, inputs); it must leave the inputs as they are.
    run
        Which run the inputs are loaded for; `run_tasks` sets it, so that a worker that outlives a run reads anew.
    """

    load: Callable[[], Inputs]
    work: Callable[[Task, Inputs], Part | Mapping[str, pd.DataFrame]]
    run: str = ""

    def __call__(self, task: Task) -> Part | Mapping[str, pd.DataFrame]:
        """Do a task."""
        return self.work(task, self.inputs())

    def inputs(self) -> Inputs:
        """Return the inputs, loaded at the first call of this process for this run."""
        with _LOADING:
            if self.run not in _LOADED:
                _LOADED.clear()  # those of an earlier run: two would not fit where one just does
                _LOADED[self.run] = self.load()
            loaded: Inputs = _LOADED[self.run]
        return loaded


_LOADED: dict[str, Any] = {}
_LOADING = threading.Lock()  # a Dask worker may have several threads


def attempt(work: Work, task: Task) -> Answer:
    """Try a task once; whatever it raises becomes a `TaskFailure`."""
    # A strategy is foreign code: any exception and `exit()` end its task. Ctrl-C ends the run.
    try:
        with redirect_stdout(sys.stderr):  # what a strategy prints is not part of the answer
            return _encoded(task.key, work(task))
    except Terminated:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return failure_of(task.key, error)


def try_loading(work: Work) -> TaskFailure | None:
    """Load the inputs of work that has some; a failure is the run's, not a task's."""
    if not isinstance(work, WithInputs):
        return None
    try:
        work.inputs()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
        return failure_of("inputs", error)
    return None


def failure_of(key: str, error: BaseException) -> TaskFailure:
    """Describe an error in one line."""
    message = " ".join(str(error).split()) or "no message"
    if len(message) > LONGEST_MESSAGE:
        message = message[: LONGEST_MESSAGE - 1] + "…"
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return TaskFailure(key, type(error).__name__, message, place)


def _encoded(key: str, result: Part | Mapping[str, pd.DataFrame]) -> EncodedPart:
    part = result if isinstance(result, Part) else Part(result)
    for name in part.frames:
        if not FRAME_NAME.fullmatch(name):
            raise ValueError(f"a frame's name is small letters, digits and _, not {name!r}")
    # Plain settings, no thread of Arrow's own: the same frame is the same bytes in any process.
    frames = {name: frame.to_parquet(engine="pyarrow", compression="zstd") for name, frame in part.frames.items()}
    rows = {name: len(frame) for name, frame in part.frames.items()}
    return EncodedPart(key, frames, rows, json.dumps(part.facts, sort_keys=True, allow_nan=False))
