"""Tasks in this process, or in workers on this machine.

Workers come from a fork server: a process that has loaded pandas and pyarrow once, runs no threads, and forks a worker
in a few milliseconds. Forking this process itself would copy locks that its threads (Arrow's, a progress bar's) hold
and nobody would ever free; spawning would import pandas in each worker. Without a fork server workers are spawned.

A worker that dies takes its pool with it, and nobody knows which of the tasks in flight it was. So all of them run
again when the others are done, each alone: a task that kills its worker can then only harm itself, and one that wanted
more memory than was left beside others has the machine's.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing.context import BaseContext
from typing import Final

from bridge.environment import without_secrets
from bridge.errors import BridgeError
from bridge.study.progress import Progress
from bridge.study.tasks import Answer, Task, TaskFailure, WithInputs, Work, attempt, failure_of, try_loading
from bridge.study.threads import limit_this_process, one_thread

AHEAD: Final = 2  # tasks handed out per worker: one runs, one waits, so that no worker idles while a part is written
PRELOADED: Final = ("pandas", "pyarrow.parquet")
FORKED: Final = "forkserver" in multiprocessing.get_all_start_methods()


def here(tasks: Sequence[Task], work: Work) -> Iterator[Answer]:
    """Do tasks in this process, one after the other.

    Raises
    ------
    BridgeError
        The inputs cannot be loaded.
    """
    with one_thread():  # as in a worker, so that a dot product has the same bits
        loading_failed(try_loading(work))
        for task in tasks:
            yield attempt(work, task)


def in_workers(tasks: Sequence[Task], work: Work, workers: int, retries: int, progress: Progress) -> Iterator[Answer]:
    """Do tasks in worker processes; answers come as they are done.

    Parameters
    ----------
    retries
        How often a task is tried again, alone, after a worker died with it.

    Raises
    ------
    BridgeError
        Workers cannot start, or cannot load the inputs.
    """
    waiting, suspects = deque(tasks), list[Task]()
    with one_thread(), without_secrets():  # what workers are born with
        while waiting:
            with _pool(min(workers, len(waiting)), work) as pool:
                before = len(suspects)
                yield from _together(pool, waiting, work, AHEAD * workers, suspects)
            if len(suspects) > before:
                progress.note(f"a worker died: {len(suspects) - before} tasks in flight will be tried again alone")
        yield from _alone(suspects, work, retries, progress)


def _together(
    pool: ProcessPoolExecutor, waiting: deque[Task], work: Work, most: int, suspects: list[Task]
) -> Iterator[Answer]:
    """Do waiting tasks until none is left or a worker dies; those that were in flight then are suspects."""
    flying: dict[Future[Answer], Task] = {}
    broken = False
    while flying or (waiting and not broken):
        while waiting and len(flying) < most and not broken:
            try:
                flying[pool.submit(attempt, work, waiting[0])] = waiting[0]
                waiting.popleft()
            except BrokenProcessPool:
                broken = True
        for future in wait(flying, return_when=FIRST_COMPLETED).done:
            task = flying.pop(future)
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                broken = True
                suspects.append(task)
            else:
                yield failure_of(task.key, error) if error else future.result()


def _alone(suspects: Sequence[Task], work: Work, retries: int, progress: Progress) -> Iterator[Answer]:
    """Try each suspect with no other task beside it, in a fresh worker after each death."""
    left = deque((task, retries) for task in suspects)
    while left:
        with _pool(1, work) as pool:
            while left:
                task, tries = left.popleft()
                if not tries:
                    yield worker_died(task, retries)
                    continue
                died: list[Task] = []
                yield from _together(pool, deque([task]), work, 1, died)
                if died:
                    progress.note(f"the worker of {task.key} died")
                    left.appendleft((task, tries - 1))
                    break


def worker_died(task: Task, retries: int) -> TaskFailure:
    """Return the failure of a task that no worker survives."""
    times = f"{1 + retries} times" if retries else "once"
    return TaskFailure(
        task.key, "WorkerDied", f"its worker died {times} (killed, out of memory or crashed): give it more memory"
    )


def loading_failed(failure: TaskFailure | None) -> None:
    """Raise a failure to load the inputs, which ends the run.

    Raises
    ------
    BridgeError
        There is a failure.
    """
    if failure:
        raise BridgeError(f"the inputs of the run cannot be loaded: {failure.kind}: {failure.message}")


@contextmanager
def _pool(workers: int, work: Work) -> Iterator[ProcessPoolExecutor]:
    """Start workers and prove that one lives and has its inputs; whatever interrupts the block ends them at once."""
    strangers = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=_context(work), initializer=_enter_worker)
    whole = False
    try:
        try:
            loading_failed(pool.submit(try_loading, work).result())
        except BrokenProcessPool as error:
            raise BridgeError(
                "workers die at their start: the work must be a function of a module that they can import, and its "
                "inputs must fit into their memory"
            ) from error
        yield pool
        whole = True
    finally:
        if not whole:
            for child in set(multiprocessing.active_children()) - strangers:
                child.terminate()
        pool.shutdown(cancel_futures=True)


def _context(work: Work) -> BaseContext:
    if not FORKED:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    function = work.work if isinstance(work, WithInputs) else work
    while isinstance(function, partial):
        function = function.func
    home = function.__module__
    context.set_forkserver_preload([*PRELOADED, __name__, *([] if home == "__main__" else [home])])
    return context


def _enter_worker() -> None:
    """Prepare a worker: Ctrl-C is the parent's, one thread, and no life without the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_this_process()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End a worker whose parent was killed: it would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        sys.stderr.flush()
        os._exit(1)
