"""Public networks as data: what is where on each, shipped with us, and what people add in files of their own.

    models    `Network` and its parts: what a file may say, and what must fit together in it
    load      shipped files and those of people, held against the models and merged: `known_networks`, `network_by_id`
    *.toml    one file a network: chain id, finality, tokens and what prices them, Uniswap, feeds, stakers

Read `models` and one of the files first; docs/networks.md says what each field means and who confirms it. May import
`deployment` and `toml_files`; asks no chain and no settings.
"""

from bridge.networks.load import known_networks, network_by_id
from bridge.networks.models import Network, NetworkFeed, NetworkToken, NetworkUniswap, TokenRate

__all__ = ["Network", "NetworkFeed", "NetworkToken", "NetworkUniswap", "TokenRate", "known_networks", "network_by_id"]
