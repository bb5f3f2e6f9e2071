"""Plans on real Deribit chains: executable legs, governed bounds, and more tail removed per USD than by delta alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sample_books import position

from bridge.sources.quotes.files import read_chain_file
from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.decision.attribution import quoted_vol
from hedge.instruments.leg import LegGreeks
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters
from hedge.signals.signal import Signal, State

pytestmark = pytest.mark.unit

SNAPSHOTS = 10
STATES = (State.COMPRESSED, State.NORMAL, State.CRISIS)


def plan_on(chain: OptionChain, state: State) -> Plan:
    """Return the plan of 1 M USD in a v3 ETH/USDC range of 0.8 to 1.25 times spot.

    Its fees are unknown, so that whether to hedge is judged and not whether to stay. The index is the volatility
    that the chain quotes at the money; where it quotes none (2021-02), its marks' 80 %.
    """
    flat = Market(chain.observed_at, {"ETH": chain.spot}, {"ETH": 0.6}, {}, "only for weights")
    ends = {"lower": 0.8 * chain.spot, "upper": 1.25 * chain.spot}
    book = Book((position("v3", 1e6, **ends, fee_apr=math.nan, market=flat),))
    vol = quoted_vol(book_exposure(book, flat), {"ETH": chain})
    vol = 0.8 if math.isnan(vol) else vol
    market = Market(chain.observed_at, {"ETH": chain.spot}, {"ETH": vol}, {}, "at the money, near 30 days")
    signals = (Signal("volatility", 0.5, state, chain.observed_at, 3600, "set by the test"),)
    return build_plan(book, market, {"ETH": chain}, Parameters(), signals=signals, scenario_count=2048)


@pytest.fixture(scope="module")
def snapshots(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> list[OptionChain]:
    """Return ten ETH chains spread over the first half of 2026."""
    path = recorded / "iv" / "deribit_chains_daily_2026h1.parquet"
    table = pd.read_parquet(path)
    table = table[table["instrument_name"].astype(str).str.startswith("ETH-")]
    times = sorted(table["timestamp"].unique())
    chosen = [times[round(i * (len(times) - 1) / (SNAPSHOTS - 1))] for i in range(SNAPSHOTS)]
    return list(_chains(table, chosen, tmp_path_factory.mktemp("snapshots")))


def _chains(table: pd.DataFrame, times: list[pd.Timestamp], folder: Path) -> Iterator[OptionChain]:
    for number, time in enumerate(times):
        path = folder / f"{number}.parquet"
        table[table["timestamp"] == time].to_parquet(path)
        yield read_chain_file(path)["ETH"]


@pytest.fixture(scope="module")
def plans(snapshots: list[OptionChain]) -> list[tuple[OptionChain, Plan]]:
    return [(chain, plan_on(chain, state)) for chain in snapshots for state in STATES]


@pytest.fixture(scope="module")
def thin(recorded: Path) -> tuple[OptionChain, Plan]:
    """Return the plan on the chain of February 2021, whose order books are nearly empty."""
    path = recorded / "iv" / "deribit_chain_eth_202102.csv.gz"
    chain = read_chain_file(path)["ETH"]
    return chain, plan_on(chain, State.NORMAL)


def assert_executable(chain: OptionChain, plan: Plan) -> None:
    quotes = {(row.expiry_at, row.strike, row.is_call): row for row in chain.rows}
    for layer in plan.layers:
        for leg in layer.legs:
            row = quotes[leg.expiry_at, leg.strike, leg.is_call]
            assert leg.price == (row.ask if leg.quantity > 0.0 else row.bid)
            assert math.isclose(leg.quantity / row.lot, round(leg.quantity / row.lot), abs_tol=1e-6)
            assert leg.fee == min(0.0003 * chain.spot, 0.125 * leg.price)


def assert_governed(plan: Plan) -> None:
    p, value = Parameters(), plan.exposure.value_usd
    lost = {layer.name: layer.max_loss_usd for layer in plan.layers}
    assert lost["tail"] <= p.tail_premium_cap_bps / 1e4 * value + 1e-6
    assert lost["volatility"] <= p.volatility_premium_cap_bps / 1e4 * value + 1e-6
    assert plan.costs["premium_usd"] <= p.budget_bps / 1e4 * value + 1e-6
    assert sum(layer.notional_usd for layer in plan.layers) <= p.overlay_notional_cap_usd
    condor = plan.layers[2]
    assert condor.notional_usd <= min(p.condor_size_cap_bps / 1e4 * value, p.condor_notional_cap_usd)


def assert_within_caps(plan: Plan) -> None:
    unhedged, hedged = plan.greeks["unhedged"]["ETH"].gamma, plan.greeks["hedged"]["ETH"].gamma
    assert hedged >= Parameters().gamma_cap_bps / 1e4 * unhedged - 1e-12
    assert plan.gate.risk.hedged <= max(plan.gate.risk.limit, plan.gate.risk.protected) + 1e-6


def test_plan__ten_snapshots_of_2026__has_only_listed_legs_at_executable_prices(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    assert len(plans) == SNAPSHOTS * len(STATES)
    for chain, plan in plans:
        assert any(layer.legs for layer in plan.layers)
        assert_executable(chain, plan)


def test_plan__ten_snapshots_of_2026__stays_inside_the_governed_parameters(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    for _, plan in plans:
        assert_governed(plan)


def test_plan__ten_snapshots_of_2026__never_takes_gamma_or_cvar_beyond_the_cap(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    for _, plan in plans:
        assert_within_caps(plan)


def test_plan__ten_snapshots_of_2026__removes_more_cvar_per_usd_given_up_than_delta_or_says_no(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    hedged = 0
    for _, plan in plans:
        ours, delta = plan.comparison["plan"], plan.comparison["delta"]
        if plan.decision.answer == "hedge":
            hedged += 1
            assert ours.cvar_per_usd >= delta.cvar_per_usd
            assert ours.cvar_usd < plan.comparison["unhedged"].cvar_usd
        else:
            assert plan.decision.answer == "do not hedge"
            assert "do not" in plan.decision.reasons[0]
    assert hedged >= len(plans) // 2


def test_plan__ten_snapshots_of_2026__layer_2_names_every_candidate_and_takes_the_cheapest(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    bought = [plan.layers[1] for _, plan in plans if plan.layers[1].legs]
    assert len(bought) >= len(plans) // 2
    for layer in bought:
        costs = {
            name: float(cost)
            for name, cost in re.findall(r"(straddle|strangle|strip)[^%,;]* (-?[\d.]+)%", layer.reason)
        }
        assert set(costs) == {"straddle", "strangle", "strip"}
        named = re.search(r"units of (?:variance )?(\w+)", layer.reason)
        assert named is not None
        assert costs[named.group(1)] == min(costs.values())


def test_plan__ten_snapshots_of_2026__strip_and_delta_leave_a_quarter_of_the_tail_at_most(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    for _, plan in plans:
        unhedged, best = plan.comparison["unhedged"].cvar_usd, plan.comparison["strip and delta"]
        assert best.cvar_usd < 0.25 * unhedged
        assert best.variance_removed > 0.99


def test_plan__ten_snapshots_of_2026__sums_of_legs_equal_the_book(plans: list[tuple[OptionChain, Plan]]) -> None:
    for _, plan in plans:
        spot, every = plan.exposure.assets["ETH"].spot, [leg for layer in plan.layers for leg in layer.legs]
        legs = sum((leg.greeks(spot) for leg in every), LegGreeks())
        net, bare = plan.greeks["hedged"]["ETH"], plan.greeks["unhedged"]["ETH"]
        assert net.gamma - bare.gamma == pytest.approx(legs.gamma, rel=1e-9, abs=1e-12)
        assert net.vega_usd == pytest.approx(legs.vega)
        assert plan.costs["cash_usd"] == pytest.approx(sum(leg.cost_usd for leg in every))
        paid = sum(leg.quantity * leg.price for leg in every)
        assert plan.costs["cash_usd"] - plan.costs["fees_usd"] == pytest.approx(paid)


def test_plan__thin_books_of_2021__answers_with_executable_legs_or_with_the_reason(
    thin: tuple[OptionChain, Plan],
) -> None:
    chain, plan = thin
    assert_executable(chain, plan)
    assert_governed(plan)
    assert_within_caps(plan)
    if plan.decision.answer == "hedge":
        delta = plan.comparison["delta"].cvar_per_usd
        assert math.isnan(delta) or plan.comparison["plan"].cvar_per_usd >= delta
    else:
        assert plan.decision.answer == "do not hedge"
        assert plan.decision.reasons[0]
