"""The four answers and the numbers that decide them."""

import dataclasses
import math

import pytest
from sample_books import CHAINS, MARKET, mixed_book, position

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.decision.decide import Decision
from hedge.decision.rebalance import ExposureRecord, drift
from hedge.instruments.option_chain import OptionChain
from hedge.plan.build import build_plan
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit


def decision(book: Book, record: ExposureRecord | None = None, chains: dict[str, OptionChain] = CHAINS) -> Decision:
    return build_plan(book, MARKET, chains, Parameters(), record=record).decision


def test_decide__healthy_book__hedges_and_says_what_it_buys() -> None:
    answer = decision(mixed_book())
    assert answer.answer == "hedge"
    assert answer.numbers["cvar_hedged_usd"] < answer.numbers["cvar_unhedged_usd"]


def test_decide__empty_book__does_not_hedge() -> None:
    assert decision(Book(())).answer == "do not hedge"


def test_decide__liquidity_of_zero__does_not_hedge() -> None:
    nothing = dataclasses.replace(position("a", 1.0), liquidity=0.0)
    assert decision(Book((nothing,))).answer == "do not hedge"


def test_decide__no_chain__does_not_hedge_and_says_why() -> None:
    answer = decision(mixed_book(), chains={})
    assert answer.answer == "do not hedge"
    assert "no asset of the book has an option chain" in answer.reasons[0]


def test_decide__fees_far_below_the_price_of_volatility__leaves_the_pool() -> None:
    answer = decision(Book((position("a", 1e6, fee_apr=0.02),)))
    assert answer.answer == "leave the pool"
    assert answer.numbers["break_even_vol"] < 0.75 * answer.numbers["implied_vol"]
    assert answer.numbers["hedge_decay_30d_usd"] > answer.numbers["fees_30d_usd"]


def test_decide__fees_unknown__never_advises_to_leave() -> None:
    answer = decision(Book((position("a", 1e6, fee_apr=math.nan),)))
    assert answer.answer == "hedge"
    assert math.isnan(answer.numbers["break_even_vol"])


def test_decide__same_exposure_on_record__holds() -> None:
    record = ExposureRecord.of(book_exposure(mixed_book(), MARKET))
    answer = decision(mixed_book(), record)
    assert answer.answer == "hold"
    assert answer.numbers["drift"] == 0.0


def test_decide__price_moved_beyond_the_band__hedges_again() -> None:
    record = ExposureRecord.of(book_exposure(mixed_book(), MARKET.with_spot("ETH", 1700.0)))
    assert decision(mixed_book(), record).answer == "hedge"


def test_drift__position_left_its_range__is_at_least_one() -> None:
    book = Book((position("a", 1e6),))
    record = ExposureRecord.of(book_exposure(book, MARKET))
    assert drift(book_exposure(book, MARKET.with_spot("ETH", 2600.0)), record) >= 1.0


def test_drift__asset_not_on_record__is_infinite() -> None:
    record = ExposureRecord.of(book_exposure(Book((position("a", 1e6),)), MARKET))
    assert drift(book_exposure(mixed_book(), MARKET), record) == math.inf
