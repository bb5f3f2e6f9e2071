"""What is held sold, matched with the wings that cover it: whole condors, then spreads of one leg each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from hedge.errors import BadInput
from hedge.instruments.contract import Contract

NOTHING: Final = 1e-9
"""Units below which nothing is held."""


class SoldContracts(NamedTuple):
    """Contracts: what a condor sells, and the wings that it buys; one of each for a spread."""

    short: tuple[Contract, ...]
    long: tuple[Contract, ...]


def held_spreads(own: Mapping[Contract, float]) -> tuple[dict[SoldContracts, float], dict[Contract, float]]:
    """Match what is held sold with wings that are held bought: whole condors, then spreads of one leg each.

    Return them with their units, and what else is held bought. Where condors take a wing that another sold leg needs,
    spreads alone are tried: the sold leg farthest out takes its wing first, which covers all wherever anything can.
    """
    for condors in (True, False):
        found, left, shorts = _matched(own, condors)
        naked = [contract for contract, units in sorted(shorts.items()) if units > NOTHING]
        if not naked:
            return found, left
    why = "is sold without a wing of its expiry and kind beyond it: close it, or state its wing too"
    raise BadInput("holdings", naked[0].label, why)


def covered_units(own: Mapping[Contract, float]) -> tuple[dict[Contract, float], dict[Contract, float]]:
    """Return the units of each bought contract that serve as wings of sold ones, and those sold without any.

    Parameters
    ----------
    own : units of one asset's contracts, negative where sold.
    """
    tried = [_matched(own, condors) for condors in (True, False)]
    found, _, shorts = min(tried, key=lambda matched: sum(matched[2].values()))
    wings: dict[Contract, float] = {}
    for legs, units in found.items():
        for wing in legs.long:
            wings[wing] = wings.get(wing, 0.0) + units
    return wings, {contract: units for contract, units in shorts.items() if units > NOTHING}


def _matched(
    own: Mapping[Contract, float], condors: bool
) -> tuple[dict[SoldContracts, float], dict[Contract, float], dict[Contract, float]]:
    """Return what is matched, what is left bought, and what is left sold."""
    left = {contract: units for contract, units in own.items() if units > 0.0}
    shorts = {contract: -units for contract, units in own.items() if units < 0.0}
    found: dict[SoldContracts, float] = {}

    def take(short: tuple[Contract, ...]) -> bool:
        wings = tuple(wing for contract in short if (wing := _cover(contract, left)) is not None)
        if len(wings) < len(short):
            return False
        units = min(*(shorts[contract] for contract in short), *(left[wing] for wing in wings))
        for contracts, side in ((short, shorts), (wings, left)):
            for contract in contracts:
                side[contract] -= units
        found[SoldContracts(short, wings)] = found.get(SoldContracts(short, wings), 0.0) + units
        return True

    for put in sorted(contract for contract in shorts if condors and not contract.is_call):
        for call in sorted(c for c in shorts if c.is_call and c.expiry_at == put.expiry_at):
            while shorts[put] > 0.0 and shorts[call] > 0.0 and take((put, call)):
                pass
    for short in sorted(shorts, key=lambda c: (c.expiry_at, c.is_call, -c.strike if c.is_call else c.strike)):
        while shorts[short] > NOTHING and take((short,)):
            pass
    return found, left, shorts


def _cover(short: Contract, left: Mapping[Contract, float]) -> Contract | None:
    """Return the nearest wing that is held beyond a sold contract."""
    beyond = [
        contract
        for contract, units in left.items()
        if units > 0.0
        and (contract.expiry_at, contract.is_call) == (short.expiry_at, short.is_call)
        and (contract.strike > short.strike if short.is_call else contract.strike < short.strike)
    ]
    return min(beyond, key=lambda contract: abs(contract.strike - short.strike), default=None)
