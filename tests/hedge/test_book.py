"""Exposure of positions and of the book."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_books import MARKET, mixed_book, position
from scipy.special import ndtr

from hedge.book.exposure import book_exposure, position_exposure
from hedge.book.positions import Book
from hedge.book.weighted import WeightedPosition
from hedge.decision.positions import judge_position
from hedge.errors import InvalidPosition
from hedge.market import Market

pytestmark = pytest.mark.unit


def test_position_exposure__any_pair__has_deltas_that_sum_to_its_value() -> None:
    for pool in mixed_book().positions:
        exposure = position_exposure(pool, MARKET)
        total = sum(delta * MARKET.spot(asset) for asset, delta in exposure.deltas.items())
        assert total == pytest.approx(exposure.value_usd, rel=1e-12)


def test_position_exposure__entered_at_this_price__has_no_impermanent_loss() -> None:
    assert position_exposure(position("a", 1e6), MARKET).il_usd == pytest.approx(0.0, abs=1e-6)


def test_position_exposure__v2__loses_an_eighth_of_variance() -> None:
    exposure = position_exposure(position("a", 1e6, lower=0.0, upper=math.inf), MARKET)
    assert exposure.lvr_usd_per_year == pytest.approx(1e6 * 0.65**2 / 8, rel=1e-12)
    assert exposure.break_even_vol == pytest.approx(math.sqrt(8 * 0.45), rel=1e-12)


def test_book_exposure__many_of_one_pair__each_is_as_alone_to_the_bit() -> None:
    ranges = [(0.0, math.inf), (1500.0, 2600.0), (2100.0, 2500.0), (500.0, 900.0), (1999.0, 2001.0)]
    many = [
        dataclasses.replace(
            position(f"{base}-{n}", 1e6 + 7_777.7 * n, lower=lower, upper=upper),
            **({"active": False} if n == 1 else {"fee_apr": math.nan, "held_base": math.nan} if n == 4 else {}),
        )
        for base in ("one", "two")
        for n, (lower, upper) in enumerate(ranges)
    ]
    book = Book(
        (
            *mixed_book().positions,
            *many,
            WeightedPosition("w", "50/50", ("ETH", "USD"), (0.5, 0.5), 1e3, (0.0,) * 2, (0.0,) * 2, 0.2),
        )
    )
    found = book_exposure(book, MARKET)
    assert [each.id for each in found.positions] == [each.id for each in book.positions]
    for held, each in zip(book.positions, found.positions, strict=True):
        assert repr(each) == repr(position_exposure(held, MARKET))
        assert each.value_usd == float(held.value_usd(MARKET.spots))
        assert each.deltas == held.deltas(MARKET.spots)
    alone = [held.deltas(MARKET.spots) for held in book.positions]
    for asset, units in book.deltas(MARKET.spots).items():
        assert units == math.fsum(each.get(asset, 0.0) for each in alone)


def test_position_exposure__usd_as_base__equals_the_same_pool_the_other_way_round() -> None:
    pool = position("a", 1e6)
    turned = dataclasses.replace(
        pool,
        base="USD",
        quote="ETH",
        lower=1 / pool.upper,
        upper=1 / pool.lower,
        held_base=pool.held_quote,
        held_quote=pool.held_base,
    )
    first, second = position_exposure(pool, MARKET), position_exposure(turned, MARKET)
    for name in ("value_usd", "lvr_usd_per_year", "break_even_vol"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), rel=1e-9)
    assert first.deltas["ETH"] == pytest.approx(second.deltas["ETH"], rel=1e-9)
    assert first.gammas["ETH", "ETH"] == pytest.approx(second.gammas["ETH", "ETH"], rel=1e-9)


def test_position_exposure__out_of_range__earns_nothing_and_has_no_break_even() -> None:
    pool = position("a", 1e6, lower=2100.0, upper=2500.0)
    exposure = position_exposure(pool, MARKET)
    assert not exposure.in_range
    assert (exposure.fee_usd_per_year, exposure.lvr_usd_per_year) == (0.0, 0.0)
    assert math.isnan(exposure.break_even_vol)


def test_book_exposure__mixed_book__totals_its_positions() -> None:
    exposure = book_exposure(mixed_book(), MARKET)
    assert exposure.value_usd == pytest.approx(2.5e6, rel=1e-12)
    assert sum(total.value_usd for total in exposure.assets.values()) == pytest.approx(2.5e6, rel=1e-12)
    for asset, total in exposure.assets.items():
        assert total.delta == pytest.approx(sum(pool.deltas.get(asset, 0.0) for pool in exposure.positions))
    assert exposure.gammas["BTC", "ETH"] == exposure.gammas["ETH", "BTC"] > 0.0


def test_book_exposure__delta_and_gamma__match_differences_of_value() -> None:
    book, step = mixed_book(), 0.5
    exposure = book_exposure(book, MARKET).assets["ETH"]
    up, mid, down = (
        book_exposure(book, MARKET.with_spot("ETH", 2000.0 + shift)).value_usd for shift in (step, 0.0, -step)
    )
    assert exposure.delta == pytest.approx((up - down) / (2 * step), rel=1e-7)
    assert exposure.gamma == pytest.approx((up - 2 * mid + down) / step**2, rel=1e-4)


def test_book_exposure__tail_loss__is_the_revalued_book_at_the_tail_price() -> None:
    book = mixed_book()
    total = book_exposure(book, MARKET).assets["ETH"]
    then = book_exposure(book, MARKET.with_spot("ETH", total.tail_price)).value_usd
    assert total.tail_loss_usd == pytest.approx(2.5e6 - then, rel=1e-9)


def test_book_exposure__no_position__is_zero() -> None:
    exposure = book_exposure(Book(()), MARKET)
    assert (exposure.value_usd, exposure.assets, exposure.positions) == (0.0, {}, ())


def test_to_dict__unknown_numbers__are_null_and_json_holds_them() -> None:
    unknown = dataclasses.replace(position("a", 1e6), held_base=math.nan, fee_apr=math.nan, upper=math.inf)
    exposure = book_exposure(Book((unknown,)), MARKET).to_dict()
    assert exposure["positions"][0]["il_usd"] is None
    assert exposure["fee_usd_per_year"] is None
    json.dumps([exposure, unknown.to_dict()], allow_nan=False)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"quote": "ETH"}, "base and quote are one asset"),
        ({"liquidity": -1.0}, "liquidity"),
        ({"liquidity": math.nan}, "liquidity"),
        ({"lower": 2500.0}, "lower"),
        ({"fees_base": -1.0}, "fees_base"),
    ],
)
def test_position__number_out_of_range__names_it(changes: dict[str, object], what: str) -> None:
    with pytest.raises(InvalidPosition) as refused:
        dataclasses.replace(position("a", 1e6), **changes)
    assert (refused.value.position, refused.value.what) == ("a", what)


def test_book__two_positions_with_one_id__is_refused() -> None:
    with pytest.raises(InvalidPosition):
        Book((position("a", 1.0), position("a", 2.0)))


@given(st.floats(0.05, 80.0))
def test_delta_moves__range_of_any_width__are_the_true_changes_and_never_more_than_the_position(width: float) -> None:
    market = Market(0, {"ETH": 2_000.0}, {"ETH": 0.6})
    narrow = position("p", 1e6, lower=2_000.0 * (1 - width / 100), upper=2_000.0 * (1 + width / 100), market=market)
    found = position_exposure(narrow, market)
    fall, rise = found.delta_moves["ETH"]
    whole = narrow.deltas({"ETH": 1.0})["ETH"] * 2_000.0
    assert 0.0 <= fall <= whole
    assert -whole <= rise <= 0.0
    if width >= 5.0:  # wide enough that the local gamma speaks of one per cent
        assert fall - rise == pytest.approx(-2.0 * found.gammas["ETH", "ETH"] * 2_000.0**2 / 100.0, rel=0.05)
    total = book_exposure(Book((narrow,)), market).assets["ETH"]
    assert (total.delta_fall_usd, total.delta_rise_usd) == (fall, rise)


def test_delta_moves__range_of_six_tenths_of_a_percent__local_gamma_is_many_times_the_change() -> None:
    market = Market(0, {"ETH": 2_000.0}, {"ETH": 0.6})
    found = position_exposure(position("p", 1e4, lower=1_994.0, upper=2_006.0, market=market), market)
    local = -found.gammas["ETH", "ETH"] * 2_000.0**2 / 100.0
    fall, rise = found.delta_moves["ETH"]
    assert local > 3.0 * max(fall, -rise)
    assert found.to_dict()["delta_moves"] == {"ETH": [fall, rise]}


def test_position_exposure__range_of_six_tenths_of_a_percent__are_left_alone() -> None:
    narrow = position_exposure(position("narrow", 1e6, lower=1994.0, upper=2006.0, fee_apr=9.0), MARKET)
    wide = position_exposure(position("wide", 1e6, lower=1600.0, upper=2500.0, fee_apr=0.45), MARKET)
    vol, years = MARKET.vol("ETH"), 30 / 365
    crossing = 1e6 * (2.0 * float(ndtr(0.5 * vol * math.sqrt(years))) - 1.0)
    assert narrow.lvr_usd_per_year * years == pytest.approx(crossing)
    assert narrow.fee_usd_per_year == pytest.approx(9e6 * narrow.range_share)
    assert narrow.range_share < 0.05
    assert (wide.range_share, wide.fee_usd_per_year) == (1.0, pytest.approx(450_000.0))
    verdict = judge_position(narrow)
    assert verdict.lvr_usd == pytest.approx(1e6 * (2.0 * float(ndtr(0.5 * 0.914 * vol * math.sqrt(years))) - 1.0))
    local = {"fees": 9e6, "lvr": narrow.lvr_usd_per_year / narrow.range_share * 0.914**2}
    assert verdict.fees_usd / verdict.lvr_usd == pytest.approx(local["fees"] / local["lvr"])


@pytest.mark.parametrize("prices", [2000.0, np.linspace(800.0, 5000.0, 4001)])
def test_value_usd__many_positions_of_a_pair__equals_the_sum_of_each_alone(prices: float | np.ndarray) -> None:
    draw = np.random.default_rng(3)
    many = [
        position(f"n{number}", 10.0 ** draw.uniform(2, 7), lower=low, upper=low * draw.uniform(1.0001, 3.0))
        for number, low in enumerate(draw.uniform(500.0, 4000.0, 40))
    ]
    book = Book((*many, position("whole", 1e5, lower=0.0, upper=math.inf), *mixed_book().positions))
    spots = {asset: MARKET.spot(asset) for asset in book.assets} | {"ETH": prices}
    alone = sum(each.value_usd(spots) for each in book.positions)
    found = book.value_usd(spots)
    assert np.shape(found) == np.shape(prices)
    np.testing.assert_allclose(found, alone, rtol=1e-12)


@pytest.mark.parametrize("upper", [1e199, 1e201, 1e300, 1.7976931348623157e308])
def test_position_exposure__upper_end_of_an_exporter_for_infinity__is_as_one_without_an_end(upper: float) -> None:
    far, none = (position_exposure(position("a", 1e6, lower=0.0, upper=end), MARKET) for end in (upper, math.inf))
    for name in ("value_usd", "lvr_usd_per_year", "break_even_vol"):
        assert getattr(far, name) == pytest.approx(getattr(none, name), rel=1e-12)
    assert far.deltas == pytest.approx(none.deltas, rel=1e-12)
    assert far.gammas == pytest.approx(none.gammas, rel=1e-12)
