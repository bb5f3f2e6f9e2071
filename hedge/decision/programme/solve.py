"""The least CVaR within limits, as a linear programme (Rockafellar, Uryasev), solved by HiGHS on the tail alone.

With b and s bought and sold of what is held, x = held + b - s, and per scenario

    profit = exposure + gains x - buy_cost b - sell_cost s
    CVaR   = min over a of  a + (1 / k) sum max(-profit - a, 0),     k = worst 5 % of scenarios
    least    max(CVaR, target) + COST_WEIGHT x expected cost

is linear once each max is a variable z >= -profit - a. Above the target the tail is what counts; below it only what it
costs, so that of all hedges that reach the target the cheapest is taken. Only scenarios whose loss comes above a need
their z: the programme starts with the worst of today, solves, adds those that now lie above a, and ends where none
does. That is the optimum of the full programme, not an estimate: a scenario below a adds nothing to it.

Source: Rockafellar, Uryasev, "Optimization of conditional value-at-risk", 2000; rows as needed: Kunzi-Bay, Mayer, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import OptimizeResult, linprog

from hedge.errors import BadInput, NoConvergence
from hedge.instruments.leg import ROUNDING
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar

ROUNDS: Final = 60
"""Rounds of rows; four to eight are usual, and the count of scenarios bounds them in any case."""
FIRST_ROWS: Final = 2
"""Worst scenarios that the first round holds and that a round may add, in multiples of the tail."""
ABOVE: Final = 1e-7
"""Share of the scale by which a loss must lie above the VaR to be a row: HiGHS' own tolerance."""
COST_WEIGHT: Final = 1e-3
"""USD of CVaR95 that a USD of expected cost weighs: it chooses among hedges that leave the same tail."""

CASH, COST, TURNOVER = "cash", "expected cost in 30 days", "turnover"


@dataclass(frozen=True, eq=False)
class Limit:
    """State one limit: hold x + buy b + sell s <= most, in USD; x, b and s in units, shape (n,) each.

    Parameters
    ----------
    name : as people read it. key : the governed key that sets it, empty where none does. asset : whose own ledger that
    key is of, empty for the main one.
    """

    name: str
    most: float
    hold: FloatArray
    buy: FloatArray
    sell: FloatArray
    key: str = ""
    asset: str = ""

    def used(self, units: FloatArray, held: FloatArray) -> float:
        """Return what these units use of it, coming from what is held."""
        change = units - held
        trades = self.buy @ np.maximum(change, 0.0) + self.sell @ np.maximum(-change, 0.0)
        return float(self.hold @ units + trades)


@dataclass(frozen=True, eq=False)
class Problem:
    """State one programme: s scenarios, n instruments, USD and units.

    Parameters
    ----------
    exposure : profit of the book against its benchmark, shape (s,). gains : of one unit, (s, n), from its mark.
    buy_cost, sell_cost : lost at once against the mark, (n,), >= 0. cash : that one unit ties up, (n,), >= 0.
    decay : expected loss of holding one unit over the horizon, (n,), below 0 for an income. held, low, high, lot :
        units, (n,); what is held beyond low and high may stay and be brought back.
    limits : what is used of each stays within its most, or within what is held where that is more, so that doing
        nothing is always allowed. target : CVaR below which only cost counts, USD, >= 0.

    Raises
    ------
    BadInput : shapes that do not fit, a number that is not finite (limits apart), or a negative cost.
    """

    exposure: FloatArray
    gains: FloatArray
    buy_cost: FloatArray
    sell_cost: FloatArray
    cash: FloatArray
    decay: FloatArray
    held: FloatArray
    low: FloatArray
    high: FloatArray
    lot: FloatArray
    limits: tuple[Limit, ...] = ()
    target: float = 0.0

    def __post_init__(self) -> None:
        if self.gains.shape != (len(self.exposure), len(self.held)):
            raise BadInput("gains", self.gains.shape, f"must be {(len(self.exposure), len(self.held))}")
        for name in ("exposure", "gains", "buy_cost", "sell_cost", "cash", "decay", "held", "low", "high", "lot"):
            if not np.isfinite(getattr(self, name)).all():
                raise BadInput(name, "a number", "must be finite")
        for name in ("buy_cost", "sell_cost", "cash"):
            if (getattr(self, name) < 0.0).any():
                raise BadInput(name, float(np.min(getattr(self, name))), "must be >= 0")
        for limit in self.limits:
            if math.isnan(limit.most):
                raise BadInput(limit.name, limit.most, "must be known")
        if not 0.0 <= self.target < math.inf:
            raise BadInput("target", self.target, "must be finite and >= 0")

    @cached_property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Return the least and most units of each instrument, what is held always among them."""
        return np.minimum(self.low, self.held), np.maximum(self.high, self.held)

    @cached_property
    def binding(self) -> tuple[Limit, ...]:
        """Return the limits that are finite, each widened to what is held."""
        finite = (limit for limit in self.limits if math.isfinite(limit.most))
        return tuple(replace(limit, most=max(limit.most, limit.used(self.held, self.held))) for limit in finite)

    @cached_property
    def cost_row(self) -> Limit:
        """Return expected cost as a row: decay of what is held, on the side that it is held, and cost of trading."""
        sign = np.where(self.low < 0.0, -1.0, 1.0)  # what costs time is held on one side only: |x| is linear
        return Limit(COST, math.inf, sign * self.decay, self.buy_cost, self.sell_cost)

    def profit(self, units: FloatArray) -> FloatArray:
        """Return the profit of the book with these units, trades paid, shape (s,)."""
        return np.asarray(self.exposure + self.gains @ units - self.trading_cost(units))

    def trading_cost(self, units: FloatArray) -> float:
        """Return what the trades to these units cost, USD."""
        change = units - self.held
        return float(self.buy_cost @ np.maximum(change, 0.0) + self.sell_cost @ np.maximum(-change, 0.0))

    def expected_cost(self, units: FloatArray) -> float:
        """Return decay and cost of the trades over the horizon, USD."""
        return self.cost_row.used(units, self.held)

    def tied_up(self, units: FloatArray) -> float:
        """Return the cash that these units cost at the quotes of now, USD."""
        return float(self.cash @ units)

    def allows(self, units: FloatArray, slack: float = ROUNDING) -> bool:
        """Tell whether units keep every limit, up to rounding."""
        low, high = self.bounds
        room = slack * float(np.max(np.abs(self.exposure), initial=1.0))
        inside = bool((units >= low - slack).all() and (units <= high + slack).all())
        return inside and all(limit.used(units, self.held) <= limit.most + room for limit in self.binding)

    def within(self, most: Mapping[str, float], target: float | None = None) -> Problem:
        """Return the problem with other limits by name, and another target."""
        limits = tuple(replace(limit, most=most.get(limit.name, limit.most)) for limit in self.limits)
        return replace(self, limits=limits, target=self.target if target is None else target)


@dataclass(frozen=True, eq=False)
class Optimum:
    """Hold what the programme would hold if lots were nothing.

    Parameters
    ----------
    units : shape (n,). cvar : USD. prices : by name of a limit, by how much one USD more of it lowers CVaR; 0 where it
        does not bind. target_price : USD of expected cost that a USD less of target would cost; 0 where it does not
        bind. rounds, rows : that it took. last : the scenarios of the last round, to begin a like problem with.
    """

    units: FloatArray
    cvar: float
    prices: Mapping[str, float]
    target_price: float
    rounds: int
    last: npt.NDArray[np.intp]

    @property
    def rows(self) -> int:
        """Return how many scenarios the last round held."""
        return len(self.last)


def least_cvar(problem: Problem, whole: bool = False, first: npt.NDArray[np.intp] | None = None) -> Optimum:
    """Solve a programme.

    Parameters
    ----------
    whole : with a row for every scenario from the first round on, to compare. first : scenarios to begin with, of a
        like problem; they change how long it takes and not what is found.

    Raises
    ------
    NoConvergence : HiGHS ends without an optimum; no limits are infeasible, as what is held keeps them.
    """
    tail = math.ceil(TAIL_SHARE * len(problem.exposure))
    losses = -problem.profit(problem.held)
    rows = np.arange(len(losses)) if whole else np.sort(np.argsort(-losses, kind="stable")[: FIRST_ROWS * tail])
    if first is not None and not whole:
        rows = np.union1d(rows, first)
    programme = _Programme(problem, tail)
    for number in range(1, ROUNDS + 1):
        units, level, found = programme.solve(rows)
        losses = -problem.profit(units)
        above = np.flatnonzero(losses > level + ABOVE * programme.scale)
        new = np.setdiff1d(above, rows, assume_unique=True)
        if not len(new):
            prices, target_price = programme.prices(found)
            return Optimum(units, cvar(-losses), prices, target_price, number, rows)
        worst = new[np.argsort(-losses[new], kind="stable")[: FIRST_ROWS * tail]]
        rows = np.union1d(rows, worst)
    raise NoConvergence("the programme's rows", float(len(new)), 0.0)


class _Programme:
    """The matrices of a problem; variables: shares of each instrument's room bought and sold, t, a, and the z."""

    def __init__(self, problem: Problem, tail: int) -> None:
        self.problem, self.tail = problem, tail
        low, high = problem.bounds
        self.buys, self.sells = np.flatnonzero(high > problem.held), np.flatnonzero(problem.held > low)
        self.room = np.concatenate([(high - problem.held)[self.buys], (problem.held - low)[self.sells]])
        self.scale = float(np.max(np.abs(problem.profit(problem.held)), initial=0.0)) or 1.0
        self.start = problem.profit(problem.held) / self.scale
        bought = problem.gains[:, self.buys] - problem.buy_cost[self.buys]
        sold = -problem.gains[:, self.sells] - problem.sell_cost[self.sells]
        self.pay = np.hstack([bought, sold]) * self.room / self.scale
        self.limits = np.stack([self._row(limit) for limit in problem.binding]) if problem.binding else None
        used = [limit.used(problem.held, problem.held) for limit in problem.binding]
        self.most = (np.array([limit.most for limit in problem.binding]) - np.array(used)) / self.scale

    def _row(self, limit: Limit) -> FloatArray:
        """Return what each variable uses of a limit beside what is held, over the scale."""
        bought, sold = (limit.hold + limit.buy)[self.buys], (limit.sell - limit.hold)[self.sells]
        return np.asarray(np.concatenate([bought, sold]) * self.room / self.scale)

    def solve(self, rows: npt.NDArray[np.intp]) -> tuple[FloatArray, float, OptimizeResult]:
        """Return units, VaR and HiGHS' answer with these scenarios alone."""
        count, width, tail = len(rows), len(self.room), np.full((1, len(rows)), 1.0 / self.tail)
        scenarios = sparse.hstack(
            [-self.pay[rows], np.zeros((count, 1)), np.full((count, 1), -1.0), -sparse.eye(count)], format="csr"
        )
        above = sparse.hstack([sparse.csr_matrix((1, width)), [[-1.0]], [[1.0]], tail], format="csr")  # CVaR - t <= 0
        blocks, most = [scenarios, above], [self.start[rows], np.zeros(1)]
        if self.limits is not None:
            blocks.append(sparse.hstack([self.limits, sparse.csr_matrix((len(self.most), 2 + count))], format="csr"))
            most.append(self.most)
        bounds = np.zeros((width + 2 + count, 2))
        bounds[:width, 1], bounds[width] = 1.0, (self.problem.target / self.scale, np.inf)
        bounds[width + 1], bounds[width + 2 :, 1] = (-np.inf, np.inf), np.inf
        found = linprog(
            np.concatenate([COST_WEIGHT * self._row(self.problem.cost_row), [1.0, 0.0], np.zeros(count)]),
            A_ub=sparse.vstack(blocks, format="csr"),
            b_ub=np.concatenate(most),
            bounds=bounds,
            method="highs",
            options={"presolve": False},  # it finds nothing to take out, and takes as long as the solution
        )
        if found.x is None or found.status != 0:
            raise NoConvergence("the programme", float(found.status), 0.0)
        traded = np.clip(found.x[:width], 0.0, 1.0) * self.room
        units = self.problem.held.copy()
        np.add.at(units, self.buys, traded[: len(self.buys)])
        np.subtract.at(units, self.sells, traded[len(self.buys) :])
        return units, float(found.x[width + 1]) * self.scale, found

    def prices(self, found: OptimizeResult) -> tuple[dict[str, float], float]:
        """Return by how much one USD more of each limit lowers CVaR, and what a USD less of target would cost."""
        names = [limit.name for limit in self.problem.binding]
        duals = -np.asarray(found.ineqlin.marginals)[-len(names) :] if names else np.zeros(0)
        at_target = float(found.lower.marginals[len(self.room)])
        cost = max((1.0 - at_target) / COST_WEIGHT, 0.0) if at_target > ABOVE else 0.0
        return {name: max(float(dual), 0.0) for name, dual in zip(names, duals, strict=True)}, cost
