"""Every case of docs/runbook.md, played on the local chain through the lines of the page; the outcome is checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.config import Config
from bridge.deployment import load_deployment
from bridge.errors import ContractReverted, PendingTransactions, RefusedAction, UntrustedNumber
from bridge.governance import list_proposals
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from bridge.oracle import build_report, sign_report, submit_reports
from bridge.proposals import send_proposal
from bridge.records import PlanRecord, newest_record
from bridge.safe import read_safe
from bridge.steward import read_pending_updates
from bridge.updates import build_update
from bridge.watch import Look, look
from tests.bridge.steps import (
    LIFE,
    TERMS,
    act_through_safe,
    carry,
    draft,
    found,
    parameters_call,
    plan_now,
    propose,
    queue,
    tear,
    values,
    vote,
    with_changes,
)
from tests.e2e.runbook import Player, run

BAD = {3: 1200, 11: 4900}  # more condors, less tail: inside every limit
DAY, HOUR = 86_400, 3600


@pytest.fixture(scope="session")
def bad(built_world: World) -> PlanRecord:
    """Return a plan that somebody changed: what it sets passes every limit and is not what anybody wants."""
    return with_changes(plan_now(built_world, Config()).record, BAD)


@pytest.fixture
def player(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Player:
    """Stand in a folder with a deployment file and settings for the test's chain."""
    world.deployment.save(tmp_path / ".alvh" / "deployment.json")
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{world.chain.url}"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Player({"ROLE": "operator"})


def seen(world: World, now: int | None = None) -> Look:
    deployment = load_deployment(Path(".alvh/deployment.json"))
    return look(world.chain, deployment, Config(), world.deployment.address("lp"), now)


def kinds(world: World, now: int | None = None) -> set[str]:
    return {warning.kind for warning in seen(world, now).warnings}


def last_proposal(world: World) -> int:
    return list_proposals(world.chain, world.deployment, world.chain.head())[-1].id


def fresh_feeds(world: World) -> None:
    submit_rounds(world.chain, world.deployment, Config())


def busy_days(world: World, record: PlanRecord) -> None:
    """Let people trade, so that positions earn and a hedge is worth its cost, and the reporters report."""
    spots = {"USD": 1.0, **{asset: record.plan["inputs"]["market"]["spots"][asset] for asset in ("BTC", "ETH")}}
    for _ in range(6):
        world.market.move_to(spots, noise=0.2)
    advance_time(world.chain, HOUR)
    fresh_feeds(world)


def signed_round(world: World, points: dict[str, int]) -> list[Any]:
    """Sign one round of the ETH feed, each reporter with its own number (1e8 = 100 %)."""
    block = world.chain.head()
    reports = {name: build_report(world.chain, world.deployment, "ETH", e8, block) for name, e8 in points.items()}
    return [sign_report(report, account(name)) for name, report in reports.items()]


def test_bad_update__still_a_proposal__guardian_cancels_it(world: World, player: Player, bad: PlanRecord) -> None:
    number = propose(world, bad)
    assert "foreign" in kinds(world)
    shown = player.play("Bad update, still a proposal", PROPOSAL=number)
    assert "HedgeParameters.applyUpdate(condorSizeCapBps 1200; tailCoverageBps 4900)" in shown[0]
    assert "guard: executed only if then" in shown[0]
    assert f"cancel(proposal {number}): cancel a proposal for good" in shown[1]
    player.sign("cancel.json")
    player.play("Bad update, still a proposal", 1)
    assert found(world, number).state == "canceled"
    assert "foreign" not in kinds(world)


def test_bad_update__executed__rolled_back_at_once_and_replaced_by_a_vote(
    world: World, player: Player, bad: PlanRecord
) -> None:
    before = values(world)
    carry(world, bad)
    assert values(world)[3] == BAD[3]
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
    (waiting,) = read_pending_updates(world.chain, world.deployment, world.chain.head())
    assert [w.text[:55] for w in seen(world).warnings if w.kind == "steward"] == [
        "a steward's update may be applied in 24.0 hours (condor"
    ]
    player.play("Bad update of the steward", UPDATE=waiting.hash[:10])
    player.sign("veto.json")
    assert "steward" not in kinds(world)
    with pytest.raises(ContractReverted, match="GS013"):
        act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))


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


def test_reporters__fewer_than_the_quorum_left__feed_is_stale_until_the_vote_names_others(
    world: World, player: Player
) -> None:
    advance_time(world.chain, TERMS.oracle_max_age + 60)
    assert {"oracle", "exposure"} <= kinds(world)
    for line in ("exposure", "plan"):
        with pytest.raises(UntrustedNumber, match="have the reporters submit"):
            run(f"alvh {line}")
    with pytest.raises(ContractReverted, match="QuorumNotMet"):
        submit_reports(world.chain, account("operator"), signed_round(world, {"reporter-1": 7 * 10**7}))
    names = ("reporter-1", "reporter-2", "outsider", "trader", "lp")
    reporters = " ".join(account(name).address for name in names)
    for asset in ("BTC", "ETH"):
        player.play("Too few reporters left", ASSET=asset, REPORTERS=reporters)
        player.vote(last_proposal(world))
    for asset in ("BTC", "ETH"):
        player.play(
            "Submit a round", ASSET=asset, BLOCK=world.chain.head().number, ONE="lp", TWO="trader", THREE="outsider"
        )
    player.play("Too few reporters left", 1)
    assert all(not feed.stale and feed.signers == 5 for feed in seen(world).feeds)
    assert "exposure" not in kinds(world)
    stolen = dict.fromkeys(("reporter-3", "reporter-4", "reporter-5"), 7 * 10**7)
    with pytest.raises(ContractReverted, match="UnknownSigner"):
        submit_reports(world.chain, account("operator"), signed_round(world, stolen))


def test_reporters__two_keys_stolen__one_honest_report_beside_them_is_enough_and_is_flagged(
    world: World, player: Player
) -> None:
    before = seen(world).feeds[1]
    advance_time(world.chain, HOUR)
    lies = signed_round(world, {"reporter-1": 5 * 10**8, "reporter-2": 5 * 10**8, "reporter-3": before.volatility_e8})
    submit_reports(world.chain, account("outsider"), lies)
    feed = seen(world).feeds[1]
    assert (feed.reported_e8, feed.clamped) == (5 * 10**8, ("hour",))
    assert before.volatility_e8 < feed.volatility_e8 < before.volatility_e8 * 1.26
    assert any("was clamped by the hour's bound: reporters say 500.00%" in w.text for w in seen(world).warnings)
    player.play("Reporters' keys stolen")
    player.sign("stop.json")
    address = world.deployment.address("RegimeAutomation")
    assert world.chain.read("RegimeAutomation", address, "stopped", block=world.chain.head())
    names = ("reporter-3", "reporter-4", "reporter-5", "trader", "lp")
    player.play("Too few reporters left", ASSET="ETH", REPORTERS=" ".join(account(name).address for name in names))
    player.vote(last_proposal(world))
    with pytest.raises(ContractReverted, match="UnknownSigner"):
        submit_reports(
            world.chain,
            account("outsider"),
            signed_round(world, {"reporter-1": 5 * 10**8} | dict.fromkeys(names[:2], 7 * 10**7)),
        )
    block = world.chain.head().number
    player.play("Submit a round", ASSET="ETH", BLOCK=block, ONE="reporter-3", TWO="reporter-4", THREE="lp")
    assert not seen(world).feeds[1].stale


def test_breaker__tripped_when_the_two_part__closed_by_a_vote(world: World, player: Player) -> None:
    tear(world)
    assert "are too far apart" in next(w.text for w in seen(world).warnings if w.kind == "breaker")
    world.chain.send(account("outsider"), "VolatilityBreaker", world.deployment.breakers["ETH"], "trip")
    assert "tripped since" in next(w.text for w in seen(world).warnings if "ETH breaker" in w.text)
    player.play("A breaker is tripped", ASSET="ETH")
    player.vote(last_proposal(world))
    assert "breaker ETH: closed" in player.play("A breaker is tripped", 1)[0]
    assert "breaker" not in kinds(world)


def test_guardian__one_key_lost__owner_is_swapped_by_the_two_that_are_left(world: World, player: Player) -> None:
    lost, new = account("guardian-3").address, account("outsider").address
    player.play("The guardian lost a key", LOST=lost, NEW=new)
    player.sign("swap.json")
    player.play("The guardian lost a key", 1)
    owners = read_safe(world.chain, world.deployment.address("guardian"), world.chain.head()).owners
    assert lost not in owners
    assert new in owners
    run("alvh safe propose pause --out pause.json")
    with pytest.raises(RefusedAction, match="is no owner of the Safe"):
        run("alvh safe sign pause.json --as guardian-3")
    run("alvh safe sign pause.json --as outsider")
    run("alvh safe sign pause.json --as guardian-1")
    run("alvh safe execute pause.json --as operator --send")
    assert seen(world).governed.paused


def test_guardian__all_keys_lost__the_dao_names_another_safe_that_has_all_its_powers(
    world: World, player: Player, bad: PlanRecord
) -> None:
    owners = [account(name) for name in ("trader", "lp", "outsider")]
    block = "The guardian lost all keys"
    made = run(f"alvh safe create {' '.join(one.address for one in owners)} --threshold 2 --as operator --send --json")
    safe = json.loads(made)["safe"]
    player.play(block, OWNERS=" ".join(one.address for one in owners[::-1]), SAFE=safe)
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


def test_pool__pushed_away_from_its_average__nothing_is_made_of_it_and_updates_are_stopped(
    world: World, player: Player
) -> None:
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
    assert "6 positions" in shown[1]
    player.play(title, 1)
    player.sign("pause.json")
    assert "parameters" in kinds(world)
    with pytest.raises(ContractReverted, match="EnforcedPause"):
        run("alvh propose --as operator")
    advance_time(world.chain, HOUR)
    assert "value" in player.play(title, 2)[0]
    player.play("End a pause")
    player.vote(last_proposal(world))
    assert not seen(world).governed.paused


def test_chain__halted_for_a_day__presigned_cancellation_goes_first_and_a_dead_vote_comes_again(
    world: World, player: Player, bad: PlanRecord
) -> None:
    hostile = draft(world, bad, proposer="voter-1")
    assert send_proposal(world.chain, world.deployment, account("voter-1"), hostile)
    vote(world, hostile.id)
    advance_time(world.chain, DAY)
    busy_days(world, bad)
    run("alvh plan")
    run("alvh propose --as operator --send")
    ours = last_proposal(world)
    run(f"alvh gov wait {hostile.id}")
    run(f"alvh gov queue {hostile.id} --as outsider --send")
    advance_time(world.chain, 3 * DAY // 2)
    old_reports = signed_round(world, dict.fromkeys(("reporter-1", "reporter-2", "reporter-3"), 7 * 10**7))
    assert (found(world, hostile.id).state, found(world, ours).state) == ("queued", "active")
    halted = world.chain.head()
    assert "chain" in kinds(world, halted.timestamp + DAY)
    assert "chain" not in kinds(world, halted.timestamp + 60)
    title = "The chain halted for a day"
    player.play(title, PROPOSAL=hostile.id)
    assert world.chain.head() == halted
    world.chain.request("evm_setNextBlockTimestamp", halted.timestamp + DAY)
    hostile_could_run = found(world, hostile.id).eta < halted.timestamp + DAY
    player.play(title, 1)
    assert found(world, hostile.id).state == "canceled"
    assert hostile_could_run
    assert world.chain.head().timestamp == halted.timestamp + DAY
    assert found(world, ours).state == "defeated"
    with pytest.raises(ContractReverted, match="StaleReport"):
        submit_reports(world.chain, account("operator"), old_reports)
    for asset in ("BTC", "ETH"):
        names = {"ONE": "reporter-1", "TWO": "reporter-2", "THREE": "reporter-3"}
        player.play("Submit a round", ASSET=asset, BLOCK=world.chain.head().number, **names)
    player.play(title, 2)
    again = last_proposal(world)
    assert again != ours
    assert "Attempt 2" in found(world, again).action.description
    assert not {"chain", "oracle", "lost"} & kinds(world)


def test_chain__nobody_signed_in_advance__what_was_queued_is_executable_on_the_first_block(
    world: World, bad: PlanRecord
) -> None:
    number = propose(world, bad)
    vote(world, number)
    queue(world, number)
    # The danger that the page names: a day passes at once, and with it the guardian's time.
    advance_time(world.chain, TERMS.timelock_delay)
    assert found(world, number).eta <= world.chain.head().timestamp


def test_proposer__key_leaked__votes_are_taken_away_and_a_new_key_goes_on(
    world: World, player: Player, bad: PlanRecord
) -> None:
    run("alvh plan")
    number = propose(world, bad)
    (warning,) = (w.text for w in seen(world).warnings if w.kind == "foreign")
    assert account("operator").address in warning
    player.play("The proposer's key leaked", NEW=account("outsider").address, PROPOSAL=number)
    player.sign("cancel.json")
    with pytest.raises(ContractReverted, match="GovernorInsufficientProposerVotes"):
        run("alvh propose --as operator --send")
    player.play("The proposer's key leaked", 1, ROLE="outsider")
    assert [one.state for one in list_proposals(world.chain, world.deployment, world.chain.head())] == [
        "canceled",
        "pending",
    ]
    assert "foreign" not in kinds(world)


def test_two_bridges__stuck_transaction__replaced_and_the_proposal_sent_once(world: World, player: Player) -> None:
    run("alvh plan")
    world.chain.request("evm_setAutomine", False)
    try:
        stuck = world.chain.web3.eth.get_transaction_count(account("operator").address)
        transaction = world.chain.fees() | {
            "chainId": 31337,
            "nonce": stuck,
            "to": account("lp").address,
            "value": 1,
            "gas": 21_000,
        }
        world.chain.request("eth_sendRawTransaction", "0x" + account("operator").sign_transaction(transaction).hex())
        title = "Two bridges, crash, stuck transaction, re-organisation"
        with pytest.raises(PendingTransactions, match=f"1 transaction on the way from nonce {stuck}.*alvh gov unstick"):
            player.play(title)
        world.chain.request("evm_setIntervalMining", 1)
        lines = player.play(title, 1)
    finally:
        world.chain.request("evm_setIntervalMining", 0)
        world.chain.request("evm_setAutomine", True)
    assert "1 transactions from nonce" in lines[0]
    assert "proposed: " in lines[2]
    assert "exists and is pending" in player.play(title)[0]
    assert len(list_proposals(world.chain, world.deployment, world.chain.head())) == 1
