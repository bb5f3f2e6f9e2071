"""One real plan of the session's world; tests that need other numbers change a copy of its record."""

from __future__ import annotations

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
