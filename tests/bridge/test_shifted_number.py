"""A chain whose NUMBER is another chain's: its book is read as any, and an answer of another block is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.adapters.lens import ARB_SYS
from bridge.adapters.past import EVERY
from bridge.adapters.spec import position_readers
from bridge.chain.node import Chain, connect
from bridge.errors import MissingBlock
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.lying_node import LyingNode, lying_node
from tests.bridge.shifted_node import ARB_SYS_CODE, SHIFT, shifted_node, shifting


@pytest.fixture
def shifted(world: World) -> Iterator[LyingNode]:
    with shifted_node(world.chain) as node:
        yield node


def book(world: World, chain: Chain, shift: int) -> list[Any]:
    """Read every position of the treasury with its past."""
    first = {"start_block": world.deployment.start_block + shift, "deployed_at": world.deployment.deployed_at + shift}
    snapshot = Snapshot(chain, world.deployment.model_copy(update=first), chain.head())
    found = [reader.read_positions(world.deployment.address("lp"), snapshot.block, EVERY)
             for reader in position_readers(snapshot)]  # fmt: skip
    assert not any(each.unread for each in found)
    snapshot.confirm()
    return [position for each in found for position in each.read]


def test_book__number_is_another_chains__is_the_same_to_the_unit(world: World, shifted: LyingNode) -> None:
    chain = connect(shifted.url, world.chain.chain_id)
    assert chain.head().number == world.chain.head().number + SHIFT
    found = book(world, chain, SHIFT)
    assert found == book(world, world.chain, 0)
    assert len(found) >= 8
    assert all(position.held_units for position in found)


def test_book__number_is_another_chains_and_no_override__is_the_same(world: World, shifted: LyingNode) -> None:
    def only(answering: Any, asked: Any) -> bool:
        refuses = asked["method"] == "eth_call" and len(asked["params"]) > 2
        return refuses and answering.error(asked, {"code": -32602, "message": "too many arguments, want at most 2"})

    shifted.lie = shifting(only=only)
    assert book(world, connect(shifted.url, world.chain.chain_id), SHIFT) == book(world, world.chain, 0)


def of_the_block_before(world: World, calls: bool = True) -> Any:
    """Answer calls from the block before, whatever block is asked for."""
    before = {"blockHash": world.chain.at(world.chain.head().number - 1).hash}

    def change(method: str, parameters: list[Any]) -> None:
        if method == "eth_call" and (calls or parameters[0].get("to") == ARB_SYS):
            parameters[1] = before

    return change


@pytest.mark.parametrize("calls", [True, False])
def test_lens__number_is_another_chains_and_the_node_answers_of_another_block__is_refused(
    world: World, shifted: LyingNode, calls: bool
) -> None:
    shifted.lie = shifting(of_the_block_before(world, calls))
    with pytest.raises(MissingBlock, match=r"the node answered for block \d+ of time \d+: it lags"):
        book(world, connect(shifted.url, world.chain.chain_id), SHIFT)


def test_lens__another_block_of_the_same_second__is_refused(world: World, shifted: LyingNode) -> None:
    world.chain.request("anvil_setBlockTimestampInterval", 0)
    world.chain.request("evm_mine")
    world.chain.request("evm_mine")
    world.chain.request("anvil_setBlockTimestampInterval", 1)
    head = world.chain.head()
    assert world.chain.at(head.number - 1).timestamp == head.timestamp
    shifted.lie = shifting(of_the_block_before(world))
    with pytest.raises(MissingBlock, match="it lags"):
        book(world, connect(shifted.url, world.chain.chain_id), SHIFT)


def test_lens__number_differs_and_the_chain_has_no_contract_for_its_own__is_refused(world: World) -> None:
    with lying_node(world.chain.url, shifting()) as node, pytest.raises(MissingBlock, match="it lags"):
        book(world, connect(node.url, world.chain.chain_id), SHIFT)


def test_lens__chains_own_contract_names_another_block__is_refused(world: World, shifted: LyingNode) -> None:
    chain = connect(shifted.url, world.chain.chain_id)
    assert book(world, chain, SHIFT)
    world.chain.request("anvil_setCode", ARB_SYS, replace_shift(SHIFT + 1))
    with pytest.raises(MissingBlock, match="it lags"):
        book(world, chain, SHIFT)


def replace_shift(shift: int) -> str:
    return ARB_SYS_CODE.replace(f"{SHIFT:08x}", f"{shift:08x}")
