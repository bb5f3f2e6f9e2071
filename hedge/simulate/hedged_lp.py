"""One LP position, alone and under five hedges, on the same simulated paths: which protect, and which only look so.

An LP is short gamma. A sold condor is short gamma too: it pays for protection, it is none. This table shows it. Fees
earned, spreads, funding and margin are left out, and every option is priced at one volatility, so it ranks hedges by
what they remove; what they cost on real quotes is the backtest's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.special import ndtri

from hedge import amm
from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray
from hedge.options import price as option_price
from hedge.simulate.columns import PathModel
from hedge.simulate.estimates import Outcome, outcome
from hedge.simulate.paths import HedgeTerms, HedgeTrack, track
from hedge.units import BPS, YEAR_DAYS

ROWS: Final = (
    "unhedged",
    "static delta",
    "daily delta",
    "static delta + strip",
    "sold condors",
    "static delta + bought condors",
)
"""Hedges; the strip replaces what impermanent loss takes, and so needs the delta of holding sold beside it."""
_BLOCK: Final = 1 << 16  # paths at once: 2.6 MB of results


@dataclass(frozen=True)
class LpScenario:
    """Hold the position and its hedges. Defaults are those of the table in docs/simulate.md.

    Parameters
    ----------
    spot : price at the start, > 0: the model's. range_low, range_high : the LP's range as ratios to it.
    days, steps_a_day : of a path. hedges_a_day : of the delta hedge, divides `steps_a_day`.
    implied_vol : at which every option is bought and sold, annual, > 0.
    strike_gap : of the strip's strikes, as a ratio to the spot; they start at range_low.
    condor_delta : of both short strikes, absolute, in (0, 0.5). condor_wing : from there to the long ones, as a ratio
        to spot.
    condor_days, condor_rolls : life of one condor, and how many follow one another.
    condor_size : units of each condor times spot over capital.
    """

    spot: float = 1.0
    range_low: float = 0.8
    range_high: float = 1.25
    days: int = 30
    steps_a_day: int = 24
    hedges_a_day: int = 1
    implied_vol: float = 0.6
    strike_gap: float = 0.05
    condor_delta: float = 0.2
    condor_wing: float = 0.1
    condor_days: int = 7
    condor_rolls: int = 4
    condor_size: float = 0.5

    def __post_init__(self) -> None:
        for name in ("spot", "implied_vol", "strike_gap", "range_low"):
            if not 0.0 < getattr(self, name) < np.inf:
                raise BadInput(name, getattr(self, name), "must be > 0 and finite")
        if not self.range_low < 1.0 < self.range_high < np.inf:
            raise BadInput("range_high", self.range_high, f"must be finite and above 1, as {self.range_low} is below")
        if self.hedges_a_day < 1 or self.steps_a_day % self.hedges_a_day:
            raise BadInput("hedges_a_day", self.hedges_a_day, f"must divide {self.steps_a_day} steps a day")
        if not 0.0 < self.condor_delta < 0.5:
            raise BadInput("condor_delta", self.condor_delta, "must be in (0, 0.5)")
        if self.condor_rolls * self.condor_days > self.days:
            raise BadInput("condor_rolls", self.condor_rolls, f"must end within {self.days} days")

    @property
    def liquidity(self) -> float:
        """Return the liquidity that capital 1 buys at the start."""
        return 1.0 / float(amm.value(self.spot, 1.0, *self.range))

    @property
    def range(self) -> tuple[float, float]:
        """Return the range as prices."""
        return self.spot * self.range_low, self.spot * self.range_high

    def condor(self) -> tuple[tuple[float, float, float, float], float]:
        """Return strikes (put, its wing, call, its wing) and credit of a condor, as ratios to the price of its day."""
        years = self.condor_days / YEAR_DAYS
        deviation = self.implied_vol * np.sqrt(years)
        d1 = float(ndtri(1.0 - self.condor_delta))
        put, call = (float(np.exp(sign * d1 * deviation + 0.5 * deviation**2)) for sign in (-1.0, 1.0))
        strikes = (put, put - self.condor_wing, call, call + self.condor_wing)
        if strikes[1] <= 0.0:
            raise BadInput("condor_wing", self.condor_wing, f"must be below the put's strike, {put:g} of spot")
        worth = option_price(1.0, strikes, years, self.implied_vol, is_call=[False, False, True, True])
        return strikes, float(worth[0] - worth[1] + worth[2] - worth[3])

    def strip(self) -> tuple[FloatArray, FloatArray, float]:
        """Return knots, the strip's pay-off at them per unit of capital, and its cost at the implied volatility.

        The pay-off is the chord of minus impermanent loss between strikes; beyond the range that loss is a line.
        """
        low, high = self.range
        count = int(np.ceil((self.range_high - self.range_low) / self.strike_gap - 1e-9))
        strikes = self.spot * np.append(self.range_low + self.strike_gap * np.arange(count), self.range_high)
        nearest = int(np.argmin(np.abs(strikes - self.spot)))
        if abs(strikes[nearest] / self.spot - 1.0) > 1e-9:
            raise BadInput("strike_gap", self.strike_gap, "must lead from range_low to the spot: it must be a strike")
        strikes[nearest] = self.spot
        base, quote = amm.amounts(self.spot, self.liquidity, low, high)
        knots = np.concatenate([[0.5 * low], strikes, [2.0 * high]])
        heights = -amm.impermanent_loss(knots, self.liquidity, low, high, base, quote)
        weights = np.diff(np.diff(heights) / np.diff(knots))
        # Puts below the spot and calls above; at it one weight for both, which cost the same without a carry.
        worth = option_price(self.spot, strikes, self.days / YEAR_DAYS, self.implied_vol, is_call=strikes > self.spot)
        return knots, np.asarray(heights), float(weights @ worth)


@dataclass(frozen=True)
class HedgedLp:
    """Hold the profits' description per row of `ROWS`, in bp of capital, and what the hedges cost or earn before."""

    rows: dict[str, Outcome]
    strip_cost: float
    condor_credit: float
    daily_turnover: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types in a fixed order."""
        costs = {name: getattr(self, name) for name in ("strip_cost", "condor_credit", "daily_turnover")}
        return {"rows": {name: found.to_dict() for name, found in self.rows.items()}} | costs


class LpProfits(NamedTuple):
    """Profits of each row of `ROWS` on some paths per unit of capital, shape (rows, n), and sums over those paths.

    condor_credit : received for all condors. daily_turnover : of the daily delta, entry and exit included.
    """

    profits: FloatArray
    condor_credit: float
    daily_turnover: float


def lp_profits(model: PathModel, scenario: LpScenario, count: int, seed: int, first: int = 0) -> LpProfits:
    """Simulate the position and its hedges on paths `first` to `first + count` of a model of one asset.

    The model starts at the scenario's spot. Fees and trading costs are left out. Memory: 80 bytes a path.

    Raises
    ------
    BadInput : a number outside its domain, or a path that ends at 0 or infinity.
    """
    profits = np.empty((len(ROWS), count))
    credit = turnover = 0.0
    for at in range(0, count, _BLOCK):
        size = min(_BLOCK, count - at)
        found = _tracked(model, scenario, size, seed, first + at)
        profits[:, at : at + size] = np.array(_profits(scenario, found))
        credit += float(np.sum(found.entered)) * scenario.condor()[1] * scenario.condor_size / scenario.spot
        turnover += float(np.sum(found.turnover)) * scenario.liquidity
    return LpProfits(profits, credit, turnover)


def describe(scenario: LpScenario, parts: Sequence[LpProfits]) -> HedgedLp:
    """Return the outcomes of paths that were simulated in parts, in bp of capital; costs and credit as means."""
    profits = np.concatenate([part.profits for part in parts], axis=1)
    count = profits.shape[1]
    credit, turnover = (sum(getattr(part, name) for part in parts) for name in ("condor_credit", "daily_turnover"))
    rows = {name: outcome(BPS * row) for name, row in zip(ROWS, profits, strict=True)}
    return HedgedLp(rows, BPS * scenario.strip()[2], BPS * credit / count, BPS * turnover / count)


def hedged_lp(model: PathModel, scenario: LpScenario, count: int, seed: int, first: int = 0) -> HedgedLp:
    """Simulate as `lp_profits` and describe the outcomes as `describe`."""
    return describe(scenario, [lp_profits(model, scenario, count, seed, first)])


def _tracked(model: PathModel, scenario: LpScenario, count: int, seed: int, first: int) -> HedgeTrack:
    every = scenario.steps_a_day // scenario.hedges_a_day
    life = scenario.condor_days * scenario.steps_a_day
    terms = HedgeTerms(*scenario.range, every, scenario.condor()[0], life, scenario.condor_rolls)
    return track(model, scenario.days, scenario.days * scenario.steps_a_day, count, seed, terms, first)


def _profits(scenario: LpScenario, found: HedgeTrack) -> tuple[FloatArray, ...]:
    """Return the profit of each row, shape (n,), per unit of capital."""
    liquidity, (low, high) = scenario.liquidity, scenario.range
    unhedged = np.asarray(amm.value(found.last, liquidity, low, high)) - 1.0
    static = unhedged - float(amm.delta(scenario.spot, liquidity, low, high)) * (found.last - scenario.spot)
    knots, heights, cost = scenario.strip()
    strip = _beyond(found.last, knots, heights) - cost
    units = scenario.condor_size / scenario.spot
    sold = units * (scenario.condor()[1] * found.entered - found.paid)
    daily = unhedged - liquidity * found.gain
    return unhedged, static, daily, static + strip, unhedged + sold, static - sold


def _beyond(price: FloatArray, knots: FloatArray, heights: FloatArray) -> FloatArray:
    """Interpolate linearly, and go on as before the first and after the last knot."""
    slopes = np.diff(heights) / np.diff(knots)
    line = np.interp(price, knots, heights)
    below = np.minimum(price - knots[0], 0.0) * slopes[0]
    return np.asarray(line + below + np.maximum(price - knots[-1], 0.0) * slopes[-1])
