"""The answer: trades in whole lots, or why there are none, with the price of each limit that binds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hedge.decision.programme.solve import Optimum, Problem, least_cvar
from hedge.instruments.leg import ROUNDING
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar

LEAST_GAIN: Final = 0.01
"""Share of today's CVaR that trades must take off it to be worth anyone's while."""
PASSES: Final = 200
"""Lots that the repair may take out, and put in."""


LEAST_STEP: Final = 1e-6
"""Share of CVaR that a lot must take off it for the repair to go on."""


class Verdict(StrEnum):
    """What the programme says."""

    TRADE = "trade"
    HOLD = "hold"
    NOT_WORTH_A_TRADE = "not worth a trade"
    NO_EXPOSURE = "nothing to hedge"
    NOTHING_LISTED = "nothing listed fits"


@dataclass(frozen=True, eq=False)
class Answer:
    """Hold what to hold from now on, and what it does.

    Parameters
    ----------
    verdict, reason : in words. units : whole lots, shape (n,). trades : units minus what was held.
    cvar_before, cvar_after : USD, with what is held and with the units. relaxed : CVaR if lots were nothing.
    expected_cost : over the horizon. cash : that the units tie up. optimum : None where none was looked for.
    """

    verdict: Verdict
    reason: str
    units: FloatArray
    trades: FloatArray
    cvar_before: float
    cvar_after: float
    relaxed: float
    expected_cost: float
    cash: float
    optimum: Optimum | None = None

    @property
    def lots_loss(self) -> float:
        """Return the CVaR that whole lots cost, USD."""
        return self.cvar_after - self.relaxed


def answer(problem: Problem, least_gain: float = LEAST_GAIN) -> Answer:
    """Return the trades of a programme, or a named reason for none.

    Parameters
    ----------
    least_gain : share of the CVaR of now that trades must take off, >= 0.

    Raises
    ------
    NoConvergence : the solver ends without an optimum.
    """
    before = cvar(problem.profit(problem.held))
    if not problem.exposure.any() and not problem.held.any():
        return _nothing(problem, Verdict.NO_EXPOSURE, "no scenario moves the book", before)
    low, high = problem.bounds
    if not (high > low).any():
        return _nothing(problem, Verdict.NOTHING_LISTED, "no listed instrument may be bought or sold", before)
    best = least_cvar(problem)
    units = whole_lots(problem, best.units)
    after = cvar(problem.profit(units))
    may_stay = problem.allows(problem.held)
    if may_stay and (before - after <= least_gain * abs(before) or not (units != problem.held).any()):
        gained = f"the best trades would take {before - after:,.0f} USD off a CVaR95 of {before:,.0f}"
        kind = Verdict.HOLD if problem.held.any() else Verdict.NOT_WORTH_A_TRADE
        return _nothing(problem, kind, gained, before, best)
    return Answer(
        Verdict.TRADE, _reason(before, after, best, may_stay), units, np.round(units - problem.held, 10), before, after,
        best.cvar, problem.expected_cost(units), problem.tied_up(units), best,
    )  # fmt: skip


def whole_lots(problem: Problem, wanted: FloatArray) -> FloatArray:
    """Return whole lots near what is wanted that keep every limit.

    Each holding is rounded to the nearest lot; then, while a limit is exceeded, the lot moves that comes back to it at
    the least CVaR; then lots move while one lowers CVaR within the limits. Where that finds nothing allowed, what is
    held stays, or where it may not, all of it goes.
    """
    low, high = problem.bounds
    lots = np.round((wanted - problem.held) / problem.lot)
    units = problem.held + lots * problem.lot
    units = np.where((units < low - 1e-9) | (units > high + 1e-9), problem.held + np.trunc(lots) * problem.lot, units)
    units = np.clip(units, low, high)
    near = np.flatnonzero(np.abs(wanted - problem.held) > 1e-9)
    for _ in range(PASSES):
        if problem.allows(units):
            break
        closer = _closer(problem, units, near)
        if closer is None:
            break
        units = closer
    if not problem.allows(units):
        return problem.held.copy() if problem.allows(problem.held) else np.zeros_like(units)
    least = cvar(problem.profit(units))
    for _ in range(PASSES):
        best, reached = _lower(problem, units, near)
        if not reached < least - LEAST_STEP * abs(least):
            break
        units, least = best, reached
    return np.asarray(np.round(units, 10))


class _Step(NamedTuple):
    """One lot more or less of each of some rows: rows, lots, and cash, expected cost and CVaR after it, shape (m,)."""

    rows: npt.NDArray[np.intp]
    lots: FloatArray
    cash: FloatArray
    cost: FloatArray
    cvar: FloatArray

    def after(self, units: FloatArray, number: int) -> FloatArray:
        """Return the units after one of them."""
        moved = units.copy()
        moved[self.rows[number]] += self.lots[number]
        return moved


def _every_step(problem: Problem, units: FloatArray, near: npt.NDArray[np.intp]) -> _Step:
    """Return a lot up and a lot down of each row, those outside its bounds left out."""
    rows = np.concatenate([near, near])
    lots = np.concatenate([problem.lot[near], -problem.lot[near]])
    low, high = problem.bounds
    then = units[rows] + lots
    inside = (then >= low[rows] - ROUNDING) & (then <= high[rows] + ROUNDING)
    rows, lots, then = rows[inside], lots[inside], then[inside]
    trading = _trading(problem, rows, then) - _trading(problem, rows, units[rows])
    decay = problem.decay[rows] * (np.abs(then) - np.abs(units[rows]))
    profits = problem.profit(units) + (problem.gains[:, rows] * lots - trading).T
    tail = math.ceil(TAIL_SHARE * len(problem.exposure))
    return _Step(
        rows, lots, problem.tied_up(units) + problem.cash[rows] * lots, problem.expected_cost(units) + decay + trading,
        -np.partition(profits, tail - 1, axis=1)[:, :tail].mean(axis=1),
    )  # fmt: skip


def _closer(problem: Problem, units: FloatArray, near: npt.NDArray[np.intp]) -> FloatArray | None:
    """Return the units after the lot that comes back to the limits at the least CVaR; None where none comes closer."""
    step = _every_step(problem, units, near)
    most_cash, most_cost = problem.limits
    now = max(problem.tied_up(units) - most_cash, 0.0) + max(problem.expected_cost(units) - most_cost, 0.0)
    gained = now - np.maximum(step.cash - most_cash, 0.0) - np.maximum(step.cost - most_cost, 0.0)
    useful = np.flatnonzero(gained > ROUNDING * max(now, 1.0))
    if not len(useful):
        return None
    price = (step.cvar - cvar(problem.profit(units)))[useful] / gained[useful]
    return step.after(units, int(useful[np.argmin(price)]))


def _lower(problem: Problem, units: FloatArray, near: npt.NDArray[np.intp]) -> tuple[FloatArray, float]:
    """Return the units after the lot within the limits that leaves the least CVaR, and that CVaR."""
    step = _every_step(problem, units, near)
    most_cash, most_cost = problem.limits
    allowed = np.flatnonzero((step.cash <= most_cash + ROUNDING) & (step.cost <= most_cost + ROUNDING))
    if not len(allowed):
        return units, math.inf
    best = int(allowed[np.argmin(step.cvar[allowed])])
    return step.after(units, best), float(step.cvar[best])


def _trading(problem: Problem, rows: npt.NDArray[np.intp], units: FloatArray) -> FloatArray:
    """Return what the trades of each of some instruments to its units cost, USD."""
    change = units - problem.held[rows]
    bought, sold = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    return np.asarray(problem.buy_cost[rows] * bought + problem.sell_cost[rows] * sold)


def _reason(before: float, after: float, best: Optimum, may_stay: bool) -> str:
    parts = [] if may_stay else ["what is held is beyond the limits"]
    parts += [f"CVaR95 from {before:,.0f} to {after:,.0f} USD"]
    for name, price in (("cash", best.cash_price), ("expected cost", best.cost_price)):
        if price > 1e-6:
            parts.append(f"100 USD more of {name} would take {100.0 * price:,.0f} USD off")
    return "; ".join(parts)


def _nothing(problem: Problem, verdict: Verdict, reason: str, before: float, best: Optimum | None = None) -> Answer:
    held = problem.held
    relaxed = before if best is None else best.cvar
    return Answer(
        verdict, reason, held.copy(), np.zeros_like(held), before, before, relaxed, problem.expected_cost(held),
        problem.tied_up(held), best,
    )  # fmt: skip
