"""README's console blocks, line by line as a reader types them: the loop on a local chain, and a stated book."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.local.anvil import free_port

pytestmark = pytest.mark.e2e

LOOKS = "alvh watch --once"
"""Ends with 1 to say that there is an alert."""
STARTS = 180
"""Seconds after which a chain that does not answer is taken for one that never will."""


def block(root: Path, after: str) -> list[str]:
    """Return the lines of README's first console block behind some words."""
    text = (root / "README.md").read_text(encoding="utf-8").split(after, 1)[1]
    found = re.search(r"```console\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return [line.removeprefix("$ ") for line in found[1].splitlines()]


def typed(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line in bash, where `alvh` is the program of this environment."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "150"}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def up(root: Path, tmp_path: Path) -> Iterator[list[str]]:
    """Type the first line of the loop in a terminal of its own, at a free port, and return those of the second."""
    first, *others = block(root, "Try the loop by hand")
    assert first.startswith("alvh up")
    port = free_port()
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "http://127.0.0.1:{port}"\n', encoding="utf-8")
    with (tmp_path / "up.txt").open("w", encoding="utf-8") as told:
        command = [sys.executable, "-m", "bridge", "up", "--port", str(port)]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=told, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + STARTS
            while "Ctrl-C stops it" not in (tmp_path / "up.txt").read_text(encoding="utf-8"):
                assert process.poll() is None, (tmp_path / "up.txt").read_text(encoding="utf-8")
                assert time.monotonic() < until
                time.sleep(0.5)
            yield others
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def test_loop__of_readme_as_written__changes_the_parameters_and_ends_with_alerts(up: list[str], tmp_path: Path) -> None:
    said = {}
    for number, line in enumerate(up):
        done = typed(line, tmp_path)
        assert done.returncode == 0 or line.startswith(LOOKS), (line, done.stdout[-2000:], done.stderr)
        said[number] = done.stdout
    steps = [said[number] for number, line in enumerate(up) if re.match(r"alvh gov (wait|vote|queue|execute)", line)]
    assert len(steps) == 6
    assert "proposal is executed" in steps[-1]
    assert "stale" in said[next(number for number, line in enumerate(up) if line.startswith(LOOKS))]


def test_stated_book__of_readme_as_written__gives_orders_and_a_report(root: Path, tmp_path: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    stated = re.search(r"```toml\n# book\.toml.*?\n(.*?)```", text, re.DOTALL)
    assert stated is not None
    (tmp_path / "book.toml").write_text(stated[1], encoding="utf-8")
    shutil.copy(root / "examples" / "data" / "chain.csv", tmp_path)
    (tmp_path / "held.csv").write_text("instrument,quantity\nETH-PERPETUAL,-30\n", encoding="utf-8")
    for line in block(root, "Plan a book that you state"):
        done = typed(line, tmp_path)
        assert done.returncode == 0, (line, done.stderr)
    assert "ETH-PERPETUAL" in (tmp_path / "orders.csv").read_text(encoding="utf-8")
    assert (tmp_path / "reports" / "plan.html").stat().st_size > 10_000
