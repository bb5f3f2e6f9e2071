"""Events that anyone can make by the thousand: the past of what they hit is not read, and everything else is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bridge.adapters.past import EVERY
from bridge.adapters.spec import position_readers
from bridge.chain import logs
from bridge.chain.node import Chain
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.lying_node import Answering, Asked, lying_node, through

PLACES = {"uniswap-v2": "Transfer", "uniswap-v3": "IncreaseLiquidity", "uniswap-v4": "ModifyLiquidity"}


def book(world: World, chain: Chain) -> dict[str, Any]:
    """Read the treasury's positions, the past of all of them too, by id."""
    owner, snapshot = world.deployment.address("lp"), Snapshot(chain, world.deployment, chain.head())
    found = [reader.read_positions(owner, snapshot.block, EVERY) for reader in position_readers(snapshot)]
    return {position.id: position for each in found for position in each.read}


def addresses(world: World) -> dict[str, Sequence[str]]:
    """Return who logs the events of each protocol."""
    at = world.deployment
    assert world.market.pair
    return {
        "uniswap-v2": (world.market.pair.address,),
        "uniswap-v3": (at.address("NonfungiblePositionManager"),),
        "uniswap-v4": (at.address("PoolManager"),),
    }


@pytest.mark.parametrize("protocol", list(PLACES))
def test_read_positions__flood_of_events__hides_the_past_of_what_it_hits_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    before = book(world, world.chain)
    monkeypatch.setattr(logs, "MOST_SIZE", 60_000)
    where = [each.lower() for each in addresses(world)[protocol]]

    def flood(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getLogs" or asked["params"][0].get("address", "").lower() not in where:
            return False
        topics = asked["params"][0]["topics"]
        if protocol == "uniswap-v2" and (len(topics) < 3 or topics[2] is None):
            return False
        if protocol == "uniswap-v4" and len(topics) < 3:
            return False
        entry = {
            "address": asked["params"][0]["address"], "data": "0x" + "00" * 128, "blockHash": "0x" + "11" * 32,
            "topics": [each[0] if isinstance(each, list) else each or "0x" + "00" * 32 for each in topics],
            "blockNumber": hex(world.chain.head().number), "transactionHash": "0x" + "22" * 32,
            "transactionIndex": "0x0", "removed": False,
        }  # fmt: skip
        return answering.result(asked, [{**entry, "logIndex": hex(number)} for number in range(100)])

    with lying_node(world.chain.url, flood) as node:
        after = book(world, through(node, world.chain))
    assert after.keys() == before.keys()
    for name, position in after.items():
        hit = position.protocol == protocol
        assert ("its past is not read" in position.unknown) == hit, name
        assert position.amounts_units == before[name].amounts_units
        assert position.held_units == (None if hit else before[name].held_units)
