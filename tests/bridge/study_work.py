"""Work that tests of the study runner give to workers, which import it by name: nothing heavier than they need."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from bridge.errors import BadFile
from bridge.study.tasks import Part, Task
from hedge.errors import BadInput


def draw(task: Task) -> Part:
    """Draw from the task's own seed; the dot product is long enough for OpenBLAS to use its threads."""
    values = np.random.default_rng(task.arguments).normal(size=100_000)
    frame = pd.DataFrame({"path": [f"p{task.arguments}"], "dot": [values @ values[::-1].copy()]})
    return Part({"draws": frame}, {"mean": float(values.mean())})


def sleep(task: Task) -> dict[str, pd.DataFrame]:
    """Take some seconds and no processor."""
    time.sleep(task.arguments)
    return {"slept": pd.DataFrame({"seconds": [task.arguments]})}


def note_and_sleep(folder: Path, task: Task) -> dict[str, pd.DataFrame]:
    """Leave a file that counts the calls, and who made them."""
    with (folder / task.key).open("a") as file:
        file.write(f"{os.getpid()}\n")
    return sleep(task)


def die_first(folder: Path, task: Task) -> Part:
    """Kill the process the first time that a task with arguments -1 comes by; -2 kills it each time."""
    seen = folder / task.key
    if task.arguments == -2 or (task.arguments == -1 and not seen.exists()):
        seen.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(Task(task.key, abs(task.arguments)))


def fail(task: Task) -> Part:
    """Raise one of several kinds of error, as strategies do."""
    if task.arguments == "hedge":
        raise BadInput("spot", -1.0, "be above 0")
    if task.arguments == "bridge":
        raise BadFile("prices.csv", "no such file")
    if task.arguments == "foreign":
        raise RuntimeError("two\nlines")
    if task.arguments == "exit":
        sys.exit("enough")
    if task.arguments == "nan fact":
        return Part({}, {"sharpe": float("nan")})
    if task.arguments == "frame name":
        return Part({"../x": pd.DataFrame()})
    if task.arguments == "no frame":
        return Part({"mixed": pd.DataFrame({"a": [1, "b", object()]})})
    return draw(Task(task.key, 1))


def read_inputs(folder: Path) -> int:
    """Count in which processes inputs were loaded."""
    with (folder / "loaded").open("a") as file:
        file.write(f"{os.getpid()}\n")
    return 7


def absent_inputs() -> int:
    """Fail as a reader does."""
    raise BadFile("prices.csv", "no such file")


def multiply(task: Task, inputs: int) -> Part:
    """Use the inputs."""
    return Part({}, {"product": task.arguments * inputs, "pid": os.getpid()})
