"""Every command that sends says where its transaction is: block, gas and hash, in text and in JSON."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bridge.chain.signers import KEY_VARIABLE
from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.lying_node import Answering, Asked, failing, lying_node
from tests.bridge.steps import TERMS
from tests.e2e.command import Run
from tests.e2e.places import Place, key_of, through
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


def test_propose__line_cut_once_the_node_took_it__says_that_it_was_sent(place: Place, tmp_path: Path) -> None:
    def cut(answering: Answering, asked: Asked) -> bool:
        answering.honest(asked)
        answering.close_connection = True
        return True

    lie = failing("eth_sendRawTransaction", -1, cut)
    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        done = place.run("gov", "propose", "set-timelock-delay", "259200", "--send", "--json", role="operator")
    assert done.code == 0, done
    assert (done.json()["existed"], done.json()["sent"]) == (False, True)
    proven(place.world, done.json(), "operator")


def test_propose__receipt_that_never_comes__one_line_with_the_hash_and_that_it_is_there(
    place: Place, tmp_path: Path
) -> None:
    lie = failing("eth_getTransactionReceipt", -1, lambda answering, asked: answering.error(asked, "gone"))
    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        done = place.run("gov", "propose", "set-timelock-delay", "259200", "--send", role="operator")
    assert_one_line_error(done, 1, "was handed over", "is there now and is pending: run the command again")
    (found,) = re.findall("0x[0-9a-f]{64}", done.err)
    assert place.world.chain.request("eth_getTransactionReceipt", found)["status"] == "0x1"
    again = place.sent("gov", "propose", "set-timelock-delay", "259200", role="operator")
    assert (again["existed"], again["sent"]) == (True, False)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_step__stopped_while_its_transaction_waits__says_which_one_is_on_its_way(
    place: Place, tmp_path: Path, ending: signal.Signals
) -> None:
    lie = failing("eth_getTransactionReceipt", -1, lambda answering, asked: answering.result(asked, None))
    with lying_node(place.world.chain.url, lie) as node, through(place, tmp_path, node):
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "gov", "delegate", account("operator").address, "--send"],
            cwd=tmp_path,
            env={**os.environ, KEY_VARIABLE: key_of("voter-2")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        deadline = time.monotonic() + 60
        while not node.asked("eth_getTransactionReceipt") and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(ending)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + ending, "")
    (found,) = re.findall("0x[0-9a-f]{64}", err)
    assert err == f"stopped; HedgeVotes.delegate was handed over and may still be mined: transaction {found}\n"
    assert place.world.chain.request("eth_getTransactionReceipt", found)["status"] == "0x1"


@pytest.mark.parametrize(("output", "said"), [("> /dev/full", "error: the output cannot be written: "), ("| true", "")])
def test_step__its_output_cannot_be_written__says_what_was_mined_all_the_same(
    place: Place, tmp_path: Path, output: str, said: str
) -> None:
    words = f"-m bridge gov delegate {account('operator').address} --send {output}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} {words}"],
        cwd=tmp_path,
        env={**os.environ, KEY_VARIABLE: key_of("voter-2")},
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    assert done.stderr.startswith(said)
    (found,) = re.findall("0x[0-9a-f]{64}", done.stderr)
    receipt = place.world.chain.request("eth_getTransactionReceipt", found)
    assert receipt["status"] == "0x1"
    block = int(receipt["blockNumber"], 16)
    assert f"; before that HedgeVotes.delegate was done in block {block}: transaction {found}" in done.stderr


def test_step__terminal_gone_under_nohup__goes_on(place: Place, tmp_path: Path) -> None:
    with lying_node(place.world.chain.url) as node, through(place, tmp_path, node):
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "gov", "delegate", account("operator").address, "--send"],
            cwd=tmp_path,
            env={**os.environ, KEY_VARIABLE: key_of("voter-2")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        )
        deadline = time.monotonic() + 60
        while not node.seen and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert MINED.search(out)
