"""USD prices from the Chainlink-style feeds of a public network, each within its own heartbeat and bounds.

    sequencer's uptime feed -> ASSET/USD -> spots
                            -> SYMBOL/USD, rates -> how much of its asset a token is, and whether it keeps its peg

A feed that cannot be believed stops nothing but what needs its price: the reason stands in its place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from eth_utils import keccak

from bridge.chain.reverts import call_refused
from bridge.chain.rpc import as_bytes
from bridge.config import BookConfig
from bridge.errors import (
    BadConfig,
    ChainError,
    ContractReverted,
    MissingBlock,
    NodesDisagree,
    NodeUnreachable,
    UnknownAddress,
    UntrustedNumber,
)
from bridge.foreign import foreign
from bridge.networks import Network, NetworkFeed, NetworkToken, TokenRate
from bridge.snapshot import Snapshot
from bridge.sources.prices import PRICE_SOURCES, Prices
from bridge.units import utc
from hedge.market import USD, Provenance

FEED, BOUNDS = "AggregatorV3Interface", "IAggregatorBounds"
LATE: Final = 0.1
"""Share of its heartbeat that a feed may be late by, and a minute: an answer takes some blocks to come."""
GRACE_SECONDS: Final = 3600
"""After an outage of a rollup's sequencer: before, prices are those of before the outage."""
MOST_DECIMALS: Final = 36
WAD, WORD = 10**18, 32
LEAST_RATE, MOST_RATE = 0.5, 20.0
"""Between which a token is a claim on its asset: below half or above twenty it is in another unit."""
_NOT_SAID: Final = (ChainError, UnknownAddress)
_OF_NODES: Final = (NodeUnreachable, MissingBlock, NodesDisagree)
"""What is no word of a contract: it ends the command by name."""


class FeedPrices:
    """The USD price of every asset of a network, from its feeds."""

    def read(self, snapshot: Snapshot, terms: BookConfig) -> Prices:
        """Return the prices; see `PriceSource`.

        Raises
        ------
        BadConfig
            The book is on no public network.
        """
        network = snapshot.network
        if network is None:
            raise BadConfig("book.price_source = feeds is of a public network: set chain.network, or use pools")
        outage = _outage(snapshot, network)
        with snapshot.chain.reading(_questions(snapshot, network), snapshot.block):
            return self._prices(snapshot, network, outage, terms)

    def _prices(self, snapshot: Snapshot, network: Network, outage: str, terms: BookConfig) -> Prices:
        spots, missing = dict[str, float](), dict[str, str]()
        for asset in sorted(set(network.assets().values()) - {USD}):
            feed = network.feeds.get(f"{asset}/{USD}")
            try:
                spots[asset] = _usable(outage) or _answer(snapshot, feed, asset)
            except UntrustedNumber as error:
                missing[asset] = str(error)
        rates, unusable = dict[str, float](), dict[str, str]()
        for token in network.tokens:
            try:
                rates |= _rate(snapshot, network, token, spots, terms.max_peg_gap) if not outage else {}
            except UntrustedNumber as error:
                unusable[token.address.lower()] = f"{token.symbol}: {error}"
        source = f"feeds of {network.title} at block {snapshot.block.number}"
        return Prices(spots, Provenance.ON_CHAIN, source, snapshot.block.timestamp, missing, rates, unusable)


PRICE_SOURCES.register("feeds", FeedPrices())


def _questions(snapshot: Snapshot, network: Network) -> list[tuple[str, str, str, tuple[Any, ...]]]:
    """Return what is asked of every feed, to be asked at once; bounds once it is known whose they are."""
    feeds = [feed.address for feed in network.feeds.values()]
    first: list[tuple[str, str, str, tuple[Any, ...]]] = [
        (contract, address, function, ())
        for address in feeds
        for contract, function in ((FEED, "latestRoundData"), (FEED, "decimals"), (BOUNDS, "aggregator"))
    ]
    with snapshot.chain.reading(first, snapshot.block):
        aggregators = [at for address in feeds if (at := _aggregator(snapshot, address))]
    return first + [(BOUNDS, at, name, ()) for at in aggregators for name in ("minAnswer", "maxAnswer")]


def _aggregator(snapshot: Snapshot, address: str) -> str:
    """Return the aggregator behind a feed, empty where it does not say: it is asked again where that counts."""
    with suppress(*_NOT_SAID):
        return str(snapshot.read(BOUNDS, "aggregator", at=address))
    return ""


def _usable(outage: str) -> float:
    """Return nothing, or raise why no feed of the network can be believed now."""
    if outage:
        raise UntrustedNumber(outage)
    return 0.0


def _outage(snapshot: Snapshot, network: Network) -> str:
    """Say why a rollup's prices are not of now: its sequencer is down, or has come back a moment ago."""
    if network.sequencer_feed is None:
        return ""
    try:
        _, answer, since, *_ = snapshot.read(FEED, "latestRoundData", at=network.sequencer_feed)
    except _OF_NODES:
        raise
    except _NOT_SAID as error:
        return f"the sequencer's uptime feed {network.sequencer_feed} does not answer: {foreign(error)}"
    if answer != 0 or since == 0:
        return f"the sequencer of {network.title} is down since {utc(since)}"
    if snapshot.block.timestamp - since < GRACE_SECONDS:
        return f"the sequencer of {network.title} is back since {utc(since)}: prices count {GRACE_SECONDS} s after that"
    return ""


def _answer(snapshot: Snapshot, feed: NetworkFeed | None, what: str) -> float:
    """Return what a feed says.

    Raises
    ------
    UntrustedNumber
        There is none, it does not answer, or its answer is nothing, too old, of the future, or at a bound.
    """
    if feed is None:
        raise UntrustedNumber(f"the network names no feed of {what}")
    try:
        _, answer, _, updated_at, _ = snapshot.read(FEED, "latestRoundData", at=feed.address)
        decimals = int(snapshot.read(FEED, "decimals", at=feed.address))
        bounds = [*_bounds(snapshot, feed)]
    except _OF_NODES:
        raise
    except _NOT_SAID as error:
        raise UntrustedNumber(f"feed {feed.pair} at {feed.address} does not answer: {foreign(error)}") from error
    age, most = snapshot.block.timestamp - updated_at, feed.heartbeat_seconds * (1.0 + LATE) + 60.0
    if answer <= 0 or decimals > MOST_DECIMALS:
        raise UntrustedNumber(f"feed {feed.pair} at {feed.address} says {answer} with {decimals} decimals")
    if updated_at == 0 or not 0 <= age <= most:
        words = f"is of {utc(updated_at)}, {age} s before the block"
        raise UntrustedNumber(f"feed {feed.pair} {words}; its heartbeat is {feed.heartbeat_seconds} s")
    if answer in bounds:
        raise UntrustedNumber(f"feed {feed.pair} stands at its own bound {answer}: the market is beyond it")
    return float(answer) / 10.0**decimals


def _bounds(snapshot: Snapshot, feed: NetworkFeed) -> Iterator[int]:
    """Yield the lowest and the highest that a feed's aggregator answers, where the contracts have them.

    That a node does not say them is another thing, and raised.
    """
    try:
        aggregator = str(snapshot.read(BOUNDS, "aggregator", at=feed.address))
        yield from (int(snapshot.read(BOUNDS, name, at=aggregator)) for name in ("minAnswer", "maxAnswer"))
    except (ContractReverted, UnknownAddress):
        return


def _rate(
    snapshot: Snapshot, network: Network, token: NetworkToken, spots: dict[str, float], most_gap: float
) -> dict[str, float]:
    """Return how many of its asset a token is, by its address, where that is not one.

    Raises
    ------
    UntrustedNumber
        Its rate is none, or it is a stable or wrapped token that is away from what it promises.
    """
    rate, feed = _contract_rate(snapshot, token.rate) if token.rate else 1.0, network.feed_of(token)
    own = feed if feed and feed.pair != f"{token.asset}/{USD}" else None
    if own is None and (token.asset == USD or token.kind == "stable"):
        raise UntrustedNumber(f"no feed of its own says what it is worth: it is not counted as {token.asset}")
    if feed and own:
        quote = feed.pair.partition("/")[2]
        worth = _answer(snapshot, feed, token.symbol) * _price(quote, spots) / _price(token.asset, spots)
        if abs(math.log(worth)) > most_gap:
            raise UntrustedNumber(f"is at {worth:.4g} {token.asset}, not 1: it is not counted as {token.asset}")
    return {token.address.lower(): rate} if rate != 1.0 else {}


def _asked(snapshot: Snapshot, rate: TokenRate) -> int:
    """Ask a contract for a rate by the function that the network's file names, without an argument or with 1e18."""
    signature = rate.function if rate.function.endswith(")") else f"{rate.function}()"
    data = keccak(text=signature)[:4] + (WAD.to_bytes(32) if signature.endswith("(uint256)") else b"")
    action = f"asking {rate.contract} for {signature}"
    call = {"to": rate.contract, "data": "0x" + data.hex()}
    answer = snapshot.chain.ask("eth_call", call, hex(snapshot.block.number))
    if "error" in answer:
        raise call_refused(answer["error"], action)
    found = as_bytes(answer["result"], action)
    if len(found) != WORD:
        raise UnknownAddress(rate.contract, f"a contract with {signature}")
    return int.from_bytes(found)


def _price(asset: str, spots: dict[str, float]) -> float:
    if asset == USD:
        return 1.0
    if asset not in spots:
        raise UntrustedNumber(f"{asset} has no price")
    return spots[asset]


def _contract_rate(snapshot: Snapshot, rate: TokenRate) -> float:
    """Return an on-chain rate of a token.

    Raises
    ------
    UntrustedNumber
        It does not answer, or says what no rate can be.
    """
    try:
        found = _asked(snapshot, rate) / 10.0**rate.decimals
        if rate.heartbeat_seconds:
            updated_at = int(snapshot.read(FEED, "latestRoundData", at=rate.contract)[3])
            age = snapshot.block.timestamp - updated_at
            if not 0 <= age <= rate.heartbeat_seconds * (1.0 + LATE) + 60.0:
                raise UntrustedNumber(f"its rate is of {utc(updated_at)}, {age} s before the block")
    except _OF_NODES:
        raise
    except _NOT_SAID as error:
        raise UntrustedNumber(f"its rate at {rate.contract} does not answer: {foreign(error)}") from error
    if not LEAST_RATE <= found <= MOST_RATE:
        raise UntrustedNumber(f"its rate is {found:.6g}, which is no rate")
    return found
