"""A private endpoint for signed transactions: they go there and to no node, and how long their receipt is awaited."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge.chain.node import Chain, connect
from bridge.chain.pending import clear_pending
from bridge.chain.signers import Signer
from bridge.chain.ways import RELAY_VARIABLE, Ways
from bridge.cli.ways import relay_url
from bridge.errors import BadConfig, NotTaken, TransactionFailed, UsageError
from tests.bridge.conftest import OTHER_CHAIN_ID
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, LyingNode, lying_node

pytestmark = pytest.mark.parametrize("real", [OTHER_CHAIN_ID], indirect=True)
KEY = "KEY98765"


@pytest.fixture
def relay(real: Chain) -> Iterator[LyingNode]:
    """Run a relay that gives every transaction to the real node at once."""
    with lying_node(real.url) as made:
        yield made


@pytest.fixture
def private(real: Chain, node: LyingNode, relay: LyingNode) -> Chain:
    """Connect to the node, with the relay for what is signed."""
    return connect(node.url, real.chain_id, ways=Ways(relay=f"{relay.url}/{KEY}?auth={KEY}", relay_seconds=0.5))


def swallows(answering: Answering, asked: Asked) -> bool:
    """Take a transaction and include it nowhere."""
    return answering.result(asked, "0x" + "00" * 32)


def test_send__relay__has_the_transaction_and_the_node_never_sees_it(
    private: Chain, node: LyingNode, relay: LyingNode, signer: Signer, token: str
) -> None:
    node.seen.clear()
    receipt = private.send(signer, "TestToken", token, "mint", ELSEWHERE, 5)
    assert receipt["status"] == 1
    assert {asked["method"] for _, asked in relay.seen} == {"eth_sendRawTransaction"}
    assert relay.seen[0][0] == f"/{KEY}?auth={KEY}"
    assert node.asked("eth_sendRawTransaction") == []
    assert node.asked("eth_getTransactionReceipt")
    assert {path for path, _ in node.seen} == {"/"}


def test_send__relay_includes_it_nowhere__says_so_after_the_stated_time(
    private: Chain, node: LyingNode, relay: LyingNode, signer: Signer, token: str
) -> None:
    relay.lie = swallows
    with pytest.raises(TransactionFailed) as caught:
        private.send(signer, "TestToken", token, "mint", ELSEWHERE, 5)
    words = str(caught.value)
    assert f"was given to the relay at {relay.url} and was not mined in 0.5 s: it may still be" in words
    assert "`alvh gov unstick`" in words
    assert caught.value.transaction in words
    assert KEY not in words
    assert node.asked("eth_sendRawTransaction") == []
    relay.lie = lambda answering, asked: False
    assert [receipt["status"] for receipt in clear_pending(private, signer)] == [1]  # its nonce is free again
    assert node.asked("eth_sendRawTransaction") == []


def test_send__relay_refuses__is_named_and_nothing_goes_to_the_node(
    private: Chain, node: LyingNode, relay: LyingNode, signer: Signer, token: str
) -> None:
    relay.lie = lambda answering, asked: answering.error(asked, {"code": -32000, "message": f"bad key {KEY}"})
    with pytest.raises(NotTaken) as caught:
        private.send(signer, "TestToken", token, "mint", ELSEWHERE, 5)
    assert KEY not in str(caught.value)
    assert node.asked("eth_sendRawTransaction") == []


@pytest.mark.parametrize("status", [429, 502, 302])
def test_send__relay_is_gone__is_named_by_its_host_and_nothing_goes_to_the_node(
    private: Chain, node: LyingNode, relay: LyingNode, signer: Signer, token: str, status: int
) -> None:
    relay.lie = lambda answering, asked: answering.say(b"", status, Location=node.url, Retry_After="3600")
    with pytest.raises(TransactionFailed, match="was handed over, and then the relay failed") as caught:
        private.send(signer, "TestToken", token, "mint", ELSEWHERE, 5)
    assert f"the relay at {relay.url} does not answer (HTTP {status}" in str(caught.value)
    assert KEY not in str(caught.value)
    assert node.asked("eth_sendRawTransaction") == []


def test_relay_url__environment_or_option__may_hold_a_key_in_the_first_alone(
    real: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RELAY_VARIABLE, raising=False)
    assert relay_url(None) == ""
    monkeypatch.setenv(RELAY_VARIABLE, f"https://ann:{KEY}@relay.example/?key={KEY}")
    assert relay_url(None) == f"https://ann:{KEY}@relay.example/?key={KEY}"
    assert relay_url("https://relay.example/fast") == "https://relay.example/fast"
    for given in (f"https://ann:{KEY}@relay.example", f"https://relay.example?key={KEY}", f"{KEY}#"):
        with pytest.raises(UsageError, match=RELAY_VARIABLE) as caught:
            relay_url(given)
        assert KEY not in str(caught.value)
    for given in ("", "relay.example", f"ftp://{KEY}"):
        with pytest.raises(BadConfig, match="--relay: not a URL") as refused:
            relay_url(given)
        assert KEY not in str(refused.value)
    monkeypatch.setenv(RELAY_VARIABLE, f"{KEY}:x@")
    with pytest.raises(BadConfig, match=f"{RELAY_VARIABLE}: not a URL") as wrong:
        relay_url(None)
    assert KEY not in str(wrong.value)
