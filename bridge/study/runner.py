"""Many tasks, here, in workers or on a cluster, each result kept as it comes."""

from __future__ import annotations

import dataclasses
import os
import pickle
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from uuid import uuid4

from bridge.errors import BadConfig, UsageError
from bridge.study import cluster as dask
from bridge.study import processes
from bridge.study.progress import Progress, Silent
from bridge.study.results import Results
from bridge.study.store import Store
from bridge.study.tasks import Answer, Task, TaskFailure, WithInputs, Work


@dataclass(frozen=True)
class TasksRun:
    """What became of the tasks.

    Parameters
    ----------
    results
        Of every task that has one, in the order of tasks.
    failed
        The tasks without a result, in the order of tasks.
    kept
        How many results an earlier run had left.
    """

    results: Results
    failed: tuple[TaskFailure, ...]
    kept: int


def run_tasks(
    tasks: Sequence[Task],
    work: Work,
    *,
    store: Store,
    workers: int = 1,
    cluster: str | None = None,
    progress: Progress | None = None,
    retries: int = 2,
) -> TasksRun:
    """Do every task that has no result yet, and keep each result.

    The results and their bytes are the same whatever does the work, and whether or not a run was cut short. A task that
    raises, or that no worker survives, is counted as failed; the others go on. A later run tries it again.

    Parameters
    ----------
    tasks
        With distinct keys; their arguments follow from the store's inputs.
    work
        A picklable function of a module, or `WithInputs`; it returns a `Part`, or frames by name. Where it draws random
        numbers it seeds them from the task.
    store
        Where results go, in its `with` block.
    workers
        Processes on this machine; 1 is this process itself. A cluster has its own number.
    cluster
        Address of a Dask scheduler, as tcp://host:port.
    progress
        Whom to tell; nobody, if left out.
    retries
        How often a task whose worker died is tried again.

    Raises
    ------
    UsageError
        Two tasks have one key, or work cannot be sent to a worker.
    BadConfig
        `workers` or `retries` is out of range, or nothing usable is at the cluster's address.
    BadFile
        The store holds a run of other inputs, or cannot be written.
    MissingTool
        Dask is not installed.
    BridgeError
        Workers cannot start, the inputs cannot be loaded, or the cluster is lost.
    """
    _check(tasks, workers, retries)
    listener = progress or Silent()
    kept = store.begin([task.key for task in tasks])
    wanted = [task for task in tasks if task.key not in kept]
    failed: dict[str, TaskFailure] = {}
    listener.begin(len(tasks), len(kept))
    try:
        with closing(_answers(wanted, work, workers, cluster, retries, listener)) as answers:
            for answer in answers:
                if isinstance(answer, TaskFailure):
                    failed[answer.key] = answer
                else:
                    store.write(answer)
                listener.step(isinstance(answer, TaskFailure))
    finally:
        listener.end()
    failures = tuple(failed[task.key] for task in tasks if task.key in failed)
    return TasksRun(store.finish(failures), failures, len(kept))


def _answers(
    tasks: Sequence[Task], work: Work, workers: int, cluster: str | None, retries: int, progress: Progress
) -> Generator[Answer, None, None]:
    run = uuid4().hex[:12]
    if isinstance(work, WithInputs):
        work = dataclasses.replace(work, run=run)
    if not tasks:
        return
    if cluster is None and workers == 1:
        yield from processes.here(tasks, work)
        return
    _check_picklable(work)
    if cluster is None:
        yield from processes.in_workers(tasks, work, workers, retries, progress)
    else:
        yield from dask.on_cluster(tasks, work, cluster, run, retries, progress)


def _check(tasks: Sequence[Task], workers: int, retries: int) -> None:
    if not 1 <= workers <= 16 * (os.cpu_count() or 1):
        raise BadConfig(f"workers must be 1 to {16 * (os.cpu_count() or 1)} on this machine, not {workers}")
    if retries < 0:
        raise BadConfig(f"retries must be 0 or more, not {retries}")
    seen: set[str] = set()
    for task in tasks:
        if task.key in seen or not task.key:
            raise UsageError(f"each task needs a key of its own: {task.key!r} is used twice or empty")
        seen.add(task.key)


def _check_picklable(work: Work) -> None:
    try:
        pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise UsageError(f"work must be a function of a module, so that workers can import it: {error}") from error
