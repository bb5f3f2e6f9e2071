"""Answers that no contract or chain gives, one of each kind: a named error, and nothing done or written."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_abi import encode

from bridge.adapters import lens as lens_module
from bridge.adapters.lens import SELECTORS, Lens
from bridge.chain.bounds import BOUNDS, EARLIEST, LATEST, possible_time, within
from bridge.chain.codec import encode_call, event, functions
from bridge.chain.node import Chain
from bridge.config import BookConfig
from bridge.deploy.numbers import number_findings
from bridge.deploy.rehearsal import run_creation
from bridge.errors import BridgeError, ChainError, NodeUnreachable, UntrustedNumber
from bridge.governance.governor import list_proposals
from bridge.governance.preflight import rehearsal
from bridge.governance.safeguards import read_automation
from bridge.local.world import World
from bridge.snapshot import Snapshot
from bridge.sources.prices import read_prices
from tests.bridge.lying_node import Answering, Asked, Lie, LyingNode, lying_node, through
from tests.e2e.test_swapped import bring


def called(contract: str, function: str, change: Callable[[str], str]) -> Lie:
    """Change, or replace, the 0x hex that a function answers."""
    (found,) = [each for each in functions(contract) if each.name == function]
    selector = "0x" + found.selector.hex()

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_call" or not asked["params"][0]["data"].startswith(selector):
            return False
        return answering.result(asked, change(json.loads(answering.honest(asked)).get("result") or "0x"))

    return lie


def word(at: int, value: int) -> Callable[[str], str]:
    """Put a value in the place of a word."""
    return lambda found: found[: 2 + 64 * at] + f"{value % 2**256:064x}" + found[66 + 64 * at :]


def lied_to(world: World, node: LyingNode) -> Snapshot:
    return replace(world, chain=Chain(node.url, world.chain.chain_id)).snapshot()


PRICES: dict[str, Lie] = {
    "price 0": called("UniswapV3Pool", "slot0", word(0, 0)),
    "price of 160 bits": called("UniswapV3Pool", "slot0", word(0, 2**160 - 1)),
    "tick of another price": called("UniswapV3Pool", "slot0", word(1, 5)),
    "average beyond all prices": called("UniswapV3Pool", "observe", word(3, 2**55 - 1)),
    "average below all prices": called("UniswapV3Pool", "observe", word(3, -(2**55))),
    "one average of two": called(
        "UniswapV3Pool", "observe", lambda _: "0x" + encode(["int56[]", "uint160[]"], [[1], [1]]).hex()
    ),
    "255 decimals": called("IERC20Metadata", "decimals", word(0, 255)),
}


@pytest.mark.parametrize("way", PRICES)
def test_read_prices__pool_as_no_pool_is__is_untrusted(world: World, way: str) -> None:
    with lying_node(world.chain.url, PRICES[way]) as node, pytest.raises(UntrustedNumber):
        read_prices(lied_to(world, node), BookConfig())


@pytest.mark.parametrize("stamp", ["0x0", "0x1", hex(2**96), "0x" + "f" * 64, hex(LATEST + 1), hex(EARLIEST - 1)])
def test_head__time_of_no_block__is_refused(world: World, stamp: str) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getBlockByNumber":
            return False
        return answering.result(asked, json.loads(answering.honest(asked))["result"] | {"timestamp": stamp})

    with lying_node(world.chain.url, lie) as node, pytest.raises(ChainError, match="no time of a block"):
        lied_to(world, node)


def test_possible_time__first_block__may_have_none() -> None:
    assert possible_time(0, 0)
    assert not possible_time(1, 0)


@pytest.mark.parametrize(("contract", "function"), BOUNDS)
def test_within__of_every_bound__holds_one_thing_and_refuses_256_bits(contract: str, function: str) -> None:
    depth = 1 + max((index for path in BOUNDS[contract, function] for index in path), default=0)
    for path in BOUNDS[contract, function]:
        for value in (0, 2**256 - 1):
            answer: Any = tuple([value] * depth) if path else value
            answer = [answer] if path[:1] == (-1,) else answer
            if value:
                with pytest.raises(ChainError, match="ask another node"):
                    within(contract, function, answer)
            else:
                assert within(contract, function, answer) == answer


PROPOSALS: dict[str, Lie] = {
    "a ninth state": called("HedgeGovernor", "state", word(0, 9)),
    "a deadline of 256 bits": called("HedgeGovernor", "proposalDeadline", word(0, 2**256 - 1)),
    "a beginning of 256 bits": called("HedgeGovernor", "proposalSnapshot", word(0, 2**256 - 1)),
    "an end of its wait of 256 bits": called("HedgeGovernor", "proposalEta", word(0, 2**256 - 1)),
}


@pytest.mark.parametrize("way", PROPOSALS)
def test_list_proposals__state_or_time_that_is_none__is_unreadable(world: World, way: str) -> None:
    bring(world, "# One", "setVotingPeriod", 90_000)
    with lying_node(world.chain.url, PROPOSALS[way]) as node:
        (found,) = list_proposals(lied_to(world, node))
    assert found.state == "unreadable"
    assert "ask another node" in found.trouble


def test_rehearsal__delay_of_256_bits__is_named(world: World) -> None:
    bring(world, "# One", "setVotingPeriod", 90_000)
    (found,) = list_proposals(world.snapshot())
    lie = called("HedgeTimelock", "getMinDelay", word(0, 2**256 - 1))
    refusal = pytest.raises(ChainError, match="no number of seconds that anyone waits")
    with lying_node(world.chain.url, lie) as node, refusal:
        rehearsal(lied_to(world, node), found)


def test_list_proposals__event_comes_again_at_another_place__is_one_proposal(world: World) -> None:
    bring(world, "# One", "setVotingPeriod", 90_000)
    bring(world, "# Two", "setVotingPeriod", 91_000)
    topic = "0x" + event("HedgeGovernor", "ProposalCreated").topic.hex()

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getLogs" or asked["params"][0]["topics"][0] != topic:
            return False
        found = json.loads(answering.honest(asked))["result"]
        return answering.result(asked, found + [entry | {"logIndex": "0x77"} for entry in found])

    with lying_node(world.chain.url, lie) as node:
        listed = list_proposals(lied_to(world, node))
    assert [proposal.title for proposal in listed] == ["One", "Two"]


@pytest.mark.parametrize("given", [None, [], {}, "x", {"gasLimit": None}])
def test_run_creation__node_gives_no_block__is_named(world: World, given: Any) -> None:
    block = world.chain.head()
    with lying_node(world.chain.url, lambda answering, asked: answering.result(asked, given)) as node:
        chain = Chain(node.url, world.chain.chain_id)
        with pytest.raises(ChainError, match="trying: the node's answer is no number"):
            run_creation(chain, "0x" + "11" * 20, "0x" + "12" * 20, "0x00", block, {}, "trying")


EMPTY = "0x" + encode(["uint8[]", "(uint64,uint32[])[]", "(uint64,uint32,uint32)"], [[], [], (0, 0, 0)]).hex()
SHORT = (
    "0x" + encode(["uint8[]", "(uint64,uint32[])[]", "(uint64,uint32,uint32)"], [[1, 2], [(0, [1])], (0, 0, 0)]).hex()
)
OF_NO_KEY = (
    "0x" + encode(["uint8[]", "(uint64,uint32[])[]", "(uint64,uint32,uint32)"], [[99], [(0, [1])] * 9, (0, 0, 0)]).hex()
)


@pytest.mark.parametrize("table", [EMPTY, SHORT, OF_NO_KEY])
def test_read_automation__table_without_the_row_that_holds__is_named(world: World, table: str) -> None:
    (refusal,) = [each for each in _errors() if each["name"] == "NothingToApply"]
    kinds = [each["type"] for each in refusal["inputs"]]
    from eth_utils import function_abi_to_4byte_selector

    data = function_abi_to_4byte_selector(refusal) + encode(kinds, [0 for _ in kinds])
    preview = encode_call("RegimeAutomation", "preview").hex

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_call" and asked["params"][0]["data"] == preview:
            return answering.error(asked, {"code": 3, "message": "execution reverted", "data": "0x" + data.hex()})
        return called("RegimeAutomation", "table", lambda _: table)(answering, asked)

    with lying_node(world.chain.url, lie) as node, pytest.raises(ChainError, match="a table that row"):
        read_automation(lied_to(world, node))


def _errors() -> Any:
    from bridge.artifacts import error_abi

    return error_abi()


@pytest.mark.parametrize(("keys", "values"), [([99], [1]), ([1, 2], [1]), ([1], [])])
def test_number_findings__event_that_no_contract_makes__is_a_finding(
    world: World, keys: list[int], values: list[int]
) -> None:
    source = event("HedgeParameters", "UpdateApplied")
    rest = [each for each in source.inputs if not each["indexed"]]
    filler = {"changedKeys": keys, "newValues": values}
    blank = {"uint8[]": [], "uint32[]": [], "bytes32": bytes(32), "address": "0x" + "11" * 20}
    data = encode(
        [each["type"] for each in rest], [filler.get(each["name"], blank.get(each["type"], 0)) for each in rest]
    )
    topics = ["0x" + source.topic.hex(), *("0x" + "00" * 31 + "01" for _ in source.indexed)]

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getLogs" or asked["params"][0]["topics"][0] != topics[0]:
            return False
        entry = {"address": asked["params"][0]["address"], "topics": topics, "data": "0x" + data.hex(),
                 "blockNumber": asked["params"][0]["toBlock"], "logIndex": "0x7", "transactionIndex": "0x0",
                 "transactionHash": "0x" + "ab" * 32, "blockHash": "0x" + "cd" * 32}  # fmt: skip
        return answering.result(asked, [entry])

    with lying_node(world.chain.url, lie) as node:
        first = next(iter(number_findings(lied_to(world, node))))
    assert first.wrong
    assert "ask another node" in first.words


def pages(change: Callable[[list[int], int], None]) -> Lie:
    """Change the words of every page of positions; it hears how many positions are asked for already."""

    def lie(answering: Answering, asked: Asked) -> bool:
        data = asked["params"][0]["data"] if asked["method"] == "eth_call" else ""
        if not data.startswith("0x" + SELECTORS["positionsOfV3"]):
            return False
        found = json.loads(answering.honest(asked))["result"]
        words = [int(found[at : at + 64], 16) for at in range(2, len(found), 64)]
        change(words, int(data[10 + 128 : 10 + 192], 16))
        return answering.result(asked, "0x" + "".join(f"{each:064x}" for each in words))

    return lie


def endless(words: list[int], begun: int) -> None:
    """Say that there are many more, and give the same positions under new ids."""
    words[4] = lens_module.MOST_POSITIONS
    start = words[3] // 32
    for number, at in enumerate(range(start + 1, start + 1 + words[start], 3)):
        words[at] = 1 + begun + number


FIRST_PAGE: list[int] = []


def repeated(words: list[int], begun: int) -> None:
    """Say that there are twice as many, and give the first page again."""
    FIRST_PAGE[:] = words if begun == 0 else FIRST_PAGE
    words[:] = FIRST_PAGE
    words[4] *= 2


def too_many(words: list[int], begun: int) -> None:
    words[4] = 2**60


def more_than_asked(words: list[int], begun: int) -> None:
    """Give a thousand rows of ours where there are few."""
    start = words[3] // 32
    rows = words[start + 1 : start + 1 + words[start]]
    words[start:] = [3_000, *(rows[:3] * 1_000)]


def wide(words: list[int], begun: int) -> None:
    words[words[2] // 32 + 2] |= 1 << 200


WAYS: dict[str, tuple[Callable[[list[int], int], None], str]] = {
    "twice": (repeated, "a position twice, or another number"),
    "more than anyone has": (too_many, "are read: ask another node"),
    "more than was asked for": (more_than_asked, "where at most"),
    "an address of 256 bits": (wide, "more than 160 bits"),
}


@pytest.mark.parametrize("way", WAYS)
def test_positions_of_v3__pages_that_cannot_be__are_refused(world: World, way: str) -> None:
    change, words = WAYS[way]
    owner, manager = world.deployment.address("lp"), world.deployment.address("NonfungiblePositionManager")
    with lying_node(world.chain.url, pages(change)) as node:
        snapshot = lied_to(world, node)
        with pytest.raises(BridgeError, match=words):
            Lens(snapshot.chain).positions_of_v3(manager, owner, snapshot.block)


def test_positions_of_v3__without_end__ends_at_the_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lens_module, "MOST_POSITIONS", 40)
    owner, manager = world.deployment.address("lp"), world.deployment.address("NonfungiblePositionManager")
    with lying_node(world.chain.url, pages(endless)) as node:
        snapshot = lied_to(world, node)
        try:
            found = Lens(snapshot.chain).positions_of_v3(manager, owner, snapshot.block)
        except BridgeError:
            return
    assert len(found) <= 40


@pytest.mark.parametrize("part", [b"{}", b"[]", b"1", b'""', b'{"":{}}', b"[[[]]]"])
def test_answer__of_millions_of_parts__is_refused_before_it_fills_the_memory(
    node: LyingNode, real: Chain, part: bytes
) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"result":[' + (part + b",") * (4_000_000 // len(part)) + part + b"]}"
    chain = through(node, real)
    node.lie = lambda answering, asked: answering.say(body)
    tracemalloc.start()
    with pytest.raises(NodeUnreachable, match="more parts than any answer has"):
        chain.ask("eth_getLogs", {})
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 6 * len(body)


def test_answer__of_megabytes_to_a_small_question__is_refused(node: LyingNode, real: Chain) -> None:
    chain = through(node, real)
    node.lie = lambda answering, asked: answering.result(asked, "0x" + "1" * (1 << 21))
    with pytest.raises(NodeUnreachable, match="bytes in answer to eth_chainId"):
        chain.request("eth_chainId")
