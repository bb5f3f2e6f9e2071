"""A volatility that nobody knows: value and delta stand, what rests on it is NaN, and no plan is made of it."""

from __future__ import annotations

import math

import pytest

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.errors import InvalidMarket
from hedge.market import Market
from hedge.plan.build import build_plan
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit
SPOTS, RHO = {"ETH": 2_000.0, "BTC": 60_000.0}, {("BTC", "ETH"): 0.8}


def held(name: str, base: str, quote: str, lower: float, upper: float) -> ConcentratedPosition:
    return ConcentratedPosition(name, f"{base}/{quote}", base, quote, 1_000.0, lower, upper, 1.0, 1.0, 0.0, 0.0, 0.2)


BOOK = Book((held("in", "ETH", "USD", 1_500, 2_500), held("out", "ETH", "USD", 2_500, 3_500),
             held("pair", "BTC", "ETH", 20, 40), held("btc", "BTC", "USD", 50_000, 70_000)))  # fmt: skip


def test_exposure__volatility_of_one_asset_unknown__shows_all_that_needs_none() -> None:
    known = book_exposure(BOOK, Market(0, SPOTS, {"ETH": 0.7, "BTC": 0.5}, RHO))
    found = book_exposure(BOOK, Market(0, SPOTS, {"ETH": math.nan, "BTC": 0.5}, RHO))
    for ours, theirs in zip(known.positions, found.positions, strict=True):
        for name in ("value_usd", "deltas", "gammas", "il_usd", "delta_moves", "in_range", "fees_usd"):
            assert getattr(ours, name) == getattr(theirs, name)
    lvr = {position.id: position.lvr_usd_per_year for position in found.positions}
    assert math.isnan(lvr["in"])
    assert math.isnan(lvr["pair"])
    assert lvr["out"] == 0.0
    assert lvr["btc"] == known.positions[3].lvr_usd_per_year
    assert math.isnan(found.lvr_usd_per_year)
    assert math.isnan(found.assets["ETH"].tail_loss_usd)
    assert found.assets["ETH"].delta == known.assets["ETH"].delta
    assert found.to_dict()["lvr_usd_per_year"] is None


def test_plan__volatility_of_an_asset_unknown__is_refused_by_name() -> None:
    market = Market(0, SPOTS, {"ETH": math.nan, "BTC": 0.5}, RHO)
    with pytest.raises(InvalidMarket, match="vol of ETH, which nobody knows"):
        build_plan(BOOK, market, {}, Parameters())
