"""Opening what a book is looked at with where nothing of ours is deployed: the node of one network, or of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bridge.chain.node import Chain
    from bridge.config import ChainPlace, Config
    from bridge.deployment import Deployment
    from bridge.networks import Network
    from bridge.snapshot import Elsewhere


class Opened(NamedTuple):
    """A network of a book: its contracts, and its node, or why there is none."""

    network: Network
    deployment: Deployment
    needed: bool
    chain: Chain | None
    trouble: str = ""

    def pinned(self) -> Elsewhere:
        """Pin its newest block; a node that does not answer is a part of the answer."""
        from bridge.errors import BridgeError
        from bridge.snapshot import Elsewhere, Snapshot

        if self.chain is None:
            return Elsewhere(self.network, self.needed, None, self.trouble)
        try:
            self.chain.begin()
            found = Snapshot(self.chain, self.deployment, self.chain.head(), network=self.network)
        except BridgeError as error:
            return Elsewhere(self.network, self.needed, None, str(error))
        return Elsewhere(self.network, self.needed, found)


def open_networks(config: Config) -> list[Opened]:
    """Connect to the networks of `[[chains]]`, those that answer first; others are named.

    Raises
    ------
    BadConfig
        A network is not known, or named twice, or has no node.
    ChainError
        No node answers as it should.
    """
    from bridge.errors import BadConfig, BridgeError, ChainError

    names = [place.network for place in config.chains]
    if twice := [name for name in names if names.count(name) > 1]:
        raise BadConfig(f"chains: {twice[0]} is named twice")
    found: list[Opened] = []
    for place in config.chains:
        network, deployment = _named(config, place)
        try:
            found.append(Opened(network, deployment, place.needed, _connected(config, place, network)))
        except BadConfig:
            raise
        except BridgeError as error:
            found.append(Opened(network, deployment, place.needed, None, str(error)))
    alive = [opened for opened in found if opened.chain is not None]
    if not alive:
        raise ChainError(f"{found[0].network.name}: {found[0].trouble}")
    return [*alive, *(opened for opened in found if opened.chain is None)]


def _named(config: Config, place: ChainPlace) -> tuple[Network, Deployment]:
    from bridge.errors import BadConfig
    from bridge.networks import known_networks
    from bridge.networks.book import observed_deployment

    known = known_networks(config.chain.networks)
    if place.network not in known:
        raise BadConfig(f"chains: {place.network} is not known: {', '.join(known)}")
    return known[place.network], observed_deployment(known[place.network], place.start_block)


def _connected(config: Config, place: ChainPlace, network: Network) -> Chain:
    from bridge.chain.node import connect
    from bridge.chain.place import VARIABLE, network_url
    from bridge.cli.reading import reading_shown
    from bridge.cli.ways import ways_of
    from bridge.errors import BadConfig

    url = network_url(place.network, place.rpc_url)
    if not url:
        name = f"{VARIABLE}_{place.network.upper().replace('-', '_')}"
        raise BadConfig(f"chains: {place.network} has no node: give its rpc_url, or set {name}")
    at = config.chain
    alone = config.model_copy(update={"chain": at.model_copy(update={"rpc_urls": ()})})
    ways = ways_of(alone, None)
    return connect(url, network.chain_id, at.caps, at.max_wait_seconds, reading_shown(), one_clock=True, ways=ways)
