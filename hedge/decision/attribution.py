"""What each layer does to the book: net gamma, vega and CVaR95 with it and without it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hedge.book.exposure import BookExposure
from hedge.decision.metrics import net_greeks
from hedge.decision.programme.pose import Posed
from hedge.errors import NotListed
from hedge.instruments.layer import Layer
from hedge.instruments.option_chain import OptionChain
from hedge.market import HORIZON_DAYS
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar


@dataclass(frozen=True)
class BookMetrics:
    """Hold the state of a book: net gamma (USD per 1 %, all assets), net vega (USD per 1.00), CVaR95 (USD)."""

    gamma_usd: float
    vega_usd: float
    cvar_usd: float


@dataclass(frozen=True)
class LayerEffect:
    """Hold the whole plan, the plan without one layer (on every asset), and that layer alone on the unhedged book."""

    name: str
    with_it: BookMetrics
    without_it: BookMetrics
    alone: BookMetrics

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return asdict(self)


def layer_effects(
    exposure: BookExposure, layers: Sequence[Layer], posed: Posed, units: FloatArray
) -> tuple[LayerEffect, ...]:
    """Measure each layer with and without, by number, in the programme's own scenarios."""
    full = _book_metrics(exposure, layers, posed, units)
    found = []
    for name in posed.layers:
        own = posed.of_layer(name)
        others = [layer for layer in layers if layer.name != name]
        alone = [layer for layer in layers if layer.name == name]
        found.append(
            LayerEffect(
                name,
                full,
                _book_metrics(exposure, others, posed, units * (1.0 - own)),
                _book_metrics(exposure, alone, posed, units * own),
            )
        )
    return tuple(found)


def _book_metrics(exposure: BookExposure, layers: Sequence[Layer], posed: Posed, units: FloatArray) -> BookMetrics:
    net = net_greeks(exposure, layers).values()
    gamma, vega = (math.fsum(getattr(greeks, name) for greeks in net) for name in ("gamma_usd", "vega_usd"))
    p = posed.problem
    return BookMetrics(gamma, vega, cvar(np.asarray(p.exposure + p.gains @ units - p.trading_cost(units))))


def quoted_vol(exposure: BookExposure, chains: Mapping[str, OptionChain]) -> float:
    """Return the value-weighted volatility at the money near 30 days that the chains quote; NaN where none does."""
    quoted = {asset: _at_the_money(chain) for asset, chain in chains.items() if asset in exposure.assets}
    weights = {asset: exposure.assets[asset].value_usd for asset, vol in quoted.items() if vol == vol}
    total = sum(weights.values())
    return sum(weight * quoted[asset] for asset, weight in weights.items()) / total if total > 0.0 else float("nan")


def _at_the_money(chain: OptionChain) -> float:
    """Return the mid volatility of the two-sided option nearest the forward; NaN where none is near 30 days."""
    try:
        expiry_at = chain.nearest_expiry(HORIZON_DAYS, 7.0, 120.0)
    except NotListed:
        return float("nan")
    rows = [row for kind in (False, True) for row in chain.buyable(expiry_at, kind) if row.bid > 0.0]
    return min(rows, key=lambda row: abs(row.strike - row.forward)).vol if rows else float("nan")
