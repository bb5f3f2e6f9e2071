"""The breaker at its edges, and the two ways in which it stays closed although one of its limits is passed."""

from __future__ import annotations

import pytest
from governed import ANYBODY, TIMELOCK
from onchain import HOUR, Deployed, Node, refusal
from regimes import Regimes
from reporters import FEED, PERCENT, RATES, REPORTERS, submit

pytestmark = pytest.mark.chain
ADDRESSES = [reporter.address for reporter in REPORTERS]


def breaker(regimes: Regimes, limits: tuple[int, int]) -> tuple[Deployed, Deployed]:
    """Deploy a breaker with other limits on a feed of its own, whose first round nothing clamps."""
    oracle = regimes.node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, RATES)
    parts = (regimes.parameters.address, oracle.address, regimes.realized.address)
    return regimes.node.deploy("VolatilityBreaker", *parts, limits), oracle


def realized_next(regimes: Regimes, limits: tuple[int, int]) -> int:
    """Return what the pool will measure right after a breaker was deployed and a round was submitted."""
    snapshot = regimes.node.request("evm_snapshot")
    _, oracle = breaker(regimes, limits)
    submit(oracle, [60 * PERCENT] * 3)
    measured = int(regimes.realized.read("measure")[0])
    regimes.node.request("evm_revert", snapshot)
    return measured


def compared(regimes: Regimes, limits: tuple[int, int], implied: int) -> tuple[Deployed, bool]:
    """Return a new breaker whose feed says a volatility, and whether it finds the two too far apart."""
    made, oracle = breaker(regimes, limits)
    submit(oracle, [implied] * 3)
    return made, bool(made.read("compare")[2])


@pytest.mark.parametrize("limits", [(15_000, 0), (200_000, 2 * 10**8)])
def test_limits__at_their_edges__accepted(regimes: Regimes, limits: tuple[int, int]) -> None:
    assert breaker(regimes, limits)[0].read("limits") == limits


@pytest.mark.parametrize("beyond", [0, 1])
def test_compare__ratio_exactly_at_its_limit__is_not_yet_apart(regimes: Regimes, beyond: int) -> None:
    limits = (20_000, 0)
    implied = 2 * realized_next(regimes, limits) + beyond
    assert compared(regimes, limits, implied)[1] is bool(beyond)


@pytest.mark.parametrize("beyond", [0, 1])
def test_compare__gap_exactly_at_its_limit__is_not_yet_apart(regimes: Regimes, beyond: int) -> None:
    measured = realized_next(regimes, (15_000, 0))
    gap = 2 * measured
    assert compared(regimes, (15_000, gap), 3 * measured + beyond)[1] is bool(beyond)


def test_compare__one_limit_passed_but_not_the_other__is_not_apart(regimes: Regimes) -> None:
    assert compared(regimes, (15_000, 2 * 10**8), 10 * PERCENT)[1] is False  # six times, 55 points
    assert compared(regimes, (200_000, 0), 300 * PERCENT)[1] is False  # 235 points, less than five times


def test_trip__realised_far_above_implied__trips_too_and_the_reset_is_announced(regimes: Regimes) -> None:
    made, apart = compared(regimes, (40_000, 40 * PERCENT), 10 * PERCENT)
    assert apart
    made.send("trip", sender=ANYBODY)
    assert len(made.events(made.send("reset", sender=TIMELOCK), "BreakerReset")) == 1


def test_wiring__as_deployed__is_what_was_given(regimes: Regimes, node: Node) -> None:
    read = regimes.breaker.read
    assert (read("ORACLE"), read("REALIZED")) == (regimes.oracle.address, regimes.realized.address)
    assert read("ROLES") == regimes.parameters.address
    assert regimes.breaker.refusal("reset", sender=node.deployer) == refusal("OnlyDao", node.deployer.lower())
