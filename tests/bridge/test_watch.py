"""One look of the monitor on the real world: what it shows, what it alerts of, and what it does not trust."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.alerts.snapshots import layer_states
from bridge.alerts.watch import watch, watched_json
from bridge.config import Config
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.market import read_market
from bridge.plans.records import PlanRecord
from bridge.snapshot import Snapshot
from hedge.policy.parameters import KEYS
from tests.bridge.steps import TERMS, act_through_safe, carried_action, parameters_call, propose, vote
from tests.bridge.watch_steps import alerted, hedged, watched

SETTLE = 3600


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(state=tmp_path)


def test_watch__fresh_world__values_the_book_and_misses_a_plan_only(world: World, config: Config) -> None:
    found = watched(world, config)
    seen = found.seen
    assert found.seen.block == world.chain.head()
    assert found.seen.exposure is not None
    assert found.seen.exposure.value_usd == pytest.approx(3_300_000, rel=0.1)
    assert [(feed.asset, feed.stale) for feed in found.seen.feeds] == [("BTC", False), ("ETH", False)]
    assert (seen.on_record, seen.drift, seen.layers, seen.proposals) == (None, None, (), ())
    assert [alert.kind for alert in found.alerts] == ["plan", "range"]  # one of its positions is made out of range
    assert "no plan on record here for the parameters in force" in found.alerts[0].text


def test_watch__owner_without_positions__has_an_empty_book(world: World, config: Config) -> None:
    found = watch(world.snapshot(), config, account("outsider").address)
    assert found.seen.exposure is not None
    assert found.seen.exposure.value_usd == 0


def test_watch__feeds_go_stale__alerts_and_trusts_no_exposure(world: World, config: Config) -> None:
    advance_time(world.chain, TERMS.oracle_max_age + 10)
    found = watched(world, config)
    assert found.seen.exposure is None
    assert len(alerted(found, "oracle")) == 2
    assert all("feed is stale: " in text for text in alerted(found, "oracle"))
    assert alerted(found, "exposure") == ["exposure not valued: no fresh volatility for BTC, ETH"]
    assert watched_json(found)["value_usd"] is None


def test_watch__feeds_about_to_go_stale__alerts_and_still_values(world: World, config: Config) -> None:
    advance_time(world.chain, TERMS.oracle_max_age * 4 // 5)
    found = watched(world, config)
    assert found.seen.exposure is not None
    assert all("feed is stale in " in text for text in alerted(found, "oracle"))
    assert len(alerted(found, "oracle")) == 2


def test_watch__pool_pushed_away_from_its_average__trusts_no_exposure(world: World, config: Config) -> None:
    world.market.move_to({"USD": 1.0, "ETH": 2000.0, "BTC": 90_000.0}, noise=0.0)
    found = watched(world, config)
    assert found.seen.exposure is None
    assert "away from its average" in alerted(found, "exposure")[0]
    assert len(found.seen.feeds) == 2


def test_watch__open_proposal__is_shown_with_what_it_waits_for(
    world: World, config: Config, record: PlanRecord
) -> None:
    number = propose(world, record)
    assert [(proposal.id, proposal.state) for proposal in watched(world, config).seen.open_proposals] == [
        (number, "pending")
    ]
    vote(world, number, names=())
    assert alerted(watched(world, config), "proposal") == [f"{str(number)[:10]} misses 100,000 votes for its quorum"]
    vote_now = ("voter-1",)
    vote(world, number, names=vote_now)
    assert alerted(watched(world, config), "proposal") == []
    advance_time(world.chain, TERMS.voting_period)
    assert alerted(watched(world, config), "proposal") == [f"{str(number)[:10]} has passed and waits to be queued"]


def test_watch__guardian_suspended_the_steward__alerts_until_a_vote_lets_it_go_on(world: World, config: Config) -> None:
    act_through_safe(world, "guardian", *parameters_call(world, "suspendSteward"))
    found = watched(world, config)
    assert found.seen.governed.steward_suspended
    assert alerted(found, "parameters") == [
        "the guardian has suspended the steward: `alvh gov propose resume-steward` lets it go on"
    ]
    carried_action(world, "resume-steward")
    assert alerted(watched(world, config), "parameters") == []


def test_watch__guardian_paused__alerts(world: World, config: Config) -> None:
    act_through_safe(world, "guardian", *parameters_call(world, "pause"))
    found = watched(world, config)
    assert found.seen.governed.paused
    assert alerted(found, "parameters") == ["the guardian has paused the hedge parameters"]


def test_watch__hedge_on_record__values_its_layers_and_says_when_legs_expire(
    world: World, config: Config, record: PlanRecord
) -> None:
    hedged(world, config, record)
    found = watched(world, config)
    assert found.seen.on_record == record
    assert alerted(found, "plan") == []
    assert {layer.name for layer in found.seen.layers} == {
        layer["name"] for layer in record.plan["layers"] if layer["legs"]
    }
    late = [layer for layer in found.seen.layers if layer.days_left < 3]
    assert len(alerted(found, "roll")) == len(late)
    assert all(math.isfinite(layer.value_usd) and math.isfinite(layer.delta_usd) for layer in found.seen.layers)


def test_layer_states__at_the_plans_own_moment__are_worth_their_middle(world: World, record: PlanRecord) -> None:
    block = world.chain.at(record.block_number)
    market = read_market(Snapshot(world.chain, world.deployment, block), Config().book)
    for layer in layer_states(record, market):
        # Bought at the ask and sold at the bid: never worth more than was paid, and not far from it.
        assert layer.value_usd <= layer.paid_usd
        assert layer.days_left > 0


def test_watch__market_moved_since_the_plan__alerts_of_the_drift(
    world: World, config: Config, record: PlanRecord
) -> None:
    hedged(world, config, record)
    near = watched(world, config).seen.drift
    assert near is not None
    spot = record.plan["inputs"]["market"]["spots"]
    world.market.move_to({"USD": 1.0, "ETH": spot["ETH"] * 0.8, "BTC": spot["BTC"] * 0.85})
    advance_time(world.chain, SETTLE)
    found = watched(world, config)
    assert found.seen.drift is not None
    assert found.seen.drift > max(near, 0.1)
    assert alerted(found, "drift")[0].endswith("from the plan on record, the band is 10.0%")


def test_watched_json__every_state__is_json_without_nan_or_infinity(
    world: World, config: Config, record: PlanRecord
) -> None:
    plan = copy.deepcopy(record.plan)
    del plan["exposure"]["assets"]["BTC"]
    hedged(world, config, replace(record, plan=plan))
    found = watched(world, config)
    assert found.seen.drift == math.inf
    line = json.loads(json.dumps(watched_json(found), allow_nan=False))
    assert line["drift"] is None
    assert alerted(found, "drift")
    assert line["plan"] == record.inputs_hash
    assert line["parameters"].keys() == {key.name for key in KEYS}
    assert set(line["exposure"]) == {"BTC", "ETH"}
    assert line["version"] == 2
