"""Plans on real Deribit chains: executable legs, governed limits, a target that is met or said first, and holding."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sample_books import position

from bridge.sources.quotes.files import read_chain_file
from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.decision.attribution import quoted_vol
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.leg import LegGreeks
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters
from hedge.signals.signal import Signal, State

pytestmark = pytest.mark.unit

SNAPSHOTS = 10
STATES = (State.COMPRESSED, State.NORMAL, State.CRISIS)


def plan_on(chain: OptionChain, state: State, holdings: Holdings | None = None) -> Plan:
    """Return the plan of 1 M USD in a v3 ETH/USDC range of 0.8 to 1.25 times spot.

    Its fees are unknown, so that whether to hedge is judged and not whether to stay. The index is the volatility
    that the chain quotes at the money; where it quotes none (2021-02), its marks' 80 %.
    """
    flat = Market(chain.observed_at, {"ETH": chain.spot}, {"ETH": 0.6}, {}, "only for weights")
    low, high = 0.8 * chain.spot, 1.25 * chain.spot
    book = Book((position("v3", 1e6, lower=low, upper=high, fee_apr=math.nan, market=flat),))
    vol = quoted_vol(book_exposure(book, flat), {"ETH": chain})
    vol = 0.8 if math.isnan(vol) else vol
    market = Market(chain.observed_at, {"ETH": chain.spot}, {"ETH": vol}, {}, "at the money, near 30 days")
    signals = (Signal("volatility", 0.5, state, chain.observed_at, 3600, "set by the test"),)
    return build_plan(book, market, {"ETH": chain}, Parameters(), signals=signals, holdings=holdings)


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
    quotes = {Contract(chain.underlying, row.expiry_at, row.strike, row.is_call).label: row for row in chain.rows}
    for trade in plan.trades:
        assert trade.quantity > 0.0
        if trade.layer == "delta":
            assert trade.fee_usd == pytest.approx(0.0005 * trade.quantity * chain.spot, rel=1e-3)
            continue
        row = quotes[trade.instrument]
        assert trade.limit_usd == (row.ask if trade.side == "buy" else row.bid)
        assert trade.limit_coin == trade.limit_usd / chain.spot
        assert math.isclose(trade.quantity / row.lot, round(trade.quantity / row.lot), abs_tol=1e-6)
        assert trade.fee_usd == pytest.approx(trade.quantity * min(0.0003 * chain.spot, 0.125 * trade.limit_usd))


def assert_governed(plan: Plan) -> None:
    for limit in plan.limits:
        assert limit.used_usd <= limit.most_usd + 1e-6 * plan.exposure.value_usd, limit.name
    above = plan.risk.hedged > plan.risk.target * (1.0 + 1e-9)
    assert ("is above the target of" in plan.decision.reasons[0]) is above


def test_plan__ten_snapshots_of_2026__has_only_listed_legs_at_executable_prices(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    assert len(plans) == SNAPSHOTS * len(STATES)
    for chain, plan in plans:
        assert plan.trades
        assert_executable(chain, plan)


def test_plan__ten_snapshots_of_2026__stays_inside_the_governed_parameters(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    for _, plan in plans:
        assert_governed(plan)


def test_plan__ten_snapshots_of_2026__sells_no_more_gamma_than_it_buys(plans: list[tuple[OptionChain, Plan]]) -> None:
    for _, plan in plans:
        assert plan.greeks["hedged"]["ETH"].gamma >= plan.greeks["unhedged"]["ETH"].gamma - 1e-12


def test_plan__ten_snapshots_of_2026__leaves_less_tail_than_delta_or_strip_alone(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    for _, plan in plans:
        left = plan.comparison["plan"].cvar_usd
        assert plan.decision.answer == "hedge"
        assert left < 0.5 * plan.risk.unhedged
        assert left < plan.comparison["delta"].cvar_usd
        assert left < plan.comparison["strip"].cvar_usd


def test_plan__ten_snapshots_of_2026__trades_done__holds(plans: list[tuple[OptionChain, Plan]]) -> None:
    for chain, plan in plans[:: len(STATES) * 3]:
        legs = [leg for layer in plan.layers for leg in layer.legs]
        options: dict[Contract, float] = defaultdict(float)
        for leg in legs:
            if leg.strike > 0.0:
                options[Contract.of(leg)] += leg.quantity
        sold = {"ETH": sum(leg.quantity for leg in legs if leg.strike == 0.0)}
        again = plan_on(chain, State.NORMAL, Holdings(dict(options), sold))
        assert (again.decision.answer, again.trades) == ("hold", ())


def test_plan__ten_snapshots_of_2026__strip_and_delta_leave_a_quarter_of_the_tail_at_most(
    plans: list[tuple[OptionChain, Plan]],
) -> None:
    for _, plan in plans:
        unhedged, best = plan.comparison["unhedged"].cvar_usd, plan.comparison["strip and delta"]
        assert best.cvar_usd < 0.25 * unhedged
        assert best.variance_removed > 0.97


def test_plan__ten_snapshots_of_2026__sums_of_legs_equal_the_book(plans: list[tuple[OptionChain, Plan]]) -> None:
    for _, plan in plans:
        spot, every = plan.exposure.assets["ETH"].spot, [leg for layer in plan.layers for leg in layer.legs]
        legs = sum((leg.greeks(spot) for leg in every), LegGreeks())
        net, bare = plan.greeks["hedged"]["ETH"], plan.greeks["unhedged"]["ETH"]
        assert net.gamma - bare.gamma == pytest.approx(legs.gamma, rel=1e-9, abs=1e-12)
        assert net.vega_usd == pytest.approx(legs.vega)
        assert plan.costs["cash_usd"] == pytest.approx(sum(leg.cost_usd for leg in every))
        assert {trade.instrument for trade in plan.trades} == {leg.label for leg in every}


def test_plan__thin_books_of_2021__answers_with_executable_legs_or_with_the_reason(
    thin: tuple[OptionChain, Plan],
) -> None:
    chain, plan = thin
    assert_executable(chain, plan)
    assert_governed(plan)
    if plan.decision.answer == "hedge":
        assert plan.risk.hedged <= 0.99 * plan.risk.unhedged
    else:
        assert plan.decision.answer == "do not hedge"
        assert plan.decision.reasons[0]
