"""A public network as the address book of a deployment that has none of our contracts."""

from __future__ import annotations

from bridge.deployment import Deployment
from bridge.networks.models import Network

NAMES = {
    "v2_factory": "UniswapV2Factory",
    "v3_factory": "UniswapV3Factory",
    "v3_positions": "NonfungiblePositionManager",
    "v4_pool_manager": "PoolManager",
    "v4_positions": "PositionManager",
}
"""Uniswap's contracts as networks name them, and as adapters do."""


PROTOCOLS = {"uniswap-v3": ("v3_factory", "v3_positions"), "uniswap-v4": ("v4_pool_manager", "v4_positions")}
"""What must be named for positions to be read, where any of it is."""


def partly_named(network: Network) -> dict[str, str]:
    """Return by protocol why its positions are not read, of those of which a network names only a part."""
    found = {}
    for protocol, fields in PROTOCOLS.items():
        missing = [field for field in fields if getattr(network.uniswap, field) is None]
        if 0 < len(missing) < len(fields):
            found[protocol] = f"its positions are not read: the network names no {' and '.join(missing)}"
    return found


def observed_deployment(network: Network, start_block: int = 0) -> Deployment:
    """Return what adapters and price sources ask for: Uniswap's contracts and the asset of each token that is priced.

    Parameters
    ----------
    start_block
        Where the past of positions is searched from.
    """
    contracts = {name: at for field, name in NAMES.items() if (at := getattr(network.uniswap, field))}
    return Deployment(
        chain_id=network.chain_id,
        start_block=start_block,
        contracts=contracts,
        feeds={},
        assets=network.assets(),
        price_pools={},
    )
