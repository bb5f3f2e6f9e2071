"""A node that lies, dawdles, limits or asks for too much, on two chains: named, survived, not believed, not paid."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_typing import HexStr
from typer.testing import CliRunner

from bridge.chain import connection, rpc
from bridge.chain.blocks import LOCAL_CHAIN_ID, BlockRef
from bridge.chain.fees import FeeCaps
from bridge.chain.logs import suggested
from bridge.chain.node import Chain, connect
from bridge.chain.pending import clear_pending
from bridge.chain.reverts import call_refused
from bridge.chain.signers import KEY_VARIABLE, LOCAL_MNEMONIC, Signer, environment_signer
from bridge.cli.app import app
from bridge.config import load_config
from bridge.doctor import examine
from bridge.errors import (
    BadConfig,
    BridgeError,
    ChainError,
    ContractReverted,
    FeeTooHigh,
    MissingBlock,
    NodeUnreachable,
    StatePruned,
)
from bridge.local.anvil import anvil_process, free_port
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node

OTHER_CHAIN_ID = 8453
FIRST_KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"  # of the public test mnemonic
ELSEWHERE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
GWEI = 10**9


@pytest.fixture(scope="module", params=[LOCAL_CHAIN_ID, OTHER_CHAIN_ID])
def real(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """Run a node of either chain."""
    port = free_port()
    words = ["--host", "127.0.0.1", "--port", str(port), "--chain-id", str(request.param), "--silent"]
    with anvil_process([*words, "--mnemonic", LOCAL_MNEMONIC, "--hardfork", "cancun"]):
        for _ in range(200):
            try:
                chain = connect(f"http://127.0.0.1:{port}", request.param)
                break
            except NodeUnreachable:
                time.sleep(0.05)
        yield chain


@pytest.fixture
def signer(monkeypatch: pytest.MonkeyPatch) -> Signer:
    monkeypatch.setenv(KEY_VARIABLE, FIRST_KEY)
    return environment_signer()


@pytest.fixture
def token(real: Chain, signer: Signer) -> str:
    return real.deploy(signer, "TestToken", "Token", "TOK", 18)


@pytest.fixture
def node(real: Chain) -> Iterator[LyingNode]:
    with lying_node(real.url) as made:
        yield made


def through(node: LyingNode, real: Chain, caps: FeeCaps | None = None) -> Chain:
    return Chain(f"{node.url}/v3/KEY12345", real.chain_id, *([caps] if caps else []))


USES: dict[str, Callable[[Chain, Signer, str], object]] = {
    "read": lambda chain, signer, token: chain.head(),
    "send": lambda chain, signer, token: chain.send(signer, "TestToken", token, "mint", ELSEWHERE, 1),
}


# eth_getLogs


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


def failing(method: str, times: int, lie: Callable[[Answering, Asked], bool]) -> Callable[[Answering, Asked], bool]:
    left = [times]

    def made(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != method or left[0] == 0:
            return False
        left[0] -= 1
        return lie(answering, asked)

    return made


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


# Fees


def fees(tip: int, base: int | None, **more: Any) -> Callable[[Answering, Asked], bool]:
    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_maxPriorityFeePerGas":
            return answering.result(asked, hex(tip))
        if asked["method"] == "eth_getBlockByNumber":
            block = json.loads(answering.honest(asked))["result"]
            return answering.result(asked, block | {"baseFeePerGas": None if base is None else hex(base)} | more)
        return asked["method"] in more and answering.result(asked, more[asked["method"]])

    return lie


@pytest.mark.parametrize(
    ("tip", "base", "gas", "setting", "shown"),
    [
        (21 * GWEI, GWEI, None, "max_tip_gwei", "21 gwei, and chain.max_tip_gwei allows 20"),
        (2**255, GWEI, None, "max_tip_gwei", "chain.max_tip_gwei allows 20"),
        (GWEI, 250 * GWEI, None, "max_fee_gwei", "501 gwei, and chain.max_fee_gwei allows 500"),
        (GWEI, 100 * GWEI, 4_000_000, "max_fee_native", "1.005 of the chain's own coin, and chain.max_fee_native"),
    ],
)  # fmt: skip
def test_send__node_asks_for_too_much__is_refused_with_the_number_and_nothing_is_sent(
    real: Chain,
    node: LyingNode,
    signer: Signer,
    token: str,
    tip: int,
    base: int,
    gas: int | None,
    setting: str,
    shown: str,
) -> None:
    lie = fees(tip, base, **({"eth_estimateGas": hex(gas)} if gas else {}))
    node.lie = lie
    with pytest.raises(FeeTooHigh) as caught:
        through(node, real).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
    assert shown in str(caught.value)
    assert caught.value.setting == setting
    assert node.asked("eth_sendRawTransaction") == []


def test_send__settings_allow_more__is_sent(real: Chain, node: LyingNode, signer: Signer, token: str) -> None:
    node.lie = fees(GWEI + 1, GWEI)
    with pytest.raises(FeeTooHigh, match="allows 1:"):
        through(node, real, FeeCaps(max_tip_gwei=1)).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
    through(node, real, FeeCaps(max_tip_gwei=2)).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)


def test_send__chain_of_odd_blocks__is_sent(real: Chain, node: LyingNode, signer: Signer, token: str) -> None:
    """Chains of authority sign in 97 bytes of extraData; others have no base fee."""
    node.lie = fees(2 * GWEI, None, extraData="0x" + "ab" * 97)
    done = through(node, real).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
    assert done["status"] == 1


@pytest.mark.parametrize("result", [None, [], "0x", "0xzz", {}, 1, True, "0x" + "f" * 70], ids=str)
@pytest.mark.parametrize("method", [
    "eth_estimateGas", "eth_maxPriorityFeePerGas", "eth_getTransactionCount", "eth_sendRawTransaction",
    "eth_getTransactionReceipt",
])  # fmt: skip
def test_send__answers_of_another_kind__are_ours_to_name(
    real: Chain, node: LyingNode, signer: Signer, token: str, method: str, result: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.chain.node.RECEIPT_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr("bridge.chain.node.LOOK_AGAIN_SECONDS", 0.05)
    node.lie = lambda answering, asked: asked["method"] == method and answering.result(asked, result)
    try:
        through(node, real).send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
    except (ChainError, FeeTooHigh):
        return
    assert (method, result) in {("eth_sendRawTransaction", each) for each in (None,)}


def test_unstick__node_asks_for_too_much__is_refused_with_the_number(
    real: Chain, node: LyingNode, signer: Signer
) -> None:
    real.request("evm_setAutomine", False)
    try:
        rest = {"chainId": real.chain_id, "nonce": real.nonces(signer)[0], "to": ELSEWHERE, "value": 1, "gas": 21_000}
        sent = signer.sign_transaction(real.fees() | rest)  # type: ignore[operator]
        real.request("eth_sendRawTransaction", "0x" + sent.hex())
        node.lie = fees(15 * GWEI, GWEI)
        with pytest.raises(FeeTooHigh, match=r"30 gwei, and chain\.max_tip_gwei allows 20"):
            clear_pending(through(node, real), signer)
        assert node.asked("eth_sendRawTransaction") == []
        real.request("evm_mine")
    finally:
        real.request("evm_setAutomine", True)


# What is shown of a URL


SECRETS = ("KEY12345", " ann", "ann:", "p4ssword", "t0ken99")
SAID = "no project KEY12345 for ann:p4ssword, t0ken99 at /v3/KEY12345?t=t0ken99"
WAYS: dict[str, Callable[[Answering, Asked], bool]] = {
    "unreachable": lambda answering, asked: answering.say(SAID.encode(), 401),
    "web page": lambda answering, asked: answering.say(f"<html>{SAID}</html>".encode()),
    "error": lambda answering, asked: answering.error(asked, {"code": 1, "message": SAID, "data": {"why": [SAID]}}),
    "error that is a text": lambda answering, asked: answering.error(asked, SAID),
    "revert": lambda answering, asked: answering.error(asked, {"code": 3, "message": f"execution reverted: {SAID}"}),
    "pruned": lambda answering, asked: answering.error(asked, {"code": 1, "message": f"missing trie node {SAID}"}),
    "block": lambda answering, asked: answering.error(asked, {"code": 1, "message": f"unknown block {SAID}"}),
    "another chain": lambda answering, asked: answering.result(asked, "0x5"),
    "redirect": lambda answering, asked: answering.say(b"", 307, Location=f"http://{SAID}".replace(" ", "")),
    "busy": lambda answering, asked: answering.say(SAID.encode(), 429, Retry_After="3600"),
    "nonsense": lambda answering, asked: answering.result(asked, [SAID]),
}


@pytest.fixture(scope="module")
def waits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rpc, "WAITS", (0.0,))
        yield


@pytest.mark.parametrize("way", WAYS)
def test_errors__of_every_class__show_no_key(
    waits: None, way: str, signer: Signer, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("bridge.chain.node.RECEIPT_TIMEOUT_SECONDS", 0.05)
    with lying_node(lie=WAYS[way]) as node:
        url = f"http://ann:p4ssword@{node.url.removeprefix('http://')}/v3/KEY12345?t=t0ken99"
        block = BlockRef(1, "0x" + "ab" * 32, 1)
        chain, caught = Chain(url, 31337), []
        uses: list[Callable[[], object]] = [
            lambda: connect(url, 31337), chain.head, lambda: chain.confirm(block),
            lambda: chain.has_code(ELSEWHERE, block), lambda: chain.nonces(signer), chain.fees,
            lambda: chain.read("TestToken", ELSEWHERE, "totalSupply", block=block),
            lambda: chain.logs("TestToken", ELSEWHERE, "Transfer", 0, block),
            lambda: chain.send(signer, "TestToken", ELSEWHERE, "mint", ELSEWHERE, 1),
            lambda: chain.simulate(ELSEWHERE, ELSEWHERE, HexStr("0x"), 1, block, "trying"),
            lambda: chain.request("evm_mine"),
        ]  # fmt: skip
        for use in uses:
            try:
                use()
            except BridgeError as error:
                caught.append(error)
        assert len(caught) >= 7
        for error in caught:
            shown = f"{error} {error!r} {vars(error)}"
            assert not any(secret in shown for secret in SECRETS), shown
        settings = tmp_path / "alvh.toml"
        settings.write_text(f'[chain]\nrpc_url = "{url}"\n', encoding="utf-8")
        for finding in examine(settings):
            assert not any(secret in finding.found + finding.mend for secret in SECRETS), finding
        for words in (("doctor",), ("doctor", "--json"), ("exposure",), ("watch", "--once", "--json")):
            done = CliRunner().invoke(app, [*words, "--config", str(settings)])
            said = done.output + str(done.exception)
            assert not any(secret in said for secret in SECRETS), said


@pytest.mark.parametrize("value", ['["http://h/KEY12345"]', '{ a = "KEY12345" }', "12345"])
def test_load_config__url_of_another_kind__is_not_shown(value: str, tmp_path: Path) -> None:
    settings = tmp_path / "alvh.toml"
    settings.write_text(f"[chain]\nrpc_url = {value}\n", encoding="utf-8")
    with pytest.raises(BadConfig, match=r"chain\.rpc_url") as caught:
        load_config(settings)
    assert "12345" not in str(caught.value)


def test_errors__nobody_listens__show_no_key() -> None:
    url = f"http://ann:p4ssword@127.0.0.1:{free_port()}/v3/KEY12345?t=t0ken99"
    with pytest.raises(NodeUnreachable) as caught:
        connect(url, 31337)
    assert not any(secret in f"{caught.value} {caught.value.__cause__} {vars(caught.value)}" for secret in SECRETS)
    assert "http://127.0.0.1:" in str(caught.value)
