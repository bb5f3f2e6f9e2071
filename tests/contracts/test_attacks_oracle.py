"""Attacks 8 to 18 of the design: on the feed and on the pool that realised volatility is read from."""

from __future__ import annotations

import math

import pytest
from governed import TIMELOCK
from onchain import DAY, HOUR, Deployed, Node, named, refusal
from pools import Market
from reporters import PERCENT, REPORTERS, STRANGERS, by_address, malleated, signed_round, submit

from bridge.artifacts import artifact
from hedge.amm.ticks import sqrt_price_at_tick

pytestmark = pytest.mark.chain
ROUND = (60 * PERCENT, 61 * PERCENT, 62 * PERCENT)
ADDRESSES = [reporter.address for reporter in REPORTERS]
SPACING, COUNT = 1800, 12


@pytest.mark.parametrize("elsewhere", [{"feed": b"\x01" * 32}, {"contract": "0x" + "11" * 20}, {"chain_id": 1}])
def test_attack_08__report_signed_for_another_feed_contract_or_chain__unknown_signer(
    oracle: Deployed, elsewhere: dict[str, object]
) -> None:
    assert oracle.refusal("submit", *signed_round(oracle, ROUND, **elsewhere)).name == "UnknownSigner"


def test_attack_09__one_signer_twice_high_s_bad_v_or_a_contract__refused(oracle: Deployed, market: Market) -> None:
    twice = signed_round(oracle, ROUND, [REPORTERS[0], REPORTERS[1], REPORTERS[1]])
    assert oracle.refusal("submit", *twice).name == "ReportersNotAscending"
    number, seen, volatilities, signatures = signed_round(oracle, ROUND)
    for bad in (malleated(signatures[1]), signatures[1][:64] + b"\x00"):
        wrong = [signatures[0], bad, signatures[2]]
        assert oracle.refusal("submit", number, seen, volatilities, wrong).name == "BadSignature"
    found = oracle.refusal("setSigners", [market.pool.address], 1, sender=TIMELOCK)
    assert found == refusal("SignerIsContract", market.pool.address.lower())


def test_attack_10__signer_that_stays_delegates_its_account__does_not_stop_the_removal(
    oracle: Deployed, node: Node
) -> None:
    kept = by_address([*REPORTERS[1:], STRANGERS[0]])
    addresses = [signer.address for signer in kept]
    node.request("anvil_setCode", addresses[0], "0x" + "60" * 23)  # code as long as a delegation
    found = oracle.refusal("setSigners", addresses, 3, sender=TIMELOCK)
    assert found == refusal("SignerIsContract", addresses[0].lower())
    node.request("anvil_setCode", addresses[0], "0xef0100" + "11" * 20)  # EIP-7702
    oracle.send("setSigners", addresses, 3, sender=TIMELOCK)
    submit(oracle, ROUND, kept)  # its key still signs


def test_attack_10__removed_signer_or_quorum_at_half__refused(oracle: Deployed) -> None:
    kept = by_address([*REPORTERS[1:], STRANGERS[0]])
    oracle.send("setSigners", [signer.address for signer in kept], 3, sender=TIMELOCK)
    assert oracle.refusal("submit", *signed_round(oracle, ROUND)).name == "UnknownSigner"
    found = oracle.refusal("setSigners", ADDRESSES[:4], 2, sender=TIMELOCK)
    assert found == refusal("QuorumTooLow", 2, 4)


def test_attack_11__future_stale_or_equal_round__refused(oracle: Deployed, node: Node) -> None:
    assert oracle.refusal("submit", *signed_round(oracle, ROUND, observed_at=node.now + 1)).name == "FutureReport"
    old = signed_round(oracle, ROUND)
    node.advance(6 * HOUR + 1)
    assert oracle.refusal("submit", *old).name == "StaleReport"
    seen = node.now
    submit(oracle, ROUND)
    assert oracle.refusal("submit", *signed_round(oracle, ROUND, observed_at=seen)).name == "NotNewer"


@pytest.mark.parametrize("lies", [(PERCENT, PERCENT), (1000 * PERCENT, 1000 * PERCENT), (PERCENT, 1000 * PERCENT)])
def test_attack_12__minority_at_the_extremes__answer_stays_among_the_honest(
    oracle: Deployed, lies: tuple[int, int]
) -> None:
    submit(oracle, [lies[0], *ROUND, lies[1]])
    assert ROUND[0] <= oracle.read("latest")[0] <= ROUND[2]


def test_attack_13__feed_stops__stale_answer_and_never_the_last_value(oracle: Deployed, node: Node) -> None:
    submit(oracle, ROUND)
    node.advance(6 * HOUR)
    for read in ("latest", "latestRound", "latestRoundData"):
        assert oracle.refusal(read).name == "StaleAnswer"


def test_attack_14__missed_periods_then_one_large_return__weighted_by_the_time_that_passed(
    market: Market, realized: Deployed
) -> None:
    market.grow(64)
    market.walk([10, 0] * 7, SPACING)
    market.node.advance(10 * SPACING)
    market.swap_to(500)
    market.node.advance(2 * SPACING)
    whole = math.log(1.0001) * 500 * math.sqrt(365 * DAY / (COUNT * SPACING))
    one_period = whole * math.sqrt(COUNT)  # what a gap counted as one period would say
    assert realized.read("measure")[0] / 10**8 < 1.3 * whole < one_period / 2


def test_attack_15__four_times_the_price_for_twelve_seconds__moves_a_mean_by_92_ticks_and_is_flagged(
    market: Market, realized: Deployed
) -> None:
    market.grow(64)
    market.walk([10, 0] * 7, SPACING)
    market.swap_to(13_863)
    assert realized.read("measure")[3] & 1  # inside the block of the spike: the spot price is far away
    market.node.advance(11)
    market.swap_to(0)
    market.node.advance(SPACING - 13)
    sums = market.pool.read("observe", [SPACING, 0])[0]
    assert 88 < (sums[1] - sums[0]) / SPACING < 108  # 92 of the spike, up to ten of the walk
    assert realized.read("measure")[3] & 2  # one return makes most of it


def test_attack_16__ring_of_one_slot_or_not_yet_written__too_few_observations(
    market: Market, realized: Deployed
) -> None:
    market.walk([60, 0] * 7, SPACING)
    assert realized.refusal("measure") == refusal("TooFewObservations", 1, COUNT)
    market.grow(64)
    market.walk([60, 0], SPACING)
    assert realized.refusal("measure") == refusal("TooFewObservations", 3, COUNT)


def test_attack_17__drift_in_steps_below_the_clamp__stops_at_the_days_bound_and_is_flagged(
    oracle: Deployed, node: Node
) -> None:
    level = 60 * PERCENT
    submit(oracle, [level] * 3)
    for _ in range(15):
        node.advance(HOUR)
        level = level * 110 // 100
        submit(oracle, [level] * 3)
    assert level > 240 * PERCENT
    _, _, answer, _, reported, flags = oracle.read("latestRound")
    assert (answer, reported, flags & 2) == (120 * PERCENT, level, 2)


def test_attack_18__read_inside_a_callback__pool_locked(market: Market, realized: Deployed, node: Node) -> None:
    market.grow(64)
    market.walk([60, 0] * 7, SPACING)
    reader = node.deploy("CallbackReader")
    market.tokens[0].send("mint", reader.address, 10**30, sender=node.deployer)
    query = realized.encode("measure")
    limit = sqrt_price_at_tick(-100)
    reader.send("swapAndRead", market.pool.address, limit, realized.address, query, sender=node.deployer)
    assert reader.read("succeeded") is False
    found = named(bytes(reader.read("answer")), artifact("RealizedVolatility").abi)
    assert found == refusal("PoolLocked", market.pool.address.lower())
