"""Of a URL only scheme and host are ever shown, by errors of every class, the doctor and the monitor."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_typing import HexStr
from typer.testing import CliRunner

from bridge.chain import rpc
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain, connect
from bridge.chain.signers import Signer
from bridge.cli.app import app
from bridge.config import load_config
from bridge.doctor import examine
from bridge.errors import BadConfig, BridgeError, NodeUnreachable
from bridge.local.anvil import free_port
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, lying_node

LOGIN = "unauthorised: Basic " + b64encode(b"ann:p4ssword").decode()
SECRETS = ("KEY12345", " ann", "ann:", "p4ssword", "t0ken99", LOGIN.split()[-1].rstrip("="), "P4SSWORD", "T0KEN99")
SAID = "no project KEY12345 for ann:p4ssword, t0ken99 at /v3/KEY12345?t=t0ken99"


REASON = "0x08c379a0" + encode(["string"], [SAID]).hex()
"""What a contract reverts with that gives those words."""


def deep(inner: Any, levels: int) -> Any:
    """Return lists and objects in each other, as deep as JSON may be read and Python may not."""
    for level in range(levels):
        inner = {"data": inner} if level % 2 else [inner]
    return inner


WAYS: dict[str, Callable[[Answering, Asked], bool]] = {
    "unreachable": lambda answering, asked: answering.say(SAID.encode(), 401),
    "web page": lambda answering, asked: answering.say(f"<html>{SAID}</html>".encode()),
    "error": lambda answering, asked: answering.error(asked, {"code": 1, "message": SAID, "data": {"why": [SAID]}}),
    "error of odd names": lambda answering, asked: answering.error(asked, {SAID: {SAID: 1}}),
    "error that is deep": lambda answering, asked: answering.error(asked, deep({"message": SAID}, 400)),
    "error that is a text": lambda answering, asked: answering.error(asked, SAID),
    "revert": lambda answering, asked: answering.error(asked, {"code": 3, "message": f"execution reverted: {SAID}"}),
    "pruned": lambda answering, asked: answering.error(asked, {"code": 1, "message": f"missing trie node {SAID}"}),
    "block": lambda answering, asked: answering.error(asked, {"code": 1, "message": f"unknown block {SAID}"}),
    "another chain": lambda answering, asked: answering.result(asked, "0x5"),
    "redirect": lambda answering, asked: answering.say(b"", 307, Location=f"http://{SAID}".replace(" ", "")),
    "busy": lambda answering, asked: answering.say(SAID.encode(), 429, Retry_After="3600"),
    "text that begins as bytes do": lambda answering, asked: answering.error(
        asked, {"code": 3, "message": f"0x1f: {SAID}"}
    ),
    "text after a word of reverts": lambda answering, asked: answering.error(asked, f"Reverted 0x not for {SAID}"),
    "bytes that say it": lambda answering, asked: answering.error(asked, {"code": 3, "data": REASON}),
    "bytes as a message": lambda answering, asked: answering.error(asked, {"code": 3, "message": f"Reverted {REASON}"}),
    "in capitals": lambda answering, asked: answering.error(asked, SAID.upper()),
    "the login as a header": lambda answering, asked: answering.say(LOGIN.encode(), 401),
    "the login as an error": lambda answering, asked: answering.error(asked, {"code": 1, "message": LOGIN}),
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
    monkeypatch.setattr("bridge.chain.receipts.RECEIPT_TIMEOUT_SECONDS", 0.05)
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
