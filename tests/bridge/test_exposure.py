"""Position amounts and fees owed equal what the real NonfungiblePositionManager pays, to the last unit."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bridge.adapters.pool_position import PoolPosition, convert_position
from bridge.adapters.tokens import NATIVE
from bridge.adapters.uniswap_v3 import UniswapV3Reader
from bridge.cli.book import Seen, unknown_lines
from bridge.config import BookConfig, Config
from bridge.errors import BadFile, UnknownAddress, UntrustedNumber
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.market import read_market
from bridge.plans.observe import observe, read_positions
from bridge.snapshot import Snapshot
from bridge.sources.prices import PRICE_SOURCES, Prices, read_prices
from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.market import Provenance

MAX_UINT128 = 2**128 - 1
FOREVER = 2**40
MANAGER = "NonfungiblePositionManager"


def reader(world: World) -> UniswapV3Reader:
    contracts = world.deployment.contracts
    return UniswapV3Reader(world.chain, contracts[MANAGER], 0)


def positions(world: World) -> list[PoolPosition]:
    return reader(world).read_positions(world.deployment.address("lp"), world.chain.head()).read


def static(world: World, function: str, *arguments: object) -> tuple[int, int]:
    manager, lp = world.deployment.address(MANAGER), world.deployment.address("lp")
    answer = world.chain.read(MANAGER, manager, function, arguments, block=world.chain.head(), sender=lp)
    return answer[0], answer[1]


def send(world: World, function: str, *arguments: object) -> None:
    world.chain.send(account("lp"), MANAGER, world.deployment.address(MANAGER), function, arguments)


def assert_equals_manager(world: World) -> None:
    lp = world.deployment.address("lp")
    found = positions(world)
    assert found
    for position in found:
        paid = static(world, "collect", position.token_id, lp, MAX_UINT128, MAX_UINT128)
        assert position.fees_units == paid, position
        if position.liquidity:
            assert position.amounts_units == static(
                world, "decreaseLiquidity", position.token_id, position.liquidity, 0, 0, FOREVER
            )
        else:
            assert position.amounts_units == (0, 0)


def test_read_positions__demo_book__has_six_positions_in_three_pools_one_out_of_range(world: World) -> None:
    found = positions(world)
    assert len(found) == 6
    assert len({position.pool for position in found}) == 3
    outside = [position for position in found if 0 in position.amounts_units]
    assert len(outside) == 1
    symbols = [{world.deployment.assets[token] for token in position.tokens} for position in found]
    assert {"ETH", "BTC"} in symbols


def test_read_positions__every_demo_position__equals_collect_and_decrease_to_the_last_unit(world: World) -> None:
    assert any(position.fees_units[0] and position.fees_units[1] for position in positions(world))
    assert_equals_manager(world)


def test_read_positions__after_more_swaps_both_ways__still_equals_the_manager(world: World) -> None:
    for eth, btc in ((2500.0, 80_000.0), (4200.0, 120_000.0), (3111.0, 91_000.0)):
        world.market.move_to({"USD": 1.0, "ETH": eth, "BTC": btc})
        assert_equals_manager(world)


def test_read_positions__partly_withdrawn_collected_and_emptied__equals_the_manager_and_keeps_history(
    world: World,
) -> None:
    first, second = positions(world)[:2]
    send(world, "decreaseLiquidity", first.token_id, first.liquidity // 3, 0, 0, FOREVER)
    send(world, "decreaseLiquidity", second.token_id, second.liquidity, 0, 0, FOREVER)
    lp = world.deployment.address("lp")
    send(world, "collect", second.token_id, lp, MAX_UINT128, MAX_UINT128)
    assert_equals_manager(world)
    now = {position.token_id: position for position in positions(world)}
    kept = now[first.token_id]
    assert kept.held_units == tuple(
        held * (first.liquidity - first.liquidity // 3) // first.liquidity for held in first.held_units
    )
    # All that was paid to the second beyond its principal were fees.
    assert now[second.token_id].liquidity == 0
    assert now[second.token_id].earned_units == second.fees_units


def test_convert_position__usd_is_token1_or_token0__base_is_the_volatile_asset(world: World) -> None:
    snapshot = world.snapshot()
    spots = read_prices(snapshot, BookConfig()).spots
    for raw in positions(world):
        converted = convert_position(raw, world.deployment.assets, spots, snapshot.block)
        assert converted.base != "USD"
        assert converted.lower < converted.upper
        assert converted.fee_apr >= 0


def test_observe__demo_book__value_equals_the_amounts_at_the_spot_prices(world: World) -> None:
    seen = observe(world.snapshot(), world.deployment.address("lp"), BookConfig())
    exposure = book_exposure(seen.book, seen.market)
    spots = dict(seen.market.spots) | {"USD": 1.0}
    for raw, position in zip(seen.raw_positions, exposure.positions, strict=True):
        units = zip(raw.tokens, raw.amounts_units, raw.decimals, strict=True)
        worth = sum(amount / 10**decimals * spots[world.deployment.assets[token]] for token, amount, decimals in units)
        # The pair pool's own price may be a fee away from the two USD pools' quotient.
        assert math.isclose(position.value_usd, worth, rel_tol=1e-4), position.id


def test_read_prices__older_than_the_settings_allow__are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = world.snapshot()

    class Old:
        def read(self, snapshot: Snapshot, terms: BookConfig) -> Prices:
            return Prices({"ETH": 3000.0}, Provenance.LIVE, "a venue", snapshot.block.timestamp - 3601)

    monkeypatch.setitem(PRICE_SOURCES._entries, "old", Old())
    with pytest.raises(UntrustedNumber, match=r"a venue: the prices of .* are 3601 s away from the book's block"):
        read_prices(snapshot, BookConfig(price_source="old"))
    late = BookConfig(price_source="old", max_price_age_seconds=7200)
    assert read_prices(snapshot, late).spots == {"ETH": 3000.0}


def test_read_spots__pool_moved_in_this_block__is_refused_with_the_gap(world: World) -> None:
    world.market.move_to({"USD": 1.0, "ETH": 2000.0, "BTC": 90_000.0}, noise=0.0)
    with pytest.raises(UntrustedNumber, match=r"ETH: the pool's price is .*% away from its average"):
        read_prices(world.snapshot(), BookConfig())
    advance_time(world.chain, 3600)
    assert read_prices(world.snapshot(), BookConfig()).spots["ETH"] == pytest.approx(2000.0)


def test_read_positions__pair_pool_away_from_the_usd_prices__is_refused(world: World) -> None:
    snapshot = world.snapshot()
    spots = read_prices(snapshot, BookConfig()).spots
    wrong = spots | {"BTC": spots["BTC"] * 1.2}
    with pytest.raises(UntrustedNumber, match=r"uniswap-v\d:\w+: .*BTC.* apart"):
        read_positions(snapshot, world.deployment.address("lp"), wrong, BookConfig())


def test_read_positions__gift_in_a_pool_at_a_wrong_price__is_named_while_it_is_dust(world: World) -> None:
    """Anyone can make a pool at a wrong price, and send a position in it: that must not stop the reading."""
    chain, at, stranger = world.chain, world.deployment, account("trader")
    owner, snapshot = at.address("lp"), world.snapshot()
    wanted = [token for token, asset in at.assets.items() if asset in ("ETH", "USD") and token != NATIVE]
    first, second = sorted(wanted, key=str.lower)
    fee, spacing = 10_000, 200
    spots = read_prices(snapshot, BookConfig()).spots
    before = read_positions(snapshot, owner, spots, BookConfig())
    chain.send(stranger, MANAGER, at.address(MANAGER), "createAndInitializePoolIfNecessary", first, second, fee, 2**96)
    for token in (first, second):
        chain.send(stranger, "IERC20Metadata", token, "approve", at.address(MANAGER), 2**256 - 1)
    gift = (first, second, fee, -spacing, spacing, 10**6, 10**6, 0, 0, owner, FOREVER)
    chain.send(stranger, MANAGER, at.address(MANAGER), "mint", gift)
    found = read_positions(snapshot.head(), owner, spots, BookConfig())
    assert found.raw == before.raw
    (gift_unread,) = set(found.unread) - set(before.unread)
    assert "apart" in gift_unread.reason
    # By its own pool's price it is worth 1 USD, which whoever sells it next to no ETH has back.
    assert read_positions(snapshot.head(), owner, spots, BookConfig(dust_usd=0.5)).stops == ""
    with pytest.raises(UntrustedNumber, match=r"uniswap-v3:\d+: .* apart"):
        read_positions(snapshot.head(), owner, spots, BookConfig(dust_usd=0))


@pytest.mark.parametrize("code", ["0xfe", "0x5f5ffd", "0x5b5f56", "0x5f195f5260205ff3", "0x00"])
def test_read_positions__token_that_does_not_say_its_decimals__is_named_and_the_others_are_read(
    world: World, code: str
) -> None:
    """Anyone can mint a position of their own token for anyone: it must not hide the rest of the book."""
    chain, stranger, manager = world.chain, account("outsider"), world.deployment.address(MANAGER)
    before = positions(world)
    made = [chain.deploy(stranger, "TestToken", name, name, 18) for name in ("Odd", "Odder")]
    first, second = sorted(made, key=lambda token: int(token, 16))
    for token in made:
        chain.send(stranger, "TestToken", token, "mint", stranger.address, 10**20)
        chain.send(stranger, "TestToken", token, "approve", manager, 2**256 - 1)
    chain.send(stranger, MANAGER, manager, "createAndInitializePoolIfNecessary", first, second, 3000, 2**96)
    gift = (first, second, 3000, -60, 60, 10**18, 10**18, 0, 0, world.deployment.address("lp"), FOREVER)
    chain.send(stranger, MANAGER, manager, "mint", gift)
    chain.request("anvil_setCode", first, code)
    found = reader(world).read_positions(world.deployment.address("lp"), chain.head())
    assert found.read == before
    (unread,) = found.unread
    assert first in unread.reason
    assert "does not say its decimals" in unread.reason


def test_read_positions__no_manager_at_the_address__is_an_unknown_address(world: World) -> None:
    lost = UniswapV3Reader(world.chain, account("outsider").address, 0)
    with pytest.raises(UnknownAddress, match="NonfungiblePositionManager"):
        lost.read_positions(world.deployment.address("lp"), world.chain.head())


def test_convert_position__token_without_asset__says_which(world: World) -> None:
    raw = positions(world)[0]
    with pytest.raises(BadFile, match=raw.tokens[0]):
        convert_position(raw, {}, {"ETH": 3000.0}, world.chain.head())


def test_read_positions__pinned_block__does_not_see_later_swaps(world: World) -> None:
    block = world.chain.head()
    before = reader(world).read_positions(world.deployment.address("lp"), block).read
    world.market.move_to({"USD": 1.0, "ETH": 2600.0, "BTC": 85_000.0})
    assert reader(world).read_positions(world.deployment.address("lp"), block).read == before
    assert positions(world) != before


def test_unknown_lines__position_of_two_seconds__says_its_age(world: World) -> None:
    snapshot = world.snapshot()
    market = read_market(snapshot, BookConfig())
    held = read_positions(snapshot, world.deployment.address("lp"), dict(market.spots), BookConfig())
    since = snapshot.block.timestamp - 2
    young = [replace(raw, earning_since=since) for raw in held.raw if isinstance(raw, PoolPosition)]
    book = Book(tuple(raw.convert(world.deployment.assets, dict(market.spots), snapshot.block) for raw in young))
    seen = Seen("lp", snapshot.block, book, market, book_exposure(book, market), [raw.exact() for raw in young], (),
                Config(), None)  # fmt: skip
    inside = [position for position in seen.exposure.positions if position.in_range]
    inside.sort(key=lambda position: -position.value_usd)
    assert unknown_lines(seen) == [
        f"fees a year of {position.id} are unknown: it has earned for 2 s of a day" for position in inside
    ]
    assert inside
