"""The four answers and the numbers that decide them."""

import dataclasses
import math

import pytest
from sample_books import CHAINS, MARKET, NOW, mixed_book, position

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.decision.decide import Decision
from hedge.decision.positions import REALISED_SHARE
from hedge.decision.rebalance import ExposureRecord, drift
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market
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
    assert answer.numbers["lvr_30d_usd"] > answer.numbers["fees_30d_usd"]
    assert answer.numbers["losing_usd"] == pytest.approx(1e6)


THETA = 2.0 - 2.0 * math.sqrt(0.8)
"""Of a range of 0.8 to 1.25 times the price."""
LVR_32K = Market(
    NOW, {"ETH": 2000.0}, {"ETH": math.sqrt(0.032 * 365 / 30 * 4.0 * THETA) / REALISED_SHARE}, {}, "LVR of 32,000 USD"
)
"""Volatility at which 1 M USD of that range is expected to lose 32,000 USD to arbitrageurs in 30 days."""
NO_BUDGET = Parameters(budget_bps=0, tail_premium_cap_bps=0, volatility_premium_cap_bps=0)


@pytest.mark.parametrize("parameters", [Parameters(), NO_BUDGET], ids=["budget", "no budget"])
@pytest.mark.parametrize(("apr", "fees"), [(0.0, 0.0), (0.15, 12_328.77)])
def test_decide__fees_below_32k_of_lvr__leaves_whatever_the_budget(
    parameters: Parameters, apr: float, fees: float
) -> None:
    book = Book((position("a", 1e6, fee_apr=apr),))
    answer = build_plan(book, LVR_32K, {"ETH": CHAINS["ETH"]}, parameters).decision
    (verdict,) = answer.positions
    assert (verdict.lvr_usd, verdict.fees_usd) == pytest.approx((32_000.0, fees))
    assert answer.headline == "leave the pool; leave a"
    assert f"a (ETH/USD): leave it, {fees:,.0f} USD of fees against 32,000 USD of LVR" in answer.reasons[-1]


def test_decide__a_good_and_a_bad_pool__names_the_bad_one_and_averages_nothing() -> None:
    book = Book((position("bad", 5e5, fee_apr=0.05), position("good", 5e5, fee_apr=1.2)))
    answer = decision(book)
    assert answer.headline == "hedge; leave bad"
    assert answer.reasons[-1].startswith("bad (ETH/USD): leave it, 2,055 USD of fees against 17,174 USD of LVR")
    assert not any("good" in reason for reason in answer.reasons)
    assert answer.numbers["losing_usd"] == pytest.approx(5e5)


def test_decide__whole_book_out_of_range__is_re_ranged_or_left_and_never_hedged() -> None:
    book = Book((position("above", 5e5, lower=800.0, upper=1200.0), position("below", 5e5, lower=2500.0, upper=3000.0)))
    answer = decision(book)
    assert answer.headline == "leave the pool; re-range above; re-range below"
    assert ["out of range at 2,000 it earns no fees" in reason for reason in answer.reasons[-2:]] == [True, True]


def test_decide__losing_position_beside_one_of_unknown_fees__is_named_and_the_other_is_never_left() -> None:
    book = Book((position("bad", 5e5, fee_apr=0.05), position("dark", 5e5, fee_apr=math.nan)))
    assert decision(book).headline == "hedge; leave bad"


def test_decide__many_losing_positions__headline_counts_and_reasons_name_each() -> None:
    book = Book(tuple(position(f"p{number}", 1e5, fee_apr=0.05) for number in range(8)))
    answer = decision(book)
    assert (
        answer.headline
        == "leave the pool; leave p0; leave p1; leave p2; leave p3; leave p4; 3 more that should not stay"
    )
    assert all(any(reason.startswith(f"p{number} ") for reason in answer.reasons) for number in range(8))


def test_decide__cvar_above_its_cap__is_said_first() -> None:
    capped = Parameters(cvar_cap_bps=1500)
    answer = build_plan(Book((position("a", 1e6),)), MARKET, CHAINS, capped).decision
    assert answer.answer == "hedge"
    hedged = answer.numbers["cvar_hedged_usd"]
    assert answer.reasons[0] == f"CVaR95 of {hedged:,.0f} USD with every layer is above its cap of 150,000 USD"


def test_decide__fees_unknown__never_advises_to_leave() -> None:
    answer = decision(Book((position("a", 1e6, fee_apr=math.nan),)))
    assert answer.answer == "hedge"
    assert [verdict.verdict for verdict in answer.positions] == ["unknown"]


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
