"""One ETH book on listed quotes, and what poses and answers its programme: for the tests of the programme."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
from sample_books import position
from sample_chains import Humped
from sample_histories import START, listed

from hedge.backtest.account import Venue
from hedge.backtest.strategies.plan import listing_of
from hedge.book.positions import Book
from hedge.decision.programme.answer import Answer, answer
from hedge.decision.programme.goal import Goal
from hedge.decision.programme.pose import Posed, pose
from hedge.decision.programme.solve import CASH, COST, Limit, Problem
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.listing import Listing
from hedge.market import Market
from hedge.numerics.arrays import FloatArray
from hedge.policy.parameters import Parameters

SPOT = 2_000.0
MARKET = Market(START, {"ETH": SPOT}, {"ETH": 0.6})
QUOTES = listed("ETH", START, SPOT)
LISTING = listing_of(QUOTES, Venue())
HUMPED = listing_of(listed("ETH", START, SPOT, 0.6, Humped()), Venue())
"""Options that a condor sells are dear, so that one pays."""
SOLVER = 1e-6  # HiGHS meets rows within 1e-7 of the scale; CVaR adds up a tail of them
ALL = Parameters(target_cvar_bps=0)
"""The first values without a target: all that the budgets give."""
OPTIONS = replace(ALL, delta_share_bps=0, rehedge_bps=0)
"""Without layer 0, so that cash and cost bind on options."""


def book(value: float = 1e6, lower: float = 1_600.0, upper: float = 2_500.0) -> Book:
    return Book((position("eth", value, lower=lower, upper=upper, market=MARKET),))


def posed(
    parameters: Parameters = ALL,
    listing: Listing = LISTING,
    owned: Book | None = None,
    held: Holdings | None = None,
    value: float = 1e6,
    **terms: Any,
) -> Posed:
    goal = Goal(parameters, value, **({"scenarios": 512} | terms))
    return pose(goal, owned or book(), MARKET, {"ETH": listing}, held)


def holding(found: Posed, units: FloatArray) -> Holdings:
    """Return what an answer holds, as a treasury would state it."""
    options: dict[Contract, float] = defaultdict(float)
    perpetuals: dict[str, float] = {}
    for column, quantity in zip(found.columns, units.tolist(), strict=True):
        for contract, sign in column.contracts if quantity else ():
            options[contract] += sign * quantity
        if column.is_perpetual and quantity:
            perpetuals[column.asset] = quantity
    return Holdings(dict(options), perpetuals)


def answered(found: Posed) -> Answer:
    return answer(found.problem, found.goal.parameters.rehedge_bps / 1e4)


def random_problem(seed: int, **changes: Any) -> Problem:
    """Return a programme of normal gains, of which some is held and some may be short."""
    rng = np.random.default_rng(seed)
    gains = rng.standard_normal((300, 12))
    held, low = rng.integers(0, 3, 12).astype(float), np.where(rng.random(12) < 0.3, -4.0, 0.0)
    terms: dict[str, Any] = {
        "exposure": gains @ rng.normal(0.0, 2.0, 12) + rng.standard_normal(300),
        "gains": gains, "buy_cost": rng.uniform(0.0, 0.1, 12), "sell_cost": rng.uniform(0.0, 0.1, 12),
        "cash": np.where(low < 0.0, 0.0, rng.uniform(0.5, 1.0, 12)), "decay": np.where(low < 0.0, 0.0, 0.05),
        "held": held, "low": low, "high": np.where(low < 0.0, 0.0, 5.0), "lot": np.ones(12),
    }  # fmt: skip
    terms |= {name: value for name, value in changes.items() if name not in (CASH, COST)}
    none, sign = np.zeros(12), np.where(low < 0.0, -1.0, 1.0)
    limits = (
        Limit(CASH, changes.get(CASH, 12.0), terms["cash"], none, none),
        Limit(COST, changes.get(COST, 1.0), sign * terms["decay"], terms["buy_cost"], terms["sell_cost"]),
    )
    return Problem(**({"limits": limits} | terms))


def covered(held: Holdings) -> bool:
    """Tell whether of every expiry and kind no more is sold than is bought beyond it."""
    sold = [(contract, -units) for contract, units in held.options.items() if units < 0.0]
    for contract, _ in sold:
        sign = 1.0 if contract.is_call else -1.0
        of_kind = {
            c: u for c, u in held.options.items() if (c.expiry_at, c.is_call) == (contract.expiry_at, contract.is_call)
        }
        from_here = [u for c, u in of_kind.items() if sign * (c.strike - contract.strike) >= 0.0]
        if sum(from_here) < -1e-9:
            return False
    return True
