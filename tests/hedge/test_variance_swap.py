"""The fair variance of a variance swap: a published strip, a flat smile, and odd strips."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedge import options
from hedge.errors import BadInput, TooFewQuotes
from hedge.volatility import index as volatility_index
from hedge.volatility.variance_swap import variance_swap

pytestmark = pytest.mark.unit


def strip(step: float, vol: float = 0.3, low: float = 5.0, high: float = 1_200.0) -> pd.DataFrame:
    """Price puts and calls on a forward of 100 at every strike, half a year out."""
    k = np.repeat(np.arange(low, high, step), 2)
    call = np.tile([True, False], k.size // 2)
    price = options.black76_price(100.0, k, 0.5, vol, 0.02, call)
    return pd.DataFrame({"strike": k, "is_call": call, "bid": price, "ask": price})


def fair(quotes: pd.DataFrame, forward: float = 100.0) -> float:
    return variance_swap(quotes["strike"], quotes["is_call"], quotes["bid"], forward, 0.5, 0.02)


def test_variance_swap__derman_strip__published_variance(vectors: Path) -> None:
    given = json.loads((vectors / "options" / "quantlib_derman_variance_swap.json").read_text())
    kind, strike, vol = zip(*given["strip"], strict=True)
    spot, rate, time = given["spot"], given["r"], given["t"]
    call = np.array(kind) == "call"
    price = options.price(spot, strike, time, vol, rate, rate - given["q"], call)
    found = variance_swap(strike, call, price, spot * np.exp((rate - given["q"]) * time), time, rate)
    assert found == pytest.approx(given["replicated_variance"], abs=given["tol"])


@pytest.mark.parametrize("step", [5.0, 2.0, 1.0])
def test_variance_swap__flat_smile__vol_squared_and_the_known_error_of_chords(step: float) -> None:
    # Chords of a curve with second derivative 1/S^2 lie h^2/(12 S^2) above it on average; E[1/S^2] = e^(3 v^2 T) / F^2.
    chords = 2.0 / 0.5 * step**2 / 12.0 * np.exp(3.0 * 0.09 * 0.5) / 100.0**2
    assert fair(strip(step)) - 0.09 == pytest.approx(chords, rel=0.01)


def test_variance_swap__forward_between_strikes__same_variance() -> None:
    quotes = strip(1.0)
    shifted = quotes.assign(
        bid=options.black76_price(100.4, quotes["strike"], 0.5, 0.3, 0.02, quotes["is_call"].to_numpy())
    )
    assert fair(shifted, 100.4) == pytest.approx(fair(quotes), rel=1e-3)


def test_variance_swap__same_strip__near_the_index_of_cboe() -> None:
    quotes = strip(1.0, low=20.0, high=400.0)
    assert fair(quotes) == pytest.approx(volatility_index.single_term_variance(quotes, 0.02, 0.5), rel=2e-3)


def test_variance_swap__unsorted_and_unknown__as_without() -> None:
    quotes = strip(2.0)
    holed = quotes.assign(bid=quotes["bid"].where(quotes["strike"] != 61.0))
    assert fair(holed.sample(frac=1.0, random_state=2)) == fair(quotes[quotes["strike"] != 61.0])


@pytest.mark.parametrize(
    "quotes",
    [strip(5.0).iloc[:0], strip(5.0)[lambda q: q["is_call"]], strip(5.0)[lambda q: q["strike"] == 100.0]],
    ids=["empty", "calls only", "one strike"],
)
def test_variance_swap__no_strip__too_few_quotes(quotes: pd.DataFrame) -> None:
    with pytest.raises(TooFewQuotes):
        fair(quotes)


@pytest.mark.parametrize(
    "arguments",
    [
        ([100.0], [True], [1.0, 2.0], 100.0, 0.5),
        ([0.0, 100.0], [True, False], [1.0, 2.0], 100.0, 0.5),
        ([90.0, 100.0], [True, False], [-1.0, 2.0], 100.0, 0.5),
        ([90.0, 100.0], [True, False], [1.0, 2.0], np.nan, 0.5),
        ([90.0, 100.0], [True, False], [1.0, 2.0], 100.0, 0.0),
        ([90.0, 90.0, 90.0, 95.0], [False, False, True, True], [1.0] * 4, 90.0, 0.5),
    ],
)
def test_variance_swap__impossible_input__bad_input(arguments: tuple[list[float], ...]) -> None:
    with pytest.raises(BadInput):
        variance_swap(*arguments)  # type: ignore[arg-type]
