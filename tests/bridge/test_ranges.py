"""The ends of ranges in `alvh exposure`: how far the price is from each, and which are told of."""

from __future__ import annotations

import math

import pytest

from bridge.plans.ranges import edge_lines, range_columns
from hedge.book.exposure import position_exposure
from hedge.book.positions import ConcentratedPosition
from hedge.market import Market

pytestmark = pytest.mark.unit
MARKET = Market(0, {"ETH": 2_000.0}, {"ETH": 0.6})


def held(name: str, lower: float, upper: float) -> ConcentratedPosition:
    return ConcentratedPosition(name, "ETH/USD", "ETH", "USD", 1.0, lower, upper, 0.0, 0.0, 0.0, 0.0, 0.1)


def test_range_columns__full_range__has_no_ends() -> None:
    assert set(range_columns(held("a", 0.0, math.inf), 2_000.0).values()) == {None}
    assert range_columns(held("a", 1_900.0, 2_500.0), 2_000.0) == {
        "lower": 1_900.0, "upper": 2_500.0, "to_lower": -0.05, "to_upper": 0.25,
    }  # fmt: skip


def test_edge_lines__near_ends__nearest_first_and_only_of_positions_in_range() -> None:
    positions = [
        held("wide", 1_000, 4_000),
        held("low", 1_950, 3_000),
        held("high", 1_000, 2_010),
        held("out", 2_001, 3_000),
    ]
    rows = [(position_exposure(position, MARKET), position) for position in positions]
    assert edge_lines(rows) == [
        "high is 0.5% from the upper end of its range, 2,010",
        "low is 2.5% from the lower end of its range, 1,950",
    ]
