"""Run one peer in its own process: load arrays, then time calls for every line on standard input.

Usage: python worker.py PEER ROW FOLDER. Inputs are FOLDER/*.npy; answers are lines of JSON: first {"size", "version"}
(how many elements this peer does of the whole), then {"ms"}, the best of as many calls as the line read says. Results
go to FOLDER/PEER.npz before the first answer. Needs nothing of the product, so that it runs in the peers' environment.
"""

import importlib.metadata
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from peers_amm import AMM
from peers_chain import CHAIN
from peers_command import COMMAND
from peers_options import OPTIONS
from peers_plan import PLAN
from peers_pool import POOL
from peers_program import PROGRAM
from peers_runner import RUNNER
from peers_simulate import SIMULATE

PEERS = {**OPTIONS, **AMM, **POOL, **CHAIN, **PROGRAM, **SIMULATE, **RUNNER, **PLAN, **COMMAND}


def main(peer: str, row: str, folder: Path) -> None:
    """Answer requests until standard input ends."""
    prepare, package, most = PEERS[row][peer]
    arrays = {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}
    size = min(most, arrays["count"][0])
    run, normalise = prepare({name: values[:size] if len(values) > size else values for name, values in arrays.items()})
    np.savez(folder / f"{peer}.npz", **normalise(run()))
    version = importlib.metadata.version(package) if package else platform.python_version()
    answer({"size": int(size), "version": version})
    for line in sys.stdin:
        answer({"ms": min(timed(run) for _ in range(int(line)))})


def timed(run: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def answer(document: dict[str, object]) -> None:
    """Send one line of JSON."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
