"""v2 shares by the lens against what the pair itself pays, with the protocol's part of fees and without."""

from __future__ import annotations

import pytest
from eth_abi import encode

from bridge.adapters.lens import ANSWER, Lens, Share, Status
from bridge.adapters.tokens import NATIVE
from bridge.adapters.uniswap_v2 import UniswapV2Reader
from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.errors import ContractReverted
from bridge.local.accounts import account
from bridge.local.other_pools import PairV2
from bridge.local.world import World
from tests.bridge.lenses import Instead, lens, published

PAIR = "UniswapV2Pair"


def pair_of(world: World) -> PairV2:
    assert world.market.pair is not None
    return world.market.pair


def share_of(world: World, owner: str) -> Share:
    return lens(world).shares_v2(owner, [pair_of(world).address], world.chain.head())[0]


def burnt(world: World, who: Signer, balance: int) -> list[int]:
    """Return what the pair pays for a balance: move it to the pair, and ask `burn` in a static call; undone."""
    chain, pair = world.chain, pair_of(world).address
    snapshot = chain.request("evm_snapshot")
    chain.send(who, PAIR, pair, "transfer", pair, balance)
    paid = chain.read(PAIR, pair, "burn", who.address, block=chain.head(), sender=who.address)
    chain.request("evm_revert", snapshot)
    return list(paid)


def assert_is_the_pairs(world: World, who: Signer) -> Share:
    chain, pair, share = world.chain, pair_of(world).address, share_of(world, who.address)
    asked = {name: chain.read(PAIR, pair, name, block=chain.head()) for name in ("token0", "token1", "totalSupply")}
    assert (share.pair, share.token0, share.token1) == (pair.lower(), *(asked[n].lower() for n in ("token0", "token1")))
    assert [share.reserve0, share.reserve1] == chain.read(PAIR, pair, "getReserves", block=chain.head())[:2]
    assert share.total_supply == asked["totalSupply"]
    assert share.balance == chain.read(PAIR, pair, "balanceOf", who.address, block=chain.head())
    assert [share.amount0, share.amount1] == burnt(world, who, share.balance)
    assert share.status is Status.READ
    return share


def move(world: World, *prices: float) -> None:
    for eth in prices:
        pair_of(world).move_to({"USD": 1.0, "ETH": eth})


@pytest.mark.parametrize("role", ["lp", "market-maker"])
def test_shares_v2__after_swaps_both_ways__every_field_is_the_pairs(world: World, role: str) -> None:
    for eth in (3400.0, 2500.0, 3000.0):
        move(world, eth)
        assert_is_the_pairs(world, account(role))


def test_shares_v2__protocol_takes_its_part__every_field_is_the_pairs(world: World) -> None:
    deployer, factory, lp = account("deployer"), world.deployment.address("UniswapV2Factory"), account("lp")
    move(world, 3300.0, 3000.0)
    before = assert_is_the_pairs(world, lp)
    published_factory = published(world, "UniswapV2Factory")

    def pay_fee_to(whom: str) -> None:
        data = published_factory.encode_abi("setFeeTo", args=[whom])
        world.chain.send_raw(deployer, factory, data, "setting who gets the protocol's fee")  # type: ignore[arg-type]

    pay_fee_to(account("outsider").address)
    pair_of(world).mint(lp, 1_000, {"USD": 1.0, "ETH": 3000.0})  # from here on the pair counts
    assert_is_the_pairs(world, lp)  # nothing grew yet
    move(world, 3600.0, 3000.0)
    after = assert_is_the_pairs(world, lp)
    assert after.amount0 < after.balance * after.reserve0 // after.total_supply  # the protocol's part is off
    assert after.balance > before.balance
    pay_fee_to(NATIVE)
    off = assert_is_the_pairs(world, lp)
    assert off.amount0 > after.amount0


def test_shares_v2__tokens_given_to_the_pair__count_as_burn_counts_them(world: World) -> None:
    pair, trader = pair_of(world), account("trader")
    world.chain.send(trader, "IERC20Metadata", world.market.tokens["USD"], "transfer", pair.address, 10**12)
    share = assert_is_the_pairs(world, account("lp"))
    assert (share.amount0, share.amount1) > (0, 0)


def test_shares_v2__owner_without_a_share_and_address_without_a_pair__say_so(world: World) -> None:
    nobody, pair = account("outsider").address, pair_of(world).address
    found = lens(world).shares_v2(nobody, [nobody, pair, world.market.tokens["USD"]], world.chain.head())
    assert [share.status for share in found] == [Status.NO_POOL, Status.READ, Status.NO_POOL]
    assert (found[1].balance, found[1].amount0, found[1].amount1) == (0, 0, 0)


def test_shares_v2__contract_that_lets_anyone_sync__counts_as_locked(world: World) -> None:
    answers_all = Instead(world, account("outsider").address, code="0x60605ff3")
    (found,) = Lens(answers_all).shares_v2(account("lp").address, [account("outsider").address], world.chain.head())
    assert (found.status, found.balance) == (Status.LOCKED, 0)


def reverts_with(data: bytes) -> str:
    """Return code that answers every question by reverting with some data."""
    return f"0x61{len(data):04x}80600a5f395ffd{data.hex()}"


@pytest.mark.parametrize("overrides", [True, False])
def test_shares_v2__token_that_reverts_with_an_answer_of_its_own__is_refused(world: World, overrides: bool) -> None:
    """Without state override the answer comes as an error, and a token that is read may revert with any error."""
    chain, owner, pair = world.chain, account("lp").address, pair_of(world).address
    block, true = chain.head(), share_of(world, owner)
    share = (pair, true.token0, true.token1, 1, 1, 1, 1, 10**30, 10**30, 0)
    types = [
        "(uint256,uint256,bytes32)",
        "(address,address,address,uint112,uint112,uint256,uint256,uint256,uint256,uint256)[]",
    ]
    forged = encode(types, [(block.number, block.timestamp, bytes(32)), [share]])
    chain.request("anvil_setCode", true.token0, reverts_with(ANSWER + encode(["bytes"], [forged])))
    with pytest.raises(ContractReverted, match="refused by the contract: Answer"):
        Lens(world.chain, overrides).shares_v2(owner, [pair], block)


def test_shares_v2__inside_a_callback__is_locked(world: World) -> None:
    chain, pair, deployer = world.chain, pair_of(world), account("deployer")
    deployed, reader = chain.deploy(deployer, "ExposureLens"), chain.deploy(deployer, "CallbackReader")
    token0 = world.market.tokens[pair.first]
    chain.send(account("trader"), "IERC20Metadata", token0, "transfer", reader, 10**9)
    query = chain.contract("ExposureLens", deployed).encode_abi(
        "sharesV2", args=[account("lp").address, [pair.address]]
    )
    chain.send(deployer, "CallbackReader", reader, "borrowAndRead", pair.address, 10**9, deployed, query)
    assert chain.read("CallbackReader", reader, "succeeded", block=chain.head())
    answer = bytes(chain.read("CallbackReader", reader, "answer", block=chain.head()))
    words = [int.from_bytes(answer[at : at + 32], "big") for at in range(0, len(answer), 32)]
    assert words[-1] == Status.LOCKED
    assert not any(words[-9:-1])
    assert share_of(world, account("lp").address).status is Status.READ


def reader(world: World, chain: Chain | None = None) -> UniswapV2Reader:
    at = world.deployment
    return UniswapV2Reader(chain or world.chain, at.address("UniswapV2Factory"), list(at.assets), at.start_block)


def test_read_positions__share__amounts_and_history_are_the_pairs(world: World) -> None:
    lp = account("lp")
    move(world, 3500.0, 2700.0, 3000.0)
    (position,) = reader(world).read_positions(lp.address, world.chain.head()).read
    share = assert_is_the_pairs(world, lp)
    assert position.amounts_units == (share.amount0, share.amount1)
    assert position.fees_units == (0, 0)
    assert position.held_units is not None
    assert position.earned_units is not None
    assert all(earned > 0 for earned in position.earned_units)
    # What it would be without the fees is worth at most what holding would be worth.
    kept = [amount - fee for amount, fee in zip(position.amounts_units, position.earned_units, strict=True)]
    assert kept[0] * kept[1] <= position.held_units[0] * position.held_units[1]


def test_read_positions__half_withdrawn__half_the_deposit_is_held(world: World) -> None:
    lp, pair = account("lp"), pair_of(world).address
    (before,) = reader(world).read_positions(lp.address, world.chain.head()).read
    half = share_of(world, lp.address).balance // 2
    world.chain.send(lp, PAIR, pair, "transfer", pair, half)
    world.chain.send(lp, PAIR, pair, "burn", lp.address)
    (after,) = reader(world).read_positions(lp.address, world.chain.head()).read
    assert before.held_units is not None
    assert after.held_units == pytest.approx([units / 2 for units in before.held_units], rel=1e-6)


def test_read_positions__transfers_of_nothing_by_anyone__change_nothing(world: World) -> None:
    lp, newcomer, stranger, pair = account("lp"), account("market-maker"), account("outsider"), pair_of(world)

    def nothing(sender: str, receiver: str) -> None:
        world.chain.send(stranger, PAIR, pair.address, "transferFrom", sender, receiver, 0)

    (before,) = reader(world).read_positions(lp.address, world.chain.head()).read
    nothing(stranger.address, lp.address)
    nothing(lp.address, stranger.address)
    (after,) = reader(world).read_positions(lp.address, world.chain.head()).read
    assert after == before
    assert after.held_units is not None
    world.chain.send(newcomer, PAIR, pair.address, "transfer", pair.address, share_of(world, newcomer.address).balance)
    world.chain.send(newcomer, PAIR, pair.address, "burn", newcomer.address)
    nothing(newcomer.address, stranger.address)  # from nothing
    pair.mint(newcomer, 1_000, {"USD": 1.0, "ETH": 3000.0})
    (position,) = reader(world).read_positions(newcomer.address, world.chain.head()).read
    assert position.held_units == pytest.approx(position.amounts_units, rel=1e-6)


def test_read_positions__moved_to_oneself__deposit_is_held(world: World) -> None:
    lp, pair = account("lp"), pair_of(world).address
    before = reader(world).read_positions(lp.address, world.chain.head()).read
    world.chain.send(lp, PAIR, pair, "transfer", lp.address, share_of(world, lp.address).balance // 3)
    assert reader(world).read_positions(lp.address, world.chain.head()).read == before


def test_read_positions__dust_left__history_is_unknown(world: World) -> None:
    lp, pair = account("lp"), pair_of(world).address
    world.chain.send(lp, PAIR, pair, "transfer", pair, share_of(world, lp.address).balance - 1)
    world.chain.send(lp, PAIR, pair, "burn", lp.address)
    (position,) = reader(world).read_positions(lp.address, world.chain.head()).read
    assert (position.held_units, position.earned_units, position.liquidity) == (None, None, 0)


def test_read_positions__search_began_after_the_deposit__history_is_unknown(world: World) -> None:
    lp, at = account("lp"), world.deployment
    world.chain.send(lp, PAIR, pair_of(world).address, "transfer", account("outsider").address, 10**9)
    block = world.chain.head()
    late = UniswapV2Reader(world.chain, at.address("UniswapV2Factory"), list(at.assets), block.number)
    (position,) = late.read_positions(lp.address, block).read
    assert (position.held_units, position.earned_units) == (None, None)


def test_read_positions__stranger_sends_a_few_tokens__the_owners_deposit_stays_known(world: World) -> None:
    """A transfer of one unit costs cents, and would turn the advice on the whole position."""
    lp, other, pair = account("lp"), account("market-maker"), pair_of(world).address
    (before,) = reader(world).read_positions(lp.address, world.chain.head()).read
    world.chain.send(other, PAIR, pair, "transfer", lp.address, 1)
    (after,) = reader(world).read_positions(lp.address, world.chain.head()).read
    assert before.held_units is not None
    assert after.held_units == pytest.approx(before.held_units, rel=1e-3)
    assert after.earning_since == before.earning_since
    world.chain.send(other, PAIR, pair, "transfer", lp.address, share_of(world, lp.address).balance // 5_000)
    (more,) = reader(world).read_positions(lp.address, world.chain.head()).read
    assert more.held_units is None


def test_read_positions__tokens_from_another_account__history_is_unknown(world: World) -> None:
    lp, other = account("lp"), account("outsider")
    world.chain.send(lp, PAIR, pair_of(world).address, "transfer", other.address, 10**9)
    (position,) = reader(world).read_positions(other.address, world.chain.head()).read
    assert (position.held_units, position.earned_units) == (None, None)
    assert position.liquidity > 0
