"""A full node, which keeps the states of a few blocks and every event: entries of old positions need no archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.adapters import uniswap_v4
from bridge.adapters.past import EVERY
from bridge.adapters.spec import position_readers
from bridge.chain.node import Chain, connect
from bridge.errors import StatePruned
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node
from tests.bridge.shifted_node import NUMBERED

KEPT = 128


def without_old_states(answering: Answering, asked: Asked) -> bool:
    """Know no state of a block that is older than the newest by more than so many."""
    place = NUMBERED.get(asked["method"])
    if place is None or asked["method"] == "eth_getBlockByNumber":
        return False
    newest = json.loads(answering.honest({**asked, "method": "eth_blockNumber", "params": []}))["result"]
    number = asked["params"][place]
    old = isinstance(number, str) and number.startswith("0x") and int(number, 16) + KEPT < int(newest, 16)
    return old and answering.error(asked, {"code": -32000, "message": "missing trie node 5f3e (path ) state 0x5f3e"})


@pytest.fixture
def full(world: World) -> Iterator[LyingNode]:
    """Run one, on which all that happened is a year old."""
    world.chain.request("evm_setNextBlockTimestamp", world.chain.head().timestamp + 365 * 86_400)
    world.chain.request("anvil_mine", hex(KEPT + 10))
    with lying_node(world.chain.url, without_old_states) as node:
        yield node


def book(world: World, chain: Chain) -> list[Any]:
    """Read every position of the treasury with its past."""
    deployment = world.deployment
    snapshot = Snapshot(chain, deployment, chain.head())
    found = [reader.read_positions(deployment.address("lp"), snapshot.block, EVERY)
             for reader in position_readers(snapshot)]  # fmt: skip
    return [position for each in found for position in each.read]


@pytest.mark.parametrize("first", [500, 1])
def test_book__a_year_old_and_no_archive__is_that_of_an_archive(
    world: World, full: LyingNode, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    monkeypatch.setattr(uniswap_v4, "FIRST_BLOCKS", first)
    found = book(world, connect(full.url, world.chain.chain_id))
    archived = book(world, world.chain)
    assert found == archived
    counted = [[each.seconds_in_range for each in read if each.protocol == "uniswap-v3"] for read in (found, archived)]
    assert set(counted[0]) == {None}  # the count of then is a state of then
    assert None not in counted[1]
    assert {position.protocol for position in found} == {"uniswap-v2", "uniswap-v3", "uniswap-v4"}
    for position in found:
        assert position.held_units
        assert world.chain.head().timestamp - position.earning_since > 360 * 86_400


def test_state__older_than_it_keeps__is_named_with_what_to_do(world: World, full: LyingNode) -> None:
    chain = connect(full.url, world.chain.chain_id)
    old = chain.at(chain.head().number - KEPT - 1)
    with pytest.raises(StatePruned, match=r"the node keeps no state as old as that .*: ask an archive node, or later"):
        chain.read("PoolManager", world.deployment.address("PoolManager"), "owner", block=old)
    with pytest.raises(StatePruned, match="ask an archive node, or later"):
        book(world, _At(chain, old))


class _At(Chain):
    """A chain whose newest block is an old one."""

    def __init__(self, chain: Chain, block: Any) -> None:
        super().__init__(chain.url, chain.chain_id)
        self._block = block

    def head(self) -> Any:
        """Return it."""
        return self._block
