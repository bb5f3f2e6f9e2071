"""Small made histories for the event loop: single quotes written out, random ones with holes, and chains of weeks.

`Case` is a history in plain lists and dicts, for the slow reference; `history_of` makes the engine's own of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from hedge.backtest.account import Venue
from hedge.backtest.engine import BacktestTerms, backtest
from hedge.backtest.history import MarketHistory, Series
from hedge.backtest.liquidity import LiquidityTerms
from hedge.backtest.pools import PoolBars
from hedge.backtest.quotes import ListedQuotes
from hedge.backtest.results import BacktestRun
from hedge.backtest.strategy import KEEP, StrategySpec, Targets, View
from hedge.backtest.wealth import PoolPlan
from hedge.instruments.contract import Contract
from hedge.instruments.synthetic_chain import Smile, synthetic_chain
from hedge.signals.histories import Histories

DAY, HOUR = 86_400, 3_600
START = 1_767_600_000  # Monday 2026-01-05 08:00 UTC
NAN = math.nan
Row = tuple[float, float, float, float]
"""Bid, ask, mark, volatility; NaN where there is none."""
Points = list[tuple[int, float]]


def series(name: str, points: Points) -> Series:
    """Return points of time and value as a series."""
    return Series(name, np.array([at for at, _ in points], dtype=np.int64), np.array([x for _, x in points], float))


def quotes(asset: str, at: int, spot: float, rows: dict[Contract, Row]) -> ListedQuotes:
    """Return a snapshot of a few quotes that are written out."""
    bid, ask, mark, vol = (np.array([row[i] for row in rows.values()], float) for i in range(4))
    return ListedQuotes(
        asset, at, spot, np.array([c.expiry_at for c in rows], dtype=np.int64), np.array([c.strike for c in rows]),
        np.array([c.is_call for c in rows], dtype=np.bool_), bid, ask, mark, vol, np.full(len(rows), spot), 0.1, "made",
    )  # fmt: skip


def call(strike: float, days: float, asset: str = "ETH") -> Contract:
    """Return a call that expires so many days after the start."""
    return Contract(asset, START + round(days * DAY), strike, True)


def put(strike: float, days: float, asset: str = "ETH") -> Contract:
    """Return a put that expires so many days after the start."""
    return Contract(asset, START + round(days * DAY), strike, False)


@dataclass
class Case:
    """A history, a script of targets by time, and the terms, in plain values."""

    prices: dict[str, Points]
    quotes: dict[str, list[tuple[int, float, dict[Contract, Row]]]] = field(default_factory=dict)
    settlement: dict[str, Points] = field(default_factory=dict)
    funding: dict[str, Points] = field(default_factory=dict)
    script: dict[int, Targets] = field(default_factory=dict)
    pools: tuple[PoolPlan, ...] = (PoolPlan("ETH/USD", "ETH"),)
    venue: Venue = field(default_factory=Venue)
    capital: float = 1e6
    terms: dict[str, Any] = field(default_factory=dict)

    def play(self) -> BacktestRun:
        """Let the engine play the script, asked at every step."""
        return play(history_of(self), scripted(self.script), self.pools, self.capital, venue=self.venue, **self.terms)


def history_of(case: Case) -> MarketHistory:
    """Return a case as the engine takes it."""
    named = [
        {asset: series(asset, points) for asset, points in group.items()}
        for group in (case.prices, case.settlement, case.funding)
    ]
    shots = {asset: tuple(quotes(asset, *shot) for shot in own) for asset, own in case.quotes.items()}
    return MarketHistory(named[0], shots, named[1], {}, named[2])


def rising() -> MarketHistory:
    """Return three days of prices and nothing else."""
    return MarketHistory({"ETH": series("ETH", [(START + day * DAY, 2_000.0 + day) for day in range(3)])})


class Script:
    """Answer what is written for the time; no change where nothing is."""

    def __init__(self, script: dict[int, Targets]) -> None:
        self.script = script

    def decide(self, view: View) -> Targets:
        """Return the targets of the time."""
        return self.script.get(view.at, KEEP)


def scripted(script: dict[int, Targets], **changes: Any) -> StrategySpec:
    """Return a strategy that follows a script and is asked at every step."""
    return replace(StrategySpec("script", "a script", lambda: Script(script), every_days=0.01), **changes)


def play(
    history: MarketHistory,
    spec: StrategySpec,
    pools: tuple[PoolPlan, ...] = (PoolPlan("ETH/USD", "ETH"),),
    capital: float = 1e6,
    *,
    start: int = START,
    end: int = START + 1000 * DAY,
    **terms: Any,
) -> BacktestRun:
    """Run a backtest and hold it to its entries at every step, whatever else a test looks at."""
    run = backtest(history, spec, BacktestTerms(start, end, pools, capital, **terms))
    moved = run.entries.groupby("at")["usd"].sum().reindex(run.times, fill_value=0.0).to_numpy()
    explained = capital + np.cumsum(moved + run.flows)
    np.testing.assert_allclose(run.equity, explained, rtol=0.0, atol=1e-9 * capital)
    return run


def random_case(seed: int) -> Case:
    """Draw 10 to 20 uneven steps of two assets, quotes full of holes, and targets that take no notice of them."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(10, 21))
    times = START + np.cumsum(rng.integers(int(0.6 * DAY), int(1.4 * DAY), count))
    times[count // 2 :] += int(rng.integers(0, 3)) * DAY  # a gap, more often than not
    prices = {asset: _walk(rng, first, times) for asset, first in (("BTC", 40_000.0), ("ETH", 2_000.0))}
    listed = {asset: _contracts(rng, asset, points) for asset, points in prices.items()}
    shots = {asset: _shots(rng, points, listed[asset]) for asset, points in prices.items()}
    fine = np.arange(START - DAY, times[-1] + DAY, 6 * HOUR)
    steps = sorted({at for own in shots.values() for at, _, _ in own})
    known = [contract for own in listed.values() for contract in own]
    return Case(
        prices=prices,
        quotes=shots,
        settlement={"ETH": _walk(rng, 2_000.0, fine)},
        funding={"BTC": [(int(at), float(rng.normal(0.0, 0.2))) for at in fine]},
        script={at: _targets(rng, known) for at in steps},
        pools=_pools(rng),
        venue=Venue(funding=0.1, collateral_usd=float(rng.choice([math.inf, 0.0, 30_000.0]))),
        terms={"start": int(times[0])},
    )


def _walk(rng: np.random.Generator, first: float, times: Any) -> Points:
    path = first * np.exp(np.cumsum(rng.normal(0.0, 0.06, len(times))))
    return [(int(at), float(price)) for at, price in zip(times, path, strict=True)]


def _contracts(rng: np.random.Generator, asset: str, points: Points) -> list[Contract]:
    first, last = points[0][0], points[-1][0]
    expiries = [int(rng.integers(first + DAY, last + DAY)) for _ in range(2)] + [last + 40 * DAY]
    strikes = [round(points[0][1] * ratio, -1) for ratio in (0.85, 1.0, 1.2)]
    return [Contract(asset, at, strike, is_call) for at in expiries for strike in strikes for is_call in (False, True)]


def _shots(
    rng: np.random.Generator, points: Points, listed: list[Contract]
) -> list[tuple[int, float, dict[Contract, Row]]]:
    """Draw a snapshot at most times, each some minutes early so that two assets are seldom quoted at one second."""
    shots = []
    for at, spot in points:
        own = {c: _row(rng, c, at, spot) for c in listed if c.expiry_at > at and rng.random() < 0.85}
        if own and rng.random() < 0.9:
            shots.append((at + int(rng.integers(0, 600)), spot, own))
    return shots


def _row(rng: np.random.Generator, contract: Contract, at: int, spot: float) -> Row:
    worth = contract.payoff(spot) + 0.05 * spot * math.sqrt((contract.expiry_at - at) / (10 * DAY)) * rng.random()
    numbers = (0.97 * worth, 1.04 * worth, worth, rng.uniform(0.3, 1.2))
    bid, ask, mark, vol = (
        float(x) if rng.random() > hole else NAN for x, hole in zip(numbers, (0.3, 0.15, 0.4, 0.2), strict=True)
    )
    return bid, ask, mark, vol


def _targets(rng: np.random.Generator, known: list[Contract]) -> Targets:
    options = perpetuals = None
    if rng.random() < 0.7:
        options = {
            label: {known[i]: _lots(rng) for i in rng.choice(len(known), 6, replace=False)}
            for label in ("tail", "condor", "strip")
            if rng.random() < 0.8
        }
    if rng.random() < 0.6:
        perpetuals = {label: {"ETH": _lots(rng), "BTC": 0.1 * _lots(rng)} for label in ("delta", "beside")}
    return Targets(options, perpetuals)


def _lots(rng: np.random.Generator) -> float:
    return round(0.1 * int(rng.integers(-100, 150)), 10)


def _pools(rng: np.random.Generator) -> tuple[PoolPlan, ...]:
    def terms() -> LiquidityTerms:
        low, high = (0.8, 1.25) if rng.random() < 0.7 else (0.0, math.inf)
        return LiquidityTerms(low, high, gas_usd=float(rng.integers(0, 30)), swap_cost=0.003, compounding=False)

    days = float(rng.choice([3.0, 5.0, 7.0]))
    return (
        PoolPlan("ETH/USD", "ETH", terms=terms(), recentre_days=days, fee_apr=0.4),
        PoolPlan("BTC/ETH", "BTC", "ETH", terms=terms(), recentre_days=None, fee_apr=0.2),
        PoolPlan("BTC/USD", "BTC", terms=terms(), recentre_days=7.0),
    )


REACH_DAYS, STRIKES = 200, (0.5, 1.6)


def listed(asset: str, at: int, spot: float, vol: float = 0.6, smile: Smile | None = None) -> ListedQuotes:
    """Return a synthetic chain as a venue's snapshot, without what is far off: plans of it take less time."""
    table = synthetic_chain(asset, spot, at, vol, smile, lot=1.0 if asset == "ETH" else 0.1).quotes
    near = (table["expiry_at"] < at + REACH_DAYS * DAY) & table["strike"].between(*(spot * x for x in STRIKES))
    table = table[near]
    bid, ask = (table[name].to_numpy(float) for name in ("bid", "ask"))
    return ListedQuotes(
        asset, at, spot, table["expiry_at"].to_numpy(np.int64), table["strike"].to_numpy(float),
        table["is_call"].to_numpy(bool), bid, ask, 0.5 * (np.nan_to_num(bid) + ask), table["vol"].to_numpy(float),
        table["forward"].to_numpy(float), 1.0 if asset == "ETH" else 0.1, "synthetic",
    )  # fmt: skip


FIRSTS = {"BTC": 40_000.0, "ETH": 2_000.0, "DVX": 60.0}
VOLS = {"BTC": 0.5, "ETH": 0.65, "DVX": 0.9}


PAST_DAYS = 420
"""Days before the start that the signals' tables know."""


def weeks_of_chains(
    days: int, seed: int = 1, assets: tuple[str, ...] = ("BTC", "DVX", "ETH"), *, every: int = 1
) -> MarketHistory:
    """Return chains of every asset, each `every` days, with all else that a history can hold.

    DVX is an index of volatility. The index that options settle by is there every four hours.
    """
    rng = np.random.default_rng(seed)
    times = START + every * DAY * np.arange(-(-days // every))
    fine = np.arange(START, START + days * DAY, 4 * HOUR) - HOUR // 2
    walks = {a: FIRSTS[a] * np.exp(np.cumsum(rng.normal(0.0, 0.03 * math.sqrt(every), times.size))) for a in assets}
    dated = {asset: list(zip(times.tolist(), walk.tolist(), strict=True)) for asset, walk in walks.items()}
    return MarketHistory(
        {asset: Series(asset, times, walk) for asset, walk in walks.items()},
        {asset: tuple(listed(asset, at, spot, VOLS[asset]) for at, spot in dated[asset]) for asset in assets},
        {asset: Series(f"index of {asset}", fine, np.interp(fine, times, walk)) for asset, walk in walks.items()},
        {asset: Series(f"volatility of {asset}", times, np.full(times.size, VOLS[asset])) for asset in assets},
        {asset: Series(f"funding of {asset}", times, rng.normal(0.05, 0.02, times.size)) for asset in assets},
        {"ETH/USD": pool_bars(times, walks["ETH"])} if "ETH" in walks else {},
        signal_tables(rng, walks, times),
    )


def signal_tables(rng: np.random.Generator, walks: Any, times: Any) -> Histories:
    """Return tables of prices, volatility indices and funding that begin long before the start."""
    before = times[0] + DAY * np.arange(-PAST_DAYS, 0)
    known = np.concatenate([before, times])
    tables = {}
    for asset, walk in walks.items():
        past = walk[0] * np.exp(np.cumsum(rng.normal(0.0, 0.03, before.size)))
        vol = VOLS[asset] * np.exp(0.1 * rng.standard_normal(known.size))
        tables[f"price_{asset}"] = pd.DataFrame({"close": np.concatenate([past, walk])}, index=known)
        tables[f"index_{asset}"] = pd.DataFrame({"high": 1.05 * vol, "low": 0.95 * vol, "close": vol}, index=known)
        tables[f"funding_{asset}"] = pd.DataFrame({"rate": 1e-4 * rng.standard_normal(known.size)}, index=known)
    return Histories(tables)


def pool_bars(times: Any, prices: Any) -> PoolBars:
    """Return bars of a pool that trades 1 M USD each time."""
    paid, pool = np.full(len(times), 1e6), np.full(len(times), 9e4)
    return PoolBars("ETH/USD", "ETH", "USD", 0.003, times, prices, None, paid, pool)


BOTH = (PoolPlan("ETH/USD", "ETH", fee_apr=0.3), PoolPlan("BTC/USD", "BTC", fee_apr=0.1))
