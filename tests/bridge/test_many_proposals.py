"""Proposals of megabytes, and thousands of them: they stop neither a list, nor the guardian, nor the monitor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_typing import HexStr
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.alerts.rules.governance import lost_proposal
from bridge.alerts.watch import take_snapshot
from bridge.chain import connection, logs
from bridge.chain.codec import encode_call
from bridge.chain.node import Chain
from bridge.config import Config
from bridge.errors import ChainError, RefusedAction, UsageError
from bridge.governance import brought, governor
from bridge.governance.brought import proposal_id
from bridge.governance.governor import find_proposal, list_proposals, named_proposal, nearness, read_state
from bridge.governance.journal import JournalEntry
from bridge.governance.rivals import find_rivals, rival_lines
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node, through
from tests.bridge.other_governors import Dao, block_dao, bravo_dao, counting_dao, plain_dao
from tests.bridge.steps import act_as

BIG = 40_000
"""Letters of a large description here, where an event of 10,000 bytes is large."""


def bring(world: World, words: str, function: str = "pause") -> int:
    """Bring a proposal of one call on the parameters, as the operator; return its id."""
    target = world.deployment.address("HedgeParameters")
    content = ([target], [0], [encode_call("HedgeParameters", function).data])
    call = encode_call("HedgeGovernor", "propose", *content, words)
    act_as(world, account("operator").address, world.deployment.address("HedgeGovernor"), HexStr(call.hex), 8_000_000)
    return proposal_id(*content, keccak(text=words))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what is large small: three large descriptions are more than is read at once."""
    monkeypatch.setattr(brought, "LARGE", 10_000)
    monkeypatch.setattr(connection, "MOST_BYTES", 3 * BIG)
    monkeypatch.setattr(connection, "HEAD_BYTES", 20_000)
    monkeypatch.setattr(logs, "MOST_SIZE", 4 * BIG)
    monkeypatch.setattr(logs, "AFTER_SILENCE", 10)


@pytest.mark.usefixtures("small")
def test_gov__proposals_of_more_than_a_memory_holds__are_named_and_each_can_be_cancelled(
    world: World, command: Any
) -> None:
    large = [bring(world, f"# Large {number}\n" + "\x00" * BIG) for number in range(6)]
    own = bring(world, "# Ours")
    code, out = command("gov", "list")
    assert code == 0, out
    assert all(f"Large {number}" in out for number in range(6))
    assert "6 of them, " in out
    assert "were not read whole: `alvh gov show` reads one" in out
    listed = json.loads(command("gov", "list", "--json")[1])
    assert [each["id"] for each in listed] == [str(number) for number in (*large, own)]
    words = "# Large 3\n" + "\x00" * BIG
    assert listed[3]["description_hash"] == "0x" + keccak(text=words).hex()
    assert (len(listed[3]["description"]) < 3_000, listed[3]["left_out_bytes"] > BIG) == (True, True)
    assert (listed[6]["left_out_bytes"], listed[6]["description"]) == (0, "# Ours")
    for wanted in (str(large[3]), str(large[3])[:12]):
        whole = json.loads(command("gov", "show", wanted, "--json")[1])
        assert (whole["id"], whole["left_out_bytes"], len(whole["actions"])) == (str(large[3]), 0, 1)
    code, out = command("safe", "propose", "cancel", str(large[5]))
    assert code == 0, out
    code, out = command("gov", "cancel", str(large[4]), "--as", "operator", "--send")
    assert code == 0, out
    assert read_state(world.snapshot(), large[4]) == "canceled"
    look = json.loads(command("watch", "--once", "--json")[1])
    assert {each["id"] for each in look["proposals"]} == {str(number) for number in (*large, own)} - {str(large[4])}


@pytest.mark.usefixtures("small")
def test_large_action__of_a_list__cannot_be_acted_on(world: World) -> None:
    bring(world, "x" * BIG)
    (listed,) = list_proposals(world.snapshot())
    with pytest.raises(RefusedAction, match="not read whole"):
        listed.action.hashed()
    assert find_proposal(world.snapshot(), listed.id).action.left_out == 0


@pytest.mark.usefixtures("small")
def test_list_proposals__small_ones_without_end__keeps_so_many_bytes_of_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brought, "MOST_KEPT", 1_500)
    for number in range(4):
        bring(world, f"# {number}")
    found = list_proposals(world.snapshot())
    assert [bool(each.action.left_out) for each in found] == [False, False, True, True]
    assert [each.title for each in found] == ["0", "1", "2", "3"]


@contextmanager
def heard(world: World) -> Iterator[tuple[Snapshot, LyingNode]]:
    with lying_node(world.chain.url) as node:
        chain = through(node, world.chain)
        yield Snapshot(chain, world.deployment, world.chain.head()), node


def pages(node: LyingNode) -> list[Any]:
    topic = "0x" + brought_topic().hex()
    return [asked[0] for asked in node.asked("eth_getLogs") if asked[0]["topics"][0] == topic]


def brought_topic() -> bytes:
    from bridge.chain.codec import event

    return event("HedgeGovernor", "ProposalCreated").topic


def test_named_proposal__whole_id__asks_for_the_event_of_its_block_alone(world: World) -> None:
    bring(world, "# Before")
    wanted = bring(world, "# Wanted")
    bring(world, "# After")
    with heard(world) as (snapshot, node):
        assert named_proposal(snapshot, str(wanted)).title == "Wanted"
        (page,) = pages(node)
        assert page["fromBlock"] == page["toBlock"]
        assert len(node.seen) < 60


def test_named_proposal__voting_delay_was_another__is_found_all_the_same(world: World) -> None:
    wanted = bring(world, "# Wanted")
    at, lock = world.deployment.address("HedgeGovernor"), world.deployment.address("HedgeTimelock")
    act_as(world, lock, at, HexStr(encode_call("HedgeGovernor", "setVotingDelay", 9_999).hex))
    with heard(world) as (snapshot, node):
        assert named_proposal(snapshot, str(wanted)).title == "Wanted"
        assert all(page["fromBlock"] == page["toBlock"] for page in pages(node))


def test_named_proposal__several_in_one_block__each_is_found(world: World) -> None:
    world.chain.request("evm_setAutomine", False)
    try:
        target, at = world.deployment.address("HedgeParameters"), world.deployment.address("HedgeGovernor")
        for words in ("# One", "# Two"):
            call = encode_call("HedgeGovernor", "propose", [target], [0], [b""], words)
            world.chain.request("anvil_impersonateAccount", account("operator").address)
            sent = {"from": account("operator").address, "to": at, "data": call.hex, "gas": hex(5_000_000)}
            world.chain.request("eth_sendTransaction", sent)
        world.chain.request("evm_mine")
    finally:
        world.chain.request("evm_setAutomine", True)
    for words in ("# One", "# Two"):
        number = proposal_id([target], [0], [b""], keccak(text=words))
        assert named_proposal(world.snapshot(), str(number)).action.description == words


@pytest.mark.parametrize("make", [plain_dao, counting_dao, bravo_dao, block_dao])
def test_named_proposal__other_governors__first_and_last_are_found(world: World, make: Any) -> None:
    dao: Dao = make(world)
    made = [dao.propose(f"# {number}") for number in range(3)]
    for each in made:
        found = named_proposal(dao.snapshot(), str(each.id))
        assert (found.id, found.action, found.state, found.blocks) == (each.id, each.action, "pending", each.blocks)
    assert len({each.id for each in made}) == 3


@pytest.mark.parametrize("wanted", ["7" * 78, "9" * 77, "12345678901234567890", "1" * 400, "", "0x12", "٣"])
def test_named_proposal__of_nothing__is_refused(world: World, wanted: str) -> None:
    bring(world, "# One")
    with pytest.raises(UsageError, match=r"0 proposals begin with|names no proposal"):
        named_proposal(world.snapshot(), wanted)


def test_list_proposals__many__are_asked_for_together(world: World) -> None:
    for number in range(12):
        bring(world, f"# {number}")
    with heard(world) as (snapshot, node):
        one_by_one = list_proposals(snapshot)
        alone, node.together = len(node.seen), True
        snapshot = replace(snapshot, chain=through(node, world.chain))
        assert list_proposals(snapshot) == one_by_one == list_proposals(world.snapshot())
        assert alone > 60
        assert len(node.seen) - alone < 20
        assert len(node.batches) == 2


def ahead_of(real: Chain, node: LyingNode, answer: Any) -> list[Any]:
    """Ask for three balances ahead through a node whose answer to all of them is changed."""
    chain = through(node, real)
    questions = [("eth_getBalance", (account("lp").address, hex(number))) for number in range(3)]

    def changed(body: bytes) -> bytes:
        return json.dumps(answer(json.loads(body))).encode()

    chain._rpc.post = lambda method, body, post=chain._rpc.post: (  # type: ignore[method-assign,misc]
        changed(post(method, body)) if body.startswith(b"[") else post(method, body)
    )
    with chain.ahead(questions):
        return [chain.ask(method, *parameters)["result"] for method, parameters in questions]


ANSWERS = {
    "as they are": lambda found: found,
    "in another order": lambda found: found[::-1],
    "none": lambda found: [],
    "no list": lambda found: {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}},
    "one is missing": lambda found: found[:2],
    "of other ids": lambda found: [{**each, "id": each["id"] + 77} for each in found],
    "too busy": lambda found: [
        {**each, "result": None, "error": {"code": -1, "message": "rate limit"}} for each in found
    ],
    "numbers": lambda found: [1, None, "x"],
    "ids that are none": lambda found: [{**each, "id": [1]} for each in found],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_ahead__whatever_the_node_answers_to_all__each_has_its_own(real: Chain, node: LyingNode, name: str) -> None:
    node.together = True
    honest = [real.request("eth_getBalance", account("lp").address, hex(0))] * 3
    real.request("anvil_mine", hex(4))
    assert ahead_of(real, node, ANSWERS[name]) == honest


def refuse_proposals(answering: Answering, asked: Asked) -> bool:
    if asked["method"] != "eth_getLogs" or asked["params"][0]["topics"][0] != "0x" + brought_topic().hex():
        return False
    return answering.error(asked, {"code": -1, "message": "query exceeds what we answer"})


def test_watch__proposals_cannot_be_read__goes_on_and_says_so(world: World, tmp_path: Path) -> None:
    bring(world, "# One")
    lp = world.deployment.address("lp")
    with lying_node(world.chain.url, refuse_proposals) as node:
        snapshot = Snapshot(through(node, world.chain), world.deployment, world.chain.head())
        seen = take_snapshot(snapshot, Config(state=tmp_path), lp)
        assert seen.exposure is not None
        assert "it is not known what was proposed" in seen.proposals_trouble
        noted = replace(seen, journal=(JournalEntry("1" * 70, 31337, "ours", lp, 1),))
        assert lost_proposal(noted) is None
        assert lost_proposal(replace(noted, proposals_trouble="")) != []
        (rival,) = find_rivals(snapshot, brought.NOTHING, 0)
        assert rival_lines([rival])[0].startswith("it is not known what else is on its way: ")
        with pytest.raises(ChainError, match="query exceeds"):
            list_proposals(snapshot)


@pytest.mark.usefixtures("small")
def test_find_rivals__large_ones__are_among_them_and_many_are_counted(world: World) -> None:
    number = bring(world, "x" * BIG)
    (rival,) = find_rivals(world.snapshot(), brought.NOTHING, 0)
    assert (rival.id, rival.shares) == (number, ("what nobody compared: it is large",))
    lines = rival_lines([rival] * 30)
    assert (len(lines), lines[-1]) == (21, "and 10 more: `alvh gov list` has them all")


@pytest.mark.unit
@settings(max_examples=50)
@given(states=st.lists(st.sampled_from((*governor.STATES, governor.UNREADABLE)), max_size=20))
def test_nearness__any_states__open_ones_come_first(states: list[str]) -> None:
    blank = governor.Proposal(1, "", "", brought.NOTHING, 0, 0, 0, 0, 0, 0, 0)
    ordered = sorted((replace(blank, state=state) for state in states), key=nearness)
    open_ = [each.state in governor.OPEN_STATES for each in ordered]
    assert open_ == sorted(open_, reverse=True)
