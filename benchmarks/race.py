"""Time our call and every peer's in turn, round after round, so that a busy moment of the machine hits all alike."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.environment import HERE, ensure
from benchmarks.peers_amm import AMM
from benchmarks.peers_chain import CHAIN
from benchmarks.peers_command import COMMAND, COMMIT
from benchmarks.peers_options import OPTIONS
from benchmarks.peers_plan import PLAN
from benchmarks.peers_pool import POOL
from benchmarks.peers_program import PROGRAM
from benchmarks.peers_runner import RUNNER
from benchmarks.peers_simulate import SIMULATE

PEERS = {**OPTIONS, **AMM, **POOL, **CHAIN, **PROGRAM, **SIMULATE, **RUNNER, **PLAN, **COMMAND}
# Those that run with the product's own interpreter and packages.
_OWN_INTERPRETER = {
    "numpy", "numpy_lean", "numpy_grid", "web3.py", "evm_floor", "evm_floor_once", "python", "concurrent.futures",
    COMMIT,
}  # fmt: skip


class PeerFailed(Exception):
    """A peer that does not run with the pinned versions. Attributes: reason, the line of its error that names it."""

    def __init__(self, log: list[str]) -> None:
        named = [line for line in log if "Error" in line]
        self.reason = (named or log or ["ended without a word"])[-1].strip()[:200]
        super().__init__(self.reason)


class Peer:
    """A peer's process, which answers one timing at a time."""

    def __init__(self, name: str, row: str, folder: Path) -> None:
        python = sys.executable if name in _OWN_INTERPRETER else str(ensure())
        self.name, self.times = name, list[float]()
        self._log = (folder / f"{name}.log").open("w+")
        self._process = subprocess.Popen(
            [python, str(HERE / "worker.py"), name, row, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        start = self._answer()
        self.size, self.version = int(start["size"]), str(start["version"])
        self.results = dict(np.load(folder / f"{name}.npz"))

    def time(self, calls: int) -> None:
        """Have the peer take a turn of so many calls."""
        assert self._process.stdin
        self._process.stdin.write(f"{calls}\n")
        self._process.stdin.flush()
        self.times.append(self._answer()["ms"])

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        self._log.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):  # some peers greet
                answer: dict[str, Any] = json.loads(line)
                return answer
        self._log.seek(0)
        raise PeerFailed([line for line in self._log.read().splitlines() if line.strip()])


def race(case: Case) -> dict[str, Any]:
    """Measure one row; return it as results.json holds it."""
    ours = case.columns(case.call())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key, values in case.arrays.items():
            np.save(folder / f"{key}.npy", values)
        peers, failed = _start(case.id, folder)
        times = []
        for _ in range(case.rounds):
            times.append(min(_timed(case.call) for _ in range(case.calls)))
            for peer in peers:
                peer.time(case.calls)
        for peer in peers:
            peer.close()
    return _row(case, ours, times, peers) | {"failed": failed}


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def _start(row: str, folder: Path) -> tuple[list[Peer], dict[str, str]]:
    """Start every peer of a row; return those that answer, and why the others do not."""
    peers: list[Peer] = []
    failed: dict[str, str] = {}
    for name in PEERS.get(row, {}):
        try:
            peers.append(Peer(name, row, folder))
        except PeerFailed as error:
            failed[name] = error.reason
    return peers, failed


def _row(case: Case, ours: dict[str, np.ndarray], times: list[float], peers: list[Peer]) -> dict[str, Any]:
    whole = int(case.arrays["count"][0])
    differences = {peer.name: _difference(case, ours, peer.results) for peer in peers}
    scaled = {peer.name: np.array(peer.times) * whole / peer.size for peer in peers}
    ratios = {name: float(np.median(values / np.array(times))) for name, values in scaled.items()}
    return {
        "id": case.id,
        "ours_ms": round(float(np.median(times)), 3),
        **({"facts": case.facts} if case.facts else {}),
        "peers_ms": {name: round(float(np.median(values)), 2) for name, values in scaled.items()},
        "checked": all(difference <= case.tolerance for difference in differences.values()),
        "ratios": {name: round(ratio, 1 if ratio >= 1 else 2) for name, ratio in ratios.items()},
        "differences": differences,
        "tolerance": case.tolerance,
        "scaled_from": {peer.name: peer.size for peer in peers if peer.size < whole},
        "versions": {peer.name: peer.version for peer in peers},
    }


def _difference(case: Case, ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> float:
    """Return the greatest difference of any result, each in its unit; infinity where only one side has a number."""
    worst = 0.0
    for name, values in theirs.items():
        if name in case.units:
            unit = np.broadcast_to(case.units[name], ours[name].shape)[: len(values)]
            gap = np.abs(values - ours[name][: len(values)]) / unit
            worst = max(worst, float(np.max(np.where(np.isnan(gap), np.inf, gap))))
    return float(f"{worst:.2g}")
