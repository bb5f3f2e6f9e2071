"""Liquidity in v3 pools themselves: amounts, fees and past are the pool's own to the unit; strangers bury nothing."""

from __future__ import annotations

import json

import pytest

from bridge.adapters import direct_v3
from bridge.adapters.pool_position import PoolPosition, Positions
from bridge.adapters.uniswap_v3 import UniswapV3Reader
from bridge.chain.node import Chain
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.local_chain import LocalChain
from bridge.local.world import World
from tests.bridge.lying_node import lying_node, through, without_address

LP = account("lp")
POOL = "UniswapV3Pool"
PRICES = {"USD": 1.0, "ETH": 3_000.0, "BTC": 90_000.0}
LIQUIDITY = 10**16
MINT = "7a53080ba414158be7ec69b987b5fb7d07dee101fe85488f0853ae16239d0bde"
STRANGE = "0x000000000000000000000000000000000000bEEf"


def read(world: World, chain: Chain | None = None) -> Positions:
    deployment = world.deployment
    manager = deployment.address("NonfungiblePositionManager")
    reader = UniswapV3Reader(chain or world.chain, manager, deployment.start_block, deployment.assets)
    return reader.read_positions(LP.address, world.chain.head())


def direct(found: Positions) -> list[PoolPosition]:
    return [each for each in found.read if isinstance(each, PoolPosition) and each.in_pool]


class Minter:
    """Gives liquidity of the first pool to the treasury, around the price of now or beside it."""

    def __init__(self, world: World) -> None:
        self.world, self.local = world, LocalChain(world.chain)
        self.pool = world.market.pools[0]
        self.address = self.local.deploy(account("deployer"), "DirectMinter")
        for token in world.market.tokens.values():
            held = world.chain.read("IERC20Metadata", token, "balanceOf", LP.address, block=world.chain.head())
            self.local.send(LP, "IERC20Metadata", token, "transfer", self.address, held // 2)

    def range(self, low: int, high: int) -> tuple[int, int]:
        now = self.world.chain.read(POOL, self.pool.address, "slot0", block=self.world.chain.head())[1]
        return (now // 60 + low) * 60, (now // 60 + high) * 60

    def mint(self, ends: tuple[int, int], liquidity: int = LIQUIDITY, owner: str = LP.address) -> None:
        given = (self.pool.address, owner, *ends, liquidity)
        self.local.send(account("outsider"), "DirectMinter", self.address, "mint", *given)


@pytest.fixture
def minter(world: World) -> Minter:
    world.market.move_to(PRICES)
    return Minter(world)


@pytest.mark.parametrize("ends", [(-20, 20), (5, 30), (-30, -5)])
def test_read_positions__in_a_pool_itself__amounts_and_fees_are_what_the_pool_pays(
    world: World, minter: Minter, ends: tuple[int, int]
) -> None:
    before = [each.id for each in read(world).read]
    chain, pool, span = world.chain, minter.pool.address, minter.range(*ends)
    minter.mint(span)
    for eth in (3_400.0, 2_600.0, 3_050.0):
        world.market.move_to(PRICES | {"ETH": eth})
    found = read(world)
    (position,) = direct(found)
    assert [each.id for each in found.read] == [*before, f"uniswap-v3:{pool}[{span[0]},{span[1]}]"]
    assert position.liquidity == LIQUIDITY
    block = chain.head()
    burnt = chain.read(POOL, pool, "burn", *span, LIQUIDITY, block=block, sender=LP.address)
    assert list(position.amounts_units) == list(burnt)
    snapshot = chain.request("evm_snapshot")
    chain.send(LP, POOL, pool, "burn", *span, 0)
    most = (1 << 128) - 1
    paid = chain.read(POOL, pool, "collect", LP.address, *span, most, most, block=chain.head(), sender=LP.address)
    chain.request("evm_revert", snapshot)
    assert list(position.fees_units) == list(paid)
    assert all(position.fees_units)
    assert position.held_units is not None
    assert position.earned_units == position.fees_units


def test_read_positions__half_withdrawn_and_collected__past_is_that_of_the_events(world: World, minter: Minter) -> None:
    chain, pool, span = world.chain, minter.pool.address, minter.range(-20, 20)
    minter.mint(span)
    (whole,) = direct(read(world))
    advance_time(chain, 5_000)
    world.market.move_to(PRICES | {"ETH": 3_020.0})
    chain.send(LP, POOL, pool, "burn", *span, LIQUIDITY // 2)
    chain.send(LP, POOL, pool, "collect", LP.address, *span, (1 << 128) - 1, (1 << 128) - 1)
    (half,) = direct(read(world))
    assert whole.held_units is not None
    assert half.held_units == tuple(units // 2 for units in whole.held_units)
    assert half.fees_units == (0, 0)
    assert half.earned_units is not None
    assert any(half.earned_units)
    assert half.seconds_in_range is not None
    assert half.seconds_in_range > 4_000
    chain.send(LP, POOL, pool, "burn", *span, LIQUIDITY - LIQUIDITY // 2)
    chain.send(LP, POOL, pool, "collect", LP.address, *span, (1 << 128) - 1, (1 << 128) - 1)
    assert direct(read(world)) == []


def test_read_positions__others_liquidity__is_not_the_owners(world: World, minter: Minter) -> None:
    minter.mint(minter.range(-20, 20), owner=account("outsider").address)
    assert direct(read(world)) == []


def test_read_positions__strangers_add_ranges__the_owners_are_read_and_the_rest_counted(
    world: World, minter: Minter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ranges are given away by anyone: those that the owner had a hand in come first, then the largest."""
    monkeypatch.setattr(direct_v3, "MOST_RANGES", 2)
    own, large = minter.range(-40, 40), minter.range(-50, 50)
    minter.mint(own, LIQUIDITY // 1_000)
    world.chain.send(LP, POOL, minter.pool.address, "burn", *own, 0)  # its own hand
    minter.mint(large)
    for step in range(3):
        minter.mint(minter.range(-20 - step, 20), 1)
    found = read(world)
    assert {(each.tick_lower, each.tick_upper) for each in direct(found)} == {own, large}
    assert any("3 more ranges" in each.id and "2 are read" in each.reason for each in found.unread)


def test_read_positions__emptied_with_fees_left__is_read_until_they_are_collected(world: World, minter: Minter) -> None:
    chain, pool, span = world.chain, minter.pool.address, minter.range(-20, 20)
    minter.mint(span)
    world.market.move_to(PRICES | {"ETH": 3_020.0})
    chain.send(LP, POOL, pool, "burn", *span, LIQUIDITY)
    (left,) = direct(read(world))
    assert left.liquidity == 0
    assert left.seconds_in_range is None  # its ticks may have left the pool
    most = (1 << 128) - 1
    paid = chain.read(POOL, pool, "collect", LP.address, *span, most, most, block=chain.head(), sender=LP.address)
    assert list(left.fees_units) == list(paid)
    chain.send(LP, POOL, pool, "collect", LP.address, *span, most, most)
    assert direct(read(world)) == []


def test_read_positions__contract_that_says_it_holds_liquidity__is_named_and_not_asked(world: World) -> None:
    topics = "5f5f73" + LP.address[2:].lower() + "7f" + MINT
    world.chain.request("anvil_setCode", STRANGE, "0x" + topics + "5f5fa4" + "5f195f5260205ff3")
    LocalChain(world.chain).send_raw(account("outsider"), STRANGE, "0x", "spamming")
    with lying_node(world.chain.url) as node:
        found = read(world, through(node, world.chain))
    assert [each.id for each in found.unread] == [f"uniswap-v3:{world.chain.contract(POOL, STRANGE).address}"]
    calls = [asked for _, asked in node.seen if asked["method"] == "eth_call"]
    assert STRANGE.lower() not in json.dumps(calls).lower()


def test_read_positions__node_that_wants_an_address__says_that_pools_were_not_looked_at(world: World) -> None:
    with lying_node(world.chain.url, without_address) as node:
        found = read(world, through(node, world.chain))
    assert found.read
    assert (
        "were not looked for"
        in {each.id: each.reason for each in found.unread}["uniswap-v3: positions in pools themselves"]
    )
