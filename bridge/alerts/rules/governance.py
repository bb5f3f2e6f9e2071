"""Alerts of governance: parameters, proposals from their vote to their end, updates that the steward announced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bridge.alerts.rules import alert_rule
from bridge.alerts.snapshots import Alert, MonitorSnapshot, Severity
from bridge.foreign import foreign
from bridge.formats import number
from bridge.governance.governor import OPEN_STATES, STATES, Proposal
from bridge.governance.updates import update_words
from bridge.units import utc

HOUR: Final = 3600
SOON_HOURS: Final = 24
NOW_HOURS: Final = 3
"""Before an end: told once at each."""
ENDED_STATES: Final = frozenset(STATES) - frozenset(OPEN_STATES)


@alert_rule(
    MonitorSnapshot,
    kind="parameters",
    who="voters",
    runbook="end-a-pause",
    step="find out why; `alvh gov propose unpause` when it is over",
)
def parameters_paused(seen: MonitorSnapshot) -> list[Alert]:
    """The guardian has paused parameters."""
    paused = [asset for asset, governed in seen.every_governed.items() if governed.paused]
    whose = {asset: f"the parameters of {asset}" if asset else "the hedge parameters" for asset in paused}
    return [Alert("parameters", f"the guardian has paused {words}", asset) for asset, words in whose.items()]


@alert_rule(
    MonitorSnapshot,
    kind="parameters",
    who="voters",
    runbook="the-stewards-keys-are-stolen",
    step="find out why; `alvh gov propose resume-steward` when its Safe is in good hands",
)
def steward_suspended(seen: MonitorSnapshot) -> list[Alert]:
    """The guardian has suspended the steward."""
    found = []
    for asset, governed in seen.every_governed.items():
        whose, of = (f" of the parameters of {asset}", f" --of {asset}") if asset else ("", "")
        text = f"the guardian has suspended the steward{whose}: `alvh gov propose resume-steward{of}` lets it go on"
        found += [Alert("parameters", text, asset)] if governed.steward_suspended else []
    return found


@alert_rule(
    MonitorSnapshot,
    kind="changed",
    severity=Severity.CRITICAL,
    who="guardian owners",
    runbook="bad-update-executed",
    step="`alvh watch --once` shows the values; `alvh safe propose rollback` takes them back",
    worse_by=1.0,
)
def parameters_changed(seen: MonitorSnapshot) -> list[Alert]:
    """Parameters changed while the monitor looked, and no plan on record here says why; each change is told."""
    found = []
    for asset, governed in seen.every_governed.items():
        known = seen.known_versions.get(asset)
        if known is not None and governed.version > known and asset in seen.unplanned:
            whose = f"the parameters of {asset}" if asset else "the hedge parameters"
            text = f"{whose} went from version {known} to {governed.version} without a plan on record here"
            found.append(Alert("changed", text, asset, float(governed.version - known)))
    return found


def accepted_versions(seen: MonitorSnapshot) -> dict[str, int]:
    """Return the versions of parameters that are no news to the next look: those at the first one, or with a plan.

    A lower version than the known one is of a chain that began anew, or of a node that is behind.
    """
    return {
        asset: min(seen.known_versions.get(asset, governed.version), governed.version)
        if asset in seen.unplanned
        else governed.version
        for asset, governed in seen.every_governed.items()
    }


@alert_rule(
    MonitorSnapshot,
    kind="proposal",
    severity=Severity.INFORMATION,
    who="voters",
    runbook="a-vote-is-about-to-end",
    step="`alvh gov show` says what it does; vote, or queue what has passed",
)
def proposal_waits(seen: MonitorSnapshot) -> list[Alert] | None:
    """An open proposal misses votes for its quorum, or waits to be queued."""
    if seen.proposals_trouble:
        return None
    found = []
    for proposal in seen.open_proposals:
        about = str(proposal.id)
        if proposal.state == "active" and proposal.votes_for < proposal.quorum:
            found.append(Alert("proposal", f"{proposal.short_id} {_missing(proposal)}", about))
        elif proposal.state == "succeeded" and proposal.queues:
            text = f"{proposal.short_id} has passed and waits to be queued"
            found.append(Alert("proposal", text, about, severity=Severity.WARNING))
    return found


def _missing(proposal: Proposal) -> str:
    return f"misses {number((proposal.quorum - proposal.votes_for) / 1e18)} votes for its quorum"


@alert_rule(
    MonitorSnapshot,
    kind="proposal",
    who="voters",
    runbook="a-vote-is-about-to-end",
    step="`alvh gov show` says what it does; vote, or have it cancelled",
    worse_by=1.0,
)
def vote_ends(seen: MonitorSnapshot) -> list[Alert] | None:
    """A vote ends within 24 hours, and again within 3; critical then where it is a stranger's or misses its quorum."""
    if seen.proposals_trouble:
        return None
    found = []
    for proposal in seen.open_proposals:
        left = proposal.deadline - seen.block.timestamp
        if proposal.state == "active" and left <= SOON_HOURS * HOUR:
            short, ours = proposal.votes_for < proposal.quorum, str(proposal.id) in seen.our_ids
            text = f"the vote on {proposal.short_id} ends in {_hours(left)} ({utc(proposal.deadline)})"
            text += f" and {_missing(proposal)}" if short else ", with its quorum"
            calm = Severity.INFORMATION if ours and not short else Severity.WARNING
            soon = left <= NOW_HOURS * HOUR
            severity = Severity.CRITICAL if soon and calm is Severity.WARNING else calm
            found.append(Alert("proposal", text, str(proposal.id), 2.0 if soon else 1.0, severity))
    return found


def _hours(seconds: int) -> str:
    return f"{max(seconds, 0) / HOUR:.1f} hours"


@alert_rule(
    MonitorSnapshot,
    kind="proposal",
    who="anyone",
    runbook="a-vote-is-about-to-end",
    step="`alvh gov show` says whether it would execute now; execute it, or have it cancelled",
)
def proposal_ready(seen: MonitorSnapshot) -> list[Alert] | None:
    """A proposal can be executed: its delay is over; critical where a stranger brought it."""
    if seen.proposals_trouble:
        return None
    found = []
    for proposal in seen.open_proposals:
        since = proposal.eta if proposal.state == "queued" else proposal.deadline
        ready = proposal.state == "queued" or (proposal.state == "succeeded" and not proposal.queues)
        if ready and 0 < since <= seen.block.timestamp:
            ours = str(proposal.id) in seen.our_ids
            text = f"anyone may execute {proposal.short_id} since {utc(since)}: `alvh gov show {proposal.short_id}`"
            severity = None if ours else Severity.CRITICAL
            found.append(Alert("proposal", text, str(proposal.id), severity=severity))
    return found


@alert_rule(
    MonitorSnapshot,
    kind="proposal",
    who="anyone",
    runbook="a-vote-is-about-to-end",
    step="queue or execute it in time, or bring it again as a new attempt",
    worse_by=1.0,
)
def proposal_expires(seen: MonitorSnapshot) -> list[Alert] | None:
    """A proposal that has passed, or the update in one of ours, ends within 24 hours, and again within 3; critical
    then where it is ours."""
    if seen.proposals_trouble:
        return None
    found = []
    for proposal, ends, what in _ends(seen):
        left = ends - seen.block.timestamp
        if left <= SOON_HOURS * HOUR:
            soon, ours = left <= NOW_HOURS * HOUR, str(proposal.id) in seen.our_ids
            severity = (Severity.CRITICAL if soon else None) if ours else Severity.INFORMATION
            when = f"in {_hours(left)} ({utc(ends)})" if left > 0 else f"since {utc(ends)}"
            text = f"{proposal.short_id} is {proposal.state} and can no longer be {what} {when}"
            found.append(Alert("proposal", text, str(proposal.id), 2.0 if soon else 1.0, severity))
    return found


def _ends(seen: MonitorSnapshot) -> Iterator[tuple[Proposal, int, str]]:
    """Return each proposal that has an end, the first of its ends, and what can no longer be done then."""
    for proposal in seen.open_proposals:
        own = [(proposal.expires_at, "executed" if proposal.state == "queued" else "queued")]
        own.append((seen.update_ends.get(str(proposal.id), 0), "executed, as its update is too old"))
        if ends := [each for each in own if each[0]]:
            yield proposal, *min(ends)


@alert_rule(
    MonitorSnapshot,
    kind="proposal",
    severity=Severity.INFORMATION,
    who="voters",
    runbook="a-vote-is-about-to-end",
    step="`alvh gov list` has every proposal; bring what is still wanted again as a new attempt",
    news=True,
)
def proposal_ended(seen: MonitorSnapshot) -> list[Alert] | None:
    """A proposal that was open is so no more: executed, canceled, defeated or expired; stands for a day."""
    if seen.proposals_trouble:
        return None
    return [
        Alert("proposal", f"{found.short_id} ({foreign(found.title)}) is {found.state}", str(found.id))
        for found in seen.proposals
        if str(found.id) in seen.lately_open and found.state in ENDED_STATES
    ]


@alert_rule(
    MonitorSnapshot,
    kind="steward",
    who="guardian owners",
    runbook="bad-update-of-the-steward",
    step="compare it with what the steward was asked for; `alvh safe propose veto` if it is not that",
)
def steward_update_waits(seen: MonitorSnapshot) -> list[Alert]:
    """A steward's update waits: what it sets, and how long a veto is sure to come in time."""
    found = []
    for waiting in seen.steward_updates:
        left = waiting.veto_seconds(seen.block.timestamp)
        when = f"may be applied in {left / HOUR:.1f} hours" if left else "may be applied at any moment"
        ledger = seen.governed.own.get(waiting.update.asset, seen.governed)
        when = "cannot be applied while the steward is suspended" if ledger.steward_suspended else when
        text = f"a steward's update {when} ({'; '.join(update_words(waiting.update))})"
        text = f"{text}: `alvh safe propose veto {waiting.hash}` refuses it"
        found.append(Alert("steward", text, f"{waiting.update.asset}{waiting.hash}"))
    return found


@alert_rule(
    MonitorSnapshot,
    kind="foreign",
    severity=Severity.CRITICAL,
    who="guardian owners",
    runbook="bad-update-still-a-proposal",
    step="`alvh gov show` decodes it; `alvh safe propose cancel` if nobody you trust brought it",
)
def foreign_proposal(seen: MonitorSnapshot) -> list[Alert] | None:
    """An open proposal was not brought by this machine."""
    if seen.proposals_trouble:
        return None
    return [
        Alert(
            "foreign",
            f"{found.short_id} by {found.proposer} is not from this bridge: `alvh gov show {found.short_id}`",
            str(found.id),
        )
        for found in seen.open_proposals
        if str(found.id) not in seen.our_ids
    ]


@alert_rule(
    MonitorSnapshot,
    kind="journal",
    who="operator of this monitor",
    runbook="the-monitor-sees-nothing",
    step="move the file that is named out of `.alvh/proposals`, or mend it",
)
def journal_damaged(seen: MonitorSnapshot) -> list[Alert]:
    """What this machine noted of its proposals cannot be read: each is then taken for a stranger's."""
    return [Alert("journal", seen.journal_trouble)] if seen.journal_trouble else []


@alert_rule(
    MonitorSnapshot,
    kind="unreadable",
    who="operator of this monitor",
    runbook="the-monitor-sees-nothing",
    step="look at it with another node",
)
def proposal_unreadable(seen: MonitorSnapshot) -> list[Alert] | None:
    """A proposal cannot be read: whether it is open, and what it does, is then not known here."""
    if seen.proposals_trouble:
        return None
    return [
        Alert(
            "unreadable", f"the proposal {found.short_id} {found.trouble}: look at it with another node", str(found.id)
        )
        for found in seen.proposals
        if found.trouble
    ]


@alert_rule(
    MonitorSnapshot,
    kind="unreadable",
    severity=Severity.CRITICAL,
    who="operator of this monitor",
    runbook="the-monitor-sees-nothing",
    step="ask another node; until then look at each proposal by its whole id",
)
def proposals_unknown(seen: MonitorSnapshot) -> list[Alert]:
    """It is not known what was proposed: everything else was looked at."""
    return [Alert("unreadable", seen.proposals_trouble)] if seen.proposals_trouble else []


@alert_rule(
    MonitorSnapshot,
    kind="lost",
    who="operator of this monitor",
    runbook="two-bridges-crash-stuck-transaction-re-organisation",
    step="`alvh propose` again: it finds what is there, or sends what is not",
)
def lost_proposal(seen: MonitorSnapshot) -> list[Alert] | None:
    """A proposal that this machine brought is no longer on the chain."""
    if seen.proposals_trouble or seen.journal_trouble:
        return None
    there = {str(proposal.id) for proposal in seen.proposals}
    lost = [entry for entry in seen.journal if entry.id not in there and entry.seen_at_block <= seen.block.number]
    text = "was on the chain at block"
    return [
        Alert(
            "lost",
            f"{entry.id[:10]} ({foreign(entry.title)}) {text} {entry.seen_at_block} and is gone: bring it again",
            entry.id,
        )
        for entry in lost
    ]
