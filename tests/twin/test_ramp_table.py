"""Layer 2's ramp in Python, and a table of rows along the ramp in Solidity: the same share of full size."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from governed import GUARDIAN, LIMITS, STEWARD, TIMELOCK, VALUES
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onchain import DAY, HOUR, ON_A_NODE, Refusal, named, running_node
from pools import open_market
from regimes import Regimes, build_regimes
from reporters import FEED, PERCENT, RATES, REPORTERS

from bridge.artifacts import error_abi
from hedge.layers.volatility import ramp
from hedge.policy.parameters import RAMP_WIDTH_BPS, Parameters

pytestmark = [pytest.mark.chain, pytest.mark.prop]
START, FULL = 5, 6
E8_PER_BPS = 10_000
RAMPS = st.tuples(st.integers(4_500, 7_000), st.integers(RAMP_WIDTH_BPS, 6_000), st.integers(1, 10))


@pytest.fixture(scope="module")
def regimes() -> Iterator[Regimes]:
    """Build parameters, feed, pool, breaker and automation on a node of their own."""
    with running_node() as node:
        addresses = [reporter.address for reporter in REPORTERS]
        parameters = node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, LIMITS)
        oracle = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, addresses, 3, 6 * HOUR, RATES)
        yield build_regimes(node, parameters, oracle, open_market(node))


def row_of(regimes: Regimes) -> int:
    """Return the row that the automation would apply; where nothing is to be applied, the one that holds."""
    data = regimes.automation.encode("preview")
    call = {"to": regimes.automation.address, "data": data}
    answer = regimes.node.web3.provider.make_request("eth_call", [call, "latest"])
    if "error" in answer:
        found = named(bytes.fromhex(answer["error"]["data"][2:]), list(error_abi()))
        assert found == Refusal("NothingToApply", (0,))
        return 0
    return int(answer["result"][2:66], 16)


@settings(ON_A_NODE, max_examples=12)
@given(shape=RAMPS, level=st.integers(50 * PERCENT, 110 * PERCENT))
@example(shape=(5_500, 3_500, 7), level=90 * PERCENT)
@example(shape=(5_500, 3_500, 7), level=55 * PERCENT)
@example(shape=(6_000, RAMP_WIDTH_BPS, 10), level=65 * PERCENT - 1)
def test_ramp__rows_along_it__the_automation_selects_the_share_that_hedge_computes(
    regimes: Regimes, shape: tuple[int, int, int], level: int
) -> None:
    """Of n rows evenly from the start to the full level, the one selected is the floor of n times the ramp.

    The contract compares integers. The float ramp carries four roundings of 2^-53 (two quotients, a difference, a
    quotient) of numbers below 2, magnified by the inverse width of at most 20: below 2^-46. Only a level that close to
    n times a row may fall to either side.
    """
    start, width, count = shape
    snapshot = regimes.node.request("evm_snapshot")
    steps = [start * E8_PER_BPS - (-row * width * E8_PER_BPS // count) for row in range(1, count + 1)]
    rows = [(0, [1000]), *((floor, [1000 + row]) for row, floor in enumerate(steps, 1))]
    regimes.automation.send("setTable", [1], rows, (0, HOUR, DAY), 0, sender=TIMELOCK)
    regimes.hours(7, level)  # a quarter an hour, then longer than the hour's dwell at the level itself
    assert regimes.oracle.read("latest")[0] == level
    parameters = Parameters().replaced({START: start, FULL: start + width})
    share, slack = count * ramp(level / 1e8, parameters), count * 2.0**-46
    assert math.floor(share - slack) <= row_of(regimes) <= math.floor(share + slack)
    regimes.node.request("evm_revert", snapshot)
