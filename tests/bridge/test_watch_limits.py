"""The monitor at its limits: a block that is gone, layers near and past their expiry, alerts at their thresholds."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.pool_position import Unread
from bridge.alerts.rules.book import exposure_incomplete
from bridge.alerts.rules.governance import proposal_waits
from bridge.alerts.rules.hedge import EXPIRY_ALERT_DAYS, MARGIN_NEAR, leg_expires, margin_short
from bridge.alerts.snapshots import Alert, LayerState, MonitorSnapshot, layer_states
from bridge.alerts.watch import watch, watched_json
from bridge.cli.monitor import print_watched
from bridge.cli.show import usd
from bridge.config import Config
from bridge.errors import Reorganised
from bridge.formats import plain
from bridge.ledger.place import ledger_address
from bridge.ledger.store import open_store
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.ledger_words import held_lines
from bridge.plans.records import PlanRecord
from bridge.units import YEAR_SECONDS
from hedge.instruments.index_listing import read_leg
from hedge.instruments.perpetual import PerpetualLeg
from hedge.market import Market
from tests.bridge.steps import TERMS, propose, vote
from tests.bridge.test_watch_ledger import fills
from tests.bridge.watch_steps import alerted, hedged, watched

DAY = 86_400


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(state=tmp_path)


@pytest.fixture
def seen(world: World, config: Config) -> MonitorSnapshot:
    return watched(world, config).seen


def test_watch__block_that_is_gone__is_not_shown(world: World, config: Config) -> None:
    before = world.chain.request("evm_snapshot")
    advance_time(world.chain, 10)
    snapshot = world.snapshot()
    world.chain.request("evm_revert", before)
    world.chain.request("anvil_setBalance", account("outsider").address, "0x1")
    advance_time(world.chain, 10)  # another block of the same number and time
    with pytest.raises(Reorganised):
        watch(snapshot, config, world.deployment.address("lp"))


def test_exposure_incomplete__both_untrusted_and_unread__says_both(seen: MonitorSnapshot) -> None:
    assert exposure_incomplete(seen) == []
    both = replace(seen, untrusted="a feed is stale", unread=(Unread("uniswap-v3:1", "no price"),))
    assert [alert.text for alert in exposure_incomplete(both)] == [
        "uniswap-v3:1 is not in the book: no price", "a feed is stale",
    ]  # fmt: skip


def test_alert__words_of_strangers__are_one_line() -> None:
    alert = Alert("exposure\n", "a\x1b[2Jb\nc\u202e")
    assert (alert.kind.isprintable(), alert.text.isprintable()) == (True, True)


def layer(days: float) -> LayerState:
    return LayerState("ETH", "tail", 1, 1.0, 1.0, 0.0, days)


def test_leg_expires__days_around_the_limit__says_which_and_when(seen: MonitorSnapshot) -> None:
    days = (EXPIRY_ALERT_DAYS, EXPIRY_ALERT_DAYS - 0.5, 0.1, 0.0, -1.0, math.inf)
    near = replace(seen, layers=tuple(layer(each) for each in days))
    assert [alert.text for alert in leg_expires(near) or []] == [
        "ETH tail: a leg expires in 2.5 days", "ETH tail: a leg expires in 0.1 days",
        "ETH tail: a leg has expired", "ETH tail: a leg has expired",
    ]  # fmt: skip


def test_margin_short__less_than_a_quarter_beyond_it__alerts(world: World, config: Config, record: PlanRecord) -> None:
    hedged(world, config, record)
    with open_store(ledger_address(config)) as store:
        store.append(fills(record))
    found = watched(world, config).seen
    assert found.held is not None
    margin = found.held.margin._replace(maintenance=1_000.0)
    for left, short in ((math.nan, False), (251.0, False), (1_000.0 * MARGIN_NEAR, True), (249.0, True), (-5.0, True)):
        at = replace(found, held=replace(found.held, margin=margin, margin_left_usd=left))
        assert [alert.size >= 1.0 for alert in margin_short(at) or []] == [short] * (not math.isnan(left)), left


def test_proposal_waits__votes_at_and_below_the_quorum__says_how_many_are_missing(
    world: World, config: Config, record: PlanRecord
) -> None:
    vote(world, propose(world, record), names=())
    seen = watched(world, config).seen
    (proposal,) = seen.proposals
    for votes, missing in ((0, "100,000"), (60_000, "40,000"), (100_000, None), (200_000, None)):
        at = replace(seen, proposals=(replace(proposal, votes_for=votes * 10**18),))
        said = [alert.text for alert in proposal_waits(at) or []]
        assert said == ([f"{proposal.short_id} misses {missing} votes for its quorum"] if missing else [])
    assert TERMS.voting_period


def market_at(record: PlanRecord, days: float, vol: float = 0.0) -> Market:
    """Return the market of a plan so many days later, its volatilities moved."""
    told: dict[str, Any] = record.plan["inputs"]["market"]
    vols = {asset: max(float(at) + vol, 0.001) for asset, at in told["vols"].items()}
    return Market(record.observed_at + round(days * DAY), dict(told["spots"]), vols)


@pytest.mark.parametrize(("days", "vol"), [(0.0, 0.0), (3.0, 0.1), (20.0, 0.0), (20.0, -3.0), (400.0, 0.0)])
def test_layer_states__days_later__are_the_legs_of_then_without_the_expired(
    record: PlanRecord, days: float, vol: float
) -> None:
    market = market_at(record, days, vol)
    layers = [layer for layer in record.plan["layers"] if layer["legs"]]
    found = layer_states(record, market)
    assert len(found) == len(layers)
    for state, told in zip(found, layers, strict=True):
        legs, spot = [read_leg(leg) for leg in told["legs"]], market.spot(told["underlying"])
        by = market.vol(told["underlying"]) - record.plan["inputs"]["market"]["vols"][told["underlying"]]
        years = round(days * DAY) / YEAR_SECONDS
        worth = sum(float(leg.value(spot, years, by)) for leg in legs)
        assert state.value_usd == pytest.approx(worth, rel=1e-9)
        alive = [leg for leg in legs if leg.expiry > years]
        moved = [replace(leg, expiry=leg.expiry - years, vol=max(leg.vol + by, 0.05)) for leg in alive]
        assert state.delta_usd == pytest.approx(spot * sum(leg.greeks(spot).delta for leg in moved), rel=1e-9)
        dated = [leg.expiry_at for leg in legs if not isinstance(leg, PerpetualLeg)]
        expected = (min(dated) - market.observed_at) / DAY if dated else math.inf
        assert state.days_left == pytest.approx(expected)


def test_layer_states__perpetual_alone__never_expires(record: PlanRecord, world: World) -> None:
    plan = dict(record.plan)
    told = next(layer for layer in plan["layers"] if any(leg.get("perpetual") for leg in layer["legs"]))
    only = [leg for leg in told["legs"] if leg.get("perpetual")]
    plan["layers"] = [dict(told, legs=only)]
    (state,) = layer_states(replace(record, plan=plan), market_at(record, 30.0))
    assert state.days_left == math.inf


def test_watched_json__layers_orders_and_automation__are_all_in_it(
    world: World, config: Config, record: PlanRecord
) -> None:
    hedged(world, config, record)
    with open_store(ledger_address(config)) as store:
        store.append(fills(record)[:1])
    found = watched(world, config)
    line = watched_json(found)
    assert [row["days_left"] for row in line["intended"]] == [
        layer.days_left if math.isfinite(layer.days_left) else None for layer in found.seen.layers
    ]
    assert found.seen.automation is not None
    assert line["automation"]["row"] == found.seen.automation.row
    assert len(line["orders"]) == len(record.plan["trades"])


def test_watch__book_that_cannot_be_valued__still_says_which_orders_are_left(
    world: World, config: Config, record: PlanRecord
) -> None:
    hedged(world, config, record)
    with open_store(ledger_address(config)) as store:
        store.append(fills(record)[:1])
    advance_time(world.chain, TERMS.oracle_max_age + 10)
    stale = watched(world, config)
    assert (stale.seen.exposure, stale.seen.ledger_trouble) == (None, "")
    assert len(stale.seen.orders) == len(record.plan["trades"])
    assert len(alerted(stale, "orders")) == 1
    world.market.move_to({"USD": 1.0, "ETH": 2000.0, "BTC": 90_000.0}, noise=0.0)
    pushed = watched(world, config)
    assert (pushed.seen.exposure, pushed.seen.ledger_trouble) == (None, "")
    assert len(alerted(pushed, "orders")) == 1


def test_print_held__legs_bought__says_greeks_with_the_pools_and_every_line_of_the_book(
    world: World, config: Config, record: PlanRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    hedged(world, config, record)
    with open_store(ledger_address(config)) as store:
        store.append(fills(record))
    found = watched(world, config)
    held = found.seen.held
    assert held is not None
    print_watched(found)
    out = capsys.readouterr().out
    for layer in found.seen.layers:
        assert f" {usd(layer.paid_usd)} " in out
        assert f" {usd(layer.value_usd - layer.paid_usd)} " in out
    for asset, net in held.greeks.items():
        (line,) = (line for line in out.splitlines() if line.startswith(f"{asset} with the pools: delta "))
        for words in (f"({usd(net.delta_usd)} USD), gamma per 1 % {usd(net.gamma_usd)}, ", "vega per point "):
            assert words in line
        assert line.endswith(f"theta per day {usd(net.theta_usd / 365)}")
    assert [plain(line) in out for line in held_lines(held)] == [True] * len(held_lines(held))
    for each in held.legs:
        (row,) = (line for line in out.splitlines() if line.startswith(each.leg.label))
        assert usd(each.greeks.delta * each.spot) in row
