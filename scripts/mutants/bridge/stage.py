"""One pytest that has everything loaded and collected, from which each trial is forked.

What a trial costs is then its tests: no start of Python, no import, no collection. In a fork, the commands of tests/e2e
run in forks of it in turn, and see the same changed functions; a Python that a test starts by itself reads the changed
source (start/sitecustomize.py).
"""

from __future__ import annotations

import builtins
import gc
import importlib
import json
import multiprocessing
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import psutil
import pytest
from rich.console import Console

from bridge.genesis import GovernanceTerms
from bridge.local.anvil import anvil
from bridge.local.price_path import simulated_path
from bridge.local.world import build_world

from ..compiler import ROOT
from ..trial import Trial
from .swap import NOTE, Loaded, module_of

OPTIONS = ("-q", "-s", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-c", str(ROOT / "pyproject.toml"))
START = Path(__file__).parent / "start"


class Stage:
    """A pytest plugin that does `work` where pytest would run the tests it collected."""

    def __init__(self, work: Callable[[Stage], None], sources: list[str], folder: Path, console: Console) -> None:
        self._work, self._sources = work, sources
        self.console = console
        self.folder = folder
        """Changed sources for a Python that a test starts, notes of what ran, and the folders of tests."""
        self.trial = Trial()
        self.items: dict[str, pytest.Item] = {}
        self.seen: set[str] = set()
        self.lasting: dict[str, set[str]] = {}
        """What fixtures of more than one test ran, by name, where the code notes it."""

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take note of a step of a test."""
        self.trial.pytest_runtest_logreport(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Keep apart what a fixture runs that later tests will not run again."""
        if fixturedef.scope == "function":
            return (yield)
        before = set(self.seen)
        self.seen.clear()
        try:
            return (yield)
        finally:
            self.lasting.setdefault(fixturedef.argname, set()).update(self.seen)
            self.seen |= before

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Do the work, from which trials are forked."""
        self._session = session
        self.items = {item.nodeid: item for item in session.items}
        for source in self._sources:  # the commands load theirs when they are called, a fork too late
            importlib.import_module(module_of(source))
        self.loaded = Loaded(self._sources)
        setattr(builtins, NOTE, self.seen.add)
        self._fork_commands()
        _warm()
        gc.collect()
        gc.freeze()
        try:
            self._work(self)
        finally:
            if sys.exc_info()[0] is not None:  # what pytest says of it is not shown
                self.console.print_exception()
        return True

    def run(self, item: pytest.Item, following: pytest.Item | None, patience: float = 0.0) -> None:
        """Run one test as pytest does; it fails after so many seconds, if any."""
        signal.signal(signal.SIGALRM, _no_end)
        signal.setitimer(signal.ITIMER_REAL, patience)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def forked(self, plays: Iterable[Play], jobs: int) -> Iterator[tuple[Any, Any]]:
        """Yield what is played by its name, and what it gave in a fork of this process, as one ends after the other.

        What takes more than its seconds gives None. So many are played at once, each with a folder of its own; the next
        is asked for when there is room, so that what came out before can choose it.

        Raises
        ------
        RuntimeError
            One failed, which says nothing about the code.
        """
        left, running = iter(plays), dict[int, _Fork]()
        while True:
            while len(running) < jobs and (play := next(left, None)) is not None:
                fork = self._fork(play)
                running[fork.reader] = fork
            if not running:
                return
            rest = min(fork.end for fork in running.values()) - time.monotonic()
            ready, _, _ = select.select([*running], [], [], max(rest, 0.0))
            for reader in ready or [reader for reader, fork in running.items() if fork.end <= time.monotonic()]:
                fork = running.pop(reader)
                yield fork.name, fork.ended(reader in ready)

    def _fork(self, play: Play) -> _Fork:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            self.folder = folder
            self._be_the_fork(play.work, writer)
        os.close(writer)
        return _Fork(play.name, child, reader, time.monotonic() + play.patience, folder)

    def _be_the_fork(self, play: Callable[[], Any], writer: int) -> NoReturn:
        answer: dict[str, Any] = {}
        try:
            os.setsid()
            os.environ["ALVH_CHANGED"] = str(self.folder)
            os.environ["PYTHONPATH"] = str(START)
            answer["gave"] = play()
            self._session.config.hook.pytest_sessionfinish(session=self._session, exitstatus=0)
        finally:  # whatever went wrong, the parent says it
            if sys.exc_info()[0] is not None:
                answer = {"trouble": traceback.format_exc()}
            with os.fdopen(writer, "w") as pipe:
                json.dump(answer, pipe)
            _end(os.getpid(), itself=False)
            os._exit(0)

    def _fork_commands(self) -> None:
        """Let tests/e2e fork commands from the test itself: another process would not see what is changed."""
        command = sys.modules.get("tests.e2e.command")
        if command is not None:
            command._context = lambda: self  # type: ignore[attr-defined]

    def Process(self, target: Callable[..., None], args: tuple[Any, ...]) -> Any:
        """Return a process for a command, for tests/e2e/command.py."""
        return multiprocessing.get_context("fork").Process(target=self._as_started, args=(target, args))

    def _as_started(self, target: Callable[..., None], args: tuple[Any, ...]) -> None:
        """Run a command without what pytest has put in place of streams and sockets."""
        import pytest_socket

        pytest_socket._remove_restrictions()
        for number, name in ((1, "stdout"), (2, "stderr")):
            setattr(sys, name, open(number, "w", closefd=False, encoding="utf-8"))  # noqa: SIM115
        self.seen.clear()
        try:
            target(*args)
        finally:
            if self.seen:
                (self.folder / f"seen-{os.getpid()}").write_text("\n".join(self.seen), encoding="utf-8")


def staged(work: Callable[[Stage], None], sources: list[str], tests: list[str]) -> None:
    """Collect tests, and do some work among them; what they print is not shown.

    Raises
    ------
    RuntimeError
        Pytest did not come to the work's end.
    """
    with tempfile.TemporaryDirectory(prefix="alvh-mutants-") as folder:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background a shell lets it be ignored
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = f"{folder}/hypothesis"
        (changed := Path(folder) / "changed").mkdir()
        kept = [os.dup(1), os.dup(2)]
        console = Console(file=os.fdopen(os.dup(2), "w"))
        quiet = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            os.dup2(quiet, number)
        stage = Stage(work, sources, changed, console)
        try:
            code = pytest.main([*OPTIONS, f"--basetemp={folder}/tests", *tests], [stage])
        finally:
            for number, stream in enumerate(kept, start=1):
                os.dup2(stream, number)
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(f"pytest ended with {code!r}")


def _warm() -> None:
    """Build a local world once: contracts, codecs and keys are read then, and each trial has them."""
    with anvil() as chain:
        build_world(chain, simulated_path(1), GovernanceTerms(), lambda text, share: None)


class Play(NamedTuple):
    """What is played in a fork, under a name, in so many seconds at most."""

    name: Any
    work: Callable[[], Any]
    patience: float


class _Fork(NamedTuple):
    """A fork that plays: the pipe that it answers by, the second after which it is ended, its folder."""

    name: Any
    child: int
    reader: int
    end: float
    folder: Path

    def ended(self, answers: bool) -> Any:
        """Return its answer, or end it and return None; remove what it left among the changed sources."""
        said = b"".join(iter(lambda: os.read(self.reader, 65_536), b"")) if answers else b""
        os.close(self.reader)
        if not answers:
            _end(self.child)
        os.waitpid(self.child, 0)
        shutil.rmtree(self.folder, ignore_errors=True)
        if not answers:
            return None
        answer = json.loads(said or '{"trouble": "the fork ended without a word"}')
        if "trouble" in answer:
            raise RuntimeError(answer["trouble"])
        return answer["gave"]


class NoEnd(BaseException):
    """A test takes too long; no code of ours catches this."""


def _no_end(number: int, frame: object) -> NoReturn:
    raise NoEnd("no end")


def _end(fork: int, itself: bool = True) -> None:
    """Kill what a fork has started, its node in a session of its own among it, and the fork itself."""
    process = psutil.Process(fork)
    for each in process.children(recursive=True) + ([process] if itself else []):
        with suppress(psutil.NoSuchProcess):
            each.kill()
