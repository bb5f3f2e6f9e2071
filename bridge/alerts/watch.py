"""One look of the monitor: read everything at one block, then run the alert rules on it.

It reads and compares; it never signs. A source that fails becomes an alert of its own, the rest is still shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bridge.adapters.pool_position import Unread
from bridge.alerts.rules import raise_alerts
from bridge.alerts.safe_queue import read_safe_queue
from bridge.alerts.snapshots import Alert, MonitorSnapshot, OracleSnapshot, layer_states
from bridge.config import Config
from bridge.errors import BadFile, BridgeError, ChainError, MissingBlock, Reorganised, UntrustedNumber, WrongChain
from bridge.governance.forms import GOVERNOR, with_governor
from bridge.governance.governor import OPEN_STATES, Proposal, list_proposals
from bridge.governance.inspection import inspect_holders
from bridge.governance.journal import JournalEntry, read_journal
from bridge.governance.safeguards import read_automation, read_breakers
from bridge.governance.steward import read_pending_updates
from bridge.governance.updates import decode_update
from bridge.plans.ledger_book import Held, mark_ledger, read_ledger
from bridge.plans.make import recorded_exposure
from bridge.plans.market import read_market
from bridge.plans.network_book import ChainSeen, see_network_book
from bridge.plans.observe import Dust, Governed, look_at_positions, read_governed, valued
from bridge.plans.observed import stated_governed
from bridge.plans.orders_done import OrderDone, orders_done
from bridge.plans.records import PlanRecord, find_record, followed_record, own_record, record_path
from bridge.plans.since import explain_since
from bridge.snapshot import Snapshot
from bridge.sources.option_chains import read_option_chains
from bridge.sources.oracle import FeedStatus, read_status
from hedge.book.exposure import BookExposure
from hedge.book.positions import Position
from hedge.decision.explained import Explained
from hedge.decision.rebalance import drift
from hedge.errors import HedgeError
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market
from hedge.policy.parameters import KEYS
from hedge.units import json_number


@dataclass(frozen=True)
class Watched:
    """What one look saw, and the alerts that it raises."""

    seen: MonitorSnapshot
    alerts: tuple[Alert, ...]


def watch(snapshot: Snapshot, config: Config, owner: str, now: int | None = None) -> Watched:
    """Take a monitor's snapshot and run every alert rule on it.

    Parameters
    ----------
    now
        The time by this machine's clock in unix seconds, to tell a chain that has stopped; None on a local chain,
        whose time is moved by hand.

    Raises
    ------
    NodeUnreachable, Reorganised, UnknownAddress
        There is nothing to look at; the loop says so and tries again.
    """
    seen = take_snapshot(snapshot, config, owner, now)
    return Watched(seen, raise_alerts(seen))


def take_oracle_snapshot(snapshot: Snapshot) -> OracleSnapshot:
    """Read every feed, every breaker and the automation."""
    feeds, breakers = read_status(snapshot), read_breakers(snapshot)
    every = {asset: read_automation(snapshot.of(asset)) for asset in ("", *sorted(snapshot.deployment.own))}
    own = {asset: status for asset, status in every.items() if asset and status}
    return OracleSnapshot(snapshot.block, tuple(feeds), tuple(breakers), every[""], own_automations=own)


def take_snapshot(snapshot: Snapshot, config: Config, owner: str, now: int | None = None) -> MonitorSnapshot:
    """Read and compare everything once, at the snapshot's block; see `watch`."""
    if snapshot.network:
        return _observed(snapshot, config, owner, now)
    oracle = take_oracle_snapshot(snapshot)
    governed, (proposals, unknown) = read_governed(snapshot), _proposals(snapshot)
    waiting, holders = tuple(read_pending_updates(snapshot)), inspect_holders(snapshot)
    queue = read_safe_queue(snapshot, config, holders)
    valued = _value(snapshot, config, owner, oracle.feeds)
    snapshot.confirm()
    hedge = _hedge(snapshot, config, valued, governed, find_record(config.state, governed.inputs_hash))
    on_record = hedge.on_record
    journal, trouble = _journal(config, snapshot)
    known = {entry.id for entry in journal}
    return MonitorSnapshot(
        **oracle.__dict__,
        market=valued.market,
        exposure=valued.exposure,
        untrusted=valued.untrusted,
        unread=valued.unread,
        dust=valued.dust,
        positions=valued.positions,
        now=now,
        config=config,
        governed=governed,
        proposals=proposals,
        proposals_trouble=unknown,
        journal=journal,
        journal_trouble=trouble,
        steward_updates=waiting,
        holders=holders,
        drift=_drift(valued.exposure, on_record, owner),
        layers=layer_states(on_record, valued.market) if on_record and valued.market else (),
        unplanned=_unplanned(config, governed),
        update_ends=_update_ends(snapshot, [each for each in proposals if str(each.id) in known]),
        safe_queue=queue.waiting,
        safe_troubles=queue.troubles,
        **hedge.__dict__,
    )


def _unplanned(config: Config, governed: Governed) -> frozenset[str]:
    """Return the assets whose own parameters are of no plan on record here; an empty name for the main ones."""
    every = {"": governed} | dict(governed.own)
    return frozenset(
        asset for asset, each in every.items() if not record_path(config.state, each.inputs_hash).is_file()
    )


def _update_ends(snapshot: Snapshot, ours: Iterable[Proposal]) -> dict[str, int]:
    """Return when the first update in each of our open proposals is too old to be executed."""
    found = dict[str, int]()
    for proposal in ours:
        if proposal.state in OPEN_STATES:
            calls = zip(proposal.action.targets, proposal.action.calldatas, strict=False)
            updates = [update for each in calls if (update := decode_update(snapshot, *each))]
            found |= {str(proposal.id): min(update.expiry for update in updates)} if updates else {}
    return found


def _observed(snapshot: Snapshot, config: Config, owner: str, now: int | None) -> MonitorSnapshot:
    """Read and compare a book on a public network, where nothing of ours is: no feed, no vote, parameters as stated."""
    governed, valued_book = stated_governed(config.parameters), _Valued()
    quotes, networks = dict[str, OptionChain](), tuple[ChainSeen, ...]()
    try:
        (market, _, unknown), quotes, held, exposure, networks = see_network_book(snapshot, config, owner)
        left = (*unknown, *held.unread)
        valued_book = _Valued(market, exposure, unread=left, positions=held.positions, dust=held.dust)
    except UntrustedNumber as error:
        valued_book = _Valued(untrusted=str(error))
        snapshot.confirm()
    on_record = own_record(config.state, snapshot.chain.chain_id, owner)
    hedge = _hedge(snapshot, config, valued_book, governed, on_record, quotes)
    on_record = hedge.on_record
    return MonitorSnapshot(
        snapshot.block,
        feeds=(),
        breakers=(),
        automation=None,
        market=valued_book.market,
        exposure=valued_book.exposure,
        untrusted=valued_book.untrusted,
        unread=valued_book.unread,
        dust=valued_book.dust,
        positions=valued_book.positions,
        now=now,
        config=config,
        governed=governed,
        proposals=(),
        journal=(),
        steward_updates=(),
        drift=_drift(valued_book.exposure, on_record, owner),
        layers=layer_states(on_record, valued_book.market) if on_record and valued_book.market else (),
        network=snapshot.network,
        networks=networks,
        **hedge.__dict__,
    )


def _drift(exposure: BookExposure | None, record: PlanRecord | None, owner: str) -> float | None:
    """Return how far a book is from what its plan was made for; None where one is missing, or it is another's plan."""
    if exposure is None or record is None or record.owner.lower() != owner.lower():
        return None
    return drift(exposure, recorded_exposure(record))


def _proposals(snapshot: Snapshot) -> tuple[tuple[Proposal, ...], str]:
    """Return what was proposed, or nothing and why: anyone with votes can make it take longer than a look may.

    The clock of the node's answers then begins anew, so that the rest of the look goes on.
    """
    dao = with_governor(snapshot, None)
    if GOVERNOR not in dao.deployment.contracts:
        return (), ""  # a Safe that decides brings no proposals
    try:
        return tuple(list_proposals(dao)), ""
    except (Reorganised, MissingBlock, WrongChain):
        raise
    except ChainError as error:
        snapshot.chain.begin()
        return (), f"it is not known what was proposed: {error}; `alvh gov show` reads one by its whole id"


def _journal(config: Config, snapshot: Snapshot) -> tuple[tuple[JournalEntry, ...], str]:
    """Return what this machine noted of its proposals, or nothing and why: the rest of the look goes on."""
    try:
        return tuple(read_journal(config.state, snapshot.chain.chain_id)), ""
    except BadFile as error:
        return (), f"it is not known which proposals are ours: {error}"


@dataclass(frozen=True)
class _Valued:
    """The market and the book's exposure, None where they cannot be trusted, and what is not in them."""

    market: Market | None = None
    exposure: BookExposure | None = None
    untrusted: str | None = None
    unread: tuple[Unread, ...] = ()
    positions: tuple[Position, ...] = ()
    dust: tuple[Dust, ...] = ()


@dataclass(frozen=True)
class _Hedge:
    """What the ledger says, and what can be said with it."""

    held: Held | None = None
    orders: tuple[OrderDone, ...] = ()
    explained: Explained | None = None
    ledger_trouble: str = ""
    on_record: PlanRecord | None = None
    quoted_spots: Mapping[str, float] = field(default_factory=dict)


def _hedge(
    snapshot: Snapshot,
    config: Config,
    valued: _Valued,
    governed: Governed,
    on_record: PlanRecord | None,
    chains: Mapping[str, OptionChain] | None = None,
) -> _Hedge:
    """Read the ledger and mark it at quotes, those of the settings where none are given.

    What stands in the way is said, and the rest of the look goes on.
    """
    try:
        ledger = read_ledger(config, snapshot.block.timestamp)
        on_record = followed_record(config.state, ledger.fills, on_record) if ledger else on_record
        orders = orders_done(on_record, ledger.fills) if ledger and on_record else ()
        if valued.market is None or valued.exposure is None:
            return _Hedge(orders=orders, on_record=on_record)
        market, exposure, held = valued.market, valued.exposure, None
        if ledger:
            if chains is None:
                chains = read_option_chains(config.options, dict(market.spots), snapshot.block.timestamp)
            held = mark_ledger(ledger, exposure, market, chains, governed.parameters, governed.own_parameters())
        explained = explain_since(on_record, valued.positions, exposure, market, held) if on_record else None
        quoted = {asset: chain.spot for asset, chain in (chains or {}).items()}
        return _Hedge(held, orders, explained, on_record=on_record, quoted_spots=quoted)
    except (BridgeError, HedgeError, KeyError) as error:
        return _Hedge(ledger_trouble=f"the hedge is not valued: {error}", on_record=on_record)


def _value(snapshot: Snapshot, config: Config, owner: str, feeds: tuple[FeedStatus, ...]) -> _Valued:
    """Read the market and value the book; with a stale volatility there is no market."""
    stale = [feed.asset for feed in feeds if feed.stale]
    if stale:
        return _Valued(untrusted=f"exposure not valued: no fresh volatility for {', '.join(stale)}")
    market = None
    try:
        market = read_market(snapshot, config.book)
        held = look_at_positions(snapshot, owner, dict(market.spots), config.book)
    except UntrustedNumber as error:
        return _Valued(market, untrusted=str(error))
    held, exposure = valued(snapshot, held, market, config.book)
    return _Valued(market, exposure, unread=held.unread, positions=held.positions, dust=held.dust)


def watched_json(watched: Watched) -> dict[str, Any]:
    """Return a look as plain JSON, one line of `alvh watch --json`."""
    seen = watched.seen
    return {
        "block": asdict(seen.block),
        "network": seen.network.name if seen.network else None,
        "chains": [chain.to_dict() for chain in seen.networks],
        "value_usd": seen.exposure.value_usd if seen.exposure else None,
        "exposure": _exposure_json(seen.exposure) if seen.exposure else None,
        "dust": [dust._asdict() for dust in seen.dust],
        "plan": seen.on_record.inputs_hash if seen.on_record else None,
        # An asset that is new or gone has no finite drift; JSON has no infinity.
        "drift": seen.drift if seen.drift is not None and math.isfinite(seen.drift) else None,
        "intended": [asdict(layer) | {"days_left": json_number(layer.days_left)} for layer in seen.layers],
        "held": seen.held.to_dict() if seen.held else None,
        "orders": [order.to_dict() for order in seen.orders],
        "explained": seen.explained.to_dict() if seen.explained else None,
        "feeds": [asdict(feed) for feed in seen.feeds],
        **_governed_json(seen.governed),
        "proposals": [
            {"id": str(p.id), "state": p.state, "deadline": p.deadline, "eta": p.eta} for p in seen.open_proposals
        ],
        "breakers": [asdict(breaker) for breaker in seen.breakers],
        "automation": asdict(seen.automation) if seen.automation else None,
        "own": {asset: _own_json(seen, asset) for asset in seen.governed.own},
        "steward_updates": [
            {
                "hash": waiting.hash,
                "of": waiting.update.asset,
                "ready_at": waiting.ready_at,
                "veto_seconds": waiting.veto_seconds(seen.block.timestamp),
            }
            for waiting in seen.steward_updates
        ],
        "safes": {role: holder.to_dict() for role, holder in seen.holders.items()},
        "alerts": [asdict(alert) for alert in watched.alerts],
    }


def _governed_json(governed: Governed) -> dict[str, Any]:
    values = dict(zip((key.name for key in KEYS), governed.parameters.to_values(), strict=True))
    state = {"version": governed.version, "paused": governed.paused, "steward_suspended": governed.steward_suspended}
    return {"parameters": values} | state


def _own_json(seen: MonitorSnapshot, asset: str) -> dict[str, Any]:
    """Return what an asset's own ledger says, with the automation that sets it."""
    automation = seen.own_automations.get(asset)
    return _governed_json(seen.governed.own[asset]) | {"automation": asdict(automation) if automation else None}


def _exposure_json(exposure: BookExposure) -> dict[str, dict[str, float]]:
    names = ("delta", "delta_usd", "gamma_usd", "delta_fall_usd", "delta_rise_usd")
    return {asset: {name: getattr(one, name) for name in names} for asset, one in sorted(exposure.assets.items())}
