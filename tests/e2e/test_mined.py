"""Every command that sends says where its transaction is: block, gas and hash, in text and in JSON."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.lying_node import Answering, Asked, failing, lying_node
from tests.bridge.steps import TERMS
from tests.e2e.command import Run
from tests.e2e.places import Place, through
from tests.e2e.test_commands import assert_one_line_error

MINED = re.compile(r"in block (\d+) for ([\d,]+) gas, transaction (0x[0-9a-f]{64})\b")


def proven(world: World, done: dict[str, Any], sender: str) -> None:
    """Check that what a command says of its transaction is what the chain has of it."""
    found = world.chain.request("eth_getTransactionReceipt", done["transaction"])
    assert (int(found["blockNumber"], 16), int(found["gasUsed"], 16)) == (done["block"], done["gas"])
    assert found["from"].lower() == account(sender).address.lower()


def test_steps_of_a_proposal__sent__name_their_transactions(place: Place) -> None:
    world, new = place.world, account("operator").address
    made = place.sent("gov", "propose", "set-guardian", place.world.deployment.address("HedgeVotes"), role="operator")
    proven(world, made, "operator")
    proven(world, place.sent("gov", "delegate", new, role="voter-3"), "voter-3")
    place.pass_time(TERMS.voting_delay + 1)
    for voter in ("voter-1", "operator"):
        proven(world, place.sent("gov", "vote", made["proposal"], "for", role=voter), voter)
    said = place.run("gov", "vote", made["proposal"], "for", "--send", role="voter-2")
    block, gas, digest = MINED.search(said.out).groups()  # type: ignore[union-attr]
    proven(world, {"block": int(block), "gas": int(gas.replace(",", "")), "transaction": digest}, "voter-2")
    place.pass_time(TERMS.voting_period + 1)
    proven(world, place.sent("gov", "queue", made["proposal"], role="outsider"), "outsider")
    place.pass_time(TERMS.timelock_delay + 1)
    proven(world, place.sent("gov", "execute", made["proposal"], role="outsider"), "outsider")
    dry = place.run("gov", "delegate", new, "--json", role="voter-3").json()
    assert not {"transaction", "gas", "block"} & dry.keys()


def test_propose_and_safe_create__sent__name_their_transactions(run: Run, project: World) -> None:
    assert run("plan").code == 0
    text = run("propose", "--as", "operator", "--send")
    assert text.code == 0, text
    assert MINED.search(text.out)
    owners = [account(name).address for name in ("guardian-1", "guardian-2")]
    created = run("safe", "create", *owners, "--threshold", "2", "--as", "operator", "--send", "--json").json()
    proven(project, created, "operator")


def test_step__node_gone_after_it_took_the_transaction__one_line_with_its_hash(place: Place, tmp_path: Path) -> None:
    lie = failing("eth_getTransactionReceipt", -1, lambda answering, asked: answering.error(asked, "gone"))
    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        done = place.run("gov", "delegate", account("operator").address, "--send", role="voter-2")
    assert_one_line_error(done, 1, "was handed over, and then the node failed")
    (found,) = re.findall("0x[0-9a-f]{64}", done.err)
    assert place.world.chain.request("eth_getTransactionReceipt", found)["status"] == "0x1"


def test_step__node_gone_once_it_is_mined__one_line_with_what_was_done_and_its_hash(
    place: Place, tmp_path: Path
) -> None:
    """What fails after a transaction was mined must not look as if nothing had been sent."""
    mined: list[Any] = []

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_getTransactionReceipt":
            mined.append(asked)
            return False
        return bool(mined) and answering.error(asked, {"code": -32000, "message": "upstream is down"})

    for words, role in (
        (("gov", "delegate", account("operator").address, "--send"), "voter-2"),
        (("gov", "delegate", account("operator").address, "--send", "--json"), "voter-3"),
    ):
        mined.clear()
        with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
            done = place.run(*words, role=role)
        assert_one_line_error(done, 1, "upstream is down", "; before that HedgeVotes.delegate was done in block")
        (found,) = re.findall("0x[0-9a-f]{64}", done.err)
        assert place.world.chain.request("eth_getTransactionReceipt", found)["status"] == "0x1"


def test_command__node_that_keeps_it_waiting__one_line_that_names_the_setting(place: Place, tmp_path: Path) -> None:
    def slow(answering: Answering, asked: Asked) -> bool:
        time.sleep(0.02)
        return False

    settings = tmp_path / "alvh.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "max_wait_seconds = 0.1\n", encoding="utf-8")
    with lying_node(place.world.chain.url, slow) as node, through(place, tmp_path, node):
        done = place.run("gov", "list")
    assert_one_line_error(done, 1, "chain.max_wait_seconds allows 0.1 s")
