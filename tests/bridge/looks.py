"""Looks of the monitor that are made up: one that is quiet, and those of each rule, from before its begin to worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from bridge.adapters.pool_position import Unread
from bridge.alerts.snapshots import FailedLook, LayerState, MonitorSnapshot, SafeWaiting
from bridge.chain.blocks import BlockRef
from bridge.config import Config
from bridge.governance.brought import NOTHING
from bridge.governance.governor import Proposal
from bridge.governance.inspection import ACCOUNT, Inspected
from bridge.governance.journal import JournalEntry
from bridge.governance.safeguards import AutomationStatus, BreakerStatus
from bridge.governance.steward import PendingUpdate
from bridge.governance.updates import build_update
from bridge.plans.ledger_book import Held, LedgerBook
from bridge.plans.observed import NO_HASH, stated_governed
from bridge.plans.orders_done import OrderDone
from bridge.plans.records import PlanRecord
from bridge.sources.oracle import FeedStatus
from hedge.book.exposure import book_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.decision.held import HeldLeg, LayerCover, MarkSource
from hedge.instruments.leg import Leg
from hedge.instruments.margin import Margin
from hedge.ledger.account import account
from hedge.ledger.results import Position
from hedge.market import Market

NOW, HOUR, DAY, NAN = 1_790_000_000, 3600, 86_400, float("nan")
GUARDIAN = "0x" + "a1" * 20
NUMBERS = {"cvar_hedged_usd": 100.0, "cvar_held_usd": 20_000.0, "target_usd": None}
PLAN = PlanRecord("0x" + "11" * 32, 31_337, 1, NO_HASH, NOW - DAY, GUARDIAN, {"decision": {"numbers": NUMBERS}})
JOURNAL = (JournalEntry("77", 31_337, "A plan", GUARDIAN, 1),)


def book(spot: float, **changes: Any) -> dict[str, Any]:
    """Return a book of two positions at a price of ETH, one with a range of 1,000 to 4,000, as fields of a look."""
    market = Market(NOW, {"ETH": spot}, {"ETH": 0.6})
    ends = {"ranged": (1_000.0, 4_000.0), "full": (0.0, float("inf"))}
    held = tuple(
        ConcentratedPosition(name, "ETH/USD", "ETH", "USD", 1_000.0, *end, NAN, NAN, 0.0, 0.0, NAN)
        for name, end in ends.items()
    )
    return {"market": market, "positions": held, "exposure": book_exposure(Book(held), market)} | changes


def look(**changes: Any) -> MonitorSnapshot:
    """Return a look that alerts of nothing, with some of it replaced."""
    seen = MonitorSnapshot(
        BlockRef(100, NO_HASH, NOW),
        feeds=(),
        breakers=(),
        automation=None,
        now=NOW,
        config=Config(),
        governed=stated_governed({}),
        proposals=(),
        journal=JOURNAL,
        steward_updates=(),
        untrusted=None,
        unread=(),
        on_record=PLAN,
        drift=0.0,
        layers=(),
        **book(2_000.0),
    )
    seen = replace(seen, proposals=(vote(state="executed"),))
    return replace(seen, **changes)


def feed(age: int, **changes: Any) -> MonitorSnapshot:
    """Return a look at a feed whose answer is so old; it may be 1,000 s."""
    status = FeedStatus("ETH", "0xfeed", 5, 60_000_000, NOW - age, age, 1_000, age > 1_000, 3, 5, 60_000_000, (), False)
    return look(feeds=(replace(status, **changes),))


def breaker(in_power: bool = True, **changes: Any) -> MonitorSnapshot:
    """Return a look at a breaker, with an automation."""
    status = BreakerStatus("ETH", "0xbreaker", 0, 60_000_000, 60_000_000, False, "")
    automation = AutomationStatus("0xauto", in_power, False, 0, None, "", None)
    return look(breakers=(replace(status, **changes),), automation=automation)


def automation(**changes: Any) -> MonitorSnapshot:
    """Return a look at an automation in power."""
    return look(automation=replace(AutomationStatus("0xauto", True, False, 0, None, "", None), **changes))


def vote(**changes: Any) -> Proposal:
    """Return a proposal of ours in its vote, which has its quorum and two days left."""
    made = Proposal(77, "active", GUARDIAN, NOTHING, 0, 5 * 10**18, 0, 10**18, NOW - DAY, NOW + 2 * DAY, 0)
    return replace(made, **changes)


def proposed(update_ends: int = 0, journal: tuple[JournalEntry, ...] = JOURNAL, **changes: Any) -> MonitorSnapshot:
    """Return a look at one proposal."""
    ends = {"77": update_ends} if update_ends else {}
    return look(proposals=(vote(**changes),), update_ends=ends, journal=journal)


def hedged(left: float = 1e6, **changes: Any) -> MonitorSnapshot:
    """Return a look at a ledger with one bought put, and a margin of 1,000 USD of which so much is left."""
    option = Leg("ETH", NOW + 30 * DAY, 30 / 365, 1_800.0, False, 10.0, 50.0, 0.6, 2_000.0, 0.0, 0.0, 0.1)
    leg = HeldLeg(option, "tail", MarkSource.QUOTE, NOW, 2_000.0)
    leg = replace(leg, naked=changes.pop("naked", 0.0), leg=replace(option, **changes.pop("leg", {})))
    cover = LayerCover("ETH", "tail", 1, 500.0, -100.0, 50.0, 1.0, 1.0, 0.1, 0.1, 1_000.0, 30.0)
    cover = replace(cover, **changes.pop("cover", {}))
    kept = replace(account([], {}, NOW * 1_000), **changes.pop("account", {}))
    ledger = LedgerBook("main", changes.pop("at", NOW), (), 0, {}, kept)
    held = Held(ledger, (leg,), (cover,), {}, (), {}, Margin(2_000.0, 1_000.0), left)
    return look(held=held, layers=(LayerState("ETH", "tail", 1, 500.0, 500.0, -100.0, 30.0, 50.0),), **changes)


def position(**changes: Any) -> Position:
    """Return an instrument of the ledger."""
    names = ("average_price", "average_cost_usd", "basis", "basis_usd", "realised", "fees", "funding", "realised_usd")
    numbers = dict.fromkeys((*names, "fees_usd", "funding_usd", "flows_usd"), Decimal(0))
    fields = {name: numbers.get(name, 0) for name in Position.__dataclass_fields__}
    own = {
        "book": "main",
        "venue": "deribit",
        "instrument": "ETH-1JAN21-1000-P",
        "traded": None,
        "quantity": Decimal(2),
    }
    return Position(**fields | {name: value for name, value in own.items() if name in fields} | changes)


def order(done: float) -> MonitorSnapshot:
    """Return a look at a plan of one order of which so much is done."""
    return look(orders=(OrderDone(1, "ETH-1JAN27-1000-P", "buy", "tail", 10.0, done, 50.0, NAN, NAN),))


def loss(target: float) -> MonitorSnapshot:
    """Return a look whose plan leaves so many times of the governed target."""
    seen = look()
    assert seen.exposure is not None
    usd = target * seen.governed.parameters.target_cvar_bps / 1e4 * seen.exposure.value_usd
    plan = {"decision": {"numbers": NUMBERS | {"cvar_hedged_usd": usd}}}
    return replace(seen, on_record=replace(PLAN, plan=plan))


def governed(**changes: Any) -> MonitorSnapshot:
    """Return a look at parameters of version 3 that no plan here explains, of which the monitor knew version 3."""
    made = replace(stated_governed({}), version=3)
    return look(governed=replace(made, **changes), known_versions={"": 3}, unplanned=frozenset({""}))


def steward(**changes: Any) -> MonitorSnapshot:
    """Return a look at an update that the steward announced."""
    update = build_update({3: 260}, NOW - HOUR, 14 * DAY, NO_HASH)
    return look(steward_updates=(PendingUpdate(update.hash, NOW + DAY, update),), **changes)


def signed(count: int) -> MonitorSnapshot:
    """Return a look at a Safe's transaction that so many of two owners signed."""
    return look(safe_queue=(SafeWaiting("guardian", "0x" + "cd" * 32, 4, count, 2, "pause()"),))


def aged(seconds: int) -> MonitorSnapshot:
    """Return a look at a block that is so old; it may be 600 s."""
    return look(now=NOW + seconds)


def late(seconds: float) -> MonitorSnapshot:
    """Return a look that came so late; one is due every 20 s."""
    return look(late_seconds=seconds, interval_seconds=20.0)


failed = partial(FailedLook, "the node does not answer", most_seconds=60.0)
quoted = {"ETH": 2_000.0}
expired = position()

Make = Callable[[], MonitorSnapshot | FailedLook]
CASES: dict[str, tuple[Make, Make | None, Make, Make | None]] = {
    "exposure_incomplete": (look, None, lambda: look(unread=(Unread("uniswap-v3:1", "no price"),)), None),
    "range_left": (
        lambda: look(**book(3_900.0)), lambda: look(**book(3_990.0)), lambda: look(**book(4_050.0)),
        lambda: look(**book(4_700.0)),
    ),
    "range_near": (lambda: look(**book(3_700.0)), lambda: look(**book(3_780.0)), lambda: look(**book(3_850.0)), None),
    "plan_missing": (look, None, lambda: look(unplanned=frozenset({""})), None),
    "exposure_drifted": (
        lambda: look(drift=0.07), lambda: look(drift=0.09), lambda: look(drift=0.11), lambda: look(drift=0.17)
    ),
    "target_exceeded": (lambda: loss(0.9), lambda: loss(1.03), lambda: loss(1.1), lambda: loss(1.4)),
    "sources_apart": (
        lambda: look(quoted_spots=quoted), lambda: look(quoted_spots={"ETH": 2_054.0}),
        lambda: look(quoted_spots={"ETH": 2_070.0}), lambda: look(quoted_spots={"ETH": 2_140.0}),
    ),
    "feed_without_fresh_answer": (lambda: feed(600), lambda: feed(700), lambda: feed(800), None),
    "round_clamped": (
        lambda: feed(10), None, partial(feed, 10, clamped=("hour",)),
        partial(feed, 10, clamped=("hour",), reported_e8=10**8),
    ),
    "breaker_tripped": (breaker, None, lambda: breaker(tripped_at=NOW - HOUR), None),
    "volatilities_apart": (breaker, None, lambda: breaker(apart=True), None),
    "breaker_cannot_compare": (breaker, None, lambda: breaker(trouble="TooFewObservations()"), None),
    "automation_waits": (automation, None, lambda: automation(stopped=True), None),
    "parameters_paused": (governed, None, lambda: governed(paused=True), None),
    "steward_suspended": (governed, None, lambda: governed(steward_suspended=True), None),
    "parameters_changed": (governed, None, lambda: governed(version=4), lambda: governed(version=5)),
    "proposal_waits": (proposed, None, lambda: proposed(votes_for=0), None),
    "vote_ends": (
        lambda: proposed(deadline=NOW + 25 * HOUR), None, lambda: proposed(deadline=NOW + 24 * HOUR),
        lambda: proposed(deadline=NOW + 3 * HOUR),
    ),
    "proposal_ready": (
        lambda: proposed(state="queued", eta=NOW + 1), None, lambda: proposed(state="queued", eta=NOW), None
    ),
    "proposal_expires": (
        lambda: proposed(state="queued", eta=NOW, expires_at=NOW + 25 * HOUR), None,
        lambda: proposed(update_ends=NOW + 24 * HOUR, state="queued", eta=NOW, expires_at=NOW + 30 * HOUR),
        lambda: proposed(state="succeeded", expires_at=NOW + 2 * HOUR),
    ),
    "proposal_ended": (
        lambda: proposed(state="canceled"), None,
        lambda: look(proposals=(vote(state="canceled"),), lately_open=frozenset({"77"})), None,
    ),
    "steward_update_waits": (look, None, steward, None),
    "foreign_proposal": (proposed, None, lambda: proposed(journal=()), None),
    "journal_damaged": (look, None, lambda: look(journal_trouble="77.json is damaged"), None),
    "proposal_unreadable": (proposed, None, lambda: proposed(state="unreadable", trouble="gives no state"), None),
    "proposals_unknown": (look, None, lambda: look(proposals_trouble="too many events"), None),
    "lost_proposal": (proposed, None, lambda: look(proposals=()), None),
    "layer_uncovered": (
        hedged, lambda: hedged(cover={"gamma_usd": 39.0}), lambda: hedged(cover={"gamma_usd": 35.0}),
        lambda: hedged(cover={"gamma_usd": 20.0}),
    ),
    "layer_above_cap": (
        hedged, lambda: hedged(cover={"value_usd": 950.0}), lambda: hedged(cover={"value_usd": 1_100.0}),
        lambda: hedged(cover={"value_usd": 2_200.0}),
    ),
    "leg_expires": (
        hedged, None, lambda: hedged(at=NOW + 28 * DAY), lambda: hedged(at=NOW + 30 * DAY)
    ),
    "ledger_unreadable": (look, None, lambda: look(ledger_trouble="the hedge is not valued"), None),
    "sold_without_wing": (hedged, None, lambda: hedged(naked=2.0), lambda: hedged(naked=4.0)),
    "margin_short": (
        lambda: hedged(400.0), lambda: hedged(280.0), lambda: hedged(240.0), lambda: hedged(-10.0)
    ),
    "expiry_unsettled": (hedged, None, lambda: hedged(account={"unsettled": (expired,)}), None),
    "orders_left": (lambda: order(10.0), None, lambda: order(4.0), None),
    "holder_exposed": (look, None, lambda: look(holders={"guardian": Inspected(GUARDIAN, 100, ACCOUNT)}), None),
    "signatures_missing": (look, None, lambda: signed(1), lambda: signed(2)),
    "safe_queue_unreadable": (look, None, lambda: look(safe_troubles=("x.json is no Safe transaction",)), None),
    "chain_halted": (lambda: aged(100), lambda: aged(500), lambda: aged(601), lambda: aged(3_700)),
    "loop_late": (lambda: late(1.0), lambda: late(15.0), lambda: late(25.0), lambda: late(130.0)),
    "messages_wait": (
        lambda: look(undelivered_seconds=899.0), None, lambda: look(undelivered_seconds=900.0), None
    ),
    "no_look": (lambda: failed(seconds=30.0), None, lambda: failed(seconds=61.0), lambda: failed(seconds=700.0)),
}  # fmt: skip
"""By rule, looks below its alert, between where it is over and where it begins, at its begin, and when it is worse."""
