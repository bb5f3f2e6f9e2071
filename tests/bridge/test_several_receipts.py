"""A transaction and its receipt with several nodes: each is given it, and two must say the same of what it came to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.chain import providers, receipts
from bridge.chain.compared import RECEIPT, SEND
from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.errors import TransactionFailed
from tests.bridge.conftest import OTHER_CHAIN_ID
from tests.bridge.lying_node import ELSEWHERE, failing
from tests.bridge.two_nodes import Nodes, behind, changed, dead, invented, two_nodes, unseen

pytestmark = pytest.mark.parametrize("real", [OTHER_CHAIN_ID], indirect=True)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once, and wait for a moment only."""
    monkeypatch.setattr(providers, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(receipts, "RECEIPT_TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(receipts, "FIRST_LOOKS_SECONDS", 0.1)
    monkeypatch.setattr(receipts, "LOOK_AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(receipts, "PAUSE", 0.02)


@pytest.fixture
def nodes(real: Chain) -> Iterator[Nodes]:
    with two_nodes(real) as found:
        yield found


def mint(nodes: Nodes, signer: Signer, token: str, chain: Chain | None = None) -> Any:
    return (chain or nodes.chain()).send(signer, "TestToken", token, "mint", ELSEWHERE, 5)


def minted(nodes: Nodes, token: str) -> Any:
    return nodes.real.read("TestToken", token, "balanceOf", ELSEWHERE, block=nodes.real.head())


def test_send__two_nodes__both_are_given_it_and_asked_for_its_receipt(nodes: Nodes, token: str, signer: Signer) -> None:
    chain = nodes.chain()
    mint(nodes, signer, token, chain)
    for node in (nodes.first, nodes.second):
        assert len(node.asked(SEND)) == 1
        assert node.asked(RECEIPT)
    assert nodes.first.asked(SEND) == nodes.second.asked(SEND)
    assert nodes.warnings == []
    nodes.second.lie = behind(1)
    assert chain.read("TestToken", token, "totalSupply", block=chain.head()) == 5  # not from before it


@pytest.mark.parametrize("which", ["first", "second"])
def test_send__one_has_its_receipt_later__is_waited_for(
    nodes: Nodes, token: str, signer: Signer, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "RECEIPT_TIMEOUT_SECONDS", 30.0)
    none = failing(RECEIPT, 12, changed(RECEIPT, lambda _: None))
    getattr(nodes, which).lie = none  # longer than the looks after which another one would have taken the nonce
    assert mint(nodes, signer, token)["status"] == 1
    assert len(getattr(nodes, which).asked(RECEIPT)) > 12


@pytest.mark.parametrize("which", ["first", "second"])
@pytest.mark.parametrize("keeps", ["", SEND])
def test_send__one_dies_when_it_is_given_it__the_other_has_it(
    nodes: Nodes, token: str, signer: Signer, which: str, keeps: str
) -> None:
    getattr(nodes, which).lie = failing(keeps or SEND, -1, unseen if keeps else dead)
    assert mint(nodes, signer, token)["status"] == 1
    assert minted(nodes, token) == 5


def test_send__none_takes_it_and_one_failed__the_error_has_its_hash(nodes: Nodes, token: str, signer: Signer) -> None:
    nodes.first.lie = failing(SEND, -1, lambda answering, asked: answering.error(asked, "no"))
    nodes.second.lie = failing(SEND, -1, dead)
    with pytest.raises(TransactionFailed, match=r"0x[0-9a-f]{64} was handed over, and then the node failed"):
        mint(nodes, signer, token)


@pytest.mark.parametrize("status", ["0x0", "0x1"])
@pytest.mark.parametrize("which", ["first", "second"])
def test_send__one_invents_a_receipt__they_differ_and_nobodys_is_used(
    nodes: Nodes, token: str, signer: Signer, which: str, status: str
) -> None:
    getattr(nodes, which).lie = invented(status)
    with pytest.raises(TransactionFailed, match="have different receipts of it: it may be done or not") as caught:
        mint(nodes, signer, token)
    assert (nodes.first.url in str(caught.value), nodes.second.url in str(caught.value)) == (True, True)
    assert minted(nodes, token) == 5  # the honest one was given it


@pytest.mark.parametrize("status", ["0x0", "0x1"])
@pytest.mark.parametrize("which", ["first", "second"])
def test_send__one_alone_has_a_receipt_to_the_end__says_so_with_the_hash(
    nodes: Nodes, token: str, signer: Signer, which: str, status: str
) -> None:
    nodes.first.lie = nodes.second.lie = unseen  # nobody mines it
    getattr(nodes, which).lie = invented(status)
    alone = getattr(nodes, which).url
    with pytest.raises(TransactionFailed, match=f"has a receipt of the node at {alone} alone, and no second") as caught:
        mint(nodes, signer, token)
    assert caught.value.transaction in str(caught.value)
    assert minted(nodes, token) == 0


def test_receipt__one_changes_gas_or_block__nobodys_is_used(nodes: Nodes, token: str, signer: Signer) -> None:
    for name, value in (("gasUsed", "0x5209"), ("blockHash", "0x" + "ab" * 32), ("contractAddress", ELSEWHERE)):
        nodes.second.lie = changed(RECEIPT, lambda receipt, said={name: value}: receipt and receipt | said)  # type: ignore[misc]
        with pytest.raises(TransactionFailed, match="have different receipts of it"):
            mint(nodes, signer, token)


def test_send__second_dies_while_it_is_waited_for__the_first_is_believed_and_a_line_says_so(
    nodes: Nodes, token: str, signer: Signer
) -> None:
    nodes.second.lie = failing(RECEIPT, -1, dead)
    assert mint(nodes, signer, token)["status"] == 1
    assert [words for words in nodes.warnings if "no second node confirms" in words]
