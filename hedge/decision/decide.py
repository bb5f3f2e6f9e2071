"""The decision: hedge, hold, do not hedge, or leave the pool. Each is a value with its reasons, never an error.

The answer, first rule that applies
-----------------------------------
1. "do not hedge": the book is worth nothing, so there is nothing to hedge.
2. "leave the pool": every position of it should not stay as it is: its expected fees are below its LVR at the
   volatility to expect, or it is out of range and earns nothing (`hedge.decision.positions`). No hedge and no budget
   plays a part. A position whose fees are unknown is never left. Where only some should go, the answer is one of the
   others and names them.
3. What the programme answers: "hedge" where trades take enough off CVaR95, or save enough of its cost below the target;
   else "hold" where something is held, and "do not hedge" where nothing is.

A CVaR95 above its target is the first reason of every answer, with the cheapest budget that would reach it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hedge.book.exposure import BookExposure
from hedge.decision.metrics import TailRisk
from hedge.decision.positions import REALISED_SHARE, PositionVerdict, all_lose, judge_positions
from hedge.decision.programme.answer import Answer as Found
from hedge.decision.programme.answer import Verdict
from hedge.market import HORIZON_DAYS
from hedge.units import YEAR_DAYS, json_number

Answer = Literal["hedge", "hold", "do not hedge", "leave the pool"]

ANSWERS: Final[Mapping[Verdict, Answer]] = {
    Verdict.TRADE: "hedge",
    Verdict.HOLD: "hold",
    Verdict.NOT_WORTH_A_TRADE: "do not hedge",
    Verdict.NO_EXPOSURE: "do not hedge",
    Verdict.NOTHING_LISTED: "do not hedge",
}
LEAST_USD: Final = 0.5
"""By which CVaR95 must be above a target to be said."""
NAMED: Final = 5
"""Positions that the headline names; the reasons name every one."""


@dataclass(frozen=True)
class Evidence:
    """Hold what the answer is judged by, beside the exposure.

    Parameters
    ----------
    found : of the programme; None for a book that is worth nothing. risk : CVaR95 at each stage. costs : of the plan.
    reach : in words, what would reach the target; empty where it is reached. quoted_vol : value-weighted implied
        volatility at the money that the chains quote, NaN without any. legs : that the plan holds.
    """

    found: Found | None
    risk: TailRisk
    costs: Mapping[str, float]
    reach: str = ""
    quoted_vol: float = math.nan
    legs: int = 0


@dataclass(frozen=True)
class Decision:
    """Hold the answer, the reasons in words and the numbers behind them (NaN where a rule did not apply).

    Parameters
    ----------
    positions : what is to be done with each, in the book's order.
    """

    answer: Answer
    reasons: tuple[str, ...]
    numbers: Mapping[str, float]
    positions: tuple[PositionVerdict, ...] = ()

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


def decide(exposure: BookExposure, evidence: Evidence) -> Decision:
    """Answer whether to hedge, by the rules and in the order that the module states."""
    verdicts = judge_positions(exposure.positions)
    numbers = _numbers(exposure, evidence, verdicts)
    answer, reason = _answer(exposure, evidence, verdicts, numbers)
    losing = [verdict.reason for verdict in verdicts if verdict.loses]
    return Decision(answer, (*_above_target(answer, evidence), reason, *losing), numbers, verdicts)


def _above_target(answer: Answer, evidence: Evidence) -> tuple[str, ...]:
    """Say that CVaR95 stands above its target under the answer, where it does, and what would reach it."""
    risk = evidence.risk
    loss, state = (risk.hedged, "with the plan") if answer in ("hedge", "hold") else (risk.held, "as things are")
    if not loss > risk.target * (1.0 + 1e-9) + LEAST_USD:
        return ()
    above = f"above the target of {risk.target:,.0f} USD"
    words = f"CVaR95 of {loss:,.0f} USD over {risk.horizon_days:g} days {state} is {above}"
    return (f"{words}: {evidence.reach}" if evidence.reach else words,)


def _numbers(exposure: BookExposure, evidence: Evidence, verdicts: Sequence[PositionVerdict]) -> dict[str, float]:
    """Return every number that a rule of the decision compares."""
    risk, found = evidence.risk, evidence.found
    return {
        "losing_usd": math.fsum(verdict.value_usd for verdict in verdicts if verdict.loses),
        "fees_30d_usd": exposure.fee_usd_per_year * HORIZON_DAYS / YEAR_DAYS,
        "lvr_30d_usd": math.fsum(verdict.lvr_usd for verdict in verdicts),
        "quoted_vol": evidence.quoted_vol,
        "cvar_unhedged_usd": risk.unhedged,
        "cvar_held_usd": risk.held,
        "cvar_hedged_usd": risk.hedged,
        "target_usd": risk.target,
        "cvar_30d_unhedged_usd": risk.month_unhedged,
        "cvar_30d_hedged_usd": risk.month_hedged,
        "expected_cost_30d_usd": evidence.costs["expected_cost_30d_usd"],
        "cash_usd": evidence.costs["cash_usd"],
        "lots_loss_usd": found.lots_loss if found else math.nan,
        "legs": float(evidence.legs),
    }


def _answer(
    exposure: BookExposure, evidence: Evidence, verdicts: Sequence[PositionVerdict], n: Mapping[str, float]
) -> tuple[Answer, str]:
    """Return the first answer that applies and the numbers that decided it, in words."""
    found = evidence.found
    if exposure.value_usd <= 0.0 or found is None:
        return "do not hedge", "the book is worth nothing: there is no exposure to hedge"
    if all_lose(verdicts):
        fees = math.fsum(verdict.fees_usd for verdict in verdicts)
        return "leave the pool", (
            f"no position earns its keep: {fees:,.0f} USD of fees against "
            f"{n['lvr_30d_usd']:,.0f} USD of LVR in 30 days, at {REALISED_SHARE:.0%} of the implied volatility"
        )
    named = "" if found.verdict in (Verdict.TRADE, Verdict.HOLD) else f"{found.verdict}: "
    first, _, rest = found.reason.partition("; ")
    if found.verdict is Verdict.TRADE:
        first += (
            f" for {n['cash_usd']:,.0f} USD of cash and {n['expected_cost_30d_usd']:,.0f} USD of expected cost "
            f"in 30 days; whole lots cost {max(found.lots_loss, 0.0):,.0f} USD of it"
        )
    return ANSWERS[found.verdict], f"{named}{first}" + (f"; {rest}" if rest else "")
