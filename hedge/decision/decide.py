"""The decision: hedge, hold, do not hedge, or leave the pool. Each is a value with its reasons, never an error.

The answer, first rule that applies
-----------------------------------
1. "do not hedge": the book is worth nothing, so there is nothing to hedge.
2. "leave the pool": every position of it should not stay as it is: its expected fees are below its LVR at the
   volatility to expect, or it is out of range and earns nothing (`hedge.decision.positions`). No hedge and no budget
   plays a part. A position whose fees are unknown is never left. Where only some should go, the answer is one of the
   others and names them.
3. "hold": a hedge is on record, no delta has drifted so far that trading back costs less than the drift, and no gamma
   by more than the governed band.
4. "do not hedge": no leg passes; or the layers together leave CVaR95 no better than unhedged; or they take less than
   `LEAST_CUT` off it, which is not worth a trade; or a delta hedge alone removes more CVaR95 for each USD that it gives
   up.
5. "hedge" otherwise.

A CVaR95 above its cap is the first reason of every answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hedge.book.exposure import BookExposure
from hedge.decision.compare import Comparison
from hedge.decision.positions import REALISED_SHARE, PositionVerdict, all_lose, judge_positions
from hedge.instruments.layer import Layer, all_legs
from hedge.layers.decay import decay_usd
from hedge.layers.gate import TailRisk
from hedge.market import HORIZON_DAYS
from hedge.policy.parameters import Parameters
from hedge.units import BPS, YEAR_DAYS, json_number
from hedge.valuation.motion import Motion

Answer = Literal["hedge", "hold", "do not hedge", "leave the pool"]

LEAST_CUT: Final = 0.01
"""Share of CVaR95 below which a hedge is not worth a trade: about the standard error of CVaR95 in 4,096 scenarios."""


NAMED: Final = 5
"""Positions that the headline names; the reasons name every one."""


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
    """Hold the answer, the reasons in words and the numbers behind them (NaN where a rule did not apply).

    Parameters
    ----------
    positions : what is to be done with each, in the book's order. held : why the hedge on record may stay, whatever the
        answer; empty where it may not, or none is on record.
    """

    answer: Answer
    reasons: tuple[str, ...]
    numbers: Mapping[str, float]
    positions: tuple[PositionVerdict, ...] = ()
    held: str = ""

    @property
    def headline(self) -> str:
        """Return the answer with the positions that should not stay as they are, the first `NAMED` by name."""
        losing = [f"{verdict.verdict} {verdict.id}" for verdict in self.positions if verdict.loses]
        more = [f"{len(losing) - NAMED} more that should not stay"] if len(losing) > NAMED else []
        return "; ".join([self.answer, *losing[:NAMED], *more])

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {
            "answer": self.answer,
            "headline": self.headline,
            "reasons": list(self.reasons),
            "numbers": {name: json_number(value) for name, value in self.numbers.items()},
            "positions": [verdict.to_dict() for verdict in self.positions],
        }


def decide(exposure: BookExposure, evidence: Evidence, parameters: Parameters) -> Decision:
    """Answer whether to hedge, by the rules and in the order that the module states."""
    verdicts, held = judge_positions(exposure.positions), _hold(evidence, parameters)
    numbers = _numbers(exposure, evidence, verdicts)
    answer, reason = _answer(exposure, evidence, verdicts, held, numbers)
    losing = [verdict.reason for verdict in verdicts if verdict.loses]
    return Decision(answer, (*_above_cap(answer, evidence), reason, *losing), numbers, verdicts, held)


def _above_cap(answer: Answer, evidence: Evidence) -> tuple[str, ...]:
    """Say that CVaR95 stands above its cap under the answer, where it does."""
    risk, hedged = evidence.risk, answer in ("hedge", "hold")
    loss, state = (risk.hedged, "with every layer") if hedged else (risk.unhedged, "without a hedge")
    if not loss > risk.cap:
        return ()
    return (f"CVaR95 of {loss:,.0f} USD {state} is above its cap of {risk.cap:,.0f} USD",)


def _numbers(exposure: BookExposure, evidence: Evidence, verdicts: Sequence[PositionVerdict]) -> dict[str, float]:
    """Return every number that a rule of the decision compares."""
    motions = evidence.motions.values()
    return {
        "losing_usd": math.fsum(verdict.value_usd for verdict in verdicts if verdict.loses),
        "fees_30d_usd": exposure.fee_usd_per_year * HORIZON_DAYS / YEAR_DAYS,
        "lvr_30d_usd": math.fsum(verdict.lvr_usd for verdict in verdicts),
        "quoted_vol": evidence.quoted_vol,
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
    exposure: BookExposure, evidence: Evidence, verdicts: Sequence[PositionVerdict], held: str, n: Mapping[str, float]
) -> tuple[Answer, str]:
    """Return the first answer that applies and the numbers that decided it, in words."""
    if exposure.value_usd <= 0.0:
        return "do not hedge", "the book is worth nothing: there is no exposure to hedge"
    if all_lose(verdicts):
        fees = math.fsum(verdict.fees_usd for verdict in verdicts)
        return "leave the pool", (
            f"no position earns its keep: {fees:,.0f} USD of fees against "
            f"{n['lvr_30d_usd']:,.0f} USD of LVR in 30 days, at {REALISED_SHARE:.0%} of the implied volatility"
        )
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
    cut = n["cvar_unhedged_usd"] - n["cvar_hedged_usd"]
    if cut < LEAST_CUT * n["cvar_unhedged_usd"]:
        least = LEAST_CUT * n["cvar_unhedged_usd"]
        return "do not hedge", f"not worth a trade: {moved}, {cut:,.0f} USD less where {least:,.0f} would be felt"
    per = f"{n['cvar_per_usd']:.2f} USD of CVaR95 per USD given up against {n['delta_cvar_per_usd']:.2f} by delta alone"
    if n["cvar_per_usd"] < n["delta_cvar_per_usd"]:
        return "do not hedge", f"the layers do not earn their cost: they remove {per}"
    cost = math.fsum(layer.cost_usd for layer in layers)
    paid = f"for {cost:,.0f} USD of cash and {n['hedge_decay_30d_usd']:,.0f} USD of decay in 30 days"
    return "hedge", f"{moved} {paid}" + (f": {per}" if math.isfinite(n["delta_cvar_per_usd"]) else "")
