"""Advance-decline line and divergence: by hand, and on twenty S&P stocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedge.errors import BadInput
from hedge.signals.breadth import advance_decline_line, divergence, divergence_gauge, net_advances
from hedge.signals.known import known_after, known_series
from hedge.units import DAY

pytestmark = pytest.mark.unit


def panel(**members: list[float]) -> pd.DataFrame:
    """Index members by 1, 2, 3 ..."""
    return pd.DataFrame(members, index=range(1, len(next(iter(members.values()))) + 1))


def test_advance_decline_line__by_hand__sum_of_advances_minus_declines() -> None:
    closes = panel(a=[1, 2, 3, 3], b=[1, 2, 1, 1], c=[1, 2, np.nan, 5], d=[1, 0.5, 0.4, 0.4])
    np.testing.assert_array_equal(net_advances(closes), [np.nan, 2.0, -1.0, 0.0])
    np.testing.assert_array_equal(advance_decline_line(closes), [np.nan, 2.0, 1.0, 1.0])


def test_advance_decline_line__row_without_prices__line_stays() -> None:
    line = advance_decline_line(panel(a=[1, 2, np.nan, 3, 4], b=[1, 2, np.nan, 3, 4]))
    np.testing.assert_array_equal(line, [np.nan, 2.0, 2.0, 2.0, 4.0])


@pytest.mark.parametrize("closes", [pd.DataFrame(index=[1, 2]), panel(a=[1.0, 0.0]), panel(a=[1.0, np.inf])])
def test_net_advances__no_member_or_bad_price__refused(closes: pd.DataFrame) -> None:
    with pytest.raises(BadInput):
        net_advances(closes)


def test_divergence__price_at_high_line_at_low__one_and_scored() -> None:
    times = np.arange(1, 6)
    price, line = known_series([1.0, 2, 3, 4, 5], times), known_series([5.0, 4, 3, 2, 1], times)
    gap = divergence(price, line, 5, 3, DAY)
    np.testing.assert_array_equal(gap, [np.nan, np.nan, 1.0, 1.0, 1.0])
    gauge = divergence_gauge(gap, max_age_seconds=DAY, source="x")
    assert (gauge.at(5).score, gauge.at(1).missing) == (1.0, True)
    assert divergence_gauge(-gap, max_age_seconds=DAY, source="x").at(5).score == 0.0


def test_divergence__line_scaled_and_shifted__unchanged() -> None:
    rng = np.random.default_rng(1)
    times = np.arange(1, 101)
    price, line = (known_series(np.cumsum(rng.standard_normal(100)), times) for _ in range(2))
    moved = divergence(price, 7.0 * line + 1_000.0, 20, 10, DAY)
    np.testing.assert_allclose(divergence(price, line, 20, 10, DAY), moved, atol=1e-12)


def test_advance_decline_line__twenty_stocks_1990_2022__breadth_falls_in_2008(recorded: Path) -> None:
    stocks = pd.read_csv(
        recorded / "macro" / "sp500_20stocks_daily_1990_2022_skfolio.csv.gz", index_col=0, parse_dates=True
    )
    closes = stocks.set_axis(known_after(stocks.iloc[:, 0], DAY).index)
    line = advance_decline_line(closes).set_axis(stocks.index)
    assert len(line) == 8_313
    assert net_advances(closes).abs().max() == 20.0
    assert line["2008-12-31"] < line["2008-01-02"]
    assert line.iloc[-1] == np.sign(stocks.diff()).sum().sum() == 4_018.0
