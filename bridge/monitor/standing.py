"""Alerts from look to look: what is new, worse or over is told once; what nobody acknowledges is escalated.

    not there -> opened -> worse -> cleared       by size: 1 and more opens, below the rule's `leave` is over
                       \\-> acknowledged           by a person: no escalation until it is told as worse
                       \\-> escalated              once, where nobody did in time
                       \\-> silenced               by a person: what is kept back is told when it ends

Pure: what stood, what a look raises, and the time give what stands now and what changed. Times are those of this
machine's clock; where it jumps back nothing is lost, and what waits for a length of time waits from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bridge.alerts.rules import ENTERS, RANKS, Judged
from bridge.alerts.snapshots import Alert, Severity
from bridge.foreign import foreign

FLAP_SECONDS: Final = 60
"""What was told to be over does not open again before: an alert that comes and goes at each look is told of at most
once in this time."""


class Change(StrEnum):
    """What a person is told of an alert."""

    OPENED = "opened"
    WORSE = "worse"
    ESCALATED = "escalated"
    CLEARED = "cleared"


@dataclass(frozen=True)
class Standing:
    """One alert that stands, or stood; times in unix seconds of this machine's clock.

    Parameters
    ----------
    key
        What it is from look to look: its rule and what it is about.
    rule, kind, about, text
        Of the newest `bridge.alerts.snapshots.Alert` of the key.
    severity
        The highest that was told since it opened: a higher one is told as worse.
    size, told_size
        How bad it is now, and when it was last told: 1 is where it begins.
    opened_at, seen_at
        When it opened, and was last raised.
    told_at
        Since when somebody should answer: when it was told as new, or as worse after somebody had acknowledged it; 0
        while it is kept back by a silence.
    acknowledged_at, acknowledged_by
        None and empty where nobody did; what is told as worse needs a new acknowledgement.
    silenced_until
        Nothing but its end is told of it before, however much worse it gets; 0 for never.
    escalated_at
        None where it was not.
    cleared_at
        None while it stands.
    """

    key: str
    rule: str
    kind: str
    about: str
    text: str
    severity: str
    size: float
    told_size: float
    opened_at: int
    seen_at: int
    told_at: int
    acknowledged_at: int | None = None
    acknowledged_by: str = ""
    silenced_until: int = 0
    escalated_at: int | None = None
    cleared_at: int | None = None


@dataclass(frozen=True)
class Transition:
    """One change of an alert that people are told of, with the alert as it is after it."""

    change: Change
    at: int
    standing: Standing


@dataclass(frozen=True)
class Advanced:
    """What a look changed.

    Parameters
    ----------
    standings
        Every alert whose row is new or another.
    now
        By key, what the next look is compared with: all that stands, and what is over and may not open again yet, or is
        silenced.
    transitions
        What people are told, at most one of each alert, by key.
    """

    standings: tuple[Standing, ...]
    now: dict[str, Standing]
    transitions: tuple[Transition, ...]


def advance(before: Mapping[str, Standing], judged: Judged, now: int, *, escalate_seconds: int) -> Advanced:
    """Return what stands after a look, and what people are told of it.

    Parameters
    ----------
    before
        By key, what stood after the last look: `Advanced.now`, or what a store gives back of it.
    judged
        What the rules say of this look.
    now
        Unix seconds of this machine's clock.
    escalate_seconds
        After which a warning, or what is worse, that nobody acknowledges is told to others.
    """
    raised = _worst(judged.alerts)
    kept, told = dict[str, Standing](), list[Transition]()
    for key in sorted({*before, *raised}):
        old, alert = before.get(key), raised.get(key)
        if old is None or old.cleared_at is not None:
            new, change = _closed(old, alert, now)
        elif alert is None and old.rule not in judged.untold:
            told_end = old.told_at and old.rule not in judged.news
            new, change = replace(old, cleared_at=max(now, old.opened_at)), Change.CLEARED if told_end else None
        else:
            seen = old if alert is None else _seen(old, alert, now)
            new, change = _standing(seen, alert, now, judged.worse_by.get(old.rule, float("inf")), escalate_seconds)
        if new is not None:
            kept[key] = new
        if new is not None and change is not None:
            told.append(Transition(change, now, new))
    changed = tuple(new for key, new in kept.items() if new != before.get(key))
    return Advanced(changed, {key: new for key, new in kept.items() if _matters(new, now)}, tuple(told))


def _worst(alerts: Iterable[Alert]) -> dict[str, Alert]:
    """Return the worst alert of each key."""
    found: dict[str, Alert] = {}
    for alert in alerts:
        if alert.key not in found or alert.size > found[alert.key].size:
            found[alert.key] = alert
    return found


def _matters(standing: Standing, now: int) -> bool:
    """Tell whether the next look needs it: it stands, may not open again yet, or is silenced."""
    return standing.cleared_at is None or standing.cleared_at + FLAP_SECONDS > now or standing.silenced_until > now


def _closed(old: Standing | None, alert: Alert | None, now: int) -> tuple[Standing | None, Change | None]:
    """Return what becomes of an alert that does not stand: it opens, or stays as it is."""
    if alert is None or alert.size < ENTERS:
        return old, None
    if old is not None and old.cleared_at is not None and 0 <= now - old.cleared_at < FLAP_SECONDS:
        return old, None
    until = old.silenced_until if old else 0
    silent = until > now
    severity, told_at = str(alert.severity or Severity.WARNING), 0 if silent else now
    opened = Standing(alert.key, alert.rule, alert.kind, alert.about, alert.text, severity, alert.size,
                      alert.size, now, now, told_at, silenced_until=until)  # fmt: skip
    return opened, None if silent else Change.OPENED


def _seen(old: Standing, alert: Alert, now: int) -> Standing:
    """Return an alert that stands as this look saw it; a higher severity is a change, where the alert was told."""
    severity = old.severity if old.told_at else _higher(old.severity, alert)
    seen_at = max(now, old.seen_at)
    told_at = min(old.told_at, now)  # not after now, where the clock has jumped back
    return replace(
        old, kind=alert.kind, text=alert.text, size=alert.size, seen_at=seen_at, told_at=told_at, severity=severity
    )


def _higher(severity: str, alert: Alert) -> str:
    """Return the higher of a severity and an alert's."""
    return str(max(Severity(severity), alert.severity or Severity.WARNING, key=RANKS.__getitem__))


def _standing(
    seen: Standing, alert: Alert | None, now: int, worse_by: float, escalate_seconds: int
) -> tuple[Standing, Change | None]:
    """Return what is told of an alert that stands: what a silence kept back, that it is worse, that nobody answers."""
    if seen.silenced_until > now:
        return seen, None
    if not seen.told_at:
        return replace(seen, told_at=now, told_size=seen.size), Change.OPENED
    severity = _higher(seen.severity, alert) if alert else seen.severity
    if severity != seen.severity or (seen.size > seen.told_size and seen.size >= seen.told_size + worse_by):
        return _worse(replace(seen, severity=severity, told_size=seen.size), now), Change.WORSE
    unanswered = seen.acknowledged_at is None and seen.escalated_at is None
    if unanswered and severity != Severity.INFORMATION and now - seen.told_at >= escalate_seconds:
        return replace(seen, escalated_at=now), Change.ESCALATED
    return seen, None


def _worse(seen: Standing, now: int) -> Standing:
    """Return an alert that is told as worse: an answer to what it was before does not count any more."""
    if seen.acknowledged_at is None:
        return seen
    return replace(seen, told_at=now, acknowledged_at=None, acknowledged_by="", escalated_at=None)


def acknowledge(standing: Standing, by: str, at: int) -> Standing:
    """Return an alert that somebody looks after: it is not escalated unless it gets worse."""
    return replace(standing, acknowledged_at=at, acknowledged_by=foreign(by, 64))


def silence(standing: Standing, until: int, by: str, at: int) -> Standing:
    """Return an alert of which nothing but its end is told before a time; who silences it looks after it."""
    return replace(acknowledge(standing, by, at), silenced_until=until)
