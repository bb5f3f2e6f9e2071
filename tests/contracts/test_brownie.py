"""Brownie itself works on this project: it compiles offline and runs the deploy script on its own anvil."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.deployment import load_deployment

MINUTES = 5
BROWNIE_PORT = 8545


def test_brownie_run__deploy_script__compiles_offline_and_builds_the_local_world(root: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", BROWNIE_PORT)) == 0:
            pytest.skip(f"port {BROWNIE_PORT} is in use: Brownie would attach to whatever chain listens there")
    programs = [str(root / "node_modules" / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {
        **os.environ,
        "SOLCX_BINARY_PATH": str(root / "scripts" / "solc"),
        "PATH": os.pathsep.join(programs),
        "HOME": str(tmp_path),
    }
    file = tmp_path / "deployment.json"
    done = subprocess.run(
        ["brownie", "run", "deploy", "main", "1", str(file)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60 * MINUTES,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    deployment = load_deployment(file)
    assert {"HedgeParameters", "HedgeGovernor", "HedgeTimelock", "HedgeVotes"} <= set(deployment.contracts)
