"""Hold or move per position, and what bought options cost over what they should pay: hand cases and limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge import amm
from hedge.book.exposure import book_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.decision.motions import MoveTerms, PositionMotion, drift_usd, position_motions
from hedge.decision.positions import judge_positions
from hedge.errors import BadInput
from hedge.instruments.layer import Layer
from hedge.instruments.leg import Leg, LegGreeks
from hedge.market import Market
from hedge.options import black76_price
from hedge.valuation.leg_worth import leg_worths

pytestmark = pytest.mark.unit

TERMS = MoveTerms(2.0, 0.0005, 20.0, 7.0)


def market(price: float) -> Market:
    return Market(0, {"ETH": price}, {"ETH": 0.6}, {})


def one(lower: float, upper: float, fee_apr: float = 9.0) -> ConcentratedPosition:
    return ConcentratedPosition(
        "one", "pool", "ETH", "USD", 90_000.0, lower, upper, math.nan, math.nan, 0.0, 0.0, fee_apr
    )


def moved(position: ConcentratedPosition, price: float, terms: MoveTerms = TERMS) -> PositionMotion:
    book, seen = Book((position,)), market(price)
    exposure = book_exposure(book, seen)
    (found,) = position_motions(book, exposure, judge_positions(exposure.positions), seen, terms)
    return found


def test_position_motions__middle_of_the_range__no_drift_holds() -> None:
    found = moved(one(1_600.0, 2_500.0), 2_000.0)
    assert found.drift_usd == pytest.approx(0.0, abs=1e-6)
    assert found.motion is not None
    assert found.motion.answer == "hold"


def test_position_motions__near_the_edge__moves_where_drift_is_dear_and_holds_where_trading_is() -> None:
    dear = moved(one(1_600.0, 2_500.0), 1_650.0, MoveTerms(50.0, 0.0005, 0.0, 30.0)).motion
    idle = moved(one(1_600.0, 2_500.0), 1_650.0, MoveTerms(2.0, 0.05, 1e5, 7.0)).motion
    assert dear is not None
    assert idle is not None
    assert (dear.answer, idle.answer) == ("move", "hold")
    assert dear.trade_usd < 0.0


def test_position_motions__out_of_range__says_that_it_earns_nothing_until_moved() -> None:
    found = moved(one(2_500.0, 3_000.0), 2_000.0)
    assert found.verdict == "re-range"
    assert found.drift_usd > 0.0
    assert found.reason.endswith("until it is re-ranged it earns no fees")


def test_position_motions__fees_below_lvr__left_and_not_moved() -> None:
    found = moved(one(1_600.0, 2_500.0, 0.01), 1_650.0)
    assert (found.verdict, found.motion) == ("leave", None)
    assert found.to_dict()["answer"] is None


@pytest.mark.parametrize(("lower", "upper"), [(0.0, 2_500.0), (1_600.0, math.inf)])
def test_drift_usd__range_that_ends_at_one_side__unknown_and_holds(lower: float, upper: float) -> None:
    found = moved(one(lower, upper), 2_000.0)
    assert math.isnan(found.drift_usd)
    assert found.motion is not None
    assert found.motion.reason == "hold: the drift is unknown"


@pytest.mark.prop
@given(st.floats(1_300.0, 3_000.0))
def test_drift_usd__any_price__is_what_re_ranging_would_sell(price: float) -> None:
    position, seen = one(1_600.0, 2_500.0), market(price)
    exposure = book_exposure(Book((position,)), seen).positions[0]
    half = math.sqrt(2_500.0 / 1_600.0)
    unit = float(amm.value(price, 1.0, price / half, price * half))
    base = float(amm.amounts(price, 1.0, price / half, price * half)[0]) * exposure.value_usd / unit
    assert drift_usd(position, exposure, seen) == pytest.approx(exposure.deltas["ETH"] * price - base * price, abs=1e-4)


def test_move_terms__negative_or_nan__refused() -> None:
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(BadInput, match="risk_aversion"):
            MoveTerms(bad, 0.0, 0.0, 7.0)


def a_leg(quantity: float, price: float) -> Leg:
    return Leg("ETH", 30 * 86_400, 30 / 365, 2_000.0, False, quantity, price, 0.6, 2_000.0, 0.0, 0.0, 1.0, fee=0.5)


def test_leg_worths__bought_and_sold__only_what_is_bought_fee_in() -> None:
    fair = float(black76_price(2_000.0, 2_000.0, 30 / 365, 0.5, 0.0, False))
    legs = (a_leg(2.0, fair - 0.5), a_leg(-1.0, 90.0))
    layer = Layer("tail", "ETH", legs, 2.0, 4_000.0, 100.0, LegGreeks(), (), 100.0, 10.0, "why")
    (found,) = leg_worths([layer], {"ETH": 0.5})
    assert found.ratio == pytest.approx(1.0)
    assert found.quantity == 2.0
    (unknown,) = leg_worths([layer], {})
    assert math.isnan(unknown.ratio)
    assert unknown.to_dict()["ratio"] is None
