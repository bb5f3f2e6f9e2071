"""An asset with a ledger of parameters of its own: planned with, voted on, watched, vetoed and proven."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.config import Config
from bridge.deployment import Deployment, load_deployment
from bridge.genesis import GovernanceTerms
from bridge.governance.updates import build_update
from bridge.local.local_chain import LocalChain
from bridge.local.rounds import submit_rounds
from bridge.local.world import World, local_values, with_own_parameters
from hedge.policy.parameters import KEY_IDS, LEG_KEYS
from tests.bridge.steps import act_through_safe
from tests.e2e.command import Run
from tests.e2e.places import ELSEWHERE, Place, placed

TIGHT = {"volatilityPremiumCapBps": 15, "tailPremiumCapBps": 15, "deltaShareBps": 0}
"""First values of the ledger of BTC: next to nothing may be bought of it, so a plan asks for more."""


@pytest.fixture(scope="module")
def terms() -> GovernanceTerms:
    """Return what the ledger of BTC begins with."""
    first = GovernanceTerms(own=("BTC",))
    values = list(local_values(first.values))
    for name, value in TIGHT.items():
        values[KEY_IDS[name]] = value
    return replace(first, values=tuple(values))


@pytest.fixture(params=[LOCAL_CHAIN_ID, ELSEWHERE])
def place(
    request: pytest.FixtureRequest, world: World, terms: GovernanceTerms, tmp_path: Path, run: Run
) -> Iterator[Place]:
    """Give a world whose BTC has a ledger of its own, on two chain ids."""
    made = with_own_parameters(LocalChain(world.chain), world.deployment, terms)
    with placed(replace(world, deployment=made), request.param, tmp_path, run) as found:
        yield found


def btc(place: Place) -> Deployment:
    return place.world.deployment.of("BTC")


def test_plan__ledger_of_btc__bounds_its_legs_alone(place: Place, tmp_path: Path) -> None:
    plan = place.run("plan", "--json", "--report", "report.html").json()["plan"]
    assert "Parameters of BTC alone" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Proposed parameters of BTC" in place.run("plan").out
    bought = {(trade["asset"], trade["layer"]) for trade in plan["trades"]}
    assert ("BTC", "delta") not in bought
    assert ("ETH", "delta") in bought
    values = plan["inputs"]["own"]["BTC"]["parameters"]
    assert {name: values[KEY_IDS[name]] for name in TIGHT} == TIGHT
    assert any(limit["name"] == "tail premium of BTC" for limit in plan["limits"])


@pytest.mark.parametrize("place", [LOCAL_CHAIN_ID], indirect=True)  # made-up quotes never leave it
def test_loop__plan_for_both_ledgers__changes_that_of_btc_alone(place: Place) -> None:
    place.pass_time(86_400)  # the first values rest for a day
    submit_rounds(place.world.snapshot(), Config())
    plan = place.run("plan", "--json").json()["plan"]
    changes = {row["name"]: row["new"] for row in plan["own_updates"]["BTC"]["changes"]}
    assert changes
    assert changes.keys() <= LEG_KEYS
    main = json.loads(place.run("watch", "--once", "--json").out)["parameters"]
    sent = place.sent("propose", "--of", "BTC", role="operator")
    number = sent["proposal"]
    shown = place.run("gov", "show", number).out
    assert "parameters of BTC" in shown
    assert all(f"BTC {name}" in shown for name in changes)
    inputs = f".alvh/inputs/{sent['inputs_hash']}.json"
    assert place.run("gov", "verify", number, "--inputs", inputs).code == 0
    vote_through(place, number)
    line = json.loads(place.run("watch", "--once", "--json").out)
    assert {name: line["own"]["BTC"]["parameters"][name] for name in changes} == changes
    assert line["parameters"] == main
    assert line["own"]["BTC"]["version"] == line["version"] + 1


def vote_through(place: Place, number: str) -> None:
    place.run("gov", "wait", number)
    place.sent("gov", "vote", number, "for", role="voter-1")
    place.run("gov", "wait", number)
    place.sent("gov", "queue", number, role="operator")
    place.run("gov", "wait", number)
    assert place.sent("gov", "execute", number, role="operator")["state"] == "executed"


def test_doctor_roles__of_both_ledgers__are_read_and_a_wrong_one_is_named(place: Place, tmp_path: Path) -> None:
    done = place.run("doctor", "--json")
    assert done.code == 0, done
    roles = place.run("gov", "roles")
    assert "BTC HedgeParameters GUARDIAN_ROLE" in roles.out
    assert "BTC PARAMETERS of the automation" in roles.out
    file = tmp_path / ".alvh" / "deployment.json"
    said = load_deployment(file)
    feed = said.own["BTC"].model_copy(update={"parameters": said.feeds["BTC"]})
    said.model_copy(update={"own": {"BTC": feed}}).save(file)
    wrong = place.run("doctor")
    assert wrong.code == 1
    assert "HedgeParameters BTC" in wrong.out


def test_watch__steward_announces_to_btc__says_whose_and_the_veto_is_for_that_ledger(place: Place) -> None:
    world, now = place.world, place.world.chain.head().timestamp
    update = build_update({KEY_IDS["tailPremiumCapBps"]: 16}, now, 86_400 * 3, "0x" + "ab" * 32)
    call = world.snapshot().of("BTC").call("HedgeParameters", "scheduleUpdate", update.argument())
    act_through_safe(world, "steward", *call)
    line = json.loads(place.run("watch", "--once", "--json").out)
    (waiting,) = line["steward_updates"]
    assert (waiting["hash"], waiting["of"]) == (update.hash, "BTC")
    assert any("BTC tailPremiumCapBps 16" in alert["text"] for alert in line["alerts"])
    draft = place.run("safe", "propose", "veto", update.hash, "--json")
    assert draft.code == 0, draft
    assert draft.json()["to"] == btc(place).address("HedgeParameters")


def test_safe_and_gov__of_btc__act_on_that_ledger_and_say_so(place: Place) -> None:
    ledger = btc(place).address("HedgeParameters")
    drafted = place.run("safe", "propose", "pause", "--of", "BTC", "--json")
    assert drafted.code == 0, drafted
    assert drafted.json()["to"] == ledger
    assert "BTC parameters.pause" in drafted.out
    assert {"what": "BTC updates", "before": "possible", "after": "paused"} in drafted.json()["changes"]["changes"]
    made = place.world.snapshot().of("BTC").call("HedgeParameters", "pause")
    act_through_safe(place.world, "guardian", *made)
    line = json.loads(place.run("watch", "--once", "--json").out)
    assert (line["paused"], line["own"]["BTC"]["paused"]) == (False, True)
    assert any(alert["text"] == "the guardian has paused the parameters of BTC" for alert in line["alerts"])
    told = place.run("gov", "propose", "unpause", "--of", "BTC", role="operator")
    assert told.code == 0, told
    assert "BTC parameters.unpause" in told.out
    refused = place.run("gov", "propose", "unpause", role="operator")
    assert refused.code != 0


def test_of__asset_without_a_ledger__is_refused_by_name(place: Place) -> None:
    place.run("plan")
    done = place.run("propose", "--of", "ETH", role="operator")
    assert done.code == 2
    assert "ETH has no parameters of its own (BTC has)" in done.err
    assert len(done.err.splitlines()) == 1
