"""Public networks on this machine: Uniswap's own bytecode at the addresses that the network files name, and feeds.

A contract gets to an address that nobody chose by running its constructor there: the account's code is the creation
code with its arguments, a call of it returns the runtime code with every immutable as of that address (v3's and v4's
`NoDelegateCall` keep their own), a transaction leaves what the constructor stores, and the runtime code replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from eth_typing import HexStr

from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.local.accounts import account
from bridge.local.anvil import anvil
from bridge.local.local_chain import LocalChain
from bridge.local.market import Market
from bridge.local.price_path import simulated_path
from bridge.local.protocols import deploy_protocols
from bridge.local.world import open_market, play_path, ready
from bridge.networks import Network, known_networks
from bridge.networks.book import observed_deployment
from bridge.snapshot import Snapshot
from tests.bridge.shifted_node import shifted_node

DAY = 86_400
NAMES = ("ethereum", "base", "arbitrum")
CALLED = {
    "UniswapV2Factory": "v2_factory", "UniswapV3Factory": "v3_factory", "NonfungiblePositionManager": "v3_positions",
    "PoolManager": "v4_pool_manager", "PositionManager": "v4_positions",
}  # fmt: skip


OLDER_THAN = 3 * DAY


class PlacedChain(LocalChain):
    """A local chain that puts some contracts at addresses which are given for their names."""

    def __init__(self, chain: Chain, places: dict[str, str]) -> None:
        super().__init__(chain)
        self.places = places

    def deploy_code(self, signer: Signer, name: str, abi: list[Any], bytecode: str, *arguments: Any) -> str:
        """Deploy at the address of the name, or of the name and a token's symbol, where there is one."""
        place = self.places.get(f"{name} {arguments[1]}" if name == "TestToken" else name)
        if place is None:
            return super().deploy_code(signer, name, abi, bytecode, *arguments)
        made = self.web3.eth.contract(abi=abi, bytecode=HexStr(bytecode)).constructor(*arguments)
        self.request("anvil_setCode", place, made.data_in_transaction)
        runtime = self.request("eth_call", {"from": signer.address, "to": place}, "latest")
        self.send_raw(signer, place, HexStr("0x"), f"constructing {name}")
        self.request("anvil_setCode", place, runtime)
        return place


@dataclass(frozen=True)
class Public:
    """A network on this machine: its file, its node as users reach it, the node itself, and its pools."""

    network: Network
    url: str
    node: Chain
    market: Market
    spots: dict[str, float]

    @property
    def owner(self) -> str:
        """Return the treasury's address."""
        return account("lp").address

    def snapshot(self) -> Snapshot:
        """Return its newest block, by the node itself."""
        return Snapshot(self.node, observed_deployment(self.network), self.node.head(), network=self.network)


def tokens_of(network: Network) -> dict[str, str]:
    """Return the token of each asset that pools are made of: the dollar, the wrapped coin, the first wrapped BTC."""
    return {
        "USD": next(token.address for token in network.tokens if token.symbol == "USDC"),
        "ETH": network.wrapped,
        "BTC": next(token.address for token in network.tokens if token.asset == "BTC" and token.kind == "wrapped"),
    }


@contextmanager
def public_network(name: str, at: int | None = None) -> Iterator[Public]:
    """Run one network; a rollup whose NUMBER is another chain's answers through a node that shifts block numbers.

    `at` : unix seconds to which its clock is set in the end, with positions that are older than a day; without it the
    clock stands where it always does.
    """
    network, path = known_networks(())[name], simulated_path(2)
    tokens, chosen = tokens_of(network), network.uniswap.model_dump()
    places = {contract: chosen[field] for contract, field in CALLED.items() if chosen[field]}
    places |= {"WETH9": network.wrapped, "TestToken USDC": tokens["USD"], "TestToken WBTC": tokens["BTC"]}
    with ExitStack() as stack:
        chain = stack.enter_context(anvil())
        if at is not None:
            move_clock(chain, at - OLDER_THAN)
        ready(chain)
        local = PlacedChain(chain, places)
        contracts, deployer = deploy_protocols(local, account("deployer")), account("deployer")
        local.deploy(deployer, "TestToken", "USD Coin (local)", "USDC", 6)
        local.deploy(deployer, "TestToken", "Wrapped BTC (local)", "WBTC", 8)
        market = open_market(local, contracts, tokens, path)
        play_path(local, market, path, lambda words, share: None)
        spots = {asset: float(prices[-1]) for asset, prices in path.prices.items()}
        if at is not None:
            move_clock(chain, at)
        place_feeds(local, network, spots)
        chain.request("anvil_setChainId", network.chain_id)
        node = Chain(chain.url, network.chain_id)
        url = chain.url if network.number_is_own else stack.enter_context(shifted_node(node)).url
        yield Public(network, url, node, market, spots)


def move_clock(chain: Chain, at: int) -> None:
    """Mine a block of a later time; blocks after it follow the machine's clock from there on."""
    chain.request("evm_setNextBlockTimestamp", at)
    chain.request("evm_mine")


def say_prices(chain: Chain, network: Network, prices: dict[str, float]) -> None:
    """Have each of a network's feeds answer with its price at the newest block's time."""
    maker, known = account("market-maker"), {"USD": 1.0, "USDT": 1.0, **prices}
    assets = {token.symbol: token.asset for token in network.tokens}
    for pair, feed in network.feeds.items():
        base, quote = (known.get(assets.get(each, each), 100.0) for each in pair.split("/"))
        at = chain.head().timestamp
        chain.send(maker, "PriceFeed", feed.address, "set", round(base / quote * 1e8), at)


def rate_code(answer: int) -> str:
    """Return code that answers `latestRoundData()` with a round of now, and everything else with the number."""
    word = f"7f{answer:064x}"
    one = f"{word}5f5260205ff3"
    round_ = f"5b60015f52{word}60205242604052426060526001608052" + "60a05ff3"
    return f"0x5f3560e01c63feaf968c14603557{one}{round_}"


def place_feeds(local: LocalChain, network: Network, prices: dict[str, float]) -> None:
    """Put a price feed at the address of each of a network's feeds, its sequencer's, and the rates of staked tokens."""
    maker = account("market-maker")
    for feed in network.feeds.values():
        PlacedChain(local, {"PriceFeed": feed.address}).deploy(maker, "PriceFeed", 8)
    say_prices(local, network, prices)
    for rate in (token.rate for token in network.tokens if token.rate):
        local.request("anvil_setCode", rate.contract, rate_code(round(1.1 * 10**rate.decimals)))
    if network.sequencer_feed:
        PlacedChain(local, {"UptimeFeed": network.sequencer_feed}).deploy(maker, "UptimeFeed")
        local.send(maker, "UptimeFeed", network.sequencer_feed, "set", 0, local.head().timestamp - DAY)


def settings_of(networks: Iterable[Public], venue: str) -> str:
    """Return an `alvh.toml` of a book on some networks, with the venue of its quotes."""
    found = [*networks]
    rows = [f'[[chains]]\nnetwork = "{each.network.name}"\nrpc_url = "{each.url}"' for each in found]
    owner = f'[book]\nowner = ["treasury"]\n[book.labels]\ntreasury = "{found[0].owner}"'
    return "\n".join((owner, f'[venue]\nurl = "{venue}"', *rows)) + "\n"
