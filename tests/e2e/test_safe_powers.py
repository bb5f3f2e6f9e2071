"""What has power over a Safe beside its owners is said by every command that looks at one, on any chain id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.governance.roles import ROLES
from bridge.local.accounts import account, accounts
from bridge.safe.multisig import build_safe_transaction
from bridge.safe.records import SafeRecord
from tests.bridge.safes import AFTER, BEFORE, MINED, NEVER, guarded, made_safe, refusing, said, with_module
from tests.bridge.steps import act_as, parameters_call
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error
from tests.e2e.test_dry_runs import refused

SIGNERS = ("guardian-1", "guardian-2", "guardian-3")


def signed_pause(place: Place, folder: Path) -> str:
    """Write a pause of the guardian's Safe that two owners signed."""
    world = place.world
    made = build_safe_transaction(
        world.snapshot(), world.deployment.address("guardian"), parameters_call(world, "pause")
    )
    record = SafeRecord("pause", made, {})
    for owner in accounts("guardian")[:2]:
        record = record.signed(owner)
    return str(record.save(folder / "pause.json"))


def test_show_doctor_and_watch__guard_and_module__are_said_in_text_and_json(place: Place) -> None:
    quiet = place.run("safe", "show")
    assert "warning" not in quiet.out
    assert "steward: a Safe of 2 of 3 owners, Safe 1.4.1" in quiet.out
    guard, module = guarded(place.world), with_module(place.world)
    block = place.world.chain.head().number
    powers = f"guard, {guard}", f"module {module} that can make every call of the Safe and move everything, without a"
    shown = place.run("safe", "show")
    told = place.run("safe", "show", "--json").json()
    assert f"guardian: warning, at block {block}: " in shown.out
    assert (told["guardian"]["guard"], told["guardian"]["modules"]) == (guard, [module])
    assert (told["guardian"]["block"], told["guardian"]["holds_role"], told["steward"]["warnings"]) == (block, True, [])
    findings = {each["what"]: each for each in place.run("doctor", "--json").json()}
    look = place.run("watch", "--once", "--json").json()
    alerts = "\n".join(alert["text"] for alert in look["alerts"] if alert["kind"] == "safe")
    assert look["safes"]["guardian"] == {name: told["guardian"][name] for name in look["safes"]["guardian"]}
    for words in powers:
        assert words in shown.out
        assert any(words in warning for warning in told["guardian"]["warnings"])
        assert words in findings["guardian Safe"]["found"]
        assert words in alerts
    assert (findings["guardian Safe"]["ok"], findings["guardian Safe"]["warning"]) == (False, True)
    assert findings["steward Safe"]["ok"] is True
    doctor = place.run("doctor")
    assert (doctor.code, "WARNING" in doctor.out) == (0, True)
    text = " ".join(place.run("watch", "--once").out.split())
    assert "alert safe: guardian: " in text
    assert f"guard {guard}, 1 module" in text


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_execute__guard_refuses__is_named_with_its_own_words_dry_and_sent(
    place: Place, tmp_path: Path, when: int
) -> None:
    world = place.world
    guard, file = guarded(world), ""
    file = signed_pause(place, tmp_path)
    sender = account("operator").address
    for answer, words in (
        (said("not on\x1b[2J Fridays\u202e"), "Error(message=not on[2J Fridays)"),
        (said("GS013"), "Error(message=GS013)"),
        (bytes.fromhex("deadbeef") + bytes(32), f"0xdeadbeef(data=0x{'00' * 32})"),
        (b"", "Error(message="),
    ):
        refusing(world, guard, when, answer)
        named = f"the guard {guard} of the Safe refused the transaction as sent by {sender}: {words}"
        refused(place, "safe", "execute", file, role="operator", said=named)
    refusing(world, guard, NEVER, b"")
    assert place.sent("safe", "execute", file, role="operator")["sent"] is True


def test_execute__guard_that_lets_one_sender_pass__is_named_for_the_others(place: Place, tmp_path: Path) -> None:
    guard = guarded(place.world)
    file = signed_pause(place, tmp_path)
    refusing(place.world, guard, BEFORE, said("not you"), account("operator").address)
    assert_one_line_error(place.run("safe", "execute", file), 1, f"the guard {guard} of the Safe refused", "dEaD")
    refused(place, "safe", "execute", file, role="outsider", said="not you")
    assert place.sent("safe", "execute", file, role="operator")["sent"] is True


def test_execute__guard_that_refuses_only_what_is_mined__is_named(place: Place, tmp_path: Path) -> None:
    guard = guarded(place.world)
    file = signed_pause(place, tmp_path)
    refusing(place.world, guard, MINED, said("later"))
    assert "possible now" in place.run("safe", "execute", file).out
    done = place.run("safe", "execute", file, "--send", role="operator")
    assert_one_line_error(done, 1, "was mined and reverted", f"the guard {guard} of the Safe may refuse in a block")


def proposed(place: Place, role: str, to: str, *words: str) -> Any:
    done = place.run("gov", "propose", f"set-{role}", to, "--json", *words, role="operator")
    assert done.code == 0, done
    return done.json()


def test_set_guardian__to_what_is_no_safe_of_several_people__warns_and_refuses_nobody_only(place: Place) -> None:
    world, lp, votes = place.world, account("lp").address, place.world.deployment.address("HedgeVotes")
    world.chain.request("anvil_setCode", account("trader").address, "0xef0100" + votes[2:])
    for to, words in (
        (lp, "has no code: whoever has its one key has the whole role"),
        (account("trader").address, f"runs the code of {votes} (EIP-7702)"),
        (votes, "is a contract and no Safe"),
        (made_safe(world, SIGNERS[:1], 1), "is a Safe with one owner"),
        (made_safe(world, SIGNERS, 1), "of 3 owners of whom one is enough"),
    ):
        told = proposed(place, "steward", to)
        assert f"warning, at block {world.chain.head().number}: {to} " in told["warnings"][0]
        assert words in told["warnings"][0]
        assert words in told["calls"][0]
    assert proposed(place, "guardian", made_safe(world, SIGNERS, 2))["warnings"] == []
    refused(place, "gov", "propose", "set-guardian", "0x" + "00" * 20, role="operator", said="not a Safe", code=2)
    text = place.run("gov", "propose", "set-guardian", lp, role="operator").out
    assert f"\nwarning, at block {world.chain.head().number}: {lp} has no code" in text


def test_set_guardian__to_a_safe_with_guard_and_module__voters_read_it(place: Place) -> None:
    world = place.world
    guard, module = guarded(world, "steward"), with_module(world, "steward")
    safe, timelock = world.deployment.address("steward"), world.deployment.address("HedgeTimelock")
    act_as(world, timelock, *parameters_call(world, "revokeRole", ROLES["steward"], safe))  # nobody holds two roles
    sent = proposed(place, "guardian", safe, "--send")
    assert sent["sent"] is True
    assert [guard in sent["warnings"][0], module in sent["warnings"][1]] == [True, True]
    shown = " ".join(place.run("gov", "show", sent["proposal"]).out.split())
    first, _, third, *_ = place.run("gov", "show", sent["proposal"], "--json").json()["calls"]
    for words in (f"WARNING: {safe} has a guard, {guard}", f"WARNING: {safe} has the module {module} that can make"):
        assert words in first
        assert words in shown
        assert shown.count(words) == 1
    assert third.startswith("HedgeGovernor.setProposalGuardian(")
    assert "WARNING" not in third


def test_show_and_watch__guardian_that_is_an_account__say_so(place: Place, tmp_path: Path) -> None:
    lp, deployment = account("lp").address, place.world.deployment
    accounts_now = deployment.accounts | {"guardian": lp}
    deployment.model_copy(update={"accounts": accounts_now}).save(tmp_path / ".alvh" / "deployment.json")
    shown = place.run("safe", "show")
    assert f"guardian  {lp}  -          -           NO              -" in shown.out
    assert f"{lp} has no code: whoever has its one key has the whole role" in shown.out
    told = place.run("safe", "show", "--json").json()["guardian"]
    assert (told["kind"], told["owners"], told["threshold"], told["nonce"]) == ("account", [], None, None)
    alerts = [alert["text"] for alert in place.run("watch", "--once", "--json").json()["alerts"]]
    assert f"guardian: {lp} has no code" in "\n".join(alerts)
