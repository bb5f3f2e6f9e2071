"""Rows of whole plans: a small book on synthetic chains, and 1,000 positions on chains as long as Deribit's.

The peer is the plan's linear programme alone, as a textbook writes it: with a row for every scenario. Both must find
the same optimum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.cases import Arrays, Case
from hedge.book.positions import Book, ConcentratedPosition
from hedge.decision.programme.goal import Goal
from hedge.decision.programme.pose import Posed, pose
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters

AT = 1_772_452_800
SPOTS, VOLS = {"BTC": 66_000.0, "ETH": 1_950.0}, {"BTC": 0.55, "ETH": 0.75}
LISTED = 0.62, 1.55
SIZES = {"plan_small": (8, 1024), "plan_large": (1000, 4096)}
"""Positions and scenarios."""


@dataclass(frozen=True)
class World:
    """Hold what a plan is made from."""

    book: Book
    market: Market
    chains: dict[str, OptionChain]
    scenarios: int

    def plan(self) -> Plan:
        """Make the plan."""
        return build_plan(self.book, self.market, self.chains, Parameters(), scenario_count=self.scenarios)

    def posed(self) -> Posed:
        """Return its programme."""
        value = float(self.book.value_usd({asset: np.asarray(self.market.spot(asset)) for asset in self.book.assets}))
        listings = {asset: Listing.of_chain(chain, {}) for asset, chain in self.chains.items()}
        goal = Goal(Parameters(), value, selling=False, scenarios=self.scenarios)
        return pose(goal, self.book, self.market, listings)


@cache
def world(row: str) -> World:
    """Return the world of a row; the same every time."""
    count, scenarios = SIZES[row]
    draw = np.random.default_rng(7)
    positions = []
    for number in range(count):
        asset = ("ETH", "BTC")[number % 2]
        middle, width = SPOTS[asset] * draw.uniform(0.85, 1.15), draw.uniform(0.05, 0.6)
        size = draw.uniform(1e4, 2e5) / SPOTS[asset]
        ends = middle * (1.0 - width), middle * (1.0 + width)
        terms = (size * 20.0 * np.sqrt(SPOTS[asset]), *ends, size, 0.0, 0.0, 0.0, 0.2)
        positions.append(ConcentratedPosition(f"made:{number}", f"{asset}/USD", asset, "USD", *terms))
    market = Market(AT, SPOTS, VOLS, {("BTC", "ETH"): 0.8}, "stated")
    chains = {asset: _chain(asset) for asset in SPOTS}
    return World(Book(tuple(positions)), market, chains, scenarios)


def _chain(asset: str) -> OptionChain:
    """Return some 900 options, as many as Deribit lists on one asset."""
    spot = SPOTS[asset]
    whole = synthetic_chain(asset, spot, AT, VOLS[asset])
    near = whole.quotes[whole.quotes["strike"].between(LISTED[0] * spot, LISTED[1] * spot)]
    return OptionChain.from_frame(asset, AT, spot, near, whole.source, provenance=whole.provenance)


def _case(row: str) -> Case:
    def call() -> Plan:
        return world(row).plan()

    def columns(plan: Plan) -> Arrays:
        numbers = plan.decision.numbers
        return {"cvar": np.array([numbers["cvar_hedged_usd"] - numbers["lots_loss_usd"]])}

    tail = float(columns(call())["cvar"][0])
    return Case(row, {"count": np.array([SIZES[row][0]])}, call, {"cvar": tail}, 1e-6, columns, rounds=3)


PLAN_CASES: dict[str, Callable[[], Case]] = {row: (lambda row=row: _case(row)) for row in SIZES}  # type: ignore[misc]
