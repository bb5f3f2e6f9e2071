"""`alvh deploy` as a user runs it: a dry run, a run that is killed and gone on with, and a proof by somebody else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.chain.node import Chain
from bridge.chain.signers import KEY_VARIABLE
from bridge.chain.ways import RELAY_VARIABLE
from bridge.cli.deploy import app
from bridge.deploy.rehearsal import GAS_PRICE_ORACLE
from bridge.deploy.settings import load_settings
from bridge.deploy.sources import COMPILER
from tests.bridge.conftest import FIRST_KEY
from tests.bridge.deploying import (
    AFTER,
    DEPLOYER,
    Killer,
    bare_chain,
    before,
    deployed,
    governed,
    new_dao,
    settings_text,
    written,
)
from tests.bridge.lying_node import lying_node
from tests.e2e.command import Run

pytestmark = [pytest.mark.e2e, pytest.mark.chain]
FOLDER = Path(".alvh/deploy/8453-test")
STEPS = 12


@pytest.fixture(scope="module")
def base() -> Iterator[tuple[Chain, dict[str, str]]]:
    """Run a chain of Base's id with what is there before us."""
    with bare_chain(8453) as chain:
        yield chain, before(chain)


@pytest.fixture
def chain(base: tuple[Chain, dict[str, str]], tmp_path: Path) -> Iterator[Chain]:
    """Write deploy.toml for the chain, and take back whatever a test did to it."""
    written(tmp_path, settings_text(*base, new_dao()))
    snapshot = base[0].request("evm_snapshot")
    yield base[0]
    base[0].request("evm_revert", snapshot)
    newest = base[0].request("eth_getBlockByNumber", "latest", False)
    base[0].request("anvil_setNextBlockBaseFeePerGas", newest["baseFeePerGas"])  # anvil does not take that back


def test_dry_run__without_a_key__shows_every_transaction_and_sends_nothing(
    chain: Chain, run: Run, tmp_path: Path
) -> None:
    done = run("deploy", "deploy.toml", "--from", DEPLOYER.address)
    assert done.code == 0, done.err
    assert f"{STEPS} transactions of {DEPLOYER.address} on chain 8453" in done.out
    assert "nothing was signed or sent: repeat with --send" in done.out
    told = run("deploy", "deploy.toml", "--from", DEPLOYER.address, "--json").json()
    assert len(told["steps"]) == STEPS
    for step in told["steps"]:
        assert step["address"] in done.out
        assert f"{step['gas']:,}" in done.out
    assert told["gas"] == sum(step["gas"] for step in told["steps"])
    assert 0 < told["cost_now"] < told["cost_most"]
    assert chain.nonces(DEPLOYER) == (0, 0)
    assert not (tmp_path / ".alvh").exists()


def test_dry_run__gas_that_it_says__is_what_the_transactions_use(chain: Chain, run: Run) -> None:
    told = run("deploy", "deploy.toml", "--from", DEPLOYER.address, "--json").json()
    done = run("deploy", "deploy.toml", "--send", "--json", **{KEY_VARIABLE: FIRST_KEY})
    assert done.code == 0, done.err
    for step, sent in zip(told["steps"], done.json()["steps"], strict=True):
        block = chain.request("eth_getBlockByNumber", hex(sent["block"]), False)
        used = int(block["gasUsed"], 16)
        assert abs(used - step["gas"]) < used // 50, step["name"]
        assert sent["address"] == step["address"]


def test_dry_run__on_the_op_stack__has_the_fee_for_data(chain: Chain, run: Run) -> None:
    plain = run("deploy", "deploy.toml", "--from", DEPLOYER.address, "--json").json()
    at = chain.deploy(DEPLOYER, "FalseSafe")
    chain.request("anvil_setCode", GAS_PRICE_ORACLE, "0x" + chain.code(at, chain.head()).hex())
    fee = chain.contract("FalseSafe", GAS_PRICE_ORACLE)
    selector = bytes.fromhex("49948e0e")  # getL1Fee(bytes)
    chain.send(DEPLOYER, "FalseSafe", fee.address, "say", selector, (10**15).to_bytes(32))
    told = run("deploy", "deploy.toml", "--from", DEPLOYER.address, "--json").json()
    more = [new["cost_now"] - new["gas"] * told["fee_gwei"] / 1e9 for new in told["steps"]]
    assert more == pytest.approx([0.001] * STEPS)
    assert len(plain["steps"]) == STEPS


def refused(run: Run, words: str) -> None:
    """Check that the dry run shows the costs, that it ends as the send does, and that no step was sent."""
    dry = run("deploy", "deploy.toml", "--from", DEPLOYER.address)
    sent = run("deploy", "deploy.toml", "--send", **{KEY_VARIABLE: FIRST_KEY})
    said = [done.err.splitlines()[-1] for done in (dry, sent)]
    assert said[0] == said[1]
    assert words in said[0]
    assert (dry.code, sent.code, sent.out) == (1, 1, "")
    assert "in all " in dry.out
    assert "repeat with --send" not in dry.out
    told = run("deploy", "deploy.toml", "--from", DEPLOYER.address, "--json")
    assert (told.code, told.json()["sent"], told.err.splitlines()[-1]) == (1, False, said[0])


def test_deploy__deployer_cannot_pay_for_all__is_refused_dry_and_sent(chain: Chain, run: Run) -> None:
    has = chain.request("eth_getBalance", DEPLOYER.address, "latest")
    chain.request("anvil_setBalance", DEPLOYER.address, "0x0")
    refused(run, f"error: {DEPLOYER.address} has 0 of the chain's coin, and the {STEPS} steps that are left may cost ")
    chain.request("anvil_setBalance", DEPLOYER.address, has)
    assert chain.nonces(DEPLOYER) == (0, 0)


def test_deploy__a_later_step_is_above_a_cap__is_refused_before_the_first(chain: Chain, run: Run) -> None:
    """The Safes would pass, the governor and the ledger would not: that is known before anything is sent."""
    chain.request("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
    chain.request("anvil_mine", "0x1")
    refused(run, "error: the fee of creating HedgeParameters, the dearest of 2 steps above the cap, would be 0.")
    refused(run, "and chain.max_fee_native allows 0.5: nothing was sent; wait, ask another node, or raise the setting")
    assert chain.nonces(DEPLOYER) == (0, 0)


def test_send__killed_and_run_again__is_one_deployment_that_anyone_proves(
    chain: Chain, run: Run, tmp_path: Path
) -> None:
    with lying_node(chain.url) as node:
        for _ in range(2):
            words = [sys.executable, "-m", "bridge", "deploy", "deploy.toml", "--send", "--rpc", node.url]
            process = subprocess.Popen(words, cwd=tmp_path, env={**os.environ, KEY_VARIABLE: FIRST_KEY})
            killer = Killer(AFTER)
            killer.pid, node.lie = process.pid, killer
            assert process.wait(120) == -signal.SIGKILL
    halfway = run("deploy", "deploy.toml", "--from", DEPLOYER.address, "--json").json()
    assert [step["block"] is not None for step in halfway["steps"]] == [True] * 2 + [False] * (STEPS - 2)
    done = run("deploy", "deploy.toml", "--send", **{KEY_VARIABLE: FIRST_KEY})
    assert done.code == 0, done.err
    assert "proven: " in done.out
    assert COMPILER in done.out
    assert FIRST_KEY not in done.out + done.err + (tmp_path / FOLDER / "journal.json").read_text()
    again = run("deploy", "deploy.toml", "--send", "--json", **{KEY_VARIABLE: FIRST_KEY}).json()
    assert again["proven"]
    assert chain.nonces(DEPLOYER)[0] == STEPS
    assert {path.stem for path in (tmp_path / FOLDER / "sources").iterdir()} >= {"HedgeGovernor", "VolatilityOracle"}
    proof = run("deploy", "verify", str(FOLDER / "deployment.json"), "--rpc", chain.url)
    assert proof.code == 0, proof.err
    assert "proven: all " in proof.out
    governor = again["steps"][4]
    assert governor["name"] == "HedgeGovernor"
    code = bytearray(chain.code(governor["address"], chain.head()))
    code[-1] ^= 1
    chain.request("anvil_setCode", governor["address"], "0x" + code.hex())
    wrong = run("deploy", "verify", str(FOLDER / "deployment.json"), "--rpc", chain.url)
    assert wrong.code == 1
    assert "NOT PROVEN: 1 of " in wrong.out
    assert (
        run("deploy", "verify", str(FOLDER / "deployment.json"), "--rpc", chain.url, "--json").json()["proven"] is False
    )


def test_send__beside_a_governor__says_what_the_dao_is_asked(
    chain: Chain, base: tuple[Chain, dict[str, str]], run: Run, tmp_path: Path
) -> None:
    written(tmp_path, settings_text(*base, governed(chain)))
    done = run("deploy", "deploy.toml", "--send", **{KEY_VARIABLE: FIRST_KEY})
    assert done.code == 0, done.err
    assert "the DAO's acceptance reverts unless VolatilityOracle" in done.out
    assert "not proposed: whoever can propose sends these calls, or repeat with --propose" in done.out
    assert (tmp_path / FOLDER / "proposal.json").is_file()
    told = run("deploy", "deploy.toml", "--send", "--propose", "--json", **{KEY_VARIABLE: FIRST_KEY}).json()
    assert told["proposed"].startswith("proposal ")


def test_commands__that_are_refused__say_why_in_one_line(chain: Chain, run: Run, tmp_path: Path) -> None:
    for words, code, said in (
        (("deploy", "none.toml"), 2, "no such file: `alvh deploy init` writes an example"),
        (("deploy", "deploy.toml"), 2, "no key to sign with"),
        (("deploy", "deploy.toml", "--propose"), 2, "--propose sends a proposal: it goes with --send"),
        (("deploy", "deploy.toml", "--as", "operator"), 1, "--as is for the local chain"),
        (("deploy", "verify", "none.json"), 2, "no deployment here"),
        (("deploy", "init", "deploy.toml"), 2, "is there already"),
    ):
        done = run(*words)
        assert (done.code, done.err.count("\n")) == (code, 1), done.err
        assert said in done.err


def test_init__in_an_empty_folder__writes_settings_that_are_read(run: Run, tmp_path: Path) -> None:
    assert run("deploy", "init").code == 0
    assert load_settings(tmp_path / "deploy.toml").name == "main"


def test_help__of_the_group__names_its_commands(run: Run) -> None:
    assert {command.callback.__name__ for command in app.registered_commands if command.callback} == {
        "run",
        "verify",
        "init",
    }
    for words in (("deploy",), ("deploy", "--help")):
        said = run(*words)
        assert "verify" in said.out + said.err
    assert "--renumber" in run("deploy", "run", "--help").out


def test_dao_of_before__deployed_beside_it__is_watched_and_proposed_to_without_an_option(
    base: tuple[Chain, dict[str, str]], chain: Chain, run: Run, tmp_path: Path
) -> None:
    """The commands follow the governor that the deployment file names among its accounts, whose votes count blocks."""
    written(tmp_path, settings_text(*base, governed(chain)))
    done = deployed(tmp_path)
    settings = f'[chain]\nrpc_url = "{chain.url}"\nchain_id = 8453\ndeployment = "{done.path}"\n'
    (tmp_path / "alvh.toml").write_text(settings, encoding="utf-8")
    listed = run("gov", "list", "--json")
    assert (listed.code, listed.json()) == (0, [])
    seen = json.loads(run("watch", "--once", "--json", "--owner", DEPLOYER.address).out)
    assert seen["proposals"] == []
    assert seen["version"] == 1
    reporters = [f"0x{number:040x}" for number in (0x1001, 0x1002, 0x1003)]
    drafted = run("gov", "propose", "set-signers", "ETH", "3", *reporters, "--from", DEPLOYER.address, "--json")
    assert drafted.code == 0, drafted
    content = drafted.json()
    assert content["sent"] is False
    assert content["executable_at"] > chain.head().timestamp + 86_400  # its timelock's day, and blocks of votes


def test_send__relay_of_the_environment__has_every_transaction_and_the_node_none(chain: Chain, run: Run) -> None:
    with lying_node(chain.url) as node, lying_node(chain.url) as relay:
        keys = {KEY_VARIABLE: FIRST_KEY, RELAY_VARIABLE: f"{relay.url}/?key=KEY98765"}
        done = run("deploy", "deploy.toml", "--send", "--rpc", node.url, **keys)
        assert done.code == 0, done.err
        assert len(relay.asked("eth_sendRawTransaction")) == STEPS
        assert node.asked("eth_sendRawTransaction") == []
        assert "KEY98765" not in done.out + done.err
