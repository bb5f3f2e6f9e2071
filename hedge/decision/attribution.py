"""What each layer does to the book: net gamma, vega and CVaR95 with it and without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hedge.book.exposure import BookExposure
from hedge.decision.metrics import net_greeks
from hedge.errors import NotListed
from hedge.instruments.layer import Layer
from hedge.instruments.option_chain import OptionChain
from hedge.layers.registry import layer_specs
from hedge.market import HORIZON_DAYS
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar, layers_pnl
from hedge.risk.scenarios import Scenarios


@dataclass(frozen=True)
class BookMetrics:
    """Hold where a book stands: net gamma (USD per 1 %, all assets), net vega (USD per 1.00), CVaR95 (USD)."""

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
    exposure: BookExposure, layers: Sequence[Layer], lp_pnl: FloatArray, scenarios: Scenarios
) -> tuple[LayerEffect, ...]:
    """Measure each registered layer with and without, in the order they are sized."""
    names = [spec.name for spec in layer_specs()]
    full = _book_metrics(exposure, layers, lp_pnl, scenarios)
    return tuple(
        LayerEffect(
            name,
            full,
            _book_metrics(exposure, [layer for layer in layers if layer.name != name], lp_pnl, scenarios),
            _book_metrics(exposure, [layer for layer in layers if layer.name == name], lp_pnl, scenarios),
        )
        for name in names
    )


def _book_metrics(
    exposure: BookExposure, layers: Sequence[Layer], lp_pnl: FloatArray, scenarios: Scenarios
) -> BookMetrics:
    net = net_greeks(exposure, layers).values()
    loss = cvar(lp_pnl + layers_pnl(layers, scenarios))
    return BookMetrics(sum(greeks.gamma_usd for greeks in net), sum(greeks.vega_usd for greeks in net), loss)


def quoted_vol(exposure: BookExposure, chains: Mapping[str, OptionChain]) -> float:
    """Return the value-weighted volatility that the chains quote at the money near 30 days; NaN without any."""
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
