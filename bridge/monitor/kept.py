"""What of a look is kept row by row: exposures, legs, proposals, the plan."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from bridge.alerts.snapshots import MonitorSnapshot
from bridge.foreign import LINE, foreign
from bridge.monitor.cycle import Cycle, ExposureRow, LegRow, PlanRow, ProposalRow, RoundRow
from bridge.monitor.view import series_of


def exposure_rows(seen: MonitorSnapshot) -> tuple[ExposureRow, ...]:
    """Return each asset of the book, pools alone and with what is held; nothing where the book is not valued."""
    if seen.exposure is None:
        return ()
    greeks = seen.held.greeks if seen.held else {}
    rows = []
    for asset, pools in sorted(seen.exposure.assets.items()):
        net = greeks.get(asset)
        alone = (pools.delta_usd, pools.gamma_usd, 0.0, 0.0)
        both = (net.delta_usd, net.gamma_usd, net.vega_usd, net.theta_usd) if net else alone
        numbers = (pools.spot, pools.value_usd, pools.delta, pools.delta_usd, pools.gamma_usd, *both)
        if all(math.isfinite(number) for number in numbers):
            rows.append(ExposureRow(asset, *numbers))
    return tuple(rows)


def leg_rows(seen: MonitorSnapshot) -> tuple[LegRow, ...]:
    """Return each leg of the ledger at its mark."""
    if seen.held is None:
        return ()
    return tuple(
        LegRow(
            each.leg.label,
            each.leg.underlying,
            each.layer,
            each.leg.quantity,
            each.leg.price,
            str(each.source),
            each.marked_at,
            each.value_usd,
        )
        for each in seen.held.legs
        if math.isfinite(each.leg.price)
    )


def proposal_rows(seen: MonitorSnapshot) -> tuple[ProposalRow, ...]:
    """Return the state of each proposal that could be read."""
    return tuple(
        ProposalRow(str(each.id), each.state, foreign(each.title, LINE), each.votes_for, each.deadline, each.eta)
        for each in seen.proposals
        if not each.trouble
    )


def plan_row(seen: MonitorSnapshot) -> PlanRow | None:
    """Return the plan on record, None where none is known."""
    record = seen.on_record
    return PlanRow(record.inputs_hash, record.observed_at) if record else None


def cycle_of(
    book: str,
    at: int,
    chain_id: int,
    seen: MonitorSnapshot,
    view: Mapping[str, Any],
    rounds: tuple[RoundRow, ...],
    cursors: Mapping[str, int],
) -> Cycle:
    """Return what a look keeps, but for what its alerts changed."""
    return Cycle(
        book=book,
        at=at,
        chain_id=chain_id,
        block_number=seen.block.number,
        block_hash=seen.block.hash,
        block_time=seen.block.timestamp,
        view=json.dumps(view, allow_nan=False, separators=(",", ":")),
        series=series_of(view),
        exposures=exposure_rows(seen),
        legs=leg_rows(seen),
        rounds=rounds,
        proposals=proposal_rows(seen),
        plan=plan_row(seen),
        standings=(),
        transitions=(),
        notices=(),
        cursors=cursors,
    )
