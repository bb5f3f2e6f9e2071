"""Whom a change of an alert is told, and how it reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """One message to one target: `id` is the same however often it is tried, so that who gets it twice can tell.

    Parameters
    ----------
    id
        A hash of the book, what is told, its time, and the target.
    target
        A name of the settings, never a URL.
    title, body
        Plain text, without what could disguise it.
    severity
        Of the alert: information, warning or critical.
    """

    id: str
    target: str
    title: str
    body: str
    severity: str
