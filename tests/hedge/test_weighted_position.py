"""Weighted positions in a book: values, deltas and gammas against the pool's own formula and against Uniswap v2."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sample_books import MARKET

from hedge import amm
from hedge.book.exposure import book_exposure, position_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.book.weighted import WeightedPosition
from hedge.errors import InvalidPosition

ETH = MARKET.spot("ETH")
HALVES = WeightedPosition("w", "50/50", ("ETH", "USD"), (0.5, 0.5), 1_000.0, (math.nan,) * 2, (0.1, 20.0), 0.2)
EIGHTY = replace(HALVES, id="e", pool="80/20", assets=("BTC", "ETH"), weights=(0.8, 0.2))


def v2() -> ConcentratedPosition:
    held = (math.nan, math.nan, 0.1, 20.0)
    return ConcentratedPosition("v2", "v2", "ETH", "USD", 1_000.0, 0.0, math.inf, *held, 0.2)


def test_position_exposure__weights_of_one_half__is_that_of_uniswap_v2() -> None:
    weighted, pair = (position_exposure(position, MARKET) for position in (HALVES, v2()))
    for name in ("value_usd", "lvr_usd_per_year", "fee_usd_per_year", "break_even_vol", "implied_vol", "fees_usd"):
        assert getattr(weighted, name) == pytest.approx(getattr(pair, name), rel=1e-12), name
    assert weighted.deltas == pytest.approx(pair.deltas, rel=1e-12)
    assert weighted.gammas == pytest.approx(pair.gammas, rel=1e-12)
    assert weighted.in_range
    assert math.isnan(weighted.il_usd)


def test_position_exposure__two_volatile_assets__deltas_sum_to_the_value_and_gammas_to_nothing() -> None:
    spots = MARKET.spots
    found = position_exposure(EIGHTY, MARKET)
    assert sum(units * spots[asset] for asset, units in found.deltas.items()) == pytest.approx(found.value_usd)
    for row in ("BTC", "ETH"):
        total = sum(found.gammas[row, column] * spots[column] for column in ("BTC", "ETH"))
        assert total == pytest.approx(0.0, abs=1e-9 * found.value_usd / spots[row])
    assert found.implied_vol == pytest.approx(MARKET.pair_vol("BTC", "ETH"), rel=1e-12)


def test_value_usd__many_scenarios__is_the_formula_at_each() -> None:
    prices = ETH * np.array([0.5, 1.0, 2.0])
    found = Book((HALVES, EIGHTY)).value_usd({"ETH": prices, "BTC": np.full(3, MARKET.spot("BTC"))})
    plain = [amm.weighted_greeks([price, 1.0], (0.5, 0.5), 1_000.0).value for price in prices]
    other = [amm.weighted_greeks([MARKET.spot("BTC"), price], (0.8, 0.2), 1_000.0).value for price in prices]
    assert found == pytest.approx(np.add(plain, other), rel=1e-12)


def test_il__held_at_entry__is_never_above_nothing() -> None:
    entry = amm.weighted_greeks([ETH, 1.0], (0.5, 0.5), 1_000.0).delta
    held = replace(HALVES, held=(float(entry[0]), float(entry[1])))
    assert held.pool_terms(MARKET).il_usd == pytest.approx(0.0, abs=1e-6)
    assert held.pool_terms(MARKET.with_spot("ETH", 2 * ETH)).il_usd < 0.0


def test_book_exposure__concentrated_and_weighted__are_one_book() -> None:
    found = book_exposure(Book((v2(), HALVES, EIGHTY)), MARKET)
    assert set(found.assets) == {"BTC", "ETH"}
    assert found.value_usd == pytest.approx(sum(position.value_usd for position in found.positions))
    assert found.assets["BTC"].value_usd == pytest.approx(found.positions[2].value_usd / 2)
    assert HALVES.to_dict()["held"] == [None, None]
    assert HALVES.price_range("ETH", MARKET.spots) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"assets": ("ETH", "ETH")},
        {"weights": (0.5, 0.4)},
        {"weights": (1.0,)},
        {"weights": (1.5, -0.5)},
        {"invariant": -1.0},
        {"invariant": math.inf},
        {"fees": (-1.0, 0.0)},
        {"fee_apr": -0.1},
    ],
)
def test_weighted_position__impossible_number__is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidPosition):
        replace(HALVES, **changes)
