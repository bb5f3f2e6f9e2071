"""A position that a stranger makes at a wrong price and swaps empty again stops no plan; one of real size does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.adapters.pool_position import PoolPosition, amounts_at
from bridge.config import BookConfig, Config
from bridge.errors import UntrustedNumber
from bridge.local.accounts import account
from bridge.local.market import MAX_UINT256
from bridge.local.world import World
from bridge.plans.make import make_plan_at
from bridge.plans.market import read_market
from bridge.plans.observe import look_at_positions, read_positions
from bridge.units import sqrt_x96_from_price
from hedge.amm.ticks import MAX_SQRT_PRICE_X96, MAX_TICK, MIN_SQRT_PRICE_X96, MIN_TICK, tick_at_sqrt_price
from tests.bridge.test_gifts import FOREVER, MANAGER, STRANGER, own, share

UNUSED = 500  # the fee of a pool that nobody has made
SPACING = 10
ETH, USD = "0x" + "11" * 20, "0x" + "22" * 20
ASSETS = {ETH: "ETH", USD: "USD"}


def give_usd(world: World) -> None:
    minted = (own(world, "USD"), "mint", account(STRANGER).address, 10**12)
    world.chain.send(account("deployer"), "TestToken", *minted)


class Trap:
    """A stranger's pool of ETH and USD at a price of his own, and a position of ETH alone in it, sent to the owner."""

    def __init__(self, world: World, price: float) -> None:
        self.world, self.price, self.owner = world, price, world.deployment.address("lp")
        self.eth_first = int(own(world, "ETH"), 16) < int(own(world, "USD"), 16)
        symbols = ("ETH", "USD") if self.eth_first else ("USD", "ETH")
        self.pair = tuple(own(world, symbol) for symbol in symbols)
        for each in self.pair:
            self.tell("IERC20Metadata", each, "approve", world.deployment.address(MANAGER), MAX_UINT256)
            self.tell("IERC20Metadata", each, "approve", world.market.contracts["SwapRouter"], MAX_UINT256)
        manager = world.deployment.address(MANAGER)
        self.tell(MANAGER, manager, "createAndInitializePoolIfNecessary", *self.pair, UNUSED, self.root(price))
        give_usd(world)

    def tell(self, name: str, at: str, function: str, *given_: object) -> None:
        self.world.chain.send(account(STRANGER), name, at, function, *given_)

    def root(self, usd_per_eth: float) -> int:
        price, decimals = (usd_per_eth, (18, 6)) if self.eth_first else (1 / usd_per_eth, (6, 18))
        return sqrt_x96_from_price(price, *decimals)

    def mint(self, lower: float, upper: float, eth: float) -> str:
        """Give the owner ETH in a range of USD per ETH above the pool's price; return the position's name."""
        ends = sorted(tick_at_sqrt_price(self.root(price)) // SPACING * SPACING for price in (lower, upper))
        units = int(eth * 1e18)
        amounts = (units, 0) if self.eth_first else (0, units)
        wanted = (*self.pair, UNUSED, *ends, *amounts, 0, 0, self.owner, FOREVER)
        chain, manager = self.world.chain, self.world.deployment.address(MANAGER)
        self.tell(MANAGER, manager, "mint", wanted)
        last = chain.read(MANAGER, manager, "balanceOf", self.owner, block=chain.head()) - 1
        return f"uniswap-v3:{chain.read(MANAGER, manager, 'tokenOfOwnerByIndex', self.owner, last, block=chain.head())}"

    def swap_to(self, usd_per_eth: float) -> None:
        up = usd_per_eth > self.price
        sold, bought = (own(self.world, symbol) for symbol in (("USD", "ETH") if up else ("ETH", "USD")))
        swap = (sold, bought, UNUSED, account(STRANGER).address, FOREVER, 10**11, 0, self.root(usd_per_eth))
        self.tell("SwapRouter", self.world.market.contracts["SwapRouter"], "exactInputSingle", swap)
        self.price = usd_per_eth


def test_plan__strangers_position_that_one_swap_fills_and_empties__is_made_either_way(world: World) -> None:
    trap = Trap(world, 0.9)
    trap.mint(1.0, 2.0, 0.05)
    config = Config()
    for price in (0.9, 5.0, 0.9):
        if price != trap.price:
            trap.swap_to(price)
        planned = make_plan_at(world.snapshot(), config, owner=trap.owner)
        (left,) = (left for left in planned.observation.unread if "apart" in left.reason)
        assert left.reason.endswith(", dust")


def test_plan__position_at_a_wrong_price_that_arbitrage_leaves_of_real_size__is_refused(world: World) -> None:
    trap = Trap(world, 0.9)
    trap.mint(2_000.0, 4_000.0, 0.2)
    with pytest.raises(UntrustedNumber, match=r"uniswap-v3:\d+: ETH/USD: the pool says 0.9"):
        make_plan_at(world.snapshot(), Config(), owner=trap.owner)


def test_positions__pair_at_a_wrong_price__counts_at_what_arbitrage_leaves(world: World) -> None:
    terms, owner = BookConfig(), world.deployment.address("lp")
    spots = dict(read_market(world.snapshot(), terms).spots)
    world.chain.send(account("deployer"), "TestToken", own(world, "USD"), "mint", account(STRANGER).address, 10**12)
    share(
        world, own(world, "BTC"), own(world, "USD"), (10, 1_000 * 10**6)
    )  # of 1,000 USD, whoever sells 10 units has all
    held = look_at_positions(world.snapshot(), owner, spots, terms)
    assert held.stops == ""
    assert [left.reason.endswith(", dust") for left in held.unread if "apart" in left.reason] == [True]
    assert read_positions(world.snapshot(), owner, spots, terms).raw == held.raw


@given(
    ends=st.tuples(st.integers(MIN_TICK, MAX_TICK), st.integers(MIN_TICK, MAX_TICK)).filter(
        lambda two: two[0] != two[1]
    ),
    liquidity=st.integers(0, 10**24),
    root=st.integers(MIN_SQRT_PRICE_X96, MAX_SQRT_PRICE_X96 - 1),
    spot=st.floats(1e-3, 1e6),
    rate=st.floats(0.5, 2.0),
)
def test_least_usd__wherever_the_pools_price_is_moved__is_never_more_than_what_is_held_there(
    ends: list[int], liquidity: int, root: int, spot: float, rate: float
) -> None:
    lower, upper = sorted(ends)
    amounts = amounts_at(root, lower, upper, liquidity)
    position = PoolPosition(
        protocol="uniswap-v3", token_id=1, pool=ETH, tokens=(ETH, USD), decimals=(18, 6), fee=500, tick_lower=lower,
        tick_upper=upper, tick=tick_at_sqrt_price(root), liquidity=liquidity, sqrt_price_x96=root,
        amounts_units=amounts, fees_units=(10**15, 10**6), held_units=None, earned_units=None, earning_since=0,
        rates=(rate, 1.0),
    )  # fmt: skip
    spots = {"ETH": spot}
    held = position.usd(amounts, ASSETS, spots) + position.usd(position.fees_units, ASSETS, spots)
    least = position.least_usd(ASSETS, spots)
    one_unit = position.usd((1, 1), ASSETS, spots)  # amounts are rounded down
    assert least <= held * (1 + 1e-9) + one_unit
    at = sqrt_x96_from_price(spot * rate, 18, 6)
    there = replace(position, sqrt_price_x96=at, amounts_units=amounts_at(at, lower, upper, liquidity))
    assert least == there.least_usd(ASSETS, spots)
