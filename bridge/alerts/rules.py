"""What the monitor warns of: each warning has a kind, and says what to look at or which command answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.chain.node import BlockRef
from bridge.governance.governor import OPEN_STATES, Proposal
from bridge.governance.journal import JournalEntry
from bridge.governance.safeguards import AutomationStatus, BreakerStatus
from bridge.governance.steward import PendingUpdate
from bridge.governance.updates import update_words
from bridge.plans.observe import Governed
from bridge.plans.records import PlanRecord
from bridge.sources.oracle import FeedStatus
from bridge.units import utc, volatility_from_e8

EXPIRY_WARNING_DAYS = 3.0


@dataclass(frozen=True)
class Alert:
    """Something that a person should look at: its kind and what it says."""

    kind: str
    text: str


@dataclass(frozen=True)
class LayerState:
    """A layer of the plan on record as it stands now: USD paid and worth (mid), delta in USD, days to first expiry."""

    asset: str
    name: str
    legs: int
    paid_usd: float
    value_usd: float
    delta_usd: float
    days_left: float


def chain_warnings(block: BlockRef, most_seconds: int, now: int | None) -> list[Alert]:
    """Say that the chain, or this node, stands still."""
    age = 0 if now is None else now - block.timestamp
    if age <= most_seconds:
        return []
    text = (
        f"the newest block {block.number} is {age} s old, at most {most_seconds} s: the chain or this node stands still"
    )
    return [Alert("chain", text)]


def feed_warnings(feeds: Sequence[FeedStatus]) -> list[Alert]:
    """Say which feeds are empty, stale, soon stale, or held back by a bound."""
    found = []
    for feed in feeds:
        if feed.round == 0:
            found.append(Alert("oracle", f"the {feed.asset} feed has no answer yet"))
        elif feed.stale:
            found.append(
                Alert(
                    "oracle", f"the {feed.asset} feed is stale: {feed.age_seconds} s, at most {feed.max_age_seconds} s"
                )
            )
        elif feed.age_seconds > feed.max_age_seconds * 3 // 4:
            found.append(
                Alert("oracle", f"the {feed.asset} feed is stale in {feed.max_age_seconds - feed.age_seconds} s")
            )
        if feed.clamped:
            answer, median = (f"{volatility_from_e8(x):.2%}" for x in (feed.volatility_e8, feed.reported_e8))
            bounds = " and ".join(feed.clamped)
            text = f"round {feed.round} of the {feed.asset} feed was clamped by the {bounds}'s bound"
            found.append(Alert("oracle", f"{text}: reporters say {median}, the answer is {answer}"))
    return found


def safeguard_warnings(breakers: Sequence[BreakerStatus], automation: AutomationStatus | None) -> list[Alert]:
    """Say which breakers are tripped or could be, and what the automation waits for, once it is in power."""
    found = []
    for one in breakers:
        said = _volatilities(one)
        if one.tripped_at:
            text = f"the {one.asset} breaker is tripped since {utc(one.tripped_at)} ({said})"
            found.append(Alert("breaker", f"{text}: `alvh gov propose reset-breaker {one.asset}` closes it"))
        elif one.apart:
            found.append(Alert("breaker", f"{one.asset}: {said} are too far apart, anybody may trip the breaker"))
        elif one.trouble and automation and automation.in_power:
            found.append(Alert("breaker", f"the {one.asset} breaker lets nothing pass: {one.trouble}"))
    return found + _automation_warnings(automation)


def _volatilities(one: BreakerStatus) -> str:
    if one.implied_e8 is None or one.realized_e8 is None:
        return f"no comparison now: {one.trouble}"
    return f"implied {volatility_from_e8(one.implied_e8):.1%}, realised {volatility_from_e8(one.realized_e8):.1%}"


def _automation_warnings(automation: AutomationStatus | None) -> list[Alert]:
    if automation is None or not automation.in_power:
        return []
    if automation.stopped:
        return [Alert("automation", "the automation is stopped until the DAO votes a table")]
    if automation.next_row is not None:
        text = f"anybody may apply row {automation.next_row} now, row {automation.row} holds"
        return [Alert("automation", f"{text}: `alvh safe propose stop-automation` stops it")]
    return []


def steward_warnings(waiting: Sequence[PendingUpdate], now: int) -> list[Alert]:
    """Say which steward's updates wait, what they set, and how long a veto is sure to come in time."""
    found = []
    for one in waiting:
        left = one.veto_seconds(now)
        when = f"may be applied in {left / 3600:.1f} hours" if left else "may be applied at any moment"
        text = f"a steward's update {when} ({'; '.join(update_words(one.update))})"
        found.append(Alert("steward", f"{text}: `alvh safe propose veto {one.hash[:10]}` refuses it"))
    return found


def journal_warnings(journal: Sequence[JournalEntry], every: Sequence[Proposal], block: BlockRef) -> list[Alert]:
    """Say which open proposals this machine did not bring, and which it brought that the chain no longer has."""
    ours, there = {entry.id for entry in journal}, {str(proposal.id) for proposal in every}
    found = [
        Alert(
            "foreign", f"{str(one.id)[:10]} by {one.proposer} is not of this bridge: `alvh gov show {str(one.id)[:10]}`"
        )
        for one in every
        if one.state in OPEN_STATES and str(one.id) not in ours
    ]
    return found + [
        Alert(
            "lost",
            f"{one.id[:10]} ({one.title}) was on the chain at block {one.seen_at_block} and is gone: bring it again",
        )
        for one in journal
        if one.id not in there and one.seen_at_block <= block.number
    ]


def governance_warnings(governed: Governed, proposals: Sequence[Proposal]) -> list[Alert]:
    """Say that the parameters are paused, and what an open proposal waits for."""
    found = [Alert("parameters", "the guardian has paused the hedge parameters")] if governed.paused else []
    for proposal in proposals:
        if proposal.state == "active" and proposal.votes_for < proposal.quorum:
            missing = (proposal.quorum - proposal.votes_for) / 1e18
            found.append(Alert("proposal", f"{str(proposal.id)[:10]} misses {missing:,.0f} votes for its quorum"))
        elif proposal.state == "succeeded":
            found.append(Alert("proposal", f"{str(proposal.id)[:10]} has passed and waits to be queued"))
    return found


def plan_warnings(
    governed: Governed, on_record: PlanRecord | None, moved: float | None, layers: Sequence[LayerState]
) -> list[Alert]:
    """Say that the parameters in force are not of a plan here, that the exposure drifted, or that legs expire."""
    if on_record is None:
        return [
            Alert("plan", f"no plan on record here for the parameters in force (inputs {governed.inputs_hash[:10]}..)")
        ]
    found = []
    band = governed.parameters.drift_band_bps / 10_000
    if moved is not None and moved > band:
        found.append(
            Alert("drift", f"exposure has drifted {moved:.1%} from the plan on record, the band is {band:.1%}")
        )
    for layer in layers:
        if layer.days_left < EXPIRY_WARNING_DAYS:
            when = f"expires in {layer.days_left:.1f} days" if layer.days_left > 0 else "has expired"
            found.append(Alert("roll", f"{layer.asset} {layer.name}: a leg {when}"))
    return found
