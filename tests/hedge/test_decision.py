"""The four answers and the numbers that decide them."""

import dataclasses
import math
import re

import pytest
from sample_books import CHAINS, MARKET, NOW, after, mixed_book, position

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.decision.decide import Decision
from hedge.decision.positions import REALISED_SHARE
from hedge.decision.rebalance import ExposureRecord, drift
from hedge.instruments.holdings import Holdings
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market
from hedge.plan.build import build_plan
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit


def decision(
    book: Book,
    parameters: Parameters = Parameters(),  # noqa: B008
    chains: dict[str, OptionChain] = CHAINS,
    holdings: Holdings | None = None,
) -> Decision:
    return build_plan(book, MARKET, chains, parameters, holdings=holdings, scenario_count=512).decision


def test_decide__healthy_book__hedges_and_says_what_it_buys() -> None:
    answer = decision(mixed_book())
    assert answer.answer == "hedge"
    assert answer.numbers["cvar_hedged_usd"] < answer.numbers["cvar_unhedged_usd"]
    assert answer.reasons[0].startswith("CVaR95 ")


def test_decide__empty_book__does_not_hedge() -> None:
    assert decision(Book(())).answer == "do not hedge"


def test_decide__liquidity_of_zero__does_not_hedge() -> None:
    nothing = dataclasses.replace(position("a", 1.0), liquidity=0.0)
    assert decision(Book((nothing,))).answer == "do not hedge"


def test_decide__no_chain_and_no_layer_0__does_not_hedge_and_says_why() -> None:
    answer = decision(mixed_book(), Parameters(delta_share_bps=0), chains={})
    assert answer.answer == "do not hedge"
    why = "nothing listed is inside the bands, or one lot of it is more than the book"
    assert answer.reasons[1] == f"nothing listed fits: {why}"


def test_decide__no_chain__hedges_the_delta_alone() -> None:
    result = build_plan(mixed_book(), MARKET, {}, Parameters(), scenario_count=512)
    assert result.decision.answer == "hedge"
    assert {trade.instrument for trade in result.trades} == {"BTC-PERPETUAL", "ETH-PERPETUAL"}
    assert sum("has no option chain" in note for note in result.notes) == 2


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
NO_BUDGET = Parameters(
    cash_budget_bps=0, cost_budget_bps=0, tail_premium_cap_bps=0, volatility_premium_cap_bps=0, delta_share_bps=0
)


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


def test_decide__target_out_of_reach__is_said_first_with_the_cheapest_budget() -> None:
    little = Parameters(target_cvar_bps=140)
    answer = decision(Book((position("a", 1e6),)), little)
    assert answer.answer == "hedge"
    hedged = answer.numbers["cvar_hedged_usd"]
    assert hedged > answer.numbers["target_usd"] == pytest.approx(14_000.0)
    assert answer.reasons[0].startswith(
        f"CVaR95 of {hedged:,.0f} USD over 7 days with the plan is above the target of 14,000 USD: the cheapest budget "
        "that would is "
    )
    assert answer.reasons[0].endswith("are governed")


def test_decide__cheapest_budget_that_is_named__reaches_the_target() -> None:
    """Grant what the reason names, and the target is met, but for whole lots."""
    book, little = Book((position("a", 1e6),)), Parameters(target_cvar_bps=140)
    cost, cash = (float(x.replace(",", "")) for x in re.findall(r"([\d,]+) USD of (?:expected cost|cash)",
                                                                 decision(book, little).reasons[0]))  # fmt: skip
    bps = math.ceil(cash / 1e6 * 1e4) + 1
    granted = Parameters(
        target_cvar_bps=140, cash_budget_bps=bps, cost_budget_bps=math.ceil(cost / 1e6 * 1e4) + 1,
        volatility_premium_cap_bps=bps, tail_premium_cap_bps=bps,
    )  # fmt: skip
    assert decision(book, granted).numbers["cvar_hedged_usd"] <= 14_000.0 * 1.01


def test_decide__target_that_nothing_listed_reaches__says_so_first() -> None:
    answer = decision(Book((position("a", 1e6),)), Parameters(target_cvar_bps=0))
    assert answer.reasons[0].endswith(
        "above the target of 0 USD: nothing that the bands, lots, the share of the delta, the notional and the "
        "turnover admit reaches it, whatever the budget"
    )


@pytest.mark.parametrize("target", [0, 100, 200, 300, 500, 800, 1200, 2000])
def test_decide__any_target__is_never_exceeded_in_silence(target: int) -> None:
    for book in (Book((position("a", 1e6),)), mixed_book()):
        answer = decision(book, Parameters(target_cvar_bps=target))
        left = answer.numbers["cvar_hedged_usd" if answer.answer in ("hedge", "hold") else "cvar_held_usd"]
        said = f"is above the target of {answer.numbers['target_usd']:,.0f} USD" in answer.reasons[0]
        assert said is (left > answer.numbers["target_usd"] * (1.0 + 1e-9))


def test_decide__target_met_unhedged__does_not_hedge() -> None:
    answer = decision(Book((position("a", 1e6),)), Parameters(target_cvar_bps=2000))
    assert answer.answer == "do not hedge"
    assert "is within the target of 200,000" in answer.reasons[0]


def test_decide__fees_unknown__never_advises_to_leave() -> None:
    answer = decision(Book((position("a", 1e6, fee_apr=math.nan),)))
    assert answer.answer == "hedge"
    assert [verdict.verdict for verdict in answer.positions] == ["unknown"]


def test_decide__holds_what_the_last_plan_bought__holds() -> None:
    first = build_plan(mixed_book(), MARKET, CHAINS, Parameters(), scenario_count=512)
    again = decision(mixed_book(), holdings=after(first))
    assert first.decision.answer == "hedge"
    assert again.answer == "hold"
    assert again.numbers["cvar_hedged_usd"] == again.numbers["cvar_held_usd"]


def test_decide__four_months_later_with_all_expired__hedges_again() -> None:
    first = build_plan(mixed_book(), MARKET, CHAINS, Parameters(), scenario_count=512)
    later = dataclasses.replace(MARKET, observed_at=NOW + 120 * 86_400)
    listed = {a: synthetic_chain(a, later.spot(a), later.observed_at, later.vol(a), lot=CHAINS[a].rows[0].lot)
              for a in CHAINS}  # fmt: skip
    old = after(first)
    gone = [contract for contract in old.options if contract.expiry_at <= later.observed_at]
    assert gone
    result = build_plan(mixed_book(), later, listed, Parameters(), holdings=old, scenario_count=512)
    assert result.decision.answer == "hedge"
    assert {trade.instrument for trade in result.trades}.isdisjoint(contract.label for contract in gone)
    assert sum("is held and has expired" in note for note in result.notes) == len(gone)


def test_drift__position_left_its_range__is_at_least_one() -> None:
    book = Book((position("a", 1e6),))
    record = ExposureRecord.of(book_exposure(book, MARKET))
    assert drift(book_exposure(book, MARKET.with_spot("ETH", 2600.0)), record) >= 1.0


def test_drift__asset_not_on_record__is_infinite() -> None:
    record = ExposureRecord.of(book_exposure(Book((position("a", 1e6),)), MARKET))
    assert drift(book_exposure(mixed_book(), MARKET), record) == math.inf
