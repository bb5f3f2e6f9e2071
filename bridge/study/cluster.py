"""Tasks on a Dask cluster. Dask is optional: it is loaded when a cluster is asked for.

Scheduler and workers have the versions and sources of this process. Each task checks it, because a worker may join at
any time, and other versions would give other numbers.
Give each worker one thread (`dask worker ADDRESS --nthreads 1`): tasks hold the interpreter's lock. Dask itself runs
the tasks of a dead worker again; one that it gives up, because several workers died with it, is tried again alone.
"""

from __future__ import annotations

import platform
import re
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, Final

from bridge.errors import BadConfig, BridgeError, MissingTool
from bridge.study.inputs import versions
from bridge.study.processes import AHEAD, loading_failed, worker_died
from bridge.study.progress import Progress
from bridge.study.tasks import Answer, Task, Work, attempt, failure_of, try_loading
from bridge.study.threads import limit_this_process

ADDRESS: Final = re.compile(r"(tcp|tls|ucx)://\S+:\d+")
CONNECT_WITHIN: Final = 10.0  # seconds
LOOK_EVERY: Final = 5.0  # seconds without an answer after which the cluster is looked at
PATIENCE: Final = 60.0  # seconds for which a cluster may be without a worker, as when one restarts


def on_cluster(
    tasks: Sequence[Task], work: Work, address: str, run: str, retries: int, progress: Progress
) -> Iterator[Answer]:
    """Do tasks on the workers of a Dask scheduler; answers come as they are done.

    Parameters
    ----------
    address
        Of the scheduler, as tcp://host:port.
    run
        A name that no other run has: tasks of two runs on one cluster must not be taken for each other.
    retries
        How often a task that Dask gave up is tried again, alone.

    Raises
    ------
    MissingTool
        Dask is not installed.
    BadConfig
        Nothing answers at the address, it has no workers, or they have other versions.
    BridgeError
        The cluster is lost, or cannot load the inputs.
    """
    if not ADDRESS.fullmatch(address):
        raise BadConfig(f"a cluster's address is like tcp://10.0.0.5:8786, not {address!r}")
    with _client(address) as client:
        slots = _checked_slots(client, address)
        loading_failed(client.submit(try_loading, work, key=f"alvh-{run}-inputs", pure=False).result())
        suspects: list[Task] = []
        yield from _together(client, deque(tasks), work, AHEAD * slots, run, suspects)
        for task in suspects:
            progress.note(f"workers died with {task.key}: it is tried again alone")
            for turn in range(1, 1 + retries):
                died: list[Task] = []
                yield from _together(client, deque([task]), work, 1, f"{run}-{turn}", died)
                if not died:
                    break
            else:
                yield worker_died(task, retries)


def _together(
    client: Any, waiting: deque[Task], work: Work, most: int, run: str, suspects: list[Task]
) -> Iterator[Answer]:
    """Do tasks, at most so many in flight; those that Dask gives up become suspects."""
    distributed = _distributed()
    flying: dict[Any, Task] = {}
    try:
        while flying or waiting:
            while waiting and len(flying) < most:
                task = waiting.popleft()
                flying[client.submit(_attempt, versions(), work, task, key=f"alvh-{run}-{task.key}", pure=False)] = task
            try:
                with client.as_current():
                    done = distributed.wait(list(flying), timeout=LOOK_EVERY, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                _look_for_workers(client)
                continue
            for future in done:
                task = flying.pop(future)
                if future.status not in ("finished", "error"):
                    raise BridgeError(f"the cluster lost the task {task.key}: run it again, what is done is kept")
                error = future.exception()
                if isinstance(error, BadConfig):
                    raise error
                if isinstance(error, distributed.KilledWorker):
                    suspects.append(task)
                else:
                    yield failure_of(task.key, error) if error else future.result()
    finally:
        client.cancel(list(flying))


def _attempt(wanted: dict[str, str], work: Work, task: Task) -> Answer:
    _limit_once()
    _compare(f"a worker on {platform.node()}", versions(), wanted)
    return attempt(work, task)


@cache
def _limit_once() -> None:
    limit_this_process()


def _distributed() -> Any:
    """Load Dask, which has no types of its own."""
    try:
        return import_module("distributed")
    except ImportError as error:
        raise MissingTool("a cluster needs Dask: pip install 'alvh[cluster]', here and on its workers") from error


@contextmanager
def _client(address: str) -> Iterator[Any]:
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=CONNECT_WITHIN, set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise BadConfig(f"no Dask scheduler answers at {address}: start one with `dask scheduler`") from error
    try:
        yield client
    except OSError as error:
        raise BridgeError(f"the cluster at {address} is lost ({error}): run it again, what is done is kept") from error
    finally:
        client.close(timeout=CONNECT_WITHIN)


def _checked_slots(client: Any, address: str) -> int:
    """Return how many tasks the cluster does at once, having compared the versions of its workers with ours."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_WITHIN)
    except TimeoutError as error:
        raise BadConfig(f"{address} has no workers: start some: `dask worker {address} --nthreads 1`") from error
    try:
        theirs: dict[str, dict[str, str]] = client.run(versions)
    except ImportError as error:
        raise BadConfig(f"workers of {address} cannot import alvh ({error}): install it there") from error
    for worker, found in theirs.items():
        _compare(f"the worker {worker}", found, versions())
    return int(sum(client.nthreads().values()))


def _compare(worker: str, found: dict[str, str], wanted: dict[str, str]) -> None:
    other = [f"{name} {found.get(name)} for {value}" for name, value in wanted.items() if found.get(name) != value]
    if other:
        raise BadConfig(f"{worker} has {', '.join(other)}: install the same there")


def _look_for_workers(client: Any) -> None:
    """Wait for a cluster without workers, but not for ever."""
    deadline = time.monotonic() + PATIENCE
    while not client.nthreads():
        if time.monotonic() > deadline:
            raise BridgeError(f"the cluster has had no worker for {PATIENCE:.0f} s: start some and run it again")
        time.sleep(1.0)
