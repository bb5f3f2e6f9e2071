"""The event loop: equal to a slow reference step by step, its order of things, its pools, and that it adds up."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from backtest_reference import Reference
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_histories import (
    DAY,
    HOUR,
    NAN,
    START,
    Case,
    Points,
    call,
    history_of,
    play,
    pool_bars,
    quotes,
    random_case,
    scripted,
    series,
)

from hedge.backtest.engine import BacktestTerms, step_times
from hedge.backtest.history import MarketHistory
from hedge.backtest.liquidity import LiquidityTerms
from hedge.backtest.results import Calibration
from hedge.backtest.schedule import Schedule
from hedge.backtest.strategy import KEEP, StrategySpec, Targets, View
from hedge.backtest.wealth import PoolPlan
from hedge.errors import BadInput, NotKnown

pytestmark = pytest.mark.unit

CALL = call(2_100.0, 10)
ROW = {CALL: (50.0, 54.0, 51.0, 0.6)}
OTHERS = {call(1.0, 99): (NAN, NAN, NAN, NAN)}
MIDNIGHT = START - START % DAY


@pytest.mark.prop
@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_engine__random_case__is_the_reference_at_every_step(seed: int) -> None:
    case = random_case(seed)
    run, reference = case.play(), Reference(case)
    expected = reference.play()
    assert run.times.tolist() == expected["times"]
    for name in ("equity", "flows", "lp", "margin", "turnover"):
        np.testing.assert_allclose(getattr(run, name), expected[name], rtol=0.0, atol=1e-9 * case.capital, err_msg=name)
    assert {name: run.counts.get(name, 0) for name in reference.counts} == reference.counts


def test_engine__random_cases__do_what_the_rules_are_about() -> None:
    """Guard the property: were nothing dealt, refused, forced or modelled, it would prove nothing."""
    found = [random_case(seed).play() for seed in range(12)]
    kinds = set().union(*(set(run.entries["kind"]) for run in found))
    assert kinds == {"price", "pool fees", "gas", "swap", "mark", "slippage", "fee", "settlement", "delivery fee",
                     "perpetual", "perpetual cost", "funding", "liquidation"}  # fmt: skip
    counts = set().union(*(set(run.counts) for run in found))
    assert {"orders without a quote", "sales without a bid", "marks from a model", "forced closes"} <= counts


def daily(*values: float) -> Points:
    return [(START + day * DAY, value) for day, value in enumerate(values)]


def flat(days: int, value: float = 2_000.0) -> MarketHistory:
    return MarketHistory({"ETH": series("ETH", daily(*[value] * days))})


class Asked:
    """Note when a decision is asked for."""

    def __init__(self, times: list[int], error: Exception | None = None) -> None:
        self.times, self.error = times, error

    def decide(self, view: View) -> Targets:
        self.times.append(view.at)
        if self.error:
            raise self.error
        return Targets()


def asked(error: Exception | None = None, **changes: Any) -> tuple[StrategySpec, list[int]]:
    times: list[int] = []
    return StrategySpec("asked", "notes when", lambda: Asked(times, error), **changes), times


def test_steps__snapshots_of_several_assets__are_one_within_a_quarter_of_an_hour() -> None:
    case = Case({}, {"ETH": [(START, 2e3, ROW)], "BTC": [(START + 900, 4e4, ROW), (START + 901, 4e4, ROW)]})
    assert step_times(history_of(case), ("BTC", "ETH"), START, START + DAY) == [START + 900, START + 901]


def test_steps__snapshots_every_ten_minutes__do_not_become_one() -> None:
    case = Case({}, {"ETH": [(START + minute * 60, 2e3, ROW) for minute in range(0, 60, 10)]})
    found = step_times(history_of(case), ("ETH",), START, START + DAY)
    assert found == [START + minute * 60 for minute in (10, 30, 50)]


def test_steps__no_quotes__are_the_times_of_prices() -> None:
    assert step_times(flat(3), ("ETH",), START + 1, START + 9 * DAY) == [START + DAY, START + 2 * DAY]


def test_run__gap_of_a_month__is_counted_once_and_funding_runs_on() -> None:
    case = Case(
        {"ETH": [*daily(2_000.0, 2_000.0), (START + 31 * DAY, 2_000.0)]},
        funding={"ETH": [(START, 0.1)]},
        script={START + DAY: Targets(perpetuals={"delta": {"ETH": 1.0}})},
    )
    run = case.play()
    assert run.counts == {"gaps between steps": 1}
    assert run.entries.groupby("kind")["usd"].sum()["funding"] == pytest.approx(-2_000.0 * 0.1 * 30 / 365)


def test_run__strategy_that_refuses__keeps_what_is_held_and_is_counted() -> None:
    class Once:
        asked = 0

        def decide(self, view: View) -> Targets:
            self.asked += 1
            if self.asked > 1:
                raise NotKnown("a signal", view.at)
            return Targets(perpetuals={"delta": {"ETH": -10.0}})

    history = MarketHistory({"ETH": series("ETH", daily(2_000.0, 1_900.0, 1_800.0))})
    run = play(history, StrategySpec("once", "decides once", Once, every_days=1.0))
    assert run.counts == {"no decision: nothing is known of a signal": 2}
    assert run.entries.groupby("kind")["usd"].sum()["perpetual"] == pytest.approx(2_000.0)


def test_run__fault_that_is_no_hedge_error__is_not_swallowed() -> None:
    spec, _ = asked(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        play(flat(3), spec)


def test_run__decision_without_quotes__waits_for_them_and_keeps_its_dates() -> None:
    # BTC is quoted on every day but the first two: the decision of day 0 waits until day 2, the next is of day 7.
    both = {"ETH": daily(*[2_000.0] * 9), "BTC": daily(*[4e4] * 9)}
    btc = call(42_000.0, 20, "BTC")
    shots = {
        "ETH": [(at, spot, ROW) for at, spot in both["ETH"]],
        "BTC": [(at, spot, {btc: (1.0, 2.0, 1.5, 0.5)}) for at, spot in both["BTC"][2:]],
    }
    spec, times = asked(needs_quotes=True)
    run = play(history_of(Case(both, shots)), spec, (PoolPlan("BTC/ETH", "BTC", "ETH"),))
    assert [(at - START) // DAY for at in times] == [2, 7]
    assert run.counts["decisions that waited for quotes"] == 2


def test_run__quotes_older_than_a_snapshot__are_none() -> None:
    history = history_of(Case({"ETH": daily(2_000.0)}, {"ETH": [(START, 2e3, ROW)]}))
    assert history.newest_quotes("ETH", START + 900) is not None
    assert history.newest_quotes("ETH", START + 901) is None


def test_run__settlement__is_the_nearest_index_that_is_known_by_the_step() -> None:
    # Expiry 08:00, step 08:10; an index at 04:00, one at 08:20, which nobody has seen at the step.
    expiry, step = CALL.expiry_at, CALL.expiry_at + 600
    index = [(expiry - 4 * HOUR, 2_150.0), (expiry + 1_200, 2_400.0)]
    case = Case(
        {"ETH": [(START, 2_000.0), (step, 2_200.0), (step + DAY, 2_200.0)]},
        {"ETH": [(START, 2_000.0, ROW), *((at, 2_200.0, OTHERS) for at in (step, step + DAY))]},
        settlement={"ETH": index},
        script={START: Targets({"tail": {CALL: 1.0}})},
    )
    run = case.play()
    own = run.entries[run.entries["kind"] == "settlement"]
    assert (own["at"].tolist(), own["usd"].tolist()) == ([step], [50.0 - 51.0])
    assert run.counts["settlements by an index more than an hour away"] == 1


def test_run__labels_that_offset_each_other__settle_at_the_expiry() -> None:
    later = START + 11 * DAY
    case = Case(
        {"ETH": [(START, 2_000.0), (later, 2_300.0), (later + DAY, 2_400.0)]},
        script={START: Targets({"strip": {CALL: 1.0}, "condor": {CALL: -1.0}})},
    )
    case.quotes = {"ETH": [(START, 2_000.0, ROW), *((at, 2_300.0, OTHERS) for at in (later, later + DAY))]}
    run = case.play()
    assert "orders without a quote" not in run.counts
    assert set(run.entries[run.entries["at"] > later]["kind"]) == {"price"}
    assert run.entries[run.entries["kind"] == "delivery fee"].empty


def test_run__bars_that_begin_later__do_not_stop_decisions() -> None:
    history = flat(4)
    bars = pool_bars(np.array([START + 2 * DAY, START + 3 * DAY]), np.full(2, 2_000.0))
    spec, times = asked(every_days=1.0)
    run = play(replace(history, pools={"ETH/USD": bars}), spec)
    assert len(times) == 4
    assert run.counts == {}


def test_terms__wrong__are_refused() -> None:
    pool = PoolPlan("ETH/USD", "ETH")
    for wrong in ({"end": START}, {"capital_usd": NAN}, {"pools": ()}, {"pools": (pool, pool)}):
        with pytest.raises(BadInput):
            BacktestTerms(**({"start": START, "end": START + DAY, "pools": (pool,)} | wrong))  # type: ignore[arg-type]


def test_run__one_step_or_no_price__is_refused() -> None:
    with pytest.raises(BadInput, match="two steps"):
        play(flat(1), scripted({}))
    late = history_of(Case({"ETH": [(START + 9 * DAY, 2e3)]}, {"ETH": []}))
    shots = tuple(quotes("ETH", START + day * DAY, 2e3, ROW) for day in range(3))
    with pytest.raises(NotKnown):
        play(replace(late, quotes={"ETH": shots}), scripted({}))


# Pools -----------------------------------------------------------------------------------------------------------


def v3_value(ratio: float, low: float = 0.8, high: float = 1.25) -> float:
    """Return what a position is worth after the price's ratio, of what it was at entry."""

    def unit(price: float) -> float:
        s = math.sqrt(min(max(price, low), high))
        return price * (1.0 / s - 1.0 / math.sqrt(high)) + s - math.sqrt(low)

    return unit(ratio) / unit(1.0)


def pool(**terms: Any) -> PoolPlan:
    own = {name: terms.pop(name) for name in ("recentre_days", "fee_apr") if name in terms}
    return PoolPlan("ETH/USD", "ETH", terms=LiquidityTerms(**({"compounding": False} | terms)), **own)


def test_pool__re_centred_weekly__goes_back_to_its_notional_by_a_flow() -> None:
    prices = [2_000.0] * 7 + [1_800.0, 1_800.0]
    run = play(MarketHistory({"ETH": series("ETH", daily(*prices))}), scripted({}), (pool(),))
    lost = 1e6 * (1.0 - v3_value(0.9))
    assert run.flows[7] == pytest.approx(lost)
    assert run.lp[7:] == pytest.approx(1e6)
    assert run.entries["usd"].sum() == pytest.approx(-lost)


def test_pool__re_centred_at_its_edge__pays_gas_and_the_swap_to_the_new_mix() -> None:
    prices = [2_000.0] * 7 + [2_500.0, 2_500.0]  # at the upper edge: all in USD, half has to be bought back
    run = play(
        MarketHistory({"ETH": series("ETH", daily(*prices))}), scripted({}), (pool(gas_usd=20.0, swap_cost=0.003),)
    )
    worth = 1e6 * v3_value(1.25)
    share = (1.0 - 1.0 / math.sqrt(1.25)) / (2.0 - 1.0 / math.sqrt(1.25) - math.sqrt(0.8))
    sums = run.entries.groupby("kind")["usd"].sum()
    assert sums["gas"] == pytest.approx(-20.0)
    assert sums["swap"] == pytest.approx(-0.003 * share * worth)
    assert run.flows[7] == pytest.approx(1e6 - worth + 20.0 + 0.003 * share * worth)


def test_pool__stated_rate__accrues_in_range_at_the_price_of_the_step_alone() -> None:
    prices = (2_000.0, 2_100.0, 2_600.0, 2_000.0)
    run = play(MarketHistory({"ETH": series("ETH", daily(*prices))}), scripted({}), (pool(fee_apr=0.365),))
    fees = run.entries[run.entries["kind"] == "pool fees"]
    assert fees["at"].tolist() == [START + DAY, START + 3 * DAY]
    assert fees["usd"].tolist() == pytest.approx([1e3 * v3_value(1.05), 1e3])


def test_pool__fees_of_bars__are_those_of_the_bars() -> None:
    plan = replace(pool(), bars="ETH/USD")
    bars = pool_bars(START + DAY * np.arange(3), np.full(3, 2_000.0))
    run = play(replace(flat(3), pools={"ETH/USD": bars}), scripted({}), (plan,))
    liquidity = 1e6 / (math.sqrt(2_000.0) * (2.0 - 1.0 / math.sqrt(1.25) - math.sqrt(0.8)))
    per_bar = 1e6 * 0.003 * liquidity / (9e4 + liquidity)
    assert run.entries[run.entries["kind"] == "pool fees"]["usd"].tolist() == pytest.approx([per_bar, per_bar])


def test_pool__bars_that_know_no_fees__are_counted_and_the_stated_rate_holds() -> None:
    plan = replace(pool(fee_apr=0.365), bars="ETH/USD")
    bars = pool_bars(START + DAY * np.arange(2), np.full(2, 2_000.0))
    run = play(replace(flat(5), pools={"ETH/USD": bars}), scripted({}), (plan,))
    assert run.counts == {"steps with unknown pool fees": 3}  # of days 2, 3 and 4: the last bar is of day 1
    assert run.entries["usd"].tolist()[1:] == pytest.approx([1e3] * 3)


def test_run__nothing_happens__entries_are_numbers_all_the_same() -> None:
    entries = play(flat(3), scripted({})).entries
    assert (len(entries), entries["usd"].dtype, entries["at"].dtype) == (0, np.float64, np.int64)


@pytest.mark.parametrize(("hours", "expected"), [(24.0, 3), (23.0, 3), (25.0, 4), (0.0, 2)])
def test_pool__out_of_range_for_so_many_hours__is_re_centred(hours: float, expected: int) -> None:
    prices = (2_000.0, 2_000.0, 2_600.0, 2_600.0, 2_600.0, 2_600.0)
    plan = pool(recentre_days=None, out_hours=hours, gas_usd=1.0)
    run = play(MarketHistory({"ETH": series("ETH", daily(*prices))}), scripted({}), (plan,))
    moved = run.entries[run.entries["kind"] == "gas"]["at"].tolist()
    assert moved == [START + expected * DAY]


def test_pool__back_in_range_meanwhile__starts_counting_anew() -> None:
    prices = (2_000.0, 2_600.0, 2_400.0, 2_600.0, 2_600.0, 2_600.0)
    plan = pool(recentre_days=None, out_hours=48.0, gas_usd=1.0)
    run = play(MarketHistory({"ETH": series("ETH", daily(*prices))}), scripted({}), (plan,))
    assert run.entries[run.entries["kind"] == "gas"]["at"].tolist() == [START + 5 * DAY]


def test_pool__two_volatile_assets__moves_with_the_ratio_times_the_quote() -> None:
    prices = {"BTC": series("BTC", daily(40_000.0, 44_000.0)), "ETH": series("ETH", daily(2_000.0, 1_900.0))}
    run = play(MarketHistory(prices), scripted({}), (PoolPlan("BTC/ETH", "BTC", "ETH"),))
    assert run.equity[1] == pytest.approx(1e6 * 0.95 * v3_value(1.1 / 0.95))


def test_pool__full_range__is_the_root_of_the_price() -> None:
    prices = series("ETH", daily(2_000.0, 500.0, 8_000.0))
    run = play(MarketHistory({"ETH": prices}), scripted({}), (pool(lower_ratio=0.0, upper_ratio=math.inf),))
    assert run.equity == pytest.approx([1e6, 0.5e6, 2e6])


# Dates -----------------------------------------------------------------------------------------------------------


def test_schedule__snapshots_at_odd_hours__are_due_on_the_day_not_the_hour() -> None:
    own = Schedule.starting(MIDNIGHT + 9 * HOUR, 7.0)
    assert not own.due(MIDNIGHT + 7 * DAY - 1)
    assert own.due(MIDNIGHT + 7 * DAY + 4 * HOUR)
    assert not own.due(MIDNIGHT + 7 * DAY + 16 * HOUR)
    assert own.due(MIDNIGHT + 14 * DAY)


def test_schedule__day_without_a_step__is_the_next_step_and_later_dates_stay() -> None:
    own = Schedule.starting(MIDNIGHT, 7.0)
    found = [day for day in (6, 9, 13, 14, 15, 50, 55, 56) if own.due(MIDNIGHT + day * DAY)]
    assert found == [9, 14, 50, 56]


def test_schedule__part_of_a_day__counts_from_its_start() -> None:
    own = Schedule.starting(START, 0.25, at_once=True)
    assert [hour for hour in range(0, 24, 3) if own.due(START + hour * HOUR)] == [0, 6, 12, 18]


@pytest.mark.parametrize("days", [0.0, -1.0, math.inf, NAN])
def test_schedule__impossible_days__are_refused(days: float) -> None:
    with pytest.raises(BadInput):
        Schedule.starting(START, days)


@settings(max_examples=100)
@given(
    st.sampled_from([0.5, 1.0, 2.0, 7.0, 28.0]), st.lists(st.integers(1, 40 * DAY), min_size=1, max_size=30),
    st.integers(0, DAY),
)  # fmt: skip
def test_schedule__any_steps__due_once_for_each_interval_that_has_a_step(
    days: float, gaps: list[int], offset: int
) -> None:
    start = MIDNIGHT + offset
    anchor = MIDNIGHT + offset // DAY * DAY if days >= 1.0 else start
    own = Schedule.starting(start, days)
    seen = {0}
    for at in (start + np.cumsum(gaps)).tolist():
        interval = int((at - anchor) // (days * DAY))
        assert own.due(at) == (interval not in seen and interval > 0)
        seen.add(interval)


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (Targets(perpetuals={"x": {"ETH": math.nan}}), "must be worth at most"),
        (Targets(perpetuals={"x": {"ETH": 1e9}}), "must be worth at most"),
        (Targets(perpetuals={"x": {"DOGE": 1.0}}), "must be of ETH"),
        (Targets(calibration=(Calibration("zz", 0, 1, 1.0, 1.0),)), "must be of var95"),
        (Targets(calibration=(Calibration("legs", 0, 1, math.inf, 1.0),)), "finite numbers"),
    ],
)
def test_run__targets_that_are_nonsense__end_it_with_what_is_wrong(targets: Targets, said: str) -> None:
    class Odd:
        def decide(self, view: View) -> Targets:
            return targets

    with pytest.raises(BadInput, match=said):
        play(flat(3), StrategySpec("odd", "says nonsense", Odd, every_days=1.0))


def test_run__strategy_that_writes_into_its_view__changes_nothing_for_anybody() -> None:
    class Vandal:
        def decide(self, view: View) -> Targets:
            view.perpetuals.setdefault("x", {"ETH": 1_000.0})  # type: ignore[attr-defined]
            view.history.prices["ETH"].values[:] = 1.0
            return KEEP

    history = flat(3)
    with pytest.raises(ValueError, match="read-only"):
        play(history, StrategySpec("vandal", "writes", Vandal, every_days=1.0))
    assert (history.prices["ETH"].values > 1.0).all()
