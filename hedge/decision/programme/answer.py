"""The answer: whole lots near the optimum, or why nothing is traded, with the price of each limit that binds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hedge.decision.programme.solve import COST_WEIGHT, Optimum, Problem, least_cvar
from hedge.instruments.leg import ROUNDING
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar

LEAST_GAIN: Final = 0.01
"""Share of today's CVaR that trades must take off it to be worth anyone's while, where no key says otherwise."""
PASSES: Final = 200
"""Lots that the repair may take out, and put in."""
FINE: Final = (1.0, 10.0, 100.0, 1000.0)
"""Lots that one step of the repair may move of an instrument with fine lots, such as a perpetual."""
AIMS: Final = (1.5, 4.0)
"""How far below a target that lots miss another programme aims, in multiples of what they miss."""
CLOSER: Final = 0.1
"""Share of what is beyond the limits that one step of the repair comes back, where any does."""
LEAST_STEP: Final = 1e-6
"""Share of CVaR that a lot must take off it for the repair to go on."""
LEAST_PRICE: Final = 0.01
"""USD of CVaR per USD of a limit from which on it is said to bind."""


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
    expected_cost : over the horizon. cash : that the units tie up. prices : by name of each limit, by how much one USD
        more of it lowers CVaR. optimum : None where none was looked for.
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

    @property
    def prices(self) -> Mapping[str, float]:
        """Return the price of each limit; empty where no optimum was looked for."""
        return self.optimum.prices if self.optimum else {}


def answer(problem: Problem, least_gain: float = LEAST_GAIN, first: npt.NDArray[np.intp] | None = None) -> Answer:
    """Return the trades of a programme, or a named reason for none.

    Parameters
    ----------
    least_gain : share of the CVaR of now that trades must take off, >= 0; where the target is reached already, that
        they must save of expected cost. first : as in `least_cvar`.

    Raises
    ------
    NoConvergence : the solver ends without an optimum.
    """
    before = cvar(problem.profit(problem.held))
    if not problem.exposure.any() and not problem.held.any():
        return _nothing(problem, Verdict.NO_EXPOSURE, "no scenario moves the book", before)
    low, high = problem.bounds
    if not (high > low).any():
        why = "nothing listed is inside the bands, or one lot of it is more than the book"
        return _nothing(problem, Verdict.NOTHING_LISTED, why, before)
    best = least_cvar(problem, first=first)
    units = _lots_at_target(problem, best)
    after = cvar(problem.profit(units))
    gain, least = _gain(problem, units, before, after, least_gain)
    if gain <= least or not (units != problem.held).any():
        kind = Verdict.HOLD if problem.held.any() else Verdict.NOT_WORTH_A_TRADE
        return _nothing(problem, kind, _why_not(problem, before, after, least), before, best)
    return Answer(
        Verdict.TRADE, _reason(before, after, best), units, np.round(units - problem.held, 10), before, after,
        best.cvar, problem.expected_cost(units), problem.tied_up(units), best,
    )  # fmt: skip


def _gain(problem: Problem, units: FloatArray, before: float, after: float, share: float) -> tuple[float, float]:
    """Return what trades gain and the least that is worth one: CVaR above the target, expected cost below it."""
    if before > problem.target:
        return before - max(after, problem.target), share * abs(before)
    saved = problem.expected_cost(problem.held) - problem.expected_cost(units)
    return saved, share * abs(before)


def _why_not(problem: Problem, before: float, after: float, least: float) -> str:
    if before <= problem.target:
        return f"CVaR95 of {before:,.0f} USD is within the target of {problem.target:,.0f}"
    return (
        f"the best trades would take {before - after:,.0f} USD off a CVaR95 of {before:,.0f}, "
        f"{least:,.0f} would be worth them"
    )


def _lots_at_target(problem: Problem, best: Optimum) -> FloatArray:
    """Return whole lots of the optimum; where they miss a target that it meets, those of one that aims below it."""
    units = whole_lots(problem, best.units)
    for share in AIMS:
        missed = cvar(problem.profit(units)) - problem.target
        if missed <= 0.0 or best.cvar > problem.target * (1.0 + 1e-6):
            break
        aim = least_cvar(problem.within({}, max(problem.target - share * missed, 0.0)), first=best.last)
        tried = whole_lots(problem, aim.units)
        if cvar(problem.profit(tried)) < missed + problem.target:
            units = tried
    return units


def whole_lots(problem: Problem, wanted: FloatArray) -> FloatArray:
    """Return whole lots near what is wanted that keep every limit.

    Each holding is rounded to the nearest lot; then, while a limit is exceeded, the lot moves that comes back to it at
    the least CVaR; then lots move while one lowers the objective within the limits. Where that finds nothing allowed,
    what is held stays.
    """
    low, high = problem.bounds
    exact = (wanted - problem.held) / problem.lot
    lots = np.round(exact)
    units = problem.held + lots * problem.lot
    units = np.where((units < low - 1e-9) | (units > high + 1e-9), problem.held + np.trunc(exact) * problem.lot, units)
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
        units = problem.held + np.trunc((wanted - problem.held) / problem.lot) * problem.lot
    if not problem.allows(units):
        return problem.held.copy()
    least = float(_objective(problem, cvar(problem.profit(units)), problem.expected_cost(units)))
    for _ in range(PASSES):
        best, reached = _lower(problem, units, near)
        if not reached < least - LEAST_STEP * abs(least):
            break
        units, least = best, reached
    return np.asarray(np.round(units, 10))


def _objective(problem: Problem, tail: FloatArray | float, cost: FloatArray | float) -> FloatArray:
    return np.asarray(np.maximum(tail, problem.target) + COST_WEIGHT * np.asarray(cost))


class _Step(NamedTuple):
    """One lot more or less of each of some rows: rows, lots, what is then used of each limit, and the objective."""

    rows: npt.NDArray[np.intp]
    lots: FloatArray
    used: FloatArray
    objective: FloatArray

    def after(self, units: FloatArray, number: int) -> FloatArray:
        """Return the units after one of them."""
        moved = units.copy()
        moved[self.rows[number]] += self.lots[number]
        return moved


def _every_step(problem: Problem, units: FloatArray, near: npt.NDArray[np.intp]) -> _Step:
    """Return a lot up and a lot down of each row, those outside its bounds left out; of a fine one ten, a hundred and
    a thousand too, as long as they are not more than the coarsest lot."""
    coarsest = np.max(problem.lot[near], initial=0.0) * (1.0 + ROUNDING)
    steps = [(near[fits], problem.lot[near][fits] * many)
             for many in FINE if (fits := problem.lot[near] * many <= coarsest).any()]  # fmt: skip
    rows = np.concatenate([row for row, _ in steps for _ in range(2)]) if steps else near
    lots = np.concatenate([sign * lot for _, lot in steps for sign in (1.0, -1.0)]) if steps else problem.lot[near]
    low, high = problem.bounds
    then = units[rows] + lots
    inside = (then >= low[rows] - ROUNDING) & (then <= high[rows] + ROUNDING)
    rows, lots, then = rows[inside], lots[inside], then[inside]
    change, now = then - problem.held[rows], units[rows] - problem.held[rows]
    bought = np.maximum(change, 0.0) - np.maximum(now, 0.0)
    sold = np.maximum(-change, 0.0) - np.maximum(-now, 0.0)
    trading = problem.buy_cost[rows] * bought + problem.sell_cost[rows] * sold
    profits = problem.profit(units) + (problem.gains[:, rows] * lots - trading).T
    tail = math.ceil(TAIL_SHARE * len(problem.exposure))
    after = -np.partition(profits, tail - 1, axis=1)[:, :tail].mean(axis=1) if len(rows) else np.zeros(0)
    used = [
        limit.used(units, problem.held) + limit.hold[rows] * lots + limit.buy[rows] * bought + limit.sell[rows] * sold
        for limit in problem.binding
    ]
    cost = problem.cost_row
    costs = problem.expected_cost(units) + cost.hold[rows] * lots + trading
    return _Step(rows, lots, np.array(used).reshape(len(used), len(rows)), _objective(problem, after, costs))


def _beyond(problem: Problem, used: FloatArray) -> FloatArray:
    """Return by how much limits are exceeded in all, as shares of the exposure's size, shape of the last axis."""
    most = np.array([limit.most for limit in problem.binding])
    return np.asarray(np.maximum((used.T - most).T, 0.0).sum(axis=0))


def _closer(problem: Problem, units: FloatArray, near: npt.NDArray[np.intp]) -> FloatArray | None:
    """Return the units after the lot that comes back to the limits at the least CVaR; None where none comes closer."""
    step = _every_step(problem, units, near)
    now = float(_beyond(problem, np.array([limit.used(units, problem.held) for limit in problem.binding])))
    gained = now - _beyond(problem, step.used)
    # A fine lot that lowers the objective has the best price and hardly comes closer: each step must come a part of it.
    worth = min(CLOSER * now, float(np.max(gained, initial=0.0)))
    useful = np.flatnonzero((gained > ROUNDING * max(now, 1.0)) & (gained >= worth))
    if not len(useful):
        return None
    start = float(_objective(problem, cvar(problem.profit(units)), problem.expected_cost(units)))
    price = (step.objective - start)[useful] / gained[useful]
    return step.after(units, int(useful[np.argmin(price)]))


def _lower(problem: Problem, units: FloatArray, near: npt.NDArray[np.intp]) -> tuple[FloatArray, float]:
    """Return the units after the lot within the limits that leaves the least objective, and that."""
    step = _every_step(problem, units, near)
    allowed = np.flatnonzero(_beyond(problem, step.used) <= ROUNDING)
    if not len(allowed):
        return units, math.inf
    best = int(allowed[np.argmin(step.objective[allowed])])
    return step.after(units, best), float(step.objective[best])


def _reason(before: float, after: float, best: Optimum) -> str:
    parts = [f"CVaR95 from {before:,.0f} to {after:,.0f} USD"]
    for name, price in best.prices.items():
        if price > LEAST_PRICE:
            parts.append(f"100 USD more of {name} would take {100.0 * price:,.0f} USD off")
    if best.target_price > 0.0:
        parts.append(f"100 USD less of target would cost {100.0 * best.target_price:,.1f} USD more")
    return "; ".join(parts)


def _nothing(problem: Problem, verdict: Verdict, reason: str, before: float, best: Optimum | None = None) -> Answer:
    held = problem.held
    relaxed = before if best is None else best.cvar
    return Answer(
        verdict, reason, held.copy(), np.zeros_like(held), before, before, relaxed, problem.expected_cost(held),
        problem.tied_up(held), best,
    )  # fmt: skip
