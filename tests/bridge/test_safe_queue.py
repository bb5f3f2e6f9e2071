"""What waits for a Safe's owners, in a folder and at a service: what an owner signed, and nothing stops a look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.alerts.safe_queue import MOST_FILES, SafeQueue, read_safe_queue
from bridge.alerts.watch import watch
from bridge.config import Config
from bridge.governance.inspection import inspect_holders
from bridge.local.accounts import account, accounts
from bridge.local.world import World
from bridge.safe.multisig import build_safe_transaction
from bridge.safe.records import SafeRecord
from bridge.safe.service import SafeService
from tests.bridge.safe_service import Service, safe_service
from tests.bridge.steps import act_through_safe, parameters_call

pytestmark = pytest.mark.chain
OWNERS = accounts("guardian")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drafts"
    made.mkdir()
    return made


@pytest.fixture
def service(world: World) -> Iterator[Service]:
    with safe_service(world.snapshot) as made:
        yield made


def draft(world: World, call: str = "pause", nonce: int | None = None, signers: tuple[int, ...] = ()) -> SafeRecord:
    safe = world.deployment.address("guardian")
    made = SafeRecord(call, build_safe_transaction(world.snapshot(), safe, parameters_call(world, call), nonce), {})
    for owner in signers:
        made = made.signed(OWNERS[owner])
    return made


def queue(world: World, tmp_path: Path, folder: Path | None = None, url: str = "") -> SafeQueue:
    config = Config.model_validate({"state": tmp_path, "watch": {"safe_drafts": folder}, "safe": {"service_url": url}})
    snapshot = world.snapshot()
    return read_safe_queue(snapshot, config, inspect_holders(snapshot))


def test_drafts__signed_by_one_owner__wait_until_they_are_executed(world: World, tmp_path: Path, folder: Path) -> None:
    record = draft(world, signers=(0,))
    record.save(folder / "pause.json")
    draft(world, "suspendSteward", nonce=record.transaction.nonce + 1).save(folder / "unsigned.json")
    found = queue(world, tmp_path, folder)
    (waiting,) = found.waiting
    assert (waiting.role, waiting.nonce, waiting.signed, waiting.threshold) == (
        "guardian", record.transaction.nonce, 1, 2,
    )  # fmt: skip
    assert waiting.hash == "0x" + record.transaction.digest().hex()
    assert "pause()" in waiting.words
    assert found.troubles == ()
    config = Config.model_validate({"state": tmp_path, "watch": {"safe_drafts": folder}})
    seen = watch(world.snapshot(), config, world.deployment.address("lp"))
    (text,) = [alert.text for alert in seen.alerts if alert.kind == "signature"]
    assert f"guardian: nonce {waiting.nonce} waits for one more signature ({waiting.hash[:12]}..): " in text
    act_through_safe(world, "guardian", *parameters_call(world, "pause"))
    assert queue(world, tmp_path, folder).waiting == ()


def test_drafts__two_files_of_one_transaction__are_one_with_both_signatures(
    world: World, tmp_path: Path, folder: Path
) -> None:
    draft(world, signers=(0,)).save(folder / "one.json")
    draft(world, signers=(2,)).save(folder / "two.json")
    (waiting,) = queue(world, tmp_path, folder).waiting
    assert (waiting.signed, waiting.threshold) == (2, 2)


def test_drafts__of_strangers_and_damaged__are_named_or_left_out_and_stop_nothing(
    world: World, tmp_path: Path, folder: Path
) -> None:
    stranger = draft(world).signed(account("outsider"))
    stranger.save(folder / "stranger.json")
    content = json.loads((folder / "stranger.json").read_text())
    (folder / "changed.json").write_text(json.dumps(content | {"nonce": 99}))
    (folder / "none.json").write_text("{\x00")
    (folder / "note.txt").write_text("not a draft")
    found = queue(world, tmp_path, folder)
    assert found.waiting == ()
    names = ("changed.json", "none.json", "stranger.json", "note.txt")
    assert [word in " ".join(found.troubles) for word in names] == [
        True, True, False, False,
    ]  # fmt: skip
    (absent,) = queue(world, tmp_path, tmp_path / "absent").troubles
    assert "absent cannot be read" in absent


def test_drafts__more_than_are_looked_at__says_so(world: World, tmp_path: Path, folder: Path) -> None:
    for number in range(MOST_FILES + 1):
        (folder / f"{number}.json").write_text("{}")
    assert f"has {MOST_FILES + 1} drafts, the newest {MOST_FILES}" in queue(world, tmp_path, folder).troubles[0]


def test_service__transaction_with_a_signature__waits_and_a_liar_is_named(
    world: World, tmp_path: Path, service: Service
) -> None:
    record = draft(world, signers=(1,))
    (owner,) = record.signatures
    SafeService(service.url).propose(
        record.transaction.safe, record.transaction.proposal(owner, record.signatures[owner])
    )
    found = queue(world, tmp_path, url=service.url)
    assert [(each.role, each.signed) for each in found.waiting] == [("guardian", 1)]
    service.raw = b"<html>"
    (trouble,) = queue(world, tmp_path, url=service.url).troubles
    assert "its answer is no JSON" in trouble


def test_service__busy_or_gone__is_told_at_once_and_stops_nothing(
    world: World, tmp_path: Path, service: Service
) -> None:
    service.busy = 100
    (busy,) = queue(world, tmp_path, url=service.url).troubles
    assert "429" in busy
    assert service.busy == 99  # asked once, not waited for
    (gone,) = queue(world, tmp_path, url="http://127.0.0.1:9").troubles
    assert "does not answer" in gone
