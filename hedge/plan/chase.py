"""What the promoter would sell if no limit but its own caps held it back: to compare with, and never to trade.

The promoter's parameters obey every bound, and under them the programme still sells nothing that the book's tail does
not ask for. A yield-chaser would: condors one after another, those first that pay most credit for their notional, until
its caps on notional are full, whatever the regime says and whatever gamma it has bought. The tail is measured in the
scenarios that a plan of the same book draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedge.book.positions import Book
from hedge.decision.metrics import layers_of
from hedge.decision.programme.goal import MONTH, Goal
from hedge.decision.programme.pose import NOTHING_KNOWN, Past, Posed, pose, redrawn
from hedge.decision.programme.scenarios import COUNT
from hedge.decision.trades import Trade, trades_of
from hedge.instruments.leg import lots_down
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market
from hedge.numerics.arrays import FloatArray
from hedge.policy.parameters import Parameters
from hedge.risk.measures import cvar


@dataclass(frozen=True)
class Chase:
    """Hold what the promoter would sell, and what that does to the tail; USD.

    Parameters
    ----------
    trades : orders of the condors' legs. credit_usd : received for them, fees off. margin_usd : what they tie up.
    unhedged, chased : CVaR95 to the next plan; month_unhedged, month_chased : over 30 days, left alone.
    """

    trades: tuple[Trade, ...]
    credit_usd: float
    margin_usd: float
    unhedged: float
    chased: float
    month_unhedged: float
    month_chased: float


def chase(
    book: Book,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    value_usd: float,
    past: Past = NOTHING_KNOWN,
    scenario_count: int = COUNT,
) -> Chase | None:
    """Sell all condors that the promoter's caps on notional allow, on a book that holds no other option.

    Parameters
    ----------
    parameters : of the promoter. value_usd : of the book. past, scenario_count : as in `hedge.plan.build.build_plan`.

    Returns
    -------
    None for a book that is worth nothing.

    Raises
    ------
    NotListed, BadInput : as `hedge.decision.programme.goal.pose`.
    """
    if not book.assets or value_usd <= 0.0:
        return None
    own = {asset: chains[asset] for asset in book.assets if asset in chains}
    listings = {asset: Listing.of_chain(chain, {}) for asset, chain in own.items()}
    goal = Goal(parameters, value_usd, only=frozenset({"condor"}), scenarios=scenario_count)
    posed = pose(goal, book, market, listings, None, past)
    units = _sold(posed, own)
    month, problem = redrawn(posed, MONTH, past), posed.problem
    layers = layers_of(posed, units, own)
    return Chase(
        trades_of(posed, units, own),
        -math.fsum(layer.cost_usd for layer in layers),
        float(problem.cash @ units),
        cvar(problem.exposure),
        cvar(problem.profit(units)),
        cvar(month.exposure),
        cvar(month.profit(units)),
    )


def _sold(posed: Posed, chains: Mapping[str, OptionChain]) -> FloatArray:
    """Return the units of each column: condors by credit over notional, until the caps on notional are full."""
    goal, problem = posed.goal, posed.problem
    room = min(goal.share("condorNotionalCapBps"), goal.share("overlayNotionalCapBps"))
    units = np.zeros(len(posed.columns))
    paid = {index: _credit(posed, index, chains) for index, column in enumerate(posed.columns) if column.is_condor}
    for index in sorted(paid, key=lambda index: (-paid[index], index)):
        spot = posed.columns[index].spot_usd
        most = min(float(problem.high[index]), room / spot)
        if paid[index] > 0.0 and most > 0.0:
            units[index] = lots_down(most, float(problem.lot[index]))
            room -= units[index] * spot
    return units


def _credit(posed: Posed, index: int, chains: Mapping[str, OptionChain]) -> float:
    """Return the credit of one unit of a condor over its notional."""
    one = np.zeros(len(posed.columns))
    one[index] = 1.0
    cost = math.fsum(layer.cost_usd for layer in layers_of(posed, one, chains))
    return -cost / posed.columns[index].spot_usd
