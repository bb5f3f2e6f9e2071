"""Owners see what they sign: values before and after, three hashes; owners, threshold and nonce are changed by name."""

from __future__ import annotations

import json
from pathlib import Path

from bridge.local.accounts import account, accounts
from bridge.safe.multisig import read_safe
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error


def test_safe__new_owner_and_threshold__are_proposed_seen_signed_and_executed(place: Place, tmp_path: Path) -> None:
    new, safe = account("lp").address, place.world.deployment.address("guardian")
    shown = place.run("safe", "propose", "add-owner", new, "3", "--out", "add.json")
    assert shown.code == 0, shown
    for words in ("What it changes", "owners of the Safe", "owners who must sign", "Domain hash 0x", "Message hash 0x"):
        assert words in shown.out
    told = place.run("safe", "sign", "add.json", "--json", role="guardian-1").json()
    by_name = {each["what"]: (each["before"], each["after"]) for each in told["changes"]["changes"]}
    assert by_name["owners who must sign"] == ("2", "3")
    assert new in by_name["owners of the Safe"][1]
    assert told["safe_tx_hash"] == told["digest"] == json.loads((tmp_path / "add.json").read_text())["digest"]
    assert f"Domain hash {told['domain_hash']}" in shown.out
    assert f"Message hash {told['message_hash']}" in shown.out
    assert place.run("safe", "sign", "add.json", role="guardian-2").code == 0
    dry = place.run("safe", "execute", "add.json")
    assert "What it changes" in dry.out
    assert "possible now, rehearsed; not sent" in dry.out
    place.sent("safe", "execute", "add.json", role="outsider")
    found = read_safe(place.world.snapshot(), safe)
    assert (found.threshold, new in found.owners) == (3, True)


def test_safe_reject__of_a_nonce__is_named_for_what_it_is_and_uses_it_up(place: Place) -> None:
    assert place.run("safe", "propose", "pause", "--out", "pause.json").code == 0
    shown = place.run("safe", "propose", "reject", "--nonce", "0", "--out", "reject.json")
    assert "does nothing but use up its nonce" in shown.out
    assert "none would change" in shown.out
    for owner in accounts("guardian")[:2]:
        name = next(name for name in ("guardian-1", "guardian-2") if account(name) == owner)
        assert place.run("safe", "sign", "reject.json", role=name).code == 0
    place.sent("safe", "execute", "reject.json", role="outsider")
    assert_one_line_error(place.run("safe", "sign", "pause.json", role="guardian-1"), 1, "0 is used up")


def test_safe_sign__delegate_call_of_unknown_code__is_refused_and_nothing_is_signed(
    place: Place, tmp_path: Path
) -> None:
    from bridge.safe.records import SafeRecord
    from bridge.safe.transactions import SafeTransaction

    deployment = place.world.deployment
    made = SafeTransaction(
        place.chain_id,
        deployment.address("guardian"),
        account("lp").address,
        "0x1234",
        0,
        0,
        1,  # type: ignore[arg-type]
    )
    file = SafeRecord("pause", made, {}).save(tmp_path / "evil.json")
    before = file.read_bytes()
    for words in (("sign", "evil.json", "--json"), ("sign", "evil.json")):
        done = place.run("safe", *words, role="guardian-1")
        assert_one_line_error(done, 1, "as the Safe's own (a delegate call)", "sign nothing")
    assert file.read_bytes() == before


def test_safe_sign__nonce_leaves_a_gap__is_signed_with_a_warning(place: Place) -> None:
    """What waits for its turn can be executed long after: whoever signs it is told."""
    assert place.run("safe", "propose", "pause", "--nonce", "7", "--out", "later.json").code == 0
    said = "warning: nonce 7 leaves a gap, the Safe's next is 0: 7 others come first, nothing of it was rehearsed"
    for more in ((), ("--json",)):
        done = place.run("safe", "sign", "later.json", *more, role="guardian-1")
        assert (done.code, done.err.count(said)) == (0, 1), done
    assert said in place.run("safe", "typed-data", "later.json").err
    assert place.run("safe", "propose", "pause", "--out", "now.json").code == 0
    assert place.run("safe", "sign", "now.json", role="guardian-1").err == ""
