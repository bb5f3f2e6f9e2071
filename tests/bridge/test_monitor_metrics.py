"""The numbers of a running monitor: what stands in the text that Prometheus reads, and what does not."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import threading
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as older_families

from bridge.errors import ChainError
from bridge.monitor.measured import FAMILIES, MOST_VALUES, OTHER
from bridge.monitor.metrics import Metrics
from tests.bridge.metered_view import BLOCK_TIME, FULL, NOW, asset, full, without_numbers

pytestmark = pytest.mark.unit
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
COUNTS = {"pending": 2, "sent": 40}
HOSTILE = ("<script>alert(1)</script>", 'a"} 1\nalvh_up 0', "\x1b[2J\u202egnp", "x" * 1_000_000, "\\", "\ud800", "=1+1")


def samples(metrics: Metrics) -> Samples:
    """Return what a reader of OpenMetrics finds; no series stands there twice."""
    body, kind = metrics.exposition()
    assert kind.startswith("application/openmetrics-text")
    found = [each for family in text_string_to_metric_families(body.decode()) for each in family.samples]
    made = {(each.name, frozenset(each.labels.items())): float(each.value) for each in found}
    assert len(made) == len(found)
    return made


def after(view: dict[str, Any], counts: dict[str, int] = COUNTS) -> Samples:
    metrics = Metrics()
    metrics.update(view, counts)
    return samples(metrics)


def at(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("alvh_book_info", {"book": "main", "network": "base", "chain_id": "8453"}, 1),
        ("alvh_look_timestamp_seconds", {}, NOW),
        ("alvh_look_lateness_seconds", {}, 0.4),
        ("alvh_block_number", {}, 140),
        ("alvh_block_age_seconds", {}, 10),
        ("alvh_chain_block_age_seconds", {"network": "base"}, 10),
        ("alvh_chain_block_age_seconds", {"network": "optimism"}, None),
        ("alvh_chain_block_number", {"network": "optimism"}, None),
        ("alvh_chain_left_out", {"network": "optimism"}, 1),
        ("alvh_chain_value_usd", {"network": "base"}, 90_000),
        ("alvh_book_value_usd", {}, 100_000),
        ("alvh_book_il_usd", {}, -812.5),
        ("alvh_book_valued", {}, 1),
        ("alvh_hedge_value_usd", {}, 2_500),
        ("alvh_orders_open", {}, 1),
        ("alvh_decision", {"answer": "hedge"}, 1),
        ("alvh_asset_delta_usd", {"asset": "ETH", "side": "before"}, 50_000),
        ("alvh_asset_delta_usd", {"asset": "ETH", "side": "after"}, 5_000),
        ("alvh_asset_gamma_usd", {"asset": "BTC", "side": "before"}, -2_000),
        ("alvh_asset_vega_usd", {"asset": "BTC"}, 30),
        ("alvh_layer_delta_covered_ratio", {"asset": "ETH", "layer": "tail"}, 0.4),
        ("alvh_layer_delta_covered_ratio", {"asset": "ETH", "layer": "delta"}, None),
        ("alvh_positions_in_range", {}, 2),
        ("alvh_positions_out_of_range", {}, 1),
        ("alvh_range_edge_distance_ratio", {}, 0.1),
        ("alvh_legs", {}, 2),
        ("alvh_legs_naked", {}, 1),
        ("alvh_first_expiry_seconds", {}, 12.5 * 86_400),
        ("alvh_oldest_mark_timestamp_seconds", {}, NOW - 90),
        ("alvh_margin_left_usd", {}, 1_500),
        ("alvh_profit_usd", {"group": "pools", "part": "price"}, -12),
        ("alvh_feed_age_seconds", {"asset": "ETH"}, 30),
        ("alvh_feed_state", {"asset": "ETH", "state": "fresh"}, 1),
        ("alvh_feed_state", {"asset": "ETH", "state": "outage"}, 0),
        ("alvh_feed_clamped", {"asset": "ETH"}, 1),
        ("alvh_breaker_tripped", {"asset": "ETH"}, 0),
        ("alvh_breaker_tripped", {"asset": "BTC"}, 1),
        ("alvh_automation_row", {"asset": "main"}, 1),
        ("alvh_parameters_version", {"asset": "main"}, 3),
        ("alvh_parameters_paused", {"asset": "main"}, 0),
        ("alvh_proposals", {"state": "active"}, 1),
        ("alvh_proposals", {"state": "succeeded"}, 0),
        ("alvh_proposals_foreign", {}, 1),
        ("alvh_next_deadline_seconds", {}, 7_200),
        ("alvh_safe_warnings", {"role": "guardian"}, 2),
        ("alvh_alerts", {"severity": "warning", "kind": "drift"}, 2),
        ("alvh_alerts", {"severity": "critical", "kind": "feed"}, None),
        ("alvh_alerts_unacknowledged", {"severity": "warning"}, 1),
        ("alvh_alerts_unacknowledged", {"severity": "critical"}, 0),
        ("alvh_notices", {"state": "pending"}, 2),
        ("alvh_notices", {"state": "given up"}, 0),
        ("alvh_cycle_duration_seconds_sum", {}, 1.9),
        ("alvh_look_failing", {}, 0),
        ("alvh_build_info", {"version": "0.1.0"}, 1),
    ],
)
def test_update__a_full_view__gives_the_number(name: str, labels: dict[str, str], value: float | None) -> None:
    assert at(after(FULL), name, **labels) == value


def test_families__of_a_full_view__all_have_a_number() -> None:
    found = {name for name, _ in after(FULL)}
    assert {family.name for family in FAMILIES} <= found
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= found


def test_update__numbers_that_are_not_known__are_absent() -> None:
    found = after(without_numbers(FULL))
    counted = {
        "alvh_alerts", "alvh_alerts_unacknowledged", "alvh_book_info", "alvh_book_valued", "alvh_chain_left_out",
        "alvh_decision", "alvh_feed_clamped", "alvh_feed_state", "alvh_legs", "alvh_legs_naked", "alvh_orders_open",
        "alvh_positions_in_range", "alvh_positions_out_of_range", "alvh_positions_unread", "alvh_proposals",
        "alvh_proposals_foreign", "alvh_safe_warnings", "alvh_steward_updates",
    }  # fmt: skip
    assert {name for name, _ in found} & {family.name for family in FAMILIES} == counted


@pytest.mark.parametrize("view", [{}, {"assets": None, "held": None, "proposals": None, "feeds": [None, 3]}])
def test_update__view_of_an_observer_with_nothing__is_read(view: dict[str, Any]) -> None:
    assert {name for name, _ in after(view)} & {"alvh_legs", "alvh_proposals", "alvh_orders_open"} == set()


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, "7", [1.0]])
def test_update__no_finite_number__is_absent(wrong: Any) -> None:
    view = full()
    view["totals"]["value_usd"] = wrong
    assert at(after(view), "alvh_book_value_usd") is None


def test_update__assets_that_went__take_their_series_along() -> None:
    metrics = Metrics()
    metrics.update(FULL, COUNTS)
    metrics.update(full() | {"assets": [asset("ETH", 1.0)], "breakers": []}, COUNTS)
    left = samples(metrics)
    assert not [labels for _, labels in left if ("asset", "BTC") in labels]
    assert at(left, "alvh_asset_value_usd", asset="ETH") == 1.0


def test_update__more_assets_than_labels__keeps_the_largest_and_adds_up_the_rest() -> None:
    rows = [asset(f"DUST{index}", 1.0) for index in range(300)] + [asset("ETH", 5_000.0)]
    found = after(full() | {"assets": rows})
    values = {dict(labels)["asset"]: value for (name, labels), value in found.items() if name == "alvh_asset_value_usd"}
    assert len(values) == MOST_VALUES + 1
    assert (values["ETH"], values[OTHER], sum(values.values())) == (5_000.0, 251.0, 5_300.0)
    assert at(found, "alvh_asset_spot_usd", asset=OTHER) is None


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_update__hostile_labels__stay_labels(text: str) -> None:
    view = full() | {"assets": [asset(text, 7.0)], "network": text, "book": text}
    view["alerts"][0]["kind"] = view["safes"][0]["role"] = view["feeds"][0]["asset"] = text
    metrics = Metrics()
    metrics.update(view, COUNTS)
    body, _ = metrics.exposition()
    assert len(body) < 40_000
    assert all(letter.isprintable() or letter == "\n" for letter in body.decode())
    (found,) = [value for (name, _), value in samples(metrics).items() if name == "alvh_asset_value_usd"]
    assert found == 7.0


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "asset", "state"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.prop
@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(FULL)), value=JSON)
def test_exposition__any_value_in_a_place_of_the_view__can_be_read_and_is_finite(name: str, value: Any) -> None:
    found = after(full() | {name: value})
    assert all(math.isfinite(number) for number in found.values())


def test_update__the_same_cycle_told_again__is_counted_once() -> None:
    metrics = Metrics()
    metrics.update(FULL, COUNTS)
    metrics.update(full() | {"trouble": "no look since"}, COUNTS)
    found = samples(metrics)
    assert at(found, "alvh_cycle_duration_seconds_count") == 1
    assert at(found, "alvh_look_failing") == 1


def test_failed__errors_of_many_classes__are_counted_and_bounded() -> None:
    metrics = Metrics()
    metrics.failed(ChainError("gone: https://ann:pass@node.example"))
    metrics.failed(ChainError("gone"))
    for index in range(200):
        metrics.failed(type(f"Error{index}", (Exception,), {})())
    found = {labels: value for (name, labels), value in samples(metrics).items() if name == "alvh_look_failures_total"}
    assert found[frozenset({("error", "ChainError")})] == 2
    assert (len(found), sum(found.values())) == (MOST_VALUES + 1, 202)
    assert at(samples(metrics), "alvh_look_failing") == 1


def test_exposition__older_format__says_the_same() -> None:
    metrics = Metrics()
    metrics.update(FULL, COUNTS)
    body, kind = metrics.exposition(openmetrics=False)
    found = {each.name for family in older_families(body.decode()) for each in family.samples}
    assert kind.startswith("text/plain")
    assert {family.name for family in FAMILIES} <= found


def test_exposition__while_looks_are_told__is_always_of_one_look() -> None:
    metrics, ended, mixed = Metrics(), threading.Event(), []

    def tell() -> None:
        for cycle in range(60):
            metrics.update(full() | {"cycle": cycle, "at": cycle, "interval": cycle}, COUNTS)
        ended.set()

    worker = threading.Thread(target=tell)
    worker.start()
    while not ended.is_set():
        found = samples(metrics)
        if at(found, "alvh_look_timestamp_seconds") != at(found, "alvh_look_interval_seconds"):
            mixed.append(found)
    worker.join()
    assert mixed == []


def test_update__many_cycles__hold_no_more_memory_than_some() -> None:
    metrics, held = Metrics(), []
    tracemalloc.start()
    for cycle in range(120):
        metrics.update(full() | {"cycle": cycle, "assets": [asset(f"A{cycle}", 1.0)]}, COUNTS)
        if cycle % 100 == 19:
            gc.collect()  # empties what Python keeps of small tuples that are free again
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[1] - held[0] < 5_000


def test_metrics__prometheus_client_is_missing__says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "from bridge.errors import MissingTool; from bridge.monitor.metrics import Metrics\n"
        "try: Metrics()\nexcept MissingTool as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'alvh[monitor]'" in done.stdout


def test_feed_age__by_the_block__is_not_by_this_machine() -> None:
    found = after(full() | {"at": NOW + 10**6})
    assert at(found, "alvh_feed_age_seconds", asset="ETH") == 30
    assert at(found, "alvh_block_age_seconds") == NOW + 10**6 - BLOCK_TIME
