"""What the book gains or loses along the price of one asset: the pools, and each layer of what is really held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from bridge.alerts.snapshots import MonitorSnapshot
from hedge.book.positions import Book
from hedge.decision.held import HeldLeg, MarkSource
from hedge.market import Market
from hedge.numerics.arrays import FloatArray
from hedge.units import YEAR_DAYS

MOVES: Final = np.linspace(-0.5, 0.5, 81)
"""Moves of the price that curves cover; 0 is among them."""
LP: Final = "LP"
TODAY: Final = int(np.argmin(np.abs(MOVES)))


def payoff_view(seen: MonitorSnapshot) -> dict[str, dict[str, Any]]:
    """Return by asset the curves now and at the horizon of the target, USD gained against now; empty without a market.

    The pools and each layer apart, other prices and volatilities unmoved; a horizon adds no fees. What is held on other
    assets does not move.
    """
    if seen.market is None or seen.exposure is None:
        return {}
    book, legs = Book(seen.positions), seen.held.legs if seen.held else ()
    days = float(seen.governed.parameters.horizon_days)
    return {
        asset: _asset(asset, book, [each for each in legs if each.leg.underlying == asset], seen.market, days)
        for asset in sorted(seen.exposure.assets)
    }


def _asset(asset: str, book: Book, legs: Iterable[HeldLeg], market: Market, days: float) -> dict[str, Any]:
    spot = market.spot(asset)
    prices = spot * (1.0 + MOVES)
    at = {name: np.full(len(prices), market.spot(name)) for name in book.assets} | {asset: prices}
    pools = np.broadcast_to(book.value_usd(at), len(prices))
    now, horizon = {LP: pools - pools[TODAY]}, {LP: pools - pools[TODAY]}
    for held in legs:
        later = 0.0 if held.source is MarkSource.EXPIRED else days / YEAR_DAYS
        at_once = np.asarray(held.leg.value(prices))
        for curves, worth in ((now, at_once), (horizon, np.asarray(held.leg.value(prices, later)))):
            curves[held.layer] = curves.get(held.layer, 0.0) + worth - at_once[TODAY]
    shown = {"now": _listed(now), "horizon": _listed(horizon)}
    return {"spot": spot, "prices": [round(float(price), 6) for price in prices], **shown, "horizon_days": days}


def _listed(curves: Mapping[str, FloatArray]) -> dict[str, list[float]]:
    return {name: [round(float(usd), 2) for usd in curve] for name, curve in curves.items()}
