"""The feed at its edges: the last value that is accepted, where the other tests try the first that is refused."""

from __future__ import annotations

import pytest
from governed import TIMELOCK
from onchain import DAY, HOUR, Deployed, Node
from reporters import FEED, PERCENT, RATES, REPORTERS, STRANGERS, submit

pytestmark = pytest.mark.chain
ADDRESSES = [reporter.address for reporter in REPORTERS]
ROUND = (60 * PERCENT, 61 * PERCENT, 62 * PERCENT)


@pytest.mark.parametrize("rates", [(100, 90_000), (90_000, 90_000), (100, 100)])
def test_rates__at_their_edges__accepted(node: Node, rates: tuple[int, int]) -> None:
    made = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, rates)
    assert made.read("rates") == rates


@pytest.mark.parametrize("max_age", [60, 7 * DAY])
def test_max_age__at_its_edges__accepted(node: Node, max_age: int) -> None:
    made = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, max_age, RATES)
    assert made.read("maxAge") == max_age


def test_signers__as_many_as_can_be_checked__accepted(oracle: Deployed) -> None:
    signers = [stranger.address for stranger in STRANGERS[:31]]
    oracle.send("setSigners", signers, 17, sender=TIMELOCK)
    assert oracle.read("signers") == signers
    assert oracle.read("isSigner", signers[-1]) is True


def test_submit__observed_as_long_ago_as_the_age_limit__accepted(oracle: Deployed, node: Node) -> None:
    seen = node.now
    node.advance(6 * HOUR - 1)  # the next block comes a second later
    submit(oracle, ROUND, observed_at=seen)
    assert oracle.read("latest") == [61 * PERCENT, seen]


def test_submit__observed_in_the_second_of_its_block__accepted(oracle: Deployed, node: Node) -> None:
    seen = node.now + 1  # when the next block comes
    submit(oracle, ROUND, observed_at=seen)
    assert oracle.read("latest") == [61 * PERCENT, seen]


def test_window__exactly_a_day_old__begins_anew_at_the_last_answer(oracle: Deployed, node: Node) -> None:
    node.advance(2 * DAY)
    submit(oracle, [60 * PERCENT] * 3, observed_at=node.now - 3 * HOUR)
    first = oracle.read("peek")[1]
    submit(oracle, [70 * PERCENT] * 3, observed_at=first + HOUR)
    node.advance(DAY)
    submit(oracle, [130 * PERCENT] * 3, observed_at=first + DAY)
    assert oracle.read("peek")[2] == 130 * PERCENT  # below twice 70, above twice 60


def test_bound__below_that_leaves_a_remainder_of_one__is_rounded_up_towards_the_last_answer(node: Node) -> None:
    bps, wait = 2501, 1001  # without a common factor with an hour's basis points
    one = 10_000 * HOUR
    grown = one + bps * wait
    base = pow(one, -1, grown)
    assert base * one % grown == 1
    made = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, (bps, 90_000))
    seen = node.now
    submit(made, [base] * 3, observed_at=seen)
    node.advance(wait)
    submit(made, [PERCENT] * 3, observed_at=seen + wait)
    assert made.read("peek")[2] == base * one // grown + 1
