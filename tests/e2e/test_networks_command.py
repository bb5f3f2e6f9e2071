"""`alvh networks`, as a user runs it, without a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.networks import known_networks
from tests.bridge.test_network_files import NEW, file
from tests.e2e.command import Run

pytestmark = pytest.mark.e2e


def test_networks__no_name__lists_all_with_what_is_final_when(run: Run) -> None:
    done = run("networks")
    assert done.code == 0
    assert all(name in done.out for name in known_networks())
    row = next(line for line in done.out.splitlines() if line.startswith("arbitrum"))
    assert row.split() == ["arbitrum", "Arbitrum", "One", "ETH", "42161", "0.25", "s", "30", "min", "22", "15"]


def test_networks__a_name__shows_tokens_feeds_and_contracts(run: Run) -> None:
    done, network = run("networks", "arbitrum"), known_networks()["arbitrum"]
    assert done.code == 0
    assert "block.number is another chain's" in done.out
    assert "latestAnswer x ETH/USD" in done.out
    shown = (*(token.address for token in network.tokens), *network.stakers, network.sequencer_feed)
    assert all(at in done.out for at in shown if at)


def test_networks__json__is_the_data(run: Run) -> None:
    document = run("networks", "base", "--json").json()
    assert (document["chain_id"], document["number_is_own"]) == (8453, True)
    assert {feed["pair"] for feed in document["feeds"]} == set(known_networks()["base"].feeds)
    assert [each["name"] for each in run("networks", "--json").json()] == list(known_networks())


def test_networks__file_of_ones_own__adds_a_network(run: Run, tmp_path: Path) -> None:
    path = file(tmp_path, NEW)
    assert "A Test Chain" in run("networks", "testchain", "--file", str(path)).out
    refused = run("networks", "--file", str(file(tmp_path, NEW + "sesame = 1", "bad.toml")))
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.count("\n") == 1
    assert "sesame: unknown key" in refused.err


def test_networks__unknown_name__code_2_and_the_names_there_are(run: Run) -> None:
    done = run("networks", "atlantis")
    assert done.code == 2
    assert "ethereum" in done.err
