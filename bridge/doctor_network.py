"""What of a public network's settings works: the node, contracts, each feed, and a wide range of events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from bridge.chain.node import Chain, connect
from bridge.chain.place import VARIABLE, network_url, network_variable, node_url, of_public_network
from bridge.chain.ways import Ways
from bridge.config import BookConfig, ChainPlace, Config
from bridge.errors import BridgeError
from bridge.foreign import url_place
from bridge.networks import Network, known_networks
from bridge.networks.book import observed_deployment
from bridge.plans.observed import stated_governed
from bridge.snapshot import Snapshot
from bridge.sources.prices import read_prices
from bridge.units import utc

WIDE = 10_000
"""Blocks of events that are asked for at once: what pagers of nodes cut down is seen here."""
Row = tuple[str, bool, str, str, bool]
"""What was looked at, whether it is fine, what was found, how to mend it, and whether it is needed."""


def network_rows(config: Config) -> Iterator[Row]:
    """Look at everything that a book on a public network rests on; no failure stops the look at the rest."""
    at = config.chain
    try:
        known = known_networks(at.networks)
    except BridgeError as error:
        yield "network", False, str(error), "correct the file, see docs/networks.md", True
        return
    yield _owner(config)
    yield from _stated(config)
    if not config.chains:
        url = node_url(at.rpc_url if "rpc_url" in at.model_fields_set else "")
        place = ChainPlace(network=at.network or "", rpc_url=url, start_block=at.start_block)
        yield from _network(config, known, place, at.rpc_urls)
    for place in config.chains:
        url = network_url(place.network, place.rpc_url)
        for row in _network(config, known, place.model_copy(update={"rpc_url": url})):
            what, fine, found, mend, needed = row
            yield f"{place.network}: {what}", fine, found, mend, needed and place.needed


def _network(
    config: Config, known: Mapping[str, Network], place: ChainPlace, more: tuple[str, ...] = ()
) -> Iterator[Row]:
    """Look at one network and its node; `more` are other nodes of it."""
    at, network = config.chain, known.get(place.network)
    if network is None:
        yield "network", False, f"{place.network} is not known", f"it is one of {', '.join(known)}", True
        return
    yield "network", True, f"{network.title}, chain {network.chain_id}, {len(network.feeds)} feeds", "", True
    variable = network_variable(network.name) if config.chains else VARIABLE
    warned, mend = list[str](), f"set its rpc_url, or the environment's {variable}, to a node of the network"
    if not place.rpc_url:
        yield "node", False, "none is named", mend, True
        return
    try:
        ways = Ways(more, at.max_lag_seconds, warned=warned.append)
        with of_public_network(f"its rpc_url, or {variable}"):
            chain = connect(place.rpc_url, network.chain_id, at.caps, at.max_wait_seconds, ways=ways)
        snapshot = Snapshot(chain, observed_deployment(network, place.start_block), chain.head(), network=network)
    except BridgeError as error:
        yield "node", False, str(error), mend, True
        return
    when = f"block {snapshot.block.number} of {utc(snapshot.block.timestamp)}"
    words = f"{url_place(place.rpc_url)}, chain {network.chain_id}, {when}"
    age = int(time.time()) - snapshot.block.timestamp
    late = age > config.watch.max_block_age_seconds
    words += f", {age:,} s old" if late else ""
    yield "node", not late, words, "ask another node: this one, or the chain, has stopped", False
    yield from (("other nodes", False, words, "set chain.rpc_urls to nodes that answer", False) for words in warned)
    yield _contracts(snapshot)
    yield from _prices(snapshot, config.book)
    yield _logs(snapshot, chain, network)


def _owner(config: Config) -> Row:
    from bridge.chain.addresses import checked_address

    if config.book.owner is None:
        return "owner", False, "nobody", "set book.owner, or give --owner", False
    stated = (config.book.owner,) if isinstance(config.book.owner, str) else config.book.owner
    owners = [config.book.labels.get(each, each) for each in stated]
    mend = "set book.owner to an address, or to a name of book.labels"
    return _row("owner", lambda: ", ".join(checked_address(each) for each in owners), mend, True)


def _stated(config: Config) -> Iterator[Row]:
    """Look at the quotes and the parameters that the settings state."""
    file = config.options.file
    if file is not None:
        there = file.is_file() or file.is_dir()
        yield (
            "quotes",
            there,
            str(file) + ("" if there else ": no such file"),
            "set options.file, or leave it out",
            False,
        )

    def look() -> str:
        stated_governed(config.parameters)
        return f"{len(config.parameters)} stated" if config.parameters else "the first values"

    yield _row("parameters", look, "correct [parameters], see docs/governance.md", True)


def _row(what: str, look: Callable[[], str], mend: str, needed: bool) -> Row:
    try:
        return what, True, look(), "", needed
    except BridgeError as error:
        return what, False, str(error), mend, needed


def _contracts(snapshot: Snapshot) -> Row:
    places = snapshot.deployment.contracts
    missing = [name for name, at in places.items() if not snapshot.has_code(at)]
    found = f"without code: {', '.join(missing)}" if missing else f"{len(places)} contracts of Uniswap have code"
    return "contracts", not missing, found, "the node is of another chain, or the network's file is wrong", True


def _prices(snapshot: Snapshot, terms: BookConfig) -> Iterator[Row]:
    source = terms.model_copy(update={"price_source": "feeds"}) if terms.price_source == "pools" else terms
    try:
        prices = read_prices(snapshot, source)
    except BridgeError as error:
        yield "prices", False, str(error), "without prices no position is valued", True
        return
    mend = "positions that need it are named and left out until it answers"
    for asset, price in sorted(prices.spots.items()):
        yield f"price of {asset}", True, f"{price:,.6g} USD", "", False
    for asset, reason in sorted(prices.missing.items()):
        yield f"price of {asset}", False, reason, mend, False
    for reason in prices.unusable.values():
        yield "token", False, reason, mend, False


def _logs(snapshot: Snapshot, chain: Chain, network: Network) -> Row:
    """Ask for events of a wide range once, as the past of positions is read."""
    at = network.uniswap.v3_positions or network.uniswap.v3_factory
    if at is None:
        return "events", True, "not asked: the network names no Uniswap v3", "", False
    since = max(snapshot.block.number - WIDE, 0)

    def look() -> str:
        found = chain.logs("NonfungiblePositionManager", at, "IncreaseLiquidity", since, snapshot.block)
        return f"{len(found):,} of {snapshot.block.number - since:,} blocks"

    return _row("events", look, "ask another node: without events entry prices and fees earned are unknown", False)
