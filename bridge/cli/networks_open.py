"""Opening what a book is looked at with where nothing of ours is deployed: the node of one network, or of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bridge.chain.node import Chain
    from bridge.cli.flags import Session
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
        from bridge.chain.place import of_public_network
        from bridge.errors import BridgeError
        from bridge.snapshot import Elsewhere, Snapshot

        if self.chain is None:
            return Elsewhere(self.network, self.needed, None, self.trouble)
        try:
            with of_public_network(named_by(self.network)):
                self.chain.begin()
                found = Snapshot(self.chain, self.deployment, self.chain.head(), network=self.network)
        except BridgeError as error:
            return Elsewhere(self.network, self.needed, None, str(error))
        return Elsewhere(self.network, self.needed, found)


def named_by(network: Network) -> str:
    """Return where the URL of a network's node is set in a book of several."""
    from bridge.chain.place import network_variable

    return f"rpc_url of {network.name} in alvh.toml, or {network_variable(network.name)}"


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
    from bridge.chain.place import network_url, network_variable, of_public_network
    from bridge.cli.reading import reading_shown
    from bridge.cli.ways import ways_of
    from bridge.errors import BadConfig

    url = network_url(place.network, place.rpc_url)
    if not url:
        name = network_variable(place.network)
        raise BadConfig(f"chains: {place.network} has no node: give its rpc_url, or set {name}")
    at = config.chain
    alone = config.model_copy(update={"chain": at.model_copy(update={"rpc_urls": ()})})
    ways = ways_of(alone, None)
    with of_public_network(named_by(network)):
        return connect(url, network.chain_id, at.caps, at.max_wait_seconds, reading_shown(), one_clock=True, ways=ways)


def observing(config: Config, rpc: str | None) -> Session:
    """Connect to a public network's node and take its contracts for the deployment.

    Parameters
    ----------
    rpc
        URL of a node that the command line gives; else the settings name the network and the node.

    Raises
    ------
    BadConfig
        The network is not known, or no node of it is named.
    ChainError
        The node does not answer as it should.
    """
    from bridge.chain.node import connect
    from bridge.chain.place import of_public_network
    from bridge.cli.flags import Session, by_feeds
    from bridge.cli.reading import reading_shown
    from bridge.cli.ways import ways_of
    from bridge.networks.book import observed_deployment

    at = config.chain
    url = rpc or _stated_url(config)
    with of_public_network("--rpc" if rpc else "rpc_url of alvh.toml, or ALVH_RPC_URL"):
        network = _network_of(config, url, rpc)
        beside = config if rpc is None else config.model_copy(update={"chain": at.model_copy(update={"rpc_urls": ()})})
        told, ways = reading_shown(), ways_of(beside, None)
        chain = connect(url, network.chain_id, at.caps, at.max_wait_seconds, told, one_clock=True, ways=ways)
    return Session(by_feeds(config), chain, observed_deployment(network, at.start_block), network=network)


def _stated_url(config: Config) -> str:
    """Return the node of `chain.network`; the default of a local chain is none of a public network."""
    from bridge.chain.place import VARIABLE, node_url
    from bridge.errors import BadConfig

    url = node_url(config.chain.rpc_url if "rpc_url" in config.chain.model_fields_set else "")
    if not url:
        raise BadConfig(
            f"{config.chain.network} has no node: set {VARIABLE}, or chain.rpc_url where its URL holds no key"
        )
    return url


def _network_of(config: Config, url: str, rpc: str | None) -> Network:
    """Return the network of the settings, or with --rpc that of the node."""
    from bridge.chain.served import served_chain
    from bridge.errors import BadConfig
    from bridge.networks import known_networks, network_by_id

    at, files = config.chain, config.chain.networks
    if at.network and rpc is None:
        known = known_networks(files)
        if at.network not in known:
            raise BadConfig(f"chain.network: {at.network} is not known: {', '.join(known)}")
        return known[at.network]
    chain_id = served_chain(url, at.max_wait_seconds)
    network = network_by_id(chain_id, files)
    if network is None:
        unknown = f"the node serves chain {chain_id}, which is no network that is known"
        raise BadConfig(f"{unknown}: name a file in chain.networks (docs/networks.md)")
    return network
