"""Reading the feed, its history, and changing its signers."""

from __future__ import annotations

import pytest
from governed import ANYBODY, TIMELOCK
from onchain import DAY, HOUR, Deployed, Node, refusal
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS, STRANGERS, by_address, signed_round, submit

pytestmark = pytest.mark.chain
ROUND = (60 * PERCENT, 61 * PERCENT, 62 * PERCENT)
ADDRESSES = [reporter.address for reporter in REPORTERS]


def test_read__before_the_first_round__no_answer(oracle: Deployed) -> None:
    for read in ("latest", "latestRoundData", "latestRound"):
        assert oracle.refusal(read) == refusal("NoAnswer")
    assert oracle.read("peek") == (0, 0, 0, 0, 0, 0)
    assert oracle.refusal("getRoundData", 0) == refusal("RoundNotAvailable", 0, 1, 0)


def test_read__fresh__as_a_chainlink_feed(oracle: Deployed, node: Node) -> None:
    seen = node.now
    submit(oracle, ROUND)
    assert oracle.read("latestRoundData") == [1, 61 * PERCENT, seen, seen, 1]
    assert oracle.read("latestRoundData") == oracle.read("getRoundData", 1)
    assert [oracle.read(name) for name in ("decimals", "version", "description")] == [8, 1, "ETH 30 days"]


def test_read__feed_that_stopped__stale_answer_and_never_the_last_value(oracle: Deployed, node: Node) -> None:
    seen = node.now
    submit(oracle, ROUND)
    node.advance(6 * HOUR - (node.now - seen))
    assert oracle.read("latest") == [61 * PERCENT, seen]
    node.advance(1)
    for read in ("latest", "latestRoundData", "latestRound"):
        assert oracle.refusal(read) == refusal("StaleAnswer", 6 * HOUR + 1, 6 * HOUR)
    assert oracle.read("peek")[:3] == (1, seen, 61 * PERCENT)


def test_history__more_rounds_than_kept__the_last_128(oracle: Deployed, node: Node) -> None:
    seen = []
    for number in range(1, 132):
        seen.append(node.now)
        submit(oracle, [60 * PERCENT + number] * 3)
    for number in (4, 5, 128, 131):
        time = seen[number - 1]
        assert oracle.read("getRoundData", number) == [number, 60 * PERCENT + number, time, time, number]
    for number in (0, 3, 132, 2**80 - 1):
        assert oracle.refusal("getRoundData", number) == refusal("RoundNotAvailable", number, 4, 131)
    assert oracle.refusal("roundAt", 3) == refusal("RoundNotAvailable", 3, 4, 131)
    assert oracle.read("roundAt", 5)[:3] == (5, seen[4], 60 * PERCENT + 5)


def test_set_signers__removed_signer__counts_no_more(oracle: Deployed) -> None:
    kept = [*REPORTERS[1:], STRANGERS[0]]
    oracle.send("setSigners", [a.address for a in by_address(kept)], 3, sender=TIMELOCK)
    found = oracle.refusal("submit", *signed_round(oracle, ROUND))
    assert found == refusal("UnknownSigner", 0, REPORTERS[0].address.lower())
    assert oracle.read("isSigner", REPORTERS[0].address) is False
    submit(oracle, ROUND, by_address([*REPORTERS[1:3], STRANGERS[0]]))


def test_set_signers__raised_quorum__binds_the_next_round(oracle: Deployed) -> None:
    receipt = oracle.send("setSigners", ADDRESSES, 5, sender=TIMELOCK)
    (event,) = oracle.events(receipt, "SignersSet")
    assert (event["signers"], event["quorum"]) == (ADDRESSES, 5)
    assert oracle.refusal("submit", *signed_round(oracle, ROUND)) == refusal("QuorumNotMet", 3, 5)
    assert oracle.read("quorum") == 5


def test_set_signers__between_rounds__keeps_round_and_observation(oracle: Deployed, node: Node) -> None:
    seen = node.now
    submit(oracle, ROUND)
    oracle.send("setSigners", ADDRESSES[:3], 3, sender=TIMELOCK)
    assert oracle.read("lastRound") == 1
    found = oracle.refusal("submit", *signed_round(oracle, ROUND, observed_at=seen))
    assert found == refusal("NotNewer", seen, seen)


@pytest.mark.parametrize("sender", [ANYBODY, REPORTERS[0].address])
def test_set_signers__by_anyone_but_the_owner__refused(oracle: Deployed, sender: str) -> None:
    expected = refusal("OwnableUnauthorizedAccount", sender.lower())
    assert oracle.refusal("setSigners", ADDRESSES, 3, sender=sender) == expected
    assert oracle.read("owner") == TIMELOCK


@pytest.mark.parametrize(
    ("count", "quorum", "name"),
    [
        (4, 2, "QuorumTooLow"), (5, 2, "QuorumTooLow"), (5, 0, "QuorumTooLow"), (0, 0, "QuorumTooLow"),
        (3, 5, "QuorumTooHigh"), (0, 1, "QuorumTooHigh"), (3, 2, "EvenQuorum"), (5, 4, "EvenQuorum"),
    ],
)  # fmt: skip
def test_quorum__at_half_or_below_or_unreachable_or_even__refused(
    oracle: Deployed, count: int, quorum: int, name: str
) -> None:
    signers = [stranger.address for stranger in STRANGERS[:count]]
    numbers = (quorum,) if name == "EvenQuorum" else (quorum, count)
    assert oracle.refusal("setSigners", signers, quorum, sender=TIMELOCK) == refusal(name, *numbers)


def test_signers__twice_or_unsorted_or_zero__not_ascending(oracle: Deployed) -> None:
    first, second, third = (address.lower() for address in ADDRESSES[:3])
    zero = "0x" + "00" * 20
    for signers, pair in (
        ([first, first, second], (first, first)), ([second, first, third], (second, first)), ([zero], (zero, zero)),
    ):  # fmt: skip
        given = [oracle.node.web3.to_checksum_address(signer) for signer in signers]
        found = oracle.refusal("setSigners", given, len(given), sender=TIMELOCK)
        assert found == refusal("SignersNotAscending", *pair)


def test_signers__more_than_can_be_checked__refused(oracle: Deployed) -> None:
    signers = [stranger.address for stranger in STRANGERS[:32]]
    assert oracle.refusal("setSigners", signers, 17, sender=TIMELOCK) == refusal("TooManySigners", 32, 31)


def test_signers__as_many_as_can_be_checked__accepted(oracle: Deployed) -> None:
    signers = [stranger.address for stranger in STRANGERS[:31]]
    oracle.send("setSigners", signers, 17, sender=TIMELOCK)
    assert oracle.read("signers") == signers
    assert oracle.read("isSigner", signers[-1]) is True


def test_signers__a_contract__refused(oracle: Deployed, parameters: Deployed) -> None:
    expected = refusal("SignerIsContract", parameters.address.lower())
    assert oracle.refusal("setSigners", [parameters.address], 1, sender=TIMELOCK) == expected


@pytest.mark.parametrize("max_age", [0, 59, 7 * DAY + 1])
def test_max_age__outside_its_range__refused(node: Node, max_age: int) -> None:
    found = node.deploy_refusal("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, max_age, RATES, NO_SEQUENCER)
    assert found == refusal("BadMaxAge", max_age, 60, 7 * DAY)


@pytest.mark.parametrize("max_age", [60, 7 * DAY])
def test_max_age__at_its_edges__accepted(node: Node, max_age: int) -> None:
    made = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, max_age, RATES, NO_SEQUENCER)
    assert made.read("maxAge") == max_age
