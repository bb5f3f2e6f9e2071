"""The release calendar and macro surprises: by hand, and on releases from 2021 to 2026."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedge.errors import BadInput
from hedge.signals.calendar import Calendar, Release, event_scores, event_signal
from hedge.signals.known import known_after, known_series, unix_seconds
from hedge.signals.surprise import (
    growth,
    month_released,
    naive_surprise,
    released,
    surprise,
    surprise_gauge,
    surprise_z,
)
from hedge.units import DAY

pytestmark = pytest.mark.unit

CALENDAR = Calendar.scheduled("CPI", [100 * DAY, 130 * DAY], lead_seconds=50 * DAY)


@pytest.mark.parametrize(
    ("at", "value", "score", "holds"),
    [
        (97 * DAY, 3 * DAY, 0.0, DAY - 1),
        (98 * DAY, 2 * DAY, 1.0, 3 * DAY),
        (100 * DAY, 0, 1.0, DAY),
        (101 * DAY, -DAY, 1.0, 0),
        (101 * DAY + 1, 29 * DAY - 1, 0.0, 27 * DAY - 2),
    ],
)
def test_event_signal__around_a_release__window_from_edge_to_edge(
    at: int, value: float, score: float, holds: int
) -> None:
    event = event_signal(CALENDAR, at)
    assert (event.value, event.score, event.max_age_seconds) == (value, score, holds)
    assert not event.stale(at + holds)


@pytest.mark.parametrize("at", [49 * DAY, 131 * DAY + 1])
def test_event_signal__nothing_announced_ahead__missing_not_calm(at: int) -> None:
    assert event_signal(CALENDAR, at).missing


def test_event_signal__two_windows_overlap__nearest_release_is_told() -> None:
    both = CALENDAR.merged(Calendar.scheduled("FOMC", [101 * DAY], 90 * DAY)).merged(CALENDAR)
    assert len(both.releases) == 3
    assert event_signal(both, 100 * DAY + DAY // 2 + 1).source.startswith("FOMC")


def test_calendar__legs_life__releases_known_today_that_it_runs_into() -> None:
    assert [r.release_at for r in CALENDAR.between(95 * DAY, 102 * DAY, at=90 * DAY)] == [100 * DAY]
    assert CALENDAR.between(125 * DAY, 135 * DAY, at=79 * DAY) == ()


def test_event_scores__three_times__same_as_the_signal() -> None:
    scores = event_scores(CALENDAR, [10 * DAY, 90 * DAY, 99 * DAY], before_seconds=DAY, after_seconds=DAY)
    np.testing.assert_array_equal(scores, [np.nan, 0.0, 1.0])


def test_release__announced_after_it_happened__refused() -> None:
    with pytest.raises(BadInput):
        Release(10, "CPI", 11)
    with pytest.raises(BadInput):
        event_signal(CALENDAR, 90 * DAY, before_seconds=-1)


def months(*values: float) -> pd.Series:
    """Index values by months from January 2024."""
    return pd.Series(values, index=pd.date_range("2024-01-01", periods=len(values), freq="MS"), name="CPI")


def test_growth__month_never_released__nan_where_an_end_is_missing() -> None:
    found = growth(months(100.0, 101.0, np.nan, 102.0, 103.0))
    expected = [np.nan, 100 * math.log(1.01), np.nan, np.nan, 100 * math.log(103 / 102)]
    np.testing.assert_allclose(found, expected)
    with pytest.raises(BadInput):
        growth(months(100.0, 0.0))


def test_released__figure_for_may__known_in_june_at_the_release() -> None:
    release_at = month_released(pd.DatetimeIndex(["2024-02-13 13:30", "2024-04-10 12:30"]))
    found = released(months(1.0, 2.0, 3.0, 4.0), release_at)
    stamps = [pd.Timestamp(second, unit="s") for second in found.index]
    # The figure for February never came: NaN twenty days after the month; April has no release yet: left out.
    assert stamps == [pd.Timestamp(t) for t in ("2024-02-13 13:30", "2024-03-21", "2024-04-10 12:30")]
    np.testing.assert_array_equal(found, [1.0, np.nan, 3.0])
    with pytest.raises(BadInput):
        month_released(pd.DatetimeIndex(["2024-02-13", "2024-02-14"]))


def test_surprise__forecast_revised_at_the_release__the_one_before_counts() -> None:
    actual = known_series([0.4, 0.5], [100, 200])
    expected = known_series([0.3, 0.9, 0.2], [90, 100, 250])
    np.testing.assert_allclose(surprise(actual, expected, 100), [0.1, -0.4])
    np.testing.assert_allclose(surprise(actual, expected, 99), [0.1, np.nan])


def test_naive_surprise__gap__mean_of_the_figures_that_came() -> None:
    actual = known_series([1.0, 3.0, np.nan, 5.0, 1.0], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(naive_surprise(actual, 2), [np.nan, np.nan, np.nan, 3.0, -3.0])
    np.testing.assert_array_equal(naive_surprise(actual), [np.nan, 2.0, np.nan, 2.0, -4.0])
    assert naive_surprise(actual, 9).isna().all()
    with pytest.raises(BadInput):
        naive_surprise(actual, 0)


def test_surprise_z__policy_rate_on_hold__no_shock_until_it_moves() -> None:
    actual = known_series([5.0] * 15 + [5.25, 5.25, 5.5], range(1, 19))
    z = surprise_z(naive_surprise(actual), window=16, least=12)
    assert z.iloc[14] == 0.0
    assert math.isnan(z.iloc[15])  # any move is infinitely many deviations of a past that never moved
    assert z.iloc[17] > 3.0


def test_surprise_gauge__two_deviations__half_and_fading() -> None:
    gauge = surprise_gauge("CPI", known_series([-2.0], [0]), source="x")
    assert gauge.at(0).score == 0.5
    assert gauge.at(5 * DAY).score == 0.25
    assert gauge.at(51 * DAY).stale(51 * DAY)


@pytest.fixture(scope="module")
def monthly(recorded: Path) -> pd.DataFrame:
    """Return the FRED-MD extract by month."""
    path = recorded / "macro" / "fred_md_selected_monthly_1959_2026.csv.gz"
    return pd.read_csv(path, index_col="date", parse_dates=True)


@pytest.fixture(scope="module")
def releases(recorded: Path) -> dict[str, pd.DatetimeIndex]:
    """Return the times of release by event."""
    rows = pd.read_csv(recorded / "macro" / "macro_events_utc_2021_2026.csv", parse_dates=["release_utc"])
    return {str(event): pd.DatetimeIndex(part["release_utc"]) for event, part in rows.groupby("event")}


def test_surprises__cpi_2021_to_2026__october_2025_never_came(
    monthly: pd.DataFrame, releases: dict[str, pd.DatetimeIndex]
) -> None:
    cpi = released(growth(monthly["CPIAUCSL"]), month_released(releases["CPI"]))
    by_time = cpi.set_axis(pd.to_datetime(cpi.index, unit="s"))
    assert by_time.index[0] == pd.Timestamp("2021-05-12 12:30")
    # October is overdue twenty days after its end; November's growth needs October's level; December's is known.
    assert by_time["2025-10-24":"2026-01-13"].isna().tolist() == [False, True, True, False]
    assert by_time.index[by_time.isna()].tolist() == [pd.Timestamp("2025-11-21"), pd.Timestamp("2025-12-18 13:30")]
    # July 2022's figure, released on 10 August 2022: no inflation after a year of 0.7 % a month.
    assert naive_surprise(cpi, 12).set_axis(by_time.index).idxmin() == pd.Timestamp("2022-08-10 12:30")
    gauge = surprise_gauge("CPI", surprise_z(naive_surprise(cpi, 12)), source="FRED-MD")
    assert gauge.at(int(pd.Timestamp("2025-12-01").timestamp())).missing


@pytest.mark.parametrize(
    ("column", "change", "window", "worst"),
    [("WPSFD49207", "growth", 12, "2020-03"), ("INDPRO", "growth", 12, "2020-04"), ("FEDFUNDS", "difference", 1, None)],
)
def test_surprises__ppi_output_and_fed_funds__finite_and_worst_where_history_says(
    monthly: pd.DataFrame, column: str, change: str, window: int, worst: str | None
) -> None:
    levels = monthly[column]["1985":]
    figures = growth(levels) if change == "growth" else levels
    known = known_after(figures, 50 * DAY)
    z = surprise_z(naive_surprise(known, window)).set_axis(figures.index)
    assert z.notna().sum() > 450
    if worst:
        assert str(z.idxmin())[:7] == worst


def test_event_signal__fomc_and_cpi_2021_to_2026__windows_cover_a_fifth(releases: dict[str, pd.DatetimeIndex]) -> None:
    calendar = Calendar(())
    for event in ("CPI", "FOMC"):
        calendar = calendar.merged(Calendar.scheduled(event, unix_seconds(releases[event]).tolist(), 365 * DAY))
    assert len(calendar.releases) == 107
    fed_day = int(pd.Timestamp("2024-09-18 18:00").timestamp())
    assert event_signal(calendar, fed_day - DAY).value == DAY
    hours = np.arange(int(pd.Timestamp("2022-01-01").timestamp()), int(pd.Timestamp("2026-01-01").timestamp()), 21_600)
    scores = event_scores(calendar, hours, before_seconds=2 * DAY, after_seconds=DAY)
    assert scores.notna().all()
    assert 0.1 < scores.mean() < 0.2
