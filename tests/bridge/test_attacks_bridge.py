"""Attack 27 of the design, on the bridge itself: whatever happens around it, there is exactly one proposal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.alerts.watch import watch
from bridge.chain.pending import clear_pending
from bridge.config import Config
from bridge.errors import ChainError, PendingTransactions, RefusedAction, Reorganised
from bridge.governance.governor import Proposal, list_proposals
from bridge.governance.journal import read_journal
from bridge.governance.proposals import note_proposal, send_proposal
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from tests.bridge.steps import draft, found, plan_now, propose

PROPOSE = ("propose", "--as", "operator", "--send", "--json")
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
CRASH = {
    "after the receipt, before the journal": f"bridge.governance.proposals.note_proposal = lambda *_: {KILL}",
    "after the send, before the receipt": f"web3.eth.Eth.wait_for_transaction_receipt = lambda *_, **__: {KILL}",
}


@pytest.fixture
def folder(world: World, record: PlanRecord, tmp_path: Path) -> Path:
    """Return a folder as an operator has it: settings, deployment, a plan."""
    world.deployment.save(tmp_path / ".alvh" / "deployment.json")
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{world.chain.url}"\n', encoding="utf-8")
    record.save(tmp_path / ".alvh")
    return tmp_path


def start(folder: Path, *words: str, patch: str = "") -> subprocess.Popen[str]:
    """Start a bridge as a process of its own, with one place of it changed where a crash is wanted."""
    code = f"import os, signal, web3.eth, bridge.governance.proposals\n{patch}\nfrom bridge.cli import main\nmain()"
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code, *words], cwd=folder, stdout=pipe, stderr=pipe, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, Any, str]:
    """Return exit code, JSON answer (None without one) and error line."""
    out, err = process.communicate(timeout=120)
    return process.returncode, json.loads(out) if process.returncode == 0 else None, err


def proposals(world: World) -> list[Proposal]:
    return list_proposals(world.snapshot())


@contextmanager
def mining_every(world: World, seconds: int | None) -> Iterator[None]:
    """Mine by the clock as a public chain does, or not at all; afterwards mine what is left."""
    request = world.chain.request
    request("evm_setAutomine", False)
    if seconds:
        request("evm_setIntervalMining", seconds)
    try:
        yield
    finally:
        request("evm_setIntervalMining", 0)
        request("evm_mine")
        request("evm_setAutomine", True)


def test_attack_27__two_bridges_at_once__one_proposal_and_the_other_says_why(world: World, folder: Path) -> None:
    with mining_every(world, 2):
        done = [finish(bridge) for bridge in [start(folder, *PROPOSE), start(folder, *PROPOSE)]]
    sent = [answer for code, answer, _ in done if code == 0 and answer["sent"]]
    others = [(code, answer, err) for code, answer, err in done if not (code == 0 and answer["sent"])]
    assert len(sent) == len(others) == 1, done
    (code, answer, err) = others[0]
    found_it = code == 0 and not answer["sent"]
    told = code == 1 and "transaction on the way" in err and len(err.strip().splitlines()) == 1
    assert found_it or told, others
    assert [proposal.state for proposal in proposals(world)] == ["pending"]
    code, answer, _ = finish(start(folder, *PROPOSE))
    assert (code, answer["existed"], answer["sent"]) == (0, True, False)
    assert len(proposals(world)) == 1


def test_attack_27__another_bridge_of_the_same_account_is_sending__named_and_nothing_is_replaced(
    world: World, record: PlanRecord
) -> None:
    first, operator = draft(world, record), account("operator")
    mined = world.chain.web3.eth.get_transaction_count(operator.address)
    with mining_every(world, None):
        world.chain.request("eth_sendRawTransaction", raw_proposal(world, first, mined))
        with pytest.raises(PendingTransactions, match="wait until they are mined and run it again") as caught:
            send_proposal(world.snapshot(), operator, draft(world, record))
    assert (caught.value.nonce, caught.value.count) == (mined, 1)
    assert [proposal.id for proposal in proposals(world)] == [first.id]
    assert not send_proposal(world.snapshot(), operator, draft(world, record))


def raw_proposal(world: World, made: Any, nonce: int) -> str:
    """Sign the transaction of a draft's proposal as another bridge would."""
    governor = world.chain.contract("HedgeGovernor", world.deployment.address("HedgeGovernor"))
    action = made.action
    arguments = [action.targets, action.values, action.calldatas, action.description]
    data = governor.encode_abi("propose", args=arguments)
    rest = {"chainId": world.chain.chain_id, "nonce": nonce, "to": governor.address, "data": data, "gas": 1_000_000}
    return "0x" + account("operator").sign_transaction(world.chain.fees() | rest).hex()  # type: ignore[operator]


@pytest.mark.parametrize("where", CRASH)
def test_attack_27__killed_between_send_and_record__restart_finds_it_and_records_it(
    world: World, folder: Path, where: str
) -> None:
    code, _, _ = finish(start(folder, *PROPOSE, patch=CRASH[where]))
    assert code == -signal.SIGKILL
    (there,) = proposals(world)
    assert read_journal(folder / ".alvh", world.chain.chain_id) == []
    code, answer, _ = finish(start(folder, *PROPOSE))
    assert (code, answer["existed"], answer["sent"], answer["proposal"]) == (0, True, False, str(there.id))
    assert [entry.id for entry in read_journal(folder / ".alvh", world.chain.chain_id)] == [str(there.id)]
    assert len(proposals(world)) == 1


def test_attack_27__killed_while_its_transaction_waits__restart_waits_for_it(world: World, folder: Path) -> None:
    with mining_every(world, None):
        code, _, _ = finish(start(folder, *PROPOSE, patch=CRASH["after the send, before the receipt"]))
        assert code == -signal.SIGKILL
        code, _, err = finish(start(folder, *PROPOSE))
        assert (code, "has 1 transaction on the way" in err) == (1, True)
        assert proposals(world) == []
    code, answer, _ = finish(start(folder, *PROPOSE))
    assert (code, answer["existed"], answer["sent"]) == (0, True, False)
    assert len(proposals(world)) == 1


def test_attack_27__reorganisation_takes_the_proposal__is_warned_of_and_brought_again(
    world: World, record: PlanRecord, tmp_path: Path
) -> None:
    made, operator = draft(world, record), account("operator")
    assert send_proposal(world.snapshot(), operator, made)
    note_proposal(world.chain, made, operator.address, tmp_path)
    world.chain.request("anvil_reorg", 1, [])
    assert proposals(world) == []
    config = Config(state=tmp_path)
    found = watch(world.snapshot(), config, world.deployment.address("lp"))
    (text,) = (alert.text for alert in found.alerts if alert.kind == "lost")
    assert text.startswith(str(made.id)[:10])
    again = draft(world, record)
    assert (again.id, again.state) == (made.id, None)
    assert send_proposal(world.snapshot(), operator, again)
    assert [proposal.id for proposal in proposals(world)] == [made.id]
    found = watch(world.snapshot(), config, world.deployment.address("lp"))
    assert not {"lost", "foreign"} & {alert.kind for alert in found.alerts}


def test_attack_27__reorganisation_while_it_reads__nothing_is_sent(world: World, record: PlanRecord) -> None:
    advance_time(world.chain, 10)
    snapshot = world.snapshot()
    world.chain.request("anvil_reorg", 1, [])
    assert world.chain.at(snapshot.block.number).hash != snapshot.block.hash
    from bridge.governance.proposals import draft_proposal

    with pytest.raises(Reorganised, match="nothing was used, run it again"):
        draft_proposal(snapshot, record, 14 * 86_400, account("operator").address)


def test_attack_27__block_of_the_plan_reorganised__plan_is_refused(world: World) -> None:
    advance_time(world.chain, 10)
    plan = plan_now(world, Config()).record
    world.chain.request("anvil_reorg", 1, [])
    with pytest.raises(Reorganised):
        draft(world, plan)


def test_attack_27__stuck_transaction__replaced_at_a_higher_fee_and_the_proposal_goes_once(
    world: World, record: PlanRecord
) -> None:
    operator = account("operator")
    mined = world.chain.web3.eth.get_transaction_count(operator.address)
    fees = world.chain.fees()
    with mining_every(world, None):
        for nonce in (mined, mined + 1):
            rest = {"chainId": 31337, "nonce": nonce, "to": account("lp").address, "value": 1, "gas": 21_000}
            raw = "0x" + operator.sign_transaction(fees | rest).hex()  # type: ignore[operator]
            world.chain.request("eth_sendRawTransaction", raw)
        with pytest.raises(PendingTransactions, match=rf"has 2 transactions on the way from nonce {mined}: .*unstick"):
            send_proposal(world.snapshot(), operator, draft(world, record))
        world.chain.request("evm_setIntervalMining", 1)
        held = world.chain.web3.eth.get_balance(account("lp").address)
        assert len(clear_pending(world.chain, operator)) == 2
    assert world.chain.web3.eth.get_balance(account("lp").address) == held
    propose(world, record)
    assert len(proposals(world)) == 1
    with pytest.raises(RefusedAction, match="has no transaction on the way"):
        clear_pending(world.chain, operator)


def test_attack_27__gap_in_the_nonces__proposal_fills_it_and_is_sent_once(world: World, record: PlanRecord) -> None:
    operator = account("operator")
    mined = world.chain.web3.eth.get_transaction_count(operator.address)
    later = raw_proposal(world, draft(world, record), mined + 1)
    world.chain.request("eth_sendRawTransaction", later)
    number = propose(world, record)
    world.chain.request("evm_mine")
    assert [proposal.id for proposal in proposals(world)] == [number]
    assert found(world, number).state == "pending"


def test_attack_27__replacement_refused_again_and_again__is_the_nodes_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.chain.pending.MOST_DOUBLINGS", 1)
    operator = account("operator")
    dear = dict.fromkeys(("maxFeePerGas", "maxPriorityFeePerGas"), 2**40)
    mined = world.chain.web3.eth.get_transaction_count(operator.address)
    rest = {"chainId": 31337, "nonce": mined, "to": account("lp").address, "value": 1, "gas": 21_000}
    with mining_every(world, None):
        world.chain.request("eth_sendRawTransaction", "0x" + operator.sign_transaction(dear | rest).hex())  # type: ignore[arg-type]
        with pytest.raises(ChainError, match="the node refused it: replacement transaction underpriced"):
            clear_pending(world.chain, operator)
