"""The registered strategies: what each holds, when it trades, what that costs, and their order on recorded quotes."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sample_histories import BOTH, DAY, START, listed, play, series, weeks_of_chains
from scipy.stats import norm

import hedge.backtest.registry
from hedge.backtest.history import MarketHistory, Series
from hedge.backtest.liquidity import LiquidityTerms
from hedge.backtest.results import BacktestRun
from hedge.backtest.strategies.calls import share_at
from hedge.backtest.strategies.plan import Steward, known_signals
from hedge.backtest.strategy import (
    Strategy,
    StrategySpec,
    Targets,
    View,
    register_strategy,
    strategy_spec,
    strategy_specs,
    unregister_strategy,
)
from hedge.backtest.wealth import PoolPlan
from hedge.decision.programme.pose import Past
from hedge.errors import BadInput
from hedge.instruments.contract import Contract
from hedge.plan.build import build_plan
from hedge.policy.parameters import KEYS, Limits, Parameters

pytestmark = pytest.mark.unit

YEAR = 365 * DAY
ETH = (PoolPlan("ETH/USD", "ETH"),)
SHARE = (1.0 - 1.0 / math.sqrt(1.25)) / (2.0 - 1.0 / math.sqrt(1.25) - math.sqrt(0.8))
"""Of a position in [0.8, 1.25] of its price: how much of it is base at entry."""


class Watched:
    """Keep what a strategy saw and answered."""

    def __init__(self, inner: Strategy, log: list[tuple[View, Targets]]) -> None:
        self.inner, self.log = inner, log

    def decide(self, view: View) -> Targets:
        self.log.append((view, found := self.inner.decide(view)))
        return found


def watched(spec: StrategySpec) -> tuple[StrategySpec, list[tuple[View, Targets]]]:
    log: list[tuple[View, Targets]] = []
    return replace(spec, make=lambda: Watched(spec.make(), log)), log


def prices(**paths: list[float]) -> MarketHistory:
    return MarketHistory(
        {asset: series(asset, [(START + day * DAY, x) for day, x in enumerate(path)]) for asset, path in paths.items()}
    )


def days_of(run: BacktestRun, kind: str) -> list[int]:
    return sorted({(at - START) // DAY for at in run.entries[run.entries["kind"] == kind]["at"]})


def total(run: BacktestRun, kind: str) -> float:
    return float(run.entries[run.entries["kind"] == kind]["usd"].sum())


# Without options -------------------------------------------------------------------------------------------------


def test_unhedged__any_prices__trades_nothing() -> None:
    run = play(prices(ETH=[2_000.0, 2_100.0, 1_700.0]), strategy_spec("unhedged"))
    assert run.turnover.tolist() == [0.0] * 3
    assert set(run.entries["kind"]) == {"price"}


def test_hold_50_50__two_assets__holds_a_quarter_of_each() -> None:
    history = prices(ETH=[2_000.0, 2_200.0], BTC=[40_000.0, 36_000.0])
    run = play(history, strategy_spec("hold_50_50"), BOTH)
    assert run.equity[1] == pytest.approx(1e6 * (0.5 + 0.25 * 1.1 + 0.25 * 0.9))


def test_hold_50_50__reset_weekly__goes_back_to_its_share_by_a_flow() -> None:
    history = prices(ETH=[2_000.0] * 7 + [2_200.0, 2_200.0, 2_420.0])
    run = play(history, strategy_spec("hold_50_50"), ETH, reset_days=7.0)
    assert run.flows[7] == pytest.approx(-0.05e6)
    assert run.equity[7:] == pytest.approx([1e6, 1e6, 1.05e6])


def two_pools(*, compounding: bool = False) -> tuple[PoolPlan, ...]:
    terms = LiquidityTerms(gas_usd=20.0, swap_cost=0.003, compounding=compounding)
    return tuple(PoolPlan(f"{asset}/USD", asset, terms=terms, recentre_days=None) for asset in ("ETH", "BTC"))


def test_diversify__at_the_start__has_its_parts_already_and_pays_nothing() -> None:
    run = play(prices(ETH=[2_000.0] * 3, BTC=[41_234.5] * 3), strategy_spec("diversify"), two_pools())
    assert run.entries.empty
    assert run.equity.tolist() == pytest.approx([1e6] * 3)


# After a month ETH's pool stands at its upper edge, all in USD; BTC's holds its share of half a million still.
MONTH = {"ETH": [2_000.0] * 30 + [2_500.0, 2_500.0], "BTC": [40_000.0] * 32}


def test_diversify__after_a_month__has_equal_parts_and_pays_gas_and_swaps_to_the_new_mix() -> None:
    run = play(prices(**MONTH), strategy_spec("diversify"), two_pools(compounding=True))
    worth = 1e6 + total(run, "price")
    swapped = SHARE * worth / 2.0 + SHARE * (worth / 2.0 - 0.5e6)
    assert total(run, "gas") == pytest.approx(-40.0)
    assert total(run, "swap") == pytest.approx(-0.003 * swapped)
    assert run.lp[30] == pytest.approx(worth - 40.0 - 0.003 * swapped)
    assert run.flows.tolist() == [0.0] * 32


def test_diversify__after_a_month_not_compounding__shares_the_first_capital_by_a_flow() -> None:
    run = play(prices(**MONTH), strategy_spec("diversify"), two_pools())
    worth, cost = 1e6 + total(run, "price"), 20.0 + 0.003 * SHARE * 0.5e6  # BTC's pool is as it should be
    assert total(run, "gas") + total(run, "swap") == pytest.approx(-cost)
    assert run.lp[30] == pytest.approx(1e6)
    assert run.flows[30] == pytest.approx(1e6 - (worth - cost))


def test_diversify__one_pool__pays_for_its_new_range_although_its_part_is_the_same() -> None:
    run = play(prices(ETH=MONTH["ETH"]), strategy_spec("diversify"), two_pools(compounding=True)[:1])
    assert total(run, "swap") == pytest.approx(-0.003 * SHARE * (1e6 + total(run, "price")))


@pytest.mark.parametrize(
    ("name", "days"), [("static_delta", [0]), ("weekly_delta", [0, 7, 14]), ("daily_delta", list(range(15)))]
)
def test_delta__rising_prices__is_traded_on_its_days(name: str, days: list[int]) -> None:
    path = [2_000.0 * 1.01**day for day in range(15)]
    assert days_of(play(prices(ETH=path), strategy_spec(name)), "perpetual cost") == days


def test_delta__at_entry__sells_what_the_pool_holds() -> None:
    run = play(prices(ETH=[2_000.0, 2_020.0]), strategy_spec("static_delta"))
    assert run.turnover[0] == pytest.approx(SHARE * 1e6)
    assert total(run, "perpetual") == pytest.approx(-0.01 * SHARE * 1e6)


def test_weekly_delta__after_re_centring__is_of_the_new_position() -> None:
    spec, log = watched(strategy_spec("weekly_delta"))
    play(prices(ETH=[2_000.0] * 7 + [1_500.0] * 2), spec)
    assert log[-1][1].perpetuals == {"delta": {"ETH": pytest.approx(-SHARE * 1e6 / 1_500.0)}}


# With options ----------------------------------------------------------------------------------------------------


def test_strip__with_delta__offsets_the_delta_of_pools_and_options() -> None:
    history = weeks_of_chains(2, assets=("BTC", "ETH"))
    pools = (PoolPlan("ETH/USD", "ETH"), PoolPlan("BTC/ETH", "BTC", "ETH"))
    spec, log = watched(strategy_spec("strip_30_delta"))
    play(history, spec, pools)
    view, targets = log[0]
    assert targets.options is not None
    assert targets.perpetuals is not None
    legs = targets.options["strip"]
    assert {contract.asset for contract in legs} == {"BTC", "ETH"}
    assert min(legs.values()) > 0.0  # the strip buys only
    for asset, spot in view.spots.items():
        step = 1e-4 * spot
        up, down = (float(view.book.value_usd({**view.spots, asset: spot + side * step})) for side in (1, -1))
        pool_delta = (up - down) / (2.0 * step)
        options = sum(q * delta(view, contract) for contract, q in legs.items() if contract.asset == asset)
        net = pool_delta + options + targets.perpetuals["delta"][asset]
        assert abs(net * spot) < 1.0  # USD of a million: the difference quotient's own error


def delta(view: View, contract: Contract) -> float:
    """Return the delta of one unit at the quoted volatility, by scipy alone."""
    price = view.quotes(contract.asset).prices([contract])[0]
    assert price is not None
    spot, years = view.spots[contract.asset], (contract.expiry_at - view.at) / YEAR
    spread = price.vol * math.sqrt(years)
    d1 = math.log(spot / contract.strike) / spread + spread / 2.0
    return float(norm.cdf(d1)) - (0.0 if contract.is_call else 1.0)


@pytest.mark.parametrize(("level", "share"), [(12.0, 0.0), (20.0, 0.01), (40.0, 0.005), (60.0, 0.0)])
def test_index_calls__level__decides_the_share(level: float, share: float) -> None:
    times = [START, START + DAY]
    flat = {"ETH": 2_000.0, "DVX": level}
    history = MarketHistory(
        {asset: series(asset, [(at, spot) for at in times]) for asset, spot in flat.items()},
        {asset: tuple(listed(asset, at, spot, 0.9) for at in times) for asset, spot in flat.items()},
    )
    spec, log = watched(strategy_spec("index_calls"))
    play(history, spec, indices=("DVX",))
    view, targets = log[0]
    assert share_at(level) == share
    legs = (targets.options or {})["index calls"]
    if not share:
        assert legs == {}
        return
    ((contract, quantity),) = legs.items()
    price = view.quotes("DVX").prices([contract])[0]
    assert price is not None
    assert contract.is_call
    assert share * 1e6 - 0.1 * price.ask < quantity * price.ask <= share * 1e6  # lots of a tenth
    calls = view.quotes("DVX").chain.buyable(contract.expiry_at, is_call=True)
    deltas = {quote.strike: abs(view.quotes("DVX").chain.delta(quote) - 0.30) for quote in calls}
    assert deltas[contract.strike] == min(deltas.values())


def test_index_calls__no_index_in_the_study__changes_nothing() -> None:
    spec, log = watched(strategy_spec("index_calls"))
    play(weeks_of_chains(2, assets=("ETH",)), spec)
    assert log[0][1] == Targets()


@pytest.mark.parametrize("name", ["strip_7", "strip_30"])
def test_strip__weekly__is_traded_at_its_decisions_alone(name: str) -> None:
    run = play(weeks_of_chains(9, assets=("ETH",)), strategy_spec(name))
    assert days_of(run, "fee") == [0, 7]


# Plans -----------------------------------------------------------------------------------------------------------


def test_rules__kept_for_four_weeks__trades_each_fourth_week_alone() -> None:
    history = weeks_of_chains(61, assets=("ETH",), every=7)
    run = play(history, strategy_spec("rules_4_weeks"))
    assert days_of(run, "fee") == [0, 28, 56]
    assert len(days_of(run, "mark")) == len(run.times) - 1


def test_plan__kept_for_four_weeks__is_asked_each_fourth_week_alone() -> None:
    history = weeks_of_chains(61, assets=("ETH",), every=7)
    run = play(history, strategy_spec("plan_4_weeks"))
    assert {*days_of(run, "fee"), *days_of(run, "perpetual cost")} <= {0, 28, 56}
    assert days_of(run, "fee")[0] == 0
    assert {entry.made_at for entry in run.calibration} == {START, START + 28 * DAY}


def test_steward__proposals__change_parameters_within_their_limits_one_decision_later() -> None:
    steps = {key.id: max((key.most - key.least) // 20, 1) for key in KEYS}
    limits = {key.id: Limits(key.least, key.most, steps[key.id], steps[key.id], 0) for key in KEYS}
    seen: list[Parameters] = []
    short = Parameters(target_cvar_bps=50)  # out of reach of the first budgets

    class Noted(Steward):
        def __init__(self) -> None:
            super().__init__(limits)
            self.parameters = short

        def decide(self, view: View) -> Targets:
            seen.append(self.parameters)
            return super().decide(view)

    spec = StrategySpec("steward", "follows proposals", Noted, needs_quotes=True)
    play(weeks_of_chains(22, assets=("ETH",), every=7), spec)
    assert seen[0] == short
    assert len(set(seen)) > 1
    for before, after in pairwise(seen):
        changes = np.abs(np.subtract(after.to_values(), before.to_values()))
        assert (changes <= [steps[key.id] for key in KEYS]).all()
        assert all(key.least <= value <= key.most for key, value in zip(KEYS, after.to_values(), strict=True))


@pytest.mark.parametrize("layer", ["delta", "volatility", "tail"])
def test_plan__one_layer_alone_or_left_out__trades_that_or_all_but_that(layer: str) -> None:
    history = weeks_of_chains(2, assets=("ETH",))
    for name, inside in ((f"only_{layer}", True), (f"without_{layer}", False)):
        spec, log = watched(strategy_spec(name))
        play(history, spec)
        targets = log[0][1]
        traded = {label for legs in (targets.options, targets.perpetuals) for label, own in (legs or {}).items() if own}
        assert traded
        assert traded == {layer} if inside else layer not in traded


def test_plan__in_the_backtest__is_that_of_the_product() -> None:
    """The strategy asks the programme itself; `build_plan` on the same book, chains and past says the same."""
    history = weeks_of_chains(2, assets=("BTC", "ETH"))
    spec, log = watched(strategy_spec("plan"))
    play(history, spec, BOTH)
    view, targets = log[0]
    past, signals = Past(view.history.prices, view.history.vol_index), known_signals(view)
    chains = {asset: view.quotes(asset).chain for asset in sorted(view.chains)}
    names = [signal.name for signal in signals]
    plan = build_plan(view.book, view.market, chains, Parameters(), past=past, signals=signals, expected=names)
    legs = {contract.label: units for own in (targets.options or {}).values() for contract, units in own.items()}
    legs |= {f"{asset}-PERPETUAL": units for asset, units in (targets.perpetuals or {}).get("delta", {}).items()}
    ticket = {trade.instrument: trade.quantity * (1.0 if trade.side == "buy" else -1.0) for trade in plan.trades}
    # The strategy marks at the venue's mark, the plan at the smile's: a few lots may differ.
    assert set(legs) & set(ticket)
    assert legs["ETH-PERPETUAL"] == pytest.approx(ticket["ETH-PERPETUAL"], rel=0.1)


# The registry ----------------------------------------------------------------------------------------------------


def test_registry__names__are_unique_and_unknown_ones_are_refused() -> None:
    names = [spec.name for spec in strategy_specs()]
    assert len(set(names)) == len(names)
    with pytest.raises(BadInput, match="unhedged"):
        strategy_spec("nothing")
    own = register_strategy(StrategySpec("own", "of this test", strategy_spec("unhedged").make))
    with pytest.raises(BadInput, match="name of its own"):
        register_strategy(own)
    unregister_strategy("own")
    assert [spec.name for spec in strategy_specs()] == names
    assert {spec.name for spec in strategy_specs() if spec.variant_of == "plan"} > {"plan_holding", "promoter"}
    assert hedge.backtest.registry.__name__


def test_weights__negative_too_many_or_unknown__are_refused() -> None:
    for weights in ({"ETH/USD": -0.1}, {"ETH/USD": 0.7, "USD": 0.4}, {"DOGE": 0.5}):
        spec = replace(strategy_spec("unhedged"), weights=lambda pools, weights=weights: weights)
        with pytest.raises(BadInput, match="weights"):
            play(prices(ETH=[2_000.0] * 2), spec)


# Recorded quotes -------------------------------------------------------------------------------------------------


def v3_usd(price: np.ndarray, entry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return value and delta of a million USD in [0.8, 1.25] of the price at entry, by the formulas alone."""
    low, high = np.sqrt(0.8 * entry), np.sqrt(1.25 * entry)
    liquidity = 1e6 / (2.0 * np.sqrt(entry) - entry / high - low)
    s = np.clip(np.sqrt(price), low, high)
    delta = liquidity * (1.0 / s - 1.0 / high)
    return delta * price + liquidity * (s - low), delta


def weekly_profit(run: BacktestRun, times: np.ndarray) -> np.ndarray:
    """Return the profit between weekly times: equity is right after re-centring, flows are inside."""
    at = np.searchsorted(run.times, times)
    paid = np.cumsum(run.flows)
    return np.diff(run.equity[at] - paid[at])


def tail(profits: np.ndarray) -> float:
    """Return the mean loss of the worst twentieth."""
    worst = np.sort(profits)[: math.ceil(0.05 * profits.size)]
    return -float(worst.mean())


def test_recorded__22_weeks_of_eth__sizes_and_order_are_those_of_the_evidence(recorded: Path) -> None:
    from bridge.study.chain_files import read_chains, spots_of
    from bridge.study.problems import Problems

    shots = read_chains(recorded / "iv" / "deribit_chains_daily_2026h1.parquet", ("ETH",), Problems())["ETH"]
    spots: Series = spots_of(shots)
    history = MarketHistory({"ETH": spots}, {"ETH": shots})
    first = int(spots.times[1])
    profits: dict[str, list[np.ndarray]] = {}
    for phase in (0, 3):
        start = int(spots.times[np.searchsorted(spots.times, first // DAY * DAY + phase * DAY)])
        mondays = np.array([start // DAY * DAY + week * 7 * DAY for week in range(22)])
        at = spots.times[np.searchsorted(spots.times, mondays)]  # the first snapshot of each date, or after it
        at = at[at <= spots.times[-1]]
        for name in ("unhedged", "weekly_delta", "daily_delta", "strip_30_delta"):
            run = play(history, strategy_spec(name), start=start, end=int(at[-1]))
            profits.setdefault(name, []).append(weekly_profit(run, at))
        s = np.array([spots.last(int(t)).value for t in at])
        value, sold = v3_usd(s[1:], s[:-1])[0], v3_usd(s[:-1], s[:-1])[1]
        np.testing.assert_allclose(profits["unhedged"][-1], value - 1e6, atol=1e-3)
        # The delta is sold after each re-centring; of the first week the whole of it is traded at its beginning.
        gross = value - 1e6 - sold * np.diff(s)
        traded = np.abs(np.diff(sold, append=sold[-1])) * s[1:]
        delta = profits["weekly_delta"][-1] - gross
        np.testing.assert_allclose(delta[:-1], -0.0005 * traded[:-1], atol=1e-3)
    cvar = {name: tail(np.concatenate(parts)) for name, parts in profits.items()}
    # The 90 % intervals of CVaR95 in 33 weeks of the same year, of the same book, in thousands.
    intervals = {"unhedged": (66, 221), "weekly_delta": (32, 90), "daily_delta": (21, 39), "strip_30_delta": (17, 34)}
    for name, (low, high) in intervals.items():
        assert low <= cvar[name] / 1e3 <= high, name
    assert cvar["unhedged"] > cvar["weekly_delta"] > max(cvar["daily_delta"], cvar["strip_30_delta"])
    # What delta leaves goes as r^2: of a week's return, or the sum of seven days'. Were days independent, its variance
    # would be 7 (kurtosis of weeks - 1) / (kurtosis of days - 1) times as large: at most 7, as sums have less kurtosis.
    spread = {name: float(np.concatenate(parts).std()) for name, parts in profits.items()}
    assert 1.0 < spread["weekly_delta"] / spread["daily_delta"] < math.sqrt(7.0)
