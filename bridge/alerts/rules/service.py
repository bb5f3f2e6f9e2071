"""Alerts of the monitor itself: a node that stands still, a look that came late, no look at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bridge.alerts.rules import ENTERS, alert_rule
from bridge.alerts.snapshots import Alert, FailedLook, MonitorSnapshot, Severity
from bridge.foreign import TEXT, foreign

WAIT_SECONDS: Final = 900.0
"""For which a message may wait."""


@alert_rule(
    MonitorSnapshot,
    kind="chain",
    severity=Severity.CRITICAL,
    who="operator of this monitor",
    runbook="the-chain-halted-for-a-day",
    step="ask another node; if the chain itself stands, let the guardian sign now what must come first",
    leave=0.8,
    worse_by=5.0,
)
def chain_halted(seen: MonitorSnapshot) -> list[Alert]:
    """The newest block is older than `watch.max_block_age_seconds`, or of the future: chain or node stand still."""
    most, found = seen.config.watch.max_block_age_seconds, []
    for name, block, age in _ages(seen):
        where = f" of {name}" if name else ""
        text = f"the newest block {block}{where} is {age} s old, at most {most} s"
        text = f"{text}: the chain or this node has stopped"
        if age < 0:
            text = f"the newest block {block}{where} is {-age} s ahead of this machine's clock: ask another node"
        found.append(Alert("chain", text, name, abs(age) / (most + 1)))  # it may be as old as `most`
    return found


def _ages(seen: MonitorSnapshot) -> Iterator[tuple[str, int, int]]:
    """Return each chain's name, empty for the only one, its newest block, and how many seconds old that is."""
    if seen.now is None:
        return
    chains = [chain for chain in seen.networks if not chain.trouble]
    yield from ((chain.name, chain.block, seen.now - chain.timestamp) for chain in chains)
    if not chains:
        yield "", seen.block.number, seen.now - seen.block.timestamp


@alert_rule(
    MonitorSnapshot,
    kind="late",
    who="operator of this monitor",
    runbook="the-monitor-sees-nothing",
    step="raise `watch.interval_seconds`, or give it a nearer node or a machine of its own",
    leave=0.5,
    worse_by=5.0,
)
def loop_late(seen: MonitorSnapshot) -> list[Alert]:
    """A look came later than a whole interval between two looks."""
    if not seen.interval_seconds > 0.0:
        return []
    text = f"this look came {seen.late_seconds:.0f} s late, one is due every {seen.interval_seconds:g} s"
    return [Alert("late", text, size=seen.late_seconds / seen.interval_seconds)]


@alert_rule(
    MonitorSnapshot,
    kind="message",
    who="operator of this monitor",
    runbook="the-monitor-sees-nothing",
    step="`alvh notify test` says which target takes no message, and why",
)
def messages_wait(seen: MonitorSnapshot) -> list[Alert]:
    """A message has waited for a quarter of an hour: its target does not take it, and others may not hear of it."""
    text = f"a message has waited for {seen.undelivered_seconds / 60.0:.0f} min: a target does not take it"
    return [Alert("message", text, size=seen.undelivered_seconds / WAIT_SECONDS)]


@alert_rule(
    FailedLook,
    kind="look",
    severity=Severity.CRITICAL,
    who="operator of this monitor",
    runbook="the-monitor-sees-nothing",
    step="read why: the node, the deployment or the settings; `alvh doctor` checks each",
    worse_by=10.0,
)
def no_look(seen: FailedLook) -> list[Alert] | None:
    """There has been no look for longer than there may be: nothing else here is known to be as it was."""
    size = seen.seconds / max(seen.most_seconds, 1.0)
    if size < ENTERS:
        return None  # only a look ends it: a monitor that begins again counts from there
    text = f"there has been no look for {seen.seconds:.0f} s: {foreign(seen.trouble, TEXT)}"
    return [Alert("look", text, size=size)]
