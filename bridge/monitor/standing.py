"""Alerts from look to look: what is new, worse or over is told once; what nobody acknowledges is escalated.

Pure: what stood, what a look raises, and the time give what stands now and what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    rule, kind, about, text, severity
        Of the newest `bridge.alerts.snapshots.Alert` of the key.
    size, told_size
        How bad it is now, and when it was last told: 1 is where it begins.
    opened_at, seen_at, told_at
        When it opened, was last seen, was last told.
    acknowledged_at, acknowledged_by
        None and empty where nobody did; what is told anew needs a new acknowledgement.
    silenced_until
        Nothing is told of it before, however much worse it gets; 0 for never.
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
