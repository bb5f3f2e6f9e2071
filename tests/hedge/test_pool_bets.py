"""The pools of one book as bets, and what they cost in years of fees: hand cases, symmetry, unknowns, few days."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.errors import BadInput
from hedge.market import Market
from hedge.valuation.pool_bets import PoolBets, draw_days, pool_bets, pool_cash_flows

pytestmark = pytest.mark.unit

MARKET = Market(0, {"ETH": 2_000.0, "BTC": 40_000.0}, {"ETH": 0.6, "BTC": 0.5}, {("ETH", "BTC"): 0.8})
DAYS = np.exp(0.03 * np.random.default_rng(7).standard_normal((500, 2)))


def full(asset: str, pool: str, liquidity: float = 1_000.0, fee_apr: float = 0.1) -> ConcentratedPosition:
    return ConcentratedPosition(
        pool, pool, asset, "USD", liquidity, 0.0, math.inf, math.nan, math.nan, 0.0, 0.0, fee_apr
    )


def counted(*positions: ConcentratedPosition, days: np.ndarray = DAYS) -> PoolBets:
    book = Book(positions)
    ratios = {"ETH": days[:, 0], "BTC": days[:, 1]}
    return pool_bets(book, book_exposure(book, MARKET), MARKET, ratios, "drawn")


def test_pool_bets__same_pool_on_two_chains__one_bet_and_the_whole_tail() -> None:
    found = counted(full("ETH", "here"), full("ETH", "there"))
    assert found.held is not None
    assert (found.pools, found.shares) == (("here", "there"), (0.5, 0.5))
    assert found.held.effective == pytest.approx(1.0)
    assert found.held.tail.kept == pytest.approx(1.0)
    assert found.held.least_together == found.held.most_together == 1.0
    assert found.held.tail.kept_if_independent < 0.9


def test_pool_bets__independent_assets__two_bets_and_the_tail_that_independent_pools_keep() -> None:
    found = counted(full("ETH", "one"), full("BTC", "two", 2_000.0 * math.sqrt(2_000.0 / 40_000.0) / 2.0))
    assert found.held is not None
    assert found.held.effective == pytest.approx(2.0, abs=0.1)
    assert found.held.tail.kept == pytest.approx(found.held.tail.kept_if_independent, abs=0.1)


def test_pool_bets__deltas_hedged__only_curvature_is_left() -> None:
    found = counted(full("ETH", "one"), full("BTC", "two"))
    assert found.held is not None
    assert found.hedged is not None
    assert found.hedged.tail.cvar_sum < 0.1 * found.held.tail.cvar_sum


def test_pool_bets__one_pool_or_nineteen_days__nothing_is_counted() -> None:
    assert counted(full("ETH", "one")).held is None
    few = counted(full("ETH", "one"), full("BTC", "two"), days=DAYS[:19])
    assert (few.held, few.hedged, few.days) == (None, None, 19)
    assert few.to_dict()["held"] is None


def test_pool_bets__worthless_pool__is_no_bet() -> None:
    assert counted(full("ETH", "one"), full("BTC", "empty", 0.0)).pools == ("one",)


def test_pool_bets__day_unknown__is_left_out() -> None:
    days = DAYS.copy()
    days[3, 1] = math.nan
    assert counted(full("ETH", "one"), full("BTC", "two"), days=days).days == 499


@pytest.mark.parametrize("ratios", [{}, {"ETH": np.ones(30)}, {"ETH": np.ones(30), "BTC": np.ones(31)}])
def test_pool_bets__ratios_absent_or_of_other_length__refused(ratios: dict[str, np.ndarray]) -> None:
    book = Book((full("ETH", "one"), full("BTC", "two")))
    with pytest.raises(BadInput, match="ratios"):
        pool_bets(book, book_exposure(book, MARKET), MARKET, ratios, "drawn")


@pytest.mark.prop
@given(st.floats(0.01, 100.0))
def test_pool_bets__book_in_another_size__same_bets(size: float) -> None:
    one = counted(full("ETH", "one"), full("BTC", "two"))
    other = counted(full("ETH", "one", 1_000.0 * size), full("BTC", "two", 1_000.0 * size))
    assert one.held is not None
    assert other.held is not None
    assert other.held.effective == pytest.approx(one.held.effective)
    assert other.held.tail.kept == pytest.approx(one.held.tail.kept)


def test_draw_days__of_the_market__same_bits_and_its_volatility() -> None:
    book = Book((full("ETH", "one"), full("BTC", "two")))
    first, second = draw_days(book, MARKET), draw_days(book, MARKET)
    assert np.array_equal(first["ETH"], second["ETH"])
    assert float(np.log(first["ETH"]).std()) == pytest.approx(0.6 / math.sqrt(365.0), rel=0.02)


def test_pool_cash_flows__full_range__bound_is_eight_over_variance() -> None:
    (row,) = pool_cash_flows(book_exposure(Book((full("ETH", "one"),)), MARKET))
    assert row.years == pytest.approx(10.0)
    assert row.full_range_years == pytest.approx(8.0 / 0.36)
    assert row.own_years == pytest.approx(row.full_range_years)


def test_pool_cash_flows__fees_unknown_or_nothing_earned__nan_and_infinite() -> None:
    book = Book((full("ETH", "unknown", fee_apr=math.nan), full("ETH", "zero", fee_apr=0.0)))
    unknown, zero = pool_cash_flows(book_exposure(book, MARKET))
    assert math.isnan(unknown.years)
    assert math.isinf(zero.years)
    assert unknown.to_dict()["years"] is zero.to_dict()["years"] is None


@given(gift=st.floats(0.01, 1_000.0), count=st.integers(1, 5))
def test_pool_cash_flows__gifts_of_unknown_fees__change_nothing_and_are_counted(gift: float, count: int) -> None:
    gifts = [replace(full("ETH", "one", gift, math.nan), id=f"gift {number}") for number in range(count)]
    (alone,) = pool_cash_flows(book_exposure(Book((full("ETH", "one"),)), MARKET))
    exposure = book_exposure(Book((*gifts, full("ETH", "one"))), MARKET)
    (row,) = pool_cash_flows(exposure)
    assert (row.value_usd, row.years, row.own_years) == (alone.value_usd, alone.years, alone.own_years)
    assert row.left_out == count
    assert row.left_out_usd == pytest.approx(exposure.value_usd - alone.value_usd)


def test_pool_cash_flows__known_one_is_worth_nothing__fees_of_the_pool_are_unknown() -> None:
    empty = replace(full("ETH", "one", 0.0), id="empty")
    (row,) = pool_cash_flows(book_exposure(Book((empty, full("ETH", "one", fee_apr=math.nan))), MARKET))
    assert math.isnan(row.years)
    assert row.left_out == 0
