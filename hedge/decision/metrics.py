"""What a plan leads to: net greeks per asset, cash and tail risk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hedge.book.exposure import BookExposure
from hedge.instruments.layer import Layer
from hedge.instruments.leg import LegGreeks
from hedge.layers.build import Overlay
from hedge.layers.decay import decay_usd
from hedge.policy.parameters import Parameters
from hedge.units import BPS


@dataclass(frozen=True)
class NetGreeks:
    """Hold net sensitivities to one asset: units, USD, USD per 1 % move, per 1.00 of volatility, per year."""

    delta: float
    delta_usd: float
    gamma: float
    gamma_usd: float
    vega_usd: float
    theta_usd: float


@dataclass(frozen=True)
class PlanMetrics:
    """Hold what one set of parameters leads to: cash paid, CVaR95 in USD, and the net greeks per asset."""

    cash_usd: float
    cvar_usd: float
    greeks: Mapping[str, NetGreeks]

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {"cash_usd": self.cash_usd, "cvar_usd": self.cvar_usd, "greeks": greeks_dict(self.greeks)}


def greeks_dict(greeks: Mapping[str, NetGreeks]) -> dict[str, Any]:
    """Return net greeks per asset as pure JSON types."""
    return {asset: asdict(net) for asset, net in greeks.items()}


def net_greeks(exposure: BookExposure, layers: Sequence[Layer]) -> dict[str, NetGreeks]:
    """Return the book's greeks plus those of `layers`, per asset. A position itself has neither vega nor theta."""
    return {asset: _net(exposure, asset, layers) for asset in exposure.assets}


def _net(exposure: BookExposure, asset: str, layers: Sequence[Layer]) -> NetGreeks:
    total = exposure.assets[asset]
    legs = sum((layer.greeks for layer in layers if layer.underlying == asset), LegGreeks())
    delta, gamma = total.delta + legs.delta, total.gamma + legs.gamma
    return NetGreeks(delta, delta * total.spot, gamma, gamma * total.spot**2 / 100.0, legs.vega, legs.theta)


def plan_metrics(exposure: BookExposure, overlay: Overlay) -> PlanMetrics:
    """Return what an overlay leads to."""
    cash = math.fsum(layer.cost_usd for layer in overlay.layers)
    return PlanMetrics(cash, overlay.gate.risk.hedged, net_greeks(exposure, overlay.layers))


def costs(exposure: BookExposure, layers: Sequence[Layer], parameters: Parameters) -> dict[str, float]:
    """Return the overlay's cash in USD.

    cash: net, at executable quotes, fees in. premium: most that the bought layers can lose. credit: received for
    condors. fees: the exchange's, part of the cash. exit: estimate of closing everything now, not part of it.
    condor_max_loss: beyond their credit. decay_30d: of the bought layers. budget: for the premium.
    """
    bought = [layer for layer in layers if not layer.financing]
    condors = [layer for layer in layers if layer.financing]
    return {
        "cash_usd": math.fsum(layer.cost_usd for layer in layers),
        "premium_usd": math.fsum(layer.max_loss_usd for layer in bought),
        "credit_usd": math.fsum(layer.credit_usd for layer in condors),
        "fees_usd": math.fsum(layer.fees_usd for layer in layers),
        "exit_usd": math.fsum(layer.exit_usd for layer in layers),
        "condor_max_loss_usd": math.fsum(layer.max_loss_usd for layer in condors),
        "decay_30d_usd": decay_usd(layers),
        "budget_usd": parameters.budget_bps / BPS * exposure.value_usd,
    }
