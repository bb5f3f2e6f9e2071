"""What a reader must know before trusting the numbers of a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hedge.book.exposure import BookExposure
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.layer import Layer, all_legs
from hedge.instruments.option_chain import OptionChain
from hedge.market import HORIZON_DAYS, Provenance
from hedge.policy.parameters import Limits
from hedge.policy.regime_policy import RegimePolicy
from hedge.signals.signal import Signal
from hedge.units import YEAR_DAYS


def plan_notes(
    exposure: BookExposure,
    chains: Mapping[str, OptionChain],
    indices: Mapping[str, IndexListing],
    limits: Mapping[int, Limits] | None,
    signals: Sequence[Signal],
    regime_policy: RegimePolicy,
    layers: Sequence[Layer],
) -> tuple[str, ...]:
    """Return what a reader must know before trusting the numbers; nothing is said of layers that are not there."""
    legs = all_legs(layers)
    notes = ["CVaR95: 30 days, lognormal without drift, the pool's fees left out."]
    if any(leg.expiry * YEAR_DAYS < HORIZON_DAYS for leg in legs):
        notes.append("Legs that expire within 30 days pay at a price of that day.")
    if any(layer.financing and layer.legs for layer in layers):
        notes.append("A sold condor is sold again until the horizon.")
    if legs:
        notes.append("No listed future on an asset is used: a synthetic trades the forward through options.")
    notes += [
        f"{listing.name} is taken to move {listing.beta:g} points per point of {asset} volatility: "
        f"{listing.source or 'as stated'}."
        for asset, listing in sorted(indices.items())
    ]
    if regime_policy.regime.missing:
        missing = ", ".join(regime_policy.regime.missing)
        notes.append(f"Signals without a fresh value: {missing}: the regime is the safer one.")
    elif not signals:
        notes.append(f"No signal is known: the regime is {regime_policy.regime.name}.")
    made_up = [signal.name for signal in signals if signal.provenance is Provenance.SIMULATED]
    if made_up:
        notes.append(f"Signals from simulated histories, not from a market: {', '.join(made_up)}.")
    notes += [f"{chain.underlying} chain: {chain.source}." for _, chain in sorted(chains.items())]
    for asset, total in exposure.assets.items():
        if asset not in chains:
            notes.append(f"{asset} has no option chain: {total.value_usd:,.0f} USD stay unhedged.")
    unknown = [position.id for position in exposure.positions if math.isnan(position.fee_usd_per_year)]
    if unknown:
        notes.append(f"Fees are unknown for {', '.join(unknown)}: no break-even volatility, and no advice to leave.")
    if limits is None:
        notes.append("The update is bounded by absolute bounds only: steps and cooldowns are unknown.")
    return tuple(notes)
