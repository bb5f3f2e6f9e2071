"""From settings to figures: the one way to a study, for the command, `make study` and the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bridge.files import write_whole
from bridge.study.inputs import read_inputs
from bridge.study.markets.spec import MARKETS
from bridge.study.play import check_window, load_market, play, study_tasks
from bridge.study.progress import Progress
from bridge.study.runner import TasksRun, run_tasks
from bridge.study.settings import StudySettings
from bridge.study.store import Store
from bridge.study.summary import summarise
from bridge.study.tasks import Part, Task, WithInputs
from bridge.study.threads import one_thread

SUMMARY: Final = "summary.json"


@dataclass(frozen=True)
class Study:
    """What a study left: its figures, where they are, and what became of its tasks."""

    summary: Mapping[str, Any]
    folder: Path
    done: TasksRun


@dataclass(frozen=True)
class _Market:
    """A market with the settings it is played by: what a worker loads once."""

    settings: StudySettings

    def load(self) -> Any:
        return load_market(self.settings)


def _work(task: Task, market: Any, settings: StudySettings) -> Part:
    return play(task, market, settings)


def run_study(
    settings: StudySettings,
    folder: Path,
    *,
    workers: int = 1,
    cluster: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Study:
    """Play every strategy of a study, keep the results in a folder, and return the figures.

    Parameters
    ----------
    settings
        What is played.
    folder
        Of the results: absent, empty, or of the same study, which then goes on.
    workers, cluster, progress
        As `bridge.study.runner.run_tasks` takes them. force: throw away what another study left in the folder.

    Raises
    ------
    BadConfig, BadFile
        A setting, the market's files or the folder cannot be used.
    MissingTool
        A package that the market or the cluster needs is not installed.
    """
    tasks = study_tasks(settings)
    with one_thread():  # as in a worker, so that its numbers have the same bits
        market = load_market(settings)
    check_window(settings, market)
    inputs = read_inputs(settings.document(), MARKETS[settings.market].files(settings))
    load = _Market(settings).load if workers > 1 or cluster else lambda: market
    work = WithInputs(load, partial(_work, settings=settings))
    with Store(folder, inputs, force=force) as store:
        done = run_tasks(tasks, work, store=store, workers=workers, cluster=cluster, progress=progress)
    summary = summarise(done, settings, market) | {"inputs_sha256": inputs.sha256, "files": dict(inputs.files)}
    write_whole(folder / SUMMARY, json.dumps(summary, indent=1, allow_nan=False) + "\n")
    return Study(summary, folder, done)
