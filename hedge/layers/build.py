"""Assemble the layers of a book in their order: tail, then volatility, then the condor as the stance asks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hedge.book.exposure import AssetExposure, BookExposure
from hedge.errors import NotListed
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.layer import Layer, all_legs, build_layer, empty_layer, sum_greeks
from hedge.instruments.option_chain import OptionChain
from hedge.layers.budget import Budget
from hedge.layers.condor import bought_condor_layer, condor_layer, condor_structure
from hedge.layers.decay import decay_usd
from hedge.layers.gate import Carrier, Condor, CondorGate, GateReport, TailRisk, gate_condor
from hedge.layers.tail import tail_layer
from hedge.layers.volatility import volatility_layer
from hedge.market import HORIZON_DAYS, Market
from hedge.numerics.arrays import FloatArray
from hedge.policy.parameters import Parameters
from hedge.policy.regime_policy import RegimePolicy
from hedge.policy.tenor_shifts import shifted
from hedge.risk.measures import cvar, layers_pnl, rolled_pnl
from hedge.risk.scenarios import Scenarios
from hedge.units import BPS, DAY


@dataclass(frozen=True)
class Overlay:
    """Hold every layer (by asset, then tail, volatility, condor) and what the gate said."""

    layers: tuple[Layer, ...]
    gate: GateReport


@dataclass(frozen=True)
class _OverlayContext:
    """Hold what every layer of one overlay shares."""

    market: Market
    parameters: Parameters
    scenarios: Scenarios
    regime_policy: RegimePolicy | None
    indices: Mapping[str, IndexListing]

    @property
    def tenored(self) -> Parameters:
        """Return the parameters with the stance's shifts of tenor."""
        return shifted(self.parameters, self.regime_policy.shifts) if self.regime_policy else self.parameters


def build_overlay(
    exposure: BookExposure,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    lp_pnl: FloatArray,
    scenarios: Scenarios,
    regime_policy: RegimePolicy | None = None,
    indices: Mapping[str, IndexListing] | None = None,
) -> Overlay:
    """Size all three layers on every asset that has a chain.

    Premium and notional caps are shared by the value of each asset. The protection of all assets is bought first;
    condors then pass the gate one asset at a time in alphabetical order, each on the book that carries those before it.

    Parameters
    ----------
    exposure : of a book with at least one asset. lp_pnl : of the LP alone per scenario, shape (n,), USD.
    stance : of the regime; None sizes by the governed parameters alone, layer 1 up to its size cap.
    indices : what is listed on the volatility index of each asset that has one.
    """
    context = _OverlayContext(market, parameters, scenarios, regime_policy, indices or {})
    hedgeable = [exposure.assets[asset] for asset in exposure.assets if asset in chains]
    protection = {one.asset: _protect(context, one, chains[one.asset], _share(one, exposure)) for one in hedgeable}
    bought = [layer for pair in protection.values() for layer in pair]
    pnl = lp_pnl + layers_pnl(bought, scenarios)
    cap = parameters.cvar_cap_bps / BPS * exposure.value_usd
    risk = TailRisk(cvar(lp_pnl), cvar(pnl), cvar(pnl), cap)
    layers: list[Layer] = []
    gates: list[CondorGate] = []
    for one in hedgeable:
        own = protection[one.asset]
        condor, gate = _first_layer(context, one, chains[one.asset], own, _share(one, exposure), pnl, risk)
        pnl = pnl + layers_pnl([condor], scenarios)
        layers += [*own, condor]
        gates += [gate] if gate else []
    return Overlay(tuple(layers), GateReport(tuple(gates), replace(risk, hedged=cvar(pnl))))


def _share(one: AssetExposure, exposure: BookExposure) -> float:
    return one.value_usd / exposure.value_usd if exposure.value_usd > 0.0 else 0.0


def _protect(context: _OverlayContext, one: AssetExposure, chain: OptionChain, share: float) -> tuple[Layer, Layer]:
    """Return layers 3 and 2 of one asset: the tail has the first call on the budget and the notional."""
    p = context.tenored
    total, notional = p.budget_bps / BPS * one.value_usd, p.overlay_notional_cap_usd * share
    premium = min(p.tail_premium_cap_bps / BPS * one.value_usd, total)
    tail = tail_layer(context.market, one, chain, p, Budget(premium, notional))
    premium = min(p.volatility_premium_cap_bps / BPS * one.value_usd, total - tail.max_loss_usd)
    left = Budget(max(premium, 0.0), max(notional - tail.notional_usd, 0.0))
    floor = context.regime_policy.ramp_floor if context.regime_policy else 0.0
    return tail, volatility_layer(context.market, one, chain, p, left, floor, context.indices.get(one.asset))


def _first_layer(
    context: _OverlayContext,
    one: AssetExposure,
    chain: OptionChain,
    own: tuple[Layer, ...],
    share: float,
    pnl: FloatArray,
    risk: TailRisk,
) -> tuple[Layer, CondorGate | None]:
    """Return layer 1 as the stance asks: bought, or sold in the size that passes the gate, which may be none."""
    market, p, mode = (
        context.market,
        context.parameters,
        context.regime_policy.condor if context.regime_policy else None,
    )
    budget = _condor_budget(own, one, p, share)
    if mode == "buy":
        left = one.gamma + sum_greeks(all_legs(own), {one.asset: one.spot}).gamma
        return bought_condor_layer(market, one, chain, p, budget, left), None
    asked = condor_layer(market, one, chain, p, budget, _most_credit(context, one, chain, own))
    if mode == "none" and context.regime_policy:
        asked = empty_layer("condor", one.asset, context.regime_policy.reasons[1])
    return _gated(context, asked, one, chain, own, pnl, risk)


def _condor_budget(own: tuple[Layer, ...], one: AssetExposure, parameters: Parameters, share: float) -> Budget:
    """Return what is left for the condor: premium for a bought one, and the tighter of both notional caps."""
    premium = parameters.budget_bps / BPS * one.value_usd - math.fsum(layer.max_loss_usd for layer in own)
    remainder = parameters.overlay_notional_cap_usd * share - math.fsum(layer.notional_usd for layer in own)
    notional = min(parameters.condor_notional_cap_usd * share, remainder)
    return Budget(max(premium, 0.0), max(notional, 0.0))


def _most_credit(context: _OverlayContext, one: AssetExposure, chain: OptionChain, own: tuple[Layer, ...]) -> float:
    """Return the credit that the stance seeks over the condor's life, USD.

    finance : the decay of layers 2 and 3 until it expires. press : the share of the governed budget for that time.
    """
    mode = context.regime_policy.condor if context.regime_policy else None
    if mode not in ("press", "finance"):
        return math.inf
    try:
        structure = condor_structure(chain, context.parameters)
    except NotListed:
        return math.inf
    days = (structure[0].expiry_at - chain.observed_at) / DAY
    if mode == "finance":
        return decay_usd(own, days)
    return context.parameters.budget_bps / BPS * one.value_usd * days / HORIZON_DAYS


def _gated(
    context: _OverlayContext,
    asked: Layer,
    one: AssetExposure,
    chain: OptionChain,
    own: tuple[Layer, ...],
    pnl: FloatArray,
    risk: TailRisk,
) -> tuple[Layer, CondorGate | None]:
    """Return the condor in the size that passes the gate, and the gate's answer; none where no condor is listed."""
    try:
        structure = condor_structure(chain, context.parameters)
    except NotListed:
        return asked, None
    per_percent = one.spot**2 / 100.0
    bought, unit = (sum_greeks(legs, {one.asset: one.spot}).gamma * per_percent for legs in (all_legs(own), structure))
    carrier = Carrier(one.gamma_usd, one.gamma_usd + bought, pnl, risk.limit)
    condor = Condor(one.asset, one.spot, structure[0].lot, unit, rolled_pnl(structure, context.scenarios))
    gate = gate_condor(condor, asked.units, carrier, one.value_usd, context.parameters)
    reason = f"{asked.reason}; {gate.reason}"
    return build_layer("condor", one.asset, structure, gate.accepted, one.spot, reason), gate
