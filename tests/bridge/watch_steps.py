"""Steps of the monitor's tests: a look at the world, its alerts, and a world that carried a plan."""

from __future__ import annotations

from bridge.alerts.watch import Watched, watch
from bridge.config import Config
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from tests.bridge.steps import carry


def watched(world: World, config: Config) -> Watched:
    """Look at the positions of the world's liquidity provider."""
    return watch(world.snapshot(), config, world.deployment.address("lp"))


def alerted(found: Watched, kind: str) -> list[str]:
    """Return the texts of the alerts of a kind."""
    return [alert.text for alert in found.alerts if alert.kind == kind]


def hedged(world: World, config: Config, record: PlanRecord) -> None:
    """Carry a plan through its vote, keep its record and let the reporters submit a fresh round."""
    carry(world, record)
    record.save(config.state)
    submit_rounds(world.snapshot(), config)
