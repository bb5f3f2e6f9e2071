"""Runs that tests of the study runner share, and work that they give to workers, which import it by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from bridge.errors import BadFile
from bridge.study.inputs import RunInputs
from bridge.study.runner import TasksRun, run_tasks
from bridge.study.store import Store
from bridge.study.tasks import Part, Task, Work
from hedge.errors import BadInput

INPUTS = RunInputs({"seed": 7}, {}, {"alvh": "test"})
DRAWS = [Task(f"path {seed}", seed) for seed in range(12)]


def run(folder: Path, tasks: list[Task], work: Work, **options: object) -> TasksRun:
    """Run tasks of these inputs into a folder."""
    with Store(folder, INPUTS) as store:
        return run_tasks(tasks, work, store=store, **options)  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, bytes]:
    """Return what a run left, but for its time."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != "manifest.json"}


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


def variables_it_has(task: Task) -> Part:
    """Say which of these variables the worker was born with, or has now."""
    born = Path("/proc/self/environ").read_bytes().decode(errors="replace").split("\0")
    names = {variable.partition("=")[0] for variable in born} | set(os.environ)
    return Part({}, {"seen": [name for name in task.arguments if name in names]})
