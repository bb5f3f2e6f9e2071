"""The plan: from a book, a market and option chains to a decision, sized layers and a proposed update.

Pure and deterministic: the same arguments give the same plan, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from hedge.book import Book, BookExposure, book_exposure
from hedge.chain import OptionChain
from hedge.decision import Decision, ExposureRecord, decide
from hedge.errors import BadInput, ChainMismatch
from hedge.gate import GateReport, TailRisk
from hedge.legs import Layer
from hedge.market import HORIZON_DAYS, TAIL_SHARE, Market
from hedge.outcome import NetGreeks, Outcome, costs, greeks_dict, net_greeks, outcome
from hedge.overlay import Overlay, build_overlay
from hedge.parameters import Limits, Parameters
from hedge.policy import ProposedUpdate, propose_update
from hedge.risk import SEED, book_pnl, draw_scenarios

SPOT_TOLERANCE: Final = 0.05
"""Largest difference of a chain's spot from the market's: beyond it one of the two is stale or of another asset."""


@dataclass(frozen=True)
class Plan:
    """Hold the answer and everything that it stands on.

    Parameters
    ----------
    decision : answer, reasons and numbers. The layers are those a hedge would have, whatever the answer.
    layers : by asset, then tail, volatility, condor; empty ones with their reason.
    greeks : net greeks per asset, keyed ``unhedged``, ``protected`` (with layers 2 and 3), ``hedged`` (and layer 1).
    gate : answers on the sold condors and CVaR95 at the same three stages.
    update : proposed parameters; `outcomes` holds what the old and the new ones lead to, None where nothing changes.
    costs : USD. notes : what the reader must know, such as an asset without a chain.
    inputs : every argument in canonical JSON types; their hash identifies the plan.
    """

    decision: Decision
    exposure: BookExposure
    layers: tuple[Layer, ...]
    greeks: Mapping[str, Mapping[str, NetGreeks]]
    gate: GateReport
    update: ProposedUpdate
    outcomes: tuple[Outcome, Outcome] | None
    costs: Mapping[str, float]
    notes: tuple[str, ...]
    inputs: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types in a fixed order, floats exact, NaN and infinity as None."""
        return {
            "decision": self.decision.to_dict(),
            "exposure": self.exposure.to_dict(),
            "layers": [layer.to_dict() for layer in self.layers],
            "greeks": {stage: greeks_dict(greeks) for stage, greeks in self.greeks.items()},
            "cvar": {"level": 1.0 - TAIL_SHARE, "horizon_days": HORIZON_DAYS, **_risk_dict(self.gate.risk)},
            "gate": [condor.to_dict() for condor in self.gate.condors],
            "update": {**self.update.to_dict(), "effect": self._effect_dict()},
            "costs": dict(self.costs),
            "notes": list(self.notes),
            "inputs": dict(self.inputs),
        }

    def _effect_dict(self) -> dict[str, Any] | None:
        if self.outcomes is None:
            return None
        before, after = self.outcomes
        return {"before": before.to_dict(), "after": after.to_dict()}


def _risk_dict(risk: TailRisk) -> dict[str, float]:
    return {f"{stage}_usd": value for stage, value in asdict(risk).items()}


def build_plan(
    book: Book,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    limits: Mapping[int, Limits] | None = None,
    updated_at: Mapping[int, int] | None = None,
    *,
    record: ExposureRecord | None = None,
    at: int | None = None,
    scenario_count: int = 4096,
    seed: int = SEED,
) -> Plan:
    """Decide whether and how to hedge a book, and which parameters to propose.

    Parameters
    ----------
    chains : per underlying; an asset without one is left unhedged and noted.
    limits, updated_at : as in `policy.propose_update`.
    record : exposure that the hedge on record was made for; None if there is none.
    at : unix seconds of the proposal; the market's observation by default.
    scenario_count : a power of two. seed : of the scenarios.

    Raises
    ------
    ChainMismatch : a chain was seen at a spot more than 5 % from the market's.
    BadInput : a chain stands under another asset's name, or `scenario_count` is not a power of two.
    UnknownAsset, MissingCorrelation, InvalidMarket : the market does not describe the book.
    """
    _check_chains(market, chains)
    at = market.observed_at if at is None else at
    exposure = book_exposure(book, market)
    overlay_of = _overlay_builder(book, exposure, market, chains, scenario_count, seed)
    overlay = overlay_of(parameters)
    update = propose_update(exposure, market, parameters, limits, updated_at, overlay.gate, at)
    after = overlay_of(update.applied(parameters)) if update.changes else None
    return Plan(
        decision=decide(exposure, overlay.layers, overlay.gate.risk, parameters, record),
        exposure=exposure,
        layers=overlay.layers,
        greeks=_stages(exposure, overlay.layers),
        gate=overlay.gate,
        update=update,
        outcomes=(outcome(exposure, overlay), outcome(exposure, after)) if after else None,
        costs=costs(exposure, overlay.layers, parameters),
        notes=_notes(exposure, chains, limits),
        inputs=_inputs(book, market, chains, parameters, limits, updated_at)
        | {"record": asdict(record) if record else None, "at": at, "scenarios": scenario_count, "seed": seed},
    )


def _check_chains(market: Market, chains: Mapping[str, OptionChain]) -> None:
    for asset, chain in chains.items():
        if chain.underlying != asset:
            raise BadInput(f"chains[{asset}]", chain.underlying, "must be the chain of the asset it is listed under")
        if abs(chain.spot / market.spot(asset) - 1.0) > SPOT_TOLERANCE:
            raise ChainMismatch(asset, chain.spot, market.spot(asset), SPOT_TOLERANCE)


def _overlay_builder(
    book: Book,
    exposure: BookExposure,
    market: Market,
    chains: Mapping[str, OptionChain],
    scenario_count: int,
    seed: int,
) -> Callable[[Parameters], Overlay]:
    """Return the overlay as a function of the parameters, on scenarios drawn once."""
    if not book.assets:
        nothing = Overlay((), GateReport((), TailRisk(0.0, 0.0, 0.0, 0.0)))
        return lambda parameters: nothing
    scenarios = draw_scenarios(book.assets, market, scenario_count, seed)
    lp_pnl = book_pnl(book, market, scenarios)
    return lambda parameters: build_overlay(exposure, market, chains, parameters, lp_pnl, scenarios)


def _stages(exposure: BookExposure, layers: tuple[Layer, ...]) -> dict[str, dict[str, NetGreeks]]:
    bought = tuple(layer for layer in layers if layer.name != "condor")
    stages = {"unhedged": (), "protected": bought, "hedged": layers}
    return {stage: net_greeks(exposure, included) for stage, included in stages.items()}


def _notes(
    exposure: BookExposure, chains: Mapping[str, OptionChain], limits: Mapping[int, Limits] | None
) -> tuple[str, ...]:
    """Return what a reader must know before trusting the numbers."""
    notes = [
        "CVaR95: 30 days, lognormal without drift, fees left out; legs that expire earlier pay at the horizon's price.",
        "No listed future or volatility-index option is used: layer 2 is built from straddles, and layer 3's synthetic "
        "sells the forward through options.",
    ]
    notes += [f"{chain.underlying} chain: {chain.source}." for _, chain in sorted(chains.items())]
    for asset, one in exposure.assets.items():
        if asset not in chains:
            notes.append(f"{asset} has no option chain: {one.value_usd:,.0f} USD stay unhedged.")
    unknown = [position.id for position in exposure.positions if math.isnan(position.fee_usd_per_year)]
    if unknown:
        notes.append(f"Fees are unknown for {', '.join(unknown)}: no break-even volatility, and no advice to leave.")
    if limits is None:
        notes.append("The update is bounded by absolute bounds only: steps and cooldowns are unknown.")
    return tuple(notes)


def _inputs(
    book: Book,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    limits: Mapping[int, Limits] | None,
    updated_at: Mapping[int, int] | None,
) -> dict[str, Any]:
    """Return the arguments in canonical JSON types, keys sorted; positions in the book's order."""
    return {
        "market": market.to_dict(),
        "book": [position.to_dict() for position in book.positions],
        "chains": {asset: chains[asset].to_inputs() for asset in sorted(chains)},
        "parameters": parameters.to_values(),
        "limits": None if limits is None else {str(key): asdict(limits[key]) for key in sorted(limits)},
        "updated_at": None if updated_at is None else {str(key): updated_at[key] for key in sorted(updated_at)},
    }
