"""Pay-off curves along one price, and the matrix of instant moves of price and volatility."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedge.book.positions import Book
from hedge.instruments.layer import Layer, all_legs
from hedge.market import HORIZON_DAYS, Market
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import book_pnl, legs_pnl
from hedge.risk.scenarios import Scenarios


@dataclass(frozen=True)
class PayoffCurve:
    """Hold the USD value of the book along one asset's price, shape (n,) each, the others fixed.

    `now` and `horizon` are keyed by what is included: ``LP``, then ``LP + tail`` and so on, one layer more each time.
    Layers count net of the cash paid for them.
    """

    asset: str
    prices: FloatArray
    now: Mapping[str, FloatArray]
    horizon: Mapping[str, FloatArray]


def payoff_curve(
    book: Book,
    market: Market,
    layers: Sequence[Layer],
    asset: str,
    prices: FloatArray,
    horizon_days: float = HORIZON_DAYS,
) -> PayoffCurve:
    """Value the book along `prices` (USD, shape (n,), > 0) of `asset`, now and at the horizon, volatility unmoved.

    Only layers on `asset` are shown: the others do not move, as their underlyings do not.
    """
    at = {name: np.full(len(prices), market.spot(name)) for name in book.assets} | {asset: np.asarray(prices)}
    still = {name: np.zeros(len(prices)) for name in at}
    shown = [layer for layer in layers if layer.underlying == asset]
    curves: list[dict[str, FloatArray]] = []
    for days in (0.0, horizon_days):
        scenarios = Scenarios(days, at, still)
        name, total = "LP", np.broadcast_to(book.value_usd(at), len(prices))
        curve = {name: np.array(total)}
        for layer in shown:
            name, total = f"{name} + {layer.name}", total + legs_pnl(layer.legs, scenarios)
            curve[name] = total
        curves.append(curve)
    return PayoffCurve(asset, np.asarray(prices), *curves)


@dataclass(frozen=True)
class StressMatrix:
    """Hold instant profit in USD, shape (price moves, volatility moves): the LP alone and with the layers."""

    price_moves: tuple[float, ...]
    vol_moves: tuple[float, ...]
    unhedged: FloatArray
    hedged: FloatArray


def stress_matrix(
    book: Book, market: Market, layers: Sequence[Layer], price_moves: Sequence[float], vol_moves: Sequence[float]
) -> StressMatrix:
    """Move every price by the same share and every index by the same volatility, at once.

    Parameters
    ----------
    price_moves : shares, -0.3 is a fall of 30 %, > -1. vol_moves : decimal, added to the 30-day index.
    """
    price, vol = (grid.ravel() for grid in np.meshgrid(price_moves, vol_moves, indexing="ij"))
    spots = {asset: market.spot(asset) * (1.0 + price) for asset in book.assets}
    scenarios = Scenarios(0.0, spots, dict.fromkeys(book.assets, vol))
    shape = (len(price_moves), len(vol_moves))
    unhedged = np.broadcast_to(book_pnl(book, market, scenarios), price.shape)
    hedged = unhedged + legs_pnl(all_legs(layers), scenarios) if book.assets else unhedged
    return StressMatrix(tuple(price_moves), tuple(vol_moves), unhedged.reshape(shape), hedged.reshape(shape))
