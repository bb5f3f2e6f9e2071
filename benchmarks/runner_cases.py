"""The row of the study runner: a hundred tasks that each take 0.2 s of processor time, in two workers, start included.

By hand, as the table of the page was made: python -m benchmarks.runner_cases WORKERS [tcp://SCHEDULER]
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.cases import Arrays, Case
from benchmarks.environment import HERE

COUNT, SECONDS, WORKERS, ROUNDS = 100, 0.2, 2, 3


def spin(task):
    """Keep a core busy for the task's seconds; return a frame as a strategy would."""
    import pandas as pd

    until = time.process_time() + SECONDS
    while time.process_time() < until:
        pass
    return {"squares": pd.DataFrame({"square": [float(task.arguments) ** 2]})}


def run(folder: Path, workers: int, cluster: str | None) -> list[float]:
    """Run the tasks and return a number of each."""
    from benchmarks import runner_cases  # by its name, so that workers find it
    from bridge.study.inputs import read_inputs
    from bridge.study.runner import run_tasks
    from bridge.study.store import Store
    from bridge.study.tasks import Task

    tasks = [Task(f"task {index}", index) for index in range(COUNT)]
    with Store(folder, read_inputs({"count": COUNT}, {})) as store:
        done = run_tasks(tasks, runner_cases.spin, store=store, workers=workers, cluster=cluster)
    return [float(frame["square"].iloc[0]) for _, frame in done.results.frames("squares")]


def runner_case() -> Case:
    """Return the row: our runner in two workers, its parts on the disk, from the start of a process."""

    def call() -> str:
        command = [sys.executable, "-m", "benchmarks.runner_cases", str(WORKERS)]
        return subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True).stdout

    def columns(answer: str) -> Arrays:
        return {"squares": np.array(json.loads(answer)["squares"])}

    arrays = {"count": np.array([COUNT])}
    return Case("runner_100", arrays, call, {"squares": 1.0}, 0.0, columns, rounds=ROUNDS, calls=1)


RUNNER_CASES = {"runner_100": runner_case}

if __name__ == "__main__":
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        squares = run(Path(name) / "out", int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
    used = {
        who: resource.getrusage(kind).ru_maxrss // 1024
        for who, kind in (("here_mb", resource.RUSAGE_SELF), ("child_mb", resource.RUSAGE_CHILDREN))
    }
    print(json.dumps({"seconds": round(time.perf_counter() - start, 2), **used, "squares": squares}))  # noqa: T201
