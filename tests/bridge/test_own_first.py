"""Of what is not read the owner's own is named first: strangers' names, however many, stand behind it."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from eth_utils import to_checksum_address

from bridge.adapters.pool_position import Standing, Unread, ranked
from bridge.alerts.rules.book import MOST_UNREAD
from bridge.alerts.watch import watch
from bridge.config import Config
from bridge.local.accounts import account
from bridge.local.local_chain import LocalChain
from bridge.local.other_pools import open_pool
from bridge.local.world import World
from tests.bridge.test_direct_v3 import LP, MINT
from tests.bridge.test_gifts import FOREVER, MANAGER, STRANGER, gift, own, token
from tests.bridge.test_lens_v4 import TAKING_HOOK

SAYS_SO = "0x" + "5f5f73" + LP.address[2:].lower() + "7f" + MINT + "5f5fa4" + "00"


def strangers_say(world: World, count: int) -> None:
    """Let contracts of strangers say that they hold v3 liquidity of the owner's."""
    chain = LocalChain(world.chain)
    for number in range(count):
        at = to_checksum_address(f"0x{0xBEEF0000 + number:040x}")
        world.chain.request("anvil_setCode", at, SAYS_SO)
        chain.send_raw(account("outsider"), at, "0x", "spamming")


def strangers_give(world: World, count: int) -> None:
    """Let a stranger send v3 positions of a token that nobody knows."""
    other, owner = token(world), world.deployment.address("lp")
    gift(world, other, own(world, "USD"), 10**9)
    pair = sorted((other, own(world, "USD")), key=lambda at: int(at, 16))
    wanted = (*pair, 10_000, -200, 200, 10**3, 10**3, 0, 0, owner, FOREVER)
    call = world.chain.contract(MANAGER, world.deployment.address(MANAGER)).encode_abi("mint", args=[wanted])
    world.chain.send(account(STRANGER), MANAGER, world.deployment.address(MANAGER), "multicall", [call] * count)


def hooked(world: World, who: str, usd: float) -> str:
    """Let somebody make a v4 position behind a hook that may keep a part of it, and the owner have it."""
    pool = world.market.pool_v4
    assert pool is not None
    lp, manager = account("lp"), world.deployment.address("PositionManager")
    behind = replace(pool, hook=to_checksum_address(TAKING_HOOK))
    number = behind.mint(account(who), (0.8, 1.25), usd, 3000.0)
    if who != "lp":
        sent = (account(who).address, lp.address, number)
        world.chain.send(account(who), "PositionManager", manager, "transferFrom", *sent)
    return f"uniswap-v4:{number}"


@pytest.fixture
def own_one(world: World) -> str:
    """Give the owner a hooked v4 position, behind everything that strangers make before and after it."""
    pool = world.market.pool_v4
    assert pool is not None
    open_pool(world.chain, world.market.contracts, pool.usd, 3000.0, to_checksum_address(TAKING_HOOK))
    strangers_say(world, 30)
    strangers_give(world, 25)
    for _ in range(MOST_UNREAD + 1):
        hooked(world, STRANGER, 0.01)
    return hooked(world, "lp", 5_000)


def test_exposure_and_watch__strangers_names_by_the_dozen__the_owners_own_is_named_first(
    world: World, own_one: str, command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = command("exposure")
    assert code == 0
    named = [line for line in said.splitlines() if line.startswith("not read: ")]
    assert named[0].startswith(f"not read: {own_one}: the hook ")
    assert named[-1] == f"not read: {30 + 26 + 22 - MOST_UNREAD} more, `alvh exposure --json` names them all"
    seen = watch(world.snapshot(), Config(state=tmp_path), LP.address)
    first, *_ = (alert.text for alert in seen.alerts if "is not in the book" in alert.text)
    assert first.startswith(own_one)


def test_exposure_json__strangers_names_by_the_dozen__what_only_an_event_says_is_last(
    world: World, own_one: str, command: Callable[..., tuple[int, str]]
) -> None:
    code, said = command("exposure", "--json")
    names = [left["reason"] for left in json.loads(said)["unread"]]
    kinds = ["the hook" in why and "may keep" in why for why in names], ["says that the owner" in why for why in names]
    assert code == 0
    assert kinds[0] == [True] * 22 + [False] * 56
    assert kinds[1] == [False] * 48 + [True] * 30


@pytest.mark.unit
def test_ranked__of_every_standing__stops_come_first_then_what_is_worth_more() -> None:
    right = [
        Unread("a", "is named in what stops", worth_usd=1.0, standing=Standing.SAID),
        Unread("b", "stops", stops=True),
        Unread("c", "nobody can tell its worth"),
        Unread("d", "is worth much", worth_usd=5_000.0),
        Unread("e", "is worth little", worth_usd=0.01),
        Unread("f", "is given", standing=Standing.GIVEN),
        Unread("g", "is given, of little", standing=Standing.GIVEN, worth_usd=1.0),
        Unread("h", "is said", standing=Standing.SAID),
    ]
    for seed in range(20):
        mixed = random.Random(seed).sample(right, len(right))
        assert [left.id for left in ranked(mixed, "a")] == [*"abcdefgh"]
    assert math.isinf(right[2].worth_usd)
