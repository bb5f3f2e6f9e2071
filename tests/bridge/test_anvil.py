"""The local chain: it starts, it does not answer for another one, and it is never left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge import doctor
from bridge.artifacts import vendor
from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.chain.node import connect
from bridge.cli import local as commands
from bridge.errors import BridgeError, ChainError, MissingTool, NodeUnreachable, RefusedAction, Terminated
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


def planted(folder: Path, marker: Path) -> Path:
    """Put a program where npm would put anvil: it leaves a mark when it is started."""
    program = folder / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\ntouch {marker}\necho anvil 9.9\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Work in a folder below another, as an installed package without the project beside it."""
    monkeypatch.delenv("ALVH_ANVIL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(vendor, "BESIDE", tmp_path / "none")
    monkeypatch.setattr(doctor, "BESIDE", tmp_path / "none")
    vendor.shared_packages.cache_clear()
    here = tmp_path / "theirs" / "here"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    yield here
    vendor.shared_packages.cache_clear()


def npm_says(folder: Path, place: Path) -> Path:
    """Put an npm on the PATH of `elsewhere` that installs for all projects in a place; return that place."""
    program = folder / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n[ \"$1 $2\" = 'root --global' ] && echo {place}\n")
    program.chmod(0o755)
    return place


def test_find_anvil__in_a_parent_folder__is_not_found_and_never_started(elsewhere: Path, tmp_path: Path) -> None:
    planted(elsewhere.parent, tmp_path / "started")
    with pytest.raises(MissingTool, match=r"install Node 20, then `npm install --global .*@foundry-rs/anvil@1\.7\.1"):
        local.find_anvil()
    found = next(finding for finding in doctor.examine(None) if finding.what == "anvil")
    assert not found.ok
    assert not (tmp_path / "started").exists()


def test_doctor__anvil_of_the_working_folder__is_named_and_not_started(elsewhere: Path, tmp_path: Path) -> None:
    program = planted(elsewhere, tmp_path / "started")
    assert local.find_anvil() == program
    found = next(finding for finding in doctor.examine(None) if finding.what == "anvil")
    assert (found.ok, found.found) == (True, f"{program}, not started: it is the working folder's own")
    assert not (tmp_path / "started").exists()


def test_node_modules__in_a_parent_folder__are_not_found(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALVH_NODE_MODULES", raising=False)
    (elsewhere.parent / "node_modules" / "@uniswap" / "v3-core").mkdir(parents=True)
    with pytest.raises(MissingTool, match="ALVH_NODE_MODULES"):
        vendor.node_modules.__wrapped__()


@pytest.mark.usefixtures("elsewhere")
def test_find_anvil__installed_by_npm_for_all_projects__is_the_program_and_not_its_script(tmp_path: Path) -> None:
    shared = npm_says(tmp_path, tmp_path / "lib" / "node_modules")
    (script := tmp_path / "bin" / "anvil").write_text("#!/usr/bin/env node\n")
    script.chmod(0o755)
    program = planted(shared / "@foundry-rs" / "anvil", tmp_path / "started")
    assert local.find_anvil() == program


@pytest.mark.usefixtures("elsewhere")
def test_node_modules__installed_by_npm_for_all_projects__are_found(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("ALVH_NODE_MODULES", raising=False)
    shared = npm_says(tmp_path, tmp_path / "lib" / "node_modules")
    (shared / "@uniswap" / "v3-core").mkdir(parents=True)
    assert vendor.node_modules.__wrapped__() == shared


def test_how_to_install__in_a_checkout_and_beside_a_wheel__names_what_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: Path
) -> None:
    assert vendor.how_to_install() == "run `make setup`"
    locked = json.loads((root / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: locked[name] for name in vendor.LOCAL_CHAIN} == vendor.LOCAL_CHAIN
    monkeypatch.setattr(vendor, "BESIDE", tmp_path / "node_modules")
    assert all(f" {name}@{version}" in vendor.how_to_install() for name, version in vendor.LOCAL_CHAIN.items())


@pytest.mark.usefixtures("elsewhere")
def test_find_anvil__nowhere__says_what_to_do() -> None:
    with pytest.raises(MissingTool, match=r"install Node 20, then `npm install --global .*@foundry-rs/anvil@1\.7\.1"):
        local.find_anvil()


def test_up__its_anvil_dies__ends_and_says_so(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("timestamp,ETH,BTC\n1700000000,3000,90000\n1700003600,3010,90100\n", encoding="utf-8")
    port = free_port()
    up = subprocess.Popen(
        [sys.executable, "-m", "bridge", "up", "--port", str(port), "--prices", str(prices), "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert up.stdout is not None
    assert "}\n" in iter(up.stdout.readline, "")  # it waits from here on
    children = Path(f"/proc/{up.pid}/task/{up.pid}/children").read_text(encoding="utf-8").split()
    os.kill(int(children[0]), signal.SIGKILL)
    _, errors = up.communicate(timeout=30)
    words = f"error: no node answers at http://127.0.0.1:{port} (the local chain has ended): start one with `alvh up`"
    assert (up.returncode, errors.splitlines()[-1][: len(words)]) == (1, words)


def test_up__ended_by_sigterm__leaves_no_anvil_behind(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "up", "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 180  # a first start beside others takes long
    while time.monotonic() < deadline:
        try:
            connect(f"http://127.0.0.1:{port}", LOCAL_CHAIN_ID)
            break
        except BridgeError:
            time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 128 + signal.SIGTERM
    with pytest.raises(NodeUnreachable):
        connect(f"http://127.0.0.1:{port}", LOCAL_CHAIN_ID)


def test_up__end_that_python_dropped__is_seen_while_it_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ALIVE_SECONDS", 0.01)
    monkeypatch.setattr(commands, "ENDED", [signal.SIGTERM])
    with pytest.raises(Terminated) as ended:
        commands._wait_for_interrupt(world.chain)
    assert ended.value.code == 128 + signal.SIGTERM


def test_advance_time__another_chain__is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.chain, "chain_id", 1)
    with pytest.raises(RefusedAction, match="moves by itself"):
        advance_time(world.chain, 10)
