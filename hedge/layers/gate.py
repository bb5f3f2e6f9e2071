"""The gate: how much sold condor the book may carry.

The condor is sized last. It may use only what the bought layers have freed: the net short gamma of the asset stays
within its cap, and CVaR95 of the whole book stays within its cap and never above the unhedged book's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hedge.instruments.leg import lots_down
from hedge.numerics.arrays import FloatArray
from hedge.policy.layer_rules import MOST_CONDOR_SIZE_BPS, LayerRules
from hedge.risk.measures import cvar
from hedge.units import BPS


@dataclass(frozen=True)
class TailRisk:
    """Hold CVaR95 at 30 days in USD, positive for a loss: unhedged, with protection, with the condor; and the cap."""

    unhedged: float
    protected: float
    hedged: float
    cap: float

    @property
    def limit(self) -> float:
        """Return what the condor may bring CVaR95 to: its cap, never more than unhedged."""
        return min(self.cap, self.unhedged)


@dataclass(frozen=True)
class Bound:
    """Hold one risk rule: the units it allows, and what it measured at the asked size against its limit (USD)."""

    rule: str
    units: float
    before: float
    at_asked: float
    limit: float


@dataclass(frozen=True)
class CondorGate:
    """Hold the gate's answer on one asset's sold condor.

    Parameters
    ----------
    asked, accepted, refused : units of the underlying; asked = accepted + refused.
    risk_units : what the risk rules alone allow, up to the size key's upper bound.
    bounds : every rule with its numbers. refused_by : names of the rules that cut the asked size.
    """

    underlying: str
    asked: float
    accepted: float
    refused: float
    risk_units: float
    bounds: tuple[Bound, ...]
    refused_by: tuple[str, ...]
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {**asdict(self), "bounds": [asdict(bound) for bound in self.bounds], "refused_by": list(self.refused_by)}


@dataclass(frozen=True)
class GateReport:
    """Hold the gate's answers per asset and the book's tail risk."""

    condors: tuple[CondorGate, ...]
    risk: TailRisk


@dataclass(frozen=True)
class Carrier:
    """Hold the book that would carry a condor: net gammas in USD per 1 % move, profit per scenario, CVaR95 limit."""

    unhedged_gamma_usd: float
    gamma_usd: float
    pnl: FloatArray
    cvar_limit: float


@dataclass(frozen=True)
class Condor:
    """Hold one unit of the condor that asks: its gamma in USD per 1 % move, its profit per scenario in USD."""

    underlying: str
    spot: float
    lot: float
    unit_gamma_usd: float
    unit_pnl: FloatArray


def gate_condor(condor: Condor, asked: float, carrier: Carrier, value_usd: float, parameters: LayerRules) -> CondorGate:
    """Decide how much of the asked condor the book may carry.

    Parameters
    ----------
    asked : units that the caps allow, a multiple of the lot, >= 0.
    carrier : the book with every layer accepted so far. value_usd : of the asset; bounds the search for `risk_units`.
    """
    ceiling = max(asked, lots_down(MOST_CONDOR_SIZE_BPS / BPS * value_usd / condor.spot, condor.lot))
    floor = parameters.gamma_cap_bps / BPS * min(carrier.unhedged_gamma_usd, 0.0)
    unit = condor.unit_gamma_usd
    headroom = (carrier.gamma_usd - floor) / -unit if unit < 0.0 else ceiling
    by_gamma = min(lots_down(headroom, condor.lot), ceiling)
    by_cvar = _cvar_units(carrier, condor.unit_pnl, condor.lot, ceiling)
    at_gamma, at_cvar = carrier.gamma_usd + asked * unit, cvar(carrier.pnl + asked * condor.unit_pnl)
    bounds = (
        Bound("net gamma", by_gamma, carrier.gamma_usd, at_gamma, floor),
        Bound("CVaR95", by_cvar, cvar(carrier.pnl), at_cvar, carrier.cvar_limit),
    )
    risk_units = min(by_gamma, by_cvar)
    accepted = min(asked, risk_units)
    cutting = [bound for bound in bounds if bound.units < asked]
    return CondorGate(
        underlying=condor.underlying,
        asked=asked,
        accepted=accepted,
        refused=lots_down(asked - accepted, condor.lot),
        risk_units=risk_units,
        bounds=bounds,
        refused_by=tuple(bound.rule for bound in cutting),
        reason=_gate_reason(asked, accepted, cutting),
    )


def _cvar_units(carrier: Carrier, unit_pnl: FloatArray, lot: float, ceiling: float) -> float:
    """Return the most units that keep CVaR95 within its limit.

    CVaR is convex in the size, so the sizes within a limit that size 0 meets are one interval from 0: bisect over lots.
    """
    if cvar(carrier.pnl) > carrier.cvar_limit:
        return 0.0
    low, high = 0, round(ceiling / lot) + 1
    while high - low > 1:
        middle = (low + high) // 2
        within = cvar(carrier.pnl + middle * lot * unit_pnl) <= carrier.cvar_limit
        low, high = (middle, high) if within else (low, middle)
    return lots_down(low * lot, lot)


def _gate_reason(asked: float, accepted: float, cutting: Sequence[Bound]) -> str:
    if asked == 0.0:
        return "the caps ask for nothing"
    if not cutting:
        return f"all {asked:g} units pass net gamma and CVaR95"
    rules = "; ".join(
        f"{bound.rule} allows {bound.units:g} (now {bound.before:,.0f} USD, {bound.at_asked:,.0f} at {asked:g} units, "
        f"limit {bound.limit:,.0f})"
        for bound in cutting
    )
    return f"{accepted:g} of {asked:g} units pass: {rules}"
