"""What the monitor alerts of: each rule is one function of what it saw, and says what to look at or what helps.

To add a rule, write a function of a `MonitorSnapshot` that returns alerts, and register it with `alert_rule`:
`alvh watch`, its JSON, its page and the demo show what it raises. The rules that come with us are the modules of this
package, by what they look at; docs/alerts.md lists them all.

    @alert_rule(MonitorSnapshot)
    def small_book(seen: MonitorSnapshot) -> list[Alert]:
        small = seen.exposure is not None and seen.exposure.value_usd < 1_000_000
        return [Alert("book", "the book is worth less than a million")] if small else []

A rule that cannot tell now returns None: its alerts then stay as they are. Where an alert has degrees, its size is 1
where it begins; a rule returns it from `leave` on, so that what moves about the threshold is not told again and again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar

from bridge.alerts.snapshots import Alert, FailedLook, OracleSnapshot, Severity
from bridge.registry import Registry

Who = Literal[
    "guardian owners", "steward", "voters", "reporters", "treasury", "anyone", "operator of this monitor"
]  # fmt: skip
"""Who can act on an alert."""
ENTERS: Final = 1.0
"""The size at which an alert begins."""

Seen = TypeVar("Seen", bound=OracleSnapshot | FailedLook)
Run = Callable[[Seen], list[Alert] | None]


@dataclass(frozen=True)
class AlertRule:
    """A rule: what it is a function of, and what people need to know of whatever it raises.

    Parameters
    ----------
    of, run
        Which snapshot it is a function of, and the function.
    kind
        Of its alerts: people are told by kind.
    severity
        Of its alerts that say none of their own.
    who, runbook, step
        Who can act, the heading of docs/runbook.md that says how, and what to do first.
    leave
        The size below which an alert is over; at most 1.
    worse_by
        The growth of size after which it is told again; infinite for never.
    news
        Whether what it tells is an event: that it no longer stands is told to nobody.
    """

    name: str
    of: type[Any]
    run: Callable[[Any], list[Alert] | None]
    kind: str
    severity: Severity
    who: Who
    runbook: str
    step: str
    leave: float
    worse_by: float
    news: bool

    @property
    def words(self) -> str:
        """Return in one line when it raises an alert."""
        return (self.run.__doc__ or "").partition("\n\n")[0].replace("\n    ", " ").strip()

    def alerts(self, seen: object) -> list[Alert] | None:
        """Return what it raises from `leave` on, each with the rule's name and its severity; None where it cannot
        tell."""
        found = self.run(seen)
        if found is None:
            return None
        named = (replace(each, rule=self.name, severity=each.severity or self.severity) for each in found)
        return [each for each in named if each.size >= self.leave]


@dataclass(frozen=True)
class Judged:
    """What all rules say of one look.

    Parameters
    ----------
    alerts
        Those from `leave` on: what is below 1 is no alert unless it stood before.
    untold
        Rules that could not tell, by name: what they raised before stays as it is.
    worse_by
        Of each rule, by name.
    news
        Rules whose alerts are events, by name.
    """

    alerts: tuple[Alert, ...]
    untold: frozenset[str]
    worse_by: Mapping[str, float]
    news: frozenset[str] = frozenset()


ALERT_RULES: Final[Registry[AlertRule]] = Registry("alert rule", "bridge.alerts.rules")
"""Every rule by its name."""


def alert_rule(
    of: type[Seen],
    *,
    kind: str = "",
    severity: Severity = Severity.WARNING,
    who: Who = "operator of this monitor",
    runbook: str = "",
    step: str = "",
    leave: float = ENTERS,
    worse_by: float = math.inf,
    news: bool = False,
) -> Callable[[Run[Seen]], Run[Seen]]:
    """Register a rule: a function of a `MonitorSnapshot`, or of the `OracleSnapshot` that is a part of it.

    Parameters: as those of `AlertRule`.

    Raises
    ------
    BadConfig
        Another rule has that name.
    """

    def register(run: Run[Seen]) -> Run[Seen]:
        name = run.__name__
        rule = AlertRule(name, of, run, kind, severity, who, runbook, step, leave, worse_by, news)
        ALERT_RULES.register(name, rule)
        return run

    return register


def judge(seen: OracleSnapshot | FailedLook) -> Judged:
    """Run every rule that is a function of what was seen.

    Of a look that failed no other rule can tell anything; after one that did not, no look has failed.
    """
    found, untold = list[Alert](), set[str]()
    for name, rule in ALERT_RULES.items():
        raised = rule.alerts(seen) if isinstance(seen, rule.of) else [] if rule.of is FailedLook else None
        found += raised or []
        if raised is None:
            untold.add(name)
    worst_first = sorted(found, key=lambda alert: (-RANKS[alert.severity or Severity.WARNING], alert.kind))
    news = frozenset(name for name, rule in ALERT_RULES.items() if rule.news)
    worse_by = {name: rule.worse_by for name, rule in ALERT_RULES.items()}
    return Judged(tuple(worst_first), frozenset(untold), worse_by, news)


def raise_alerts(seen: OracleSnapshot) -> tuple[Alert, ...]:
    """Return what every rule raises that is a function of what was seen, the worst first, then by kind."""
    return tuple(alert for alert in judge(seen).alerts if alert.size >= ENTERS)


RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}
"""How severe each is; the more, the higher."""
