"""The breaker between implied and realised volatility."""

from __future__ import annotations

import pytest
from governed import ANYBODY, GUARDIAN, STEWARD, TIMELOCK
from onchain import HOUR, Deployed, Node, refusal
from regimes import GAP, RATIO, Regimes
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS, submit

pytestmark = pytest.mark.chain
SPOT_AWAY = 1
ADDRESSES = [reporter.address for reporter in REPORTERS]


def part(regimes: Regimes) -> tuple[int, int]:
    """Let implied volatility run away for days, until the two are too far apart."""
    regimes.hours(60, 400 * PERCENT)  # clamped to a doubling a day
    implied, realized, _ = regimes.breaker.read("compare")
    return implied, realized


def test_compare__calm__is_both_numbers_and_closed(regimes: Regimes) -> None:
    implied, realized, apart = regimes.breaker.read("compare")
    assert (implied, apart) == (60 * PERCENT, False)
    assert realized == regimes.realized.read("measure")[0]
    assert 50 * PERCENT < realized < 80 * PERCENT
    assert regimes.breaker.refusal("trip", sender=ANYBODY) == refusal("NotApart", implied, realized)
    regimes.breaker.read("requireClosed")
    assert regimes.breaker.read("limits") == (RATIO, GAP)


def test_trip__too_far_apart__by_anyone_and_stays_until_the_dao_resets(regimes: Regimes) -> None:
    implied, realized = part(regimes)
    assert implied > 4 * realized
    assert regimes.breaker.refusal("requireClosed") == refusal("TooFarApart", implied, realized)
    receipt = regimes.breaker.send("trip", sender=ANYBODY)
    (event,) = regimes.breaker.events(receipt, "BreakerTripped")
    at = regimes.breaker.read("trippedAt")
    assert at == regimes.node.now
    assert event["by"].lower() == ANYBODY.lower()
    tripped = refusal("Tripped", at, event["implied"], event["realized"])
    assert regimes.breaker.refusal("requireClosed") == regimes.breaker.refusal("trip") == tripped
    for sender in (ANYBODY, STEWARD, GUARDIAN):
        assert regimes.breaker.refusal("reset", sender=sender) == refusal("OnlyDao", sender.lower())
    regimes.breaker.send("reset", sender=TIMELOCK)
    assert regimes.breaker.read("trippedAt") == 0
    assert regimes.breaker.refusal("requireClosed").name == "TooFarApart"  # a reset changes no measurement


def test_reset__not_tripped__refused(regimes: Regimes) -> None:
    assert regimes.breaker.refusal("reset", sender=TIMELOCK) == refusal("NotTripped")


def test_compare__measurement_flagged__lets_nothing_pass_and_trips_nothing(regimes: Regimes) -> None:
    regimes.market.swap_to(2000)
    for call in ("requireClosed", "trip", "compare"):
        found = regimes.why(regimes.breaker, call)
        assert found.name == "Manipulated"
        assert found.values[0] & SPOT_AWAY


def test_compare__feed_stopped_or_pool_idle__reverts_with_their_reason(regimes: Regimes, node: Node) -> None:
    node.advance(6 * HOUR + 1)
    assert regimes.why(regimes.breaker, "requireClosed").name == "StaleAnswer"
    regimes.report(60 * PERCENT, trade=False)
    assert regimes.why(regimes.breaker, "requireClosed").name == "PoolIdle"


@pytest.mark.parametrize("limits", [(14_999, 0), (200_001, 0), (40_000, 2 * 10**8 + 1)])
def test_limits__senseless__refused(regimes: Regimes, node: Node, limits: tuple[int, int]) -> None:
    parts = [contract.address for contract in (regimes.parameters, regimes.oracle, regimes.realized)]
    assert node.deploy_refusal("VolatilityBreaker", *parts, limits) == refusal("BadLimits", *limits)


def breaker(regimes: Regimes, limits: tuple[int, int]) -> tuple[Deployed, Deployed]:
    """Deploy a breaker with other limits on a feed of its own, whose first round nothing clamps."""
    oracle = regimes.node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, RATES, NO_SEQUENCER)
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
