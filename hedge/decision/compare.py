"""The plan beside its benchmarks, and the frontier: what is left of the tail for each budget of expected cost.

Every row is measured in the programme's own scenarios, options re-marked on their smiles. What a hedge costs:

cash      paid now at executable quotes, or tied up; little of it is lost where options live on.
expected  what the scenarios' mean takes off the marks until the horizon, and the cost of trading: spread, fees, decay.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from hedge.decision.benchmarks import BenchmarkHedge
from hedge.decision.programme.answer import Answer
from hedge.decision.programme.goal import MONTH
from hedge.decision.programme.pose import Posed
from hedge.decision.programme.revalue import Smiles, values_at
from hedge.decision.programme.solve import COST, Optimum, Problem, least_cvar
from hedge.instruments.contract import Contract
from hedge.instruments.leg import Leg
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.perpetual import PerpetualLeg
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar
from hedge.units import json_number

SHARES: Final = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Budgets of the frontier, as shares of the governed one."""


@dataclass(frozen=True)
class Alternative:
    """Hold one way to hedge the book and its measures.

    Parameters
    ----------
    name : unhedged, held, delta, strip, strip and delta, plan. legs : how many.
    cash_usd, expected_cost_30d_usd : see the module; the second scaled to 30 days.
    cvar_usd : CVaR95 at the horizon with the hedge. cvar_removed_usd : unhedged minus that; negative where it adds.
    variance_removed : share of the unhedged variance; NaN where that is 0. reason : what it is made of.
    """

    name: str
    legs: int
    cash_usd: float
    expected_cost_30d_usd: float
    cvar_usd: float
    cvar_removed_usd: float
    variance_removed: float
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class FrontierPoint:
    """Hold the least CVaR95 that a budget of expected cost in 30 days reaches, lots aside; all in USD."""

    cost_budget_30d_usd: float
    expected_cost_30d_usd: float
    cash_usd: float
    cvar_usd: float


@dataclass(frozen=True)
class Comparison:
    """Hold every alternative, unhedged first and the plan last, and the frontier in order of its budgets."""

    alternatives: tuple[Alternative, ...] = ()
    frontier: tuple[FrontierPoint, ...] = ()

    def __getitem__(self, name: str) -> Alternative:
        """Return one alternative by name."""
        return next(alternative for alternative in self.alternatives if alternative.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {
            "alternatives": [alternative.to_dict() for alternative in self.alternatives],
            "frontier": [asdict(point) for point in self.frontier],
        }


def compare(
    posed: Posed,
    answer: Answer,
    benchmarks: Mapping[str, Mapping[str, BenchmarkHedge]],
    chains: Mapping[str, OptionChain],
) -> Comparison:
    """Measure the plan and its benchmarks on the same scenarios.

    Parameters
    ----------
    benchmarks : of `benchmark_hedges`. chains : by asset, which list their legs.
    """
    problem = posed.problem
    nothing = np.zeros_like(problem.held)
    rows = [_row(posed, "unhedged", problem.exposure, 0, 0.0, 0.0, "the LP alone")]
    if not posed.held.empty:
        profit, cost = problem.profit(problem.held), problem.expected_cost(problem.held)
        count = int(np.count_nonzero(problem.held))
        rows.append(_row(posed, "held", profit, count, problem.tied_up(problem.held), cost, "what is held, untouched"))
    for names in (("delta",), ("strip",), ("strip", "delta")):
        legs = tuple(leg for name in names for hedge in benchmarks[name].values() for leg in hedge.legs)
        words = "; ".join(f"{asset}: {hedge.reason}" for asset, hedge in benchmarks[names[0]].items())
        gained = _gained(posed, legs, chains)
        cash, cost = math.fsum(leg.cost_usd for leg in legs), -float(np.mean(gained))
        label = " and ".join(names)
        why = words if len(names) == 1 else "both of the above"
        rows.append(_row(posed, label, problem.exposure + gained, len(legs), cash, cost, why))
    count = int(np.count_nonzero(answer.units))
    why = "what the programme holds from now on"
    profit = problem.profit(answer.units)
    rows.append(_row(posed, "plan", profit, count, problem.tied_up(answer.units), answer.expected_cost, why))
    return Comparison(tuple(rows), _frontier(posed, answer) if len(nothing) else ())


def _row(posed: Posed, name: str, profit: FloatArray, legs: int, cash: float, cost: float, reason: str) -> Alternative:
    exposure = posed.problem.exposure
    variance = float(np.var(exposure))
    removed = 1.0 - float(np.var(profit)) / variance if variance > 0.0 else math.nan
    left = cvar(profit)
    month = cost * MONTH / posed.goal.horizon_days
    return Alternative(name, legs, cash, month, left, cvar(exposure) - left, removed, reason)


def _gained(posed: Posed, legs: Sequence[Leg], chains: Mapping[str, OptionChain]) -> FloatArray:
    """Return what legs bought at executable quotes gain in each scenario, shape (s,)."""
    scenarios = posed.drawn.scenarios
    total = np.zeros_like(posed.problem.exposure)
    for asset, chain in chains.items():
        listing = Listing.of_chain(chain, {})
        place = {contract: row for row, contract in enumerate(listing.contracts())}
        own = [leg for leg in legs if leg.underlying == asset and not isinstance(leg, PerpetualLeg)]
        rows = np.array([place[Contract.of(leg)] for leg in own], dtype=np.intp)
        if len(rows):
            smiles = posed.sides[asset].smiles if asset in posed.sides else Smiles.of(listing)
            held = np.array([leg.quantity for leg in own])
            total += values_at(listing.take(rows), smiles, scenarios) @ held - math.fsum(leg.cost_usd for leg in own)
    for leg in legs:
        if isinstance(leg, PerpetualLeg):
            total += leg.payoff(scenarios.spots[leg.underlying]) - leg.cost_usd
    return total


def _frontier(posed: Posed, answer: Answer) -> tuple[FrontierPoint, ...]:
    """Return the least CVaR95 for budgets of expected cost, whatever the target."""
    problem, month = posed.problem, MONTH / posed.goal.horizon_days
    most = next((limit.most for limit in problem.limits if limit.name == COST), math.inf)
    if answer.optimum is None or not math.isfinite(most):
        return ()
    found: list[FrontierPoint] = []
    optimum: Optimum | None = None
    for share in SHARES:
        if share == 0.0 and posed.held.empty:  # nothing costs nothing: no programme is asked
            found.append(FrontierPoint(0.0, 0.0, 0.0, cvar(problem.exposure)))
            continue
        if optimum is None or optimum.prices.get(COST, 0.0) > 0.0:  # else more of it changes nothing
            optimum = least_cvar(problem.within({COST: share * most}, target=0.0), first=answer.optimum.last)
        cost, cash = problem.expected_cost(optimum.units), problem.tied_up(optimum.units)
        found.append(FrontierPoint(share * most, cost * month, cash, optimum.cvar))
    return tuple(found)


def cheapest_reach(problem: Problem, first: Optimum | None) -> Optimum | None:
    """Return the cheapest holdings that reach the target with no budget; None where nothing listed reaches it."""
    free = {limit.name: math.inf for limit in problem.limits if limit.key.endswith(("BudgetBps", "PremiumCapBps"))}
    found = least_cvar(problem.within(free), first=first.last if first else None)
    return found if found.cvar <= problem.target * (1.0 + 1e-6) else None
