"""The plan: from a book, a market and option chains to a decision, sized layers and a proposed update.

Pure and deterministic: the same arguments give the same plan, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book
from hedge.decision.attribution import LayerEffect, layer_effects, quoted_vol
from hedge.decision.benchmarks import benchmark_hedges
from hedge.decision.compare import Comparison, compare
from hedge.decision.decide import Decision, Evidence, decide
from hedge.decision.metrics import NetGreeks, PlanMetrics, costs, greeks_dict, net_greeks, plan_metrics
from hedge.decision.rebalance import ExposureRecord, drift, gamma_drift, hold_motions
from hedge.errors import BadInput, ChainMismatch
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.layer import Layer, LayerRole
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.parity import ParityScan, scan_parity
from hedge.layers.build import Overlay, build_overlay
from hedge.layers.gate import GateReport, TailRisk
from hedge.layers.roll import roll_dates
from hedge.market import HORIZON_DAYS, TAIL_SHARE, Market
from hedge.numerics.arrays import FloatArray
from hedge.plan.explain import Node, reason_tree
from hedge.plan.inputs import plan_inputs, signal_inputs
from hedge.plan.notes import plan_notes
from hedge.policy.parameters import LastChange, Limits, Parameters
from hedge.policy.regime_policy import RegimePolicy, choose_policy
from hedge.risk.measures import book_pnl
from hedge.risk.scenarios import SEED, Scenarios, draw_scenarios
from hedge.signals.regime import RegimeRules
from hedge.signals.signal import Signal, State
from hedge.update.propose import ProposedUpdate, propose_update

SPOT_TOLERANCE: Final = 0.05
"""Largest difference of a chain's spot from the market's: beyond it one of the two is stale or of another asset."""


@dataclass(frozen=True)
class Plan:
    """Hold the answer and everything that it rests on.

    Parameters
    ----------
    decision : answer, reasons and numbers. The layers are those a hedge would have, whatever the answer.
    layers : by asset, then tail, volatility, condor; empty ones with their reason.
    greeks : net greeks per asset, keyed ``unhedged``, ``protected`` (with what is bought), ``hedged`` (and the condor).
    gate : answers on the sold condors and CVaR95 at the same three stages.
    update : proposed parameters; `metrics` holds what the old and the new ones lead to, None where nothing changes.
    effects : net gamma, vega and CVaR95 with and without each layer. comparison : the plan beside the unhedged book, a
        delta hedge and the strip. regime_policy : the regime that signals give, and what it asks of the layers.
    parity : per asset, the forwards that its chain implies. rolls : per asset, the expiries at which the condor rolls.
    costs : USD. notes : what the reader must know, such as an asset without a chain.
    inputs : every argument in canonical JSON types; their hash identifies the plan.
    """

    decision: Decision
    exposure: BookExposure
    layers: tuple[Layer, ...]
    greeks: Mapping[str, Mapping[str, NetGreeks]]
    gate: GateReport
    effects: tuple[LayerEffect, ...]
    comparison: Comparison
    regime_policy: RegimePolicy
    parity: Mapping[str, ParityScan]
    rolls: Mapping[str, tuple[int, ...]]
    update: ProposedUpdate
    metrics: tuple[PlanMetrics, PlanMetrics] | None
    costs: Mapping[str, float]
    notes: tuple[str, ...]
    inputs: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types in a fixed order, floats exact, NaN and infinity as None."""
        content = {
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
            "regime": self.regime_policy.to_dict(),
            "comparison": self.comparison.to_dict(),
            "effects": [effect.to_dict() for effect in self.effects],
            "parity": {asset: scan.to_dict() for asset, scan in self.parity.items()},
            "rolls": {asset: list(dates) for asset, dates in self.rolls.items()},
        }
        return {**content, "reasons": reason_tree(content)}

    @property
    def reasons(self) -> Node:
        """Return the tree of every number that decided something, down to the inputs; see `hedge.plan.explain`."""
        tree: Node = self.to_dict()["reasons"]
        return tree

    def _effect_dict(self) -> dict[str, Any] | None:
        if self.metrics is None:
            return None
        before, after = self.metrics
        return {"before": before.to_dict(), "after": after.to_dict()}


def _risk_dict(risk: TailRisk) -> dict[str, float]:
    return {f"{stage}_usd": value for stage, value in asdict(risk).items()}


def build_plan(
    book: Book,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    limits: Mapping[int, Limits] | None = None,
    last_changes: Mapping[int, LastChange] | None = None,
    *,
    record: ExposureRecord | None = None,
    signals: Sequence[Signal] = (),
    rules: RegimeRules | None = None,
    expected: Collection[str] = (),
    at: int | None = None,
    scenario_count: int = 4096,
    seed: int = SEED,
    indices: Mapping[str, IndexListing] | None = None,
    exposure: BookExposure | None = None,
) -> Plan:
    """Decide whether and how to hedge a book, and which parameters to propose.

    Parameters
    ----------
    chains, indices : per asset, its options and what is listed on its volatility index; one without chain is noted.
    limits, last_changes : as in `hedge.update.propose`. record : what the hedge on record was made for, if one is.
    signals, rules, expected : as in `hedge.signals.combine`; without any signal the regime is stressed.
    at : unix seconds of the proposal; the market's observation by default. scenario_count : a power of two.
    exposure : of this book at this market, where the caller has it already; it is not computed again.

    Raises
    ------
    ChainMismatch, BadInput : a chain was seen at a spot more than 5 % from the market's, or is another asset's.
    UnknownAsset, MissingCorrelation, InvalidMarket : the market does not describe the book.
    """
    at, listed = market.observed_at if at is None else at, indices or {}
    regime_policy = choose_policy(signals, at, rules, expected, parameters.condor_tenor_days)
    exposure = exposure or book_exposure(book, market)
    context = PlanContext.of(book, exposure, market, chains, listed, regime_policy, scenario_count, seed)
    overlay = context.overlay(parameters)
    update = propose_update(
        context.exposure,
        market,
        parameters,
        limits,
        last_changes,
        overlay.gate,
        at,
        regime_policy.protection,
        index_percentile=regime_policy.index_percentile,
    )
    run = {"record": asdict(record) if record else None, "at": at, "scenarios": scenario_count, "seed": seed}
    given = plan_inputs(book, market, chains, listed, parameters, limits, last_changes)
    inputs = given | run | signal_inputs(signals, rules, expected)
    notes = plan_notes(context.exposure, chains, listed, limits, signals, context.regime_policy, overlay.layers)
    return _assembled(context, overlay, update, parameters, record, notes, inputs)


def _assembled(
    context: PlanContext,
    overlay: Overlay,
    update: ProposedUpdate,
    parameters: Parameters,
    record: ExposureRecord | None,
    notes: tuple[str, ...],
    inputs: Mapping[str, Any],
) -> Plan:
    """Judge the overlay and put the plan together."""
    exposure, layers = context.exposure, overlay.layers
    own = {asset: context.chains[asset] for asset in exposure.assets if asset in context.chains}
    after = context.overlay(update.applied(parameters)) if update.changes else None
    comparison = context.comparison(layers)
    return Plan(
        decision=decide(exposure, context.evidence(overlay, comparison, parameters, record), parameters),
        exposure=exposure,
        layers=layers,
        greeks=_stages(exposure, layers),
        gate=overlay.gate,
        effects=layer_effects(exposure, layers, context.lp_pnl, context.scenarios) if context.scenarios else (),
        comparison=comparison,
        regime_policy=context.regime_policy,
        parity={asset: scan_parity(chain) for asset, chain in own.items()},
        rolls={asset: roll_dates(chain, parameters) for asset, chain in own.items()},
        update=update,
        metrics=(plan_metrics(exposure, overlay), plan_metrics(exposure, after)) if after else None,
        costs=costs(exposure, layers, parameters),
        notes=notes,
        inputs=inputs,
    )


@dataclass(frozen=True)
class PlanContext:
    """Hold what a plan's overlays share: scenarios drawn once and the LP's profit in them; None for an empty book."""

    book: Book
    exposure: BookExposure
    market: Market
    chains: Mapping[str, OptionChain]
    indices: Mapping[str, IndexListing]
    regime_policy: RegimePolicy
    scenarios: Scenarios | None
    lp_pnl: FloatArray

    @classmethod
    def of(
        cls,
        book: Book,
        exposure: BookExposure,
        market: Market,
        chains: Mapping[str, OptionChain],
        indices: Mapping[str, IndexListing],
        regime_policy: RegimePolicy,
        count: int,
        seed: int,
    ) -> PlanContext:
        """Check the chains and draw the scenarios."""
        _check_chains(market, chains)
        scenarios = draw_scenarios(book.assets, market, count, seed) if book.assets else None
        pnl = book_pnl(book, market, scenarios) if scenarios else np.zeros(0)
        return cls(book, exposure, market, chains, indices, regime_policy, scenarios, pnl)

    @property
    def regime(self) -> State:
        """Return the regime that the signals give."""
        return self.regime_policy.regime.name

    def overlay(self, parameters: Parameters) -> Overlay:
        """Size the layers under `parameters`."""
        if self.scenarios is None:
            return Overlay((), GateReport((), TailRisk(0.0, 0.0, 0.0, 0.0)))
        market, pnl = self.market, self.lp_pnl
        drawn, regime_policy = self.scenarios, self.regime_policy
        return build_overlay(self.exposure, market, self.chains, parameters, pnl, drawn, regime_policy, self.indices)

    def comparison(self, layers: Sequence[Layer]) -> Comparison:
        """Measure the layers beside their benchmarks; empty for a book that is worth nothing."""
        if self.scenarios is None or self.exposure.value_usd <= 0.0:
            return Comparison()
        benchmarks = benchmark_hedges(self.book, self.exposure.assets, self.market, self.chains)
        return compare(layers, benchmarks, self.lp_pnl, self.scenarios)

    def evidence(
        self, overlay: Overlay, comparison: Comparison, parameters: Parameters, record: ExposureRecord | None
    ) -> Evidence:
        """Gather what the answer is judged by."""
        return Evidence(
            overlay.layers,
            overlay.gate.risk,
            comparison,
            drift=math.nan if record is None else drift(self.exposure, record),
            gamma_drift=math.nan if record is None else gamma_drift(self.exposure, record),
            motions=hold_motions(self.exposure, record, self.market, self.chains, parameters),
            quoted_vol=quoted_vol(self.exposure, self.chains),
        )


def _check_chains(market: Market, chains: Mapping[str, OptionChain]) -> None:
    for asset, chain in chains.items():
        if chain.underlying != asset:
            raise BadInput(f"chains[{asset}]", chain.underlying, "must be the chain of the asset it is listed under")
        if abs(chain.spot / market.spot(asset) - 1.0) > SPOT_TOLERANCE:
            raise ChainMismatch(asset, chain.spot, market.spot(asset), SPOT_TOLERANCE)


def _stages(exposure: BookExposure, layers: tuple[Layer, ...]) -> dict[str, dict[str, NetGreeks]]:
    bought = tuple(layer for layer in layers if layer.role is LayerRole.PROTECTION)
    stages = {"unhedged": (), "protected": bought, "hedged": layers}
    return {stage: net_greeks(exposure, included) for stage, included in stages.items()}
