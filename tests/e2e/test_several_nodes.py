"""Commands with several nodes, a chain of other numbers, or nowhere to keep events: right, or one line says why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.chain.place import VARIABLE
from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node
from tests.bridge.shifted_node import SHIFT, shifted_node
from tests.bridge.two_nodes import invented
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

KEY = "KEY98765"


@pytest.fixture
def second(project: World, tmp_path: Path) -> Iterator[LyingNode]:
    """Run a second node, which the settings name beside the first, with a key in its URL."""
    with lying_node(project.chain.url) as node:
        text = f'[chain]\nrpc_url = "{project.chain.url}"\nrpc_urls = ["{node.url}/v3/{KEY}"]\n'
        (tmp_path / "alvh.toml").write_text(text, encoding="utf-8")
        yield node


def lies_about_balances(answering: Answering, asked: Asked) -> bool:
    """Add a unit to the last word of what the lens answers."""
    if asked["method"] != "eth_call" or len(asked["params"]) < 3:
        return False
    word = json.loads(answering.honest(asked))["result"]
    return answering.result(asked, word[:-1] + ("1" if word[-1] == "0" else "0"))


def shown(done: Any) -> Any:
    assert done.code == 0, done
    assert KEY not in done.out + done.err
    return done.json()


def test_exposure__second_node_lies_about_a_balance__no_number_is_shown(run: Run, second: LyingNode) -> None:
    plain = shown(run("exposure", "--json"))
    assert plain["positions"]
    second.lie = lies_about_balances
    done = run("exposure", "--json")
    assert_one_line_error(done, 1, "say different things: none of their numbers was used")
    assert KEY not in done.out + done.err
    assert second.url in done.err


def test_exposure__second_node_is_dead__is_shown_with_a_warning(run: Run, second: LyingNode) -> None:
    plain = shown(run("exposure", "--json"))
    second.lie = lambda answering, asked: answering.say(b"", 502)
    done = run("exposure", "--json")
    assert shown(done) == plain
    assert f"warning: a node is left aside: no node answers at {second.url} (HTTP 502)" in done.err
    assert "warning: no second node confirms what the one at" in done.err


def test_exposure__events_cannot_be_kept__is_the_same(run: Run, project: World, tmp_path: Path) -> None:
    project.chain.request("anvil_mine", hex(1100))
    kept = tmp_path / ".alvh" / "logs"
    kept.write_text("no folder", encoding="utf-8")
    done = run("exposure", "--json")
    plain = shown(done)
    assert done.err.count("warning: events are not kept, and read again next time") == 1
    kept.unlink()
    assert shown(run("exposure", "--json")) == plain  # read, and kept
    assert list(kept.glob("31337/*/*.parquet"))
    assert shown(run("exposure", "--json")) == plain  # from what was kept


def test_exposure__number_is_another_chains__is_the_same(run: Run, project: World, tmp_path: Path) -> None:
    plain = shown(run("exposure", "--json"))
    first = project.deployment.start_block + SHIFT, project.deployment.deployed_at + SHIFT
    moved = project.deployment.model_copy(update={"start_block": first[0], "deployed_at": first[1]})
    moved.save(tmp_path / ".alvh" / "deployment.json")
    with shifted_node(project.chain) as node:
        (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{node.url}"\n', encoding="utf-8")
        found = shown(run("exposure", "--json"))
    assert found["positions"] == plain["positions"]


@pytest.fixture
def forger(second: LyingNode, project: World) -> LyingNode:
    """Change a byte of the governor's code on the chain; a node goes on saying what was there before."""
    governor = project.deployment.contracts["HedgeGovernor"]
    right = project.chain.code(governor, project.chain.head())
    project.chain.request("anvil_setCode", governor, "0x" + right[:-1].hex() + f"{right[-1] ^ 1:02x}")

    def lie(answering: Answering, asked: Asked) -> bool:
        named = str(asked["params"][0]).lower() if asked["params"] else ""
        forged = asked["method"] == "eth_getCode" and named == governor.lower()
        return forged and answering.result(asked, "0x" + right.hex())

    second.lie = lie
    return second


@pytest.mark.parametrize("main_lies", [True, False])
def test_deploy_verify__one_of_two_nodes_lies_about_code__proves_nothing(
    run: Run, project: World, forger: LyingNode, tmp_path: Path, main_lies: bool
) -> None:
    """Whichever of them is asked first: as `gov roles` and `doctor`, it believes neither."""
    urls = [f"{forger.url}/v3/{KEY}", project.chain.url]
    chain = f"[chain]\nrpc_urls = {json.dumps(urls if main_lies else urls[::-1])}\n"
    (tmp_path / "alvh.toml").write_text(chain, encoding="utf-8")
    project.deployment.model_copy(update={"rpc_url": None}).save(tmp_path / "published.json")
    done = run("deploy", "verify", "published.json")
    assert_one_line_error(done, 1, "say different things: none of their numbers was used")
    assert "proven" not in done.out
    assert KEY not in done.out + done.err


def test_deploy_verify__one_node_alone__says_that_nobody_confirms_it(
    run: Run, project: World, forger: LyingNode, tmp_path: Path
) -> None:
    """A node that lies alone is believed: by the option, by the environment, by settings that name no other."""
    project.deployment.model_copy(update={"rpc_url": None}).save(tmp_path / "published.json")
    alone = f"warning: no second node confirms what the one at {forger.url} says\n"
    by_option = run("deploy", "verify", "published.json", "--rpc", forger.url)
    assert ("proven: all " in by_option.out, by_option.code, by_option.err) == (True, 0, alone)
    (tmp_path / "alvh.toml").unlink()
    by_environment = run("deploy", "verify", "published.json", **{VARIABLE: f"{forger.url}/v3/{KEY}"})
    assert (by_environment.code, by_environment.err) == (0, alone)


def test_deploy_verify__two_nodes_say_the_same__is_proven_without_a_warning(
    run: Run, project: World, second: LyingNode, tmp_path: Path
) -> None:
    done = run("deploy", "verify", str(Path(".alvh", "deployment.json")))
    assert (done.code, done.err) == (0, ""), done
    assert second.asked("eth_getCode")


def test_doctor__second_node_is_dead__names_it(run: Run, second: LyingNode) -> None:
    second.lie = lambda answering, asked: answering.say(b"", 502)
    rows = [row for row in run("doctor", "--json").json() if row["what"] == "other nodes"]
    assert len(rows) == 2
    assert f"a node is left aside: no node answers at {second.url}" in rows[0]["found"]
    assert "no second node confirms" in rows[1]["found"]


@pytest.mark.parametrize("status", ["0x0", "0x1"])
def test_delegate__main_node_keeps_the_transaction_and_invents_its_receipt__is_no_done(
    run: Run, project: World, tmp_path: Path, status: str
) -> None:
    with lying_node(project.chain.url, invented(status)) as liar:
        text = f'[chain]\nrpc_urls = ["{liar.url}", "{project.chain.url}"]\n'
        (tmp_path / "alvh.toml").write_text(text, encoding="utf-8")
        done = run("gov", "delegate", account("operator").address, "--as", "voter-2", "--send")
    assert_one_line_error(done, 1, "have different receipts of it: it may be done or not, ask another node by its hash")
    (sent,) = re.findall("0x[0-9a-f]{64}", done.err)
    assert "done" not in done.out
    assert project.chain.request("eth_getTransactionReceipt", sent)["status"] == "0x1"  # the honest one was given it
