"""The lens against the managers' and pools' own answers for v3, and the ways in which a node may serve it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from eth_utils import function_abi_to_4byte_selector, keccak

from bridge.adapters.lens import ANSWER, REFUSAL, SELECTORS, Lens, LensPosition, Status, _Answer, _exposures
from bridge.artifacts import artifact
from bridge.chain.rpc import Rpc
from bridge.errors import ChainError, MissingBlock, NodeUnreachable
from bridge.local.accounts import account
from bridge.local.anvil import free_port
from bridge.local.market import Range
from bridge.local.world import World
from hedge.amm.ticks import position_amounts
from tests.bridge.lenses import (
    ANSWERS_ZERO,
    Capped,
    IgnoresOverrides,
    Instead,
    Lagging,
    Misspeaks,
    Node,
    WithoutOverrides,
    lens,
    published,
)

MANAGER = "NonfungiblePositionManager"
MAX_UINT128, FOREVER = 2**128 - 1, 2**40


def all_of(world: World, by: Lens | None = None) -> list[LensPosition]:
    """Read the treasury's v3 positions."""
    at = world.deployment
    return (by or lens(world)).positions_of_v3(at.address(MANAGER), at.address("lp"), world.chain.head())


def by_ids(world: World, token_ids: list[int], by: Lens | None = None) -> list[LensPosition]:
    """Read v3 positions by id."""
    return (by or lens(world)).positions_v3(world.deployment.address(MANAGER), token_ids, world.chain.head())


def send(world: World, function: str, *arguments: object) -> None:
    world.chain.send(account("lp"), MANAGER, world.deployment.address(MANAGER), function, *arguments)


def assert_is_the_managers(world: World, position: LensPosition) -> None:
    """Compare every field with what manager, factory and pool say."""
    lp, manager = world.deployment.address("lp"), published(world, MANAGER)
    kept = manager.functions.positions(position.token_id).call()
    assert position.pool is not None
    assert (position.status, position.pool.status) == (Status.READ, Status.READ)
    assert (position.pool.token0, position.pool.token1) == (kept[2].lower(), kept[3].lower())
    assert (position.pool.fee, position.tick_lower, position.tick_upper, position.liquidity) == tuple(kept[4:8])
    address = published(world, "UniswapV3Factory").functions.getPool(*kept[2:5]).call()
    assert position.pool.id == int(address, 16)
    pool = world.chain.contract("UniswapV3Pool", address)
    assert (position.pool.sqrt_price_x96, position.pool.tick) == tuple(pool.functions.slot0().call()[:2])
    assert position.pool.growth0 == pool.functions.feeGrowthGlobal0X128().call()
    assert position.pool.growth1 == pool.functions.feeGrowthGlobal1X128().call()
    collected = manager.functions.collect((position.token_id, lp, MAX_UINT128, MAX_UINT128)).call({"from": lp})
    assert [position.owed0, position.owed1] == collected
    if position.liquidity:
        taken = manager.functions.decreaseLiquidity((position.token_id, position.liquidity, 0, 0, FOREVER)).call(
            {"from": lp}
        )
        ours = position_amounts(
            position.pool.sqrt_price_x96, position.tick_lower, position.tick_upper, position.liquidity
        )
        assert list(ours) == taken


def sides(found: list[LensPosition]) -> set[str]:
    """Say where the pools' ticks are against the positions' ranges."""
    return {
        "below"
        if position.pool.tick < position.tick_lower
        else "inside"
        if position.pool.tick < position.tick_upper
        else "above"
        for position in found
        if position.pool is not None
    }


def test_positions_of_v3__in_range_and_out_both_ways__every_field_is_the_managers(world: World) -> None:
    seen = set()
    for eth in (3000.0, 3900.0, 2300.0, 5200.0):
        world.market.move_to({"USD": 1.0, "ETH": eth, "BTC": 90_000.0})
        found = all_of(world)
        assert len(found) == 6
        for position in found:
            assert_is_the_managers(world, position)
        seen |= sides(found)
    assert seen == {"below", "inside", "above"}
    assert any(position.owed0 and position.owed1 for position in found)


def test_positions_of_v3__partly_and_wholly_withdrawn__every_field_is_the_managers(world: World) -> None:
    first, second, third = all_of(world)[:3]
    send(world, "decreaseLiquidity", (first.token_id, first.liquidity // 3, 0, 0, FOREVER))
    send(world, "decreaseLiquidity", (second.token_id, second.liquidity, 0, 0, FOREVER))
    send(world, "decreaseLiquidity", (third.token_id, third.liquidity, 0, 0, FOREVER))
    send(world, "collect", (third.token_id, account("lp").address, MAX_UINT128, MAX_UINT128))
    world.market.move_to({"USD": 1.0, "ETH": 3300.0, "BTC": 95_000.0})
    found = all_of(world)
    for position in found:
        assert_is_the_managers(world, position)
    assert found[1].liquidity == 0 < found[1].owed1  # withdrawn and not collected: owed
    assert (found[2].liquidity, found[2].owed0, found[2].owed1) == (0, 0, 0)


def test_positions_v3__burnt_and_unknown_ids_among_others__each_says_so_and_the_others_are_read(world: World) -> None:
    whole = all_of(world)
    gone = whole[2]
    send(world, "decreaseLiquidity", (gone.token_id, gone.liquidity, 0, 0, FOREVER))
    send(world, "collect", (gone.token_id, account("lp").address, MAX_UINT128, MAX_UINT128))
    send(world, "burn", gone.token_id)
    ids = [whole[5].token_id, gone.token_id, 10**9, whole[0].token_id, 2**256 - 1, 0]
    found = by_ids(world, ids)
    assert [position.token_id for position in found] == ids
    assert [position.status for position in found] == [
        Status.READ,
        *[Status.NO_POSITION] * 2,
        Status.READ,
        *[Status.NO_POSITION] * 2,
    ]
    assert all(position[2:] == (None, 0, 0, 0, 0, 0) for position in found if position.status)
    for position in (found[0], found[3]):
        assert_is_the_managers(world, position)
    assert "burnt" in found[1].status.reason


def test_positions_v3__pool_of_another_factory__is_named(world: World) -> None:
    without_pools = Instead(world, world.deployment.address("UniswapV3Factory"), code=ANSWERS_ZERO)
    whole = all_of(world)
    found = by_ids(world, [whole[0].token_id], Lens(without_pools))[0]
    assert found.status is Status.NO_POOL
    assert found.pool is not None
    assert found.pool[1:4] == whole[0].pool[1:4]  # type: ignore[index]  # the tokens and the fee say which
    assert (found.pool.id, found.liquidity) == (0, 0)


def test_positions_v3__pool_that_does_not_answer_for_a_tick__refused(world: World) -> None:
    """The pool answers every question with ones, and nothing when asked for a tick."""
    ones = "".join(f"600160{32 * word:02x}52" for word in range(7))
    to_the_end_for_ticks, returned, end = "5f3560e01c63f30dba9314603557", "60e05ff3", "5b5f5ffd"
    code = f"0x{to_the_end_for_ticks}{ones}{returned}{end}"
    whole = all_of(world)
    assert whole[0].pool is not None
    with pytest.raises(ChainError, match="NotAPool"):
        by_ids(world, [whole[0].token_id], Lens(Instead(world, f"0x{whole[0].pool.id:040x}", code=code)))


def test_positions_v3__inside_a_callback__position_of_that_pool_is_locked(world: World) -> None:
    chain, deployer, whole = world.chain, account("deployer"), all_of(world)
    deployed, reader = chain.deploy(deployer, "ExposureLens"), chain.deploy(deployer, "CallbackReader")
    pool = world.market.pools[0]
    token0 = chain.read("UniswapV3Pool", pool.address, "token0", block=chain.head())
    chain.send(account("trader"), "IERC20Metadata", token0, "transfer", reader, 10**12)
    ids = [position.token_id for position in whole]
    query = chain.contract("ExposureLens", deployed).encode_abi(
        "positionsV3", args=[world.deployment.address(MANAGER), ids]
    )
    limit = chain.read("UniswapV3Pool", pool.address, "slot0", block=chain.head())[0] - 10**9
    chain.send(deployer, "CallbackReader", reader, "swapAndRead", pool.address, limit, deployed, query)
    assert chain.read("CallbackReader", reader, "succeeded", block=chain.head())
    answer = bytes(chain.read("CallbackReader", reader, "answer", block=chain.head()))
    found = _exposures(_Answer(answer, 0, 0), len(ids))
    inside = [position.pool is not None and position.pool.id == int(pool.address, 16) for position in whole]
    assert [position.status for position in found] == [Status.LOCKED if here else Status.READ for here in inside]
    assert {position[3:] for position in found if position.status} == {(0, 0, 0, 0, 0)}
    assert [position for position in found if not position.status] == [
        position for position, here in zip(whole, inside, strict=True) if not here
    ]


def test_positions_v3__any_order_and_twice__keeps_it(world: World) -> None:
    whole = all_of(world)
    ids = [position.token_id for position in reversed(whole)] + [whole[0].token_id]
    assert by_ids(world, ids) == [*whole[::-1], whole[0]]
    assert by_ids(world, []) == []


def test_positions_of_v3__nobody_s__is_empty(world: World) -> None:
    nobody = account("outsider").address
    assert lens(world).positions_of_v3(world.deployment.address(MANAGER), nobody, world.chain.head()) == []


def test_positions_v3__thousand_positions__one_call_and_every_number(world: World) -> None:
    start = {"USD": 1.0, "ETH": 3000.0, "BTC": 90_000.0}
    world.market.move_to(start)
    # Ranges of many ticks and pools, below, around and above the price; half of them share their ticks with another.
    ranges = [Range(i % 3, 0.60 + i % 250 / 500, 0.65 + i % 250 / 400 + i % 2 / 4, 500.0) for i in range(1_000)]
    ids = world.market.mint_many(account("lp"), ranges, start)
    for eth in (3200.0, 2800.0):
        world.market.move_to(start | {"ETH": eth})
    node = Node(world)
    found = by_ids(world, ids, Lens(node))
    assert node.calls == 1
    assert [position.token_id for position in found] == ids
    assert sides(found) == {"below", "inside", "above"}
    for position in found[::7]:
        assert_is_the_managers(world, position)
    assert all_of(world, Lens(node))[6:] == found
    assert node.calls == 3  # 1,006 positions: a thousand, and six
    capped = Capped(world, 8_000_000)
    assert by_ids(world, ids, Lens(capped)) == found
    assert 2 < capped.calls < 20
    once = WithoutOverrides(world)
    assert by_ids(world, ids, Lens(once)) == found
    assert once.calls == 2  # refused, and then without


@pytest.mark.parametrize("kind", [WithoutOverrides, IgnoresOverrides])
def test_lens__node_without_state_override__same_answer_and_remembers(world: World, kind: type[Node]) -> None:
    node = kind(world)
    by = Lens(node)
    assert all_of(world, by) == all_of(world)
    assert node.calls == 2
    assert all_of(world, by) == all_of(world)
    assert node.calls == 3


def test_lens__gas_cap_below_one_position__says_so(world: World) -> None:
    with pytest.raises(ChainError, match="too little gas"):
        all_of(world, Lens(Capped(world, 200_000)))


def test_positions_of_v3__gas_cap_of_a_few__goes_on_where_it_stopped(world: World) -> None:
    capped = Capped(world, 450_000)
    assert all_of(world, Lens(capped)) == all_of(world)
    assert capped.calls > 1


def test_positions_of_v3__more_than_were_asked_for__answers_hold_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    every, node = all_of(world), Node(world)
    monkeypatch.setattr("bridge.adapters.lens.CHUNK", 2)
    assert len(every) == 6
    assert all_of(world, Lens(node)) == every
    assert node.calls == 3


def test_lens__node_of_an_older_block__is_refused(world: World) -> None:
    with pytest.raises(MissingBlock, match="lags"):
        all_of(world, Lens(Lagging(world)))


def word(index: int, value: int) -> Callable[[str], str]:
    """Say what puts a value in the place of one word of an answer."""
    return lambda answer: answer[: 2 + 64 * index] + f"{value:064x}" + answer[66 + 64 * index :]


def head_of_first_row(added: int) -> Callable[[str], str]:
    """Say what adds bits to the second word of the first position."""

    def change(answer: str) -> str:
        index = int(answer[2 + 64 * 3 : 66 + 64 * 3], 16) // 32 + 2
        return word(index, int(answer[2 + 64 * index : 66 + 64 * index], 16) | added)(answer)

    return change


MISSPOKEN: dict[str, Callable[[str], object]] = {
    "no hexadecimal digits": lambda answer: "0xzz",
    "half a byte": lambda answer: answer[:-1],
    "no text": lambda answer: 5,
    "cut short": lambda answer: answer[:700],
    "pools beyond its end": word(2, 2**40),
    "rows beyond its end": word(3, 2**255),
    "as many pools as fill the memory": lambda answer: word(int(answer[130:194], 16) // 32, 2**40)(answer),
    "half a row": lambda answer: word(int(answer[194:258], 16) // 32, 4)(answer),
    "a status that there is not": head_of_first_row(9 << 248),
    "a pool that there is not": head_of_first_row(0xFFF << 176),
}


@pytest.mark.parametrize("change", MISSPOKEN.values(), ids=MISSPOKEN.keys())
def test_lens__answer_that_no_lens_gives__is_refused(world: World, change: Callable[[str], object]) -> None:
    with pytest.raises(ChainError, match="not that of a lens"):
        all_of(world, Lens(Misspeaks(world, change)))


@pytest.mark.parametrize(("bit", "ticks"), [(1 << 128, (0, 1)), (1 << 152, (1, 0))])
def test_lens__rows_with_an_odd_tick__are_read_to_the_last_bit(world: World, bit: int, ticks: tuple[int, int]) -> None:
    true = all_of(world)
    found = all_of(world, Lens(Misspeaks(world, head_of_first_row(bit))))
    assert (true[0].tick_lower % 2, true[0].tick_upper % 2) == (0, 0)
    assert (found[0].tick_lower - true[0].tick_lower, found[0].tick_upper - true[0].tick_upper) == ticks
    assert found[1:] == true[1:]


def test_lens__revert_data_that_is_a_text__gives_the_words_of_the_node(world: World) -> None:
    class Words(Node):
        def changed(self, method: str, parameters: list[Any]) -> dict[str, Any]:
            return {"error": {"code": 3, "message": "no room for this call", "data": "see the manual"}}

    with pytest.raises(ChainError, match=r"^reading positions: .*no room for this call"):
        all_of(world, Lens(Words(world)))


def test_positions_v3__answer_of_another_position__is_refused(world: World) -> None:
    first, second = (position.token_id for position in all_of(world)[:2])
    swapped = Misspeaks(world, lambda answer: answer.replace(f"{first:064x}", f"{second:064x}"))
    with pytest.raises(ChainError, match="other positions"):
        by_ids(world, [first], Lens(swapped))


@pytest.mark.parametrize("overrides", [True, False])
def test_lens__manager_that_is_none__is_refused(world: World, overrides: bool) -> None:
    with pytest.raises(ChainError, match=r"reading positions: .*reverted"):
        Lens(world.chain, overrides).positions_v3(world.deployment.address("PoolManager"), [1], world.chain.head())


def test_rpc__same_node__same_answer(world: World) -> None:
    node = Rpc(world.chain.url)
    assert node.head() == world.chain.head()
    assert all_of(world, Lens(node)) == all_of(world)


def test_rpc__nobody_there__is_unreachable() -> None:
    with pytest.raises(NodeUnreachable):
        Rpc(f"http://127.0.0.1:{free_port()}").head()


def test_cold_read__modules_it_needs__load_neither_web3_nor_numpy() -> None:
    code = (
        "import sys, bridge.chain.rpc, bridge.adapters.lens\n"
        "from hedge.amm import ticks\n"
        "print({'web3', 'numpy'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_selectors__written_out__are_those_of_the_contract() -> None:
    functions = {entry["name"]: entry for entry in artifact("ExposureLens").abi if entry["type"] == "function"}
    assert {
        name: function_abi_to_4byte_selector(entry).hex()  # type: ignore[arg-type]
        for name, entry in functions.items()
    } == SELECTORS
    assert (keccak(text="Answer(bytes)")[:4], keccak(text="Refusal(bytes)")[:4]) == (ANSWER, REFUSAL)
