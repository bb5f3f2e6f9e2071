"""One look of the monitor: exposure against the plan on record, the feeds, the parameters, the open proposals, and
warnings.

It reads and compares; it never signs. A source that fails becomes a warning of its own, the rest is still shown.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from bridge.alerts.rules import (
    Alert,
    LayerState,
    chain_warnings,
    feed_warnings,
    governance_warnings,
    journal_warnings,
    plan_warnings,
    safeguard_warnings,
    steward_warnings,
)
from bridge.chain.node import BlockRef
from bridge.config import Config
from bridge.errors import UntrustedNumber
from bridge.governance.governor import OPEN_STATES, Proposal, list_proposals
from bridge.governance.journal import read_journal
from bridge.governance.safeguards import AutomationStatus, BreakerStatus, read_automation, read_breakers
from bridge.governance.steward import PendingUpdate, read_pending_updates
from bridge.plans.make import recorded_exposure
from bridge.plans.observe import Governed, read_governed, read_market, read_positions
from bridge.plans.records import PlanRecord, find_record
from bridge.snapshot import Snapshot
from bridge.sources.oracle import FeedStatus, read_status
from bridge.units import YEAR_SECONDS
from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book
from hedge.decision.rebalance import drift
from hedge.instruments.index_listing import read_leg
from hedge.market import Market
from hedge.policy.parameters import KEYS


@dataclass(frozen=True)
class MonitorSnapshot:
    """What the monitor saw at one block. `exposure` and `drift` are None where they could not be trusted."""

    block: BlockRef
    exposure: BookExposure | None
    on_record: PlanRecord | None
    drift: float | None
    layers: tuple[LayerState, ...]
    feeds: tuple[FeedStatus, ...]
    governed: Governed
    proposals: tuple[Proposal, ...]
    breakers: tuple[BreakerStatus, ...]
    automation: AutomationStatus | None
    steward_updates: tuple[PendingUpdate, ...]
    warnings: tuple[Alert, ...]


def look(snapshot: Snapshot, config: Config, owner: str, now: int | None = None) -> MonitorSnapshot:
    """Read and compare everything once, at the snapshot's block.

    Parameters
    ----------
    now
        The time by this machine's clock in unix seconds, to tell a chain that stands still; None on a local chain,
        whose time is moved by hand.

    Raises
    ------
    NodeUnreachable, Reorganised, UnknownAddress
        There is nothing to look at; the loop says so and tries again.
    """
    feeds = tuple(read_status(snapshot))
    breakers, automation = tuple(read_breakers(snapshot)), read_automation(snapshot)
    governed, waiting = read_governed(snapshot), read_pending_updates(snapshot)
    every = list_proposals(snapshot)
    proposals = tuple(p for p in every if p.state in OPEN_STATES)
    warnings = [*chain_warnings(snapshot.block, config.watch.max_block_age_seconds, now), *feed_warnings(feeds)]
    warnings += [*safeguard_warnings(breakers, automation), *governance_warnings(governed, proposals)]
    warnings += steward_warnings(waiting, snapshot.block.timestamp)
    warnings += journal_warnings(read_journal(config.state, snapshot.chain.chain_id), every, snapshot.block)
    market, exposure, untrusted = _valued(snapshot, config, owner, feeds)
    snapshot.confirm()
    on_record = find_record(config.state, governed.inputs_hash)
    moved = drift(exposure, recorded_exposure(on_record)) if exposure and on_record else None
    layers = layer_states(on_record, market) if on_record and market else ()
    warnings += [*untrusted, *plan_warnings(governed, on_record, moved, layers)]
    seen = (snapshot.block, exposure, on_record, moved, layers, feeds, governed, proposals)
    return MonitorSnapshot(*seen, breakers, automation, tuple(waiting), tuple(warnings))


def _valued(
    snapshot: Snapshot, config: Config, owner: str, feeds: tuple[FeedStatus, ...]
) -> tuple[Market | None, BookExposure | None, list[Alert]]:
    """Read the market and value the book; what cannot be trusted is None, with a warning that says why."""
    market = None
    try:
        market = _market(snapshot, config, feeds)
        held = read_positions(snapshot, owner, dict(market.spots), config.book)
        unread = [Alert("exposure", f"{one.id} is not in the book: {one.reason}") for one in held.unread]
        return market, book_exposure(Book(held.positions), market), unread
    except UntrustedNumber as error:
        return market, None, [Alert("exposure", str(error))]


def _market(snapshot: Snapshot, config: Config, feeds: tuple[FeedStatus, ...]) -> Market:
    """Read the market; with a stale volatility there is none."""
    stale = [feed.asset for feed in feeds if feed.stale]
    if stale:
        raise UntrustedNumber(f"exposure not valued: no fresh volatility for {', '.join(stale)}")
    return read_market(snapshot, config.book)


def layer_states(record: PlanRecord, market: Market) -> tuple[LayerState, ...]:
    """Value every layer of a recorded plan at the market now, its volatilities moved as the index has moved since."""
    states = []
    for layer in record.plan["layers"]:
        legs = [read_leg(leg) for leg in layer["legs"]]
        if not legs:
            continue
        asset = str(layer["underlying"])
        elapsed = (market.observed_at - record.observed_at) / YEAR_SECONDS
        moved = market.vol(asset) - float(record.plan["inputs"]["market"]["vols"][asset])
        spot = market.spot(asset)
        alive = [leg for leg in legs if leg.expiry > elapsed]
        deltas = [
            replace(leg, expiry=leg.expiry - elapsed, vol=max(leg.vol + moved, 0.05)).greeks(spot).delta
            for leg in alive
        ]
        states.append(
            LayerState(
                asset,
                str(layer["name"]),
                len(legs),
                float(layer["cost_usd"]),
                math.fsum(float(leg.value(spot, elapsed, moved)) for leg in legs),
                math.fsum(deltas) * spot,
                (min(leg.expiry_at for leg in legs) - market.observed_at) / 86_400,
            )
        )
    return tuple(states)


def snapshot_json(seen: MonitorSnapshot) -> dict[str, Any]:
    """Return a look as plain JSON, one line of `alvh watch --json`."""
    return {
        "block": asdict(seen.block),
        "value_usd": seen.exposure.value_usd if seen.exposure else None,
        "exposure": {
            asset: {"delta": one.delta, "delta_usd": one.delta_usd, "gamma_usd": one.gamma_usd}
            for asset, one in sorted(seen.exposure.assets.items())
        }
        if seen.exposure
        else None,
        "plan": seen.on_record.inputs_hash if seen.on_record else None,
        # An asset that is new or gone has no finite drift; JSON has no infinity.
        "drift": seen.drift if seen.drift is not None and math.isfinite(seen.drift) else None,
        "layers": [asdict(layer) for layer in seen.layers],
        "feeds": [asdict(feed) for feed in seen.feeds],
        "parameters": dict(zip((key.name for key in KEYS), seen.governed.parameters.to_values(), strict=True)),
        "version": seen.governed.version,
        "paused": seen.governed.paused,
        "proposals": [
            {"id": str(p.id), "state": p.state, "deadline": p.deadline, "eta": p.eta} for p in seen.proposals
        ],
        "breakers": [asdict(one) for one in seen.breakers],
        "automation": asdict(seen.automation) if seen.automation else None,
        "steward_updates": [
            {"hash": one.hash, "ready_at": one.ready_at, "veto_seconds": one.veto_seconds(seen.block.timestamp)}
            for one in seen.steward_updates
        ],
        "warnings": [{"kind": warning.kind, "text": warning.text} for warning in seen.warnings],
    }
