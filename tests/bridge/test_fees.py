"""What a node asks to be paid, on two chains: capped by the settings, and refused with the number."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bridge.chain.codec import encode_call
from bridge.chain.fees import FeeCaps
from bridge.chain.node import Chain
from bridge.chain.pending import clear_pending
from bridge.chain.rehearsal import rehearse
from bridge.chain.signers import Sender, Signer
from bridge.errors import ChainError, FeeTooHigh
from tests.bridge.lying_node import ELSEWHERE, GWEI, Answering, Asked, LyingNode, through


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


@pytest.mark.parametrize("gas", [0, 20_999])
def test_gas__less_than_any_transaction_uses__is_refused_by_name_dry_and_sent(
    real: Chain, node: LyingNode, signer: Signer, token: str, gas: int
) -> None:
    """A node would refuse what is given less ("intrinsic gas too low"), once all is signed."""
    node.lie = lambda answering, asked: asked["method"] == "eth_estimateGas" and answering.result(asked, hex(gas))
    chain, words = through(node, real), f"the node measures {gas:,} gas, and none uses less than 21,000"
    data = encode_call("TestToken", "mint", ELSEWHERE, 1).hex
    with pytest.raises(ChainError, match=words):
        rehearse(chain, Sender(signer.address), token, data, chain.head(), "minting")
    with pytest.raises(ChainError, match=words):
        chain.send(signer, "TestToken", token, "mint", ELSEWHERE, 1)
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
    monkeypatch.setattr("bridge.chain.receipts.RECEIPT_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr("bridge.chain.receipts.LOOK_AGAIN_SECONDS", 0.05)
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
