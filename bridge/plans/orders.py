"""The ticket of a plan as a CSV file: one order a line, in the order in which to trade."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bridge.deployment import write_whole
from hedge.decision.trades import Trade

COLUMNS: Final = (
    "action", "side", "instrument", "quantity", "limit_usd", "limit_coin", "cash_usd", "fee_usd", "layer", "reason",
)  # fmt: skip


def write_orders(path: Path, trades: Sequence[Trade]) -> Path:
    """Write the orders whole or not at all, and return where they are; without any there is the head line alone."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for trade in trades:
        row = trade.to_dict()
        lines.writerow([_written(row[column]) for column in COLUMNS])
    write_whole(path, text.getvalue())
    return path


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else str(value)
