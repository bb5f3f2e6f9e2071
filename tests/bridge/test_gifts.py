"""Positions that anyone can send to anyone: each is named and stops nothing, while real money left out stops a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.alerts.rules.book import MOST_UNREAD
from bridge.alerts.watch import watch
from bridge.config import BookConfig, Config
from bridge.errors import UntrustedNumber
from bridge.local.accounts import account
from bridge.local.other_pools import open_pool
from bridge.local.world import World
from bridge.plans.make import make_plan_at
from bridge.plans.market import read_market
from bridge.plans.observe import look_at_positions, observe, read_positions, valued
from bridge.snapshot import Snapshot

MANAGER = "NonfungiblePositionManager"
STRANGER = "trader"
FOREVER = 2**40
EVEN = 2**96
"""One unit of a token for one of the other."""


def token(world: World, symbol: str = "JUNK", decimals: int = 18) -> str:
    made = world.chain.deploy(account("deployer"), "TestToken", symbol, symbol, decimals)
    world.chain.send(account("deployer"), "TestToken", made, "mint", account(STRANGER).address, 2**200)
    return made


def gift(world: World, first: str, second: str, amount: int, *, fee: int = 10_000, price: int = EVEN) -> int:
    """Let a stranger make a pool of two tokens and send a position of so many units of each; return its id."""
    chain, manager, stranger = world.chain, world.deployment.address(MANAGER), account(STRANGER)
    pair = sorted((first, second), key=lambda at: int(at, 16))
    for each in pair:
        chain.send(stranger, "IERC20Metadata", each, "approve", manager, 2**256 - 1)
    chain.send(stranger, MANAGER, manager, "createAndInitializePoolIfNecessary", *pair, fee, price)
    wanted = (*pair, fee, -200, 200, amount, amount, 0, 0, world.deployment.address("lp"), FOREVER)
    chain.send(stranger, MANAGER, manager, "mint", wanted)
    owned = chain.read(MANAGER, manager, "balanceOf", world.deployment.address("lp"), block=chain.head())
    return int(
        chain.read(
            MANAGER, manager, "tokenOfOwnerByIndex", world.deployment.address("lp"), owned - 1, block=chain.head()
        )
    )


def own(world: World, asset: str) -> str:
    return next(at for at, named in world.deployment.assets.items() if named == asset and int(at, 16))


def known_as(world: World, **tokens: str) -> World:
    """Return the world whose deployment knows more tokens, by asset."""
    assets = world.deployment.assets | {at: asset for asset, at in tokens.items()}
    return replace(world, deployment=world.deployment.model_copy(update={"assets": assets}))


def junk(world: World) -> World:
    gift(world, token(world), own(world, "USD"), 10**9)
    return world


def own_junk(world: World) -> World:
    gift(world, token(world), token(world), 10**30)
    return world


def both_usd(world: World) -> World:
    other = token(world, "USDT", 6)
    gift(world, other, own(world, "USD"), 10**12)
    return known_as(world, USD=other)


def both_eth(world: World) -> World:
    other = token(world, "stETH")
    gift(world, other, own(world, "ETH"), 10**20)
    return known_as(world, ETH=other)


def no_price(world: World) -> World:
    other = token(world, "FOO", 0)
    gift(world, other, own(world, "USD"), 10**12)
    return known_as(world, FOO=other)


def absurd_decimals(decimals: int) -> Callable[[World], World]:
    def made(world: World) -> World:
        other = token(world, "ODD", decimals)
        gift(world, other, own(world, "USD"), 10**7)
        return known_as(world, ODD=other)

    return made


def turned(code: str) -> Callable[[World], World]:
    def made(world: World) -> World:
        other = token(world)
        gift(world, other, own(world, "USD"), 10**7)
        world.chain.request("anvil_setCode", other, code)
        return known_as(world, ODD=other)

    return made


def junk_v4(world: World) -> World:
    contracts, stranger, other = world.deployment.contracts, account(STRANGER), token(world, "JUNK", 6)
    pool = open_pool(world.chain, contracts, other, 3000.0)
    number = pool.mint(stranger, (0.8, 1.25), 10_000, 3000.0)
    manager, owner = contracts["PositionManager"], world.deployment.address("lp")
    world.chain.send(stranger, "PositionManager", manager, "transferFrom", stranger.address, owner, number)
    world.chain.request("anvil_setCode", other, "0x5b5f56")
    return world


def share(world: World, first: str, second: str, amounts: tuple[int, int]) -> None:
    """Let a stranger make a v2 pair of two tokens and send shares of it."""
    chain, stranger, factory = world.chain, account(STRANGER), world.deployment.address("UniswapV2Factory")
    chain.send(stranger, "UniswapV2Factory", factory, "createPair", first, second)
    pair = chain.read("UniswapV2Factory", factory, "getPair", first, second, block=chain.head())
    for each, amount in zip((first, second), amounts, strict=True):
        chain.send(stranger, "TestToken", each, "transfer", pair, amount)
    chain.send(stranger, "UniswapV2Pair", pair, "mint", world.deployment.address("lp"))


def both_usd_v2(world: World) -> World:
    other = token(world, "USDT", 6)
    share(world, other, own(world, "USD"), (10**12, 10**12))
    return known_as(world, USD=other)


def broken_v2(world: World) -> World:
    other = token(world, "USDT", 6)
    share(world, other, own(world, "USD"), (10**12, 10**12))
    world.chain.request("anvil_setCode", other, "0x5f5ffd")
    return known_as(world, USD=other)


GIFTS: dict[str, tuple[Callable[[World], World], str]] = {
    "token that nobody knows": (junk, "has no asset"),
    "two tokens that nobody knows": (own_junk, "has no asset"),
    "USDC and USDT": (both_usd, "both of its tokens are USD"),
    "WETH and stETH": (both_eth, "both of its tokens are ETH"),
    "v4, token that nobody knows": (junk_v4, "has no asset"),
    "v2, USDC and USDT": (both_usd_v2, "both of its tokens are USD"),
    "v2, token that reverts": (broken_v2, "its pair cannot be read"),
    "asset without a price": (no_price, "FOO has no USD price"),
    "200 decimals": (absurd_decimals(200), "says 200 decimals"),
    "255 decimals": (absurd_decimals(255), "says 255 decimals"),
    "77 decimals": (absurd_decimals(77), "ODD has no USD price"),
    "token that reverts": (turned("0x5f5ffd"), "does not say its decimals"),
    "token that burns all gas": (turned("0x5b5f56"), "does not say its decimals"),
    "token of a huge number of decimals": (turned("0x5f195f5260205ff3"), "does not say its decimals"),
    "token that answers nothing": (turned("0x00"), "does not say its decimals"),
    "token that answers a byte": (turned("0x60015ff3"), "does not say its decimals"),
}


@pytest.mark.parametrize("name", GIFTS)
def test_gift__of_any_kind__is_named_and_stops_nothing(world: World, name: str, tmp_path: Path) -> None:
    owner, config = world.deployment.address("lp"), Config(state=tmp_path)
    before = observe(world.snapshot(), owner, BookConfig())
    made, reason = GIFTS[name]
    given = made(world)
    snapshot = given.snapshot()
    market = read_market(snapshot, config.book)
    held, found = valued(
        snapshot, look_at_positions(snapshot, owner, dict(market.spots), config.book), market, config.book
    )
    (left,) = set(held.unread) - set(before.unread)
    assert reason in left.reason
    assert held.raw == before.raw_positions
    assert found.value_usd == pytest.approx(before.exposure.value_usd, rel=1e-3)
    assert observe(snapshot, owner, BookConfig()).raw_positions == before.raw_positions
    seen = watch(snapshot, config, owner)
    assert seen.seen.exposure is not None
    assert any(reason in alert.text for alert in seen.alerts)


def test_gift__plan__is_made_without_it(world: World) -> None:
    given = both_usd(both_eth(world))
    given = known_as(given, **{asset: at for at, asset in no_price(world).deployment.assets.items() if asset == "FOO"})
    planned = make_plan_at(given.snapshot(), Config(), owner=world.deployment.address("lp"))
    assert len(planned.observation.unread) == 3
    assert planned.plan.exposure.value_usd > 0


def without_price(world: World, asset: str) -> Snapshot:
    pools = {name: at for name, at in world.deployment.price_pools.items() if name != asset}
    snapshot = world.snapshot()
    return Snapshot(snapshot.chain, world.deployment.model_copy(update={"price_pools": pools}), snapshot.block)


def test_known_asset__real_size_without_a_price__stops_a_plan_and_not_the_monitor(world: World, tmp_path: Path) -> None:
    snapshot, owner, config = without_price(world, "BTC"), world.deployment.address("lp"), Config(state=tmp_path)
    with pytest.raises(UntrustedNumber, match=r"uniswap-v3:\d+: BTC has no USD price"):
        observe(snapshot, owner, config.book)
    with pytest.raises(UntrustedNumber, match="BTC has no USD price"):
        make_plan_at(snapshot, config, owner=owner)
    seen = watch(snapshot, config, owner)
    assert seen.seen.exposure is not None
    assert set(seen.seen.exposure.assets) == {"ETH"}
    assert len(seen.seen.unread) == 3
    assert any("BTC has no USD price" in alert.text for alert in seen.alerts)


def test_known_asset__real_size_without_a_volatility__stops_a_plan_and_not_the_monitor(
    world: World, tmp_path: Path
) -> None:
    snapshot, owner, config = world.snapshot(), world.deployment.address("lp"), Config(state=tmp_path)
    feeds = {"ETH": world.deployment.feeds["ETH"]}
    deployment = world.deployment.model_copy(update={"feeds": feeds, "realized": {}, "breakers": {}})
    snapshot = Snapshot(snapshot.chain, deployment, snapshot.block)
    with pytest.raises(UntrustedNumber, match="cannot be valued"):
        observe(snapshot, owner, config.book)
    seen = watch(snapshot, config, owner)
    assert seen.seen.exposure is not None
    assert seen.seen.exposure.value_usd > 1_000_000


def test_known_pool__pushed_off_its_price_with_real_size__stops_a_plan_and_is_named_elsewhere(world: World) -> None:
    snapshot, owner, terms = world.snapshot(), world.deployment.address("lp"), BookConfig()
    market = read_market(snapshot, terms)
    wrong = dict(market.spots) | {"BTC": market.spots["BTC"] * 1.2}
    with pytest.raises(UntrustedNumber, match="apart"):
        read_positions(snapshot, owner, wrong, terms)
    held = look_at_positions(snapshot, owner, wrong, terms)
    assert held.stops
    assert held.unread[0].id in held.stops
    assert held.raw
    assert all("apart" in left.reason for left in held.unread)


def test_gifts__more_than_anyone_reads__are_counted(world: World, tmp_path: Path) -> None:
    other = token(world)
    gift(world, other, own(world, "USD"), 10**9)
    manager, owner = world.deployment.address(MANAGER), world.deployment.address("lp")
    pair = sorted((other, own(world, "USD")), key=lambda at: int(at, 16))
    wanted = (*pair, 10_000, -200, 200, 10**3, 10**3, 0, 0, owner, FOREVER)
    call = world.chain.contract(MANAGER, manager).encode_abi("mint", args=[wanted])
    world.chain.send(account(STRANGER), MANAGER, manager, "multicall", [call] * MOST_UNREAD)
    texts = [alert.text for alert in watch(world.snapshot(), Config(state=tmp_path), owner).alerts]
    assert sum("is not in the book" in text for text in texts) == MOST_UNREAD
    assert any("1 more are not in the book" in text for text in texts)
