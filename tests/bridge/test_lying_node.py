"""A node that lies or dawdles, on two chains: named for what it is, waited for a moment, never followed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from bridge.chain import connection, rpc
from bridge.chain.node import Chain, connect
from bridge.chain.reverts import call_refused
from bridge.chain.signers import Signer
from bridge.errors import ChainError, ContractReverted, MissingBlock, NodeUnreachable, StatePruned
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, LyingNode, failing, lying_node, through

USES: dict[str, Callable[[Chain, Signer, str], object]] = {
    "read": lambda chain, signer, token: chain.head(),
    "send": lambda chain, signer, token: chain.send(signer, "TestToken", token, "mint", ELSEWHERE, 1),
}


# Errors in the words of nodes


PRUNED = [
    "missing trie node abc (path )", "historical state 0xab is not available", "state has been pruned",
    "required historical state unavailable (reexec=128)", "distance to target block exceeds maximum proof window",
]  # fmt: skip


@pytest.mark.parametrize("words", PRUNED)
def test_read__state_is_pruned__is_named(real: Chain, node: LyingNode, token: str, words: str) -> None:
    node.lie = lambda answering, asked: (
        asked["method"] == "eth_call" and answering.error(asked, {"code": -32000, "message": words})
    )
    with pytest.raises(StatePruned, match=r"the node keeps no state as old as that .*: ask an archive node"):
        through(node, real).read("TestToken", token, "totalSupply", block=real.head())


def test_read__header_not_found_for_a_moment__is_asked_again_with_a_limit(
    real: Chain, node: LyingNode, token: str
) -> None:
    missing = {"code": -32000, "message": "header not found"}
    node.lie = failing("eth_call", 2, lambda answering, asked: answering.error(asked, missing))
    assert through(node, real).read("TestToken", token, "totalSupply", block=real.head()) == 0
    assert len(node.asked("eth_call")) == 3
    node.seen.clear()
    node.lie = failing("eth_call", -1, lambda answering, asked: answering.error(asked, missing))
    with pytest.raises(MissingBlock, match="does not have the block"):
        through(node, real).read("TestToken", token, "totalSupply", block=real.head())
    assert len(node.asked("eth_call")) == len(rpc.WAITS) + 1


@pytest.mark.parametrize("prefix", ["", "Reverted "])
@pytest.mark.parametrize("place", ["data", "nested", "message"])
def test_call_refused__reverted_in_every_wrapping__is_decoded(prefix: str, place: str) -> None:
    data = prefix + "0x4e487b71" + f"{0x11:064x}"
    words = f"execution reverted: {data}" if place == "message" else "VM execution error."
    error: Any = {"code": -32015, "message": words}
    error |= {"data": data} if place == "data" else {"data": {"data": data}} if place == "nested" else {}
    found = call_refused(error, "adding")
    assert isinstance(found, ContractReverted)
    assert (found.error, found.arguments) == ("Panic", {"code": 0x11})


@pytest.mark.parametrize("data", ["Reverted 0x", "Reverted", "0xzz", None, 7, {"data": []}])
def test_call_refused__no_data__is_in_the_nodes_words(data: Any) -> None:
    found = call_refused({"code": 3, "message": "execution reverted", "data": data}, "adding")
    assert isinstance(found, ContractReverted)
    assert found.arguments == {"message": "execution reverted"}


# HTTP


@pytest.mark.parametrize("header", ["0", "1", None])
def test_ask__too_many_requests__waits_as_asked_and_asks_again(
    real: Chain, node: LyingNode, header: str | None
) -> None:
    headers = {} if header is None else {"Retry_After": header}
    node.lie = failing("eth_chainId", 2, lambda answering, _: answering.say(b"slow down", 429, **headers))
    began = time.monotonic()
    assert connect(f"{node.url}/v3/KEY12345", real.chain_id).chain_id == real.chain_id
    assert time.monotonic() - began >= (2.0 if header == "1" else 0.0)
    assert len(node.asked("eth_chainId")) == 3


def test_ask__told_to_wait_again_and_again__ends(real: Chain, node: LyingNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "MOST_WAIT_SECONDS", 1.5)
    node.lie = lambda answering, _: answering.say(b"", 429, Retry_After="1")
    with pytest.raises(NodeUnreachable, match="HTTP 429: it is too busy"):
        connect(node.url, real.chain_id)
    assert len(node.seen) == 2


@pytest.mark.parametrize("header", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_ask__told_to_wait_for_an_hour__is_named_at_once(real: Chain, node: LyingNode, header: str) -> None:
    node.lie = lambda answering, _: answering.say(b"", 429, Retry_After=header)
    began = time.monotonic()
    with pytest.raises(NodeUnreachable, match="HTTP 429: it is too busy, and wants"):
        connect(f"{node.url}/v3/KEY12345", real.chain_id)
    assert time.monotonic() - began < 1.0
    assert len(node.seen) == 1


def test_ask__busy_in_words__is_asked_again(real: Chain, node: LyingNode) -> None:
    error = {"code": -32005, "message": "daily request count exceeded, request rate limited"}
    node.lie = failing("eth_chainId", 1, lambda answering, asked: answering.error(asked, error))
    assert connect(node.url, real.chain_id).chain_id == real.chain_id


def drip(seconds: float, part: bytes, head: bool) -> Callable[[Answering, Asked], bool]:
    def lie(answering: Answering, _: Asked) -> bool:
        if not head:
            answering.send_response(200)
            answering.send_header("Content-Length", "1000000")
            answering.end_headers()
        answering.close_connection = True
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            answering.wfile.write(part)
            time.sleep(0.05)
        return True

    return lie


@pytest.mark.parametrize(("part", "head"), [(b" ", False), (b"H", True), (b"", False)])
def test_ask__bytes_drip__ends_at_the_deadline(
    real: Chain, node: LyingNode, monkeypatch: pytest.MonkeyPatch, part: bytes, head: bool
) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 0.5)
    node.lie = drip(5.0, part, head)
    began = time.monotonic()
    with pytest.raises(NodeUnreachable, match=r"no whole answer in 0\.5 s"):
        connect(node.url, real.chain_id)
    assert time.monotonic() - began < 2.0
    node.lie = lambda answering, asked: False
    assert connect(node.url, real.chain_id).head().number >= 0


@pytest.mark.parametrize("use", ["read", "send"])
def test_ask__answer_is_huge__is_refused(
    real: Chain, node: LyingNode, signer: Signer, token: str, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    monkeypatch.setattr(connection, "MOST_BYTES", 1 << 20)
    node.lie = lambda answering, asked: answering.say(b"[" + b" " * (3 << 20) + b"]")
    with pytest.raises(NodeUnreachable, match="an answer of more than 1 MiB"):
        USES[use](through(node, real), signer, token)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("use", ["read", "send"])
def test_ask__redirect__is_refused(
    real: Chain, node: LyingNode, signer: Signer, token: str, status: int, use: str
) -> None:
    with lying_node(real.url) as trap:
        node.lie = lambda answering, asked: answering.say(b"", status, Location=trap.url)
        with pytest.raises(NodeUnreachable, match=f"HTTP {status}, a redirect"):
            USES[use](through(node, real), signer, token)
        assert trap.seen == []


def test_ask__error_of_http_with_one_of_json_rpc__is_the_nodes_words(real: Chain, node: LyingNode) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        error = {"code": -32602, "message": "invalid argument 0"}
        return answering.say(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode(), 400)

    node.lie = lie
    with pytest.raises(ChainError, match="invalid argument 0"):
        through(node, real).head()
