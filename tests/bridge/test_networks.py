"""The networks that come with us: confirmed by packages, address by address, and fit to be used."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.networks import Network, known_networks, network_by_id
from bridge.networks.load import SHIPPED
from bridge.networks.models import NATIVE
from tests.bridge.published_addresses import unconfirmed

pytestmark = pytest.mark.unit
CHAINS = {
    "ethereum": 1, "base": 8453, "arbitrum": 42161, "optimism": 10, "polygon": 137, "unichain": 130, "bnb": 56
}  # fmt: skip
NAMES = sorted(CHAINS)
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def addresses(value: Any) -> set[str]:
    """Return every address in a document."""
    if isinstance(value, dict):
        return set().union(*(addresses(part) for pair in value.items() for part in pair))
    if isinstance(value, list | tuple):
        return set().union(*(addresses(part) for part in value))
    return {value} if isinstance(value, str) and ADDRESS.fullmatch(value) else set()


def turned(value: Any, at: str) -> Any:
    """Return a document with one address in which one digit is another."""
    other = at[:-1] + ("1" if at[-1] == "0" else "0")
    if isinstance(value, dict):
        return {turned(key, at): turned(part, at) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [turned(part, at) for part in value]
    return other.lower() if value == at else value


def test_known_networks__as_shipped__are_the_seven_with_their_chain_ids() -> None:
    assert {name: network.chain_id for name, network in known_networks().items()} == CHAINS


@pytest.mark.parametrize("name", NAMES)
def test_addresses__of_a_shipped_network__are_all_confirmed_by_a_package(name: str) -> None:
    assert unconfirmed(known_networks()[name]) == set()


@pytest.mark.parametrize("name", NAMES)
def test_addresses__any_one_with_another_digit__is_not_confirmed(name: str) -> None:
    document = known_networks()[name].model_dump()
    found = addresses(document)
    assert len(found) > 10
    for at in found:
        assert unconfirmed(Network.model_validate(turned(document, at))), at


@pytest.mark.parametrize("name", NAMES)
def test_addresses__of_a_shipped_file__are_all_in_the_network_with_their_checksum(name: str) -> None:
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    assert set(ADDRESS.findall(text)) == addresses(known_networks()[name].model_dump())


@pytest.mark.parametrize("name", NAMES)
def test_heartbeats__of_a_shipped_network__are_between_a_minute_and_a_day_and_shortest_of_its_coin(name: str) -> None:
    network = known_networks()[name]
    seconds = {pair: feed.heartbeat_seconds for pair, feed in network.feeds.items()}
    assert all(60 <= each <= 86_400 for each in seconds.values())
    if seconds:
        assert seconds[f"{network.coin}/USD"] == min(seconds.values())
    for token in network.tokens:
        if token.rate is not None:
            written = token.rate.heartbeat_seconds is not None
            assert written == (token.rate.function == "latestAnswer"), token.symbol


@pytest.mark.parametrize("name", NAMES)
def test_finality__of_a_shipped_network__is_seconds_to_an_hour(name: str) -> None:
    network = known_networks()[name]
    assert 20 <= network.finality_blocks * network.block_seconds <= 3600


def test_number_is_own__of_all_networks__is_false_on_arbitrum_alone() -> None:
    assert [name for name, network in known_networks().items() if not network.number_is_own] == ["arbitrum"]


def test_sequencer_feed__of_all_networks__is_there_where_a_rollup_has_feeds() -> None:
    found = {name for name, network in known_networks().items() if network.sequencer_feed}
    assert found == {"base", "arbitrum", "optimism"}


@pytest.mark.parametrize("name", NAMES)
def test_assets__of_a_shipped_network__have_every_token_and_the_coin_of_uniswap_v4(name: str) -> None:
    network = known_networks()[name]
    found = network.assets()
    assert found[NATIVE] == found[network.wrapped] == network.coin
    assert len(found) == len(network.tokens) + 1
    assert {"USD", "ETH", "BTC"} <= set(found.values())


def test_feed_of__each_kind_of_token__prices_what_the_rate_counts() -> None:
    network = known_networks()["ethereum"]
    found = {token.symbol: network.feed_of(token) for token in network.tokens}
    pairs = {symbol: feed.pair if feed else None for symbol, feed in found.items()}
    expected = {
        "WETH": "ETH/USD", "wstETH": "ETH/USD", "WBTC": "WBTC/BTC", "cbBTC": "cbBTC/USD", "USDC": "USDC/USD",
        "sUSDe": "USDe/USD", "sDAI": "DAI/USD", "UNI": "UNI/USD",
    }  # fmt: skip
    assert {symbol: pairs[symbol] for symbol in expected} == expected


def test_feed_of__stable_coin_without_a_feed__is_none_and_never_one_dollar() -> None:
    network = known_networks()["unichain"]
    assert {network.feed_of(token) for token in network.tokens} == {None}


def test_network_by_id__known_and_unknown__is_the_network_or_none() -> None:
    found = network_by_id(8453)
    assert found is not None
    assert found.name == "base"
    assert network_by_id(LOCAL_CHAIN_ID) is None
