"""The book, market, chain and plans of docs/layers.md: one position, quotes with a stated smile."""

from __future__ import annotations

from functools import cache
from typing import Final

from hedge import amm
from hedge.book.exposure import AssetExposure, book_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.decision.programme.goal import Goal
from hedge.decision.programme.pose import Posed, pose
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.leg import Leg
from hedge.instruments.listing import Listing
from hedge.instruments.perpetual import PerpetualLeg
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters
from hedge.signals.signal import Signal, State
from hedge.units import DAY

NOW: Final = 1_700_000_000  # Tuesday 2023-11-14 22:13:20 UTC
MARKET: Final = Market(NOW, {"ETH": 2000.0}, {"ETH": 0.65}, {}, "stated")
CHAIN: Final = synthetic_chain("ETH", 2000.0, NOW, 0.65)
_LIQUIDITY: Final = 1e6 / float(amm.value(2000.0, 1.0, 1600.0, 2500.0))
_HELD: Final = tuple(float(held) for held in amm.amounts(2000.0, _LIQUIDITY, 1600.0, 2500.0))
BOOK: Final = Book(
    (
        ConcentratedPosition(
            "v3", "ETH/USDC", "ETH", "USD", _LIQUIDITY, 1600.0, 2500.0, _HELD[0], _HELD[1], 0.0, 0.0, 0.45
        ),
    )
)
EXPOSURE: Final[AssetExposure] = book_exposure(BOOK, MARKET).assets["ETH"]


def signals(state: State) -> tuple[Signal, ...]:
    """Return a volatility index in a state, and no reason not to sell."""
    stated = (("volatility", 0.5, state), ("events", 60.0 * DAY, 0.0), ("funding", 0.0, 0.0), ("dollar", 0.0, 0.0))
    return tuple(Signal(name, value, score, NOW, 3600, "stated") for name, value, score in stated)


@cache
def _plan(state: State, values: tuple[tuple[str, int], ...]) -> Plan:
    return build_plan(BOOK, MARKET, {"ETH": CHAIN}, Parameters(**dict(values)), signals=signals(state))


def plan(state: State = State.NORMAL, **values: int) -> Plan:
    """Return the plan of the example's book in a regime, under the first values of the keys or others by field."""
    return _plan(state, tuple(sorted(values.items())))


def holdings(made: Plan) -> Holdings:
    """Return what a plan holds once its ticket is traded."""
    legs = [leg for layer in made.layers for leg in layer.legs]
    options = {Contract.of(leg): leg.quantity for leg in legs if not isinstance(leg, PerpetualLeg)}
    return Holdings(options, {leg.underlying: leg.quantity for leg in legs if isinstance(leg, PerpetualLeg)})


def plan_from(held: Holdings) -> Plan:
    """Return the plan of the same moment that begins with what is held."""
    terms = {"signals": signals(State.NORMAL), "holdings": held}
    return build_plan(BOOK, MARKET, {"ETH": CHAIN}, Parameters(), **terms)  # type: ignore[arg-type]


@cache
def posed() -> Posed:
    """Return the programme that the plan of a normal regime solves."""
    goal = Goal(Parameters(), float(BOOK.value_usd({"ETH": 2000.0})))
    return pose(goal, BOOK, MARKET, {"ETH": Listing.of_chain(CHAIN, {})})


def condor() -> tuple[Leg, ...]:
    """Return one unit of the first condor that the programme may sell."""
    column = next(column for column in posed().columns if column.is_condor)
    rows = {Contract("ETH", row.expiry_at, row.strike, row.is_call): row for row in CHAIN.rows}
    return tuple(
        CHAIN.bought(rows[contract]) if sign > 0.0 else CHAIN.sold(rows[contract])
        for contract, sign in column.contracts
    )
