"""Nobody signs what is of another chain, what the Safe itself hashes otherwise, or with a key that everyone knows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.chain.codec import encode_call
from bridge.governance.journal import JournalEntry
from bridge.governance.roles import ROLES
from bridge.local.accounts import account, accounts
from bridge.local.world import World
from bridge.safe.multisig import build_safe_transaction
from bridge.safe.records import SafeRecord
from bridge.sources.oracle import build_report, report_json, sign_report
from tests.bridge.lying_node import Answering, Asked, lying_node
from tests.bridge.steps import act_as, parameters_call
from tests.e2e.command import Run
from tests.e2e.places import ELSEWHERE, Place, placed, through
from tests.e2e.test_commands import assert_one_line_error
from tests.e2e.test_made_up import quotes
from tests.e2e.test_refusals import edited

GUARDIANS = ("guardian-1", "guardian-2")


def pausing(world: World) -> SafeRecord:
    """Return the guardian's pause, to be signed."""
    safe = world.deployment.address("guardian")
    return SafeRecord("pause", build_safe_transaction(world.snapshot(), safe, parameters_call(world, "pause")), {})


def signed(record: SafeRecord) -> SafeRecord:
    for owner in GUARDIANS:
        record = record.signed(account(owner))
    return record


def test_safe__file_of_another_chain__is_neither_signed_nor_executed(place: Place, tmp_path: Path) -> None:
    """Its hash and signatures are right, on the chain that it is of."""
    here = pausing(place.world)
    for other in (1, ELSEWHERE if place.chain_id == LOCAL_CHAIN_ID else LOCAL_CHAIN_ID):
        away = replace(here, transaction=replace(here.transaction, chain_id=other))
        file = away.save(tmp_path / "pause.json")
        said = f"is for chain {other}, the node serves {place.chain_id}"
        assert_one_line_error(place.run("safe", "sign", str(file), role="guardian-1"), 2, "pause.json", said)
        assert json.loads(file.read_text(encoding="utf-8"))["signatures"] == {}
        signed(away).save(file)
        for send in ((), ("--send",)):
            assert_one_line_error(place.run("safe", "execute", str(file), *send, role="operator"), 2, said)
    assert not place.world.snapshot().read("HedgeParameters", "paused")


def test_safe_execute__file_of_another_chain_among_others__is_refused(place: Place, tmp_path: Path) -> None:
    here = pausing(place.world)
    own = signed(here).save(tmp_path / "own.json")
    other = signed(replace(here, transaction=replace(here.transaction, chain_id=1))).save(tmp_path / "other.json")
    done = place.run("safe", "execute", str(own), str(other), "--send", role="operator")
    assert_one_line_error(done, 2, "other.json", "is for chain 1")


def test_safe__hashes_otherwise__nothing_is_proposed_or_signed(place: Place, tmp_path: Path) -> None:
    lp = account("lp").address
    selector = encode_call("Safe", "getTransactionHash", lp, 0, b"", 0, 0, 0, 0, lp, lp, 0).hex[:10]

    def hashes_otherwise(answering: Answering, asked: Asked) -> bool:
        is_hash = asked["method"] == "eth_call" and asked["params"][0].get("data", "").startswith(selector)
        return is_hash and answering.result(asked, "0x" + "ab" * 32)

    file = pausing(place.world).save(tmp_path / "pause.json")
    said = f"the Safe hashes this transaction to 0x{'ab' * 32}, its words to 0x"
    with lying_node(place.world.chain.url, hashes_otherwise) as node, through(place, tmp_path, node):
        assert_one_line_error(place.run("safe", "sign", str(file), role="guardian-1"), 1, said)
        assert_one_line_error(place.run("safe", "propose", "pause"), 1, said)
    assert json.loads(file.read_text(encoding="utf-8"))["signatures"] == {}
    assert not (tmp_path / ".alvh" / "safe").exists()


@pytest.mark.parametrize("change", [{"chain_id": 1}, {"chain_id": 5}])
def test_commands__deployment_file_of_another_chain__read_and_send_nothing(
    place: Place, tmp_path: Path, change: dict[str, Any]
) -> None:
    edited(tmp_path, **change)
    file = str(pausing(place.world).save(tmp_path / "pause.json"))
    for words in (
        ("exposure",), ("plan",), ("propose",), ("watch", "--once"), ("oracle", "quote"), ("oracle", "sign", "ETH"),
        ("oracle", "status"), ("gov", "list"), ("gov", "propose", "unpause", "--send"), ("gov", "unstick", "--send"),
        ("safe", "show"), ("safe", "propose", "pause"), ("safe", "sign", file), ("safe", "execute", file, "--send"),
    ):  # fmt: skip
        said = f"is for chain {change['chain_id']}, the node serves {place.chain_id}"
        assert_one_line_error(place.run(*words, role="operator"), 2, "deployment.json", said)


def test_propose__plan_of_another_chain__is_neither_proposed_nor_scheduled(
    world: World, run: Run, tmp_path: Path
) -> None:
    with placed(world, ELSEWHERE, tmp_path, run) as place:
        assert place.run("plan", "--chain", quotes(place.world, tmp_path)).code == 0
    with placed(world, LOCAL_CHAIN_ID, tmp_path, run) as place:
        said = f"the plan is for chain {ELSEWHERE}, this is chain {LOCAL_CHAIN_ID}"
        for words in (("propose", "--send"), ("safe", "propose", "schedule")):
            assert_one_line_error(place.run(*words, role="operator"), 1, said)


def test_submit__reports_of_another_chain__are_refused(place: Place, tmp_path: Path) -> None:
    """Each is signed by its reporter, for the chain that it names."""
    made = build_report(place.world.snapshot(), "ETH", 72_000_000, "file q.csv", "file")
    for other in (1, ELSEWHERE if place.chain_id == LOCAL_CHAIN_ID else LOCAL_CHAIN_ID):
        reports = [sign_report(replace(made, chain_id=other), who) for who in accounts("reporter")[:3]]
        text = json.dumps([report_json(report) for report in reports])
        (tmp_path / "reports.json").write_text(text, encoding="utf-8")
        for send in ((), ("--send",)):
            done = place.run("oracle", "submit", "reports.json", *send, role="operator")
            assert_one_line_error(done, 1, f"on chain {other}, the feed is ", f"on chain {place.chain_id}: ")


def test_watch__journal_of_another_chain__loses_no_proposal_here(place: Place, tmp_path: Path) -> None:
    """The state folder is one for all chains; what was brought elsewhere is not looked for here."""
    for other in (1, ELSEWHERE if place.chain_id == LOCAL_CHAIN_ID else LOCAL_CHAIN_ID):
        JournalEntry("77", other, "elsewhere", account("operator").address, 1).save(tmp_path / ".alvh")
    lost = {alert["kind"]: alert["text"] for alert in place.run("watch", "--once", "--json").json()["alerts"]}
    assert "lost" not in lost
    JournalEntry("78", place.chain_id, "here", account("operator").address, 1).save(tmp_path / ".alvh")
    lost = {alert["kind"]: alert["text"] for alert in place.run("watch", "--once", "--json").json()["alerts"]}
    assert lost["lost"].startswith("78 (here) was on the chain")


def test_gov_wait__another_chain_than_the_local_one__moves_no_time(place: Place) -> None:
    signers = ("set-signers", "ETH", "3", *(signer.address for signer in accounts("reporter")))
    number = str(place.sent("gov", "propose", *signers, role="operator")["proposal"])
    head = place.world.chain.head()
    done = place.run("gov", "wait", number)
    if place.chain_id == LOCAL_CHAIN_ID:
        assert (done.code, done.out) == (0, "was pending, is active\n")
        return
    assert_one_line_error(done, 1, f"time moves by itself on chain {place.chain_id}")
    assert place.world.chain.head() == head


def test_as__role_of_the_local_chain__signs_there_only(place: Place, tmp_path: Path) -> None:
    """The keys of the roles are known to everyone: what they hold on another chain is anybody's."""
    file = str(pausing(place.world).save(tmp_path / "pause.json"))
    head, lp = place.world.chain.head(), account("lp").address
    for words in (
        ("safe", "sign", file, "--as", "guardian-1"),
        ("oracle", "sign", "ETH", "--chain", quotes(place.world, tmp_path), "--as", "reporter-1"),
        ("gov", "delegate", lp, "--as", "voter-1"),
        ("gov", "delegate", lp, "--as", "voter-1", "--send"),
        ("safe", "create", lp, account("trader").address, "--as", "operator", "--send"),
    ):
        done = place.run(*words)
        if place.chain_id == LOCAL_CHAIN_ID:
            assert done.code == 0, done
            continue
        said = f"--as is for the local chain {LOCAL_CHAIN_ID} only; use --keystore on {place.chain_id}"
        assert_one_line_error(done, 1, said)
    if place.chain_id != LOCAL_CHAIN_ID:
        assert place.world.chain.head() == head
        assert json.loads(Path(file).read_text(encoding="utf-8"))["signatures"] == {}


def duties(place: Place) -> dict[str, bool]:
    """Return what `safe show` says of the roles, the same in JSON and in words."""
    told = place.run("safe", "show", "--json").json()
    said = place.run("safe", "show").out
    found = {name: safe["holds_role"] for name, safe in told.items()}
    assert ("NO" in said) is not all(found.values())
    return found


def test_safe_show__role_held_in_part_or_beside_another__says_no(place: Place, tmp_path: Path) -> None:
    world, timelock = place.world, place.world.deployment.address("HedgeTimelock")
    guardian, steward = (world.deployment.address(name) for name in ("guardian", "steward"))

    def change(function: str, role: str, account_: str) -> None:
        act_as(world, timelock, *parameters_call(world, function, ROLES[role], account_))

    assert duties(place) == {"guardian": True, "steward": True}
    for role in ("guardian", "steward"):
        change("grantRole", role, account("outsider").address)
        assert duties(place) == {"guardian": True, "steward": True} | {role: False}
        change("revokeRole", role, account("outsider").address)
    assert duties(place) == {"guardian": True, "steward": True}
    # A hand-over that was left half done: the new Safe may pause, and the old one still cancels proposals.
    change("revokeRole", "steward", steward)
    change("grantRole", "guardian", steward)
    change("revokeRole", "guardian", guardian)
    edited(tmp_path, accounts={"guardian": steward})
    assert duties(place) == {"guardian": False, "steward": False}
