"""The breaker between implied and realised volatility."""

from __future__ import annotations

import pytest
from governed import ANYBODY, GUARDIAN, STEWARD, TIMELOCK
from onchain import HOUR, Node, refusal
from regimes import GAP, RATIO, Regimes
from reporters import PERCENT

pytestmark = pytest.mark.chain
SPOT_AWAY = 1


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


def test_trip__too_far_apart__by_anybody_and_stays_until_the_dao_resets(regimes: Regimes) -> None:
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
    parts = [one.address for one in (regimes.parameters, regimes.oracle, regimes.realized)]
    assert node.deploy_refusal("VolatilityBreaker", *parts, limits) == refusal("BadLimits", *limits)
