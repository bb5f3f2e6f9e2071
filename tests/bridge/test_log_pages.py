"""eth_getLogs of nodes that limit it, each in its way, on two chains: all entries, in order, in few pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bridge.chain import connection
from bridge.chain.blocks import BlockRef
from bridge.chain.logs import suggested
from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.errors import ChainError
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, LyingNode, through


def moved(real: Chain, signer: Signer, token: str, times: int = 6) -> BlockRef:
    for amount in range(1, times + 1):
        real.send(signer, "TestToken", token, "mint", ELSEWHERE, amount)
        real.request("anvil_mine", hex(20))
    return real.head()


def limited(most: int, error: Callable[[int, int], Any]) -> Callable[[Answering, Asked], bool]:
    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getLogs":
            return False
        first, last = (int(asked["params"][0][name], 16) for name in ("fromBlock", "toBlock"))
        return last - first >= most and answering.error(asked, error(first, last))

    return lie


LIMITS: dict[str, tuple[int, Callable[[int, int], Any]]] = {
    "suggested range": (17, lambda first, last: {
        "code": -32602, "message": f"this block range should work: [{hex(first)}, {hex(first + 16)}]"}),
    "data with from and to": (17, lambda first, last: {
        "code": -32005, "message": "query returned more than 10000 results",
        "data": {"from": hex(first), "to": hex(first + 16), "limit": 10_000}}),
    "number in words": (17, lambda first, last: {"code": -32614, "message": "eth_getLogs is limited to a 17 range"}),
    "maximum in words": (17, lambda first, last: {"code": 35, "message": "block range too wide, maximum 17 blocks"}),
    "a word of old states": (17, lambda first, last: {
        "code": -32701, "message": "archive requests are limited to 17 blocks on this plan"}),
    "nothing": (7, lambda first, last: {"code": -32600, "message": "block range is too wide"}),
    "no error we know": (1, lambda first, last: "no"),
    "suggestion larger than what failed": (9, lambda first, last: {
        "code": 1, "message": f"try {hex(first)} to {hex(last + 99)}, up to 1000000 blocks"}),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_logs__node_limits_the_range__all_are_read_in_order(
    real: Chain, node: LyingNode, signer: Signer, token: str, name: str
) -> None:
    block = moved(real, signer, token)
    since = block.number - 125
    everything = real.logs("TestToken", token, "Transfer", since, block)
    node.lie = limited(*LIMITS[name])
    chain = through(node, real)
    assert chain.logs("TestToken", token, "Transfer", since, block) == everything
    assert len(everything) == 6
    before = len(node.asked("eth_getLogs"))
    assert chain.logs("TestToken", token, "Transfer", since, block) == everything
    pages = node.asked("eth_getLogs")[before:]
    assert len(pages) <= 126 // max(LIMITS[name][0] // 2, 1) + 30  # the size is remembered
    if LIMITS[name][0] == 17:
        assert before <= 20


def test_logs__one_block_is_refused__is_named(real: Chain, node: LyingNode, token: str) -> None:
    node.lie = limited(0, lambda first, last: {"code": -32005, "message": "no"})
    with pytest.raises(ChainError, match=r"reading the Transfer events of TestToken: .*no"):
        through(node, real).logs("TestToken", token, "Transfer", 0, real.head())
    assert len(node.asked("eth_getLogs")) < 70


def test_logs__null__is_none(real: Chain, node: LyingNode, token: str) -> None:
    node.lie = lambda answering, asked: asked["method"] == "eth_getLogs" and answering.result(asked, None)
    assert through(node, real).logs("TestToken", token, "Transfer", 0, real.head()) == []


def test_logs__answer_is_too_large__is_asked_in_smaller_pages(
    real: Chain, node: LyingNode, signer: Signer, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = moved(real, signer, token)
    everything = real.logs("TestToken", token, "Transfer", 0, block)
    monkeypatch.setattr(connection, "MOST_BYTES", 3_000)
    assert through(node, real).logs("TestToken", token, "Transfer", 0, block) == everything


def test_suggested__words_of_many_nodes__are_understood() -> None:
    said = {
        "You can make eth_getLogs requests with up to a 2K block range": 2000,
        "exceed maximum block range: 5000": 5000,
        "block range limit exceeded, max 1,024 blocks": 1024,
        "query exceeds max results 20000": 20000,
        "limit is 800 blocks": 800,
        "retry in 1 second": 0,
        "range 0x10 to 0x11": 2,
    }
    found = {words: suggested({"message": words}, 16, 100_000) for words in said}
    assert {words: size for words, size in found.items() if size != said[words]} == {}


def changed(change: Callable[[list[Any], Asked], list[Any]]) -> Callable[[Answering, Asked], bool]:
    """Return a lie that changes the entries which the real node answers with."""

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getLogs":
            return False
        return answering.result(asked, change(json.loads(answering.honest(asked))["result"], asked))

    return lie


def twice(entries: list[Any], asked: Asked) -> list[Any]:
    return [*entries, *entries[:1]]


def of_another(entries: list[Any], asked: Asked) -> list[Any]:
    return [{**entry, "topics": [*entry["topics"][:2], "0x" + "ee" * 32]} for entry in entries]


def without_topics(entries: list[Any], asked: Asked) -> list[Any]:
    return [{**entry, "topics": entry["topics"][:1]} for entry in entries]


@pytest.mark.parametrize("change", [twice, of_another, without_topics])
def test_logs__entries_twice_or_of_other_topics__are_refused(
    real: Chain, node: LyingNode, signer: Signer, token: str, change: Callable[[list[Any], Asked], list[Any]]
) -> None:
    block = moved(real, signer, token, 2)
    node.lie = changed(change)
    with pytest.raises(ChainError, match=r"event twice|events that were not asked for"):
        through(node, real).logs("TestToken", token, "Transfer", 0, block, to=ELSEWHERE)


def test_logs__entries_without_end__are_refused_before_they_fill_the_memory(
    real: Chain, node: LyingNode, signer: Signer, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = moved(real, signer, token, 3)
    monkeypatch.setattr("bridge.chain.logs.MOST_SIZE", 2_500)
    with pytest.raises(ChainError, match=r"events of more than 0 MiB$"):
        through(node, real).logs("TestToken", token, "Transfer", 0, block)
