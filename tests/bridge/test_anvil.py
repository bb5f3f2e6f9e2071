"""The local chain: it starts, it does not answer for another one, and it is never left behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.chain.node import connect
from bridge.errors import BridgeError, ChainError, MissingTool, NodeUnreachable, RefusedAction
from bridge.local import anvil as local
from bridge.local.anvil import GENESIS_TIMESTAMP, advance_time, anvil, count_seconds_by_blocks, free_port
from bridge.local.world import World


def test_anvil__fresh_chain__starts_at_the_fixed_moment_and_stops() -> None:
    with anvil() as chain:
        assert chain.head().timestamp == GENESIS_TIMESTAMP
        url = chain.url
    with pytest.raises(NodeUnreachable):
        connect(url, LOCAL_CHAIN_ID)


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    """Return the home folder and the one for temporary files, both empty."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return home, temporary


def contents(folders: tuple[Path, Path]) -> list[Path]:
    return [path for folder in folders for path in folder.iterdir()]


def test_anvil__thousand_blocks__writes_no_state_and_still_reads_the_first(folders: tuple[Path, Path]) -> None:
    with anvil() as chain:
        chain.request("anvil_setBalance", f"0x{1:040x}", hex(7))
        chain.request("evm_mine")
        chain.request("anvil_setBalance", f"0x{1:040x}", hex(8))
        chain.request("anvil_mine", hex(1_000))
        assert not list(folders[1].rglob("*.json"))
        balances = [chain.request("eth_getBalance", f"0x{1:040x}", at) for at in (hex(0), hex(1), hex(2), "latest")]
    # What is set by hand counts as of the newest block: the first ends with 7, the second with 8.
    assert balances == ["0x7", "0x8", "0x8", "0x8"]
    assert contents(folders) == []


def test_anvil_process__more_blocks_than_it_keeps_in_memory__leaves_nothing_on_disk(folders: tuple[Path, Path]) -> None:
    port = free_port()
    with local.anvil_process(["--port", str(port), "--silent"]) as process:
        chain = local._wait(process, f"http://127.0.0.1:{port}", port)
        chain.request("anvil_mine", hex(700))
        assert list(folders[1].rglob("*.json")), "no state was written: this test needs more blocks"
        assert chain.request("eth_getBalance", f"0x{1:040x}", hex(1)) == "0x0"
    assert contents(folders) == []


def test_count_seconds_by_blocks__node_that_went_by_the_clock__counts_one_a_block() -> None:
    with anvil() as chain:
        chain.request("anvil_removeBlockTimestampInterval")
        chain.request("evm_mine")
        first = chain.head().timestamp
        count_seconds_by_blocks(chain)
        for later in (1, 2, 3):
            chain.request("evm_mine")
            assert chain.head().timestamp == first + later


def test_anvil__port_in_use__is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ChainError, match="in use"), anvil(taken.getsockname()[1]):
            pytest.fail("it must not start")


def test_anvil__program_that_ends_at_once__says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALVH_ANVIL", "/bin/false")
    with pytest.raises(ChainError, match="ended at once"), anvil():
        pytest.fail("it must not start")


def test_find_anvil__nowhere__says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ALVH_ANVIL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingTool, match="make setup"):
        local.find_anvil()


def test_up__ended_by_sigterm__leaves_no_anvil_behind(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "up", "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connect(f"http://127.0.0.1:{port}", LOCAL_CHAIN_ID)
            break
        except BridgeError:
            time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    with pytest.raises(NodeUnreachable):
        connect(f"http://127.0.0.1:{port}", LOCAL_CHAIN_ID)


def test_advance_time__another_chain__is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.chain, "chain_id", 1)
    with pytest.raises(RefusedAction, match="moves by itself"):
        advance_time(world.chain, 10)
