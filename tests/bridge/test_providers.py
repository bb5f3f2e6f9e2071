"""Several nodes of one chain: one dies, lags, lies or is on another chain, and no wrong number comes of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.chain import providers
from bridge.chain.node import Chain, connect
from bridge.chain.rpc import share_of
from bridge.chain.signers import Signer
from bridge.chain.ways import Ways
from bridge.config import ChainConfig, load_config
from bridge.errors import BadConfig, NodesDisagree, NodeUnreachable, StatePruned
from tests.bridge.conftest import OTHER_CHAIN_ID
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, Lie, failing
from tests.bridge.test_log_pages import moved, twice
from tests.bridge.two_nodes import Nodes, behind, changed, dead, two_nodes

pytestmark = pytest.mark.parametrize("real", [OTHER_CHAIN_ID], indirect=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(providers, "PAUSES", (0.0, 0.0))


@pytest.fixture
def nodes(real: Chain) -> Iterator[Nodes]:
    with two_nodes(real) as found:
        yield found


def supply(chain: Chain, token: str) -> Any:
    return chain.read("TestToken", token, "totalSupply", block=chain.head())


def test_read__two_nodes_agree__both_are_asked(nodes: Nodes, token: str, signer: Signer) -> None:
    nodes.real.send(signer, "TestToken", token, "mint", ELSEWHERE, 5)
    assert supply(nodes.chain(), token) == 5
    assert nodes.first.asked("eth_call") == nodes.second.asked("eth_call")
    assert nodes.warnings == []


@pytest.mark.parametrize("which", ["first", "second"])
def test_read__one_is_dead_from_the_start__the_other_answers_and_it_is_said(
    nodes: Nodes, token: str, which: str
) -> None:
    getattr(nodes, which).lie = dead
    assert supply(nodes.chain(), token) == 0
    assert [words for words in nodes.warnings if "HTTP 502" in words]
    assert [words for words in nodes.warnings if "no second node confirms" in words]


def test_head__one_died_a_moment_ago__is_asked_again_later_or_where_the_other_dies(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes.second.lie = dead
    chain = nodes.chain()
    nodes.second.seen.clear()
    chain.head()
    assert nodes.second.seen == []
    monkeypatch.setattr(providers, "DEAD_SECONDS", 0.0)
    chain.head()
    assert nodes.second.seen != []
    monkeypatch.setattr(providers, "DEAD_SECONDS", 60.0)
    nodes.first.lie, nodes.second.lie = dead, lambda answering, asked: False
    assert chain.head() == nodes.real.head()


def test_read__both_are_dead__is_unreachable(nodes: Nodes) -> None:
    nodes.first.lie = nodes.second.lie = dead
    with pytest.raises(NodeUnreachable):
        nodes.chain()


@pytest.mark.parametrize("which", ["first", "second"])
def test_read__one_dies_mid_read__the_other_goes_on(nodes: Nodes, token: str, which: str) -> None:
    chain = nodes.chain()
    block = chain.head()
    for method in ("eth_call", "eth_getLogs"):
        getattr(nodes, which).lie = failing(method, -1, dead)
        assert chain.read("TestToken", token, "totalSupply", block=block) == 0
        assert chain.logs("TestToken", token, "Transfer", 0, block) == []
    chain.confirm(block)


def test_read__one_hangs_and_little_may_be_waited__the_other_answers_within_it(nodes: Nodes, token: str) -> None:
    """A request has half a minute: the node that hung took all of the wait, and no other was asked."""
    hung = threading.Event()

    def hang(answering: Answering, asked: Asked) -> bool:
        hung.wait(20)
        return answering.say(b"", 502)

    assert [share_of(*each) for each in ((600.0, 1), (4.0, 1), (600.0, 8), (20.0, 2))] == [0.0, 0.0, 0.0, 10.0]
    chain = connect(nodes.first.url, nodes.real.chain_id, patience=4.0, ways=Ways((nodes.second.url,)))
    head = chain.head()
    nodes.first.lie, began = hang, time.monotonic()
    try:
        assert chain.read("TestToken", token, "totalSupply", block=head) >= 0
        assert chain.head().number >= head.number
    finally:
        took = time.monotonic() - began
        hung.set()
    assert took < 4.0


def test_read__one_is_busy_for_too_long__the_other_answers(nodes: Nodes, token: str) -> None:
    nodes.first.lie = failing("eth_call", -1, lambda answering, _: answering.say(b"", 429, Retry_After="3600"))
    assert supply(nodes.chain(), token) == 0
    assert [words for words in nodes.warnings if "it is too busy" in words]


@pytest.mark.parametrize("which", ["first", "second"])
def test_read__one_lies_about_a_balance__nobodys_number_is_used(
    nodes: Nodes, token: str, signer: Signer, which: str
) -> None:
    nodes.real.send(signer, "TestToken", token, "mint", ELSEWHERE, 5)
    getattr(nodes, which).lie = changed("eth_call", lambda word: word[:-1] + "6")
    chain = nodes.chain()
    with pytest.raises(NodesDisagree, match=r"eth_call: http://127\.0\.0\.1:\d+ and http://.* say different things"):
        chain.read("TestToken", token, "balanceOf", ELSEWHERE, block=chain.head())


def test_read__one_says_that_it_reverts__nobodys_answer_is_used(nodes: Nodes, token: str) -> None:
    nodes.second.lie = failing(
        "eth_call", -1, lambda answering, asked: answering.error(asked, {"code": 3, "message": "execution reverted"})
    )
    with pytest.raises(NodesDisagree):
        supply(nodes.chain(), token)


def test_logs__one_leaves_an_event_out__nobodys_are_used(nodes: Nodes, token: str, signer: Signer) -> None:
    block = moved(nodes.real, signer, token, 3)
    nodes.second.lie = changed("eth_getLogs", lambda entries: entries[1:])
    with pytest.raises(NodesDisagree, match="reading the Transfer events of TestToken"):
        nodes.chain().logs("TestToken", token, "Transfer", 0, block)


def test_logs__main_node_answers_what_cannot_be__the_second_ones_are_used(
    nodes: Nodes, token: str, signer: Signer
) -> None:
    block = moved(nodes.real, signer, token, 3)
    nodes.first.lie = changed("eth_getLogs", lambda entries: twice(entries, {}))
    assert len(nodes.chain().logs("TestToken", token, "Transfer", 0, block)) == 3


def test_logs__nodes_with_limits_of_their_own__each_is_asked_in_its_pages(
    nodes: Nodes, token: str, signer: Signer
) -> None:
    from tests.bridge.test_log_pages import LIMITS, limited

    block = moved(nodes.real, signer, token, 3)
    nodes.second.lie = limited(*LIMITS["number in words"])
    chain = nodes.chain()
    since = block.number - 64
    assert len(chain.logs("TestToken", token, "Transfer", since, block)) == 3
    assert len(nodes.first.asked("eth_getLogs")) == 1 < len(nodes.second.asked("eth_getLogs"))


def test_head__nodes_are_of_two_chains_by_hash__is_named(nodes: Nodes) -> None:
    nodes.second.lie = changed("eth_getBlockByNumber", lambda block: {**block, "hash": "0x" + "ab" * 32})
    with pytest.raises(NodesDisagree, match=r"block \d+: http"):
        nodes.chain().head()
    assert len(nodes.second.asked("eth_getBlockByNumber")) == 3  # the newest block might just have been replaced


def test_head__nodes_differ_for_a_moment__are_asked_again(nodes: Nodes) -> None:
    other = changed("eth_getBlockByNumber", lambda block: {**block, "hash": "0x" + "ab" * 32})
    nodes.second.lie = failing("eth_getBlockByNumber", 1, other)
    assert nodes.chain().head() == nodes.real.head()


def test_connect__nodes_are_of_two_chain_ids__is_named(nodes: Nodes) -> None:
    nodes.second.lie = changed("eth_chainId", lambda _: "0x1")
    with pytest.raises(NodesDisagree, match="eth_chainId"):
        nodes.chain()


@pytest.mark.parametrize("which", ["first", "second"])
def test_head__one_lags_by_fifty_blocks__the_other_alone_is_asked(nodes: Nodes, token: str, which: str) -> None:
    nodes.real.request("anvil_mine", hex(60), "0xc")
    getattr(nodes, which).lie = behind(50)
    chain = nodes.chain()
    assert chain.head() == nodes.real.head()
    assert supply(chain, token) == 0
    assert [words for words in nodes.warnings if "is left aside: its newest block" in words]
    assert getattr(nodes, which).asked("eth_call") == []


def test_head__one_lags_by_a_block__the_block_that_both_have_is_pinned(nodes: Nodes) -> None:
    nodes.real.request("anvil_mine", hex(3))
    nodes.first.lie = behind(1)
    assert nodes.chain(max_lag=10**6).head().number == nodes.real.head().number - 1


def test_head__one_lags_on_another_chain__is_named(nodes: Nodes) -> None:
    nodes.real.request("anvil_mine", hex(60), "0xc")
    late = behind(50)

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getBlockByNumber":
            return False
        answer = json.loads(answering.honest({**asked, "params": ["0x5", False]}))["result"]
        return answering.result(asked, answer | {"hash": "0x" + "cd" * 32})

    nodes.second.lie = late
    nodes.chain().head()
    nodes.second.lie = lie
    with pytest.raises(NodesDisagree, match="block 5"):
        nodes.chain().head()


def later(seconds: int, newest_alone: bool = True, **others: Any) -> Lie:
    """Say that the newest block, or every one, is so much younger."""
    change = changed(
        "eth_getBlockByNumber",
        lambda block: {**block, "timestamp": hex(int(block["timestamp"], 16) + seconds), **others},
    )
    return lambda answering, asked: (asked["params"][:1] == ["latest"] or not newest_alone) and change(answering, asked)


@pytest.mark.parametrize("seconds", [1, 31, 4_000])
@pytest.mark.parametrize("newest_alone", [True, False])
@pytest.mark.parametrize("which", ["first", "second"])
def test_head__one_adds_seconds_to_the_same_block__nobody_is_left_aside_and_it_is_named(
    nodes: Nodes, which: str, newest_alone: bool, seconds: int
) -> None:
    getattr(nodes, which).lie = later(seconds, newest_alone)
    with pytest.raises(NodesDisagree, match=r"block \d+: http"):
        nodes.chain().head()
    assert [words for words in nodes.warnings if "older than the newest" in words] == []


def test_head__late_ones_block_has_another_time_on_the_leading_node__is_named(nodes: Nodes) -> None:
    nodes.real.request("anvil_mine", hex(60), "0xc")
    nodes.first.lie, nodes.second.lie = later(-7, newest_alone=False), behind(50)
    with pytest.raises(NodesDisagree, match=r"block \d+: http"):
        nodes.chain().head()


def test_head__leading_node_does_not_have_the_late_ones_block__is_named(nodes: Nodes) -> None:
    nodes.real.request("anvil_mine", hex(60), "0xc")
    forgets = changed("eth_getBlockByNumber", lambda _: None)
    nodes.first.lie = lambda answering, asked: asked["params"][:1] != ["latest"] and forgets(answering, asked)
    nodes.second.lie = behind(50)
    with pytest.raises(NodesDisagree, match=r"block \d+: http"):
        nodes.chain().head()


def test_head__one_invents_a_newer_block_ahead_of_the_clock__makes_no_other_late(
    nodes: Nodes, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = nodes.real.head()
    monkeypatch.setattr(providers, "time", lambda: head.timestamp + 5.0)
    nodes.first.lie = later(31, number=hex(head.number + 1), hash="0x" + "ef" * 32)
    chain = nodes.chain()
    assert chain.head() == head
    assert supply(chain, token) == 0
    assert nodes.second.asked("eth_call") == nodes.first.asked("eth_call") != []
    assert [words for words in nodes.warnings if "is ahead of this machine's clock" in words]
    assert [words for words in nodes.warnings if "left aside" in words] == []


def test_read__main_dies_and_the_late_one_has_caught_up__it_takes_its_place(nodes: Nodes, token: str) -> None:
    nodes.real.request("anvil_mine", hex(60), "0xc")
    nodes.second.lie = behind(50)
    chain = nodes.chain()
    block = chain.head()
    nodes.first.lie, nodes.second.lie = dead, lambda answering, asked: False
    assert chain.read("TestToken", token, "totalSupply", block=block) == 0


def test_read__main_dies_and_the_late_one_has_another_block__is_unreachable(nodes: Nodes, token: str) -> None:
    nodes.real.request("anvil_mine", hex(60), "0xc")
    nodes.second.lie = behind(50)
    chain = nodes.chain()
    block = chain.head()
    nodes.first.lie = dead
    nodes.second.lie = changed("eth_getBlockByNumber", lambda found: {**found, "hash": "0x" + "cd" * 32})
    with pytest.raises(NodeUnreachable):
        chain.read("TestToken", token, "totalSupply", block=block)


def test_read__main_has_pruned_the_state__the_second_is_asked(nodes: Nodes, token: str) -> None:
    pruned = {"code": -32000, "message": "missing trie node abc (path )"}
    nodes.first.lie = failing("eth_call", -1, lambda answering, asked: answering.error(asked, pruned))
    chain = nodes.chain()
    assert supply(chain, token) == 0
    nodes.second.lie = nodes.first.lie
    with pytest.raises(StatePruned):
        supply(chain, token)


def test_errors__of_the_second_node__show_no_key(nodes: Nodes, token: str, signer: Signer) -> None:
    def quotes(answering: Answering, asked: Asked) -> bool:
        reads = asked["method"] in ("eth_call", "eth_getTransactionReceipt", "eth_getLogs", "eth_estimateGas")
        return reads and answering.error(asked, {"code": -1, "message": "POST /v3/KEY12345: refused"})

    chain = nodes.chain()
    nodes.first.lie, nodes.second.lie = dead, quotes
    for use in (
        lambda: supply(chain, token),
        lambda: chain.logs("TestToken", token, "Transfer", 0, chain.head()),
        lambda: chain.web3.eth.get_transaction_receipt("0x" + "ab" * 32),  # type: ignore[arg-type]
        lambda: chain.send(signer, "TestToken", token, "mint", ELSEWHERE, 5),
    ):
        with pytest.raises(Exception, match="refused") as caught:
            use()
        assert "KEY12345" not in str(caught.value)


def test_settings__several_urls__first_is_the_main_one(real: Chain, tmp_path: Any) -> None:
    assert ChainConfig().rpc_urls == ()
    assert ChainConfig(rpc_urls=("http://a", "http://b")).rpc_url == "http://a"
    assert ChainConfig(rpc_url="http://c", rpc_urls=("http://a",)).rpc_url == "http://c"
    file = tmp_path / "alvh.toml"
    for wrong in ('[""]', "[1]", '"http://a"', "[" + '"http://a",' * 9 + "]"):
        file.write_text(f"[chain]\nrpc_urls = {wrong}\n", encoding="utf-8")
        with pytest.raises(BadConfig, match="rpc_urls"):
            load_config(file)
