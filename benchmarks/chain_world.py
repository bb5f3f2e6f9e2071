"""A local chain with thousands of v3 positions in three pools, for the rows that read it; gone with the process."""

import atexit
from contextlib import ExitStack
from functools import cache
from typing import NamedTuple

import numpy as np

from bridge.chain.node import Chain
from bridge.local.accounts import account
from bridge.local.anvil import anvil
from bridge.local.market import DEPTH, Market, Range
from bridge.local.protocols import deploy_protocols
from bridge.local.world import MAKER_FUNDS, ROLE_BALANCE_WEI, TRADER_FUNDS, deploy_tokens

START = {"USD": 1.0, "ETH": 3_000.0, "BTC": 90_000.0}
PATH = ({"ETH": 3_100.0, "BTC": 92_000.0}, {"ETH": 2_800.0, "BTC": 85_000.0}, {"ETH": 3_050.0, "BTC": 90_500.0})


class ChainWorld(NamedTuple):
    """The node, the manager's address, its factory's, and the ids of the positions."""

    chain: Chain
    manager: str
    factory: str
    ids: list[int]


@cache
def chain_world(count: int) -> ChainWorld:
    """Build it once: so many positions of random ranges, then trades, so that fees are owed."""
    stack = ExitStack()
    atexit.register(stack.close)
    chain = stack.enter_context(anvil())
    roles = {"market-maker": MAKER_FUNDS, "trader": TRADER_FUNDS, "lp": MAKER_FUNDS}
    for role in ("deployer", *roles):
        chain.request("anvil_setBalance", account(role).address, hex(ROLE_BALANCE_WEI))
    contracts = deploy_protocols(chain, account("deployer"))
    market = Market(chain, contracts, deploy_tokens(chain, contracts["WETH9"]))
    market.create_pools(START)
    for role, funds in roles.items():
        market.fund(account(role), funds)
    market.mint_many(account("market-maker"), list(DEPTH), START)
    ids = market.mint_many(account("lp"), _ranges(count), START)
    for prices in PATH:
        market.move_to(START | prices)
    return ChainWorld(chain, contracts["NonfungiblePositionManager"], contracts["UniswapV3Factory"], ids)


def _ranges(count: int) -> list[Range]:
    draw = np.random.default_rng(20_240_504)
    lower = draw.uniform(0.7, 1.2, count)
    upper = lower * draw.uniform(1.02, 1.5, count)
    return [Range(i % 3, float(lower[i]), float(upper[i]), 2_000.0) for i in range(count)]
