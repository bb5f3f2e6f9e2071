"""Run anvil: start it, wait until it answers, and never leave it behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bridge.artifacts.vendor import how_to_install, package_folders
from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.chain.node import Chain, connect
from bridge.chain.signers import LOCAL_MNEMONIC
from bridge.environment import for_program
from bridge.errors import ChainError, MissingTool, NodeUnreachable, RefusedAction

START_SECONDS = 30
ACCOUNTS = 20
# States that can be read later, all in memory at about 0.2 MB each. Left to itself anvil keeps 500 there and writes
# 3,600 more to the disk, 1 MB each, which takes longer than the transactions that lead to them.
STATES = 4_096
PROGRAMS = ("anvil-*/bin/anvil*", "anvil/node_modules/@foundry-rs/anvil-*/bin/anvil*")
"""Below `@foundry-rs`: the program of this machine's kind, beside the package that asks for it or within it."""
# Local chains start at a fixed moment, so that every run has the same blocks, expiries and numbers.
GENESIS_TIMESTAMP = 1_767_225_600  # 2026-01-01 00:00:00Z


def find_anvil() -> Path:
    """Find the anvil program: ALVH_ANVIL, the npm package beside this program or in this folder, npm's own, PATH.

    What is on PATH may be Foundry's; npm's `anvil` there is a script that starts the program, which we want.

    Raises
    ------
    MissingTool
        It is in none of them, or ALVH_ANVIL names no file.
    """
    named = os.environ.get("ALVH_ANVIL")
    if named:
        if not Path(named).is_file():
            raise MissingTool(f"ALVH_ANVIL names {named}, which is no file: correct or unset it")
        return Path(named)
    for folder in package_folders():
        for pattern in PROGRAMS:
            for packaged in sorted((folder / "@foundry-rs").glob(pattern)):
                return packaged
    on_path = shutil.which("anvil")
    if on_path is None:
        raise MissingTool(f"anvil is not installed: {how_to_install()}, or set ALVH_ANVIL")
    return Path(on_path)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free(port: int) -> None:
    """Refuse a port that is in use: another chain would answer instead of ours."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise ChainError(f"port {port} is in use: stop what listens there, or choose another with --port")


def _arguments(port: int, state: Path | None) -> list[str]:
    loading = ["--load-state", str(state)] if state else []
    return [
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--chain-id",
        str(LOCAL_CHAIN_ID),
        "--mnemonic",
        LOCAL_MNEMONIC,
        "--accounts",
        str(ACCOUNTS),
        "--balance",
        "1000000",
        "--timestamp",
        str(GENESIS_TIMESTAMP),
        "--hardfork",
        "cancun",
        "--silent",
        "--prune-history",
        str(STATES),
        *loading,
    ]


@contextmanager
def anvil(port: int | None = None, state: Path | None = None) -> Iterator[Chain]:
    """Run anvil for the length of a `with` block and yield the connection.

    Parameters
    ----------
    port
        Port on 127.0.0.1; a free one when omitted.
    state
        A state file to start from.

    Raises
    ------
    MissingTool, ChainError
        Anvil is not installed, or it ended at once (a port in use).
    """
    port = port or free_port()
    _require_free(port)
    with anvil_process(_arguments(port, state)) as process:
        yield _wait(process, f"http://127.0.0.1:{port}", port)


@contextmanager
def anvil_process(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the anvil program for the length of a `with` block; states that it is let write to the disk go with it.

    Left to itself anvil keeps them in the home folder, some hundred MB a run, and removes none of them when it ends.

    Raises
    ------
    MissingTool
        Anvil is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="alvh-anvil-") as states:
        process = subprocess.Popen(
            [find_anvil(), "--cache-path", states, *arguments],
            env=for_program(os.environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, port: int) -> Chain:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if process.poll() is not None:
            said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
            raise ChainError(
                f"anvil ended at once on port {port}: {said.splitlines()[-1] if said else 'no reason given'}"
            )
        try:
            chain = connect(url, LOCAL_CHAIN_ID)
        except NodeUnreachable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            count_seconds_by_blocks(chain)
            return chain


def count_seconds_by_blocks(chain: Chain) -> None:
    """Give every block one second more than the one before: nothing then depends on how fast this machine is.

    By the clock a transaction can be measured in one second and mined in the next, where it needs more gas: a v2 pair
    writes its price sums once a second.
    """
    chain.request("anvil_setBlockTimestampInterval", 1)


def advance_time(chain: Chain, seconds: int) -> None:
    """Mine one block `seconds` after the newest one; refused on any chain but the local one."""
    if chain.chain_id != LOCAL_CHAIN_ID:
        raise RefusedAction(f"time moves by itself on chain {chain.chain_id}")
    target = chain.head().timestamp + seconds
    chain.request("evm_setNextBlockTimestamp", target)
    chain.request("evm_mine")
