"""A real Uniswap v3 pool on the node: mint, swap to a tick, wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onchain import Deployed, Node

from bridge.artifacts.vendor import vendor
from hedge.amm.ticks import sqrt_price_at_tick

FEE, SPACING, EDGE = 500, 10, 887_270
FOREVER, PLENTY, MOST_IN = 2**40, 10**36, 2**127
ZERO = "0x" + "00" * 20
CHOPPY = [150, -100, 200, 0, 250, 50, 300, 100, 350, 200, 120, -50, 60]
"""Ticks to walk along, far apart both ways."""


def deploy_vendor(node: Node, name: str, *arguments: Any) -> Deployed:
    """Deploy a contract as its authors published it."""
    published = vendor(name)
    factory = node.web3.eth.contract(abi=published.abi, bytecode=published.bytecode)
    data = factory.constructor(*arguments).data_in_transaction
    receipt = node.transact({"from": node.deployer, "data": data})
    return Deployed(node, receipt["contractAddress"], published.abi)


@dataclass(frozen=True)
class Market:
    """A pool at tick 0 with liquidity over the full range, and what trades in it."""

    node: Node
    pool: Deployed
    manager: Deployed
    router: Deployed
    tokens: tuple[Deployed, Deployed]

    def grow(self, slots: int) -> None:
        """Make room for observations."""
        self.pool.send("increaseObservationCardinalityNext", slots, sender=self.node.deployer)

    def tick(self) -> int:
        """Return the pool's tick now."""
        return int(self.pool.read("slot0")[1])

    def swap_to(self, tick: int) -> None:
        """Move the pool's price to a tick, in one block."""
        down = tick < self.tick()
        sold, bought = (token.address for token in (self.tokens if down else self.tokens[::-1]))
        price = sqrt_price_at_tick(tick)
        swap = (sold, bought, FEE, self.node.deployer, FOREVER, MOST_IN, 0, price)
        self.router.send("exactInputSingle", swap, sender=self.node.deployer)

    def walk(self, ticks: list[int], seconds: int) -> None:
        """Swap to one tick after another, and wait after each."""
        for tick in ticks:
            self.swap_to(tick)
            self.node.advance(seconds)


def open_market(node: Node, edge: int = EDGE) -> Market:
    """Deploy factory, manager, router and two tokens, and mint a position from -edge to edge, the full range."""
    weth = deploy_vendor(node, "WETH9")
    factory = deploy_vendor(node, "UniswapV3Factory")
    manager = deploy_vendor(node, "NonfungiblePositionManager", factory.address, weth.address, ZERO)
    router = deploy_vendor(node, "SwapRouter", factory.address, weth.address)
    made = [node.deploy("TestToken", name, name, 18) for name in ("A", "B")]
    tokens = sorted(made, key=lambda token: int(token.address, 16))
    for token in tokens:
        token.send("mint", node.deployer, PLENTY, sender=node.deployer)
        for spender in (manager, router):
            token.send("approve", spender.address, 2**256 - 1, sender=node.deployer)
    first, second = (token.address for token in tokens)
    manager.send("createAndInitializePoolIfNecessary", first, second, FEE, 2**96, sender=node.deployer)
    pool = Deployed(node, factory.read("getPool", first, second, FEE), vendor("UniswapV3Pool").abi)
    mint = (first, second, FEE, -edge, edge, 10**24, 10**24, 0, 0, node.deployer, FOREVER)
    manager.send("mint", mint, sender=node.deployer)
    return Market(node, pool, manager, router, (tokens[0], tokens[1]))
