"""A deployment on a rollup: the uptime feed of its sequencer is checked, read before each answer, proven and shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.alerts.rules.oracle import feed_without_fresh_answer
from bridge.alerts.watch import take_oracle_snapshot
from bridge.chain.node import Chain
from bridge.deploy.ground import read_ground
from bridge.deploy.verify import Check, verify_deployment
from bridge.errors import ChainError, UnknownAddress
from bridge.snapshot import Snapshot
from tests.bridge.deploying import (
    DEPLOYER,
    MAKER,
    bare_chain,
    before,
    deployed,
    journal,
    new_dao,
    settings_text,
    written,
)

pytestmark = pytest.mark.chain
HOUR, DAY = 3600, 24 * 3600
UP, DOWN = 0, 1


@pytest.fixture(scope="module")
def arbitrum() -> Iterator[tuple[Chain, dict[str, str]]]:
    """Run a chain of Arbitrum's id with what is there before us, and an uptime feed that says: up since a day ago."""
    with bare_chain(42161) as chain:
        there = before(chain) | {"uptime": chain.deploy(MAKER, "UptimeFeed")}
        say(chain, there["uptime"], UP, chain.head().timestamp - DAY)
        yield chain, there


@pytest.fixture
def rollup(arbitrum: tuple[Chain, dict[str, str]]) -> Iterator[tuple[Chain, dict[str, str]]]:
    """Give the chain to one test and take back whatever it did."""
    snapshot = arbitrum[0].request("evm_snapshot")
    yield arbitrum
    arbitrum[0].request("evm_revert", snapshot)


def say(chain: Chain, uptime: str, answer: int, since: int) -> None:
    chain.send(MAKER, "UptimeFeed", uptime, "set", answer, since)


def with_feed(chain: Chain, there: dict[str, str], feed: str | None, more: str = "") -> str:
    text = settings_text(chain, there, new_dao(), more)
    return f'sequencer_feed = "{feed}"\n{text}' if feed else text


def test_deployment__names_its_uptime_feed__reads_it_before_each_answer_and_is_proven(
    rollup: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, there = rollup
    settings = written(tmp_path, with_feed(chain, there, there["uptime"], "[terms]\nsequencer_grace = 7_200"))
    _, remarks = read_ground(chain, settings, chain.head())
    assert any(words.startswith("sequencer up since 2") for words in remarks)
    done = deployed(tmp_path)
    assert {check.outcome for check in done.checks} == {"right"}
    for feed in done.deployment.feeds.values():
        assert chain.read("VolatilityOracle", feed, "sequencer", block=chain.head()) == (there["uptime"], 2 * HOUR)
    now = chain.head().timestamp
    assert told(chain, done.deployment) == ["the BTC feed has no answer yet", "the ETH feed has no answer yet"]
    say(chain, there["uptime"], DOWN, now)
    first, *_ = told(chain, done.deployment)
    assert first.startswith("the BTC feed gives no answer: the sequencer is down since 2")
    say(chain, there["uptime"], UP, now)
    first, *_ = told(chain, done.deployment)
    assert first.startswith("the BTC feed gives no answer: the sequencer is back since 2")
    assert first.endswith(", grace 7200 s")


def told(chain: Chain, deployment: object) -> list[str]:
    """Return what the monitor says of the feeds; nobody trusts one that has an outage."""
    seen = take_oracle_snapshot(Snapshot(chain, deployment, chain.head()))  # type: ignore[arg-type]
    assert all(feed.stale for feed in seen.feeds)
    return [alert.text for alert in feed_without_fresh_answer(seen)]


def test_verify__of_a_feed_that_reads_another_uptime_feed_or_grace__is_wrong(
    rollup: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, there = rollup
    written(tmp_path, with_feed(chain, there, there["uptime"]))
    book = deployed(tmp_path).deployment
    feed = book.feeds["ETH"]
    stated = book.created[feed]
    word = there["uptime"][2:].lower()
    assert word in stated
    for other in (stated.replace(word, "11" * 20), stated.replace(f"{HOUR:064x}", f"{2 * HOUR:064x}")):
        assert other != stated
        checks = verify_deployment(
            Snapshot(chain, book.model_copy(update={"created": book.created | {feed: other}}), chain.head()),
            lambda words: None,
        )
        assert [check.what for check in checks if wrong(check)] == ["code of VolatilityOracle ETH"]


def wrong(check: Check) -> bool:
    return check.outcome == "WRONG"


def test_settings__rollup_without_an_uptime_feed__is_remarked(
    rollup: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, there = rollup
    _, remarks = read_ground(chain, written(tmp_path, with_feed(chain, there, None)), chain.head())
    assert "Arbitrum One is a rollup and no sequencer_feed is named: feeds answer during and right after an outage" in (
        remarks
    )


@pytest.mark.parametrize(
    ("answer", "since", "words"),
    [
        (7, 1, "an uptime feed of a sequencer .*: it says 7, since 1"),
        (0, 0, "an uptime feed of a sequencer .*: it says 0, since 1970-01-01 00:00:00Z"),
        (0, 1 << 40, "an uptime feed of a sequencer .*: it says 0, since 1099511627776"),
    ],
)
def test_settings__feed_that_says_what_no_uptime_feed_says__is_refused(
    rollup: tuple[Chain, dict[str, str]], tmp_path: Path, answer: int, since: int, words: str
) -> None:
    chain, there = rollup
    say(chain, there["uptime"], answer, since)
    written(tmp_path, with_feed(chain, there, there["uptime"]))
    with pytest.raises(UnknownAddress, match=words):
        deployed(tmp_path)
    assert journal(tmp_path) is None
    assert chain.nonces(DEPLOYER) == (0, 0)


def test_settings__address_that_is_no_feed_or_nothing__is_refused(
    rollup: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, there = rollup
    for feed in (there["USD"], "0x" + "12" * 20):
        written(tmp_path, with_feed(chain, there, feed))
        with pytest.raises(UnknownAddress, match="sequencer_feed"):
            deployed(tmp_path)


def test_settings__grace_that_is_none__is_refused_by_the_contract_before_anything_is_sent(
    rollup: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, there = rollup
    written(tmp_path, with_feed(chain, there, there["uptime"], "[terms]\nsequencer_grace = 60"))
    with pytest.raises(ChainError, match="BadGrace"):
        deployed(tmp_path)
    assert journal(tmp_path) is None
