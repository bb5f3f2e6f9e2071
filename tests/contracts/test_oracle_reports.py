"""What the oracle refuses, and which number it takes."""

from __future__ import annotations

import statistics

import pytest
from eth_account import Account
from governed import ANYBODY, TIMELOCK
from hypothesis import given, settings
from hypothesis import strategies as st
from onchain import DAY, HOUR, ON_A_NODE, Deployed, Node, Refusal, refusal, running_node
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS, STRANGERS, malleated, sign, signed_round, submit

pytestmark = pytest.mark.chain
ROUND = (60 * PERCENT, 61 * PERCENT, 62 * PERCENT)
INVALID, LENGTH, HIGH_S = 1, 2, 3


def test_submit__three_reports__takes_the_middle_one_exactly(oracle: Deployed, node: Node) -> None:
    receipt = submit(oracle, (61_234_567, 99 * PERCENT, 61_234_569))
    (event,) = oracle.events(receipt, "RoundSubmitted")
    assert oracle.read("peek") == (1, event["observedAt"], 61_234_569, node.now, 61_234_569, 0)
    assert oracle.read("latest") == [61_234_569, event["observedAt"]]
    assert event["reporters"] == [reporter.address for reporter in REPORTERS[:3]]
    assert event["volatilities"] == [61_234_567, 99 * PERCENT, 61_234_569]


def test_submit__two_sets_of_one_round__the_older_may_come_and_then_the_newer_is_none(
    oracle: Deployed, node: Node
) -> None:
    older = signed_round(oracle, ROUND)
    node.advance(5 * HOUR)
    newer = signed_round(oracle, [2 * level for level in ROUND])
    oracle.send("submit", *older, sender=ANYBODY)
    assert oracle.refusal("submit", *newer) == refusal("WrongRound", 1, 2)


@pytest.mark.parametrize(
    "elsewhere",
    [{"feed": b"\x01" * 32}, {"contract": "0x" + "11" * 20}, {"chain_id": 1}],
    ids=["feed", "contract", "chain"],
)
def test_submit__signed_for_elsewhere__unknown_signer(oracle: Deployed, elsewhere: dict[str, object]) -> None:
    arguments = signed_round(oracle, ROUND, **elsewhere)
    found = oracle.refusal("submit", *arguments)
    assert found.name == "UnknownSigner"
    assert found.values[0] == 0


def test_submit__carried_to_the_same_address_on_another_chain__unknown_signer(node: Node) -> None:
    terms = (
        "VolatilityOracle",
        FEED,
        "ETH",
        TIMELOCK,
        [reporter.address for reporter in REPORTERS],
        3,
        6 * HOUR,
        RATES,
        NO_SEQUENCER,
    )
    home = node.deploy(*terms, sender=ANYBODY)
    with running_node(chain_id=1) as other:
        other.advance(max(1, node.now - other.now))
        away = other.deploy(*terms, sender=ANYBODY)
        assert away.address == home.address
        assert away.refusal("submit", *signed_round(home, ROUND)).name == "UnknownSigner"
        submit(away, ROUND, chain_id=1)


def test_submit__replayed_round__wrong_round(oracle: Deployed) -> None:
    arguments = signed_round(oracle, ROUND)
    oracle.send("submit", *arguments, sender=oracle.node.deployer)
    assert oracle.refusal("submit", *arguments) == refusal("WrongRound", 1, 2)


@pytest.mark.parametrize("round_", [0, 2, 2**64 - 1])
def test_submit__round_that_is_not_the_next__wrong_round(oracle: Deployed, round_: int) -> None:
    assert oracle.refusal("submit", *signed_round(oracle, ROUND, round_=round_)) == refusal("WrongRound", round_, 1)


@pytest.mark.parametrize("offset", [0, -1])
def test_submit__observed_no_later_than_the_last_round__not_newer(oracle: Deployed, node: Node, offset: int) -> None:
    seen = node.now
    submit(oracle, ROUND)
    arguments = signed_round(oracle, ROUND, observed_at=seen + offset)
    assert oracle.refusal("submit", *arguments) == refusal("NotNewer", seen + offset, seen)


def test_submit__observed_one_second_ahead__future(oracle: Deployed, node: Node) -> None:
    arguments = signed_round(oracle, ROUND, observed_at=node.now + 1)
    assert oracle.refusal("submit", *arguments) == refusal("FutureReport", node.now + 1, node.now)


def test_submit__observed_in_the_second_of_its_block__accepted(oracle: Deployed, node: Node) -> None:
    seen = node.now + 1  # when the next block comes
    submit(oracle, ROUND, observed_at=seen)
    assert oracle.read("latest") == [61 * PERCENT, seen]


def test_submit__observed_longer_ago_than_the_age_limit__stale(oracle: Deployed, node: Node) -> None:
    arguments = signed_round(oracle, ROUND)
    node.advance(6 * HOUR + 1)
    assert oracle.refusal("submit", *arguments) == refusal("StaleReport", 6 * HOUR + 1, 6 * HOUR)


def test_submit__observed_as_long_ago_as_the_age_limit__accepted(oracle: Deployed, node: Node) -> None:
    seen = node.now
    node.advance(6 * HOUR - 1)  # the next block comes a second later
    submit(oracle, ROUND, observed_at=seen)
    assert oracle.read("latest") == [61 * PERCENT, seen]


def test_submit__fewer_than_the_quorum__quorum_not_met(oracle: Deployed) -> None:
    for count in (0, 1, 2):
        assert oracle.refusal("submit", *signed_round(oracle, ROUND[:count])) == refusal("QuorumNotMet", count, 3)


def test_submit__even_number__refused(oracle: Deployed) -> None:
    arguments = signed_round(oracle, (*ROUND, 63 * PERCENT))
    assert oracle.refusal("submit", *arguments) == refusal("EvenReportCount", 4)


def test_submit__lists_that_do_not_pair__reports_mismatch(oracle: Deployed) -> None:
    number, seen, volatilities, signatures = signed_round(oracle, ROUND)
    found = oracle.refusal("submit", number, seen, volatilities, signatures[:2])
    assert found == refusal("ReportsMismatch", 3, 2)


def test_submit__same_signer_twice__not_ascending(oracle: Deployed) -> None:
    first, second = REPORTERS[0], REPORTERS[1]
    arguments = signed_round(oracle, ROUND, [first, second, second])
    expected = refusal("ReportersNotAscending", second.address.lower(), second.address.lower())
    assert oracle.refusal("submit", *arguments) == expected


def test_submit__signers_out_of_order__not_ascending(oracle: Deployed) -> None:
    first, second = REPORTERS[0], REPORTERS[1]
    arguments = signed_round(oracle, ROUND, [second, first, REPORTERS[2]])
    expected = refusal("ReportersNotAscending", second.address.lower(), first.address.lower())
    assert oracle.refusal("submit", *arguments) == expected


def _with_second(oracle: Deployed, change: object) -> Refusal:
    """Submit three good reports of which the second signature was changed."""
    number, seen, volatilities, signatures = signed_round(oracle, ROUND)
    signatures[1] = change(signatures[1])  # type: ignore[operator]
    return oracle.refusal("submit", number, seen, volatilities, signatures)


def test_submit__high_s__bad_signature(oracle: Deployed) -> None:
    found = _with_second(oracle, malleated)
    assert (found.name, found.values[:2]) == ("BadSignature", (1, HIGH_S))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_submit__bad_v__bad_signature(oracle: Deployed, v: int) -> None:
    found = _with_second(oracle, lambda signature: signature[:64] + bytes([v]))
    assert found == refusal("BadSignature", 1, INVALID, bytes(32))


@pytest.mark.parametrize("length", [0, 64, 66])
def test_submit__signature_of_another_length__bad_signature(oracle: Deployed, length: int) -> None:
    found = _with_second(oracle, lambda signature: (signature + b"\0")[:length])
    assert found == refusal("BadSignature", 1, LENGTH, length.to_bytes(32, "big"))


def test_submit__by_a_stranger__unknown_signer(oracle: Deployed, node: Node) -> None:
    number, seen, volatilities, signatures = signed_round(oracle, ROUND)
    signatures[1] = sign(oracle, STRANGERS[0], number, seen, volatilities[1])
    found = oracle.refusal("submit", number, seen, volatilities, signatures)
    assert found == refusal("UnknownSigner", 1, STRANGERS[0].address.lower())


def test_submit__volatility_changed_after_signing__unknown_signer(oracle: Deployed) -> None:
    number, seen, volatilities, signatures = signed_round(oracle, ROUND)
    volatilities[2] += 1
    found = oracle.refusal("submit", number, seen, volatilities, signatures)
    assert (found.name, found.values[0]) == ("UnknownSigner", 2)


@pytest.mark.parametrize("volatility", [0, PERCENT - 1, 1000 * PERCENT + 1, 2**64 - 1])
def test_submit__volatility_beyond_sense__out_of_bounds(oracle: Deployed, volatility: int) -> None:
    arguments = signed_round(oracle, (ROUND[0], volatility, ROUND[1]))
    expected = refusal("VolatilityOutOfBounds", 1, volatility, PERCENT, 1000 * PERCENT)
    assert oracle.refusal("submit", *arguments) == expected


def test_submit__volatility_at_the_bounds__accepted(oracle: Deployed) -> None:
    submit(oracle, (PERCENT, PERCENT, 1000 * PERCENT))
    assert oracle.read("peek")[2] == PERCENT


VOLATILITY = st.integers(PERCENT, 1000 * PERCENT)


@settings(ON_A_NODE, max_examples=15)
@given(
    honest=st.tuples(VOLATILITY, VOLATILITY, VOLATILITY),
    extremes=st.sampled_from([(PERCENT, PERCENT), (PERCENT, 1000 * PERCENT), (1000 * PERCENT, 1000 * PERCENT)]),
    liars=st.sampled_from([(0, 1), (0, 4), (1, 3), (3, 4)]),
)
def test_median__minority_at_the_extremes__stays_in_the_honest_range(
    oracle: Deployed, honest: tuple[int, int, int], extremes: tuple[int, int], liars: tuple[int, int]
) -> None:
    snapshot = oracle.node.request("evm_snapshot")  # each example is a first round, which nothing clamps
    lies, truths = iter(extremes), iter(honest)
    volatilities = [next(lies) if place in liars else next(truths) for place in range(5)]
    submit(oracle, volatilities)
    median = oracle.read("peek")[2]
    assert median == statistics.median(volatilities)
    assert min(honest) <= median <= max(honest)
    oracle.node.request("evm_revert", snapshot)


def test_digest__on_chain__is_what_eip712_libraries_sign(oracle: Deployed, node: Node) -> None:
    signature = sign(oracle, REPORTERS[0], 7, node.now - DAY, 123)
    digest = oracle.read("reportDigest", 7, node.now - DAY, 123)
    assert Account._recover_hash(digest, signature=signature) == REPORTERS[0].address
    assert oracle.read("feedId") == FEED
