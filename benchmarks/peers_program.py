"""What the rows of `program_cases` are held against; see `peers_options` for the form of an entry."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ALL = 10**9
ROOT = Path(__file__).resolve().parents[1]


def bare_python(a):
    """Start an interpreter that does nothing."""

    def run():
        return subprocess.run([sys.executable, "-c", "pass"], check=True).returncode

    return run, lambda code: {"code": np.array([float(code)])}


def plain_demo(a):
    """Run the demo in a world that web3.py builds and moves, each transaction measured, signed and waited for."""

    def run():
        with tempfile.TemporaryDirectory() as folder:
            program = [sys.executable, "-m", "benchmarks.plain_demo"]
            words = ["demo", "--json", "--report", f"{folder}/demo.html"]
            return subprocess.run([*program, *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout

    def columns(answer):
        done = json.loads(answer)
        found = {
            "gas": [step["gas"] or 0 for step in done["steps"]],
            "times": [step["timestamp"] or 0 for step in done["steps"]],
            "parameters": done["parameters_after"],
        }
        return {name: np.array(values, dtype=float) for name, values in found.items()}

    return run, columns


PROGRAM = {"cli_help": {"python": (bare_python, "", ALL)}, "demo_again": {"web3.py": (plain_demo, "web3", ALL)}}
