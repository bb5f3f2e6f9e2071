"""Run tests on other bytecode: pytest in a fork of a worker that has imported the libraries already."""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
from dataclasses import dataclass, field
from typing import Any

from .compiler import ROOT, Bytecodes, start_own

PATIENCE = 300
"""Seconds of one trial; the tests of the slowest target take a tenth of it."""
NO_END = "no end"
"""In place of a test's name: none failed, and they did not come to their end."""
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "--rootdir", str(ROOT))
"""Without the collection of garbage at the end, which takes as long as a quick trial."""
LIBRARIES = (
    "pytest",
    "hypothesis",
    "bridge.local.world",
    "bridge.local.rounds",
    "bridge.config",
    "hedge.volatility.realized",
)
"""What the tests import, and what takes long to import."""


@dataclass
class Trial:
    """The first test that failed and how; how long each test took, in seconds. It is a pytest plugin, too."""

    test: str = ""
    why: str = ""
    durations: dict[str, float] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take note of a step of a test."""
        self.durations[report.nodeid] = self.durations.get(report.nodeid, 0.0) + report.duration
        if report.failed and not self.test:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.test, self.why = report.nodeid, (crash.message if crash else str(report.longrepr))[:300]


def prepare() -> None:
    """Make a worker ready: import what every trial needs, and leave the machine to others."""
    os.nice(15)
    start_own()
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()


def tried(changed: Bytecodes, tests: list[str], patience: int = PATIENCE) -> Trial:
    """Run tests until one fails, with other bytecode of some contracts; `patience` : seconds that they may take.

    Raises
    ------
    RuntimeError
        The tests could not be run, which says nothing about the bytecode.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reader)
        _be_the_fork(changed, tests, writer)
    os.close(writer)
    ready, _, _ = select.select([reader], [], [], patience)
    said = b"".join(iter(lambda: os.read(reader, 65_536), b"")) if ready else b""
    os.close(reader)
    if not ready:
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not ready:
        return Trial(NO_END, f"no end within {patience} s")
    if not said:
        raise RuntimeError(f"pytest ended without a word on {tests[0]}")
    code, trial = json.loads(said)
    if code not in (0, 1) or (code == 1) != bool(trial["test"]):
        raise RuntimeError(f"pytest ended with {code} on {tests[0]}: {trial['why'] or 'no test failed'}")
    return Trial(**trial)


def _be_the_fork(changed: Bytecodes, tests: list[str], writer: int) -> None:
    """Run pytest, say what it found, and end without cleaning up what the worker still needs."""
    import pytest

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    _replace_bytecode(changed)
    trial = Trial()
    try:
        code = int(pytest.main([*OPTIONS, *tests], [trial]))
        with os.fdopen(writer, "w") as pipe:
            json.dump([code, vars(trial)], pipe)
    finally:
        os._exit(0)


def _replace_bytecode(changed: Bytecodes) -> None:
    """Change what a packaged artifact is made of, before the first is read."""
    from bridge import artifacts

    kept = artifacts.Artifact

    def made(name: str, abi: Any, bytecode: str, runtime: str) -> Any:
        return kept(name, abi, *changed.get(name, (bytecode, runtime)))

    artifacts.Artifact = made
