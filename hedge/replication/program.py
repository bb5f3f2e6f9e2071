"""The linear program behind a replication, with whole lots where asked; solved by HiGHS.

Let y and z be the quantities bought and sold, e = payoffs (y - z) - target the error at the nodes. Between two nodes
every option and the target stray below their chords by at most their gaps, so on the whole range

    -(e's chord) + gaps y   and   (e's chord) + target gap + gaps z

bound the error from below and above. The program minimises the larger one, which is linear in y and z: what it
reports holds at every price, not only at the nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from hedge.errors import BadInput
from hedge.numerics.arrays import BoolArray, FloatArray

Objective = Literal["worst", "mean", "cost"]
Status = Literal["optimal", "stopped", "infeasible", "unbounded"]

_WITHOUT_SOLUTION: dict[int, Status] = {2: "infeasible", 3: "unbounded"}


class Tradables(NamedTuple):
    """Hold what can be traded and what it pays: n nodes or scenarios, m options.

    payoffs (n, m) per unit; gaps (n - 1, m) between nodes, (0, m) for scenarios without order; ask and bid (m,), NaN
    where there is none; lot (m,) > 0; is_call (m,).
    """

    payoffs: FloatArray
    gaps: FloatArray
    ask: FloatArray
    bid: FloatArray
    lot: FloatArray
    is_call: BoolArray


@dataclass(frozen=True)
class Terms:
    """State what a replication may cost and what it is to minimise.

    Parameters
    ----------
    budget : most net premium paid, quote currency, >= 0; inf is no limit. 0 buys nothing unless signed.
    signed : options may be sold at the bid. Then calls and puts must each be bought at least as much as sold, so that
        losses stay bounded beyond the range.
    whole_lots : quantities are multiples of each option's lot.
    objective : "worst", the bound of the error; "mean", the mean absolute error at the nodes; "cost", the premium
        while the bound is at most the tolerance.
    tolerance : most bound, >= 0; for "worst" and "cost".
    cost_weight : what one unit of premium counts beside one of error, for "worst" and "mean": decides among equals.
    node_limit : branches that HiGHS may search for whole lots. A count, not a time: the result stays reproducible.
    gap : relative distance to the best possible at which the search may stop.
    """

    budget: float = np.inf
    signed: bool = False
    whole_lots: bool = True
    objective: Objective = "worst"
    tolerance: float = np.inf
    cost_weight: float = 1e-4
    node_limit: int = 500
    gap: float = 0.01

    def __post_init__(self) -> None:
        for name in ("budget", "tolerance", "cost_weight", "gap"):
            if not getattr(self, name) >= 0.0:
                raise BadInput(name, getattr(self, name), "must be known and >= 0")
        if self.objective == "cost" and np.isinf(self.tolerance):
            raise BadInput("tolerance", self.tolerance, "must be finite to minimise cost")


class Allocation(NamedTuple):
    """Hold quantities (m,), signed, in units; the premium they cost; and how the search ended."""

    quantities: FloatArray
    cost: float
    status: Status


def fit_payoffs(tradables: Tradables, target: FloatArray, target_gaps: FloatArray, terms: Terms) -> Allocation:
    """Choose the quantities whose pay-off comes nearest to the target's.

    Parameters
    ----------
    tradables : see there. target : (n,) at the same nodes or scenarios. target_gaps : (n - 1,), or empty for scenarios.

    Returns
    -------
    Allocation; nothing is held unless a solution was found. "stopped" with quantities is the best found.
    """
    scale = float(np.max(np.abs(target), initial=0.0)) or 1.0
    options = {"node_limit": terms.node_limit, "mip_rel_gap": terms.gap} if terms.whole_lots else {}
    found = milp(options=options, **_program(tradables, target / scale, target_gaps / scale, terms, scale))
    if found.x is None:
        return Allocation(np.zeros(tradables.lot.size), 0.0, _WITHOUT_SOLUTION.get(found.status, "stopped"))
    bought, sold = found.x[: tradables.lot.size], found.x[tradables.lot.size : 2 * tradables.lot.size]
    lots = bought - sold
    # Decimal multiples of a lot are written as an exchange reads them: 0.3, not 0.30000000000000004.
    quantities = np.round(np.round(lots) * tradables.lot, 10) if terms.whole_lots else lots * tradables.lot
    return Allocation(quantities, premium(tradables, quantities), "optimal" if found.status == 0 else "stopped")


def premium(tradables: Tradables, quantities: FloatArray) -> float:
    """Return what quantities cost at the ask where bought, less what they bring at the bid where sold."""
    paid = np.where(quantities > 0.0, tradables.ask, np.where(quantities < 0.0, tradables.bid, 0.0))
    return float(paid @ quantities)


def error_bound(tradables: Tradables, target: FloatArray, target_gaps: FloatArray, quantities: FloatArray) -> float:
    """Return the largest absolute error of quantities, between the nodes too, by the gaps of options and target."""
    error = tradables.payoffs @ quantities - target
    above, below = _above(tradables, target_gaps), _below(tradables)
    long, short = np.maximum(quantities, 0.0), np.maximum(-quantities, 0.0)
    return float(max(np.max(error + above + below @ short), np.max(-error + below @ long)))


def _node_gaps(gaps: FloatArray) -> FloatArray:
    """Return for each node the larger gap of the intervals beside it, (n, ...)."""
    edge = np.zeros((1, *gaps.shape[1:]))
    return np.asarray(np.maximum(np.concatenate([edge, gaps]), np.concatenate([gaps, edge])))


def _above(tradables: Tradables, target_gaps: FloatArray) -> FloatArray:
    return _node_gaps(target_gaps) if target_gaps.size else np.zeros(tradables.payoffs.shape[0])


def _below(tradables: Tradables) -> FloatArray:
    return _node_gaps(tradables.gaps) if tradables.gaps.size else np.zeros(tradables.payoffs.shape)


def _program(
    tradables: Tradables, target: FloatArray, target_gaps: FloatArray, terms: Terms, scale: float
) -> dict[str, object]:
    """Return milp's arguments; the variables are lots bought, lots sold, and one error or one per node, over scale."""
    count, size = target.size, tradables.lot.size
    pay = tradables.payoffs * tradables.lot / scale
    gaps = _below(tradables) * tradables.lot / scale
    errors = np.eye(count) if terms.objective == "mean" else np.ones((count, 1))
    ask, bid = np.nan_to_num(tradables.ask * tradables.lot), np.nan_to_num(tradables.bid * tradables.lot)
    no_error = np.zeros(errors.shape[1])
    cost = np.concatenate([ask, -bid, no_error])
    tails = [_tail(tradables.lot * kind, no_error) for kind in (tradables.is_call, ~tradables.is_call)]
    weigh = np.concatenate([np.zeros(2 * size), np.full(errors.shape[1], 1.0 / errors.shape[1])])
    objective = cost / scale if terms.objective == "cost" else weigh + terms.cost_weight * cost / scale
    most = np.where(tradables.ask > 0.0, np.inf, 0.0), np.where((tradables.bid > 0.0) & terms.signed, np.inf, 0.0)
    worst = terms.tolerance / scale if terms.objective != "mean" else np.inf
    constraints = [
        LinearConstraint(np.hstack([pay, gaps - pay, -errors]), ub=target - _above(tradables, target_gaps)),
        LinearConstraint(np.hstack([gaps - pay, pay, -errors]), ub=-target),
        LinearConstraint(cost, ub=terms.budget),
        LinearConstraint(np.array(tails), lb=0.0),
    ]
    return {
        "c": objective,
        "constraints": constraints,
        "bounds": Bounds(0.0, np.concatenate([*most, np.full(errors.shape[1], worst)])),
        "integrality": np.concatenate([np.full(2 * size, int(terms.whole_lots)), no_error]),
    }


def _tail(lots: FloatArray, no_error: FloatArray) -> FloatArray:
    return np.concatenate([lots, -lots, no_error])
