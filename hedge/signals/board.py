"""The board: every signal of a book at one time, from its histories as they were known then.

    histories -> known at the time -> series -> gauges -> signals

Each signal is always there: what cannot be computed is missing, with the table that it lacks named in its source. The
windows are those of docs/signals.md, the ages stated below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np

from hedge.errors import BadInput
from hedge.signals import breadth, capm, indicators, shocks, volatility
from hedge.signals.calendar import event_signal
from hedge.signals.histories import Histories
from hedge.signals.known import FloatSeries
from hedge.signals.past import percentiles
from hedge.signals.signal import NEVER, Gauge, Signal, State, ramp
from hedge.signals.surprise import naive_surprise, surprise_gauge, surprise_z
from hedge.units import DAY

QUICK_RATIO: Final = "quick ratio"
MACRO: Final = {"CPI": 12, "PPI": 12, "FOMC": 1, "output": 12}
"""Macro events, and how many past figures the naive forecast is the mean of; 1 is "no change"."""
NAMES: Final = (
    "volatility", "term slope", "index RSI", "MACD turn", "divergence", "events", *MACRO, "funding",
    "rate differential", "dollar", QUICK_RATIO, "CAPM volatility",
)  # fmt: skip
"""Every signal of the board, in its order."""
DEFAULT: Final = tuple(name for name in NAMES if name != "rate differential")
"""The signals of a crypto book: its interest differential is funding."""

DAILY_AGE: Final = 2 * DAY
MARKET_AGE: Final = 5 * DAY
"""Of markets that close on weekends and holidays."""
MEETING_AGE: Final = 60 * DAY
"""Between two meetings of a central bank."""
TURN_BARS: Final = 5
"""Bars for which a turn of MACD counts after it became known."""
MONTHLY: Final = 20 * DAY
"""Rows that are usually further apart than this are monthly."""


def read_board(
    histories: Histories,
    weights: Mapping[str, float],
    at: int,
    *,
    use: Collection[str] = DEFAULT,
    given: Collection[Signal] = (),
) -> tuple[Signal, ...]:
    """Return the signals in use, as known at the time.

    Parameters
    ----------
    weights : of the book's assets by value, summing to 1; empty for an empty book. at : unix seconds.
    use : names from `NAMES`. given : signals that histories do not hold, such as the quick ratio of a pool; they stand
        in for the board's own of that name.

    Returns
    -------
    One signal per name in use, in the board's order; a missing one says why in its source.

    Raises
    ------
    BadInput : a name that the board does not have.

    Examples
    --------
    >>> [(one.name, one.missing, one.source) for one in read_board(Histories({}), {"ETH": 1.0}, 0, use=["dollar"])]
    [('dollar', True, 'no dollar')]
    """
    unknown = sorted(set(use) - set(NAMES))
    if unknown:
        raise BadInput("use", unknown[0], f"must be one of {', '.join(NAMES)}")
    past, ready = histories.known(at), {one.name: one for one in given}
    return tuple(ready.get(name) or _read(past, weights, at, name) for name in NAMES if name in use)


def quick_ratio_signal(ratio: float, at: int, source: str) -> Signal:
    """Return the quick ratio measured now: score 0 from 2, 1 at 1; a ratio without anything due is capped at 1,000."""
    value = min(ratio, 1_000.0)
    return Signal(QUICK_RATIO, value, float(ramp(value, 2.0, 1.0)), at, DAY, source)


def _read(past: Histories, weights: Mapping[str, float], at: int, name: str) -> Signal:
    if name == "events":
        return event_signal(past.calendar(), at)
    needed = _tables(name, weights)
    lacking = past.lacking(*needed)
    if lacking or not needed:
        return _missing(name, lacking or "no pools to measure")
    source = ", ".join([*needed, past.origin]) if past.origin else ", ".join(needed)
    return _gauge(past, weights, name, source).at(at)


def _missing(name: str, why: str) -> Signal:
    state = State.STRESSED if name == "volatility" else math.nan
    return Signal(name, math.nan, state, NEVER, 0, why)


def _tables(name: str, weights: Mapping[str, float]) -> list[str]:
    """Return the tables that a signal cannot do without; none for one that histories do not hold."""
    if name in MACRO:
        return ["releases"]
    per_asset = {"volatility": "index", "index RSI": "index", "MACD turn": "index", "term slope": "term"}
    per_asset |= {"funding": "funding", "CAPM volatility": "price"}
    shared = {"divergence": ["members", "market"], "CAPM volatility": ["market"]}
    shared |= {"rate differential": ["rates"], "dollar": ["dollar"]}
    own = [f"{per_asset[name]}_{asset}" for asset in weights] if name in per_asset else []
    return [*own, *shared.get(name, [])] if own or name not in per_asset else []


def _gauge(past: Histories, weights: Mapping[str, float], name: str, source: str) -> Gauge:
    if name in MACRO:
        return _surprise(past, name, source)
    makers: dict[str, Callable[[Histories, Mapping[str, float], str], Gauge]] = {
        "volatility": _volatility,
        "term slope": _slope,
        "index RSI": _index_rsi,
        "MACD turn": _turn,
        "divergence": _divergence,
        "funding": _funding,
        "rate differential": _differential,
        "dollar": _dollar,
        "CAPM volatility": _capm,
    }
    return makers[name](past, weights, source)


def _term_slope(past: Histories, weights: Mapping[str, float]) -> FloatSeries:
    near, far = (past.of_book("term", side, weights) for side in ("near", "far"))
    return volatility.term_slope(near, far, DAY)


def _volatility(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    index = past.of_book("index", "close", weights)
    level = percentiles(index, 365, 180)
    slope = _term_slope(past, weights)
    states = volatility.volatility_states(level, slope, indicators.rsi(index), max_age_seconds=DAILY_AGE)
    return volatility.volatility_gauge(level, states, max_age_seconds=DAILY_AGE, source=source)


def _slope(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    return volatility.slope_gauge(_term_slope(past, weights), max_age_seconds=DAILY_AGE, source=source)


def _index_rsi(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    strength = indicators.rsi(past.of_book("index", "close", weights))
    return volatility.index_rsi_gauge(strength, max_age_seconds=DAILY_AGE, source=source)


def _turn(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    """Hold the last turn of the index's MACD histogram, in ranges of ATR; it is no alarm, so its score is 0."""
    high, low, close = (past.of_book("index", column, weights) for column in ("high", "low", "close"))
    histogram = indicators.macd(close).histogram / indicators.atr(high, low, close)
    turns = indicators.macd_turns(histogram.replace([np.inf, -np.inf], np.nan), 0.25)
    held = turns.where(turns != 0.0).ffill(limit=TURN_BARS - 1).fillna(0.0).where(turns.notna())
    return Gauge("MACD turn", held, 0.0 * held, DAILY_AGE, source)


def _divergence(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    line = breadth.advance_decline_line(past.tables["members"])
    apart = breadth.divergence(past.column("market", "close"), line, 63, 40, MARKET_AGE)
    return breadth.divergence_gauge(apart, max_age_seconds=MARKET_AGE, source=source)


def _surprise(past: Histories, name: str, source: str) -> Gauge:
    """Measure a release against its consensus where the history has any, else against a stated naive forecast."""
    actual, expected = past.event(name)
    told = bool(expected.notna().any())
    came = actual - expected if told else naive_surprise(actual, MACRO[name])
    against = "the consensus" if told else f"the mean of {MACRO[name]} before"
    age = MEETING_AGE if name == "FOMC" else 50 * DAY
    return surprise_gauge(name, surprise_z(came), max_age_seconds=age, source=f"{source}, against {against}")


def _funding(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    paid = shocks.annual_funding(past.of_book("funding", "rate", weights))
    return shocks.shock_gauge("funding", shocks.level_shock(paid, 90, 45), max_age_seconds=DAY, source=source)


def _differential(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    gap = shocks.rate_differential(past.column("rates", "home"), past.column("rates", "foreign"), MARKET_AGE)
    window, least, age = (60, 24, 50 * DAY) if _monthly(gap) else (250, 90, MARKET_AGE)
    z = shocks.level_shock(gap, window, least)
    return shocks.shock_gauge("rate differential", z, max_age_seconds=age, source=source)


def _dollar(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    """Measure the change over a week of daily rows, or over one monthly row."""
    rate = past.column("dollar", "close")
    periods, window, least, age = (1, 60, 24, 50 * DAY) if _monthly(rate) else (5, 180, 90, MARKET_AGE)
    z = shocks.change_shock(rate, periods, window, least)
    return shocks.shock_gauge("dollar", z, max_age_seconds=age, source=source)


def _capm(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    asset = past.of_book("price", "close", weights, logs=True)
    market = past.column("market", "close")
    shared = np.intersect1d(asset.index.to_numpy(), market.index.to_numpy())
    years = (shared[-1] - shared[0]) / (365 * DAY) if shared.size > 1 else 1.0
    model = capm.market_model(asset, market, 90, max(shared.size - 1, 1) / years)
    ratio = capm.over_norm(capm.capm_vol(model, past.column("market", "vol"), MARKET_AGE))
    return capm.capm_gauge(ratio, max_age_seconds=MARKET_AGE, source=source)


def _monthly(series: FloatSeries) -> bool:
    return len(series) > 2 and float(np.median(np.diff(series.index.to_numpy()))) > MONTHLY
