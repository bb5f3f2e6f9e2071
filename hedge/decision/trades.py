"""The ticket: what to buy and sell to come from what is held to what the programme holds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from hedge.decision.programme.columns import Column
from hedge.decision.programme.pose import Posed
from hedge.instruments.contract import Contract
from hedge.instruments.leg import ROUNDING
from hedge.instruments.option_chain import OptionChain, Quote
from hedge.layers.registry import layer_spec
from hedge.numerics.arrays import FloatArray
from hedge.units import json_number

PERPETUAL_SLIP: Final = 0.0005
"""Share of the index by which the limit of a perpetual is worse than it."""


class Action(StrEnum):
    """What a trade does to what is held: buy (open or add), sell (open or reduce), roll (bought in place of an earlier
    expiry of its layer that is closed), close."""

    BUY = "buy"
    SELL = "sell"
    ROLL = "roll"
    CLOSE = "close"


@dataclass(frozen=True)
class Trade:
    """Hold one order.

    Parameters
    ----------
    action, side : what it does, and buy or sell. instrument : as an exchange names it. layer : whose role it fills.
    quantity : units of the underlying, whole lots, > 0. limit_usd : USD per unit at which it still fills: the ask where
        bought, the bid where sold. limit_coin : the same over the index, for a venue that quotes in coin.
    cash_usd : paid with its fee, negative where received. reason : why, in words.
    """

    action: Action
    side: str
    instrument: str
    asset: str
    layer: str
    quantity: float
    limit_usd: float
    limit_coin: float
    cash_usd: float
    fee_usd: float
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; an unknown number is None."""
        return {name: json_number(value) for name, value in asdict(self).items()} | {"action": str(self.action)}


def trades_of(posed: Posed, units: FloatArray, chains: Mapping[str, OptionChain]) -> tuple[Trade, ...]:
    """Return the orders that lead from what is held to these units, layer by layer, closing first.

    Parameters
    ----------
    units : of each column of the programme, shape (n,).
    """
    quotes = {
        Contract(asset, row.expiry_at, row.strike, row.is_call): (row, chain)
        for asset, chain in chains.items()
        for row in chain.rows
    }
    changes: dict[tuple[str, Contract], float] = defaultdict(float)
    found: list[Trade] = []
    for column, change in zip(posed.columns, (units - posed.problem.held).tolist(), strict=True):
        if abs(change) <= ROUNDING:
            continue
        for contract, sign in column.contracts:
            changes[column.layer, contract] += sign * change
        if column.leg is not None:
            found.append(_plain(posed, column, change))
    rolled: dict[tuple[str, str, bool], int] = {}
    for (layer, contract), change in changes.items():
        bought = posed.held.options.get(contract, 0.0) > 0.0
        if bought and change < -ROUNDING and _left(posed, contract, changes) <= ROUNDING:
            place = (layer, contract.asset, contract.is_call)
            rolled[place] = min(contract.expiry_at, rolled.get(place, contract.expiry_at))
    for (layer, contract), change in changes.items():
        if abs(change) > ROUNDING:
            row, chain = quotes[contract]
            closes = _left(posed, contract, changes) == 0.0 and posed.held.options.get(contract, 0.0) != 0.0
            closed_at = rolled.get((layer, contract.asset, contract.is_call), contract.expiry_at)
            rolls = change > 0.0 and closed_at < contract.expiry_at
            found.append(_option(posed, contract, layer, change, row, chain, _action(change, closes, rolls)))
    return tuple(sorted(found, key=_order))


def _left(posed: Posed, contract: Contract, changes: Mapping[tuple[str, Contract], float]) -> float:
    """Return the units of a contract that are held after every change."""
    change = math.fsum(change for (_, other), change in changes.items() if other == contract)
    return round(posed.held.options.get(contract, 0.0) + change, 9)


def _order(trade: Trade) -> tuple[bool, int, bool, str]:
    """Closing comes first; of a condor's legs what is bought, so that no sold one is ever without its wing."""
    last = trade.layer == "condor" and trade.side == "sell"
    return trade.action is not Action.CLOSE, layer_spec(trade.layer).number, last, trade.instrument


def _action(change: float, closes: bool, rolls: bool) -> Action:
    if closes:
        return Action.CLOSE
    if rolls:
        return Action.ROLL
    return Action.BUY if change > 0.0 else Action.SELL


def _option(
    posed: Posed, contract: Contract, layer: str, change: float, row: Quote, chain: OptionChain, action: Action
) -> Trade:
    side = posed.sides[contract.asset]
    place = side.listing.contracts().index(contract)
    bought = change > 0.0
    price = row.ask if bought else (row.bid if row.bid > 0.0 else float(side.listing.unbid[place]))
    fee = abs(change) * chain.fees.usd(price, chain.spot)
    days = chain.days_to(contract.expiry_at)
    kind = "call" if contract.is_call else "put"
    why = f"{layer_spec(layer).title}: {days:.0f}-day {kind} at {contract.strike / chain.spot:.0%} of the price"
    if layer == "condor":
        why += ", a leg of a condor or spread: trade its legs as one combination"
    return Trade(
        action, "buy" if bought else "sell", contract.label, contract.asset, layer, abs(change), price,
        price / chain.spot, change * price + fee, fee, why,
    )  # fmt: skip


def _plain(posed: Posed, column: Column, change: float) -> Trade:
    """Return the order of a perpetual or of an instrument on an index."""
    assert column.leg is not None
    leg, bought = column.leg, change > 0.0
    if column.is_perpetual:
        held = posed.held.perpetuals.get(column.asset, 0.0)
        price = leg.price * (1.0 + (PERPETUAL_SLIP if bought else -PERPETUAL_SLIP))
        action = Action.CLOSE if held and round(held + change, 9) == 0.0 else Action.BUY if bought else Action.SELL
        fee, cash = abs(change) * leg.fee, abs(change) * leg.fee
        why = f"{layer_spec('delta').title}: {posed.goal.of(column.asset).delta_share_bps / 100:g} % of it at most"
    else:
        price, action, fee = leg.price, Action.BUY, abs(change) * leg.fee
        cash, why = change * price + fee, f"{layer_spec(column.layer).title}: on the volatility index"
    return Trade(
        action, "buy" if bought else "sell", column.label, column.asset, column.layer, abs(change), price,
        price / column.spot_usd, cash, fee, why,
    )  # fmt: skip
