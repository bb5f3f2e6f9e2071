"""One real plan of the world, whose record tests copy; the world and a bare node on two chains; a node that lies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.chain.node import Chain, connect
from bridge.chain.signers import KEY_VARIABLE, LOCAL_MNEMONIC, Signer, environment_signer
from bridge.cli.app import app
from bridge.config import Config
from bridge.errors import NodeUnreachable
from bridge.local.anvil import START_SECONDS, anvil_process, free_port
from bridge.local.world import World
from bridge.plans.make import Planned
from bridge.plans.records import PlanRecord
from tests.bridge.lying_node import LyingNode, lying_node
from tests.bridge.steps import plan_now

OTHER_CHAIN_ID = 8453
FIRST_KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


@pytest.fixture(scope="session")
def planned(built_world: World) -> Planned:
    """Make one plan of the world as it was built; nothing is written or sent."""
    return plan_now(built_world, Config())


@pytest.fixture
def record(planned: Planned) -> PlanRecord:
    """Return the plan's record; it proposes at least one change."""
    assert planned.record.changes()
    return planned.record


@pytest.fixture(scope="module", params=[LOCAL_CHAIN_ID, OTHER_CHAIN_ID])
def real(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """Run a bare node of either chain."""
    port = free_port()
    words = ["--host", "127.0.0.1", "--port", str(port), "--chain-id", str(request.param), "--silent"]
    with anvil_process([*words, "--mnemonic", LOCAL_MNEMONIC, "--hardfork", "cancun"]):
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                chain = connect(f"http://127.0.0.1:{port}", request.param)
                break
            except NodeUnreachable:
                assert time.monotonic() < until
                time.sleep(0.05)
        yield chain


@pytest.fixture(params=[LOCAL_CHAIN_ID, OTHER_CHAIN_ID])
def anywhere(request: pytest.FixtureRequest, world: World) -> Iterator[World]:
    """Give the world on the local chain, then on a chain of another id."""
    world.chain.request("anvil_setChainId", request.param)
    yield replace(world, chain=connect(world.chain.url, request.param))
    world.chain.request("anvil_setChainId", LOCAL_CHAIN_ID)


@pytest.fixture
def signer(monkeypatch: pytest.MonkeyPatch) -> Signer:
    """Return the first account of the public test mnemonic, which signs on any chain where it is a key."""
    monkeypatch.setenv(KEY_VARIABLE, FIRST_KEY)
    return environment_signer()


@pytest.fixture
def token(real: Chain, signer: Signer) -> str:
    """Deploy a token on the bare node."""
    return real.deploy(signer, "TestToken", "Token", "TOK", 18)


@pytest.fixture
def node(real: Chain) -> Iterator[LyingNode]:
    """Run a node that passes on what the bare one says, until a test lets it lie."""
    with lying_node(real.url) as made:
        yield made


@pytest.fixture
def command(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder of this world; give exit code and output."""
    world.deployment.save(tmp_path / ".alvh" / "deployment.json")
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{world.chain.url}"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, words)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return run


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.xdist_group("postgres"))])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a function that gives the address of a database that is not there yet, or empty."""
    if request.param == "postgres":
        made: Callable[[], str] = request.getfixturevalue("fresh")
        return made
    numbers = iter(range(10_000))
    return lambda: str(tmp_path / f"state{next(numbers)}" / "alvh.db")
