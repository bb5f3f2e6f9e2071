"""What people see of feeds, breakers, parameters and votes: each vote with what comes next, by whom and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_hash.auto import keccak

from bridge.alerts.rules.oracle import SOON_STALE
from bridge.alerts.snapshots import MonitorSnapshot
from bridge.foreign import LINE, TEXT, foreign
from bridge.governance.brought import UNREADABLE_ERRORS
from bridge.governance.calls import action_words
from bridge.governance.governor import Proposal
from bridge.governance.steward import PendingUpdate
from bridge.governance.updates import decode_update, update_words
from bridge.plans.observe import Governed
from bridge.snapshot import Snapshot
from bridge.sources.oracle import FeedStatus
from bridge.units import volatility_from_e8
from hedge.policy.parameters import KEYS

MOST_PROPOSALS: Final = 30
"""Open proposals that are told in words: ours and those nearest to their execution first."""
WHO: Final = {"vote": "voters", "queue": "anyone", "execute": "anyone"}


@dataclass(frozen=True)
class ProposalTold:
    """What a proposal does: each value that it changes before and after, its calls in words, hashes of their bytes."""

    changes: tuple[tuple[str, str, str], ...]
    calls: tuple[str, ...]
    calldata_hashes: tuple[str, ...]


def tell_proposals(
    snapshot: Snapshot, seen: MonitorSnapshot, known: Mapping[tuple[int, int], ProposalTold]
) -> dict[tuple[int, int], ProposalTold]:
    """Return what open proposals do, by id and the version of the parameters that they are compared with.

    Parameters
    ----------
    known
        What was told before: it is not asked again.
    """
    version = seen.governed.version
    wanted = [proposal for proposal in seen.open_proposals[:MOST_PROPOSALS] if not proposal.trouble]
    return {
        (each.id, version): known.get((each.id, version)) or _told(snapshot, seen.governed, each) for each in wanted
    }


def _told(snapshot: Snapshot, governed: Governed, proposal: Proposal) -> ProposalTold:
    action = proposal.action
    if action.left_out:
        return ProposalTold((), (f"{action.left_out:,} bytes, not read here: `alvh gov show` reads them",), ())
    hashes = tuple("0x" + keccak(call).hex() for call in action.calldatas)
    try:
        words = tuple(foreign(line, TEXT) for line in action_words(snapshot, action))
        updates = [
            decode_update(snapshot, target, call) for target, call in zip(action.targets, action.calldatas, strict=True)
        ]
    except UNREADABLE_ERRORS as error:
        return ProposalTold((), (foreign(f"cannot be read: {error}", TEXT),), hashes)
    changes = [
        (f"{update.asset} {KEYS[key].name}".strip(), str(now[key]), str(value))
        for update in updates
        if update
        for now in [governed.own.get(update.asset, governed).parameters.to_values()]
        for key, value in zip(update.keys, update.values, strict=True)
    ]
    return ProposalTold(tuple(changes), words, hashes)


def governance_view(seen: MonitorSnapshot, told: Mapping[int, ProposalTold]) -> dict[str, Any]:
    """Return feeds, safeguards, parameters, votes and Safes as pure JSON."""
    ours = {entry.id for entry in seen.journal}
    automations = seen.automations.items()
    return {
        "feeds": [_feed(feed, seen.block.timestamp) for feed in seen.feeds],
        "breakers": [
            {
                "asset": each.asset,
                "tripped_at": each.tripped_at,
                "implied": None if each.implied_e8 is None else volatility_from_e8(each.implied_e8),
                "realized": None if each.realized_e8 is None else volatility_from_e8(each.realized_e8),
                "trouble": foreign(each.trouble, TEXT),
            }
            for each in seen.breakers
        ],
        "automation": [
            {"asset": asset, "row": a.row, "next_row": a.next_row, "stopped": a.stopped, "in_power": a.in_power}
            for asset, a in automations
        ],
        "parameters": [_parameters(asset, governed) for asset, governed in _ledgers(seen).items()],
        "proposals": [
            _proposal(each, str(each.id) in ours, told.get(each.id), seen)
            for each in seen.open_proposals[:MOST_PROPOSALS]
        ],
        "proposals_left": max(len(seen.open_proposals) - MOST_PROPOSALS, 0),
        "proposals_trouble": foreign(seen.proposals_trouble, TEXT),
        "steward_updates": [_waiting(each, seen.block.timestamp) for each in seen.steward_updates],
        "safes": [
            {
                "role": role,
                "address": holder.address,
                "words": foreign(holder.words, TEXT),
                "warnings": [foreign(words, TEXT) for words in holder.warnings],
            }
            for role, holder in seen.holders.items()
        ],
    }


def _ledgers(seen: MonitorSnapshot) -> dict[str, Governed]:
    return {"": seen.governed} | dict(seen.governed.own)


def _parameters(asset: str, governed: Governed) -> dict[str, Any]:
    values = dict(zip((key.name for key in KEYS), governed.parameters.to_values(), strict=True))
    names = ("version", "paused", "steward_suspended")
    return {"asset": asset, "values": values} | {name: getattr(governed, name) for name in names}


def _feed(feed: FeedStatus, at: int) -> dict[str, Any]:
    state, words = _feed_state(feed)
    return {
        "asset": feed.asset,
        "round": feed.round,
        "volatility": volatility_from_e8(feed.volatility_e8) if feed.round else None,
        "reported": volatility_from_e8(feed.reported_e8) if feed.round else None,
        "answered_at": at - feed.age_seconds if feed.round else None,
        "max_age_seconds": feed.max_age_seconds,
        "state": state,
        "words": foreign(words, TEXT),
        "clamped": list(feed.clamped),
    }


def _feed_state(feed: FeedStatus) -> tuple[str, str]:
    if feed.outage:
        return "outage", feed.outage
    if feed.round == 0:
        return "empty", "no round yet"
    if feed.unanchored and feed.age_seconds <= feed.max_age_seconds:
        return "after a silence", "nobody reads it before a second round agrees"
    if feed.stale:
        return "stale", ""
    return ("soon stale" if feed.age_seconds > feed.max_age_seconds * SOON_STALE else "fresh"), ""


def _proposal(proposal: Proposal, ours: bool, told: ProposalTold | None, seen: MonitorSnapshot) -> dict[str, Any]:
    votes = ("votes_for", "votes_against", "votes_abstain", "quorum")
    hashes = {
        "proposal": f"0x{proposal.id:064x}",
        "calldata": " ".join(told.calldata_hashes) if told else "",
        "description": "" if proposal.trouble else "0x" + proposal.action.description_hash.hex(),
    }
    return {
        "id": str(proposal.id),
        "short_id": proposal.short_id,
        "title": foreign(proposal.title, LINE),
        "state": proposal.state,
        "ours": ours,
        "proposer": proposal.proposer,
        **{name: f"{getattr(proposal, name) / 1e18:.1f}" for name in votes},
        **{name: getattr(proposal, name) for name in ("vote_start", "deadline", "eta")},
        "estimated": proposal.blocks is not None,
        "next": next_step(proposal, seen.block.timestamp, seen.update_ends.get(str(proposal.id), 0)),
        "changes": [dict(zip(("what", "before", "after"), row, strict=True)) for row in told.changes] if told else [],
        "calls": list(told.calls) if told else [],
        "hashes": hashes,
    }


def next_step(proposal: Proposal, at: int, update_end: int = 0) -> dict[str, Any]:
    """Return what comes next of a proposal, who can do it, from when, until when, and the command for it.

    Parameters
    ----------
    update_end
        Until when the update that it brings may be applied, unix seconds; 0 where that is not known.
    """
    ends = [end for end in (proposal.expires_at, update_end) if end]
    until_when = min(ends) if ends else None
    what, since, until = {
        "pending": ("vote", proposal.vote_start + 1, proposal.deadline),
        "active": ("vote", at, proposal.deadline),
        "succeeded": ("queue" if proposal.queues else "execute", at, until_when),
        "queued": ("execute", proposal.eta, until_when),
    }.get(proposal.state, ("wait", None, None))
    command = f"alvh gov {what} {proposal.short_id}" + (" for" if what == "vote" else "") + " --keystore FILE --send"
    return {
        "what": what,
        "who": WHO.get(what, ""),
        "from": since,
        "until": until,
        "command": command if what != "wait" else "",
    }


def _waiting(waiting: PendingUpdate, at: int) -> dict[str, Any]:
    return {
        "hash": waiting.hash,
        "of": waiting.update.asset,
        "ready_at": waiting.ready_at,
        "veto_seconds": waiting.veto_seconds(at),
        "words": update_words(waiting.update),
    }
