"""What the row of `runner_cases` is held against; see `peers_options` for the form of an entry.

Each peer starts an interpreter anew, as a user does, does the same hundred tasks and keeps nothing on the disk.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ALL = 10**9
TASK = """
import time

def spin(index):
    import pandas as pd
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    return pd.DataFrame({"square": [float(index) ** 2]})
"""
SCRIPTS = {
    "python": "frames = [spin(index) for index in range(100)]",
    "concurrent.futures": """from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(2) as pool:
        frames = list(pool.map(spin, range(100)))""",
    "joblib": """from joblib import Parallel, delayed
    frames = Parallel(n_jobs=2)(delayed(spin)(index) for index in range(100))""",
}
MAIN = """
if __name__ == "__main__":
    import json
    {body}
    print(json.dumps([float(frame["square"].iloc[0]) for frame in frames]))
"""


def _started(name):
    """Return how to prepare a peer: its script, called in a new interpreter."""

    def prepare(a):
        def run():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "tasks_of_peer.py"
                path.write_text(TASK + MAIN.format(body=SCRIPTS[name]))
                return subprocess.run([sys.executable, path], check=True, capture_output=True, text=True).stdout

        return run, lambda answer: {"squares": np.array(json.loads(answer))}

    return prepare


RUNNER = {
    "runner_100": {
        "python": (_started("python"), "", ALL),
        "concurrent.futures": (_started("concurrent.futures"), "", ALL),
        "joblib": (_started("joblib"), "joblib", ALL),
    }
}
