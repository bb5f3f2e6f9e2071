"""A node that gives one proposal's id with another's content, or answers another question: named, never acted on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_typing import HexStr
from eth_utils import keccak

from bridge.chain.codec import encode_call, event
from bridge.governance.brought import proposal_id
from bridge.governance.governor import list_proposals, read_state
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.safe.multisig import read_safe
from tests.bridge.lying_node import Answering, Asked, Lie, lying_node
from tests.bridge.steps import TERMS, act_as
from tests.e2e.command import Run
from tests.e2e.places import Place, through
from tests.e2e.test_commands import assert_one_line_error

ASKED_ID = encode_call("HedgeGovernor", "getProposalId", [], [], [], bytes(32)).hex[:10]
UNTRUE = "its id is not that of its calls and words: ask another node"


def bring(world: World, title: str, function: str, *arguments: Any) -> int:
    """Bring a proposal of one call of the governor's, as the operator; return its id."""
    governor = world.deployment.address("HedgeGovernor")
    data = encode_call("HedgeGovernor", function, *arguments).data
    call = encode_call("HedgeGovernor", "propose", [governor], [0], [data], title)
    act_as(world, account("operator").address, governor, HexStr(call.hex))
    return list_proposals(world.snapshot())[-1].id


def created(change: Callable[[list[dict[str, Any]]], None]) -> Lie:
    """Change the proposals' events that a node gives."""
    topic = "0x" + event("HedgeGovernor", "ProposalCreated").topic.hex()

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getLogs" or asked["params"][0]["topics"][0] != topic:
            return False
        found = json.loads(answering.honest(asked))["result"]
        change(found)
        return answering.result(asked, found)

    return lie


def content_of_the_second() -> Callable[[list[dict[str, Any]]], None]:
    """Give the first proposal's id with all else of the second, also to who asks for the first alone."""
    second = list[str]()

    def change(found: list[dict[str, Any]]) -> None:
        second.extend(entry["data"][66:] for entry in found[1:])
        found[0]["data"] = found[0]["data"][:66] + second[0]

    return change


def test_proposal__id_with_the_content_of_another__is_unreadable_and_nobody_votes_or_cancels(
    place: Place, tmp_path: Path
) -> None:
    grave = bring(place.world, "# Take it all", "setProposalThreshold", 0)
    good = bring(place.world, "# Housekeeping", "setVotingPeriod", 86_400)
    place.pass_time(TERMS.voting_delay + 1)
    with lying_node(place.world.chain.url, created(content_of_the_second())) as node, through(place, tmp_path, node):
        listed = place.run("gov", "list", "--json").json()
        assert [row["state"] for row in listed] == ["unreadable", "active"]
        assert "unknown" in (table := place.run("gov", "list").out)
        shown = place.run("gov", "show", str(grave))
        assert "1970" not in table + shown.out
        assert UNTRUE in " ".join((shown.out + shown.err).split())
        assert "Housekeeping" not in shown.out
        for words in (("gov", "vote", str(grave), "for", "--send"), ("safe", "propose", "cancel", str(grave))):
            done = place.run(*words, role="voter-1")
            assert done.code == 1, done
            assert "unreadable" in done.err
            assert "1970" not in done.err
        assert place.run("gov", "vote", str(good), "for", role="voter-1").code == 0
    assert [sum((p.votes_for, p.votes_against)) for p in list_proposals(place.world.snapshot())] == [0, 0]


def test_proposal__governor_names_another_id__ours_is_the_hash_of_the_content(place: Place, tmp_path: Path) -> None:
    strange = bring(place.world, "# Of a stranger", "setProposalThreshold", 0)

    def lie(answering: Answering, asked: Asked) -> bool:
        named = asked["method"] == "eth_call" and asked["params"][0]["data"].startswith(ASKED_ID)
        return named and answering.result(asked, "0x" + strange.to_bytes(32).hex())

    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        somebody = place.world.deployment.address("HedgeVotes")
        made = place.sent("gov", "propose", "set-guardian", somebody, role="operator")
    ours = list_proposals(place.world.snapshot())[-1]
    assert int(made["proposal"]) == ours.id == proposal_id(*ours.action.hashed()) != strange
    assert read_state(place.world.snapshot(), ours.id) == "pending"


OTHERS: dict[str, Callable[[list[dict[str, Any]]], None]] = {
    "another contract": lambda found: found[0].update(address="0x" + "12" * 20),
    "a block of the future": lambda found: found[0].update(blockNumber="0xffffff"),
}


@pytest.mark.parametrize("way", OTHERS)
def test_events__not_of_the_question__are_refused(place: Place, tmp_path: Path, way: str) -> None:
    bring(place.world, "# One", "setProposalThreshold", 0)
    with lying_node(place.world.chain.url, created(OTHERS[way])) as node, through(place, tmp_path, node):
        assert_one_line_error(place.run("gov", "list"), 1, "events that were not asked for")


@pytest.mark.parametrize("command", ["gov list", "oracle status", "exposure"])
def test_block__node_gives_another_one__is_refused(place: Place, tmp_path: Path, command: str) -> None:
    number = place.world.chain.head().number - 1

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getBlockByNumber" or asked["params"][0] != hex(number):
            return False
        other = {**asked, "params": [hex(number - 1), False]}
        return answering.result(asked, json.loads(answering.honest(other))["result"])

    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        done = place.run(*command.split(), "--block", str(number))
    assert_one_line_error(done, 1, f"the node answered with block {number - 1}")


def test_safe_create__node_names_another_address__the_safe_is_where_it_was_computed(
    place: Place, tmp_path: Path
) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        asked_for = encode_call("SafeProxyFactory", "createProxyWithNonce", "0x" + "12" * 20, b"", 0).hex[:10]
        named = asked["method"] == "eth_call" and asked["params"][0]["data"].startswith(asked_for)
        return named and len(asked["params"]) == 2 and answering.result(asked, "0x" + "deadbeef".rjust(64, "0"))

    owners = [account(f"guardian-{number}").address for number in (1, 2, 3)]
    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        done = place.sent("safe", "create", *owners, "--salt", "77", role="operator")
    state = read_safe(place.world.snapshot(), done["safe"])
    assert (set(state.owners), state.threshold) == (set(owners), 2)


def test_safe_create__node_takes_nothing_and_names_another_safe__nothing_is_said_to_be_there(
    place: Place, tmp_path: Path
) -> None:
    """The transaction is another one, and its receipt is given for ours: there is no code where the Safe should be."""
    owners = [account(f"guardian-{number}").address for number in (1, 2, 3)]
    sent = []

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_sendRawTransaction":
            sent.append("0x" + keccak(bytes.fromhex(asked["params"][0][2:])).hex())
            return answering.result(asked, sent[0])
        if asked["method"] != "eth_getTransactionReceipt":
            return False
        block = json.loads(answering.honest({**asked, "method": "eth_getBlockByNumber", "params": ["latest", False]}))
        number, digest = block["result"]["number"], block["result"]["hash"]
        sender, factory = account("operator").address, place.world.deployment.address("SafeProxyFactory")
        return answering.result(asked, {
            "transactionHash": sent[0], "transactionIndex": "0x0", "blockHash": digest, "blockNumber": number,
            "from": sender, "to": factory, "cumulativeGasUsed": "0x5208", "gasUsed": "0x5208", "contractAddress": None,
            "logs": [], "logsBloom": "0x" + "00" * 256, "type": "0x2", "status": "0x1", "effectiveGasPrice": "0x1",
        })  # fmt: skip

    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        done = place.run("safe", "create", *owners, "--salt", "78", "--send", role="operator")
    assert_one_line_error(done, 1, "creating a Safe: transaction 0x", "does not answer as a Safe")


def test_safe_create__such_a_safe_is_there__is_refused_dry_and_sent(place: Place) -> None:
    owners = [account(f"guardian-{number}").address for number in (1, 2, 3)]
    made = place.sent("safe", "create", *owners, "--salt", "79", role="operator")["safe"]
    for more in ((), ("--send",)):
        done = place.run("safe", "create", *owners, "--salt", "79", *more, role="operator")
        assert_one_line_error(done, 1)
        assert made in done.err or "refused by the contract" in done.err


def test_oracle_sign__last_round_is_not_the_newest__nothing_is_signed_or_noted(
    project: World, run: Run, tmp_path: Path
) -> None:
    asked_for = encode_call("VolatilityOracle", "lastRound").hex

    def lie(answering: Answering, asked: Asked) -> bool:
        named = asked["method"] == "eth_call" and asked["params"][0]["data"] == asked_for
        return named and answering.result(asked, "0x" + (2**64 - 1).to_bytes(32).hex())

    settings, words = tmp_path / "alvh.toml", ("oracle", "sign", "ETH", "--as", "reporter-1")
    honest = settings.read_text(encoding="utf-8")
    project.deployment.model_copy(update={"rpc_url": None}).save(tmp_path / ".alvh" / "deployment.json")
    with lying_node(project.chain.url, lie) as node:
        settings.write_text(honest.replace(project.chain.url, node.url), encoding="utf-8")
        done = run(*words)
    assert_one_line_error(done, 1, "its last round is 18446744073709551615, and gives round")
    assert not (tmp_path / ".alvh" / "reports").exists()
    settings.write_text(honest, encoding="utf-8")
    assert run(*words).code == 0
    assert len([*(tmp_path / ".alvh" / "reports").rglob("*.json")]) == 1
