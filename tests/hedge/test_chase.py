"""What the promoter would sell unchecked: condors within its caps on notional, and a tail that they worsen."""

import math

import pytest

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.decision.update.promoter import promote
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market
from hedge.plan.chase import Chase, chase
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit

AT = 1_767_960_000
MARKET = Market(AT, {"ETH": 2_000.0}, {"ETH": 0.6}, {})
CHAIN = synthetic_chain("ETH", 2_000.0, AT, 0.6)


def chased(chains: dict[str, OptionChain], liquidity: float = 90_000.0) -> Chase | None:
    book = Book(
        (ConcentratedPosition("one", "pool", "ETH", "USD", liquidity, 1_600.0, 2_500.0, math.nan, math.nan, 0, 0, 0.3),)
    )
    value = book_exposure(book, MARKET).value_usd
    return chase(book, MARKET, chains, promote(Parameters()).parameters, value, scenario_count=256)


def test_chase__quoted_chain__sells_condors_up_to_its_cap_and_worsens_the_tail() -> None:
    found = chased({"ETH": CHAIN})
    assert found is not None
    assert {trade.layer for trade in found.trades} == {"condor"}
    sold = sum(trade.quantity for trade in found.trades if trade.side == "sell" and trade.instrument.endswith("-C"))
    bought = sum(trade.quantity for trade in found.trades if trade.side == "buy" and trade.instrument.endswith("-C"))
    assert sold == bought > 0.0
    assert found.credit_usd == pytest.approx(-sum(trade.cash_usd for trade in found.trades))
    assert found.chased > found.unhedged
    assert found.month_chased > found.month_unhedged


def test_chase__no_chain__sells_nothing_and_leaves_the_tail() -> None:
    found = chased({})
    assert found is not None
    assert (found.trades, found.credit_usd) == ((), 0.0)
    assert found.chased == found.unhedged


def test_chase__worthless_book__is_none() -> None:
    assert chased({"ETH": CHAIN}, 0.0) is None
