"""A Safe transaction from file to file: what a hand changes is found, and only its owners' signatures count."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chain.signers import Sender
from bridge.errors import BadFile, ContractReverted, GuardRefused, RefusedAction, UntrustedNumber
from bridge.local.accounts import account, accounts
from bridge.local.world import World
from bridge.safe.multisig import (
    build_safe_transaction,
    join_signatures,
    read_safe,
    rehearse_call,
    rehearse_safe_transaction,
    require_executable,
    send_safe_transaction,
    sign_safe_transaction,
)
from bridge.safe.records import SafeRecord, load_safe_record, merge_records
from bridge.safe.transactions import SafeTransaction
from tests.bridge.safes import BEFORE, guarded, refusing, said
from tests.bridge.steps import WHOLE, act_through_safe, parameters_call

OWNERS = accounts("guardian")


def pausing(world: World, nonce: int | None = None) -> SafeTransaction:
    safe = world.deployment.address("guardian")
    return build_safe_transaction(world.snapshot(), safe, parameters_call(world, "pause"), nonce)


def record_of(transaction: SafeTransaction, signed: int) -> SafeRecord:
    record = SafeRecord("pause", transaction, {})
    for owner in OWNERS[:signed]:
        record = record.signed(owner)
    return record


@pytest.fixture
def plain() -> SafeTransaction:
    """Return a transaction that needs no chain."""
    return SafeTransaction(5, account("lp").address, account("trader").address, "0x8456cb59", 7)  # type: ignore[arg-type]


def written(file: Path, record: SafeRecord, **changes: Any) -> Path:
    """Save a record with some of its fields changed by hand."""
    record.save(file)
    content = json.loads(file.read_text(encoding="utf-8")) | changes
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_load__as_saved__is_equal_and_signatures_ascend(tmp_path: Path, plain: SafeTransaction) -> None:
    record = record_of(plain, 3)
    file = record.save(tmp_path / "deep" / "pause.json")
    assert load_safe_record(file) == record
    owners = list(json.loads(file.read_text(encoding="utf-8"))["signatures"])
    assert owners == sorted(owners, key=lambda owner: int(owner, 16))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": "0x3f4ba83a"}, "its hash is not that of its call"),
        ({"nonce": 8}, "its hash is not that of its call"),
        ({"safe": "0x" + "11" * 20}, "its hash is not that of its call"),
        ({"chain_id": 1}, "its hash is not that of its call"),
        ({"digest": "0x" + "00" * 32}, "its hash is not that of its call"),
        ({"format": 3}, "not a Safe transaction of format 2"),
        ({"value": -1}, "value and operation are -1"),
        ({"value": 2**256}, "value and operation are"),
        ({"operation": 2}, "value and operation are 0 and 2"),
        ({"operation": True}, "value and operation are 0 and True"),
        ({"value": 1}, "its hash is not that of its call"),
        ({"operation": 1}, "its hash is not that of its call"),
        ({"nonce": "7"}, "chain id and nonce are"),
        ({"nonce": -1}, "chain id and nonce are"),
        ({"data": "pause"}, "data is 'pause'"),
        ({"data": "0x8456cb5"}, "not a Safe transaction"),
        ({"to": "0x12"}, "to is '0x12'"),
        ({"signatures": []}, "not a Safe transaction"),
        ({"signatures": {"0x12": "0x"}}, "not a Safe transaction"),
    ],
)
def test_load__changed_by_hand__is_refused_with_the_reason(
    tmp_path: Path, plain: SafeTransaction, changes: dict[str, Any], words: str
) -> None:
    file = written(tmp_path / "pause.json", record_of(plain, 1), **changes)
    with pytest.raises(BadFile, match=words) as caught:
        load_safe_record(file)
    assert str(file) in str(caught.value)


def test_load__file_of_the_first_format__is_a_call_without_value(tmp_path: Path, plain: SafeTransaction) -> None:
    file = record_of(plain, 1).save(tmp_path / "pause.json")
    content = json.loads(file.read_text(encoding="utf-8")) | {"format": 1}
    del content["value"], content["operation"]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert load_safe_record(file) == record_of(plain, 1)


def test_load__last_byte_of_another_kind_of_proof__is_refused(tmp_path: Path, plain: SafeTransaction) -> None:
    owner = OWNERS[0].address
    real = record_of(plain, 1).signatures[owner]
    wrong_parity = {"1b": "01", "1c": "00"}[real[-2:]]
    over_a_message = f"{int(real[-2:], 16) + 4:02x}"
    for other, words in ((wrong_parity, "is not that owner's"), (over_a_message, "made with eth_sign")):
        with pytest.raises(BadFile, match=words):
            load_safe_record(
                written(tmp_path / "pause.json", record_of(plain, 0), signatures={owner: real[:-2] + other})
            )


def test_load__last_byte_of_a_hardware_wallet__is_what_a_safe_reads(tmp_path: Path, plain: SafeTransaction) -> None:
    owner = OWNERS[0].address
    real = record_of(plain, 1).signatures[owner]
    written_so = {"1b": "00", "1c": "01"}[real[-2:]]
    file = written(tmp_path / "pause.json", record_of(plain, 0), signatures={owner: real[:-2] + written_so})
    assert load_safe_record(file).signatures == {owner: real}


@pytest.mark.parametrize(
    "bad", ["0x", "0x1234", "nonsense", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "ff" * 64 + "1b"]
)
def test_load__signature_is_none__names_the_owner(tmp_path: Path, plain: SafeTransaction, bad: str) -> None:
    owner = OWNERS[0].address
    with pytest.raises(BadFile, match=f"the signature of {owner} is not that owner's"):
        load_safe_record(written(tmp_path / "pause.json", record_of(plain, 0), signatures={owner: bad}))


def test_load__signature_of_another_owner_or_call__names_the_owner(tmp_path: Path, plain: SafeTransaction) -> None:
    first, other = record_of(plain, 1), record_of(replace(plain, nonce=8), 1)
    owner = OWNERS[0].address
    for signatures in ({OWNERS[1].address: first.signatures[owner]}, other.signatures):
        with pytest.raises(BadFile, match="is not that owner's over this call"):
            load_safe_record(written(tmp_path / "pause.json", first, signatures=signatures))


def test_load__absent_or_no_json__says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="make one with `alvh safe propose`"):
        load_safe_record(tmp_path / "none.json")
    (tmp_path / "bad.json").write_bytes(b"\xff")
    for path in (tmp_path, tmp_path / "bad.json"):
        with pytest.raises(BadFile):
            load_safe_record(path)


def test_merge__two_owners_apart__has_both_and_other_calls_are_refused(plain: SafeTransaction) -> None:
    alone = [SafeRecord("pause", plain, {}).signed(owner) for owner in OWNERS[:2]]
    assert set(merge_records(alone).signatures) == {owner.address for owner in OWNERS[:2]}
    with pytest.raises(RefusedAction, match="different transactions"):
        merge_records([alone[0], SafeRecord("pause", replace(plain, nonce=9), {})])


@given(keys=st.lists(st.integers(1, 2**160 - 1), min_size=1, max_size=6, unique=True))
@pytest.mark.prop
def test_join_signatures__any_owners__ascend_by_address(keys: list[int]) -> None:
    joined = join_signatures({f"0x{key:040x}": key.to_bytes(65) for key in keys})
    assert [int.from_bytes(joined[at : at + 65]) for at in range(0, len(joined), 65)] == sorted(keys)


def test_build__next_transaction__has_the_hash_that_the_safe_names(world: World) -> None:
    transaction = pausing(world)
    arguments = (transaction.to, 0, transaction.data, 0, 0, 0, 0, "0x" + "00" * 20, "0x" + "00" * 20, transaction.nonce)
    block = world.chain.head()
    assert transaction.digest() == world.chain.read(
        "Safe", transaction.safe, "getTransactionHash", *arguments, block=block
    )


def test_build__safe_names_another_hash__is_untrusted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SafeTransaction, "digest", lambda self: bytes(32))
    with pytest.raises(UntrustedNumber, match="the Safe hashes this transaction to 0x"):
        pausing(world)


def test_execute__used_nonce_or_a_later_one__is_refused_with_both_numbers(world: World) -> None:
    first, later = pausing(world), pausing(world, 3)
    with pytest.raises(RefusedAction, match="next nonce is 0, this transaction has 3: others come first"):
        require_executable(world.snapshot(), later, [owner.address for owner in OWNERS])
    act_through_safe(world, "guardian", *parameters_call(world, "pause"))
    with pytest.raises(RefusedAction, match="next nonce is 1, this transaction has 0: it was executed, or another"):
        require_executable(world.snapshot(), first, [owner.address for owner in OWNERS])
    with pytest.raises(RefusedAction, match="the Safe's next nonce is 1: 0 is used up"):
        pausing(world, 0)


def test_execute__below_the_threshold__names_who_is_missing(world: World) -> None:
    with pytest.raises(RefusedAction, match=f"1 of 2 signatures: let one more sign of .*{OWNERS[2].address}"):
        require_executable(world.snapshot(), pausing(world), [OWNERS[0].address])


def test_execute__signed_by_a_stranger__names_the_stranger(world: World) -> None:
    stranger = account("outsider").address
    with pytest.raises(RefusedAction, match=f"signed by {stranger}, no owner of the Safe"):
        require_executable(world.snapshot(), pausing(world), [OWNERS[0].address, stranger])


def test_rehearse__call_that_would_fail__says_the_contracts_reason_and_not_the_safes(world: World) -> None:
    safe, snapshot = world.deployment.address("guardian"), world.snapshot()
    rolling = build_safe_transaction(snapshot, safe, parameters_call(world, "rollback", *WHOLE))
    with pytest.raises(ContractReverted, match="NothingToRollBack"):
        rehearse_call(snapshot, rolling)


def test_execute__signatures_from_files__pauses_and_moves_the_nonce(world: World, tmp_path: Path) -> None:
    transaction = pausing(world)
    files = [SafeRecord("pause", transaction, {}).signed(o).save(tmp_path / f"{o.address}.json") for o in OWNERS[1:]]
    record = merge_records([load_safe_record(file) for file in files])
    require_executable(world.snapshot(), transaction, list(record.signatures))
    send_safe_transaction(world.chain, account("outsider"), transaction, join_signatures(record.raw_signatures()))
    assert read_safe(world.snapshot(), transaction.safe).nonce == transaction.nonce + 1


def test_rehearse__wrong_signatures_of_a_guarded_safe__are_the_safes_refusal_and_not_the_guards(world: World) -> None:
    guarded(world)
    transaction, sender = pausing(world), Sender(account("operator").address)
    with pytest.raises(ContractReverted, match="GS026"):
        rehearse_safe_transaction(world.snapshot(), sender, transaction, bytes(64) + b"\x1b" + bytes(64) + b"\x1b")


def test_rehearse__call_that_fails_by_itself__is_the_guards_refusal_only_where_it_refuses_first(world: World) -> None:
    guard, sender = guarded(world), Sender(account("operator").address)
    safe = world.deployment.address("guardian")
    rolling = build_safe_transaction(world.snapshot(), safe, parameters_call(world, "rollback", *WHOLE))
    signatures = sign_safe_transaction(rolling, OWNERS[:2])
    with pytest.raises(ContractReverted, match="GS013"):
        rehearse_safe_transaction(world.snapshot(), sender, rolling, signatures)
    refusing(world, guard, BEFORE, said("never"))
    with pytest.raises(GuardRefused, match="never") as caught:
        rehearse_safe_transaction(world.snapshot(), sender, rolling, signatures)
    assert (caught.value.guard, caught.value.sender) == (guard, sender.address)
    assert isinstance(caught.value.refusal, ContractReverted)


@pytest.mark.parametrize("code", ["0x", "0x5b5f56", "0xfe"])
def test_rehearse__guard_without_code_or_that_burns_all_gas__is_named(world: World, code: str) -> None:
    guard, sender = guarded(world), Sender(account("operator").address)
    transaction = pausing(world)
    world.chain.request("anvil_setCode", guard, code)
    with pytest.raises(GuardRefused, match=guard):
        rehearse_safe_transaction(world.snapshot(), sender, transaction, sign_safe_transaction(transaction, OWNERS[:2]))


def test_send__guard_refuses_since_the_rehearsal__is_named_and_nothing_is_mined(world: World) -> None:
    guard = guarded(world)
    transaction = pausing(world)
    signatures = sign_safe_transaction(transaction, OWNERS[:2])
    rehearse_safe_transaction(world.snapshot(), Sender(account("operator").address), transaction, signatures)
    refusing(world, guard, BEFORE, said("changed"))
    before = world.chain.head()
    with pytest.raises(GuardRefused, match=f"the guard {guard} of the Safe refused .*message=changed"):
        send_safe_transaction(world.chain, account("operator"), transaction, signatures)
    assert world.chain.head() == before
