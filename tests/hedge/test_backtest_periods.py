"""Windows of a run: profits without flows, gaps counted, calendar weeks."""

import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge.backtest.periods import EquityPath, align, iso_weeks, period_profits
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

DAY = 86_400
MONDAY = 1_767_571_200  # 2026-01-05 00:00 UTC


def daily(equity: list[float], flows: list[float] | None = None, start: int = MONDAY) -> EquityPath:
    return EquityPath(start + DAY * np.arange(len(equity)), equity, flows)


def test_period_profits__deposit_in_a_window__is_no_profit() -> None:
    """Rises 1 a day; 100 come in on day 3, 40 go out on day 10, and 7 on the first day, which no window holds."""
    flows = np.zeros(15)
    flows[[0, 3, 10]] = 7.0, 100.0, -40.0
    equity = 1000.0 + np.arange(15) + np.cumsum(flows)
    found = period_profits(EquityPath(MONDAY + DAY * np.arange(15), equity, flows))
    assert found.profits.tolist() == [7.0, 7.0]
    assert found.weeks.tolist() == [202602, 202603]
    assert found.opening.tolist() == [1007.0, 1114.0]
    assert found.returns == pytest.approx([7.0 / 1007.0, 7.0 / 1114.0], rel=1e-15)


def test_period_profits__flow_on_the_edge__belongs_to_the_window_that_ends_there() -> None:
    flows = np.zeros(15)
    flows[7] = 500.0
    found = period_profits(EquityPath(MONDAY + DAY * np.arange(15), 100.0 + np.cumsum(flows), flows))
    assert found.profits.tolist() == [0.0, 0.0]


def test_period_profits__day_without_a_step_at_an_edge__window_is_missing_and_counted() -> None:
    times = np.delete(MONDAY + DAY * np.arange(22), 7)
    found = period_profits(EquityPath(times, np.arange(21.0)))
    assert found.starts.tolist() == [MONDAY + 14 * DAY]
    assert found.missing_starts.tolist() == [MONDAY, MONDAY + 7 * DAY]
    assert found.missing == 2


def test_period_profits__unknown_equity_at_an_edge__window_is_missing() -> None:
    equity = np.arange(15.0)
    equity[14] = np.nan
    found = period_profits(EquityPath(MONDAY + DAY * np.arange(15), equity))
    assert (len(found.profits), found.missing) == (1, 1)


def test_period_profits__start_before_the_first_step__windows_are_missing() -> None:
    found = period_profits(daily(list(np.arange(15.0))), start=MONDAY - 7 * DAY)
    assert (len(found.profits), found.missing) == (2, 1)


def test_period_profits__step_a_few_hours_old__speaks_for_the_edge() -> None:
    times = [MONDAY, MONDAY + 7 * DAY - 6 * 3600]
    path = EquityPath([*times, MONDAY + 7 * DAY + 3600], [10.0, 14.0, 20.0])
    assert period_profits(path).profits.tolist() == [4.0]
    assert period_profits(path, stale_days=0.2).missing == 1


def test_period_profits__from_every_day__weeks_overlap_in_their_calendar_week() -> None:
    found = period_profits(daily(list(np.arange(21.0))), step_days=1.0)
    assert len(found.profits) == 14
    assert found.overlap == 7
    assert np.unique(found.weeks, return_counts=True)[1].tolist() == [7, 7]
    assert period_profits(daily(list(np.arange(40.0))), days=30.0).block_weeks == 5.0


def test_period_profits__path_shorter_than_a_window__has_none() -> None:
    found = period_profits(daily([1.0, 2.0]))
    assert (len(found.profits), found.missing) == (0, 0)
    assert json.loads(json.dumps(found.to_dict()))["starts"] == []


def test_profit__crash_that_the_path_does_not_show__is_unknown() -> None:
    path = daily([100.0, 90.0, 80.0])
    assert path.profit(MONDAY, MONDAY + 2 * DAY) == -20.0
    assert np.isnan(path.profit(MONDAY - 5 * DAY, MONDAY + DAY))
    assert np.isnan(path.profit(MONDAY, MONDAY + 9 * DAY))


def test_align__one_misses_a_week__both_lose_it_and_count_it() -> None:
    whole = period_profits(daily(list(np.arange(22.0))))
    gap = period_profits(EquityPath(np.delete(MONDAY + DAY * np.arange(22), 21), np.arange(21.0)), start=MONDAY)
    both = align({"whole": whole, "gap": gap})
    assert both["whole"].starts.tolist() == both["gap"].starts.tolist() == whole.starts[:2].tolist()
    assert both["whole"].missing == 1
    assert align({}) == {}
    with pytest.raises(BadInput):
        align({"week": whole, "day": period_profits(daily([1.0, 2.0]), days=1.0)})


@given(st.integers(-2_000_000_000, 6_000_000_000))
@pytest.mark.prop
def test_iso_weeks__any_second__is_what_the_calendar_of_python_says(second: int) -> None:
    year, week, _ = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=second)).isocalendar()
    assert iso_weeks([second]).tolist() == [year * 100 + week]


@given(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=60), st.data())
@pytest.mark.prop
def test_period_profits__windows_side_by_side__add_up_to_the_path(equity: list[float], data: st.DataObject) -> None:
    moved = data.draw(st.lists(st.floats(-1e5, 1e5), min_size=len(equity), max_size=len(equity)))
    path = daily(equity, moved)
    found = period_profits(path, days=1.0)
    total = equity[-1] - equity[0] - sum(moved[1:])
    # Sums of 60 numbers below 1e6 in double precision: each addition rounds by at most 7e6 * 1.1e-16.
    assert float(found.profits.sum()) == pytest.approx(total, abs=4 * 60 * 7e6 * 1.2e-16)


@given(st.lists(st.floats(-1e6, 1e6), min_size=16, max_size=60), st.integers(8, 15))
@pytest.mark.prop
def test_period_profits__steps_after_a_window__change_nothing_in_it(equity: list[float], cut: int) -> None:
    early = period_profits(daily(equity[:cut]), days=2.0)
    late = period_profits(daily(equity), days=2.0)
    assert late.profits[: len(early.profits)].tolist() == early.profits.tolist()


@pytest.mark.parametrize(
    ("times", "equity", "flows"),
    [
        ([], [], None),
        ([1, 1], [1.0, 2.0], None),
        ([2, 1], [1.0, 2.0], None),
        ([1, 2], [1.0], None),
        ([1, 2], [1.0, np.inf], None),
        ([1, 2], [1.0, 2.0], [0.0, np.nan]),
        ([1, 2], [1.0, 2.0], [0.0]),
        ([1.5, 2.0], [1.0, 2.0], None),
        (["2026-01-01", "2026-01-02"], [1.0, 2.0], None),
    ],
)
def test_equity_path__numbers_that_cannot_be_trusted__are_refused(
    times: list[float], equity: list[float], flows: list[float] | None
) -> None:
    with pytest.raises(BadInput):
        EquityPath(times, equity, flows)


@pytest.mark.parametrize("wrong", [{"days": 0.0}, {"step_days": -1.0}, {"stale_days": -1.0}, {"days": np.nan}])
def test_period_profits__number_outside_its_range__is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        period_profits(daily([1.0, 2.0]), **wrong)
