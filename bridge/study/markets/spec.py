"""What a market is to a study: a history to play, the pools in it, and what had to be assumed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bridge.errors import BadConfig
from bridge.registry import Registry
from bridge.sources.histories.files import read_folder
from bridge.study.problems import Problems
from bridge.study.settings import StudySettings
from hedge.backtest.history import MarketHistory
from hedge.backtest.liquidity import LiquidityTerms
from hedge.backtest.path_metrics import Crash
from hedge.backtest.wealth import PoolPlan
from hedge.signals.histories import Histories


@dataclass(frozen=True, eq=False)
class LoadedMarket:
    """Hold a market that is ready to be played.

    Parameters
    ----------
    history
        What was known when.
    pools
        That the capital may be in.
    indices
        Other assets of the history that options are quoted on.
    gap_days
        Between two steps, beyond which they are counted as a gap.
    assumptions
        What the data lacks and what stands in its place, a sentence each.
    problems
        What was wrong in the files.
    crashes
        Named windows in which the market broke.
    """

    history: MarketHistory
    pools: tuple[PoolPlan, ...]
    assumptions: tuple[str, ...]
    problems: Problems
    crashes: tuple[Crash, ...] = ()
    indices: tuple[str, ...] = ()
    gap_days: float = 2.0


@dataclass(frozen=True)
class StudyMarket:
    """State one market.

    Parameters
    ----------
    name, title
        As settings write it; in a few words.
    load
        Reads it. Raises `BridgeError` where a file cannot be used.
    files
        Every file that it reads, by a name that is the same on every machine.
    strategies
        That are played where the settings name none.
    reset
        Whether pools have their first capital again at every re-centring, where the settings do not say.
    """

    name: str
    title: str
    load: Callable[[StudySettings], LoadedMarket]
    files: Callable[[StudySettings], Mapping[str, Path]]
    strategies: tuple[str, ...]
    reset: bool = True


OUT_WIDTH: Final = 1.28
"""Upper over lower edge of a position that waits out of range: 1.25 to 1.6 of the price beside the first range."""
MARKETS: Final[Registry[StudyMarket]] = Registry("market", "bridge.study.markets")


def register_market(market: StudyMarket) -> StudyMarket:
    """Add a market to the registry. Raises `BadConfig` where its name is taken."""
    return MARKETS.register(market.name, market)


def pool_plan(settings: StudySettings, name: str, base: str, quote: str = "USD", bars: str = "") -> PoolPlan:
    """Return a pool of the settings' range and costs."""
    own = settings.pool
    terms = LiquidityTerms(
        own.lower_ratio, own.upper_ratio, None, own.out_hours, not resets(settings), own.gas_usd, own.swap_cost
    )
    return PoolPlan(name, base, quote, terms, own.recentre_days or None, own.fee_apr, bars)


def pool_plans(settings: StudySettings, assets: Sequence[str]) -> tuple[PoolPlan, ...]:
    """Return a pool against USD for each asset, and where the settings ask for it one more that waits out of range."""
    found = []
    for asset in assets:
        plan = pool_plan(settings, f"{asset}/USD", asset)
        found.append(plan)
        if settings.pool.half_out:
            ends = plan.terms.upper_ratio, plan.terms.upper_ratio * OUT_WIDTH
            terms = replace(plan.terms, lower_ratio=ends[0], upper_ratio=ends[1])
            found.append(replace(plan, name=f"{asset}/USD above", terms=terms))
    return tuple(found)


def resets(settings: StudySettings) -> bool:
    """Tell whether pools have their first capital again at every re-centring."""
    chosen = settings.pool.reset
    return MARKETS[settings.market].reset if chosen is None else chosen


def signal_histories(settings: StudySettings) -> Histories | None:
    """Return the histories of the signals that the settings name; None where they name none."""
    return read_folder(settings.signals, int(time.time())) if settings.signals else None


def signal_files(settings: StudySettings) -> dict[str, Path]:
    """Return the files of the signals by name."""
    folder = settings.signals
    return {f"signals/{path.name}": path for path in sorted(folder.iterdir()) if path.is_file()} if folder else {}


def refuse_unread(settings: StudySettings, *names: str) -> None:
    """Refuse settings that a market does not read, in place of ignoring them.

    Raises
    ------
    BadConfig
        One of them is given.
    """
    given = {"assets": bool(settings.assets), "signals": bool(settings.signals), "fees": settings.pool.fees == "earned"}
    for name in names:
        if given[name]:
            raise BadConfig(f"the market {settings.market} has no choice of {name}: leave that out")


def stated(settings: StudySettings) -> tuple[str, ...]:
    """Return what every market assumes, by the settings."""
    pool, venue = settings.pool, settings.venue
    margin = (
        "margin is estimated and not enforced"
        if venue.collateral_usd is None
        else f"the hedge has {venue.collateral_usd:,.0f} USD of collateral; what it cannot keep is closed by force"
    )
    payer = "longs" if venue.funding >= 0.0 else "shorts"
    return (
        f"Pool fees: {pool.fee_apr:.1%} of the value a year in range where bars of the pool tell none.",
        f"Funding of perpetuals: {abs(venue.funding):.1%} a year, paid by {payer}, where no rate is known.",
        f"A perpetual costs {venue.perpetual_cost:.2%} of each trade; {margin}.",
    )
