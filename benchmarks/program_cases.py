"""The rows that start the program as a user does: its help, and the whole demo once more."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.cases import Arrays, Case
from benchmarks.environment import HERE

ALVH = Path(sys.executable).parent / "alvh"
HELP_CALLS, DEMO_ROUNDS = 1, 3
HASH_GAS = 32 * 12
"""By which two calls that carry another plan's hash may differ: a byte of calldata that is zero costs 12 gas less."""


def help_case() -> Case:
    """`alvh --help` from the start of a process; the peer is an interpreter that does nothing at all."""

    def call() -> int:
        return subprocess.run([ALVH, "--help"], stdout=subprocess.DEVNULL, check=True).returncode

    def columns(code: int) -> Arrays:
        return {"code": np.array([float(code)])}

    return Case("cli_help", {"count": np.array([1])}, call, {"code": 1.0}, 0.0, columns, calls=HELP_CALLS)


def demo_case() -> Case:
    """`alvh demo` where it ran before; the peer's world is built and moved by web3.py. Times and values are equal.

    Gas is equal but for the bytes of the plan's hash: blocks whose transactions another signed have other hashes.
    """

    def call() -> str:
        with tempfile.TemporaryDirectory() as folder:
            command = [ALVH, "demo", "--json", "--report", f"{folder}/demo.html"]
            return subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True).stdout

    units = {"parameters": 1.0, "times": 1.0, "gas": 2.0 * HASH_GAS}
    return Case("demo_again", {"count": np.array([1])}, call, units, 0.5, demo_columns, DEMO_ROUNDS, 1)


def demo_columns(answer: str) -> Arrays:
    """Return what a demo's JSON says of its chain: values in force at the end, gas and time of each step."""
    done = json.loads(answer)
    found = {
        "gas": [step["gas"] or 0 for step in done["steps"]],
        "times": [step["timestamp"] or 0 for step in done["steps"]],
        "parameters": done["parameters_after"],
    }
    return {name: np.array(values, dtype=float) for name, values in found.items()}


PROGRAM_CASES = {"cli_help": help_case, "demo_again": demo_case}
