"""The decision: hedge, hold, do not hedge, or leave the pool. Each is a value with its reasons, never an error.

The answer, first rule that applies
-----------------------------------
1. "do not hedge": the book is worth nothing, so there is nothing to hedge.
2. "leave the pool": the value-weighted break-even volatility is below `LEAVE_SHARE` of the value-weighted implied one,
   and the bought layers decay by more over 30 days than the positions earn in fees. Positions out of range or with
   unknown fees have no break-even and do not vote; without any vote the rule does not apply.
3. "hold": a hedge is on record, no delta has drifted so far that trading back costs less than the drift, and no gamma
   by more than the governed band.
4. "do not hedge": no leg passes; or the layers together leave CVaR95 no better than unhedged; or a delta hedge alone
   removes more CVaR95 for each USD that it gives up.
5. "hedge" otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from hedge.book.exposure import BookExposure
from hedge.decision.compare import Comparison
from hedge.instruments.layer import Layer, all_legs
from hedge.layers.decay import decay_usd
from hedge.layers.gate import TailRisk
from hedge.market import HORIZON_DAYS
from hedge.policy.parameters import Parameters
from hedge.units import BPS, YEAR_DAYS, json_number
from hedge.valuation.motion import Motion

Answer = Literal["hedge", "hold", "do not hedge", "leave the pool"]

LEAVE_SHARE: Final = 0.75
"""Break-even over implied volatility below which fees pay less than 0.75^2 = 56 % of the loss to arbitrageurs."""


@dataclass(frozen=True)
class Evidence:
    """Hold what the answer is judged by, beside the exposure.

    Parameters
    ----------
    layers : after the gate. risk : CVaR95 at the three stages. comparison : with the benchmarks.
    drift : of `rebalance.drift`, NaN without a record. gamma_drift : likewise. motions : of `rebalance.hold_motions`.
    quoted_vol : value-weighted implied volatility at the money that the chains quote, NaN without any.
    """

    layers: Sequence[Layer]
    risk: TailRisk
    comparison: Comparison = field(default_factory=Comparison)
    drift: float = math.nan
    gamma_drift: float = math.nan
    motions: Mapping[str, Motion] = field(default_factory=dict)
    quoted_vol: float = math.nan


@dataclass(frozen=True)
class Decision:
    """Hold the answer, the reasons in words and the numbers behind them (NaN where a rule did not apply)."""

    answer: Answer
    reasons: tuple[str, ...]
    numbers: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        numbers = {name: json_number(value) for name, value in self.numbers.items()}
        return {"answer": self.answer, "reasons": list(self.reasons), "numbers": numbers}


def decide(exposure: BookExposure, evidence: Evidence, parameters: Parameters) -> Decision:
    """Answer whether to hedge, by the rules and in the order that the module states."""
    numbers = _numbers(exposure, evidence)
    answer, reason = _answer(exposure, evidence, parameters, numbers)
    return Decision(answer, (reason,), numbers)


def _numbers(exposure: BookExposure, evidence: Evidence) -> dict[str, float]:
    """Return every number that a rule of the decision compares."""
    voters = [
        position
        for position in exposure.positions
        if position.value_usd > 0.0 and not math.isnan(position.break_even_vol)
    ]
    weights = np.array([position.value_usd for position in voters])
    even, implied = (
        float(np.average([getattr(position, name) for position in voters], weights=weights)) if voters else math.nan
        for name in ("break_even_vol", "implied_vol")
    )
    motions = evidence.motions.values()
    return {
        "break_even_vol": even,
        "implied_vol": implied,
        "quoted_vol": evidence.quoted_vol,
        "fees_30d_usd": exposure.fee_usd_per_year * HORIZON_DAYS / YEAR_DAYS,
        "hedge_decay_30d_usd": decay_usd(evidence.layers),
        "drift": evidence.drift,
        "gamma_drift": evidence.gamma_drift,
        "drift_cost_usd": math.fsum(motion.hold_cost for motion in motions) if motions else math.nan,
        "trade_cost_usd": math.fsum(motion.move_cost for motion in motions) if motions else math.nan,
        "cvar_unhedged_usd": evidence.risk.unhedged,
        "cvar_hedged_usd": evidence.risk.hedged,
        "cvar_per_usd": evidence.comparison.efficiency("plan"),
        "delta_cvar_per_usd": evidence.comparison.efficiency("delta"),
        "legs": float(len(all_legs(evidence.layers))),
    }


def _answer(
    exposure: BookExposure, evidence: Evidence, parameters: Parameters, numbers: Mapping[str, float]
) -> tuple[Answer, str]:
    """Return the first answer that applies and the numbers that decided it, in words."""
    n = numbers
    if exposure.value_usd <= 0.0:
        return "do not hedge", "the book is worth nothing: there is no exposure to hedge"
    if n["break_even_vol"] < LEAVE_SHARE * n["implied_vol"] and n["hedge_decay_30d_usd"] > n["fees_30d_usd"]:
        return "leave the pool", (
            f"break-even volatility {n['break_even_vol']:.1%} is below {LEAVE_SHARE:.0%} of the implied "
            f"{n['implied_vol']:.1%}, and the hedge decays by {n['hedge_decay_30d_usd']:,.0f} USD in 30 days against "
            f"{n['fees_30d_usd']:,.0f} USD of fees"
        )
    held = _hold(evidence, parameters)
    if held:
        return "hold", held
    if not n["legs"]:
        why = "; ".join(f"{layer.underlying} {layer.name}: {layer.reason}" for layer in evidence.layers)
        return "do not hedge", f"no leg passes: {why or 'no asset of the book has an option chain'}"
    return _worth_it(evidence.layers, n)


def _hold(evidence: Evidence, parameters: Parameters) -> str:
    """Return why the hedge on record may stay, empty if it may not."""
    band = parameters.drift_band_bps / BPS
    still = evidence.motions and all(motion.answer == "hold" for motion in evidence.motions.values())
    if not still or evidence.gamma_drift > band:
        return ""
    worst = max(evidence.motions, key=lambda asset: evidence.motions[asset].hold_cost)
    return (
        f"exposure drifted {evidence.drift:.1%} from the hedge on record, gamma by {evidence.gamma_drift:.1%} inside "
        f"the band of {band:.1%}; {worst} delta: {evidence.motions[worst].reason}"
    )


def _worth_it(layers: Sequence[Layer], n: Mapping[str, float]) -> tuple[Answer, str]:
    """Return whether the layers earn their cost, with the numbers."""
    moved = f"CVaR95 goes from {n['cvar_unhedged_usd']:,.0f} to {n['cvar_hedged_usd']:,.0f} USD"
    if n["cvar_hedged_usd"] >= n["cvar_unhedged_usd"]:
        return "do not hedge", f"the layers do not help: {moved}"
    per = f"{n['cvar_per_usd']:.2f} USD of CVaR95 per USD given up against {n['delta_cvar_per_usd']:.2f} by delta alone"
    if n["cvar_per_usd"] < n["delta_cvar_per_usd"]:
        return "do not hedge", f"the layers do not earn their cost: they remove {per}"
    cost = math.fsum(layer.cost_usd for layer in layers)
    paid = f"for {cost:,.0f} USD of cash and {n['hedge_decay_30d_usd']:,.0f} USD of decay in 30 days"
    return "hedge", f"{moved} {paid}" + (f": {per}" if math.isfinite(n["delta_cvar_per_usd"]) else "")
