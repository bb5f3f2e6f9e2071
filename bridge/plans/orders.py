"""The ticket of a plan as a CSV file: one order a line, in the order in which to trade.

The last columns name the plan, the number of the order in it, and what to label the order with at the venue: an export
of its trades then says which orders they filled. `quantity` is in units of the asset; a venue sizes an inverse
perpetual in dollars: `size_usd`. `shown` is for how many units the venue shows the quote, where it was asked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bridge.files import write_whole
from bridge.foreign import foreign, guarded
from bridge.ledger.labels import order_label
from bridge.venues.leg_sizes import LegSize
from hedge.decision.trades import Trade

COLUMNS: Final = (
    "action", "side", "instrument", "quantity", "limit_usd", "limit_coin", "cash_usd", "fee_usd", "layer", "reason",
    "plan", "order", "label", "size_usd", "shown",
)  # fmt: skip

PERPETUAL: Final = "-PERPETUAL"


USD_STEP: Final = 10
"""Dollars that the size of an inverse perpetual is a multiple of: Deribit's contract of BTC is 10 USD, of ETH 1."""


def write_orders(path: Path, trades: Sequence[Trade], plan: str, sizes: Sequence[LegSize] = ()) -> Path:
    """Write the orders whole or not at all, and return where they are; without any there is the head line alone.

    Parameters
    ----------
    sizes
        What the venue shows at the prices of orders; of others nothing is said.
    """
    shown = {(size.instrument, size.side): size.shown for size in sizes}
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for number, trade in enumerate(trades, 1):
        row = trade.to_dict() | {"plan": plan, "order": number, "label": order_label(plan, number), "size_usd": None}
        row["shown"] = shown.get((trade.instrument, trade.side))
        if trade.instrument.endswith(PERPETUAL):
            steps = max(round(trade.quantity * trade.limit_usd / USD_STEP), 1)
            row |= {"size_usd": steps * USD_STEP, "limit_coin": None}
        lines.writerow([_written(row[column]) for column in COLUMNS])
    write_whole(path, text.getvalue(), shared=True)
    return path


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else guarded(foreign(value))
