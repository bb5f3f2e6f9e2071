"""The commands that people wait for, from the start of a process, beside the same ones of an earlier commit.

Three run against a local chain of their own program, in a folder of their own; the fourth plans a stated book on
recorded quotes (ALVH_DATA or ../shared/data), without a chain.
"""

import tempfile
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.cases import Arrays, Case
from benchmarks.peers_command import COMMAND, PORT, runner
from benchmarks.program_cases import ALVH

ROUNDS, CALLS = 5, 1


def command_case(row: str) -> Case:
    """Return a row; both sides end with 0."""
    call = runner(row, ALVH, tempfile.mkdtemp(prefix="alvh-now-"), PORT + 1)

    def columns(code: int) -> Arrays:
        return {"code": np.array([float(code)])}

    return Case(row, {"count": np.array([1])}, call, {"code": 1.0}, 0.0, columns, ROUNDS, CALLS)


COMMAND_CASES: dict[str, Callable[[], Case]] = {row: partial(command_case, row) for row in COMMAND}
