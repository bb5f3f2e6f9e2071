"""The book, market, chain and volatility futures of docs/layers.md: one position, quotes with a stated smile."""

from __future__ import annotations

from functools import cache
from typing import Final

from hedge import amm
from hedge.book.exposure import AssetExposure, book_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.instruments.fees import NO_FEES
from hedge.instruments.index_listing import IndexFuture, IndexListing
from hedge.instruments.layer import Layer
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import Smile, synthetic_chain
from hedge.layers.vega import Candidate, candidates
from hedge.market import Market
from hedge.numerics.arrays import FloatArray
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters
from hedge.risk.measures import book_pnl, cvar, layers_pnl, legs_pnl
from hedge.risk.scenarios import Scenarios, draw_scenarios
from hedge.signals.signal import Signal, State
from hedge.units import DAY

NOW: Final = 1_700_000_000  # Tuesday 2023-11-14 22:13:20 UTC
MARKET: Final = Market(NOW, {"ETH": 2000.0}, {"ETH": 0.65}, {}, "stated")
CHAIN: Final = synthetic_chain("ETH", 2000.0, NOW, 0.65)
FREE: Final = OptionChain.from_frame("ETH", NOW, 2000.0, CHAIN.quotes, "the same without fees", fees=NO_FEES)
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


def dvol(slope: float = 0.0, beta: float = 1.0) -> IndexListing:
    """Return futures and calls on ETH's volatility index, made up for the page.

    Parameters
    ----------
    slope : points a month by which forwards exceed the index of 65. beta : stated, the index being ETH's own.
    """
    futures = tuple(
        IndexFuture(NOW + days * DAY, days / 365, middle - 0.5, middle + 0.5, 1.0)
        for days in (17, 45, 73)
        for middle in (65.0 + slope * days / 30,)
    )
    calls = synthetic_chain("DVOL", 65.0, NOW, 0.9, Smile(0.05, 0.0, 0.0, 0.05), lot=1.0)
    return IndexListing("DVOL", NOW, 65.0, beta, futures, calls, source="made up")


@cache
def plan(state: State, *more: Signal, slope: float | None = None) -> Plan:
    """Return the plan of the example's book in a regime, with further signals, and `dvol` where a slope is given."""
    signals = (Signal("volatility", 0.5, state, NOW, 3600, "stated"), *more)
    listed = {} if slope is None else {"ETH": dvol(slope)}
    return build_plan(BOOK, MARKET, {"ETH": CHAIN}, Parameters(), signals=signals, indices=listed)


def vega_candidates(slope: float = 0.0) -> tuple[Candidate, ...]:
    """Return the candidates for layer 2, those on the listed index included."""
    return candidates("ETH", 2000.0, 0.65, CHAIN, 45, dvol(slope))[0]


@cache
def scenarios() -> tuple[Scenarios, FloatArray]:
    """Return the scenarios of every plan of the page, and the profit of the LP alone in them."""
    drawn = draw_scenarios(("ETH",), MARKET)
    return drawn, book_pnl(BOOK, MARKET, drawn)


def tails(layers: tuple[Layer, ...]) -> tuple[float, float]:
    """Return CVaR95 with one condor only, and with those that follow it to the horizon."""
    drawn, pnl = scenarios()
    legs = [leg for layer in layers for leg in layer.legs]
    return cvar(pnl + legs_pnl(legs, drawn)), cvar(pnl + layers_pnl(layers, drawn))
