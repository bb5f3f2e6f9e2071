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
from bridge.study.markets.spec import LoadedMarket, StudyMarket, pool_plan, register_market, stated
from bridge.study.problems import Problems
from bridge.study.settings import CrashSettings, StudySettings
from bridge.tables import read_seconds, read_table
from hedge.backtest.history import MarketHistory, Series

CHAINS: Final = "iv/deribit_chains_daily_2026h1.parquet"
INDEX: Final = "spot/deribit_index_4xdaily_2026h1.csv.gz"
KNOWN: Final = ("BTC", "ETH")
CRASHES: Final = (CrashSettings(name="fall of February 2026", since=date(2026, 1, 29), until=date(2026, 2, 7)),)
STRATEGIES: Final = (
    "unhedged", "hold_50_50", "plan", "plan_hold", "weekly_delta", "daily_delta", "strip_7", "strip_30",
    "strip_30_delta", "plan_4_weeks",
)  # fmt: skip


def _assets(settings: StudySettings) -> tuple[str, ...]:
    assets = settings.assets or ("ETH",)
    if unknown := set(assets) - set(KNOWN):
        raise BadConfig(f"study.assets: {sorted(unknown)[0]} has no option books here: one of {', '.join(KNOWN)}")
    return assets


def _files(settings: StudySettings) -> Mapping[str, Path]:
    return {name: settings.folder() / name for name in (CHAINS, INDEX)}


def _load(settings: StudySettings) -> LoadedMarket:
    problems, assets, files = Problems(), _assets(settings), _files(settings)
    quotes = read_chains(files[CHAINS], assets, problems)
    history = MarketHistory(
        prices={asset: spots_of(shots) for asset, shots in quotes.items()},
        quotes=quotes,
        settlement=read_index(files[INDEX], assets, problems),
    )
    return LoadedMarket(
        history,
        tuple(pool_plan(settings, f"{asset}/USD", asset) for asset in assets),
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
        found[asset] = Series(f"index of {asset}", at, values[usable][order][first])
    return found


register_market(StudyMarket("deribit", "Deribit's option books, January to May 2026", _load, _files, STRATEGIES))
