"""What a plan stands on: its arguments in canonical JSON types, and the notes that a reader must know."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hedge.book import Book, BookExposure, json_number
from hedge.chain import OptionChain
from hedge.index_market import IndexListing
from hedge.market import Market
from hedge.parameters import LastChange, Limits, Parameters
from hedge.signals.regime import RegimeRules
from hedge.signals.signal import Signal, State
from hedge.stance import Stance


def plan_notes(
    exposure: BookExposure,
    chains: Mapping[str, OptionChain],
    indices: Mapping[str, IndexListing],
    limits: Mapping[int, Limits] | None,
    signals: Sequence[Signal],
    stance: Stance,
) -> tuple[str, ...]:
    """Return what a reader must know before trusting the numbers."""
    notes = [
        "CVaR95: 30 days, lognormal without drift, the pool's fees left out; legs that expire earlier pay at a price "
        "of that day, and a sold condor is sold again until the horizon.",
        "No listed future on an asset is used: a synthetic trades the forward through options.",
    ]
    notes += [
        f"{one.name} is taken to move {one.beta:g} points per point of {asset} volatility: {one.source or 'as stated'}."
        for asset, one in sorted(indices.items())
    ]
    if stance.regime.missing:
        notes.append(f"Signals without a fresh value: {', '.join(stance.regime.missing)}: the regime is the safer one.")
    elif not signals:
        notes.append(f"No signal is known: the regime is {stance.regime.name}, and no condor is sold.")
    made_up = [one.name for one in signals if "simulated" in one.source]
    if made_up:
        notes.append(f"Signals from simulated histories, not from a market: {', '.join(made_up)}.")
    notes += [f"{chain.underlying} chain: {chain.source}." for _, chain in sorted(chains.items())]
    for asset, one in exposure.assets.items():
        if asset not in chains:
            notes.append(f"{asset} has no option chain: {one.value_usd:,.0f} USD stay unhedged.")
    unknown = [position.id for position in exposure.positions if math.isnan(position.fee_usd_per_year)]
    if unknown:
        notes.append(f"Fees are unknown for {', '.join(unknown)}: no break-even volatility, and no advice to leave.")
    if limits is None:
        notes.append("The update is bounded by absolute bounds only: steps and cooldowns are unknown.")
    return tuple(notes)


def plan_inputs(
    book: Book,
    market: Market,
    chains: Mapping[str, OptionChain],
    indices: Mapping[str, IndexListing],
    parameters: Parameters,
    limits: Mapping[int, Limits] | None,
    last_changes: Mapping[int, LastChange] | None,
) -> dict[str, Any]:
    """Return the arguments in canonical JSON types, keys sorted; positions in the book's order."""
    return {
        "market": market.to_dict(),
        "book": [position.to_dict() for position in book.positions],
        "chains": {asset: chains[asset].to_inputs() for asset in sorted(chains)},
        "indices": {asset: indices[asset].to_inputs() for asset in sorted(indices)},
        "parameters": parameters.to_values(),
        "limits": _by_key(limits),
        "last_changes": _by_key(last_changes),
    }


def _by_key(values: Mapping[int, Limits] | Mapping[int, LastChange] | None) -> dict[str, Any] | None:
    return None if values is None else {str(key): asdict(values[key]) for key in sorted(values)}


def signal_inputs(signals: Sequence[Signal], rules: RegimeRules | None, expected: Collection[str]) -> dict[str, Any]:
    """Return signals, rules and expected names in canonical JSON types, signals by name."""
    used = rules or RegimeRules()
    return {
        "signals": [_signal(one) for one in sorted(signals, key=lambda one: one.name)],
        "regime_rules": asdict(used),
        "expected_signals": sorted(expected),
    }


def _signal(one: Signal) -> dict[str, Any]:
    plain = {name: json_number(value) for name, value in asdict(one).items()}
    return plain | {"score": str(one.score) if isinstance(one.score, State) else plain["score"]}
