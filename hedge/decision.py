"""The decision: hedge, hold, do not hedge, or leave the pool. Each is a value with its reasons, never an error.

The answer, first rule that applies
-----------------------------------
1. "do not hedge": the book is worth nothing, so there is nothing to hedge.
2. "leave the pool": the value-weighted break-even volatility is below `LEAVE_SHARE` of the value-weighted implied one,
   and the bought layers decay by more over 30 days than the positions earn in fees. Positions out of range or with
   unknown fees have no break-even and do not vote; without any vote the rule does not apply.
3. "hold": a hedge is on record, and no exposure has drifted from it by more than the governed band.
4. "do not hedge": no leg passes, or the layers together leave CVaR95 no better than unhedged.
5. "hedge" otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from hedge.book import BookExposure, json_number
from hedge.gate import TailRisk
from hedge.layers.budget import BPS
from hedge.legs import Layer, all_legs
from hedge.market import HORIZON_DAYS, YEAR_DAYS
from hedge.parameters import Parameters

Answer = Literal["hedge", "hold", "do not hedge", "leave the pool"]

LEAVE_SHARE: Final = 0.75
"""Break-even over implied volatility below which fees pay less than 0.75^2 = 56 % of the loss to arbitrageurs."""


@dataclass(frozen=True)
class ExposureRecord:
    """Hold what a hedge on record was made for: book value, and delta and gamma per asset in USD.

    Parameters
    ----------
    deltas : units. gammas : units per USD; both per volatile asset.
    """

    value_usd: float
    deltas: Mapping[str, float]
    gammas: Mapping[str, float]

    @classmethod
    def of(cls, exposure: BookExposure) -> ExposureRecord:
        """Return the record of an exposure that is hedged now."""
        totals = exposure.assets.items()
        deltas, gammas = ({asset: getattr(one, name) for asset, one in totals} for name in ("delta", "gamma"))
        return cls(exposure.value_usd, deltas, gammas)


def drift(exposure: BookExposure, record: ExposureRecord) -> float:
    """Return the largest drift since `record` over all assets, a share; infinite for an asset that is new or gone.

    Delta drifts by the USD change at today's price over the value on record, gamma by its change over the larger of the
    two gammas: a position that leaves its range has drifted by 1.
    """
    if exposure.assets.keys() != record.deltas.keys() or record.value_usd <= 0.0:
        return math.inf
    shares = [0.0]
    for asset, now in exposure.assets.items():
        shares.append(abs(now.delta - record.deltas[asset]) * now.spot / record.value_usd)
        largest = max(abs(now.gamma), abs(record.gammas[asset]))
        shares.append(abs(now.gamma - record.gammas[asset]) / largest if largest > 0.0 else 0.0)
    return max(shares)


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


def decide(
    exposure: BookExposure,
    layers: Sequence[Layer],
    risk: TailRisk,
    parameters: Parameters,
    record: ExposureRecord | None,
) -> Decision:
    """Answer whether to hedge, by the rules and in the order that the module states.

    Parameters
    ----------
    layers : after the gate. record : of the hedge that is on, None if there is none.
    """
    numbers = _numbers(exposure, layers, risk, record)
    answer, reason = _answer(exposure, layers, parameters, numbers)
    return Decision(answer, (reason,), numbers)


def _numbers(
    exposure: BookExposure, layers: Sequence[Layer], risk: TailRisk, record: ExposureRecord | None
) -> dict[str, float]:
    """Return every number that a rule of the decision compares."""
    voters = [one for one in exposure.positions if one.value_usd > 0.0 and not math.isnan(one.break_even_vol)]
    weights = np.array([one.value_usd for one in voters])
    even, implied = (
        float(np.average([getattr(one, name) for one in voters], weights=weights)) if voters else math.nan
        for name in ("break_even_vol", "implied_vol")
    )
    return {
        "break_even_vol": even,
        "implied_vol": implied,
        "fees_30d_usd": exposure.fee_usd_per_year * HORIZON_DAYS / YEAR_DAYS,
        "hedge_decay_30d_usd": decay_usd(layers),
        "drift": math.nan if record is None else drift(exposure, record),
        "cvar_unhedged_usd": risk.unhedged,
        "cvar_hedged_usd": risk.hedged,
        "legs": float(len(all_legs(layers))),
    }


def decay_usd(layers: Sequence[Layer], days: float = HORIZON_DAYS) -> float:
    """Return the time value that the bought layers lose over `days`, straight-line to each leg's expiry."""
    share = days / YEAR_DAYS
    legs = all_legs(layer for layer in layers if layer.name != "condor")
    return math.fsum(leg.time_value_usd * min(share / leg.expiry, 1.0) for leg in legs)


def _answer(
    exposure: BookExposure, layers: Sequence[Layer], parameters: Parameters, numbers: Mapping[str, float]
) -> tuple[Answer, str]:
    """Return the first answer that applies and the numbers that decided it, in words."""
    n, band = numbers, parameters.drift_band_bps / BPS
    if exposure.value_usd <= 0.0:
        return "do not hedge", "the book is worth nothing: there is no exposure to hedge"
    if n["break_even_vol"] < LEAVE_SHARE * n["implied_vol"] and n["hedge_decay_30d_usd"] > n["fees_30d_usd"]:
        return "leave the pool", (
            f"break-even volatility {n['break_even_vol']:.1%} is below {LEAVE_SHARE:.0%} of the implied "
            f"{n['implied_vol']:.1%}, and the hedge decays by {n['hedge_decay_30d_usd']:,.0f} USD in 30 days against "
            f"{n['fees_30d_usd']:,.0f} USD of fees"
        )
    if n["drift"] <= band:
        return "hold", f"exposure drifted {n['drift']:.1%} from the hedge on record, inside the band of {band:.1%}"
    if not n["legs"]:
        why = "; ".join(f"{one.underlying} {one.name}: {one.reason}" for one in layers)
        return "do not hedge", f"no leg passes: {why or 'no asset of the book has an option chain'}"
    moved = f"CVaR95 goes from {n['cvar_unhedged_usd']:,.0f} to {n['cvar_hedged_usd']:,.0f} USD"
    if n["cvar_hedged_usd"] >= n["cvar_unhedged_usd"]:
        return "do not hedge", f"the layers do not help: {moved}"
    cost = math.fsum(layer.cost_usd for layer in layers)
    return "hedge", f"{moved} for {cost:,.0f} USD of cash and {n['hedge_decay_30d_usd']:,.0f} USD of decay in 30 days"
