"""A folder as a user has it, and the command run in it as a user runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.config import Config
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from tests.bridge.steps import plan_now, with_changes
from tests.e2e.command import Done, Run, forked, fresh
from tests.e2e.observing import Observed, observing
from tests.e2e.places import ELSEWHERE, Place, placed
from tests.e2e.runbook import BAD, Player


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs `alvh` in an empty folder, each call in a process of its own.

    The processes are forked from one that has the libraries loaded, so that a loop of twenty commands does not load
    them twenty times. A call that sets PYTHONPATH starts a Python of its own: it asks what such a Python finds.
    """

    def call(*arguments: str, **environment: str) -> Done:
        return (fresh if "PYTHONPATH" in environment else forked)(tmp_path, arguments, environment)

    return call


@pytest.fixture
def project(tmp_path: Path, world: World) -> World:
    """Give the folder a deployment file and an alvh.toml for the test's chain."""
    world.deployment.save(tmp_path / ".alvh" / "deployment.json")
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{world.chain.url}"\n', encoding="utf-8")
    return world


@pytest.fixture(scope="session")
def bad(built_world: World) -> PlanRecord:
    """Return a plan that was changed: what it sets passes every limit and is not what anyone wants."""
    return with_changes(plan_now(built_world, Config()).record, BAD)


@pytest.fixture(scope="session")
def planned_record(built_world: World) -> PlanRecord:
    """Return the plan of the world as it was built."""
    return plan_now(built_world, Config()).record


@pytest.fixture
def player(project: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Player:
    """Change to the project's folder and return who plays the runbook there."""
    monkeypatch.chdir(tmp_path)
    return Player({"ROLE": "operator"})


@pytest.fixture(params=[LOCAL_CHAIN_ID, ELSEWHERE])
def place(request: pytest.FixtureRequest, world: World, tmp_path: Path, run: Run) -> Iterator[Place]:
    """Give the world on the local chain, then on a chain of another id."""
    with placed(world, request.param, tmp_path, run) as made:
        yield made


@pytest.fixture
def observed(world: World, tmp_path: Path, run: Run) -> Iterator[Observed]:
    """Give the world as a public network of a chain id of its own, feeds at the pools' prices."""
    with observing(world, tmp_path, run) as made:
        yield made
