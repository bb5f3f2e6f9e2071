"""Alerts of the Safes that hold roles: who else has power over them, and what waits for their owners."""

from __future__ import annotations

from bridge.alerts.rules import alert_rule
from bridge.alerts.snapshots import Alert, MonitorSnapshot, Severity


@alert_rule(
    MonitorSnapshot,
    kind="safe",
    severity=Severity.CRITICAL,
    who="voters",
    runbook="something-else-has-power-over-a-safe",
    step="ask the owners who put it there; if nobody knows, take it for a theft",
)
def holder_exposed(seen: MonitorSnapshot) -> list[Alert]:
    """The guardian or the steward is no Safe, or something has power over it beside its owners."""
    return [
        Alert("safe", f"{role}: {words}", f"{role} {words.partition(':')[0]}")
        for role, holder in seen.holders.items()
        for words in holder.warnings
    ]


@alert_rule(
    MonitorSnapshot,
    kind="signature",
    who="guardian owners",
    runbook="signatures-are-missing",
    step="ask who signed first what it is for; read it from its file with `alvh safe show` before you sign",
    worse_by=0.5,
)
def signatures_missing(seen: MonitorSnapshot) -> list[Alert] | None:
    """A Safe's transaction that an owner has signed waits for the others, or has all signatures and is not sent."""
    found = []
    for each in seen.safe_queue:
        left = each.threshold - each.signed
        state = f"waits for {left} more signatures" if left > 1 else "waits for one more signature"
        state = state if left > 0 else "has all its signatures and waits to be executed"
        text = f"{each.role}: nonce {each.nonce} {state} ({each.hash[:12]}..): {each.words}"
        found.append(Alert("signature", text, f"{each.role} {each.hash}", 1.0 if left > 0 else 1.5))
    return None if seen.safe_troubles and not found else found


@alert_rule(
    MonitorSnapshot,
    kind="signature",
    severity=Severity.INFORMATION,
    who="operator of this monitor",
    runbook="signatures-are-missing",
    step="mend the folder of `watch.safe_drafts`, or look at the service of `safe.service_url`",
)
def safe_queue_unreadable(seen: MonitorSnapshot) -> list[Alert]:
    """It is not known what waits for the owners of a Safe, or some of it cannot be read."""
    return [Alert("signature", "; ".join(seen.safe_troubles))] if seen.safe_troubles else []
