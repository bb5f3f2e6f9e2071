"""Pools with the growth of their own fees: WBTC/WETH 0.3 % on mainnet, 2021 to 2024, two volatile tokens.

A position earns what it really would have earned: the growth of fees per unit of liquidity while the price is in its
range. Options on ETH and BTC are modelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bridge.study.chain_files import GAP_DAYS
from bridge.study.markets.modelled import CRASHES, known_books, modelled_files
from bridge.study.markets.spec import (
    LoadedMarket,
    StudyMarket,
    pool_plan,
    refuse_unread,
    register_market,
    signal_files,
    signal_histories,
    stated,
)
from bridge.study.pool_files import WBTC_WETH, read_wbtc_weth
from bridge.study.price_files import read_coin, read_dvol
from bridge.study.problems import Problems
from bridge.study.settings import StudySettings
from hedge.backtest.history import MarketHistory
from hedge.backtest.model_quotes import modelled_quotes
from hedge.instruments.lots import lot_of

COINS: Final = ("BTC", "ETH")
NAME: Final = "WBTC/WETH 0.3%"
STRATEGIES: Final = ("unhedged", "hold_50_50", "weekly_delta", "daily_delta", "strip_30_delta")


def _files(settings: StudySettings) -> Mapping[str, Path]:
    root = settings.folder()
    return modelled_files(root, COINS) | {f"pools/{WBTC_WETH}": root / "pools" / WBTC_WETH} | signal_files(settings)


def _load(settings: StudySettings) -> LoadedMarket:
    refuse_unread(settings, "assets", "fees")
    root, problems = settings.folder(), Problems()
    bars, found = read_wbtc_weth(root)
    for row in found.rows():
        problems.add(row.kind, row.what, row.at, row.count)
    last = int(bars.times[-1])
    prices = {asset: read_coin(root, asset, problems).cut(last) for asset in COINS}
    indices = {asset: read_dvol(root, asset, problems) for asset in COINS}
    quotes = {
        asset: modelled_quotes(asset, prices[asset], indices[asset], known_books(root, asset), lot=lot_of(asset))
        for asset in COINS
    }
    history = MarketHistory(
        prices=prices, quotes=quotes, vol_index=indices, pools={NAME: bars}, signals=signal_histories(settings)
    )
    return LoadedMarket(
        history,
        (pool_plan(settings, NAME, "BTC", "ETH", NAME),),
        (
            "Fees come from the pool's own growth of fees while the price is in the range; days without it earn the "
            "stated rate.",
            "Prices in USD are the coins' own closes; the pool's price in WETH follows from them.",
            "Options trade at a modelled surface, at DVOL's level; before 2021-03-25 there are none.",
            *stated(settings),
        ),
        problems,
        tuple(crash.crash for crash in settings.crashes or CRASHES),
        gap_days=GAP_DAYS,
    )


register_market(StudyMarket("recorded", "WBTC/WETH 0.3 % with its own fees, 2021 to 2024", _load, _files, STRATEGIES))
