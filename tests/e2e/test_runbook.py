"""Cases of docs/runbook.md about updates, keys and values, played on the local chain through the lines of the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import ContractReverted, GuardRefused, RefusedAction, UntrustedNumber
from bridge.governance.governor import list_proposals
from bridge.governance.steward import read_pending_updates
from bridge.governance.updates import build_update
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord, newest_record
from bridge.safe.multisig import read_safe
from tests.bridge.safes import BEFORE, guarded, refusing, said
from tests.bridge.steps import LIFE, TERMS, act_through_safe, carry, found, parameters_call, propose, values
from tests.e2e.runbook import BAD, HOUR, Player, busy_days, fresh_feeds, kinds, last_proposal, run, watched


def test_bad_update__still_a_proposal__guardian_cancels_it(world: World, player: Player, bad: PlanRecord) -> None:
    number = propose(world, bad)
    assert "foreign" in kinds(world)
    shown = player.play("Bad update, still a proposal", PROPOSAL=number)
    assert "HedgeParameters.applyUpdate(condorNotionalCapBps 1200; tailPremiumCapBps 190)" in shown[0]
    assert "guard: executed only if then" in shown[0]
    assert f"cancel(proposal {number}): Cancel a proposal for good" in shown[1]
    player.sign("cancel.json")
    player.play("Bad update, still a proposal", 1)
    assert found(world, number).state == "canceled"
    assert "foreign" not in kinds(world)


def test_bad_update__executed__rolled_back_at_once_and_replaced_by_a_vote(
    world: World, player: Player, bad: PlanRecord
) -> None:
    before = values(world)
    carry(world, bad)
    assert values(world)[13] == BAD[13]
    busy_days(world, bad)
    player.play("Bad update, executed")
    player.sign("rollback.json")
    assert values(world) == before
    player.play("Bad update, executed", 1)
    player.vote(last_proposal(world))
    fresh_feeds(world)
    player.play("Bad update, executed", 2)
    assert "plan" not in kinds(world)
    wanted = newest_record(Path(".alvh")).changes()
    assert {key: values(world)[key] for key in wanted} == wanted


def test_bad_update__of_the_steward__vetoed_for_good(world: World, player: Player, bad: PlanRecord) -> None:
    update = build_update(BAD, bad.observed_at, LIFE, bad.inputs_hash).argument()
    act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    (waiting,) = read_pending_updates(world.snapshot())
    assert [alert.text[:55] for alert in watched(world).alerts if alert.kind == "steward"] == [
        "a steward's update may be applied in 24.0 hours (condor"
    ]
    player.play("Bad update of the steward", UPDATE=waiting.hash[:10])
    player.sign("veto.json")
    assert "steward" not in kinds(world)
    with pytest.raises(ContractReverted, match="GS013"):
        act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))


def test_steward__keys_stolen__is_suspended_alone_until_a_vote(world: World, player: Player, bad: PlanRecord) -> None:
    update = build_update(BAD, bad.observed_at, LIFE, bad.inputs_hash).argument()
    title = "The steward's keys are stolen"
    assert "suspendSteward()" in player.play(title)[0]
    player.sign("suspend.json")
    assert "parameters" in kinds(world)
    with pytest.raises(ContractReverted, match="GS013"):
        act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    player.play(title, 1)
    player.vote(last_proposal(world))
    assert "SUSPENDED" not in player.play(title, 2)[0]
    assert "parameters" not in kinds(world)


def test_bad_update__of_the_steward_and_applied__rolled_back(world: World, player: Player, bad: PlanRecord) -> None:
    before = values(world)
    update = build_update(BAD, bad.observed_at, LIFE, bad.inputs_hash).argument()
    act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    advance_time(world.chain, TERMS.steward_delay)
    act_through_safe(world, "steward", *parameters_call(world, "applyScheduled", update))
    assert values(world) != before
    player.play("Bad update, executed")
    player.sign("rollback.json")
    assert values(world) == before


def test_guardian__one_key_lost__owner_is_swapped_by_the_two_that_are_left(world: World, player: Player) -> None:
    lost, new = account("guardian-3").address, account("outsider").address
    player.play("The guardian lost a key", LOST=lost, NEW=new)
    player.sign("swap.json")
    player.play("The guardian lost a key", 1)
    owners = read_safe(world.snapshot(), world.deployment.address("guardian")).owners
    assert lost not in owners
    assert new in owners
    run("alvh safe propose pause --out pause.json")
    with pytest.raises(RefusedAction, match="is not an owner of the Safe"):
        run("alvh safe sign pause.json --as guardian-3")
    run("alvh safe sign pause.json --as outsider")
    run("alvh safe sign pause.json --as guardian-1")
    run("alvh safe execute pause.json --as operator --send")
    assert watched(world).seen.governed.paused


def test_guardian__all_keys_lost__the_dao_names_another_safe_that_has_all_its_powers(
    world: World, player: Player, bad: PlanRecord
) -> None:
    owners = [account(name) for name in ("trader", "lp", "outsider")]
    block = "The guardian lost all keys"
    made = run(
        f"alvh safe create {' '.join(owner.address for owner in owners)} --threshold 2 --as operator --send --json"
    )
    safe = json.loads(made)["safe"]
    player.play(block, OWNERS=" ".join(owner.address for owner in owners[::-1]), SAFE=safe)
    player.vote(last_proposal(world))
    assert "NO" in player.play(block, 1)[0]
    file = Path(".alvh/deployment.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    content["accounts"]["guardian"] = safe
    file.write_text(json.dumps(content), encoding="utf-8")
    assert "NO" not in player.play(block, 1)[0]
    number = propose(world, bad)
    run(f"alvh safe propose cancel {number} --out cancel.json")
    for name in ("trader", "lp"):
        run(f"alvh safe sign cancel.json --as {name}")
    run("alvh safe execute cancel.json --as operator --send")
    assert found(world, number).state == "canceled"


def test_guardian__guard_that_nobody_knows__refuses_its_owners_until_the_dao_names_another_safe(
    world: World, player: Player
) -> None:
    guard = guarded(world)
    assert [alert.text.partition(": ")[0] for alert in watched(world).alerts if alert.kind == "safe"] == ["guardian"]
    refusing(world, guard, BEFORE, said("no"))
    run("alvh safe propose pause --out pause.json")
    with pytest.raises(GuardRefused, match=guard):
        player.sign("pause.json")
    owners = [account(name).address for name in ("trader", "lp", "outsider")]
    safe = json.loads(run(f"alvh safe create {' '.join(owners)} --threshold 2 --as operator --send --json"))["safe"]
    title = "Something else has power over a Safe"
    shown, *_, proposed = player.play(title, OWNERS=" ".join(owners[::-1]), SAFE=safe)
    assert f"has a guard, {guard}: it can refuse every transaction that the owners sign" in shown
    assert f"{safe} is a Safe of 2 of 3 owners" in proposed
    player.vote(last_proposal(world))
    file = Path(".alvh/deployment.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    content["accounts"]["guardian"] = safe
    file.write_text(json.dumps(content), encoding="utf-8")
    player.play(title, 1)
    assert "safe" not in kinds(world)


def test_pool__pushed_away_from_its_average__nothing_is_made_of_it_and_updates_are_stopped(
    world: World, player: Player
) -> None:
    advance_time(world.chain, 7)  # anvil may forget the state of the block that it was set back to, not of one after it
    before = world.chain.head().number
    run("alvh plan")
    world.market.move_to({"USD": 1.0, "ETH": 2000.0, "BTC": 90_000.0}, noise=0.0)
    assert "exposure" in kinds(world)
    for line in ("exposure", "plan"):
        with pytest.raises(UntrustedNumber, match="away from its average"):
            run(f"alvh {line}")
    title = "Pool drained, or a value is wrong"
    shown = player.play(title, BEFORE=before)
    assert "not valued" in shown[0]
    assert "8 positions" in shown[1]
    player.play(title, 1)
    player.sign("pause.json")
    assert "parameters" in kinds(world)
    with pytest.raises(ContractReverted, match="EnforcedPause"):
        run("alvh propose --as operator")
    advance_time(world.chain, HOUR)
    assert "value" in player.play(title, 2)[0]
    player.play("End a pause")
    player.vote(last_proposal(world))
    assert not watched(world).seen.governed.paused


def test_proposer__key_leaked__votes_are_taken_away_and_a_new_key_goes_on(
    world: World, player: Player, bad: PlanRecord
) -> None:
    run("alvh plan")
    number = propose(world, bad)
    (text,) = (alert.text for alert in watched(world).alerts if alert.kind == "foreign")
    assert account("operator").address in text
    player.play("The proposer's key leaked", NEW=account("outsider").address, PROPOSAL=number)
    player.sign("cancel.json")
    with pytest.raises(ContractReverted, match="GovernorInsufficientProposerVotes"):
        run("alvh propose --as operator --send")
    player.play("The proposer's key leaked", 1, ROLE="outsider")
    assert [proposal.state for proposal in list_proposals(world.snapshot())] == ["canceled", "pending"]
    assert "foreign" not in kinds(world)
