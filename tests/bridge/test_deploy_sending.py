"""Sending a deployment: cut lines, transactions that wait, are dropped or replaced, re-organisations, other hands."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.chain.node import Chain, connect
from bridge.chain.signers import local_signer
from bridge.deploy.journal import held_folder, load_journal
from bridge.deploy.plan import make_plan
from bridge.deploy.sending import NonceTaken
from bridge.deploy.verify import proven
from bridge.errors import BadFile, BridgeError, ChainError, FeeTooHigh, PendingTransactions, RefusedAction
from bridge.local.accounts import INDEX
from tests.bridge.deploying import (
    DEPLOYER,
    address,
    bare_chain,
    before,
    create_address,
    deployed,
    new_dao,
    owners,
    safe_dao,
    settings_text,
    written,
)
from tests.bridge.lying_node import Answering, Asked, LyingNode, failing, lying_node

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


def journal(folder: Path) -> Any:
    return load_journal(folder / "journal" / "journal.json")


def stopped_at(node: LyingNode, chain: Chain, folder: Path, sends: int) -> None:
    """Let a run end after so many transactions that were taken; the next one is lost on the way."""
    left = [sends]

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_sendRawTransaction":
            return False
        left[0] -= 1
        return left[0] < 0 and answering.error(asked, {"code": -32000, "message": "txpool is full"})

    node.lie = lie
    with pytest.raises(BridgeError, match="txpool is full"):
        deployed(folder, node.url)
    node.lie = lambda answering, asked: False
    assert sum(entry.block is not None for entry in journal(folder).entries) == sends


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
    replaced(chain)
    done = deployed(folder, renumber=True)
    assert done.deployment.accounts["steward"] == step.address
    assert "steward Safe" not in [entry.name for entry in done.journal.entries]


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


def test_settings__that_changed__are_refused_by_name(folder: Path, chain: Chain) -> None:
    text = (folder / "deploy.toml").read_text()
    with lying_node(chain.url) as node:
        stopped_at(node, chain, folder, 2)
    for old, new, place in (
        ("targetCvarBps = 250", "targetCvarBps = 251", "values.targetCvarBps"),
        ("= 200000", "= 200001", "dao.holders."),
        ('automation = "ETH"', "", "automation"),
        (address("reporter-1"), address("outsider"), "reporters"),
    ):
        written(folder, text.replace(old, new))
        with pytest.raises(RefusedAction, match=f"{place}.* is not what it was when this deployment began"):
            deployed(folder)
    written(folder, text.replace("confirmations = 1", "confirmations = 1\nmax_fee_gwei = 400"))
    assert proven(deployed(folder).checks)


def test_deployer__another_one__is_refused(folder: Path, chain: Chain) -> None:
    deployed(folder)
    settings = written(folder, (folder / "deploy.toml").read_text())
    with pytest.raises(RefusedAction, match="began this deployment"):
        make_plan(chain, settings, address("outsider"), folder / "journal")


def test_chain__that_began_anew__is_refused(folder: Path, chain: Chain) -> None:
    deployed(folder)
    path = folder / "journal" / "journal.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"since_hash": "0x" + "12" * 32}))
    with pytest.raises(RefusedAction, match="is another one now"):
        deployed(folder)


def test_program__that_would_create_something_else__is_refused(folder: Path, chain: Chain) -> None:
    deployed(folder)
    path = folder / "journal" / "journal.json"
    kept = json.loads(path.read_text())
    kept["steps"][4]["content"] = "0x" + "12" * 32
    path.write_text(json.dumps(kept))
    with pytest.raises(RefusedAction, match="would create another HedgeGovernor"):
        deployed(folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "steps": [1]}', "\x00", '{"format": NaN}']
)
def test_journal__that_is_none__is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal.json"
    path.write_text(text)
    with pytest.raises(BadFile, match="not the journal of a deployment"):
        load_journal(path)


def test_journal__that_cannot_be_written__sends_nothing(folder: Path, chain: Chain) -> None:
    (folder / "journal").mkdir(mode=0o700)
    (folder / "journal" / "journal.json").mkdir()
    with pytest.raises(BadFile):
        deployed(folder)
    assert chain.nonces(DEPLOYER) == (0, 0)


def test_folder__that_others_may_look_into__is_refused(folder: Path, chain: Chain) -> None:
    (folder / "journal").mkdir(mode=0o755)
    with pytest.raises(BadFile, match="chmod 700"):
        deployed(folder)


def test_folder__that_another_run_holds__is_refused(folder: Path, chain: Chain) -> None:
    with held_folder(folder / "journal"), pytest.raises(BadFile, match="another run works in this folder"):
        deployed(folder)


def test_fee__above_the_settings__sends_nothing(folder: Path, chain: Chain) -> None:
    text = (folder / "deploy.toml").read_text()
    written(folder, text.replace("max_tip_gwei = 100", "max_tip_gwei = 100\nmax_fee_gwei = 0.000001"))
    with pytest.raises(FeeTooHigh):
        deployed(folder)
    assert chain.nonces(DEPLOYER) == (0, 0)


def test_deployer__without_enough__is_told_how_much(folder: Path, chain: Chain) -> None:
    chain.request("anvil_setBalance", DEPLOYER.address, hex(10**15))
    with pytest.raises(ChainError, match=r"has 0\.001 of the chain's coin, and all steps may cost .* nothing was sent"):
        deployed(folder)
    assert journal(folder) is None


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


def test_proof__that_fails__names_what_is_wrong_and_writes_no_address_file(folder: Path, chain: Chain) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_getTransactionCount" and chain.nonces(DEPLOYER)[0] == 11:
            votes = create_address(DEPLOYER.address, 2)
            chain.request("anvil_setCode", votes, "0x60")
        return False

    with lying_node(chain.url, lie) as node, pytest.raises(BridgeError, match="not safe: code of HedgeVotes"):
        deployed(folder, node.url)
    assert not (folder / "journal" / "deployment.json").exists()


def test_rehearsal__of_a_constructor_that_refuses__names_its_error(folder: Path, chain: Chain) -> None:
    text = (folder / "deploy.toml").read_text()
    for section, error in (
        ("[terms]\noracle_quorum = 2", "creating VolatilityOracle BTC .*QuorumTooLow"),
        ("[terms]\ntimelock_delay = 60", "creating HedgeTimelock .*TimelockDelayTooShort"),
        ("[limits.targetCvarBps]\nmax = 10", "creating HedgeParameters .*"),
    ):
        written(folder, text + section)
        with pytest.raises(ChainError, match=error):
            deployed(folder)
    assert chain.nonces(DEPLOYER) == (0, 0)
    assert journal(folder) is None


def test_roles__of_one_address__are_refused(folder: Path, chain: Chain, base: tuple[Chain, dict[str, str]]) -> None:
    dao = safe_dao(chain, base[1])
    safe = dao.split('"')[-2]
    text = settings_text(chain, base[1], dao).replace(f"owners = [{owners('guardian')}]", f'address = "{safe}"')
    written(folder, text)
    with pytest.raises(RefusedAction, match="no account may hold two roles"):
        deployed(folder)


def test_connection__to_another_chain__is_refused(chain: Chain) -> None:
    with pytest.raises(ChainError, match="serves chain 8453"):
        connect(chain.url, 1)


@pytest.mark.prop
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
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
