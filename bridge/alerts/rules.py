"""What the monitor alerts of: each rule is one function of what it saw, and says what to look at or what helps.

To add a rule, write a function of a `MonitorSnapshot` that returns alerts, and register it with `alert_rule`:
`alvh watch`, its JSON and the demo show what it raises. Rules are run in the order in which they were registered.

    @alert_rule(MonitorSnapshot)
    def small_book(seen: MonitorSnapshot) -> list[Alert]:
        small = seen.exposure is not None and seen.exposure.value_usd < 1_000_000
        return [Alert("book", "the book is worth less than a million")] if small else []
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from bridge.alerts.snapshots import Alert, MonitorSnapshot, OracleSnapshot
from bridge.foreign import foreign
from bridge.formats import number, percent, plain
from bridge.governance.safeguards import BreakerStatus
from bridge.governance.updates import update_words
from bridge.registry import Registry
from bridge.units import utc, volatility_from_e8

EXPIRY_ALERT_DAYS: Final = 3.0
MARGIN_NEAR: Final = 0.25
"""Share of the maintenance margin that should be left beyond it."""
MOST_UNREAD: Final = 20
"""Positions that are named one by one: anyone can send thousands."""
SOON_STALE: Final = 0.75
"""Share of its greatest age from which a feed is about to be stale."""

Seen = TypeVar("Seen", bound=OracleSnapshot)

ALERT_RULES: Final[Registry[tuple[type[OracleSnapshot], Callable[[Any], list[Alert]]]]] = Registry("alert rule")
"""By the rule's name: which snapshot it is a function of, and the rule."""


def alert_rule(of: type[Seen]) -> Callable[[Callable[[Seen], list[Alert]]], Callable[[Seen], list[Alert]]]:
    """Register a rule: a function of a `MonitorSnapshot`, or of the `OracleSnapshot` that is a part of it.

    Raises
    ------
    BadConfig
        Another rule has that name.
    """

    def register(rule: Callable[[Seen], list[Alert]]) -> Callable[[Seen], list[Alert]]:
        ALERT_RULES.register(rule.__name__, (of, rule))
        return rule

    return register


def raise_alerts(seen: OracleSnapshot) -> tuple[Alert, ...]:
    """Run every rule that is a function of what was seen."""
    return tuple(alert for of, rule in ALERT_RULES.values() if isinstance(seen, of) for alert in rule(seen))


@alert_rule(MonitorSnapshot)
def chain_halted(seen: MonitorSnapshot) -> list[Alert]:
    """The newest block is old, or of the future: the chain or this node has stopped, or the node lies."""
    age, most = 0 if seen.now is None else seen.now - seen.block.timestamp, seen.config.watch.max_block_age_seconds
    text = f"the newest block {seen.block.number} is {age} s old, at most {most} s: the chain or this node has stopped"
    if age < -most:
        text = f"the newest block {seen.block.number} is {-age} s ahead of this machine's clock: ask another node"
    return [Alert("chain", text)] if abs(age) > most else []


@alert_rule(OracleSnapshot)
def feed_without_fresh_answer(seen: OracleSnapshot) -> list[Alert]:
    """A feed is empty, stale or soon stale."""
    found = []
    for feed in seen.feeds:
        age, most = feed.age_seconds, feed.max_age_seconds
        if feed.outage:
            found.append(Alert("oracle", f"the {feed.asset} feed gives no answer: {feed.outage}"))
        elif feed.round == 0:
            found.append(Alert("oracle", f"the {feed.asset} feed has no answer yet"))
        elif age < 0:
            found.append(Alert("oracle", f"the {feed.asset} feed is {-age} s ahead of the block: ask another node"))
        elif feed.unanchored and age <= most:
            text = f"round {feed.round} of the {feed.asset} feed follows a silence"
            found.append(Alert("oracle", f"{text}: nobody reads it before a second one agrees"))
        elif feed.stale:
            found.append(Alert("oracle", f"the {feed.asset} feed is stale: {age} s, at most {most} s"))
        elif age > most * SOON_STALE:
            found.append(Alert("oracle", f"the {feed.asset} feed is stale in {most - age} s"))
    return found


@alert_rule(OracleSnapshot)
def round_clamped(seen: OracleSnapshot) -> list[Alert]:
    """A bound held a feed's answer back from what its reporters say."""
    found = []
    for feed in seen.feeds:
        if feed.clamped:
            answer, median = (
                plain(percent(volatility_from_e8(e8), 2)) for e8 in (feed.volatility_e8, feed.reported_e8)
            )
            text = (
                f"round {feed.round} of the {feed.asset} feed was clamped by the {' and '.join(feed.clamped)}'s bound"
            )
            found.append(Alert("oracle", f"{text}: reporters say {median}, the answer is {answer}"))
    return found


@alert_rule(OracleSnapshot)
def breaker_tripped(seen: OracleSnapshot) -> list[Alert]:
    """A breaker is tripped: no update passes until the DAO closes it."""
    return [
        Alert(
            "breaker",
            f"the {breaker.asset} breaker has been tripped since {utc(breaker.tripped_at)} ({_volatilities(breaker)}): "
            f"`alvh gov propose reset-breaker {breaker.asset}` closes it",
        )
        for breaker in seen.breakers
        if breaker.tripped_at
    ]


@alert_rule(OracleSnapshot)
def volatilities_apart(seen: OracleSnapshot) -> list[Alert]:
    """Anyone may trip a breaker: implied and realised volatility are too far apart."""
    return [
        Alert("breaker", f"{breaker.asset}: {_volatilities(breaker)} are too far apart, anyone may trip the breaker")
        for breaker in seen.breakers
        if breaker.apart and not breaker.tripped_at
    ]


@alert_rule(OracleSnapshot)
def breaker_cannot_compare(seen: OracleSnapshot) -> list[Alert]:
    """A breaker that cannot compare lets no step of the automation pass."""
    if not any(automation.in_power for automation in seen.automations.values()):
        return []
    return [
        Alert("breaker", f"the {breaker.asset} breaker lets nothing pass: {breaker.trouble}")
        for breaker in seen.breakers
        if breaker.trouble and not breaker.tripped_at and not breaker.apart
    ]


def _volatilities(breaker: BreakerStatus) -> str:
    if breaker.implied_e8 is None or breaker.realized_e8 is None:
        return f"no comparison now: {breaker.trouble}"
    implied, realized = (plain(percent(volatility_from_e8(e8))) for e8 in (breaker.implied_e8, breaker.realized_e8))
    return f"implied {implied}, realised {realized}"


@alert_rule(OracleSnapshot)
def automation_waits(seen: OracleSnapshot) -> list[Alert]:
    """An automation, once it is in power, is stopped, or anyone may apply a row."""
    found = []
    for asset, automation in seen.automations.items():
        own, of = (f"{asset}: ", f" --of {asset}") if asset else ("", "")
        if automation.in_power and automation.stopped:
            found.append(Alert("automation", f"{own}the automation is stopped until the DAO votes a table"))
        elif automation.in_power and automation.next_row is not None:
            text = f"{own}anyone may apply row {automation.next_row} now, row {automation.row} holds"
            found.append(Alert("automation", f"{text}: `alvh safe propose stop-automation{of}` stops it"))
    return found


@alert_rule(MonitorSnapshot)
def parameters_paused(seen: MonitorSnapshot) -> list[Alert]:
    """The guardian has paused parameters."""
    every = {"": seen.governed} | dict(seen.governed.own)
    paused = [asset for asset, governed in every.items() if governed.paused]
    whose = [f"the parameters of {asset}" if asset else "the hedge parameters" for asset in paused]
    return [Alert("parameters", f"the guardian has paused {words}") for words in whose]


@alert_rule(MonitorSnapshot)
def steward_suspended(seen: MonitorSnapshot) -> list[Alert]:
    """The guardian has suspended the steward."""
    found = []
    for asset, governed in ({"": seen.governed} | dict(seen.governed.own)).items():
        whose, of = (f" of the parameters of {asset}", f" --of {asset}") if asset else ("", "")
        text = f"the guardian has suspended the steward{whose}: `alvh gov propose resume-steward{of}` lets it go on"
        found += [Alert("parameters", text)] if governed.steward_suspended else []
    return found


@alert_rule(MonitorSnapshot)
def proposal_waits(seen: MonitorSnapshot) -> list[Alert]:
    """An open proposal misses votes for its quorum, or waits to be queued."""
    found = []
    for proposal in seen.open_proposals:
        if proposal.state == "active" and proposal.votes_for < proposal.quorum:
            missing = number((proposal.quorum - proposal.votes_for) / 1e18)
            found.append(Alert("proposal", f"{proposal.short_id} misses {missing} votes for its quorum"))
        elif proposal.state == "succeeded":
            found.append(Alert("proposal", f"{proposal.short_id} has passed and waits to be queued"))
    return found


@alert_rule(MonitorSnapshot)
def steward_update_waits(seen: MonitorSnapshot) -> list[Alert]:
    """A steward's update waits: what it sets, and how long a veto is sure to come in time."""
    found = []
    for waiting in seen.steward_updates:
        left = waiting.veto_seconds(seen.block.timestamp)
        when = f"may be applied in {left / 3600:.1f} hours" if left else "may be applied at any moment"
        ledger = seen.governed.own.get(waiting.update.asset, seen.governed)
        when = "cannot be applied while the steward is suspended" if ledger.steward_suspended else when
        text = f"a steward's update {when} ({'; '.join(update_words(waiting.update))})"
        found.append(Alert("steward", f"{text}: `alvh safe propose veto {waiting.hash}` refuses it"))
    return found


@alert_rule(MonitorSnapshot)
def holder_exposed(seen: MonitorSnapshot) -> list[Alert]:
    """The guardian or the steward is no Safe, or something has power over it beside its owners."""
    return [Alert("safe", f"{role}: {words}") for role, holder in seen.holders.items() for words in holder.warnings]


@alert_rule(MonitorSnapshot)
def foreign_proposal(seen: MonitorSnapshot) -> list[Alert]:
    """An open proposal was not brought by this machine."""
    ours = {entry.id for entry in seen.journal}
    foreign = [proposal for proposal in seen.open_proposals if str(proposal.id) not in ours]
    return [
        Alert(
            "foreign", f"{found.short_id} by {found.proposer} is not from this bridge: `alvh gov show {found.short_id}`"
        )
        for found in foreign
    ]


@alert_rule(MonitorSnapshot)
def journal_damaged(seen: MonitorSnapshot) -> list[Alert]:
    """What this machine noted of its proposals cannot be read: each is then taken for a stranger's."""
    return [Alert("journal", seen.journal_trouble)] if seen.journal_trouble else []


@alert_rule(MonitorSnapshot)
def proposal_unreadable(seen: MonitorSnapshot) -> list[Alert]:
    """A proposal cannot be read: whether it is open, and what it does, is then not known here."""
    return [
        Alert("unreadable", f"the proposal {found.short_id} {found.trouble}: look at it with another node")
        for found in seen.proposals
        if found.trouble
    ]


@alert_rule(MonitorSnapshot)
def proposals_unknown(seen: MonitorSnapshot) -> list[Alert]:
    """It is not known what was proposed: everything else was looked at."""
    return [Alert("unreadable", seen.proposals_trouble)] if seen.proposals_trouble else []


@alert_rule(MonitorSnapshot)
def lost_proposal(seen: MonitorSnapshot) -> list[Alert]:
    """A proposal that this machine brought is no longer on the chain."""
    if seen.proposals_trouble:
        return []
    there = {str(proposal.id) for proposal in seen.proposals}
    lost = [entry for entry in seen.journal if entry.id not in there and entry.seen_at_block <= seen.block.number]
    return [
        Alert("lost", f"{entry.id[:10]} ({foreign(entry.title)}) was on the chain {when} and is gone: bring it again")
        for entry in lost
        for when in [f"at block {entry.seen_at_block}"]
    ]


@alert_rule(MonitorSnapshot)
def exposure_incomplete(seen: MonitorSnapshot) -> list[Alert]:
    """The book is not valued, or positions are not in it."""
    left = len(seen.unread) - MOST_UNREAD
    unread = [
        Alert("exposure", f"{position.id} is not in the book: {position.reason}")
        for position in seen.unread[:MOST_UNREAD]
    ]
    if left > 0:
        unread.append(Alert("exposure", f"{left} more are not in the book: `alvh exposure --json` names them all"))
    return [*unread, Alert("exposure", seen.untrusted)] if seen.untrusted else unread


@alert_rule(MonitorSnapshot)
def plan_missing(seen: MonitorSnapshot) -> list[Alert]:
    """The parameters in force are not of a plan that is known here."""
    inputs = f"inputs {seen.governed.inputs_hash[:10]}.."
    text = f"no plan on record here for the parameters in force ({inputs})"
    return [Alert("plan", text)] if seen.on_record is None and seen.network is None else []


@alert_rule(MonitorSnapshot)
def exposure_drifted(seen: MonitorSnapshot) -> list[Alert]:
    """The exposure is no longer what the plan on record was made for."""
    if seen.drift is None or seen.drift <= seen.drift_band:
        return []
    moved, band = plain(percent(seen.drift)), plain(percent(seen.drift_band))
    return [Alert("drift", f"exposure has drifted {moved} from the plan on record, the band is {band}")]


@alert_rule(MonitorSnapshot)
def leg_expires(seen: MonitorSnapshot) -> list[Alert]:
    """A leg that is held expires soon, or has; of the plan on record where no ledger says what is held."""
    if seen.held:
        at = seen.held.ledger.at
        left = [(each.leg.label, each.days_left(at)) for each in seen.held.legs]
    else:
        left = [(f"{layer.asset} {layer.name}: a leg", layer.days_left) for layer in seen.layers]
    found = []
    for name, days in left:
        if days < EXPIRY_ALERT_DAYS:
            when = f"expires in {days:.1f} days" if days > 0 else "has expired"
            found.append(Alert("roll", f"{name} {when}"))
    return found


@alert_rule(MonitorSnapshot)
def ledger_unreadable(seen: MonitorSnapshot) -> list[Alert]:
    """The ledger cannot be read, or what it holds cannot be valued."""
    return [Alert("ledger", seen.ledger_trouble)] if seen.ledger_trouble else []


@alert_rule(MonitorSnapshot)
def sold_without_wing(seen: MonitorSnapshot) -> list[Alert]:
    """A sold option has no wing that covers it."""
    naked = [each for each in seen.held.legs if each.naked] if seen.held else []
    text = "are sold without a wing of their expiry and kind beyond them: their loss has no end"
    return [Alert("naked", f"{number(each.naked, 4)} of {each.leg.label} {text}") for each in naked]


@alert_rule(MonitorSnapshot)
def margin_short(seen: MonitorSnapshot) -> list[Alert]:
    """What is on the account is near the margin that must be kept, or below it."""
    if seen.held is None or not seen.held.margin_left_usd < seen.held.margin.maintenance * MARGIN_NEAR:
        return []
    left, kept = (plain(number(usd)) for usd in (seen.held.margin_left_usd, seen.held.margin.maintenance))
    return [
        Alert("margin", f"{left} USD are left beyond a maintenance margin of about {kept}: add money, or close legs")
    ]


@alert_rule(MonitorSnapshot)
def expiry_unsettled(seen: MonitorSnapshot) -> list[Alert]:
    """An expired option waits for its delivery price, or was delivered more than it was held."""
    if seen.held is None:
        return []
    waiting, over = seen.held.ledger.account.unsettled, seen.held.ledger.account.over_delivered
    text = "has expired and waits for its delivery price: `alvh hedge close"
    return [Alert("expiry", f"{each.instrument} {text} {each.instrument} --delivery PRICE`") for each in waiting] + [
        Alert("expiry", f"{each.instrument} was delivered more than it was held: `alvh hedge list` says what to do")
        for each in over
    ]


@alert_rule(MonitorSnapshot)
def orders_left(seen: MonitorSnapshot) -> list[Alert]:
    """Orders of the plan on record are not done, so the hedge is not what was voted."""
    left = [each for each in seen.orders if each.left]
    if not left:
        return []
    first = f"{left[0].side} {plain(number(left[0].left, 4))} {left[0].instrument}"
    return [
        Alert("orders", f"{len(left)} of {len(seen.orders)} orders of the plan on record are not done: {first}, ...")
    ]
