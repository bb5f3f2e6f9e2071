"""Eight pools of 2021 to 2025 side by side: what spreading over pools is worth, and what it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from bridge.study.markets import modelled
from bridge.study.markets.spec import LoadedMarket, StudyMarket, pool_plan, refuse_unread, register_market, stated
from bridge.study.pool_files import DAILY, daily_fee_apr, daily_pools, read_daily
from bridge.study.price_files import read_dvol
from bridge.study.problems import Problems
from bridge.study.settings import StudySettings, seconds
from hedge.backtest.history import MarketHistory, Series
from hedge.backtest.model_quotes import modelled_quotes
from hedge.backtest.pools import PoolBars
from hedge.backtest.wealth import PoolPlan
from hedge.instruments.lots import lot_of

ASSETS: Final = {"WETH": "ETH", "WBTC": "BTC", "USDT": "USD", "USDC": "USD", "DAI": "USD"}
STRATEGIES: Final = ("unhedged", "diversify", "hold_50_50", "static_delta", "weekly_delta", "daily_delta")


def _files(settings: StudySettings) -> Mapping[str, Path]:
    root = settings.folder()
    names = (f"pools/{DAILY}", "iv/dvol_eth_daily.csv", "iv/dvol_btc_daily.csv")
    return {name: root / name for name in names}


def _load(settings: StudySettings) -> LoadedMarket:
    refuse_unread(settings, "assets", "signals")
    root, problems = settings.folder(), Problems()
    read = {f"{pair} {fee / 1e4:g}%": (pair, fee, read_daily(root, pair, fee)) for pair, fee in daily_pools(root)}
    for _, _, (_, found) in read.values():
        for row in found.rows():
            problems.add(row.kind, row.what, row.at, row.count)
    bars = {name: found[0] for name, (_, _, found) in read.items()}
    prices = _prices(bars)
    indices = {asset: read_dvol(root, asset, problems) for asset in ("BTC", "ETH")}
    since = seconds(settings.start) if settings.start else 0
    until = seconds(settings.end) if settings.end else 2**40
    plans = [_plan(settings, name, bars[name]) for name in read]
    if settings.pool.fees == "earned":
        rates = {name: daily_fee_apr(root, pair, fee, since, until) for name, (pair, fee, _) in read.items()}
        plans = [replace(plan, fee_apr=rates[plan.name]) for plan in plans]
    history = MarketHistory(
        prices=prices,
        quotes={
            asset: modelled_quotes(asset, prices[asset], indices[asset], lot=lot_of(asset)) for asset in ("BTC", "ETH")
        },
        vol_index=indices,
        pools=bars,
    )
    fees = (
        ("Pool fees: what the whole capital of each pool earned over the days played; a narrower range earns more.",)
        if settings.pool.fees == "earned"
        else ()
    )
    return LoadedMarket(
        history,
        tuple(plans),
        (
            "Every pool is against the USD price that the pools themselves give: ETH and BTC by their pools in USDT.",
            *fees,
            *stated(settings),
        ),
        problems,
        tuple(crash.crash for crash in settings.crashes or modelled.CRASHES),
    )


def _plan(settings: StudySettings, name: str, bars: PoolBars) -> PoolPlan:
    base, quote = (ASSETS.get(token, token) for token in (bars.base, bars.quote))
    return pool_plan(settings, name, base, quote)


def _prices(bars: Mapping[str, PoolBars]) -> dict[str, Series]:
    """Return USD prices of every asset at the times that its pool and that of its quote have in common."""
    usd = {ASSETS[own.base]: own for own in bars.values() if ASSETS.get(own.quote) == "USD"}
    found = {asset: Series(f"{asset} by its pool", own.times, own.price) for asset, own in usd.items()}
    for own in bars.values():
        base, quote = ASSETS.get(own.base, own.base), ASSETS.get(own.quote, own.quote)
        if base in found or quote not in found:
            continue
        common, left, right = np.intersect1d(own.times, found[quote].times, return_indices=True)
        found[base] = Series(f"{base} by its pool", common, own.price[left] * found[quote].values[right])
    return found


register_market(StudyMarket("pools", "eight pools 2021 to 2025", _load, _files, STRATEGIES, reset=False))
