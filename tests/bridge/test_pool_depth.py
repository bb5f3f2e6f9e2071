"""The depth that the quick ratio counts is what the pools really pay, and signals reach a plan of the chain."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from bridge.adapters.pool_depth import _Pool, _spans, read_depth
from bridge.adapters.pool_position import PoolPosition
from bridge.config import BookConfig, Config, SignalsConfig
from bridge.errors import BadConfig
from bridge.local.histories import write_histories
from bridge.local.world import World
from bridge.plans.make import Planned, make_plan_at
from bridge.plans.observe import Observation, observe
from bridge.plans.signals import read_signals
from bridge.report.content import report_content
from bridge.report.html import render_report
from bridge.sources.option_chains import read_option_chains
from bridge.units import price_from_sqrt_x96
from hedge.amm.ticks import MAX_TICK, sqrt_price_at_tick
from hedge.signals.signal import State


@pytest.fixture
def seen(world: World) -> Observation:
    return observe(world.snapshot(), world.deployment.address("lp"), BookConfig())


def usd_in(world: World, pool: str) -> float:
    chain, block = world.chain, world.chain.head()
    token = next(address for address, asset in world.deployment.assets.items() if asset == "USD")
    return float(chain.read("IERC20Metadata", token, "balanceOf", pool, block=block)) / 1e6


def without_liquidity(positions: tuple[PoolPosition, ...], pool: str) -> list[PoolPosition]:
    """Return one pool's positions as if they held nothing, so that the pool's whole depth is counted."""
    return [dataclasses.replace(position, liquidity=0) for position in positions if position.pool == pool]


@pytest.mark.parametrize(("base", "band"), [("ETH", 0.02), ("ETH", 0.15), ("BTC", 0.1)])
def test_read_depth__price_falls_by_the_band__is_what_the_pool_pays(
    world: World, seen: Observation, base: str, band: float
) -> None:
    pool = next(pool for pool in world.market.pools if (pool.base, pool.quote) == (base, "USD"))
    positions = without_liquidity(seen.raw_positions, pool.address)
    told = read_depth(world.snapshot(), positions, band)
    before = usd_in(world, pool.address)
    first, second = (pool.base, pool.quote) if pool.base_is_token0 else (pool.quote, pool.base)
    prices = {"USD": 1.0, base: seen.market.spots[base] * (1.0 - band)}
    goal = world.market._sqrt_price(prices[first] / prices[second], first, second)
    world.market._swap_to(pool, first, second, goal)
    assert before - usd_in(world, pool.address) == pytest.approx(told, rel=1e-6)


@pytest.mark.parametrize("band", [0.02, 0.3])  # 0.3 is beyond the end of a position
def test_read_depth__v4_pool_falls_by_the_band__is_what_the_manager_pays(
    world: World, seen: Observation, band: float
) -> None:
    pool, manager = world.market.pool_v4, world.deployment.address("PoolManager")
    assert pool is not None
    (position,) = (position for position in seen.raw_positions if position.protocol == "uniswap-v4")
    bare = dataclasses.replace(position, liquidity=0)
    told = read_depth(world.snapshot(), [bare], band)
    assert told > read_depth(world.snapshot(), [position], band) > 0.0
    before, price = usd_in(world, manager), price_from_sqrt_x96(pool.root(), *position.decimals)
    pool.move_to(price * (1.0 - band), 50_000 * 10**18)
    assert before - usd_in(world, manager) == pytest.approx(told, rel=1e-6)


def test_read_depth__v2_pair__is_the_share_of_its_reserve_that_the_fall_takes(world: World, seen: Observation) -> None:
    (position,) = (position for position in seen.raw_positions if position.protocol == "uniswap-v2")
    bare = dataclasses.replace(position, liquidity=0)
    told = read_depth(world.snapshot(), [bare], 0.19)
    assert told == pytest.approx(0.1 * usd_in(world, position.pool), rel=1e-9)
    assert 0.0 < read_depth(world.snapshot(), [position], 0.19) < told


def test_read_depth__own_liquidity__does_not_count_nor_do_pools_without_usd(world: World, seen: Observation) -> None:
    snapshot = world.snapshot()
    others = read_depth(snapshot, seen.raw_positions)
    bare = [dataclasses.replace(position, liquidity=0) for position in seen.raw_positions]
    assert 0.0 < others < read_depth(snapshot, bare)
    pair = [position for position in seen.raw_positions if assets_of(world, position) == {"ETH", "BTC"}]
    assert pair
    assert read_depth(snapshot, pair) == 0.0
    assert read_depth(snapshot, []) == 0.0


@dataclasses.dataclass(frozen=True)
class Even:
    """Ticks of a pool with the same liquidity everywhere."""

    def spacing(self) -> int:
        return 60

    def liquidity(self) -> int:
        return 10**12

    def net(self, tick: int) -> int:
        assert abs(tick) <= MAX_TICK
        return 0


@pytest.mark.parametrize("falling", [-1, 1])
def test_spans__fall_beyond_the_last_tick__ends_at_the_last_range_within(falling: int) -> None:
    now = sqrt_price_at_tick(falling * (MAX_TICK - 300))
    spans = list(_spans(_Pool(Even(), now, (18, 18), falling), [], now, 1.0))
    assert 4 <= len(spans) <= 6
    assert all(-MAX_TICK - 60 < low < high == low + 60 < MAX_TICK + 60 for low, high, _ in spans)
    assert MAX_TICK - 60 < max(abs(edge) for span in spans for edge in span[:2]) <= MAX_TICK + 60


def assets_of(world: World, position: PoolPosition) -> set[str]:
    found = {address.lower(): asset for address, asset in world.deployment.assets.items()}
    return {found[token.lower()] for token in position.tokens}


def plan_with(world: World, terms: SignalsConfig) -> Planned:
    return make_plan_at(world.snapshot(), Config(signals=terms), owner=world.deployment.address("lp"))


def test_plan__local_chain_with_simulated_histories__has_a_computed_regime_and_shows_it(
    world: World, seen: Observation, tmp_path: Path
) -> None:
    at = seen.block.timestamp
    folder = write_histories(tmp_path / "signals", world.path, at, dict(seen.market.vols))
    planned = plan_with(world, SignalsConfig(folder=folder))
    regime, content = planned.plan.regime_policy.regime, planned.record.plan
    assert regime.missing == ()
    assert regime.name in State
    told = {signal["name"]: signal for signal in content["inputs"]["signals"]}
    assert told["quick ratio"]["known_at"] == at
    assert "USD pools pay" in told["quick ratio"]["source"]
    assert "simulated" in told["volatility"]["source"]
    assert any("simulated" in note for note in planned.plan.notes)
    page = render_report(report_content(planned, "Plan"))
    assert '<h2 id="regime-title">Signals and regime <span class="tag">simulated</span></h2>' in page
    assert 'class="panel signals"' in page
    assert 'class="panel index"' in page
    assert all(f'<th scope="row">{name}' in page for name in told)
    assert plan_with(world, SignalsConfig(folder=folder)).record == planned.record


def test_plan__local_chain_without_histories__measures_the_pools_and_names_the_rest(world: World) -> None:
    planned = plan_with(world, SignalsConfig())
    assert planned.plan.regime_policy.regime.name is State.STRESSED
    assert "quick ratio" not in planned.plan.regime_policy.regime.missing
    assert {"volatility", "events", "funding"} <= set(planned.plan.regime_policy.regime.missing)
    json.dumps(planned.record.plan, allow_nan=False)


def test_quick_ratio__more_falls_due__is_lower_and_reserves_raise_it(world: World, seen: Observation) -> None:
    def ratio(**terms: float) -> float:
        chains = read_option_chains(Config().options, dict(seen.market.spots), seen.block.timestamp)
        readings = read_signals(SignalsConfig(**terms), seen, chains, world.snapshot())  # type: ignore[arg-type]
        return next(signal.value for signal in readings.signals if signal.name == "quick ratio")

    usual = ratio()
    assert ratio(outflow_share=0.2) == pytest.approx(usual / 2.0)
    assert ratio(margin_usd=1e6) < usual < ratio(reserves_usd=1e6)


def test_read_signals__unknown_name_left_out__is_a_bad_setting(world: World) -> None:
    with pytest.raises(BadConfig, match=r"signals\.leave_out: no signal 'volatilty': one of volatility"):
        plan_with(world, SignalsConfig(leave_out=("volatilty",)))
