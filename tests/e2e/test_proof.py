"""What a voter can prove alone: that a proposal is what its plan calls for, and who holds what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.governance.steward import read_pending_updates
from bridge.governance.updates import build_update
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.plans.records import newest_record
from tests.bridge.steps import act_as, act_through_safe, parameters_call
from tests.e2e.command import Done, Run
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error

SAME = {
    "inputs",
    "changes",
    "answer",
    "settings",
    "book's owner",
    "calls",
    "text",
    "observed",
    "block",
    "book and prices",
    "parameters",
}


@pytest.fixture
def proposed(run: Run, project: World) -> str:
    """Plan and propose, as an operator does, and return the proposal's id."""
    assert run("plan").code == 0
    return str(run("propose", "--as", "operator", "--send", "--json").json()["proposal"])


def kept(folder: Path) -> Path:
    """Return the file of inputs that the plan left."""
    (path,) = (folder / ".alvh" / "inputs").iterdir()
    return path


def outcomes(done: Done) -> dict[str, str]:
    return {check["what"]: check["outcome"] for check in done.json()["checks"]}


def test_verify__proposal_of_a_plan__is_made_again_and_is_the_same(run: Run, proposed: str, tmp_path: Path) -> None:
    done = run("gov", "verify", proposed[:12], "--json")
    assert done.code == 0, done
    assert {what for what, outcome in outcomes(done).items() if outcome == "same"} == SAME
    assert done.json()["verified"] is True
    text = run("gov", "verify", proposed)
    assert text.code == 0
    assert text.out.splitlines()[-1] == "it is what this plan calls for"
    moved = tmp_path / "from the forum.json"
    kept(tmp_path).rename(moved)
    assert run("gov", "verify", proposed, "--inputs", str(moved)).code == 0
    assert_one_line_error(run("gov", "verify", proposed), 2, "ask the proposer for the inputs of the plan")
    content = json.loads(moved.read_text(encoding="utf-8"))
    content["inputs"]["market"]["vols"]["ETH"] = 0.9
    moved.write_text(json.dumps(content), encoding="utf-8")
    lied = run("gov", "verify", proposed, "--inputs", str(moved))
    assert lied.code == 1
    assert lied.out.splitlines()[-1] == "IT IS NOT WHAT THIS PLAN CALLS FOR"
    assert "market.vols.ETH: 0.9, this node says" in lied.out
    (tmp_path / "deep.json").write_bytes(b"[" * 100_000)
    assert_one_line_error(run("gov", "verify", proposed, "--inputs", "deep.json"), 2, "deep.json")


def test_verify__plan_of_a_strangers_book__is_none_of_ours_in_text_and_json(run: Run, project: World) -> None:
    stranger = account("outsider")
    assert run("local", "mint", "ETH/USD", "--usd", "40000", "--as", "outsider").code == 0
    planned = run("plan", "--owner", stranger.address)
    assert planned.code == 0, planned
    proposal = str(run("propose", "--as", "operator", "--send", "--json").json()["proposal"])
    done = run("gov", "verify", proposal, "--json")
    assert (done.code, done.json()["verified"]) == (1, False)
    assert [what for what, outcome in outcomes(done).items() if outcome == "DIFFERENT"] == ["book's owner"]
    text = run("gov", "verify", proposal)
    assert text.out.splitlines()[-1] == "IT IS NOT WHAT THIS PLAN CALLS FOR"
    assert f"planned for the book of {stranger.address}, yours is {account('lp').address}" in text.out
    assert f"Book of {stranger.address}" in run("gov", "show", proposal).out
    assert run("gov", "verify", proposal, "--owner", stranger.address).code == 0


def test_roles__world_as_built__are_held_by_whom_they_should_be(place: Place) -> None:
    done = place.run("gov", "roles", "--json")
    assert done.code == 0, done
    content = done.json()
    assert content["right"] is True
    held = {seat["what"]: seat["held"] for seat in content["seats"]}
    book = place.world.deployment
    assert held["HedgeTimelock PROPOSER_ROLE"] == [book.address("HedgeGovernor")]
    assert held["HedgeParameters STEWARD_ROLE"] == [book.address("steward")]
    assert held["governor's token"] == [book.address("HedgeVotes")]
    assert len(held["reporters of the ETH feed"]) == 5
    text = place.run("gov", "roles")
    assert f"HedgeGovernor {book.address('HedgeGovernor')}" in text.out


def test_roles__of_another_code_or_another_holder__end_with_1_and_say_so(place: Place) -> None:
    book, world = place.world.deployment, place.world
    timelock, parameters = book.address("HedgeTimelock"), book.address("HedgeParameters")
    call = world.snapshot().call("HedgeParameters", "grantRole", bytes(32), book.address("lp"))
    act_as(world, timelock, *call)
    done = place.run("gov", "roles")
    assert done.code == 1
    assert any("DEFAULT_ADMIN_ROLE" in line and "NO: HedgeTimelock" in line for line in done.out.splitlines())
    world.chain.request("anvil_setCode", parameters, "0x6001600101")
    assert any("NOT OUR CODE" in line for line in place.run("gov", "roles").out.splitlines())
    assert place.run("doctor").code == 1


def test_verify__update_that_the_steward_announced__is_compared_for_the_guardian(
    run: Run, project: World, tmp_path: Path
) -> None:
    assert run("plan").code == 0
    record = newest_record(tmp_path / ".alvh")
    for changes, code in ((record.changes(), 0), ({8: 150}, 1)):
        update = build_update(changes, record.observed_at, 86_400 * 3, record.inputs_hash)
        act_through_safe(project, "steward", *parameters_call(project, "scheduleUpdate", update.argument()))
        waiting = read_pending_updates(project.snapshot())[-1]
        done = run("gov", "verify", waiting.hash, "--json")
        assert (done.code, done.json()["update"]) == (code, waiting.hash)
        assert (outcomes(done)["changes"] == "DIFFERENT") == bool(code)
