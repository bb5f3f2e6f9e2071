"""Which trades of a plan on record were done, at what price, and what of them is left.

A fill that names the plan and the number of its order counts for that; one that names neither counts, in order of time,
for the orders of the same instrument and side, if it came after the plan.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from bridge.plans.records import PlanRecord
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import read_instrument
from hedge.units import json_number

DONE: Final = 1e-3
"""Share of an order below which nothing is left of it: venues size perpetuals in whole USD at prices of whole ticks."""


@dataclass(frozen=True)
class OrderDone:
    """Hold one order of a plan and what became of it.

    Parameters
    ----------
    order
        Its number in the plan, from 1.
    asked, done
        Units of the underlying, never negative.
    limit_usd, average_usd
        USD per unit; the average is NaN where nothing was done.
    slippage_usd
        Paid more, or received less, than at the limit; negative where it went better.
    """

    order: int
    instrument: str
    side: str
    layer: str
    asked: float
    done: float
    limit_usd: float
    average_usd: float
    slippage_usd: float

    @property
    def left(self) -> float:
        """Return the units that are left to do; 0 where more was done than asked."""
        left = self.asked - self.done
        return left if left > DONE * self.asked else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {name: json_number(value) for name, value in asdict(self).items()} | {"left": self.left}


@dataclass
class _Filled:
    units: float = 0.0
    usd: float = 0.0

    def add(self, units: float, price: float) -> None:
        self.units += units
        self.usd += units * price


def orders_done(record: PlanRecord, fills: Iterable[Fill]) -> tuple[OrderDone, ...]:
    """Return every order of a plan with what was done of it.

    Parameters
    ----------
    fills
        Entries that count, by time.
    """
    trades, whole = record.plan["trades"], record.inputs_hash.removeprefix("0x")
    found = [_Filled() for _ in trades]
    by_instrument: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, trade in enumerate(trades):
        by_instrument[trade["instrument"], trade["side"]].append(number)
    for fill in fills:
        if fill.kind is not FillKind.TRADE or not fill.quantity:
            continue
        units, price = _units(fill), _price_usd(fill)
        named = fill.plan.removeprefix("0x")
        mine = bool(named) and whole.startswith(named)
        if mine and fill.order.isdecimal() and 1 <= int(fill.order) <= len(trades):
            found[int(fill.order) - 1].add(units, price)
        elif mine or (not fill.plan and fill.at_ms > record.observed_at * 1000):
            side = "buy" if fill.quantity > 0 else "sell"
            _share(found, by_instrument[_label(fill.instrument), side], trades, units, price)
    return tuple(
        _order(number, trade, filled) for number, (trade, filled) in enumerate(zip(trades, found, strict=True), 1)
    )


def _share(found: list[_Filled], orders: list[int], trades: list[dict[str, Any]], units: float, price: float) -> None:
    """Fill orders in turn; what is beyond all of them counts for the last."""
    for place, number in enumerate(orders):
        room = trades[number]["quantity"] - found[number].units
        taken = units if place == len(orders) - 1 else min(units, max(room, 0.0))
        if taken > 0.0:
            found[number].add(taken, price)
            units -= taken


def _order(number: int, trade: dict[str, Any], filled: _Filled) -> OrderDone:
    limit = float(trade["limit_usd"])
    average = filled.usd / filled.units if filled.units else math.nan
    sign = 1.0 if trade["side"] == "buy" else -1.0
    slipped = sign * (filled.usd - filled.units * limit)
    return OrderDone(
        number, trade["instrument"], trade["side"], trade["layer"], float(trade["quantity"]), filled.units, limit,
        average, slipped,
    )  # fmt: skip


def _label(name: str) -> str:
    """Return the name that a plan gives an instrument: that of its contract, whatever it settles in."""
    traded = read_instrument(name)
    return traded.contract.label if traded.is_option else f"{traded.asset}-PERPETUAL"


def _units(fill: Fill) -> float:
    traded = read_instrument(fill.instrument)
    in_usd = not traded.is_option and not traded.linear
    return abs(float(fill.quantity / fill.price if in_usd else fill.quantity))


def _price_usd(fill: Fill) -> float:
    traded = read_instrument(fill.instrument)
    return float(fill.price * fill.index if traded.is_option or traded.linear else fill.price)
