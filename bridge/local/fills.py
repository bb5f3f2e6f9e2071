"""A plan's orders as if bought at their limits: a local world has no venue, so no market filled them."""

from __future__ import annotations

from decimal import Decimal
from math import ceil

from bridge.plans.records import PlanRecord
from hedge.ledger.fills import Fill, FillKind

VENUE = "deribit"
"""Whose instruments a plan names."""


def local_fills(record: PlanRecord, book: str) -> list[Fill]:
    """Return one fill of each order of a plan, a second after it: perpetuals in whole USD, no fees."""
    return [_fill(record, book, number, trade) for number, trade in enumerate(record.plan["trades"], 1)]


def _fill(record: PlanRecord, book: str, number: int, trade: dict[str, object]) -> Fill:
    asset, sign = str(trade["asset"]), 1 if trade["side"] == "buy" else -1
    index = Decimal(str(record.plan["inputs"]["market"]["spots"][asset]))
    units, limit = Decimal(str(trade["quantity"])), Decimal(str(trade["limit_usd"]))
    future = trade["layer"] == "delta"
    quantity = sign * (Decimal(ceil(units * limit)) if future else units)
    price = limit if future else Decimal(str(trade["limit_coin"]))
    cash = Decimal(0) if future else -quantity * price
    return Fill(
        book,
        VENUE,
        f"made-up:{record.inputs_hash[2:14]}:{number}",
        (record.observed_at + 1) * 1000 + number,
        FillKind.TRADE,
        str(trade["instrument"]),
        quantity,
        price,
        asset,
        cash,
        Decimal(0),
        index,
        plan=record.inputs_hash[:18],
        order=str(number),
        note="made up at its limit, on a local chain",
    )
