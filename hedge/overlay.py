"""Assemble the layers of a book in their order: tail, then volatility, then the condor through the gate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hedge.book import AssetExposure, BookExposure
from hedge.chain import OptionChain
from hedge.errors import NotListed
from hedge.gate import Carrier, Condor, CondorGate, GateReport, TailRisk, gate_condor
from hedge.inputs import FloatArray
from hedge.layers.budget import BPS, Budget
from hedge.layers.condor import condor_layer, condor_structure
from hedge.layers.tail import tail_layer
from hedge.layers.volatility import volatility_layer
from hedge.legs import Layer, all_legs, build_layer, sum_greeks
from hedge.market import Market
from hedge.parameters import Parameters
from hedge.risk import Scenarios, cvar, legs_pnl


@dataclass(frozen=True)
class Overlay:
    """Hold every layer (by asset, then tail, volatility, condor) and what the gate said."""

    layers: tuple[Layer, ...]
    gate: GateReport


def build_overlay(
    exposure: BookExposure,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    lp_pnl: FloatArray,
    scenarios: Scenarios,
) -> Overlay:
    """Size all three layers on every asset that has a chain.

    Premium and notional caps are shared by the value of each asset. The protection of all assets is bought first;
    condors then pass the gate one asset at a time in alphabetical order, each on the book that carries those before it.

    Parameters
    ----------
    exposure : of a book with at least one asset. lp_pnl : of the LP alone per scenario, shape (n,), USD.
    """
    hedgeable = [exposure.assets[asset] for asset in exposure.assets if asset in chains]
    protection = {
        one.asset: _protect(market, one, chains[one.asset], parameters, _share(one, exposure)) for one in hedgeable
    }
    bought = [layer for pair in protection.values() for layer in pair]
    pnl = lp_pnl + legs_pnl(all_legs(bought), scenarios)
    cap = parameters.cvar_cap_bps / BPS * exposure.value_usd
    risk = TailRisk(cvar(lp_pnl), cvar(pnl), cvar(pnl), cap)
    layers: list[Layer] = []
    gates: list[CondorGate] = []
    for one in hedgeable:
        own = protection[one.asset]
        share = _share(one, exposure)
        asked = condor_layer(market, one, chains[one.asset], parameters, _condor_budget(own, parameters, share))
        condor, gate = _gated(asked, one, chains[one.asset], own, pnl, risk, parameters, scenarios)
        pnl = pnl + legs_pnl(condor.legs, scenarios)
        layers += [*own, condor]
        gates += [gate] if gate else []
    return Overlay(tuple(layers), GateReport(tuple(gates), replace(risk, hedged=cvar(pnl))))


def _share(one: AssetExposure, exposure: BookExposure) -> float:
    return one.value_usd / exposure.value_usd if exposure.value_usd > 0.0 else 0.0


def _protect(
    market: Market, one: AssetExposure, chain: OptionChain, parameters: Parameters, share: float
) -> tuple[Layer, Layer]:
    """Return layers 3 and 2 of one asset: the tail has the first call on the budget and the notional."""
    p = parameters
    total, notional = p.budget_bps / BPS * one.value_usd, p.overlay_notional_cap_usd * share
    premium = min(p.tail_premium_cap_bps / BPS * one.value_usd, total)
    tail = tail_layer(market, one, chain, p, Budget(premium, notional))
    premium = min(p.volatility_premium_cap_bps / BPS * one.value_usd, total - tail.max_loss_usd)
    left = Budget(max(premium, 0.0), max(notional - tail.notional_usd, 0.0))
    return tail, volatility_layer(market, one, chain, p, left)


def _condor_budget(own: tuple[Layer, ...], parameters: Parameters, share: float) -> Budget:
    """Return what is left for the condor: the tighter of its own notional cap and the overlay's remainder."""
    remainder = parameters.overlay_notional_cap_usd * share - math.fsum(layer.notional_usd for layer in own)
    return Budget(0.0, max(min(parameters.condor_notional_cap_usd * share, remainder), 0.0))


def _gated(
    asked: Layer,
    one: AssetExposure,
    chain: OptionChain,
    own: tuple[Layer, ...],
    pnl: FloatArray,
    risk: TailRisk,
    parameters: Parameters,
    scenarios: Scenarios,
) -> tuple[Layer, CondorGate | None]:
    """Return the condor in the size that passes the gate, and the gate's answer; none where no condor is listed."""
    try:
        structure = condor_structure(chain, parameters)
    except NotListed:
        return asked, None
    per_percent = one.spot**2 / 100.0
    bought, unit = (sum_greeks(legs, {one.asset: one.spot}).gamma * per_percent for legs in (all_legs(own), structure))
    carrier = Carrier(one.gamma_usd, one.gamma_usd + bought, pnl, risk.limit)
    condor = Condor(one.asset, one.spot, structure[0].lot, unit, legs_pnl(structure, scenarios))
    gate = gate_condor(condor, asked.units, carrier, one.value_usd, parameters)
    reason = f"{asked.reason}; {gate.reason}"
    return build_layer("condor", one.asset, structure, gate.accepted, one.spot, reason), gate
