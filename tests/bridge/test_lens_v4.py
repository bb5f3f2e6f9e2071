"""v4 positions by the lens against PositionManager, StateView, and what a withdrawal really pays."""

from __future__ import annotations

import pytest
from eth_abi import encode
from eth_utils import keccak, to_checksum_address

from bridge.adapters.lens import Lens, LensPosition, Status
from bridge.adapters.pool_position import Positions
from bridge.adapters.tokens import NATIVE
from bridge.adapters.uniswap_v4 import UniswapV4Reader, pool_slot
from bridge.errors import ChainError
from bridge.local.accounts import account
from bridge.local.other_pools import KEY, PoolV4, open_pool
from bridge.local.world import World
from hedge.amm.ticks import position_amounts
from tests.bridge.lenses import ANSWERS_ZERO, Capped, Instead, WithoutOverrides, lens, published
from tests.bridge.lying_node import lying_node, through

MANAGER, FOREVER, MOST = "PositionManager", 2**40, 50_000 * 10**18
DECREASE, BURN, TAKE_PAIR = 0x01, 0x03, 0x11
TAKING_HOOK = "0x" + "0a" * 18 + "0101"  # may act after a withdrawal, and keep a part of it


def pool_of(world: World) -> PoolV4:
    assert world.market.pool_v4 is not None
    return world.market.pool_v4


def by_ids(world: World, token_ids: list[int], by: Lens | None = None) -> list[LensPosition]:
    return (by or lens(world)).positions_v4(world.deployment.address(MANAGER), token_ids, world.chain.head())


def held(world: World, role: str = "lp") -> Positions:
    at = world.deployment
    reader = UniswapV4Reader(world.chain, at.address(MANAGER), at.address("PoolManager"), at.start_block)
    return reader.read_positions(account(role).address, world.chain.head())


def lp_id(world: World) -> int:
    (position,) = held(world).read
    assert position.token_id is not None
    return position.token_id


def change(world: World, action: int, inputs: bytes, receiver: str) -> None:
    """Change a position of the LP and take what comes out."""
    take = encode(("address", "address", "address"), (NATIVE, pool_of(world).usd, receiver))
    data = encode(("bytes", "bytes[]"), (bytes((action, TAKE_PAIR)), [inputs, take]))
    manager = world.deployment.address(MANAGER)
    world.chain.send(account("lp"), MANAGER, manager, "modifyLiquidities", data, FOREVER)


def decrease(world: World, token_id: int, liquidity: int, receiver: str) -> None:
    change(
        world,
        DECREASE,
        encode(("uint256", "uint256", "uint128", "uint128", "bytes"), (token_id, liquidity, 0, 0, b"")),
        receiver,
    )


def paid(world: World, position: LensPosition) -> list[int]:
    """Return what taking everything out really pays an account that holds nothing; undone."""
    receiver, chain = to_checksum_address("0x" + "5afe" * 10), world.chain
    snapshot = chain.request("evm_snapshot")
    decrease(world, position.token_id, position.liquidity, receiver)
    usd = chain.read("IERC20Metadata", pool_of(world).usd, "balanceOf", receiver, block=chain.head())
    wei = chain.web3.eth.get_balance(receiver)
    chain.request("evm_revert", snapshot)
    return [wei, usd]


def assert_is_the_managers(world: World, position: LensPosition) -> None:
    """Compare every field with PositionManager and StateView, and the sum of amounts and fees with what is paid."""
    manager, view = published(world, MANAGER), published(world, "StateView")
    key, info = manager.functions.getPoolAndPositionInfo(position.token_id).call()
    assert position.pool is not None
    assert position.status is Status.READ
    ours = (position.pool.token0, position.pool.token1, position.pool.fee, position.pool.spacing, position.pool.hooks)
    assert ours == (key[0].lower(), key[1].lower(), key[2], key[3], key[4].lower())
    pool_id = keccak(encode((KEY,), (key,)))
    assert position.pool.id == int.from_bytes(pool_id, "big")
    assert position.pool.id >> 56 == info >> 56
    assert position.liquidity == manager.functions.getPositionLiquidity(position.token_id).call()
    assert (position.pool.sqrt_price_x96, position.pool.tick) == tuple(view.functions.getSlot0(pool_id).call()[:2])
    assert [position.pool.growth0, position.pool.growth1] == view.functions.getFeeGrowthGlobals(pool_id).call()
    place = (pool_id, manager.address, position.tick_lower, position.tick_upper, position.token_id.to_bytes(32, "big"))
    liquidity, *last = view.functions.getPositionInfo(*place).call()
    assert liquidity == position.liquidity
    now = view.functions.getFeeGrowthInside(pool_id, position.tick_lower, position.tick_upper).call()
    owed = [(b - a) % 2**256 * liquidity >> 128 for a, b in zip(last, now, strict=True)]
    assert [position.owed0, position.owed1] == owed
    if liquidity:
        out = position_amounts(position.pool.sqrt_price_x96, position.tick_lower, position.tick_upper, liquidity)
        assert [out[0] + position.owed0, out[1] + position.owed1] == paid(world, position)


def test_positions_v4__in_range_and_out_both_ways__every_field_is_the_managers_and_is_paid(world: World) -> None:
    pool, lp = pool_of(world), account("lp")
    ids = [lp_id(world), pool.mint(lp, (0.5, 0.7), 1_000, 3000.0), pool.mint(lp, (1.4, 1.8), 1_000, 3000.0)]
    ids.append(pool.mint(lp, (0.0, float("inf")), 5_000, 3000.0))
    seen = set()
    for eth in (3300.0, 2000.0, 4600.0, 6000.0, 3000.0):
        pool.move_to(eth, MOST)
        found = by_ids(world, ids)
        for position in found:
            assert_is_the_managers(world, position)
            assert position.pool is not None
            seen.add((position.pool.tick < position.tick_lower, position.pool.tick >= position.tick_upper))
    assert seen == {(True, False), (False, False), (False, True)}
    assert all(position.owed0 and position.owed1 for position in found)


def test_positions_v4__gas_cap_of_a_few__goes_on_where_it_stopped(world: World) -> None:
    ids = [lp_id(world), pool_of(world).mint(account("lp"), (0.5, 0.7), 1_000, 3000.0), 10**6] * 4
    capped = Capped(world, 450_000)
    assert by_ids(world, ids, Lens(capped)) == by_ids(world, ids)
    assert 1 < capped.calls < len(ids)


def test_positions_v4__emptied_burnt_unknown__each_says_so(world: World) -> None:
    pool, lp = pool_of(world), account("lp")
    kept, empty, gone = lp_id(world), pool.mint(lp, (0.8, 1.2), 1_000, 3000.0), pool.mint(lp, (0.9, 1.1), 1_000, 3000.0)
    decrease(world, empty, by_ids(world, [empty])[0].liquidity, lp.address)
    change(world, BURN, encode(("uint256", "uint128", "uint128", "bytes"), (gone, 0, 0, b"")), lp.address)
    pool.move_to(3100.0, MOST)
    found = by_ids(world, [gone, empty, 10**12, kept, 2**256 - 1])
    nothing = Status.NO_POSITION
    assert [position.status for position in found] == [nothing, Status.READ, nothing, Status.READ, nothing]
    assert (found[1].liquidity, found[1].owed0, found[1].owed1) == (0, 0, 0)
    for position in (found[1], found[3]):
        assert_is_the_managers(world, position)
    assert by_ids(world, [kept, gone], Lens(WithoutOverrides(world))) == [found[3], found[0]]


def test_positions_v4__that_share_ticks__every_field_is_the_managers_and_is_paid(world: World) -> None:
    pool, lp = pool_of(world), account("lp")
    ids = [pool.mint(lp, ends, 1_000, 3000.0) for ends in ((0.8, 1.2), (0.8, 1.2), (0.8, 1.5), (0.6, 1.2))]
    for eth in (3500.0, 3800.0, 3000.0):
        pool.move_to(eth, MOST)
    for position in by_ids(world, ids):
        assert_is_the_managers(world, position)
        assert min(position.owed0, position.owed1) > 0


def test_positions_v4__pool_that_the_pool_manager_does_not_hold__is_named(world: World) -> None:
    whole = by_ids(world, [lp_id(world)])[0]
    assert whole.pool is not None
    slot = pool_slot(whole.pool.id.to_bytes(32, "big"))
    emptied = Instead(world, world.deployment.address("PoolManager"), stateDiff={f"0x{slot.hex()}": f"0x{0:064x}"})
    found = by_ids(world, [whole.token_id] * 2, Lens(emptied))
    assert [position.status for position in found] == [Status.NO_POOL] * 2
    assert {position[3:] for position in found} == {(0, 0, 0, 0, 0)}
    assert found[0].pool is not None
    assert found[0].pool[:6] == whole.pool[:6]


def test_positions_v4__manager_that_knows_no_positions__refused(world: World) -> None:
    """StateView names the same pool manager, as a PositionManager does."""
    with pytest.raises(ChainError, match="NotAManager"):
        lens(world).positions_v4(world.deployment.address("StateView"), [lp_id(world)], world.chain.head())


def test_positions_v4__pool_manager_without_its_storage__refused(world: World) -> None:
    stub = Instead(world, world.deployment.address("PoolManager"), code=ANSWERS_ZERO)
    with pytest.raises(ChainError, match="NotAPool"):
        by_ids(world, [lp_id(world)], Lens(stub))


def test_positions_v4__pool_manager_unlocked__refused(world: World) -> None:
    chain, deployer = world.chain, account("deployer")
    deployed, reader = chain.deploy(deployer, "ExposureLens"), chain.deploy(deployer, "CallbackReader")
    pools, manager = world.deployment.address("PoolManager"), world.deployment.address(MANAGER)
    query = chain.contract("ExposureLens", deployed).encode_abi("positionsV4", args=[manager, [lp_id(world)]])
    chain.send(deployer, "CallbackReader", reader, "unlockAndRead", pools, deployed, query)
    assert not chain.read("CallbackReader", reader, "succeeded", block=chain.head())
    answer = bytes(chain.read("CallbackReader", reader, "answer", block=chain.head()))
    assert answer == keccak(text="ManagerUnlocked(address)")[:4] + int(pools, 16).to_bytes(32, "big")


def test_read_positions__of_the_lp__amounts_fees_and_deposit(world: World) -> None:
    pool_of(world).move_to(3300.0, MOST)
    pool_of(world).move_to(3000.0, MOST)
    (position,) = held(world).read
    found = by_ids(world, [lp_id(world)])[0]
    assert position.fees_units == (found.owed0, found.owed1)
    assert position.tokens[0] == NATIVE
    assert position.decimals == (18, 6)
    assert position.held_units is not None
    assert position.held_units[1] == pytest.approx(
        100_000 * 10**6, rel=1e-3
    )  # half of the budget that it was minted with
    assert position.held_units[0] == pytest.approx(32.4 * 10**18, rel=1e-2)


def test_read_positions__partly_withdrawn__deposit_shrinks_and_earning_starts_anew(world: World) -> None:
    (before,) = held(world).read
    decrease(world, lp_id(world), before.liquidity // 4, account("lp").address)
    (after,) = held(world).read
    assert before.held_units is not None
    assert after.held_units == pytest.approx([0.75 * units for units in before.held_units], rel=1e-9)
    assert after.fees_units == (0, 0)
    assert after.earning_since == world.chain.head().timestamp


def test_read_positions__given_away__is_the_receivers(world: World) -> None:
    lp, other, token_id = account("lp"), account("outsider"), lp_id(world)
    manager = published(world, MANAGER)
    data = manager.encode_abi("transferFrom", args=[lp.address, other.address, token_id])
    world.chain.send_raw(lp, manager.address, data, "giving a position away")  # type: ignore[arg-type]
    assert held(world) == ([], [])
    assert [position.token_id for position in held(world, "outsider").read] == [token_id]


def test_read_positions__hook_that_may_keep_a_part__is_named_and_the_others_are_read(world: World) -> None:
    before, usd, lp = held(world).read, pool_of(world).usd, account("lp")
    odd = open_pool(world.chain, world.market.contracts, usd, 3000.0, to_checksum_address(TAKING_HOOK))
    token_id = odd.mint(lp, (0.8, 1.25), 1_000, 3000.0)
    found = held(world)
    assert found.read == before
    (unread,) = found.unread
    assert unread.id == f"uniswap-v4:{token_id}"
    assert TAKING_HOOK in unread.reason
    assert "may keep part of what is withdrawn" in unread.reason
    position = by_ids(world, [token_id])[0]
    assert position.pool is not None
    assert (position.status, position.pool.hooks) == (Status.READ, TAKING_HOOK)


def test_read_positions__token_that_does_not_say_its_decimals__is_named_and_the_others_are_read(world: World) -> None:
    before, lp = held(world).read, account("lp")
    token = world.chain.deploy(account("deployer"), "TestToken", "Odd", "Odd", 6)
    for who in (lp, account("trader")):
        world.chain.send(account("deployer"), "TestToken", token, "mint", who.address, 10**18)
    token_id = open_pool(world.chain, world.market.contracts, token, 3000.0).mint(lp, (0.8, 1.25), 1_000, 3000.0)
    world.chain.request("anvil_setCode", token, "0xfe")
    found = held(world)
    assert found.read == before
    (unread,) = found.unread
    assert (unread.id, token in unread.reason) == (f"uniswap-v4:{token_id}", True)


def test_read_positions__many_in_one_pool__its_changes_are_read_once(world: World) -> None:
    """Anyone may make positions for the owner in a pool: each must not cost another read of all its events."""
    lp, at = account("lp"), world.deployment
    for _ in range(3):
        pool_of(world).mint(lp, (0.5, 0.7), 1_000, 3000.0)
    topic = "0x" + keccak(text="ModifyLiquidity(bytes32,address,int24,int24,int256,bytes32)").hex()
    with lying_node(world.chain.url) as node:
        chain = through(node, world.chain)
        reader = UniswapV4Reader(chain, at.address(MANAGER), at.address("PoolManager"), at.start_block)
        found = reader.read_positions(lp.address, chain.head()).read
    asked = [each for each in node.asked("eth_getLogs") if each[0]["topics"][0] == topic]
    assert (len(found), len(asked)) == (4, 1)
