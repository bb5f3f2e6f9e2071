"""Assemble the layers of a book in the order of their registry: protection first, then what finances it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hedge.book.exposure import AssetExposure, BookExposure
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.layer import Layer, LayerRole
from hedge.instruments.option_chain import OptionChain
from hedge.layers.gate import CondorGate, GateReport, TailRisk
from hedge.layers.registry import layer_specs
from hedge.layers.spec import SizedLayer, SizingContext
from hedge.market import Market
from hedge.numerics.arrays import FloatArray
from hedge.policy.layer_rules import LayerRules
from hedge.policy.sizing_policy import SizingPolicy
from hedge.risk.measures import cvar, layers_pnl
from hedge.risk.scenarios import Scenarios
from hedge.units import BPS


@dataclass(frozen=True)
class Overlay:
    """Hold every layer (by asset, then in the order they are sized) and what the gate said."""

    layers: tuple[Layer, ...]
    gate: GateReport


def build_overlay(
    exposure: BookExposure,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: LayerRules,
    lp_pnl: FloatArray,
    scenarios: Scenarios,
    sizing: SizingPolicy | None = None,
    indices: Mapping[str, IndexListing] | None = None,
) -> Overlay:
    """Size every registered layer on every asset that has a chain.

    Premium and notional caps are shared by the value of each asset. The protection of all assets is bought first;
    what finances it is then sized one asset at a time in alphabetical order, on the book that carries those before.

    Parameters
    ----------
    exposure : of a book with at least one asset. lp_pnl : of the LP alone per scenario, shape (n,), USD.
    sizing : of the signals; None sizes by the governed parameters alone, a sold layer up to its size cap.
    indices : what is listed on the volatility index of each asset that has one.
    """
    unhedged, cap = cvar(lp_pnl), parameters.cvar_cap_bps / BPS * exposure.value_usd
    contexts = [
        SizingContext(
            market=market,
            exposure=asset,
            chain=chains[name],
            listing=(indices or {}).get(name),
            share=_share(asset, exposure),
            parameters=parameters,
            sizing=sizing,
            scenarios=scenarios,
            own=(),
            pnl=lp_pnl,
            risk=TailRisk(unhedged, unhedged, unhedged, cap),
        )
        for name, asset in exposure.assets.items()
        if name in chains
    ]
    contexts = [_grown(context, _sized(context, LayerRole.PROTECTION)) for context in contexts]
    pnl = lp_pnl + layers_pnl([layer for context in contexts for layer in context.own], scenarios)
    risk = TailRisk(unhedged, cvar(pnl), cvar(pnl), cap)
    layers: list[Layer] = []
    gates: list[CondorGate] = []
    for context in contexts:
        sized = _sized(replace(context, pnl=pnl, risk=risk), LayerRole.FINANCING)
        pnl = pnl + layers_pnl([layer for layer, _ in sized], scenarios)
        layers += _grown(context, sized).own
        gates += [gate for _, gate in sized if gate]
    return Overlay(tuple(layers), GateReport(tuple(gates), replace(risk, hedged=cvar(pnl))))


def _share(asset: AssetExposure, exposure: BookExposure) -> float:
    return asset.value_usd / exposure.value_usd if exposure.value_usd > 0.0 else 0.0


def _sized(context: SizingContext, role: LayerRole) -> list[SizedLayer]:
    """Size the layers of a role one after the other, each knowing those before it."""
    sized: list[SizedLayer] = []
    for spec in layer_specs(role):
        if spec.size:
            sized.append(spec.size(_grown(context, sized)))
    return sized


def _grown(context: SizingContext, sized: list[SizedLayer]) -> SizingContext:
    return replace(context, own=(*context.own, *(layer for layer, _ in sized)))
