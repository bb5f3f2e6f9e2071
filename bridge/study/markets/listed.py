"""Deribit's option books of the first half of 2026, traded at their own bid and ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from bridge.errors import BadConfig, BadFile
from bridge.study.chain_files import read_chains, spots_of
from bridge.study.markets.spec import (
    LoadedMarket,
    StudyMarket,
    pool_plans,
    refuse_unread,
    register_market,
    signal_files,
    signal_histories,
    stated,
)
from bridge.study.price_files import coin_files, read_coin, read_dvol
from bridge.study.problems import Problems
from bridge.study.settings import CrashSettings, StudySettings
from bridge.tables import read_table
from bridge.times import read_seconds
from hedge.backtest.history import MarketHistory, Series
from hedge.units import DAY

CHAINS: Final = "iv/deribit_chains_daily_2026h1.parquet"
INDEX: Final = "spot/deribit_index_4xdaily_2026h1.csv.gz"
KNOWN: Final = ("BTC", "ETH")
MOST_GAP: Final = 0.25
"""Log distance of an index from the quotes' own within a day, beyond which it is taken for wrong."""
CRASHES: Final = (CrashSettings(name="fall of February 2026", since=date(2026, 1, 29), until=date(2026, 2, 7)),)
STRATEGIES: Final = (
    "unhedged", "hold_50_50", "rules", "plan", "plan_no_target", "plan_holding", "plan_holding_all", "plan_30_days",
    "plan_4_weeks", "rules_4_weeks", "without_delta", "weekly_delta", "daily_delta", "strip_7", "strip_30",
    "strip_30_delta",
)  # fmt: skip


def _assets(settings: StudySettings) -> tuple[str, ...]:
    assets = settings.assets or ("ETH",)
    if unknown := set(assets) - set(KNOWN):
        raise BadConfig(f"study.assets: {sorted(unknown)[0]} has no option books here: one of {', '.join(KNOWN)}")
    return assets


def _files(settings: StudySettings) -> Mapping[str, Path]:
    past = [name for asset in _assets(settings) for name in coin_files(asset)]
    names = dict.fromkeys((CHAINS, INDEX, *past))
    return {name: settings.folder() / name for name in names} | signal_files(settings)


def _load(settings: StudySettings) -> LoadedMarket:
    refuse_unread(settings, "fees")
    problems, assets, files = Problems(), _assets(settings), _files(settings)
    quotes = read_chains(files[CHAINS], assets, problems)
    prices = {asset: spots_of(shots) for asset, shots in quotes.items()}
    settlement = {
        asset: agreeing(series, prices[asset], problems)
        for asset, series in read_index(files[INDEX], assets, problems).items()
    }
    history = MarketHistory(
        prices={asset: _since(settings, asset, quoted, problems) for asset, quoted in prices.items()},
        quotes=quotes,
        settlement=settlement,
        vol_index={asset: read_dvol(settings.folder(), asset, problems) for asset in assets},
        signals=signal_histories(settings),
    )
    return LoadedMarket(
        history,
        pool_plans(settings, assets),
        (
            "Options trade at Deribit's bid and ask, premium in coin times the index, fees of 2026; sizes that are "
            "quoted are not known, so every order is filled at the best price.",
            "Options settle at the index that is nearest to 08:00 UTC, of four a day: the venue averages the half "
            "hour before.",
            *stated(settings),
        ),
        problems,
        tuple(crash.crash for crash in settings.crashes or CRASHES),
    )


def _since(settings: StudySettings, asset: str, quoted: Series, problems: Problems) -> Series:
    """Return an asset's closes before its first option book, which scenarios of history need, then the books' index."""
    past = read_coin(settings.folder(), asset, problems).cut(int(quoted.times[0]) - 1)
    return Series(quoted.name, np.concatenate([past.times, quoted.times]), np.concatenate([past.values, quoted.values]))


def read_index(path: Path, assets: tuple[str, ...], problems: Problems) -> dict[str, Series]:
    """Read the venue's index by asset.

    Raises
    ------
    BadFile
        It cannot be read, or has no column of an asset.
    """
    table = read_table(path)
    if missing := {"timestamp", *assets} - set(table.columns):
        raise BadFile(path, f"no column {sorted(missing)[0]}")
    try:
        times = read_seconds(table["timestamp"])
    except ValueError as error:
        raise BadFile(path, str(error)) from error
    found = {}
    for asset in assets:
        values = pd.to_numeric(table[asset], errors="coerce").to_numpy(float)
        usable = np.isfinite(values) & (values > 0.0)
        order = np.argsort(times[usable], kind="stable")
        at, first = np.unique(times[usable][order], return_index=True)
        for kind, count in (("index without a price", int((~usable).sum())), ("duplicate index", len(order) - len(at))):
            if count:
                problems.add(kind, f"{asset} of {path.name}: left out", count=count)
        if not len(at):
            raise BadFile(path, f"holds no index of {asset}: options settle by it")
        found[asset] = Series(f"index of {asset}", at, values[usable][order][first])
    return found


def agreeing(index: Series, prices: Series, problems: Problems) -> Series:
    """Return the readings of an index that agree with the prices of the quotes; the others are left out and counted.

    Raises
    ------
    BadFile
        Most of them contradict the quotes: the file is of another asset or unit.
    """
    place = np.clip(np.searchsorted(prices.times, index.times), 1, len(prices) - 1)
    before, after = prices.times[place - 1], prices.times[place]
    nearest = np.where(index.times - before < after - index.times, place - 1, place)
    close = np.abs(prices.times[nearest] - index.times) <= DAY
    wrong = close & (np.abs(np.log(index.values / prices.values[nearest])) > MOST_GAP)
    if wrong.sum() > 0.5 * close.sum():
        raise BadFile(Path(INDEX), f"the {index.name} contradicts the option quotes: another asset or another unit?")
    if wrong.any():
        problems.add("index that contradicts the quotes", f"{index.name}: left out", count=int(wrong.sum()))
    late = int(index.times[0]) - int(prices.times[0])
    if late > DAY:
        problems.add("days without an index", f"{index.name} begins late", int(prices.times[0]), late // DAY)
    return Series(index.name, index.times[~wrong], index.values[~wrong])


register_market(StudyMarket("deribit", "Deribit's option books, January to May 2026", _load, _files, STRATEGIES))
