"""What a plan rests on: its arguments in canonical JSON types; their hash identifies it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hedge.book.positions import Book
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market
from hedge.policy.parameters import LastChange, Limits, OwnTerms, Parameters
from hedge.signals.regime import RegimeRules
from hedge.signals.signal import Signal, State
from hedge.units import json_number


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


def own_inputs(own: Mapping[str, OwnTerms]) -> dict[str, Any]:
    """Return the parameters of assets with a ledger of their own, in canonical JSON types; nothing where none has."""
    if not own:
        return {}
    return {
        "own": {
            asset: {
                "parameters": terms.parameters.to_values(),
                "limits": _by_key(terms.limits),
                "last_changes": _by_key(terms.last_changes),
            }
            for asset, terms in sorted(own.items())
        }
    }


def _by_key(values: Mapping[int, Limits] | Mapping[int, LastChange] | None) -> dict[str, Any] | None:
    return None if values is None else {str(key): asdict(values[key]) for key in sorted(values)}


def signal_inputs(signals: Sequence[Signal], rules: RegimeRules | None, expected: Collection[str]) -> dict[str, Any]:
    """Return signals, rules and expected names in canonical JSON types, signals by name."""
    used = rules or RegimeRules()
    return {
        "signals": [_signal(signal) for signal in sorted(signals, key=lambda signal: signal.name)],
        "regime_rules": asdict(used),
        "expected_signals": sorted(expected),
    }


def _signal(signal: Signal) -> dict[str, Any]:
    plain = {name: json_number(value) for name, value in asdict(signal).items()}
    return plain | {"score": str(signal.score) if isinstance(signal.score, State) else plain["score"]}
