"""The study that anyone can run: a pool of the S&P 500 in dollars, and the VIX, as the package `arch` ships them.

No such pool exists; it is played as if one did, because the data comes with a package and shows calm years and three
falls. Options on the index are modelled at the VIX's level, those on the VIX at its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from bridge.errors import MissingTool
from bridge.study.markets.spec import LoadedMarket, StudyMarket, pool_plan, refuse_unread, register_market, stated
from bridge.study.price_files import read_closes
from bridge.study.problems import Problems
from bridge.study.settings import CrashSettings, StudySettings
from hedge.backtest.history import MarketHistory, Series
from hedge.backtest.model_quotes import INDEX, SHARES, SurfaceFit, modelled_quotes
from hedge.backtest.quotes import ModelQuotes

ASSET, VIX = "SPX", "VIX"
CLOSE: Final = 21 * 3600
"""Seconds of the day (UTC) at which New York's closes are known, in winter; an hour late in summer."""
LONG_WEEKEND: Final = 4.5
"""Days without a session that are no gap."""
VIX_VOL: Final = 0.9
"""Volatility of the VIX over 30 days, stated: the mean of its own index, VVIX, 2014 to 2018."""
CRASHES: Final = (
    CrashSettings(name="August 2015", since=date(2015, 8, 18), until=date(2015, 8, 26)),
    CrashSettings(name="February 2018", since=date(2018, 1, 27), until=date(2018, 2, 9)),
    CrashSettings(name="December 2018", since=date(2018, 12, 4), until=date(2018, 12, 25)),
)
STRATEGIES: Final = (
    "unhedged", "hold_50_50", "weekly_delta", "daily_delta", "strip_30", "strip_30_delta", "index_calls", "plan",
)  # fmt: skip


def _folder() -> Path:
    """Find the files of the package without importing it: that takes two seconds."""
    spec = find_spec("arch")
    if spec is None or not spec.submodule_search_locations:
        raise MissingTool("the built-in study plays data of the package arch: pip install 'alvh[study]'")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def _files(settings: StudySettings) -> Mapping[str, Path]:
    return {f"arch/{name}": _folder() / name for name in ("sp500/sp500.csv.gz", "vix/vix.csv.gz")}


def _load(settings: StudySettings) -> LoadedMarket:
    refuse_unread(settings, "assets", "signals", "fees")
    problems = Problems()
    shares, vix = _files(settings).values()
    closes = read_closes(shares, "Date", "Adj Close", problems, CLOSE, "S&P 500")
    points = read_closes(vix, "Date", "vix", problems, CLOSE, "VIX")
    closes = _from(closes, int(points.times[0]))
    index = Series("VIX", points.times, points.values / 100.0)
    history = MarketHistory(
        prices={ASSET: closes, VIX: points},
        quotes={ASSET: modelled_quotes(ASSET, closes, index, stated=SHARES, lot=1.0), VIX: _calls(points)},
        vol_index={ASSET: index},
    )
    return LoadedMarket(
        history,
        (pool_plan(settings, "S&P 500 in USD", ASSET),),
        (
            "A pool of the S&P 500 in dollars is played as if there were one, from the index's daily closes.",
            f"Options on it trade at a stated surface: {SHARES.ratio:g} of the VIX at the money, skew "
            f"{SHARES.smile.skew:g} a standard deviation, half a spread of {SHARES.smile.half_spread:g}; options on "
            f"the VIX at {VIX_VOL:g} around its spot, although its futures stand elsewhere.",
            "The plan's first parameters are made for ETH and BTC; bought anew every week at this spread they cost "
            "more than they protect.",
            *stated(settings),
        ),
        problems,
        tuple(crash.crash for crash in settings.crashes or CRASHES),
        (VIX,),
        LONG_WEEKEND,
    )


def _from(series: Series, at: int) -> Series:
    first = int(np.searchsorted(series.times, at))
    return Series(series.name, series.times[first:], series.values[first:])


def _calls(points: Series) -> tuple[ModelQuotes, ...]:
    """Return quotes of options on the VIX, in points."""
    flat = Series("volatility of the VIX", points.times, np.full(len(points), VIX_VOL))
    return modelled_quotes(VIX, points, flat, stated=SurfaceFit(1.0, INDEX.smile), lot=1.0)


register_market(StudyMarket("shares", "S&P 500 and VIX 2014 to 2018, built in", _load, _files, STRATEGIES))
