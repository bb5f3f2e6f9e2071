"""One real plan of the session's world; tests that need other numbers change a copy of its record."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.config import Config
from bridge.local.world import World
from bridge.plans.make import Planned
from bridge.plans.records import PlanRecord
from tests.bridge.steps import plan_now


@pytest.fixture(scope="session")
def planned(built_world: World) -> Planned:
    """Make one plan of the world as it was built; nothing is written or sent."""
    return plan_now(built_world, Config())


@pytest.fixture
def record(planned: Planned) -> PlanRecord:
    """Return the plan's record; it proposes at least one change."""
    assert planned.record.changes()
    return planned.record


@pytest.fixture(scope="session")
def data(root: Path) -> Path:
    """Return the folder of recorded market data, or skip where it is not there."""
    folder = Path(os.environ.get("ALVH_DATA", root.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"recorded market data is not at {folder}; set ALVH_DATA to test with it")
    return folder
