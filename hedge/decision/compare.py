"""The plan beside its benchmarks: what each hedge takes out of the tail, and what that costs.

Every row is measured on the same scenarios as the gate. What a hedge costs has no single number, so three are shown:

cash        paid now at executable quotes; what the treasury needs, little of it lost where options live on.
expected    cash minus the mean value at the horizon, volatility unmoved: spread, fees of time, dear volatility.
            It may be negative where options are cheaper than the index.
given up    E[max(-profit of the hedge, 0)], volatility unmoved: what it takes where it was not needed. A forward pays
            for the tail with the upside, an option with its decay: this is the cost by which hedges are ranked.

Efficiency is CVaR95, or variance, removed per USD given up. Volatility is unmoved in the costs so that the assumed rise
of volatility in a fall never pays for the hedge; it counts in CVaR95.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hedge.decision.benchmarks import BenchmarkHedge
from hedge.instruments.layer import Layer, LayerRole, all_legs
from hedge.instruments.leg import Leg
from hedge.layers.registry import role_label
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar, layers_pnl, legs_pnl
from hedge.risk.scenarios import Scenarios
from hedge.units import json_number

FIELDS: Final = (
    "cash_usd", "expected_cost_usd", "given_up_usd", "cvar_usd", "cvar_removed_usd", "variance_removed",
    "cvar_per_usd", "variance_per_usd",
)  # fmt: skip


@dataclass(frozen=True)
class Alternative:
    """Hold one way to hedge the book and its measures.

    Parameters
    ----------
    name : unhedged, delta, strip, strip and delta, the protection, plan. legs : how many.
    cash_usd, expected_cost_usd, given_up_usd : see the module.
    cvar_usd : CVaR95 with the hedge. cvar_removed_usd : unhedged minus that; negative where it adds.
    variance_removed : share of the unhedged variance; NaN where that is 0.
    cvar_per_usd : CVaR95 removed per USD given up. variance_per_usd : share of variance removed per 1 % of the unhedged
        CVaR95 given up. Both NaN where nothing is given up.
    reason : what it is made of.
    """

    name: str
    legs: int
    cash_usd: float
    expected_cost_usd: float
    given_up_usd: float
    cvar_usd: float
    cvar_removed_usd: float
    variance_removed: float
    cvar_per_usd: float
    variance_per_usd: float
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        numbers = {name: json_number(getattr(self, name)) for name in FIELDS}
        return {"name": self.name, "legs": self.legs, **numbers, "reason": self.reason}


@dataclass(frozen=True)
class Comparison:
    """Hold every alternative, unhedged first and the plan last."""

    alternatives: tuple[Alternative, ...] = ()

    def __getitem__(self, name: str) -> Alternative:
        """Return one alternative by name."""
        return next(alternative for alternative in self.alternatives if alternative.name == name)

    def efficiency(self, name: str) -> float:
        """Return the CVaR95 that an alternative removes per USD given up; NaN where it is not compared."""
        return next(
            (alternative.cvar_per_usd for alternative in self.alternatives if alternative.name == name), math.nan
        )

    def to_dict(self) -> list[dict[str, Any]]:
        """Return pure JSON types."""
        return [alternative.to_dict() for alternative in self.alternatives]


def compare(
    layers: Sequence[Layer],
    benchmarks: Mapping[str, Mapping[str, BenchmarkHedge]],
    lp_pnl: FloatArray,
    scenarios: Scenarios,
) -> Comparison:
    """Measure the plan and its benchmarks on the same scenarios.

    Parameters
    ----------
    layers : of the plan. benchmarks : of `benchmark_hedges`. lp_pnl : of the LP alone, shape (n,), USD.
    """
    delta, strip = (_legs(benchmarks[name]) for name in ("delta", "strip"))
    bought = tuple(layer for layer in layers if layer.role is LayerRole.PROTECTION)
    rows = (
        ("unhedged", (), (), "the LP alone"),
        ("delta", delta, (), _words(benchmarks["delta"])),
        ("strip", strip, (), _words(benchmarks["strip"])),
        ("strip and delta", strip + delta, (), "both of the above"),
        (role_label(LayerRole.PROTECTION), (), bought, "without what finances them"),
        ("plan", (), tuple(layers), "every layer, in the size that the gate accepts"),
    )
    still = scenarios.still()
    return Comparison(
        tuple(
            _measure(
                name,
                legs + all_legs(held),
                reason,
                lp_pnl,
                legs_pnl(legs, scenarios) + layers_pnl(held, scenarios),
                legs_pnl(legs, still) + layers_pnl(held, still),
            )
            for name, legs, held, reason in rows
        )
    )


def _legs(hedges: Mapping[str, BenchmarkHedge]) -> tuple[Leg, ...]:
    return tuple(leg for benchmark in hedges.values() for leg in benchmark.legs)


def _words(hedges: Mapping[str, BenchmarkHedge]) -> str:
    return "; ".join(f"{asset}: {benchmark.reason}" for asset, benchmark in hedges.items())


def _measure(
    name: str, legs: tuple[Leg, ...], reason: str, lp_pnl: FloatArray, pnl: FloatArray, calm: FloatArray
) -> Alternative:
    """Return one row; `pnl` and `calm` are the hedge's profit with volatility moving and unmoved."""
    unhedged, variance = cvar(lp_pnl), float(np.var(lp_pnl))
    hedged = lp_pnl + pnl
    left, given_up = cvar(hedged), float(np.mean(np.maximum(-calm, 0.0)))
    removed = 1.0 - float(np.var(hedged)) / variance if variance > 0.0 else math.nan
    return Alternative(
        name=name,
        legs=len(legs),
        cash_usd=math.fsum(leg.cost_usd for leg in legs),
        expected_cost_usd=-float(np.mean(calm)),
        given_up_usd=given_up,
        cvar_usd=left,
        cvar_removed_usd=unhedged - left,
        variance_removed=removed,
        cvar_per_usd=_per(unhedged - left, given_up),
        variance_per_usd=_per(removed, given_up / (0.01 * unhedged)) if unhedged > 0.0 else math.nan,
        reason=reason,
    )


def _per(gain: float, cost: float) -> float:
    return gain / cost if cost > 0.0 else math.nan
