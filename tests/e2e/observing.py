"""The session's world as a public network that a file names: feeds of prices, and no contract of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.chain.node import Chain, connect
from bridge.config import BookConfig
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.plans.market import read_market
from tests.e2e.command import Done, Run

DAY = 86_400


@dataclass(frozen=True)
class Observed:
    """The session's world as a network that a file names, with feeds of prices; no contract of ours is in the file."""

    chain: Chain
    owner: str
    feeds: dict[str, str]
    uptime: str
    spots: dict[str, float]
    folder: Path
    call: Run

    def say(self, pair: str, price: float, age: int = 0) -> None:
        at = self.chain.head().timestamp - age
        self.chain.send(account("market-maker"), "PriceFeed", self.feeds[pair], "set", round(price * 1e8), at)

    def sequencer(self, answer: int, age: int) -> None:
        at = self.chain.head().timestamp - age
        self.chain.send(account("market-maker"), "UptimeFeed", self.uptime, "set", answer, at)

    def run(self, *words: str) -> Done:
        return self.call(*words, "--rpc", self.chain.url, "--owner", self.owner)

    def exposure(self, *words: str) -> Any:
        done = self.run("exposure", "--json", *words)
        assert done.code == 0, done
        return done.json()


def network_file(world: World, chain_id: int, feeds: dict[str, str], uptime: str) -> str:
    at, book = world.deployment.contracts, world.deployment
    kinds = {"ETH": "wrapped", "BTC": "wrapped", "USD": "stable"}
    decimals = {"ETH": 18, "BTC": 8, "USD": 6}
    symbols = {"ETH": "WETH", "BTC": "WBTC", "USD": "USDC"}
    tokens = [
        f'{{ symbol = "{symbols[asset]}", address = "{token}", decimals = {decimals[asset]}, '
        f'asset = "{asset}", kind = "{kinds[asset]}" }},'
        for token, asset in book.assets.items()
        if int(token, 16)
    ]
    rows = [f'{{ pair = "{pair}", address = "{feed}", heartbeat_seconds = 3600 }},' for pair, feed in feeds.items()]
    return f"""
name = "testnet"
title = "Test network"
chain_id = {chain_id}
coin = "ETH"
block_seconds = 2
finality_blocks = 10
number_is_own = true
wrapped = "{next(token for token, asset in book.assets.items() if asset == "ETH" and int(token, 16))}"
sequencer_feed = "{uptime}"
tokens = [
{chr(10).join(tokens)}
]
feeds = [
{chr(10).join(rows)}
]
[uniswap]
v2_factory = "{at["UniswapV2Factory"]}"
v3_factory = "{at["UniswapV3Factory"]}"
v3_positions = "{at["NonfungiblePositionManager"]}"
v4_pool_manager = "{at["PoolManager"]}"
v4_positions = "{at["PositionManager"]}"
"""


@contextmanager
def observing(world: World, tmp_path: Path, run: Run) -> Iterator[Observed]:
    """Give the world as a network of a chain id of its own, feeds at the pools' prices."""
    chain_id, maker = 777_001, account("market-maker")
    spots = dict(read_market(world.snapshot(), BookConfig()).spots)
    feeds = {pair: world.chain.deploy(maker, "PriceFeed", 8) for pair in ("ETH/USD", "BTC/USD", "USDC/USD")}
    uptime = world.chain.deploy(maker, "UptimeFeed")
    world.chain.request("anvil_setChainId", chain_id)
    (tmp_path / "network.toml").write_text(network_file(world, chain_id, feeds, uptime), encoding="utf-8")
    (tmp_path / "alvh.toml").write_text('[chain]\nnetworks = ["network.toml"]\n', encoding="utf-8")
    chain = connect(world.chain.url, chain_id)
    found = Observed(chain, account("lp").address, feeds, uptime, spots, tmp_path, run)
    for pair, price in (("ETH/USD", spots["ETH"]), ("BTC/USD", spots["BTC"]), ("USDC/USD", 0.9998)):
        found.say(pair, price)
    found.sequencer(0, DAY)
    yield found
    world.chain.request("anvil_setChainId", 31_337)
