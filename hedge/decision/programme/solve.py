"""The least CVaR within limits, as a linear programme (Rockafellar, Uryasev), solved by HiGHS on the tail alone.

With b and s bought and sold of what is held, x = held + b - s, and per scenario

    profit = exposure + gains x - buy_cost b - sell_cost s
    CVaR   = min over a of  a + (1 / k) sum max(-profit - a, 0),     k = worst 5 % of scenarios

is linear once each max is a variable z >= -profit - a. Only scenarios whose loss comes above a need theirs: the
programme starts with the worst of today, solves, adds those that now lie above a, and ends where none does. That is the
optimum of the full programme, not an estimate: a scenario below a adds nothing to it.

Source: Rockafellar, Uryasev, "Optimization of conditional value-at-risk", 2000; rows as needed: Kunzi-Bay, Mayer, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class Problem:
    """State one programme: s scenarios, n instruments, USD and units.

    Parameters
    ----------
    exposure : profit of the book against its benchmark, shape (s,). gains : of one unit, (s, n), from its mark.
    buy_cost, sell_cost : lost at once against the mark, (n,), >= 0. cash : that one unit ties up, (n,), >= 0.
    decay : expected loss of holding one unit over the horizon, (n,), >= 0. held, low, high, lot : units, (n,);
        what is held beyond low and high may stay and be brought back.
    cash_usd : most cash in instruments. cost_usd : most expected cost over the horizon; both may be infinite.
    sell_down : whether what is held beyond a limit is sold down to it (then selling everything is allowed, whatever it
        costs); else it may stay and not grow, so that doing nothing is always allowed.

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
    cash_usd: float = math.inf
    cost_usd: float = math.inf
    sell_down: bool = False

    def __post_init__(self) -> None:
        if self.gains.shape != (len(self.exposure), len(self.held)):
            raise BadInput("gains", self.gains.shape, f"must be {(len(self.exposure), len(self.held))}")
        for name in ("exposure", "gains", "buy_cost", "sell_cost", "cash", "decay", "held", "low", "high", "lot"):
            if not np.isfinite(getattr(self, name)).all():
                raise BadInput(name, "a number", "must be finite")
        for name in ("buy_cost", "sell_cost", "cash", "decay"):
            if (getattr(self, name) < 0.0).any():
                raise BadInput(name, float(np.min(getattr(self, name))), "must be >= 0")
        for name in ("cash_usd", "cost_usd"):
            if not getattr(self, name) >= 0.0:
                raise BadInput(name, getattr(self, name), "must be known and >= 0")

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Return the least and most units of each instrument, what is held always among them."""
        return np.minimum(self.low, self.held), np.maximum(self.high, self.held)

    def profit(self, units: FloatArray) -> FloatArray:
        """Return the profit of the book with these units, trades paid, shape (s,)."""
        return np.asarray(self.exposure + self.gains @ units - self.trading_cost(units))

    def trading_cost(self, units: FloatArray) -> float:
        """Return what the trades to these units cost, USD."""
        change = units - self.held
        return float(self.buy_cost @ np.maximum(change, 0.0) + self.sell_cost @ np.maximum(-change, 0.0))

    def expected_cost(self, units: FloatArray) -> float:
        """Return decay and cost of the trades over the horizon, USD."""
        return float(self.decay @ np.abs(units)) + self.trading_cost(units)

    def tied_up(self, units: FloatArray) -> float:
        """Return the cash that these units cost at the quotes of now, USD."""
        return float(self.cash @ units)

    def allows(self, units: FloatArray, slack: float = ROUNDING) -> bool:
        """Tell whether units keep every limit, up to rounding."""
        low, high = self.bounds
        most_cash, most_cost = self.limits
        room = slack * float(np.max(np.abs(self.exposure), initial=1.0))
        inside = bool((units >= low - slack).all() and (units <= high + slack).all())
        return inside and self.tied_up(units) <= most_cash + room and self.expected_cost(units) <= most_cost + room

    @property
    def limits(self) -> tuple[float, float]:
        """Return the limits on cash and expected cost; what is held is within, or where it is sold down nothing is."""
        if not self.sell_down:
            return max(self.cash_usd, self.tied_up(self.held)), max(self.cost_usd, self.expected_cost(self.held))
        return self.cash_usd, max(self.cost_usd, self.trading_cost(np.zeros_like(self.held)))


@dataclass(frozen=True, eq=False)
class Optimum:
    """Hold what the programme would hold if lots were nothing.

    Parameters
    ----------
    units : shape (n,). cvar : USD. cash_price, cost_price : by how much one USD more of a limit lowers CVaR; 0 where it
        does not bind. rounds, rows : that it took.
    """

    units: FloatArray
    cvar: float
    cash_price: float
    cost_price: float
    rounds: int
    rows: int


def least_cvar(problem: Problem, whole: bool = False) -> Optimum:
    """Solve a programme.

    Parameters
    ----------
    whole : with a row for every scenario from the first round on, to compare.

    Raises
    ------
    NoConvergence : HiGHS ends without an optimum; no limits are infeasible, as what is held, or nothing, keeps them.
    """
    tail = math.ceil(TAIL_SHARE * len(problem.exposure))
    losses = -problem.profit(problem.held)
    rows = np.arange(len(losses)) if whole else np.sort(np.argsort(-losses, kind="stable")[: FIRST_ROWS * tail])
    programme = _Programme(problem, tail)
    for number in range(1, ROUNDS + 1):
        units, level, found = programme.solve(rows)
        losses = -problem.profit(units)
        above = np.flatnonzero(losses > level + ABOVE * programme.scale)
        new = np.setdiff1d(above, rows, assume_unique=True)
        if not len(new):
            cash_price, cost_price = programme.prices(found)
            return Optimum(units, cvar(-losses), cash_price, cost_price, number, len(rows))
        worst = new[np.argsort(-losses[new], kind="stable")[: FIRST_ROWS * tail]]
        rows = np.union1d(rows, worst)
    raise NoConvergence("the programme's rows", float(len(new)), 0.0)


class _Programme:
    """The matrices of a problem; variables are shares of each instrument's room bought and sold, a, and the z."""

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
        self.limits, self.most = self._limits()

    def _limits(self) -> tuple[FloatArray, FloatArray]:
        """Return the rows of cash and expected cost, and what they leave beside what is held, over the scale."""
        p = self.problem
        sign = np.where(p.low < 0.0, -1.0, 1.0)  # what costs time is held on one side only: |x| is linear
        cash = np.concatenate([p.cash[self.buys], -p.cash[self.sells]])
        cost = np.concatenate([(sign * p.decay + p.buy_cost)[self.buys], (-sign * p.decay + p.sell_cost)[self.sells]])
        used = np.array([p.tied_up(p.held), p.expected_cost(p.held)])
        return np.stack([cash, cost]) * self.room / self.scale, (np.array(p.limits) - used) / self.scale

    def solve(self, rows: npt.NDArray[np.intp]) -> tuple[FloatArray, float, OptimizeResult]:
        """Return units, VaR and HiGHS' answer with these scenarios alone."""
        count, width = len(rows), len(self.room)
        scenarios = sparse.hstack([-self.pay[rows], np.full((count, 1), -1.0), -sparse.eye(count)], format="csr")
        kept = np.isfinite(self.most)
        limits = sparse.hstack([self.limits[kept], sparse.csr_matrix((int(kept.sum()), 1 + count))], format="csr")
        bounds = np.zeros((width + 1 + count, 2))
        bounds[:width, 1], bounds[width], bounds[width + 1 :, 1] = 1.0, (-np.inf, np.inf), np.inf
        found = linprog(
            np.concatenate([np.zeros(width), [1.0], np.full(count, 1.0 / self.tail)]),
            A_ub=sparse.vstack([scenarios, limits], format="csr"),
            b_ub=np.concatenate([self.start[rows], self.most[kept]]),
            bounds=bounds,
            method="highs",
        )
        if found.x is None or found.status != 0:
            raise NoConvergence("the programme", float(found.status), 0.0)
        traded = np.clip(found.x[:width], 0.0, 1.0) * self.room
        units = self.problem.held.copy()
        np.add.at(units, self.buys, traded[: len(self.buys)])
        np.subtract.at(units, self.sells, traded[len(self.buys) :])
        return units, float(found.x[width]) * self.scale, found

    def prices(self, found: OptimizeResult) -> tuple[float, float]:
        """Return by how much one USD more of cash and of expected cost lowers CVaR."""
        kept = np.isfinite(self.most)
        duals = np.zeros(2)
        if kept.any():
            duals[kept] = -found.ineqlin.marginals[-int(kept.sum()) :]
        return float(duals[0]), float(duals[1])
