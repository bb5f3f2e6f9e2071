"""The oracle's answer in Solidity, and numpy's median between the two rates in floats: the same number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from governed import TIMELOCK
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onchain import DAY, HOUR, ON_A_NODE, Deployed, running_node
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS, submit

pytestmark = [pytest.mark.chain, pytest.mark.prop]
LEVELS = st.integers(PERCENT, 1000 * PERCENT)
ROUND = st.tuples(
    st.lists(LEVELS, min_size=3, max_size=5).filter(lambda levels: len(levels) % 2 == 1), st.integers(1, 2 * DAY)
)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Deployed]:
    """Deploy a feed of five reporters on a node of its own; every example begins before its first round."""
    with running_node() as node:
        addresses = [reporter.address for reporter in REPORTERS]
        yield node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, addresses, 3, 6 * HOUR, RATES, NO_SEQUENCER)


def between_rates(value: float, base: float, bps: int, periods: float) -> float:
    """Clip a value to (1 + a) times its base and to its base over (1 + a), a being the rate times the time."""
    grown = 1.0 + bps / 10_000 * periods
    return float(np.clip(value, base / grown, base * grown))


@settings(ON_A_NODE, max_examples=25)
@given(rounds=st.lists(ROUND, min_size=2, max_size=5))
@example(rounds=[([60 * PERCENT] * 3, 60), ([900 * PERCENT] * 3, HOUR), ([PERCENT] * 5, HOUR), ([PERCENT] * 3, DAY)])
def test_answer__any_reports_at_any_times__numpys_median_between_the_rates_within_two_units(
    oracle: Deployed, rounds: list[tuple[list[int], int]]
) -> None:
    """Compare every round from the contract's own last answer and window, so that errors do not add up.

    A bound of the contract is rounded towards its base, by less than one unit of 1e-8. Where both rates bind, the
    hour's rounded bound is clipped by the day's, and clipping moves two numbers no further apart: less than one unit
    again. The float side carries at most four roundings of 2^-53 of a number below 1e9 * 91, under 1e-4 units. The sum
    is below two.
    """
    snapshot = oracle.node.request("evm_snapshot")
    last = seen = start = started = 0
    for reports, wait in rounds:
        oracle.node.advance(wait)
        submit(oracle, reports)
        _, now, answer, _, reported, _ = oracle.read("peek")
        assert reported == np.median(reports)
        expected = float(reported)
        if last:
            start, started = (last, seen) if now - started >= DAY else (start, started)
            by_hour = between_rates(reported, last, RATES[0], (now - seen) / HOUR)
            expected = between_rates(by_hour, start, RATES[1], max(now - started, DAY) / DAY)
        else:
            start, started = answer, now
        assert abs(answer - expected) < 2
        last, seen = answer, now
    oracle.node.request("evm_revert", snapshot)
