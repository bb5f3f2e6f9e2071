"""Figures of a strategy by hand, its regression against statsmodels, its tables tied to its path."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hedge.backtest.alpha import alpha_beta, newey_west_lags
from hedge.backtest.metrics import Track, measure_strategy, tracking_error, window_figures
from hedge.backtest.path_metrics import CashSeries, Crash, costs_of, crash_captures, max_drawdown, overlay_rate
from hedge.backtest.periods import EquityPath, period_profits
from hedge.backtest.tables import Span, pool_dependence, span_table
from hedge.errors import BadInput
from hedge.risk.measures import cvar
from hedge.valuation.diversification import effective_bets, joint_tail

pytestmark = pytest.mark.unit

DAY = 86_400
MONDAY = 1_767_571_200  # 2026-01-05 00:00 UTC


def path_of(weekly: list[float], start: float = 1000.0, at: int = MONDAY) -> EquityPath:
    return EquityPath(at + 7 * DAY * np.arange(len(weekly) + 1), start + np.concatenate([[0.0], np.cumsum(weekly)]))


def track_of(weekly: list[float], name: str = "plan", at: int = MONDAY, **cash: CashSeries) -> Track:
    path = path_of(weekly, at=at)
    return Track(name, path, period_profits(path), **cash)


def cash(at: list[int], usd: list[float]) -> CashSeries:
    return CashSeries(np.array(at, dtype=np.int64), np.array(usd))


def test_window_figures__four_weeks_by_hand__are_those() -> None:
    found = window_figures(track_of([10.0, -30.0, 20.0, 4.0]).periods)
    assert (found.windows, found.weeks, found.missing) == (4, 4, 0)
    assert (found.mean, found.worst, found.worst_at) == (1.0, -30.0, MONDAY + 7 * DAY)
    assert found.std == pytest.approx(np.std([10.0, -30.0, 20.0, 4.0], ddof=1))
    assert (found.cvar95, found.cvar99) == (30.0, 30.0)


def test_window_figures__forty_one_weeks__cvar_averages_the_worst_three() -> None:
    weekly = np.random.default_rng(1).normal(size=41)
    found = window_figures(track_of(weekly.tolist()).periods)
    # Profits are differences of an equity near 1,000: rounded by 1e-13.
    assert found.cvar95 == pytest.approx(-np.sort(weekly)[:3].mean(), abs=1e-12)
    assert found.cvar95 == pytest.approx(cvar(weekly), abs=1e-12)


def test_window_figures__no_week__is_unknown() -> None:
    found = window_figures(track_of([]).periods)
    assert found.windows == 0
    assert found.to_dict()["cvar95"] is None


def test_max_drawdown__withdrawal__is_no_loss() -> None:
    """100 to 150, then 100 withdrawn: 50 left, which falls to 30: 20 USD and 40 %."""
    path = EquityPath([1, 2, 3, 4], [100.0, 150.0, 50.0, 30.0], [0.0, 0.0, -100.0, 0.0])
    found = max_drawdown(path)
    assert (found.usd, found.peak_at, found.trough_at) == (20.0, 2, 4)
    assert found.share == pytest.approx(0.4, rel=1e-15)
    assert found.share_trough_at == 4


def test_max_drawdown__deepest_in_usd_and_in_share__are_two_falls() -> None:
    found = max_drawdown(EquityPath([1, 2, 3, 4], [100.0, 60.0, 1000.0, 700.0]))
    assert (found.usd, found.trough_at) == (300.0, 4)
    assert (found.share, found.share_trough_at) == (pytest.approx(0.4), 2)


def test_max_drawdown__never_falls_or_unknown_or_wiped_out__is_said() -> None:
    assert max_drawdown(EquityPath([1, 2], [1.0, 2.0])).usd == 0.0
    assert max_drawdown(EquityPath([1, 2, 3], [2.0, np.nan, 1.0])).unknown == 1
    assert math.isnan(max_drawdown(EquityPath([1], [np.nan])).usd)
    assert max_drawdown(EquityPath([1, 2], [10.0, -5.0])).share == 1.5
    assert math.isnan(max_drawdown(EquityPath([1, 2], [0.0, -5.0])).share)


def test_crash_captures__half_hedged__keeps_half_and_no_loss_is_unknown() -> None:
    crashes = [
        Crash("fall", MONDAY, MONDAY + 7 * DAY),
        Crash("rise", MONDAY + 7 * DAY, MONDAY + 14 * DAY),
        Crash("before", 0, 7 * DAY),
    ]
    fall, rise, before = crash_captures(path_of([-50.0, 10.0]), path_of([-100.0, 30.0]), crashes)
    assert (fall.profit, fall.unhedged, fall.capture) == (-50.0, -100.0, 0.5)
    assert rise.profit == 10.0
    assert math.isnan(rise.capture)
    assert before.to_dict() == {"name": "before", "profit": None, "unhedged": None, "capture": None}
    with pytest.raises(BadInput):
        crash_captures(path_of([1.0]), path_of([1.0]), [Crash("wrong", 5, 5)])


def test_overlay_rate__a_year_by_hand__ten_per_cent_whatever_the_order() -> None:
    found = overlay_rate([365 * DAY, 0, 365 * DAY], [100.0, -100.0, 10.0])
    assert (round(found.rate, 9), found.rates, found.net_usd) == (0.1, 1, 10.0)
    assert math.isnan(overlay_rate([], []).rate)
    assert overlay_rate([0], [-1.0]).rates == 0
    with pytest.raises(BadInput):
        overlay_rate([0], [np.nan])


def test_costs_of__entries_of_a_run__losses_are_positive() -> None:
    entries = pd.DataFrame({"at": [1, 2, 3], "kind": ["fee", "pnl", "fee"], "label": "", "usd": [-3.0, 50.0, -4.0]})
    found = costs_of(entries, {"fee"})
    assert found.total == 7.0
    assert found.times.tolist() == [1, 3]
    assert costs_of(entries, {"gas"}).total == 0.0
    with pytest.raises(BadInput):
        costs_of(entries.drop(columns="at"), {"fee"})
    with pytest.raises(BadInput):
        costs_of(entries.assign(usd=np.nan), {"fee"})


@pytest.mark.parametrize(
    ("lags", "errors"),
    [
        (0, [2.8270246444324663, 39.152220935992275, 75.15153037866399]),
        (3, [4.432694385723134, 27.089754141000892, 83.54267052569263]),
        (6, [4.778818506020739, 23.68904251669546, 77.92781067987455]),
    ],
)
def test_alpha_beta__forty_weeks__is_what_statsmodels_says(lags: int, errors: list[float]) -> None:
    """statsmodels 0.15.0: OLS(...).fit(cov_type="HAC", cov_kwds={maxlags, use_correction: True}, use_t=True)."""
    week = np.arange(40)
    first, second = np.sin(1.7 * week) * 0.1, np.cos(0.9 * week) * 0.05
    profits = 50 + 1000 * first - 300 * second + 20 * np.sin(0.35 * week) + ((week * 7) % 11 - 5) * 3
    found = alpha_beta(profits, {"ETH": first, "BTC": second}, lags)
    # Condition of the normal equations is about 1e3: 13 digits of 16 are left.
    assert [found.alpha, *found.beta.values()] == pytest.approx(
        [51.16581357269864, 961.2106043539821, -342.433573561715], rel=1e-12
    )
    assert [found.alpha_error, *found.beta_error.values()] == pytest.approx(errors, rel=1e-12)
    assert found.r_squared == pytest.approx(0.9402537283617766, rel=1e-12)
    assert found.p == pytest.approx(2 * stats.t.sf(found.alpha / found.alpha_error, 37), rel=1e-9)


def test_alpha_beta__one_asset__coefficients_are_scipys_line() -> None:
    draw = np.random.default_rng(2)
    asset = draw.normal(size=33) * 0.08
    profits = -3e5 * asset + draw.normal(size=33) * 1e4
    line = stats.linregress(asset, profits)
    found = alpha_beta(profits, {"ETH": asset})
    assert (found.alpha, found.beta["ETH"]) == pytest.approx((line.intercept, line.slope), rel=1e-10)
    assert found.r_squared == pytest.approx(line.rvalue**2, rel=1e-10)
    assert found.lags == newey_west_lags(33) == 3


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1e3), st.floats(-1e4, 1e4), st.floats(-1e5, 1e5))
@pytest.mark.prop
def test_alpha_beta__scaled_shifted_and_hedged__alpha_follows(
    seed: int, scale: float, shift: float, hedge: float
) -> None:
    """A hedge that is beta alone changes beta and not alpha: what the metric is for."""
    draw = np.random.default_rng(seed)
    asset, profits = draw.normal(size=30) * 0.1, draw.normal(size=30) * 100.0
    plain = alpha_beta(profits, {"ETH": asset})
    moved = alpha_beta(scale * profits + shift + hedge * asset, {"ETH": asset})
    size = scale * 100.0 + abs(shift) + abs(hedge)
    assert moved.alpha == pytest.approx(scale * plain.alpha + shift, abs=1e-11 * size)
    assert moved.beta["ETH"] == pytest.approx(scale * plain.beta["ETH"] + hedge, abs=1e-10 * size)
    assert moved.alpha_error == pytest.approx(scale * plain.alpha_error, rel=1e-6, abs=1e-10 * size)


def test_alpha_beta__too_few_weeks_or_a_still_asset__is_unknown_and_says_why() -> None:
    few = alpha_beta([1.0, 2.0], {"ETH": [0.1, 0.2]})
    assert math.isnan(few.alpha)
    assert few.reason == "2 windows for 2 coefficients"
    still = alpha_beta([1.0, 2.0, 3.0], {"ETH": [0.1, 0.1, 0.1]})
    assert "constant" in still.reason
    assert json.loads(json.dumps(still.to_dict()))["beta"] == {"ETH": None}
    for profits, asset, lags in (
        ([1.0, np.nan, 1.0], [0.1] * 3, 0), ([1.0] * 3, [0.1] * 2, 0), ([1.0] * 3, [0.1] * 3, -1),
    ):  # fmt: skip
        with pytest.raises(BadInput):
            alpha_beta(profits, {"ETH": asset}, lags)


def test_measure_strategy__hedge_by_hand__every_figure() -> None:
    """The LP loses 100 in the fall, the hedge pays 70 of it and costs 5 a week, of which 2 are slippage."""
    asset = [0.05, -0.2, 0.1, 0.0]
    alone = track_of([10.0, -100.0, 15.0, 0.0], "unhedged")
    traded = [MONDAY + 7 * DAY * week for week in range(4)]
    plan = track_of(
        [5.0, -35.0, 10.0, -5.0],
        slippage=cash(traded, [2.0] * 4),
        fees=cash(traded, [3.0] * 4),
        turnover=cash(traded, [1e4] * 4),
        overlay=cash([MONDAY, MONDAY + 28 * DAY], [-20.0, 70.0]),
    )
    prices = np.cumprod([100.0, *(1.0 + np.array(asset))])
    factors = {"ETH": period_profits(EquityPath(plan.path.times, prices))}
    crash = Crash("week 3", MONDAY + 7 * DAY, MONDAY + 14 * DAY)
    found = measure_strategy(plan, alone, factors, {"unhedged": alone.periods}, [crash])
    assert found.profit_usd == pytest.approx(-25.0)
    assert (found.slippage_usd, found.fees_usd, found.turnover_usd) == (8.0, 12.0, 4e4)
    assert found.cvar_removed_usd == pytest.approx(65.0)
    assert found.cost_per_risk == pytest.approx(5.0 / 65.0)
    assert found.given_up_per_risk == pytest.approx((-75.0 / 4 + 25.0 / 4) / 65.0)
    assert found.tracking["unhedged"] == pytest.approx(np.std([-5.0, 65.0, -5.0, -5.0], ddof=1))
    assert found.captures[0].capture == pytest.approx(0.35)
    assert found.drawdown.usd == pytest.approx(35.0)
    assert found.alpha.beta["ETH"] == pytest.approx(stats.linregress(asset, [5.0, -35.0, 10.0, -5.0]).slope)
    assert found.overlay.net_usd == 50.0
    shown = json.loads(json.dumps(found.to_dict()))
    assert shown["strategy"] == "plan"
    assert shown["mean"] == pytest.approx(-6.25)
    itself = measure_strategy(alone, alone, factors, {})
    assert math.isnan(itself.cost_per_risk)


def test_measure_strategy__overlapping_weeks__covariance_spans_them() -> None:
    days = MONDAY + DAY * np.arange(120)
    draw = np.random.default_rng(1)
    paths = [EquityPath(days, 1000.0 + np.cumsum(draw.normal(size=120))) for _ in range(2)]
    ours, asset = (period_profits(path, step_days=1.0) for path in paths)
    track = Track("plan", paths[0], ours)
    assert measure_strategy(track, track, {"ETH": asset}, {}).alpha.lags == 6


def test_tracking_error__weeks_of_both__only_those() -> None:
    ours = track_of([1.0, 2.0, 3.0]).periods
    other = track_of([1.0, 1.0], at=MONDAY + 7 * DAY).periods
    assert tracking_error(ours, other) == pytest.approx(np.std([1.0, 2.0], ddof=1))
    assert math.isnan(tracking_error(ours, track_of([1.0], at=MONDAY + 700 * DAY).periods))


def test_span_table__run_over_new_year__losers_are_rows_and_profits_add_up() -> None:
    start = MONDAY - 21 * DAY  # 2025-12-15
    plan = track_of([1.0, -2.0, 4.0, 8.0, -16.0], at=start, fees=cash([start, MONDAY], [0.5, 0.25]))
    loser = track_of([-1.0] * 5, "loser", at=start)
    years = span_table([plan, loser])
    assert [(row["span"], row["strategy"]) for row in years] == [
        ("2025", "plan"), ("2025", "loser"), ("2026", "plan"), ("2026", "loser"),
    ]  # fmt: skip
    old, _, new, lost = years
    # The step that ends on 2025-12-29 is the old year's, the one on 2026-01-05 the new one's.
    assert (old["profit_usd"], new["profit_usd"], lost["profit_usd"]) == (-1.0, -4.0, -3.0)
    assert (old["windows"], new["windows"], old["worst_usd"], new["worst_usd"]) == (3, 2, -2.0, -16.0)
    assert (old["cost_usd"], new["cost_usd"]) == (0.5, 0.25)
    assert (old["days"], new["days"]) == (14.0, 21.0)
    assert {row["span"] for row in span_table([plan], Span.QUARTER)} == {"2025 Q4", "2026 Q1"}
    json.dumps(years)
    assert span_table([]) == []
    with pytest.raises(BadInput):
        span_table([plan, plan])


def test_span_table__strategy_that_began_later__has_a_row_that_says_unknown() -> None:
    rows = span_table([track_of([1.0], at=MONDAY - 400 * DAY), track_of([1.0], "late")])
    late = next(row for row in rows if row["strategy"] == "late" and row["windows"] == 0)
    assert (late["profit_usd"], late["cvar95_usd"], late["days"]) == (None, None, 0.0)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=80))
@pytest.mark.prop
def test_span_table__any_run__spans_add_up_to_the_path(weekly: list[float]) -> None:
    track = track_of(weekly)
    for span in Span:
        total = math.fsum(row["profit_usd"] for row in span_table([track], span) if row["profit_usd"] is not None)
        # Steps are differences of an equity below 1e6: rounded by 1.2e-10 each, 80 of them.
        assert total == pytest.approx(track.path.gains[-1] - track.path.gains[0], abs=80 * 1.2e-10)


def test_pool_dependence__three_pools__is_the_valuations() -> None:
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(60, 3)) + draw.normal(size=(60, 1))
    rows[5, 1] = np.nan
    whole = np.delete(rows, 5, axis=0)
    found = pool_dependence({name: rows[:, number] for number, name in enumerate("abc")})
    assert (found.pools, found.weeks, found.left_out) == (3, 59, 1)
    assert found.bets == pytest.approx(effective_bets(np.cov(whole, rowvar=False)))
    assert found.kept == joint_tail(whole).kept
    weighted = pool_dependence({name: rows[:, number] for number, name in enumerate("abc")}, {"a": 1, "b": 0, "c": 0})
    assert weighted.bets == pytest.approx(1.0)


def test_pool_dependence__too_few_weeks_or_a_wrong_pool__is_said() -> None:
    few = pool_dependence({"a": np.zeros(19), "b": np.zeros(19)})
    assert math.isnan(few.kept)
    assert few.reason == "19 whole weeks: at least 20 are needed"
    assert few.to_dict()["bets"] is None
    for wrong in ({}, {"a": [1.0], "b": [1.0, 2.0]}):
        with pytest.raises(BadInput):
            pool_dependence(wrong)
    with pytest.raises(BadInput):
        pool_dependence({"a": np.zeros(30)}, {"b": 1.0})


def test_track__cost_a_window__is_the_path_s_share() -> None:
    track = track_of([0.0] * 4, other=cash([MONDAY], [40.0]))
    assert track.cost_a_window == 10.0
    assert math.isnan(dataclasses.replace(track, path=EquityPath([MONDAY], [1.0])).cost_a_window)
