"""The row of a whole walk-forward: ten strategies over 33 weeks of Deribit's option books, from settings to figures.

The books hold 22 weeks: one run of all of them and one of the first eleven. There is no peer that plays the same; the
row watches time. By hand, with memory: python -m benchmarks.study_cases
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.cases import Arrays, Case
from benchmarks.environment import HERE

WORKERS, ELEVENTH = 2, date(2026, 3, 18)


def play(folder: Path) -> list[float]:
    """Play both runs and return the CVaR95 of every strategy."""
    from bridge.study.settings import StudySettings
    from bridge.study.study import run_study

    settings = StudySettings(market="deribit")
    studies = {"whole": settings, "half": settings.model_copy(update={"end": ELEVENTH})}
    found = [run_study(chosen, folder / name, workers=WORKERS).summary for name, chosen in studies.items()]
    return [one["cvar95"] for summary in found for one in summary["strategies"]]


def walk_forward_case() -> Case:
    """Return the row: start of the process included."""

    def call() -> str:
        command = [sys.executable, "-m", "benchmarks.study_cases"]
        return subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True).stdout

    def columns(answer: str) -> Arrays:
        return {"cvar95": np.array(json.loads(answer)["cvar95"])}

    return Case("walk_forward_33w", {"count": np.array([33])}, call, {"cvar95": 1.0}, 0.0, columns, rounds=1, calls=1)


STUDY_CASES = {"walk_forward_33w": walk_forward_case}

if __name__ == "__main__":
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        tails = play(Path(name))
    used = {
        who: resource.getrusage(kind).ru_maxrss // 1024
        for who, kind in (("here_mb", resource.RUSAGE_SELF), ("largest_worker_mb", resource.RUSAGE_CHILDREN))
    }
    print(json.dumps({"seconds": round(time.perf_counter() - start, 2), **used, "cvar95": tails}))  # noqa: T201
