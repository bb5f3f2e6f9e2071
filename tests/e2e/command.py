"""`alvh` in a process of its own, and what it left behind."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

SECONDS: Final = 300
"""After which a command is taken for one that hangs."""


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return its JSON answer."""
        return json.loads(self.out)


Run = Callable[..., Done]


def fresh(folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Done:
    """Run a command in a Python that starts for it."""
    variables = _variables(environment)
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps its byte code
    answer = subprocess.run(
        [sys.executable, "-m", "bridge", *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Done(answer.returncode, answer.stdout, answer.stderr)


def forked(folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Done:
    """Run a command in a process forked from one that has the libraries loaded."""
    streams = [folder / f".{name}" for name in ("out", "err")]
    process = _context().Process(target=_command, args=(folder, tuple(arguments), _variables(environment), streams))
    process.start()
    process.join(SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"alvh {' '.join(arguments)} took more than {SECONDS} s")
    out, err = (stream.read_text(encoding="utf-8") for stream in streams)
    for stream in streams:
        stream.unlink()
    return Done(process.exitcode, out, err)


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "150", **environment}


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.e2e.preload"])
    return context


def _command(folder: Path, arguments: tuple[str, ...], variables: dict[str, str], streams: Sequence[Path]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    for number, stream in enumerate(streams, start=1):
        with stream.open("wb") as file:
            os.dup2(file.fileno(), number)
    sys.argv = ["alvh", *arguments]
    from bridge.cli import main

    main()
