"""Cases of docs/runbook.md about feeds, the chain itself and the bridge, played through the lines of the page."""

from __future__ import annotations

import pytest

from bridge.errors import ContractReverted, PendingTransactions, UntrustedNumber
from bridge.governance.governor import list_proposals
from bridge.governance.proposals import send_proposal
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.sources.oracle import submit_reports
from tests.bridge.steps import TERMS, draft, found, propose, queue, tear, vote
from tests.e2e.runbook import Player, busy_days, kinds, last_proposal, run, signed_round, watched

DAY, HOUR = 86_400, 3600


def two_rounds(world: World, player: Player, asset: str, one: str, two: str, three: str) -> None:
    """Submit two rounds of a feed after a silence: nobody reads the first before the second agrees."""
    for is_first in (True, False):
        block = world.chain.head().number
        player.play("Submit a round", ASSET=asset, BLOCK=block, ONE=one, TWO=two, THREE=three)
        feed = next(feed for feed in watched(world).seen.feeds if feed.asset == asset)
        assert feed.unanchored is is_first
        said = f"of the {asset} feed follows a silence: nobody reads it before a second one agrees"
        assert any(said in alert.text for alert in watched(world).alerts) is is_first


def test_reporters__fewer_than_the_quorum_left__feed_is_stale_until_the_vote_names_others(
    world: World, player: Player
) -> None:
    advance_time(world.chain, TERMS.oracle_max_age + 60)
    assert {"oracle", "exposure"} <= kinds(world)
    with pytest.raises(UntrustedNumber, match="have the reporters submit"):
        run("alvh plan")
    assert "value" in run("alvh exposure")  # what needs no volatility is shown
    with pytest.raises(ContractReverted, match="QuorumNotMet"):
        submit_reports(world.chain, account("operator"), signed_round(world, {"reporter-1": 7 * 10**7}))
    names = ("reporter-1", "reporter-2", "outsider", "trader", "lp")
    reporters = " ".join(account(name).address for name in names)
    for asset in ("BTC", "ETH"):
        player.play("Too few reporters left", ASSET=asset, REPORTERS=reporters)
        player.vote(last_proposal(world))
    for asset in ("BTC", "ETH"):
        two_rounds(world, player, asset, "lp", "trader", "outsider")
    player.play("Too few reporters left", 1)
    assert all(not feed.stale and feed.signers == 5 for feed in watched(world).seen.feeds)
    assert "exposure" not in kinds(world)
    stolen = dict.fromkeys(("reporter-3", "reporter-4", "reporter-5"), 7 * 10**7)
    with pytest.raises(ContractReverted, match="UnknownSigner"):
        submit_reports(world.chain, account("operator"), signed_round(world, stolen))


def test_reporters__two_keys_stolen__one_honest_report_beside_them_is_enough_and_is_flagged(
    world: World, player: Player
) -> None:
    before = watched(world).seen.feeds[1]
    advance_time(world.chain, HOUR)
    lies = signed_round(world, {"reporter-1": 5 * 10**8, "reporter-2": 5 * 10**8, "reporter-3": before.volatility_e8})
    submit_reports(world.chain, account("outsider"), lies)
    feed = watched(world).seen.feeds[1]
    assert (feed.reported_e8, feed.clamped) == (5 * 10**8, ("hour",))
    assert before.volatility_e8 < feed.volatility_e8 < before.volatility_e8 * 1.26
    assert any(
        "was clamped by the hour's bound: reporters say 500.00%" in alert.text for alert in watched(world).alerts
    )
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
    two_rounds(world, player, "ETH", "reporter-3", "reporter-4", "lp")
    assert not watched(world).seen.feeds[1].stale


def test_breaker__tripped_when_the_two_part__closed_by_a_vote(world: World, player: Player) -> None:
    tear(world)
    assert "are too far apart" in next(alert.text for alert in watched(world).alerts if alert.kind == "breaker")
    world.chain.send(account("outsider"), "VolatilityBreaker", world.deployment.breakers["ETH"], "trip")
    assert "tripped since" in next(alert.text for alert in watched(world).alerts if "ETH breaker" in alert.text)
    player.play("A breaker is tripped", ASSET="ETH")
    player.vote(last_proposal(world))
    assert "breaker ETH: closed" in player.play("A breaker is tripped", 1)[0]
    assert "breaker" not in kinds(world)


def test_chain__halted_for_a_day__presigned_cancellation_goes_first_and_a_dead_vote_comes_again(
    world: World, player: Player, bad: PlanRecord
) -> None:
    hostile = draft(world, bad, proposer="voter-1")
    assert send_proposal(world.snapshot(), account("voter-1"), hostile)
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
        two_rounds(world, player, asset, "reporter-1", "reporter-2", "reporter-3")
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
    assert len(list_proposals(world.snapshot())) == 1
