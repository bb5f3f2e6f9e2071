"""Risk of the book with and without layers: profit per scenario and CVaR95 at 30 days.

Scenarios are those of `hedge.risk.scenarios`. Positions are revalued exactly, fees that accrue until then left out.
Options are revalued by Black-Scholes with their remaining time, minus the cash paid for them; one that expires before
the horizon pays its intrinsic value at the price of its own expiry (a weekly condor meets a week's move, not a
month's).

Rolls. A condor that is sold for a week is sold again, and so 30 days hold four of them: `rolled_pnl`. What is bought
is not bought again: it counts alone, until the next plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from hedge.book.positions import Book
from hedge.instruments.layer import Layer, all_legs, value_legs
from hedge.instruments.leg import Leg
from hedge.market import TAIL_SHARE, Market
from hedge.numerics.arrays import FloatArray
from hedge.risk.scenarios import Scenarios


def cvar(pnl: FloatArray, share: float = TAIL_SHARE) -> float:
    """Return the mean loss over the worst `share` of outcomes, in the unit of `pnl`, positive for a loss.

    >>> cvar(np.array([-10.0, -6.0, 0.0, 4.0]), share=0.5)
    8.0
    """
    count = math.ceil(share * len(pnl))
    return -float(np.mean(np.partition(pnl, count - 1)[:count]))


def book_pnl(book: Book, market: Market, scenarios: Scenarios) -> FloatArray:
    """Return the change of the book's value per scenario, shape (n,), USD; fees left out."""
    now = book.value_usd({asset: np.asarray(market.spot(asset)) for asset in book.assets})
    return np.asarray(book.value_usd(scenarios.spots) - now, dtype=np.float64)


def legs_pnl(legs: Iterable[Leg], scenarios: Scenarios) -> FloatArray:
    """Return value at the horizon minus the cash paid per scenario, shape (n,), USD."""
    legs = tuple(legs)
    alive = tuple(leg for leg in legs if leg.expiry > scenarios.elapsed)
    value = value_legs(alive, scenarios.spots, scenarios.elapsed, scenarios.vol_moves)
    for expiry in sorted({leg.expiry for leg in legs if leg.expiry <= scenarios.elapsed}):
        settled = tuple(leg for leg in legs if leg.expiry == expiry)
        value = value + value_legs(settled, scenarios.spots_at(expiry), expiry, scenarios.vol_moves_at(expiry))
    return value - math.fsum(leg.cost_usd for leg in legs)


def rolled_pnl(legs: Sequence[Leg], scenarios: Scenarios) -> FloatArray:
    """Return the profit of a structure that is entered anew at each expiry, shape (n,), USD.

    Every life repeats the first: strikes at the same ratios to the price of its day, the same USD notional, and so, as
    Black-Scholes is homogeneous, the same credit, spread and fees. Volatility is that of now: after a fall it would be
    higher, the credit larger and the strikes farther, so a sold condor is shown no better than it would be. As many
    whole lives count as the horizon holds; a last one that would outlive it is not entered.

    Parameters
    ----------
    legs : of one underlying and one expiry. Without a path on the way, or with one life only, as `legs_pnl`.
    """
    life, asset = legs[0].expiry, legs[0].underlying
    lives = int(scenarios.elapsed / life + 1e-9)
    if lives < 2 or asset not in scenarios.paths:
        return legs_pnl(legs, scenarios)
    start, total = scenarios.paths[asset].start, -lives * math.fsum(leg.cost_usd for leg in legs)
    days = [scenarios.spots_at(min(number * life, scenarios.elapsed))[asset] for number in range(lives + 1)]
    paid = (leg.payoff(start * after / before) for before, after in pairwise(days) for leg in legs)
    return np.asarray(total + sum(paid), dtype=np.float64)


def layers_pnl(layers: Iterable[Layer], scenarios: Scenarios) -> FloatArray:
    """Return the profit of layers per scenario, shape (n,), USD: a sold condor rolled, all else as it is."""
    layers = tuple(layers)
    held = legs_pnl(all_legs(layer for layer in layers if not layer.financing), scenarios)
    return sum((rolled_pnl(layer.legs, scenarios) for layer in layers if layer.financing), held)
