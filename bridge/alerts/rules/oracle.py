"""Alerts of feeds, breakers and the automation: the numbers that parameters may move by without a vote."""

from __future__ import annotations

import math
from typing import Final

from bridge.alerts.rules import alert_rule
from bridge.alerts.snapshots import Alert, OracleSnapshot, Severity
from bridge.formats import percent, plain
from bridge.governance.safeguards import BreakerStatus
from bridge.sources.oracle import FeedStatus
from bridge.units import utc, volatility_from_e8

SOON_STALE: Final = 0.75
"""Share of its greatest age from which a feed is about to be stale."""
NO_ANSWER: Final = 1.0 / SOON_STALE
"""The size of a feed that nobody can read: that of one that has just become stale."""


@alert_rule(
    OracleSnapshot,
    kind="oracle",
    severity=Severity.CRITICAL,
    who="reporters",
    runbook="too-few-reporters-left",
    step="submit a round: `alvh oracle report`, or sign and submit by hand",
    leave=0.9,
)
def feed_without_fresh_answer(seen: OracleSnapshot) -> list[Alert]:
    """A feed is empty, stale, or past three quarters of its greatest age, so soon stale."""
    return [Alert("oracle", *_feed_words(feed), severity) for feed in seen.feeds for severity in [_feed_severity(feed)]]


def _feed_severity(feed: FeedStatus) -> Severity | None:
    """Return how bad a feed's age is: an answer that is still read is no more than a warning."""
    read = feed.round > 0 and not feed.outage and 0 <= feed.age_seconds <= feed.max_age_seconds
    return Severity.WARNING if read else None


def _feed_words(feed: FeedStatus) -> tuple[str, str, float]:
    """Return what is told of a feed, whose it is, and how bad it is."""
    age, most = feed.age_seconds, feed.max_age_seconds
    if feed.outage:
        text = f"the {feed.asset} feed gives no answer: {feed.outage}"
    elif feed.round == 0:
        text = f"the {feed.asset} feed has no answer yet"
    elif age < 0:
        text = f"the {feed.asset} feed is {-age} s ahead of the block: ask another node"
    elif feed.unanchored and age <= most:
        text = (
            f"round {feed.round} of the {feed.asset} feed follows a silence: nobody reads it before a second one agrees"
        )
    elif feed.stale:
        text = f"the {feed.asset} feed is stale: {age} s, at most {most} s"
    else:
        return f"the {feed.asset} feed is stale in {most - age} s", feed.asset, age / (most * SOON_STALE)
    return text, feed.asset, NO_ANSWER


@alert_rule(
    OracleSnapshot,
    kind="oracle",
    who="reporters",
    runbook="reporters-keys-stolen",
    step="compare `alvh oracle quote` with the reports; if the market did not move, stop the automation",
    worse_by=0.25,
)
def round_clamped(seen: OracleSnapshot) -> list[Alert]:
    """A bound held a feed's answer back from what its reporters say; told again where they move on from it."""
    found = []
    for feed in seen.feeds:
        if feed.clamped:
            answer, median = (
                plain(percent(volatility_from_e8(e8), 2)) for e8 in (feed.volatility_e8, feed.reported_e8)
            )
            text = (
                f"round {feed.round} of the {feed.asset} feed was clamped by the {' and '.join(feed.clamped)}'s bound"
            )
            known = feed.reported_e8 > 0 and feed.volatility_e8 > 0
            away = abs(math.log(feed.reported_e8 / feed.volatility_e8)) if known else 0.0
            words = f"{text}: reporters say {median}, the answer is {answer}"
            found.append(Alert("oracle", words, feed.asset, 1.0 + away))
    return found


@alert_rule(
    OracleSnapshot,
    kind="breaker",
    who="voters",
    runbook="a-breaker-is-tripped",
    step="find out which of the two volatilities is wrong; a vote closes the breaker",
)
def breaker_tripped(seen: OracleSnapshot) -> list[Alert]:
    """A breaker is tripped: no update of the automation passes until the DAO closes it."""
    return [
        Alert(
            "breaker",
            f"the {breaker.asset} breaker has been tripped since {utc(breaker.tripped_at)} ({_volatilities(breaker)}): "
            f"`alvh gov propose reset-breaker {breaker.asset}` closes it",
            breaker.asset,
        )
        for breaker in seen.breakers
        if breaker.tripped_at
    ]


@alert_rule(
    OracleSnapshot,
    kind="breaker",
    who="anyone",
    runbook="a-breaker-is-tripped",
    step="find out which of the two volatilities is wrong; trip the breaker if it is the feed",
)
def volatilities_apart(seen: OracleSnapshot) -> list[Alert]:
    """Anyone may trip a breaker: implied and realised volatility are too far apart."""
    return [
        Alert(
            "breaker",
            f"{breaker.asset}: {_volatilities(breaker)} are too far apart, anyone may trip the breaker",
            breaker.asset,
        )
        for breaker in seen.breakers
        if breaker.apart and not breaker.tripped_at
    ]


@alert_rule(
    OracleSnapshot,
    kind="breaker",
    who="operator of this monitor",
    runbook="a-breaker-is-tripped",
    step="`alvh oracle status` says what is missing; it often ends with the next rounds and swaps",
)
def breaker_cannot_compare(seen: OracleSnapshot) -> list[Alert]:
    """A breaker that cannot compare lets no step of the automation in power pass."""
    if not any(automation.in_power for automation in seen.automations.values()):
        return []
    return [
        Alert("breaker", f"the {breaker.asset} breaker lets nothing pass: {breaker.trouble}", breaker.asset)
        for breaker in seen.breakers
        if breaker.trouble and not breaker.tripped_at and not breaker.apart
    ]


def _volatilities(breaker: BreakerStatus) -> str:
    if breaker.implied_e8 is None or breaker.realized_e8 is None:
        return f"no comparison now: {breaker.trouble}"
    implied, realized = (plain(percent(volatility_from_e8(e8))) for e8 in (breaker.implied_e8, breaker.realized_e8))
    return f"implied {implied}, realised {realized}"


@alert_rule(
    OracleSnapshot,
    kind="automation",
    who="guardian owners",
    runbook="reporters-keys-stolen",
    step="compare the feed with the market; `alvh safe propose stop-automation` if it is wrong",
)
def automation_waits(seen: OracleSnapshot) -> list[Alert]:
    """An automation, once it is in power, is stopped, or anyone may apply a row."""
    found = []
    for asset, automation in seen.automations.items():
        own, of = (f"{asset}: ", f" --of {asset}") if asset else ("", "")
        if automation.in_power and automation.stopped:
            text = f"{own}the automation is stopped until the DAO votes a table"
            found.append(Alert("automation", text, f"{asset} stopped".lstrip()))
        elif automation.in_power and automation.next_row is not None:
            text = f"{own}anyone may apply row {automation.next_row} now, row {automation.row} holds"
            words = f"{text}: `alvh safe propose stop-automation{of}` stops it"
            found.append(Alert("automation", words, f"{asset} row {automation.next_row}".lstrip()))
    return found
