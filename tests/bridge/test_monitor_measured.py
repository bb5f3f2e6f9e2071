"""The numbers that Prometheus reads are those of a real look: of exposure, ledger, oracle and governance."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from bridge.config import Config
from bridge.local.world import World
from bridge.monitor.metrics import Metrics
from bridge.monitor.view import look_view
from bridge.plans.records import PlanRecord
from tests.bridge.test_watch_ledger import fills, keep
from tests.bridge.watch_steps import hedged, watched

pytestmark = pytest.mark.chain


def test_metrics__plan_voted_and_bought__are_the_numbers_of_the_look(
    world: World, tmp_path: Path, record: PlanRecord
) -> None:
    config = Config(state=tmp_path)
    hedged(world, config, record)
    keep(config, fills(record))
    seen = watched(world, config).seen
    metrics = Metrics()
    metrics.update(look_view(seen, world.chain.chain_id, {}), {})
    families = text_string_to_metric_families(metrics.exposition()[0].decode())
    found = {(each.name, *sorted(each.labels.values())): each.value for family in families for each in family.samples}
    assert seen.exposure is not None
    assert seen.held is not None
    assert found["alvh_book_value_usd",] == pytest.approx(seen.exposure.value_usd)
    assert found["alvh_block_number",] == seen.block.number
    assert found["alvh_drift_band_ratio",] == seen.drift_band
    for asset, exposure in seen.exposure.assets.items():
        assert found["alvh_asset_delta_usd", *sorted((asset, "before"))] == pytest.approx(exposure.delta_usd)
        assert found["alvh_asset_delta_usd", *sorted((asset, "after"))] == pytest.approx(
            seen.held.greeks[asset].delta_usd
        )
    for cover in seen.held.covers:
        assert found["alvh_layer_value_usd", *sorted((cover.asset, cover.layer))] == pytest.approx(cover.value_usd)
    for feed in seen.feeds:
        assert found["alvh_feed_age_seconds", feed.asset] == feed.age_seconds
        assert found["alvh_feed_state", feed.asset, "fresh"] == 1
    assert found["alvh_parameters_version", "main"] == seen.governed.version
    assert found["alvh_legs",] == len(seen.held.legs)
