"""Sending a deployment: cut lines, transactions that wait, are dropped or replaced, re-organisations, other hands."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.chain.node import Chain
from bridge.chain.receipts import HANDED, MINED, done_before
from bridge.chain.signers import local_signer
from bridge.deploy.layout import Step
from bridge.deploy.plan import make_plan
from bridge.deploy.sending import NonceTaken
from bridge.deploy.verify import proven
from bridge.errors import BridgeError, ChainError, PendingTransactions
from bridge.local.accounts import INDEX
from tests.bridge.deploying import (
    DEPLOYER,
    address,
    bare_chain,
    before,
    create_address,
    deployed,
    journal,
    new_dao,
    settings_text,
    stopped_at,
    written,
)
from tests.bridge.lying_node import Answering, Asked, failing, lying_node

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module")
def base() -> Iterator[tuple[Chain, dict[str, str]]]:
    """Run a chain of Base's id with what is there before us."""
    with bare_chain(8453) as chain:
        yield chain, before(chain)


@pytest.fixture
def chain(base: tuple[Chain, dict[str, str]]) -> Iterator[Chain]:
    """Give the chain to one test and take back whatever it did."""
    snapshot = base[0].request("evm_snapshot")
    yield base[0]
    base[0].request("evm_setAutomine", True)
    base[0].request("evm_revert", snapshot)


@pytest.fixture
def folder(chain: Chain, base: tuple[Chain, dict[str, str]], tmp_path: Path) -> Path:
    """Return a folder with the settings of a new DAO."""
    written(tmp_path, settings_text(chain, base[1], new_dao()))
    return tmp_path


def replaced(chain: Chain) -> None:
    """Use the deployer's next nonce for something else."""
    chain.send_raw(DEPLOYER, address("outsider"), "0x", "paying", 1)  # type: ignore[arg-type]


def test_journal__while_it_is_sent__is_whole_and_for_its_owner_alone(folder: Path, chain: Chain) -> None:
    done = deployed(folder)
    kept = journal(folder)
    assert stat.S_IMODE(os.stat(folder / "journal").st_mode) == 0o700
    assert [len(entry.signed) for entry in kept.entries] == [1] * len(kept.entries)
    assert [entry.nonce for entry in kept.entries] == list(range(len(kept.entries)))
    for entry in kept.entries:
        receipt = chain.request("eth_getTransactionReceipt", entry.signed[0])
        assert int(receipt["blockNumber"], 16) == entry.block
        assert entry.name.endswith("Safe") or receipt["contractAddress"].lower() == entry.address.lower()
    assert proven(done.checks)


def test_hash__of_each_transaction__is_in_the_journal_before_it_is_handed_over(folder: Path, chain: Chain) -> None:
    seen = []

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_sendRawTransaction":
            kept = json.loads((folder / "journal" / "journal.json").read_text())
            seen.append([len(step["signed"]) for step in kept["steps"]])
        return False

    with lying_node(chain.url, lie) as node:
        deployed(folder, node.url)
    assert seen == [[1] * (at + 1) + [0] * (len(seen) - at - 1) for at in range(len(seen))]


def test_node__that_is_lost_after_it_took_a_transaction__is_asked_again(folder: Path, chain: Chain) -> None:
    def cut(answering: Answering, asked: Asked) -> bool:
        answering.honest(asked)
        return answering.say(b"", 502)

    with lying_node(chain.url) as node:
        for _ in range(4):
            node.lie = failing("eth_sendRawTransaction", 1, cut)
            with pytest.raises(ChainError):
                deployed(folder, node.url)
        done = deployed(folder, node.url)
    assert chain.nonces(DEPLOYER)[0] == len(done.journal.entries)


@pytest.mark.parametrize("far", [False, True])
def test_receipts__node_names_another_block_each_time__ends_by_name_and_sends_nothing_twice(
    folder: Path, chain: Chain, far: bool
) -> None:
    asked_for = [0]

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getTransactionReceipt":
            return False
        found = json.loads(answering.honest(asked))["result"]
        asked_for[0] += 1
        if found:
            found["blockNumber"] = hex(10**6 if far else 1 + asked_for[0] % 7)
        return answering.result(asked, found)

    began = chain.nonces(DEPLOYER)[0]
    with lying_node(chain.url, lie) as node, pytest.raises(ChainError, match="ask another node"):
        deployed(folder, node.url)
    sent = chain.nonces(DEPLOYER)[0] - began
    done = deployed(folder)
    assert chain.nonces(DEPLOYER)[0] - began == len(done.journal.entries)
    assert sent <= len(done.journal.entries)


def test_transaction__that_waits__is_waited_for_and_not_sent_again(folder: Path, chain: Chain) -> None:
    chain.request("evm_setAutomine", False)

    def mined(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_getTransactionReceipt":
            receipts.append(asked)
            if len(receipts) % 3 == 0:
                chain.request("evm_mine")
        return False

    receipts: list[Asked] = []
    with lying_node(chain.url) as node:
        node.lie = failing("eth_getTransactionReceipt", -1, lambda answering, asked: answering.say(b"", 502))
        with pytest.raises(ChainError):
            deployed(folder, node.url)
        assert chain.nonces(DEPLOYER) == (0, 1)
        node.lie = mined
        node.seen.clear()
        done = deployed(folder, node.url)
        assert len(node.asked("eth_sendRawTransaction")) == len(done.journal.entries) - 1
    assert chain.nonces(DEPLOYER)[0] == len(done.journal.entries)


def test_transaction__that_waits__is_outbid_by_the_same_with_its_nonce(folder: Path, chain: Chain) -> None:
    chain.request("evm_setAutomine", False)
    with lying_node(chain.url) as node:
        node.lie = failing("eth_getTransactionReceipt", -1, lambda answering, asked: answering.say(b"", 502))
        with pytest.raises(ChainError):
            deployed(folder, node.url)
        old = journal(folder).entries[0].signed
        node.lie = lambda answering, asked: asked["method"] == "eth_sendRawTransaction" and mined(answering, asked)

        def mined(answering: Answering, asked: Asked) -> bool:
            body = answering.honest(asked)
            chain.request("evm_mine")
            return answering.say(body)

        done = deployed(folder, node.url, outbid=True)
    first, second = done.journal.entries[0].signed
    assert (first,) == old
    assert chain.request("eth_getTransactionReceipt", first) is None
    assert chain.request("eth_getTransactionReceipt", second)["blockNumber"] == hex(done.journal.entries[0].block or 0)
    assert chain.nonces(DEPLOYER)[0] == len(done.journal.entries)


def test_transaction__that_was_dropped__is_sent_again_with_its_nonce(folder: Path, chain: Chain) -> None:
    with lying_node(chain.url) as node:
        stopped_at(node, chain, folder, 3)
    (lost,) = journal(folder).entries[3].signed
    chain.request("anvil_setNextBlockBaseFeePerGas", hex(3 * 10**9))
    chain.request("evm_mine")
    done = deployed(folder)
    assert done.journal.entries[3].signed[0] == lost
    assert len(done.journal.entries[3].signed) == 2  # the fee is another one now
    assert chain.nonces(DEPLOYER)[0] == len(done.journal.entries)


def test_transaction__that_the_node_keeps_and_refuses__is_taken_as_sent(folder: Path, chain: Chain) -> None:
    def known(answering: Answering, asked: Asked) -> bool:
        answering.honest(asked)
        return answering.error(asked, {"code": -32000, "message": "already known"})

    with lying_node(chain.url, failing("eth_sendRawTransaction", -1, known)) as node:
        assert proven(deployed(folder, node.url).checks)


@pytest.mark.parametrize("sends", [0, 2, 4, 9])
def test_nonce__taken_by_another__stops_and_renumber_goes_on(folder: Path, chain: Chain, sends: int) -> None:
    with lying_node(chain.url) as node:
        stopped_at(node, chain, folder, sends)
    replaced(chain)
    sent = chain.nonces(DEPLOYER)[0]
    for _ in range(2):
        with pytest.raises(NonceTaken, match=f"nonce {sends} of .* was used by another transaction.*--renumber"):
            deployed(folder)
    assert chain.nonces(DEPLOYER)[0] == sent
    old = journal(folder).entries
    done = deployed(folder, renumber=True)
    again = sends - 1 if old[sends].name == "HedgeGovernor" else sends  # a timelock is of the governor after it
    assert done.journal.entries[:again] == old[:again]
    assert [entry.nonce for entry in done.journal.entries[again:]] == list(
        range(sends + 1, sends + 1 + len(old) - again)
    )
    assert proven(done.checks)
    assert [check.what for check in deployed(folder).checks] == [check.what for check in done.checks]


def test_renumber__where_nothing_was_taken__changes_nothing(folder: Path, chain: Chain) -> None:
    with lying_node(chain.url) as node:
        stopped_at(node, chain, folder, 5)
    old = [entry.nonce for entry in journal(folder).entries]
    assert [entry.nonce for entry in deployed(folder, renumber=True).journal.entries] == old


def test_safe__that_somebody_else_creates_meanwhile__is_taken_with_renumber(
    folder: Path, chain: Chain, base: tuple[Chain, dict[str, str]]
) -> None:
    settings = written(folder, settings_text(chain, base[1], new_dao()))
    plan = make_plan(chain, settings, DEPLOYER.address, folder / "journal")
    with lying_node(chain.url) as node:
        stopped_at(node, chain, folder, 1)
    step = plan.layout.steps[1]
    other = local_signer(INDEX["outsider"])
    chain.send_raw(other, step.to, step.data, "creating a Safe")  # type: ignore[arg-type]
    with pytest.raises(NonceTaken, match="steward Safe: somebody else created this Safe"):
        deployed(folder)
    done = deployed(folder, renumber=True)
    assert done.deployment.accounts["steward"] == step.address
    assert "steward Safe" not in [entry.name for entry in done.journal.entries]


def test_transaction__that_is_mined_and_reverts__stops_and_renumber_goes_on(
    folder: Path, chain: Chain, base: tuple[Chain, dict[str, str]]
) -> None:
    settings = written(folder, settings_text(chain, base[1], new_dao()))
    step = make_plan(chain, settings, DEPLOYER.address, folder / "journal").layout.steps[0]
    other, left = local_signer(INDEX["outsider"]), [1]

    def faster(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_sendRawTransaction" and left.pop():
            chain.send_raw(other, step.to, step.data, "creating a Safe")  # type: ignore[arg-type]
        return False

    with lying_node(chain.url, faster) as node, pytest.raises(NonceTaken, match=r"was mined and reverted.*--renumber"):
        deployed(folder, node.url)
    with pytest.raises(NonceTaken, match="was mined and reverted"):
        deployed(folder)
    done = deployed(folder, renumber=True)
    assert done.deployment.accounts["guardian"] == step.address
    assert [entry.nonce for entry in done.journal.entries] == list(range(1, 12))


def test_safe__that_is_there_already__is_no_step(
    folder: Path, chain: Chain, base: tuple[Chain, dict[str, str]]
) -> None:
    settings = written(folder, settings_text(chain, base[1], new_dao()))
    plan = make_plan(chain, settings, DEPLOYER.address, folder / "journal")
    step = plan.layout.steps[0]
    chain.send_raw(local_signer(INDEX["outsider"]), step.to, step.data, "creating a Safe")  # type: ignore[arg-type]
    again = make_plan(chain, settings, DEPLOYER.address, folder / "journal")
    assert [each.name for each in again.layout.steps] == [each.name for each in plan.layout.steps][1:]
    assert again.layout.deployment.accounts["guardian"] == step.address
    assert any("guardian's Safe is there already" in words for words in again.remarks)


def test_transaction__of_the_account_on_its_way__stops_before_anything_is_sent(folder: Path, chain: Chain) -> None:
    chain.request("evm_setAutomine", False)
    chain.request("eth_sendTransaction", {"from": DEPLOYER.address, "to": address("outsider"), "value": "0x1"})
    with pytest.raises(PendingTransactions):
        deployed(folder)
    assert journal(folder) is None
    chain.request("evm_mine")
    chain.request("evm_setAutomine", True)
    with lying_node(chain.url) as node:
        stopped_at(node, chain, folder, 2)
    chain.request("evm_setAutomine", False)
    chain.request("eth_sendTransaction", {"from": DEPLOYER.address, "to": address("outsider"), "value": "0x2"})
    with pytest.raises(PendingTransactions):
        deployed(folder)


def test_reorganisation__that_takes_the_last_transactions_back__sends_them_again(folder: Path, chain: Chain) -> None:
    text = (folder / "deploy.toml").read_text()
    written(folder, text.replace("confirmations = 1", "confirmations = 3"))
    heads = list[int]()

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getBlockByNumber" or asked["params"][0] != "latest":
            return False
        if chain.nonces(DEPLOYER)[0] == 12 and not heads:
            chain.request("anvil_reorg", 3, [])
            chain.request("anvil_dropAllTransactions")
            heads.append(chain.nonces(DEPLOYER)[0])
        if heads:
            chain.request("evm_mine")
        return False

    with lying_node(chain.url, lie) as node:
        done = deployed(folder, node.url)
    assert heads[0] < 12
    assert chain.nonces(DEPLOYER)[0] == len(done.journal.entries) == 12
    assert proven(done.checks)


def test_confirmations__that_are_waited_for__are_told_as_they_come(folder: Path, chain: Chain) -> None:
    text = (folder / "deploy.toml").read_text()
    written(folder, text.replace("confirmations = 1", "confirmations = 3"))
    told = list[str]()

    def hear(step: Step, words: str) -> None:
        if "deep" in words:
            told.append(f"{step.nonce}: {words}")
            chain.request("evm_mine")

    done = deployed(folder, told=hear)
    last = done.journal.entries[-1].nonce
    assert told == [f"{last}: 1 of 3 blocks deep", f"{last}: 2 of 3 blocks deep"]


def test_proof__that_fails__names_what_is_wrong_and_writes_no_address_file(folder: Path, chain: Chain) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_getTransactionCount" and chain.nonces(DEPLOYER)[0] == 11:
            votes = create_address(DEPLOYER.address, 2)
            chain.request("anvil_setCode", votes, "0x60")
        return False

    with lying_node(chain.url, lie) as node, pytest.raises(BridgeError, match="not safe: code of HedgeVotes"):
        deployed(folder, node.url)
    assert not (folder / "journal" / "deployment.json").exists()


def test_done_before__steps_were_mined__none_of_them_is_said_to_wait(folder: Path, chain: Chain) -> None:
    """Whatever ends a run between two steps, and one whose own transaction was outbid or reverted."""
    HANDED.clear(), MINED.clear()
    with lying_node(chain.url) as node:
        stopped_at(node, chain, folder, 2)
    second = journal(folder).entries[1]
    said = f"; before that creating {second.name} was done in block {second.block}, the last of 2 transactions"
    assert done_before() == f"{said}: transaction {second.signed[-1]}"
    deployed(folder)
    assert HANDED == {}
    assert len({sent for _, sent, _ in MINED}) == len(MINED) == len(journal(folder).entries)


@pytest.mark.prop
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=5))
def test_deployment__cut_off_anywhere_any_number_of_times__is_one(
    base: tuple[Chain, dict[str, str]], tmp_path_factory: pytest.TempPathFactory, cuts: list[tuple[int, bool]]
) -> None:
    chain, found = base
    folder, snapshot = tmp_path_factory.mktemp("cut"), chain.request("evm_snapshot")
    written(folder, settings_text(chain, found, new_dao()))
    with lying_node(chain.url) as node:
        for at, forwarded in cuts:
            left = [at]

            def cut(answering: Answering, asked: Asked, left: list[int] = left, forwarded: bool = forwarded) -> bool:
                left[0] -= 1
                if left[0] >= 0:
                    return False
                if forwarded:
                    answering.honest(asked)
                return answering.say(b"", 502)

            node.lie = cut
            with suppress(ChainError):
                deployed(folder, node.url)
        node.lie = lambda answering, asked: False
        done = deployed(folder, node.url)
    assert chain.nonces(DEPLOYER) == (12, 12)
    assert proven(done.checks)
    chain.request("evm_revert", snapshot)
