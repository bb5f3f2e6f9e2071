"""A feed on a rollup: no answer while the sequencer is down, and for a time of grace after."""

from __future__ import annotations

import pytest
from governed import TIMELOCK
from onchain import DAY, HOUR, Deployed, Node, refusal
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS, signed_round, submit

pytestmark = pytest.mark.chain
ADDRESSES = [reporter.address for reporter in REPORTERS]
ROUND = [60 * PERCENT] * 3
UP, DOWN = 0, 1
MINUTE = 60
READS = ("latest", "latestRound", "latestRoundData")
NOBODY = NO_SEQUENCER[0]


def terms(feed: str, grace: int) -> tuple[object, ...]:
    return ("VolatilityOracle", FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, RATES, (feed, grace))


def say(uptime: Deployed, answer: int, since: int) -> None:
    uptime.send("set", answer, since, sender=uptime.node.deployer)


@pytest.fixture
def uptime(node: Node) -> Deployed:
    """Return an uptime feed that says: up since a day ago."""
    made = node.deploy("UptimeFeed")
    say(made, UP, node.now - DAY)
    return made


@pytest.fixture
def rollup(node: Node, uptime: Deployed) -> Deployed:
    """Return a feed of volatility with one round, on a rollup with an hour of grace."""
    made = node.deploy(*terms(uptime.address, HOUR))
    submit(made, ROUND)
    return made


def test_sequencer__up_for_long__answers_and_says_what_it_follows(rollup: Deployed, uptime: Deployed) -> None:
    assert rollup.read("latest")[0] == ROUND[0]
    assert rollup.read("latestRound")[0] == rollup.read("latestRoundData")[0] == 1
    assert rollup.read("sequencer") == (uptime.address, HOUR)


@pytest.mark.parametrize("answer", [1, 2, -1])
def test_sequencer__down__no_read_answers_but_history_does(rollup: Deployed, uptime: Deployed, answer: int) -> None:
    since = rollup.node.now
    say(uptime, answer, since)
    for read in READS:
        assert rollup.refusal(read) == refusal("SequencerDown", since)
    assert rollup.read("peek")[2] == rollup.read("roundAt", 1)[2] == rollup.read("getRoundData", 1)[1] == ROUND[0]


def test_sequencer__feed_without_a_round__counts_as_down(rollup: Deployed, uptime: Deployed) -> None:
    say(uptime, UP, 0)
    for read in READS:
        assert rollup.refusal(read) == refusal("SequencerDown", 0)


def test_sequencer__back__answers_when_the_grace_is_over_to_the_second(rollup: Deployed, uptime: Deployed) -> None:
    since = rollup.node.now
    say(uptime, UP, since)
    rollup.node.advance_to(since + HOUR - 1)
    for read in READS:
        assert rollup.refusal(read) == refusal("SequencerBack", since, HOUR)
    rollup.node.advance_to(since + HOUR)
    assert rollup.read("latest")[0] == ROUND[0]


def test_sequencer__up_since_a_time_to_come__is_no_grace_that_is_over(rollup: Deployed, uptime: Deployed) -> None:
    for since in (rollup.node.now + DAY, 2**256 - 1):
        say(uptime, UP, since)
        assert rollup.refusal("latest") == refusal("SequencerBack", since, HOUR)


def test_sequencer__down_or_just_back__reporters_report_all_the_same(rollup: Deployed, uptime: Deployed) -> None:
    for answer in (DOWN, UP):
        say(uptime, answer, rollup.node.now)
        rollup.node.advance(MINUTE)
        submit(rollup, ROUND)
    assert rollup.read("lastRound") == 3
    assert rollup.refusal("latest").name == "SequencerBack"


def test_sequencer__older_reason_too__the_outage_is_told_first(node: Node, uptime: Deployed) -> None:
    silent = node.deploy(*terms(uptime.address, HOUR))
    assert silent.refusal("latest") == refusal("NoAnswer")
    say(uptime, DOWN, node.now)
    assert silent.refusal("latest").name == "SequencerDown"


def test_sequencer__none__is_said_and_asks_nobody(oracle: Deployed) -> None:
    submit(oracle, ROUND)
    assert oracle.read("latest")[0] == ROUND[0]
    assert oracle.read("sequencer") == NO_SEQUENCER


@pytest.mark.parametrize("grace", [0, 10 * MINUTE - 1, DAY + 1])
def test_grace__outside_its_range__refused(node: Node, uptime: Deployed, grace: int) -> None:
    assert node.deploy_refusal(*terms(uptime.address, grace)) == refusal("BadGrace", grace, 10 * MINUTE, DAY)


@pytest.mark.parametrize("grace", [10 * MINUTE, DAY])
def test_grace__at_its_edges__accepted(node: Node, uptime: Deployed, grace: int) -> None:
    assert node.deploy(*terms(uptime.address, grace)).read("sequencer")[1] == grace


def test_grace__without_a_feed__refused(node: Node) -> None:
    assert node.deploy_refusal(*terms(NOBODY, 1)) == refusal("BadGrace", 1, 0, 0)


def test_signed_round__of_a_rollup__is_signed_as_on_any_chain(rollup: Deployed) -> None:
    rollup.node.advance(MINUTE)
    rollup.send("submit", *signed_round(rollup, ROUND), sender=rollup.node.deployer)
    assert rollup.read("lastRound") == 2
