"""A balance brought forward: what a book's entries came to up to a time, as text, so that later ones are added to it.

It is no second truth: it follows from the entries, can be thrown away at any time, and holds only while nothing that
comes later belongs before it or takes an entry back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Any, Final

from hedge.errors import BadInput, UnknownInstrument
from hedge.ledger.account import RunningLedger
from hedge.ledger.fills import Fill
from hedge.ledger.instruments import read_instrument
from hedge.ledger.reversals import standing
from hedge.ledger.running import CONTEXT, Running

SUMS: Final = (
    "quantity", "basis", "basis_usd", "cash", "realised", "realised_usd", "fees", "fees_usd", "funding", "funding_usd",
    "flows_usd", "delivered_quantity",
)  # fmt: skip
FORMAT: Final = 2


def carry(fills: Iterable[Fill], carried: RunningLedger | None = None) -> str:
    """Return the balance after these entries, as JSON.

    Parameters
    ----------
    fills : every entry of a book, or those after `carried`; see `follows`.

    Raises
    ------
    BadInput, UnknownInstrument, BadReversal, DuplicateEntry : as `hedge.ledger.account.account`.
    """
    ledger = carried or RunningLedger()
    with localcontext(CONTEXT):
        for fill in standing(fills):
            ledger.count(fill)
    rows = [
        [run.book, run.venue, run.instrument.name if run.instrument else "", run.first_ms, run.last_ms, run.trades,
         run.delivered, *(str(getattr(run, name)) for name in SUMS)]
        for run in ledger.running.values()
    ]  # fmt: skip
    loose = [[*key, str(amount)] for key, amount in ledger.loose.items()]
    return json.dumps({"format": FORMAT, "running": rows, "loose": loose}, separators=(",", ":"))


def brought_forward(text: str) -> RunningLedger | None:
    """Return the balance that `carry` wrote; None where it is of another format: then it is made anew.

    Raises
    ------
    BadInput : it is none.
    """
    try:
        content = json.loads(text)
        return _ledger(content) if content.get("format") == FORMAT else None
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, UnknownInstrument):
        raise BadInput("balance", text[:40], "is none that was carried") from None


def _ledger(content: dict[str, Any]) -> RunningLedger:
    ledger = RunningLedger()
    for book, venue, name, first_ms, last_ms, trades, delivered, *sums in content["running"]:
        run = Running(book, venue, read_instrument(name) if name else None, int(first_ms))
        run.last_ms, run.trades, run.delivered = int(last_ms), int(trades), delivered
        for place, amount in zip(SUMS, sums, strict=True):
            setattr(run, place, _finite(amount))
        ledger.running[book, venue, name] = run
    ledger.loose = {(book, venue, currency): _finite(amount) for book, venue, currency, amount in content["loose"]}
    return ledger


def _finite(text: str) -> Decimal:
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError(text)
    return amount


def follows(fills: Iterable[Fill], at_ms: int) -> bool:
    """Tell whether entries all come after a balance of this time, and take nothing back."""
    return all(fill.at_ms > at_ms and not fill.reverses for fill in fills)
