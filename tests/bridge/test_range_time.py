"""How long a position was in range: the pool's own seconds, since it was opened; unknown rather than guessed."""

from __future__ import annotations

import json

import pytest

from bridge.adapters.range_time import seconds_in_range
from bridge.adapters.uniswap_v3 import UniswapV3Reader
from bridge.chain.node import Chain
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.market import Range
from bridge.local.world import World
from bridge.plans.ranges import time_in_range
from tests.bridge.lying_node import Answering, Asked, lying_node, through

LP = account("lp")
INSIDE = "0xa38807f2"  # snapshotCumulativesInside(int24,int24)
PRICES = {"USD": 1.0, "ETH": 3_000.0, "BTC": 90_000.0}


def at(world: World, eth: float) -> int:
    """Move ETH to a price; return when it was there."""
    world.market.move_to(PRICES | {"ETH": eth})
    return world.chain.head().timestamp


def lasted(world: World, token_id: int, chain: Chain | None = None) -> int | None:
    deployment = world.deployment
    manager = deployment.address("NonfungiblePositionManager")
    reader = UniswapV3Reader(chain or world.chain, manager, deployment.start_block)
    read = reader.read_positions(LP.address, world.chain.head()).read
    return next(each.seconds_in_range for each in read if each.token_id == token_id)


@pytest.fixture
def opened(world: World) -> int:
    """Open a position of 2,700 to 3,300 USD at 3,000."""
    at(world, 3_000.0)
    return world.market.mint(LP, Range(0, 0.9, 1.1, 10_000.0), PRICES)


def test_read_positions__price_leaves_the_range_and_returns__seconds_are_those_inside(
    world: World, opened: int
) -> None:
    born = world.chain.head().timestamp
    assert lasted(world, opened) == 0
    advance_time(world.chain, 1_000)
    out = at(world, 4_000.0)
    assert lasted(world, opened) == pytest.approx(out - born, abs=120)  # two swaps, one after another
    left = lasted(world, opened)
    advance_time(world.chain, 5_000)
    assert lasted(world, opened) == left
    at(world, 3_000.0)
    again = lasted(world, opened)
    advance_time(world.chain, 700)
    assert (again or 0) + 700 == lasted(world, opened)


def test_read_positions__opened_out_of_range_and_never_in_it__no_second(world: World) -> None:
    at(world, 3_000.0)
    token_id = world.market.mint(LP, Range(0, 1.2, 1.4, 10_000.0), PRICES)
    advance_time(world.chain, 900)
    assert lasted(world, token_id) == 0


@pytest.mark.parametrize("said", [0, 1 << 31, 1 << 200])
def test_read_positions__node_that_says_more_than_there_was__is_not_believed(
    world: World, opened: int, said: int
) -> None:
    advance_time(world.chain, 1_000)
    count = [0]

    def lie(answering: Answering, asked: Asked) -> bool:
        if not (asked["method"] == "eth_call" and INSIDE in json.dumps(asked["params"])):
            return False
        count[0] += 1
        words = [0, 0, said if asked["params"][1] == hex(world.chain.head().number) else 1]
        return answering.result(asked, "0x" + "".join(f"{word:064x}" for word in words))

    with lying_node(world.chain.url, lie) as node:
        assert lasted(world, opened, through(node, world.chain)) is None
    assert count[0]


def test_seconds_in_range__nothing_opened__asks_nothing(world: World) -> None:
    assert seconds_in_range(world.chain, [], world.chain.head()) == {}


@pytest.mark.parametrize(
    ("exact", "share"),
    [
        ({"seconds_held": 100, "seconds_in_range": 50}, 0.5),
        ({"seconds_held": 100, "seconds_in_range": 0}, 0.0),
        ({"seconds_held": 0, "seconds_in_range": 0}, None),
        ({"seconds_held": 100, "seconds_in_range": None}, None),
        ({"seconds_held": None, "seconds_in_range": None}, None),
        ({}, None),
    ],
)
def test_time_in_range__of_what_the_chain_says__is_a_share_or_unknown(
    exact: dict[str, int | None], share: float | None
) -> None:
    assert time_in_range(exact) == share
