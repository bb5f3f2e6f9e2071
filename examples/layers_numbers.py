"""The book, market and chain of docs/layers.md: one position, a synthetic chain with a stated smile."""

from __future__ import annotations

from functools import cache
from typing import Final

from hedge import amm
from hedge.book import Book, Position
from hedge.market import Market
from hedge.parameters import Parameters
from hedge.plan import Plan, build_plan
from hedge.signals.signal import Signal, State
from hedge.synthetic import synthetic_chain

NOW: Final = 1_700_000_000  # Tuesday 2023-11-14 22:13:20 UTC
MARKET: Final = Market(NOW, {"ETH": 2000.0}, {"ETH": 0.65}, {}, "stated")
CHAIN: Final = synthetic_chain("ETH", 2000.0, NOW, 0.65)
_LIQUIDITY: Final = 1e6 / float(amm.value(2000.0, 1.0, 1600.0, 2500.0))
_HELD: Final = tuple(float(held) for held in amm.amounts(2000.0, _LIQUIDITY, 1600.0, 2500.0))
BOOK: Final = Book(
    (Position("v3", "ETH/USDC", "ETH", "USD", _LIQUIDITY, 1600.0, 2500.0, _HELD[0], _HELD[1], 0.0, 0.0, 0.4),)
)


@cache
def plan(state: State, *more: Signal) -> Plan:
    """Return the plan of the example's book in a regime, with further signals."""
    signals = (Signal("volatility", 0.5, state, NOW, 3600, "stated"), *more)
    return build_plan(BOOK, MARKET, {"ETH": CHAIN}, Parameters(), signals=signals)
