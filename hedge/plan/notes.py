"""What a reader must know before trusting the numbers of a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from hedge.book.exposure import BookExposure
from hedge.decision.programme.goal import Benchmark
from hedge.decision.programme.pose import Posed
from hedge.instruments.contract import Contract
from hedge.instruments.index_listing import IndexListing
from hedge.market import Provenance
from hedge.policy.parameters import Limits
from hedge.policy.regime_policy import RegimePolicy
from hedge.signals.signal import Signal

AGAINST: Final = {
    Benchmark.USD: "USD",
    Benchmark.HOLDING: "holding the amounts that the pools hold now",
    Benchmark.HALF: "holding half of the value in each asset",
}
FAR: Final = 0.01
"""Share by which a chain's spot may differ from the market's before it is said."""
NAMED: Final = 20
"""Positions that a note names one by one, the most valuable first."""


def plan_notes(
    exposure: BookExposure,
    posed: Posed,
    indices: Mapping[str, IndexListing],
    limits: Mapping[int, Limits] | None,
    signals: Sequence[Signal],
    policy: RegimePolicy,
) -> tuple[str, ...]:
    """Return what a reader must know before trusting the numbers."""
    goal, sides = posed.goal, posed.sides
    notes = [
        f"CVaR95: {goal.horizon_days:g} days, against {AGAINST[goal.benchmark]}, the pool's fees left out. "
        f"Scenarios: {posed.drawn.source}."
    ]
    if any(column.is_perpetual for column in posed.columns):
        notes.append("A perpetual's funding is taken as 0; its margin is not in the budget for cash.")
    for asset, side in sides.items():
        away = side.listing.spot / posed.market.spot(asset) - 1.0
        if abs(away) > FAR:
            notes.append(f"{asset} quotes were made at {side.listing.spot:,.2f}, {away:+.1%} from the market's price.")
    notes += _held_notes(posed)
    notes += [
        f"{listing.name} is taken to move {listing.beta:g} points per point of {asset} volatility: "
        f"{listing.source or 'as stated'}."
        for asset, listing in sorted(indices.items())
    ]
    notes += _signal_notes(signals, policy)
    for asset, total in exposure.assets.items():
        if asset not in sides:
            notes.append(f"{asset} has no option chain: of {total.value_usd:,.0f} USD only the delta can be hedged.")
    ranked = sorted(exposure.positions, key=lambda position: -position.value_usd)
    unknown = [position.id for position in ranked if math.isnan(position.fee_usd_per_year)]
    if unknown:
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        notes.append(f"Fees are unknown for {', '.join(unknown[:NAMED])}{more}: no advice to leave.")
    if limits is None:
        notes.append("The update is bounded by absolute bounds only: steps and cooldowns are unknown.")
    return tuple(notes)


def _held_notes(posed: Posed) -> list[str]:
    """Name what is held and counts nothing."""
    whole = {contract for side in posed.sides.values() for contract in side.stays}
    foreign = [
        f"{asset}-PERPETUAL is held and the book has no {asset}: it stays, and its risk is in no number here."
        for asset, units in sorted(posed.held.perpetuals.items())
        if units and asset not in posed.book.assets
    ]
    return [_unlisted(posed, contract, contract in whole) for contract in posed.unlisted] + foreign


def _unlisted(posed: Posed, contract: Contract, torn: bool) -> str:
    """Say why something that is held counts nothing."""
    if contract.expiry_at <= posed.market.observed_at:
        return f"{contract.label} is held and has expired: take it out of the holdings once it has settled."
    if contract.asset not in posed.book.assets:
        return f"{contract.label} is held and the book has no {contract.asset}: its risk is in no number here."
    why = "part of a condor that is not quoted whole" if torn else "not quoted"
    return f"{contract.label} is held and {why}: it stays, and counts nothing."


def _signal_notes(signals: Sequence[Signal], policy: RegimePolicy) -> list[str]:
    notes = []
    if policy.regime.missing:
        missing = ", ".join(policy.regime.missing)
        notes.append(f"Signals without a fresh value: {missing}: the regime is the safer one.")
    elif not signals:
        notes.append(f"No signal is known: the regime is {policy.regime.name}, and no condor is sold.")
    made_up = [signal.name for signal in signals if signal.provenance is Provenance.SIMULATED]
    if made_up:
        notes.append(f"Signals from simulated histories, not from a market: {', '.join(made_up)}.")
    unstated = [signal.name for signal in signals if signal.provenance is Provenance.UNSTATED]
    if unstated:
        notes.append(f"Signals from histories of unstated provenance, nobody says a source: {', '.join(unstated)}.")
    return notes
