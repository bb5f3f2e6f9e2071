"""Indicators against TA-Lib's own numbers, their definitions, and broken input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedge.errors import BadInput
from hedge.signals import indicators
from hedge.signals.known import known_after, known_series
from hedge.units import DAY

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(3)
CLOSE = 100.0 * np.exp(np.cumsum(0.03 * RNG.standard_normal(200)))


def series(values: object) -> pd.Series:
    """Index values by 1, 2, 3 ..."""
    return known_series(values, np.arange(1, len(values) + 1))


@pytest.fixture(scope="module")
def days(vectors: Path) -> pd.DataFrame:
    """Return 2,461 ETH days with TA-Lib 0.8.1's indicators."""
    return pd.read_csv(vectors / "indicators" / "talib_0.8.1_eth_daily.csv.gz", index_col="date", parse_dates=True)


def test_indicators__2461_eth_days__equal_talib(days: pd.DataFrame) -> None:
    close, high, low = (known_after(days[name], DAY) for name in ("close", "high", "low"))
    line, signal, histogram = indicators.macd(close)
    upper, middle, lower = indicators.bollinger(close)
    computed = {
        "rsi14": indicators.rsi(close),
        "rsi2": indicators.rsi(close, 2),
        "macd": line,
        "macd_signal": signal,
        "macd_hist": histogram,
        "ema20": indicators.ema(close, 20),
        "bb_up": upper,
        "bb_mid": middle,
        "bb_lo": lower,
        "atr14": indicators.atr(high, low, close),
    }
    assert set(computed) == set(days.columns) - {"close", "high", "low"}
    for name, found in computed.items():
        # The vectors carry 12 significant digits.
        np.testing.assert_allclose(found.to_numpy(), days[name].to_numpy(), rtol=1e-9, atol=1e-9, err_msg=name)
        assert found.index[0] == days.index[0].timestamp() + DAY


def test_macd_turns__2461_eth_days__a_retracement_of_a_quarter_atr_leaves_one_turn_in_twenty_days(
    days: pd.DataFrame,
) -> None:
    close, high, low = (known_after(days[name], DAY) for name in ("close", "high", "low"))
    histogram = indicators.macd(close).histogram / indicators.atr(high, low, close)
    counts = [int((indicators.macd_turns(histogram, least).abs() == 1.0).sum()) for least in (0.0, 0.25)]
    assert counts == [620, 122]
    assert histogram.notna().sum() == 2_428


def test_rsi__by_hand__wilder_averages_from_a_plain_mean() -> None:
    change = np.diff(CLOSE)
    up, down = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    gain, loss = up[:14].mean(), down[:14].mean()
    expected = [100.0 * gain / (gain + loss)]
    for rise, fall in zip(up[14:], down[14:], strict=True):
        gain, loss = (13.0 * gain + rise) / 14.0, (13.0 * loss + fall) / 14.0
        expected.append(100.0 * gain / (gain + loss))
    np.testing.assert_allclose(indicators.rsi(series(CLOSE)).to_numpy()[14:], expected, rtol=1e-12)


def test_accumulation_distribution__by_hand__running_sum_of_close_location_times_volume() -> None:
    high, low = CLOSE * 1.02, CLOSE * 0.97
    high[5] = low[5] = CLOSE[5]
    volume = RNG.uniform(1.0, 9.0, CLOSE.size)
    place = np.divide(2.0 * CLOSE - low - high, high - low, where=high > low, out=np.zeros_like(CLOSE))
    found = indicators.accumulation_distribution(*map(series, (high, low, CLOSE, volume)))
    np.testing.assert_allclose(found, np.cumsum(place * volume), rtol=1e-12)


def test_rsi__one_bar_without_quote__nan_there_and_as_if_not_listed_after() -> None:
    gap = series(np.insert(CLOSE, 60, np.nan))
    found = indicators.rsi(gap).to_numpy()
    assert np.isnan(found[60])
    np.testing.assert_array_equal(np.delete(found, 60), indicators.rsi(series(CLOSE)).to_numpy())


@pytest.mark.parametrize("count", [0, 1, 2, 14])
def test_indicators__history_too_short__all_nan(count: int) -> None:
    close = series(CLOSE[:count])
    averages = indicators.rsi(close), indicators.ema(close, 20)
    for found in (*averages, *indicators.macd(close), *indicators.bollinger(close)):
        assert len(found) == count
        assert found.isna().all()
    assert indicators.atr(close, close, close).isna().all()


def test_indicators__all_nan__all_nan() -> None:
    assert indicators.rsi(series(np.full(50, np.nan))).isna().all()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("rsi", (1,)),
        ("rsi", (100_001,)),
        ("ema", (0,)),
        ("macd", (26, 12, 9)),
        ("macd", (12, 26, 0)),
        ("bollinger", (1,)),
        ("bollinger", (20, 0.0)),
        ("macd_turns", (-1.0,)),
    ],
)
def test_indicators__setting_out_of_range__refused(name: str, arguments: tuple[float, ...]) -> None:
    with pytest.raises(BadInput):
        getattr(indicators, name)(series(CLOSE), *arguments)


def test_atr__high_below_low_or_other_times__refused() -> None:
    close = series(CLOSE)
    with pytest.raises(BadInput, match="high"):
        indicators.atr(close * 0.9, close, close)
    with pytest.raises(BadInput, match="times"):
        indicators.atr(close, close, known_series(CLOSE, np.arange(2, 202)))


def test_macd_turns__zigzag__marked_on_the_bar_that_shows_them() -> None:
    found = indicators.macd_turns(series([0.0, 1.0, 2.0, 1.5, 1.0, 1.2, np.nan, 0.5, 3.0]))
    np.testing.assert_array_equal(found, [0.0, 0.0, 0.0, -1.0, 0.0, 1.0, np.nan, -1.0, 1.0])


def test_macd_turns__retracement_asked__small_wiggles_do_not_count() -> None:
    found = indicators.macd_turns(series([0.0, 1.0, 2.0, 1.5, 1.0, 1.2, 0.5, 3.0]), least=0.9)
    np.testing.assert_array_equal(found, [0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0])


def test_macd_turns__noise__signs_alternate() -> None:
    found = indicators.macd_turns(indicators.macd(series(CLOSE)).histogram)
    turns = found[found.abs() == 1.0].to_numpy()
    assert turns.size > 10
    assert np.all(turns[1:] == -turns[:-1])


def test_import__signals_in_fresh_interpreter__talib_not_loaded() -> None:
    code = "import sys, hedge.signals, hedge.signals.indicators; sys.exit('talib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
