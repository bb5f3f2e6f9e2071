"""A node that plays one fault of real ones while a whole book is read: the right numbers, or an error with its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bridge.chain import rpc
from bridge.chain.node import Chain, connect
from bridge.chain.signers import Signer
from bridge.errors import BridgeError, ChainError, MissingBlock, NodeUnreachable, StatePruned
from bridge.local.world import World
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, Lie, LyingNode, failing, lying_node
from tests.bridge.test_full_node import book
from tests.bridge.test_log_pages import LIMITS, limited


def error(code: int, message: str, method: str = "eth_call", times: int = -1) -> Lie:
    return failing(method, times, lambda answering, asked: answering.error(asked, {"code": code, "message": message}))


def null(method: str) -> Lie:
    return failing(method, -1, lambda answering, asked: answering.result(asked, None))


def block_with(**changes: Any) -> Lie:
    """Change what blocks are said to hold."""

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getBlockByNumber":
            return False
        block = json.loads(answering.honest(asked))["result"]
        return answering.result(asked, block and block | changes)

    return lie


def no_overrides(wrapped: Callable[[Any], Any] = lambda error: error) -> Lie:
    """Know no state override, and wrap what a call reverts with."""

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_call":
            return False
        if len(asked["params"]) > 2:
            return answering.error(asked, {"code": -32602, "message": "too many arguments, want at most 2"})
        answer = json.loads(answering.honest(asked))
        return "error" in answer and answering.error(asked, wrapped(answer["error"]))

    return lie


def reverted(error: Any) -> Any:
    return {"code": -32015, "message": "VM execution error.", "data": f"Reverted {error['data']}"}


def in_words(error: Any) -> Any:
    return {"code": -32000, "message": f"execution reverted: {error['data']}"}


RIGHT: dict[str, Lie] = {
    "none": lambda answering, asked: False,
    **{f"range limit, {name}": limited(*LIMITS[name]) for name in ("suggested range", "number in words", "nothing")},
    "429 with Retry-After": failing("eth_call", 2, lambda answering, _: answering.say(b"", 429, Retry_After="0")),
    "header not found for a moment": error(-32000, "header not found", times=2),
    "extraData of 97 bytes": block_with(extraData="0x" + "ab" * 97),
    "baseFeePerGas null": block_with(baseFeePerGas=None),
    "no state override": no_overrides(),
    "no state override, Reverted 0x": no_overrides(reverted),
    "no state override, the data in its words": no_overrides(in_words),
    "no state override, the data deeper": no_overrides(lambda error: error | {"data": {"data": error["data"]}}),
}
NAMED: dict[str, tuple[Lie, type[BridgeError], str]] = {
    "pruned state": (error(-32000, "missing trie node 5f (path )"), StatePruned, "ask an archive node, or later"),
    "state not available": (error(4444, "state 0xab is not available"), StatePruned, "ask an archive node, or later"),
    "header not found": (error(-32000, "header not found"), MissingBlock, "does not have the block"),
    "429 for an hour": (
        failing("eth_call", -1, lambda answering, _: answering.say(b"", 429, Retry_After="3600")),
        NodeUnreachable,
        "HTTP 429: it is too busy, and wants 3600 s",
    ),
    "dead mid-read": (failing("eth_getLogs", -1, lambda answering, _: answering.say(b"", 502)), NodeUnreachable, "502"),
    "null for calls": (null("eth_call"), ChainError, "reading positions|the node's answer is not bytes in hex"),
    "null for code": (null("eth_getCode"), ChainError, "the node's answer is not bytes in hex"),
    "null for blocks": (null("eth_getBlockByNumber"), MissingBlock, "the node does not have it"),
    "null for events": (null("eth_getLogs"), ChainError, "holds 1 v4 positions, transfers from block 0 on name 0"),
}


@pytest.fixture
def faulty(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a node that tells the truth until a test lets it play a fault."""
    monkeypatch.setattr(rpc, "WAITS", (0.0, 0.0, 0.0))
    with lying_node(world.chain.url) as node:
        yield node


@pytest.mark.parametrize("fault", RIGHT)
def test_book__node_plays_a_fault_that_can_be_met__is_right_to_the_unit(
    world: World, faulty: LyingNode, fault: str
) -> None:
    chain = connect(faulty.url, world.chain.chain_id)
    faulty.lie = RIGHT[fault]
    assert book(world, chain) == book(world, world.chain)


@pytest.mark.parametrize("fault", NAMED)
def test_book__node_plays_a_fault_that_cannot_be_met__is_a_named_error(
    world: World, faulty: LyingNode, fault: str
) -> None:
    lie, kind, words = NAMED[fault]
    chain = connect(faulty.url, world.chain.chain_id)
    faulty.lie = lie
    with pytest.raises(kind, match=words):
        book(world, chain)


def test_past__events_are_left_out__is_marked_and_no_number(world: World, faulty: LyingNode) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getLogs" or len(asked["params"][0]["topics"]) != 2:  # those of v3 by id
            return False
        return answering.result(asked, None)

    faulty.lie = lie
    found = [position for position in book(world, connect(faulty.url, world.chain.chain_id))
             if position.protocol == "uniswap-v3"]  # fmt: skip
    assert found
    for position in found:
        assert position.held_units is None
        assert "its events do not add up to what it holds" in position.unknown


@pytest.mark.parametrize("changes", [{"extraData": "0x" + "ab" * 97}, {"baseFeePerGas": None}])
def test_send__blocks_of_another_kind__is_sent(
    real: Chain, node: LyingNode, signer: Signer, token: str, changes: dict[str, Any]
) -> None:
    real.request("anvil_setNextBlockBaseFeePerGas", "0x0")
    node.lie = block_with(**changes)
    chain = connect(node.url, real.chain_id)
    assert chain.send(signer, "TestToken", token, "mint", ELSEWHERE, 1)["status"] == 1
