"""The same observations in Solidity and in Python give the same volatility, within the rounding that is named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hedge.volatility.realized import from_ticks
from tests.contracts.onchain import ON_A_NODE, Deployed, running_node

pytestmark = [pytest.mark.chain, pytest.mark.prop]
YEAR, MOST_TICK, E8 = 365 * 86_400, 887_272, 10**8
LENGTHS = st.integers(60, 90_000)
INTERVALS = st.lists(st.tuples(LENGTHS, st.integers(-MOST_TICK, MOST_TICK)), min_size=2, max_size=40)


@pytest.fixture(scope="module")
def harness() -> Iterator[Deployed]:
    """Deploy the library on a node of its own; it is pure, so examples share it."""
    with running_node() as node:
        yield node.deploy("TickVolatilityHarness")


def tolerance(lengths: list[int]) -> float:
    """Return how far the two may be apart.

    The contract rounds a mean tick to 1e-9 and the float one to 2^-53 of its size, so a return is off by at most twice
    their sum; by the triangle inequality the root of the summed squares is off by at most that times sqrt(returns).
    The contract's result is rounded down to 1e-8, and floats carry 1e-14 of the result.
    """
    each = 2 * (1e-9 + MOST_TICK * 2.0**-52)
    seconds = sum(a + b for a, b in pairwise(lengths))
    scale = math.log(1.0001) * math.sqrt(3 * YEAR / seconds)
    return each * math.sqrt(len(lengths) - 1) * scale + 1e-8


@settings(ON_A_NODE, max_examples=60)
@given(intervals=INTERVALS)
@example(intervals=[(1800, 0)] * 13)
@example(intervals=[(1800, 0), (1800, 92), (1800, 0)])
@example(intervals=[(60, MOST_TICK), (60, -MOST_TICK)] * 20)
@example(intervals=[(1800, 10), (90_000, 10), (1800, -10)])
def test_volatility__any_intervals__as_in_python_within_the_rounding(
    harness: Deployed, intervals: list[tuple[int, int]]
) -> None:
    times, cumulatives = [0], [0]
    for length, tick in intervals:
        times.append(times[-1] + length)
        cumulatives.append(cumulatives[-1] + tick * length + tick % 7)
    expected = float(from_ticks(cumulatives, times))
    ages = [times[-1] - time for time in times]
    found = harness.read("volatility", ages, cumulatives) / E8
    assert abs(found - expected) <= tolerance([length for length, _ in intervals]) + 1e-14 * expected


def test_volatility__sums_that_wrap__is_that_of_the_differences(harness: Deployed) -> None:
    ages, moved = [5400, 3600, 1800, 0], [0, 180_000, -90_000, 270_000]
    edge = 2**55 - 100_000
    wrapped = [(value + edge + 2**55) % 2**56 - 2**55 for value in moved]
    assert min(wrapped) < 0 < max(wrapped)
    assert harness.read("volatility", ages, wrapped) == harness.read("volatility", ages, moved)
