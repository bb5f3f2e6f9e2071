"""Years of ETH and BTC, daily: options at DVOL's level, their surface fitted on the option books known by then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from bridge.errors import BadConfig
from bridge.sources.quotes.files import read_chain_file, read_snapshots
from bridge.study.markets.listed import CHAINS, KNOWN
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
from hedge.backtest.history import MarketHistory
from hedge.backtest.model_quotes import modelled_quotes
from hedge.instruments.lots import lot_of
from hedge.instruments.option_chain import OptionChain
from hedge.units import DAY

BOOKS: Final = {
    "BTC": ("iv/deribit_chain_btc_20200521.csv.gz", "iv/deribit_chain_btc_202102.csv.gz"),
    "ETH": ("iv/deribit_chain_eth_202102.csv.gz",),
}
REFIT_DAYS: Final = 7
CRASHES: Final = (
    CrashSettings(name="May 2021", since=date(2021, 5, 12), until=date(2021, 5, 24)),
    CrashSettings(name="June 2022", since=date(2022, 6, 7), until=date(2022, 6, 19)),
    CrashSettings(name="November 2022", since=date(2022, 11, 5), until=date(2022, 11, 11)),
    CrashSettings(name="August 2024", since=date(2024, 8, 1), until=date(2024, 8, 6)),
)
STRATEGIES: Final = (
    "unhedged", "hold_50_50", "weekly_delta", "daily_delta", "strip_7", "strip_30", "strip_30_delta", "plan",
    "rules", "promoter",
)  # fmt: skip


def _assets(settings: StudySettings) -> tuple[str, ...]:
    assets = settings.assets or ("ETH",)
    if unknown := set(assets) - set(KNOWN):
        raise BadConfig(f"study.assets: {sorted(unknown)[0]} has no volatility index here: one of {', '.join(KNOWN)}")
    return assets


def modelled_files(root: Path, assets: tuple[str, ...]) -> dict[str, Path]:
    """Return the files that closes, indices and books of some coins are read from, by name."""
    names = {name for asset in assets for name in (*coin_files(asset), *BOOKS[asset], CHAINS)}
    return {name: root / name for name in sorted(names)}


def _files(settings: StudySettings) -> Mapping[str, Path]:
    return modelled_files(settings.folder(), _assets(settings)) | signal_files(settings)


def _load(settings: StudySettings) -> LoadedMarket:
    refuse_unread(settings, "fees")
    root, problems, assets = settings.folder(), Problems(), _assets(settings)
    prices = {asset: read_coin(root, asset, problems) for asset in assets}
    indices = {asset: read_dvol(root, asset, problems) for asset in assets}
    books = {asset: known_books(root, asset) for asset in assets}
    history = MarketHistory(
        prices=prices,
        quotes={
            asset: modelled_quotes(asset, prices[asset], indices[asset], books[asset], lot=lot_of(asset))
            for asset in assets
        },
        vol_index=indices,
        signals=signal_histories(settings),
    )
    counted = ", ".join(f"{len(found)} of {asset}" for asset, found in books.items())
    return LoadedMarket(
        history,
        pool_plans(settings, assets),
        (
            f"Options trade at a modelled surface: DVOL's level; skew, term structure and spread as the mean of the "
            f"option books known by then ({counted} in all). A crisis is quoted with a calm day's spread.",
            "Options settle at the day's close.",
            *stated(settings),
        ),
        problems,
        tuple(crash.crash for crash in settings.crashes or CRASHES),
    )


def known_books(root: Path, asset: str) -> list[OptionChain]:
    """Read the option books that surfaces are fitted on, in order of time: single ones at first, weekly in 2026."""
    single = [read_chain_file(root / name)[asset] for name in BOOKS[asset]]
    return [*single, *read_snapshots(root / CHAINS, asset, apart=REFIT_DAYS * DAY)]


register_market(StudyMarket("modelled", "ETH and BTC 2021 to 2026, modelled options", _load, _files, STRATEGIES))
