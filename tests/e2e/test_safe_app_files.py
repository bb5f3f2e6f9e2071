"""A transaction from and to the Safe app's Transaction Builder, as the commands do it."""

from __future__ import annotations

import json
from pathlib import Path

from eth_typing import HexStr

from bridge.governance.rollback import EVERY_KEY
from bridge.local.accounts import account
from bridge.safe.builder import batch_text
from bridge.safe.multisig import read_safe
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error


def test_safe_import__batch_of_the_app__is_seen_signed_and_executed_as_one(place: Place, tmp_path: Path) -> None:
    world = place.world
    safe, parameters = world.deployment.address("guardian"), world.deployment.address("HedgeParameters")
    threshold = world.snapshot().call("Safe", "changeThreshold", 3, at=safe)[1]
    calls = [(parameters, 0, world.snapshot().call("HedgeParameters", "pause")[1]), (safe, 0, threshold)]
    text = batch_text("Pause\x1b[31m", place.chain_id, safe, calls, 1_700_000_000)
    (tmp_path / "batch.json").write_text(text, encoding="utf-8")
    shown = place.run("safe", "import", "batch.json", "--out", "both.json")
    assert (shown.code, shown.err) == (0, "")
    assert "2 calls, all or none, by MultiSendCallOnly 1.4.1" in shown.out
    assert "\x1b" not in shown.out
    for owner in ("guardian-1", "guardian-2"):
        assert place.run("safe", "sign", "both.json", role=owner).code == 0
    assert place.run("safe", "export", "both.json", "--out", "again.json").code == 0
    again = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert [(each["to"], each["data"]) for each in again["transactions"]] == [(to, data) for to, _, data in calls]
    told = place.sent("safe", "execute", "both.json", role="outsider")
    assert {each["what"] for each in told["changes"]["changes"]} == {"updates", "owners who must sign"}
    assert read_safe(world.snapshot(), safe).threshold == 3
    assert world.snapshot().read("HedgeParameters", "paused")


def test_safe_import__batch_that_would_fail_or_was_changed__writes_nothing(place: Place, tmp_path: Path) -> None:
    world, lp = place.world, account("lp").address
    safe, parameters = world.deployment.address("guardian"), world.deployment.address("HedgeParameters")
    rollback = world.snapshot().call("HedgeParameters", "rollback", EVERY_KEY, False)[1]
    for calls in ([(parameters, 0, rollback)], [(parameters, 0, rollback), (lp, 0, rollback)]):
        text = batch_text("x", place.chain_id, safe, calls, 1)
        (tmp_path / "batch.json").write_text(text, encoding="utf-8")
        done = place.run("safe", "import", "batch.json", "--out", "made.json")
        assert_one_line_error(done, 1, "NothingToRollBack")
    (tmp_path / "batch.json").write_text(text.replace(lp, safe), encoding="utf-8")
    assert_one_line_error(place.run("safe", "import", "batch.json", "--out", "made.json"), 2, "it was changed")
    assert not (tmp_path / "made.json").exists()


def test_safe_import__call_of_more_coins_than_the_safe_has__says_whose_and_how_many(
    place: Place, tmp_path: Path
) -> None:
    """The node says only that funds are insufficient, and not whose."""
    safe, lp = place.world.deployment.address("guardian"), account("lp").address
    for calls in ([(lp, 25 * 10**17, HexStr("0x"))], [(lp, 10**18, HexStr("0x")), (lp, 15 * 10**17, HexStr("0x"))]):
        text = batch_text("x", place.chain_id, safe, calls, 1)
        (tmp_path / "batch.json").write_text(text, encoding="utf-8")
        done = place.run("safe", "import", "batch.json", "--out", "made.json")
        assert_one_line_error(done, 1, f"the Safe {safe} holds 0 of the chain's coin and this sends 2.5: fund it first")
    assert not (tmp_path / "made.json").exists()
    place.world.chain.request("anvil_setBalance", safe, hex(25 * 10**17))
    assert place.run("safe", "import", "batch.json", "--out", "made.json").code == 0
