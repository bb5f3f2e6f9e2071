"""A node that fails after it took a transaction, has not enough gas, or keeps everyone waiting; on two chains."""

from __future__ import annotations

import io
import json
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from eth_typing import HexStr

from bridge.chain.node import Chain
from bridge.chain.pending import clear_pending
from bridge.chain.rehearsal import rehearse
from bridge.chain.signers import Sender, Signer
from bridge.cli import reading
from bridge.errors import ChainError, ContractReverted, NodeTooSlow, NotTaken, PendingTransactions, TransactionFailed
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, Lie, LyingNode, failing, through


def gone(answering: Answering, _: Asked) -> bool:
    """Hang up without an answer."""
    answering.close_connection = True
    return True


def taken_and_gone(answering: Answering, asked: Asked) -> bool:
    """Take a transaction, and hang up before saying so."""
    answering.honest(asked)
    return gone(answering, asked)


def without(*names: str, **others: Any) -> Callable[[Answering, Asked], bool]:
    """Answer with what is there, but for some names of it."""

    def lie(answering: Answering, asked: Asked) -> bool:
        found = json.loads(answering.honest(asked))["result"]
        left = found and {name: each for name, each in found.items() if name not in names} | others
        return answering.result(asked, left)

    return lie


def mined(real: Chain, sent: str) -> Any:
    """Return the receipt of a transaction; the node may mine it a moment after it has answered."""
    until = time.monotonic() + 10
    while (found := real.request("eth_getTransactionReceipt", sent)) is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


LATE: dict[str, tuple[str, Lie]] = {
    "hangs up on the transaction": ("eth_sendRawTransaction", taken_and_gone),
    "hangs up on the receipt": ("eth_getTransactionReceipt", gone),
    "error on the receipt": ("eth_getTransactionReceipt", lambda answering, asked: answering.error(asked, "no")),
    "receipt is a list": ("eth_getTransactionReceipt", lambda answering, asked: answering.result(asked, [1])),
    "no block": ("eth_getTransactionReceipt", without("blockNumber")),
    "no gas": ("eth_getTransactionReceipt", without("gasUsed")),
    "no status": ("eth_getTransactionReceipt", without("status")),
    "of another transaction": ("eth_getTransactionReceipt", without(transactionHash="0x" + "ab" * 32)),
    "odd gas": ("eth_getTransactionReceipt", without(gasUsed=[])),
    "block below 0": ("eth_getTransactionReceipt", without(blockNumber="-0x1")),
    "block far ahead": ("eth_getTransactionReceipt", without(blockNumber="0x7fffffff")),
    "block of no chain": ("eth_getTransactionReceipt", without(blockNumber="0x" + "f" * 64)),
    "gas below 0": ("eth_getTransactionReceipt", without(gasUsed="-0x5208")),
    "gas of no transaction": ("eth_getTransactionReceipt", without(gasUsed="0x1")),
    "block from before it": ("eth_getTransactionReceipt", without(blockNumber="0x1")),
    "from another account": ("eth_getTransactionReceipt", without(**{"from": ELSEWHERE})),
    "to another address": ("eth_getTransactionReceipt", without(to=ELSEWHERE)),
    "of a creation": ("eth_getTransactionReceipt", without(to=None)),
    "reverted for less gas than any": ("eth_getTransactionReceipt", without(status="0x0", gasUsed="0x1")),
    "more gas than it was given": ("eth_getTransactionReceipt", without(gasUsed="0x1000000")),
}


@pytest.mark.parametrize("way", LATE)
def test_send__node_fails_after_it_took_it__the_error_has_the_hash_of_what_was_mined(
    real: Chain, node: LyingNode, signer: Signer, token: str, way: str
) -> None:
    method, lie = LATE[way]
    node.lie = failing(method, -1, lie)
    with pytest.raises(TransactionFailed) as caught:
        through(node, real).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
    receipt = mined(real, caught.value.transaction)
    assert (receipt["status"], receipt["from"]) == ("0x1", signer.address.lower())
    assert caught.value.transaction in str(caught.value)
    assert "\n" not in str(caught.value)


def taken(lie: Lie) -> Lie:
    """Take a transaction, and answer otherwise."""

    def made(answering: Answering, asked: Asked) -> bool:
        answering.honest(asked)
        return lie(answering, asked)

    return made


ODD: dict[str, Lie] = {
    "a result of nothing": lambda answering, asked: answering.result(asked, None),
    "another hash": lambda answering, asked: answering.result(asked, "0x" + "ab" * 32),
    "a deep result": lambda answering, asked: answering.say(
        b'{"jsonrpc": "2.0", "id": ' + str(asked["id"]).encode() + b', "result": ' + b"[" * 900 + b"]" * 900 + b"}"
    ),
}


@pytest.mark.parametrize("way", ODD)
def test_send__node_takes_it_and_answers_oddly__is_waited_for(
    real: Chain, node: LyingNode, signer: Signer, token: str, way: str
) -> None:
    node.lie = failing("eth_sendRawTransaction", -1, taken(ODD[way]))
    receipt = through(node, real).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
    found = real.request("eth_getTransactionReceipt", "0x" + bytes(receipt["transactionHash"]).hex())
    assert int(found["blockNumber"], 16) == receipt["blockNumber"]


WRONG: dict[str, Lie] = {
    "already known": lambda answering, asked: answering.error(asked, {"code": -32000, "message": "already known"}),
    "nonce too low": lambda answering, asked: answering.error(asked, {"code": -32000, "message": "nonce too low"}),
    "an error that is a text": lambda answering, asked: answering.error(asked, "no"),
    "a list": lambda answering, asked: answering.say(b"[]"),
    "a text": lambda answering, asked: answering.say(b'"yes"'),
    "both": lambda answering, asked: answering.say(b'{"id": 1, "result": "0x1", "error": {"code": 1}}'),
    "nothing": lambda answering, asked: answering.say(b""),
    "a page": lambda answering, asked: answering.say(b"<html>", 502),
}


@pytest.mark.parametrize("way", WRONG)
def test_send__node_takes_it_and_answers_nonsense__the_error_has_its_hash(
    real: Chain, node: LyingNode, signer: Signer, token: str, way: str
) -> None:
    node.lie = failing("eth_sendRawTransaction", -1, taken(WRONG[way]))
    with pytest.raises((TransactionFailed, PendingTransactions)) as caught:
        through(node, real).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
    (sent,) = re.findall("0x[0-9a-f]{64}", str(caught.value))
    assert mined(real, sent)["status"] == "0x1"


def test_send__node_refuses_it__not_taken_with_the_nodes_words_and_the_hash(
    real: Chain, node: LyingNode, signer: Signer, token: str
) -> None:
    refused = {"code": -32000, "message": "transaction underpriced"}
    node.lie = failing("eth_sendRawTransaction", -1, lambda answering, asked: answering.error(asked, refused))
    with pytest.raises(
        NotTaken, match=r"transaction 0x[0-9a-f]{64} was handed over, and the node refused it: transaction underpriced"
    ):
        through(node, real).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)


def nested(answering: Answering, asked: Asked) -> bool:
    """Give a receipt that is deeper than Python likes."""
    found = answering.honest(asked)
    return answering.say(found.replace(b'"logs":', b'"deep":' + b"[" * 900 + b"]" * 900 + b',"logs":'))


def test_send__receipt_is_deep__the_error_has_the_hash(
    real: Chain, node: LyingNode, signer: Signer, token: str
) -> None:
    node.lie = failing("eth_getTransactionReceipt", -1, nested)
    try:
        receipt = through(node, real).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
        sent = "0x" + bytes(receipt["transactionHash"]).hex()
    except TransactionFailed as error:
        sent = error.transaction
    assert mined(real, sent)["status"] == "0x1"


def stuck(real: Chain, signer: Signer) -> int:
    """Leave a transaction on its way and return its nonce."""
    nonce = real.nonces(signer)[0]
    rest = {"chainId": real.chain_id, "nonce": nonce, "to": ELSEWHERE, "value": 1, "gas": 21_000}
    sent = signer.sign_transaction(real.fees() | rest)  # type: ignore[operator]
    real.request("eth_sendRawTransaction", "0x" + sent.hex())
    return nonce


@pytest.mark.parametrize("forward", [True, False])
def test_unstick__node_takes_or_refuses_and_says_no__no_hash_is_lost(
    real: Chain, node: LyingNode, signer: Signer, forward: bool
) -> None:
    no: Lie = lambda answering, asked: answering.error(asked, "no")  # noqa: E731
    real.request("evm_setAutomine", False)
    try:
        nonce = stuck(real, signer)
        node.lie = failing("eth_sendRawTransaction", -1, taken(gone) if forward else no)
        with pytest.raises(TransactionFailed, match=r"0x[0-9a-f]{64}") as caught:
            clear_pending(through(node, real), signer)
        assert "nothing was sent" not in str(caught.value)
    finally:
        real.request("evm_setAutomine", True)
        real.request("evm_mine")
    assert real.nonces(signer)[0] == nonce + 1
    if forward:
        assert mined(real, caught.value.transaction)["status"] == "0x1"


def test_gas__near_what_a_block_has__is_no_more_than_that_and_above_it_is_refused_dry_and_sent(
    real: Chain, node: LyingNode, signer: Signer, token: str
) -> None:
    limit = int(real.request("eth_getBlockByNumber", "latest", False)["gasLimit"], 16)
    data = HexStr("0x40c10f19" + ELSEWHERE[2:].lower().rjust(64, "0") + f"{1:064x}")
    for needed, expected in ((limit // 2, limit // 2 * 5 // 4), (limit - 1, limit), (limit, limit)):
        node.lie = lambda answering, asked, needed=needed: (  # type: ignore[misc]
            asked["method"] == "eth_estimateGas" and answering.result(asked, hex(needed))
        )
        assert through(node, real).gas({"from": signer.address, "to": token, "data": data}, "minting") == expected
    node.lie = lambda answering, asked: asked["method"] == "eth_estimateGas" and answering.result(asked, hex(limit + 1))
    tried = through(node, real)
    for use in (
        lambda: tried.send(signer, "TestToken", token, "mint", ELSEWHERE, 1),
        lambda: rehearse(tried, Sender.of(signer), token, data, real.head(), "TestToken.mint"),
    ):
        with pytest.raises(ChainError, match=rf"it needs {limit + 1:,} gas, and a block takes {limit:,}"):
            use()
    assert node.asked("eth_sendRawTransaction") == []


def test_gas__contract_refuses__is_its_error(real: Chain, signer: Signer, token: str) -> None:
    with pytest.raises(ContractReverted):
        real.gas({"from": signer.address, "to": token, "data": "0xdeadbeef"}, "trying")


def slow(answering: Answering, asked: Asked) -> bool:
    """Give events of one block at a time, each after a moment."""
    if asked["method"] != "eth_getLogs":
        return False
    time.sleep(0.05)
    first, last = (int(asked["params"][0][name], 16) for name in ("fromBlock", "toBlock"))
    return last > first and answering.error(asked, {"code": 1, "message": "only 1 block range"})


def test_patience__many_slow_answers__are_named_and_a_new_look_begins_anew(
    real: Chain, node: LyingNode, token: str
) -> None:
    real.request("anvil_mine", hex(100))
    node.lie = slow
    chain = Chain(node.url, real.chain_id, patience=0.5)
    for _ in range(2):
        with pytest.raises(NodeTooSlow, match=r"chain\.max_wait_seconds allows 0\.5 s: use a faster node"):
            chain.logs("TestToken", token, "Transfer", 0, chain.head())
        assert 5 <= len(node.asked("eth_getLogs")) <= 30
        node.seen.clear()
    node.lie = lambda answering, asked: False
    head = chain.head()
    assert chain.logs("TestToken", token, "Transfer", head.number - 3, head) == []


def test_told__long_reading__hears_rising_shares_and_the_end_also_where_it_fails(
    real: Chain, node: LyingNode, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.chain.logs.SILENT_SECONDS", 0.1)
    real.request("anvil_mine", hex(40))
    node.lie = slow
    heard: list[tuple[str, float]] = []
    chain = Chain(node.url, real.chain_id, patience=0.8, told=lambda *said: heard.append(said))
    with pytest.raises(NodeTooSlow):
        chain.logs("TestToken", token, "Transfer", 0, chain.head())
    shares = [share for _, share in heard]
    assert {action for action, _ in heard} == {"reading the Transfer events of TestToken"}
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert (shares[-1], shares[-2] < 1) == (1.0, True)


def test_reading_shown__terminal__one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    show = reading.reading_shown()
    assert show
    show("reading \x1b[31mevents", 0.125)
    show("reading events", 1.0)
    assert screen.getvalue() == "\r\x1b[Kreading [31mevents: 12.5%\r\x1b[K"
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert reading.reading_shown() is None


def test_patience__of_one_command__counts_reading_and_every_head(real: Chain, node: LyingNode, token: str) -> None:
    real.request("anvil_mine", hex(100))
    node.lie = slow
    chain = Chain(node.url, real.chain_id, patience=0.5, one_clock=True)
    with pytest.raises(NodeTooSlow):
        chain.logs("TestToken", token, "Transfer", 0, chain.head())
    with pytest.raises(NodeTooSlow):
        chain.head()
    chain.begin()
    assert chain.head().number >= 100
    node.lie = padded
    chain.begin()
    with pytest.raises(NodeTooSlow):
        deque(chain.head() for _ in range(60))


def padded(answering: Answering, asked: Asked) -> bool:
    """Answer rightly, with much beside it that nobody reads."""
    body = json.loads(answering.honest(asked)) | {"beside": ["x" * 40] * 100_000}
    return answering.say(json.dumps(body).encode())
