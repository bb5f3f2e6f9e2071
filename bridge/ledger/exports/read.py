"""A venue's export as fills: the whole file, or a named refusal of its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import DecimalException
from pathlib import Path
from typing import Final

from bridge.errors import BadFile, Fault, RefusedRows
from bridge.ledger.corrections import REVERSAL, id_before
from bridge.ledger.exports.entries import MADE
from bridge.ledger.exports.files import Table, read_rows
from bridge.ledger.exports.format import FORMATS, Export, ExportFormat
from bridge.ledger.exports.row import Indices, Reading, Row, Unreadable
from hedge.errors import BadReversal, HedgeError
from hedge.ledger.fills import Fill
from hedge.ledger.reversals import standing

TICKET: Final = frozenset({"limit_usd", "limit_coin"})
"""Columns of the ticket that `alvh plan --orders` writes."""
NAMED: Final = re.compile(r"(?:^|[^A-Za-z])(BTC|ETH|SOL|XRP|USDC|USDT|USDE|EURR|PAXG|STETH)(?=[^A-Za-z]|$)")


def read_export(
    path: Path, book: str, *, now_ms: int, currency: str | None = None, plan: str = "", indices: Indices | None = None
) -> Export:
    """Return the fills of an export, all of them or none.

    Parameters
    ----------
    book
        That they belong to.
    now_ms
        Milliseconds since 1970; a row more than five minutes later is refused.
    currency
        Of rows that name neither it nor an instrument; otherwise it is taken from the file's name.
    plan
        Hash of the plan that the fills carry out, where rows name none.
    indices
        USD of a coin at a time, for rows that do not say it; raises LookupError where it does not know.

    Raises
    ------
    BadFile
        The file cannot be read, is of no known format, or is a ticket and no list of fills.
    RefusedRows
        Rows are wrong: each with its line and column.
    """
    table = read_rows(path)
    name, form = _format(path, table)
    found = set(NAMED.findall(path.stem))
    named = found.pop() if len(found) == 1 else ""
    reading = Reading(book, now_ms, (currency or "").upper(), named, plan, indices)
    columns = form.found(table.columns)
    fills: dict[str, tuple[int, Fill]] = {}
    left_out: Counter[str] = Counter()
    faults: list[Fault] = []
    for number, cells in table.rows:
        try:
            read = form.read(Row(cells, columns, reading))
        except Unreadable as unread:
            column = table.columns.get(columns.get(unread.column, ""), unread.column)
            faults.append(Fault(number, column, unread.reason))
            continue
        except (HedgeError, DecimalException) as error:
            absurd = isinstance(error, DecimalException)
            faults.append(Fault(number, "row", "its numbers together are absurd" if absurd else str(error)))
            continue
        if isinstance(read, str):
            left_out[read] += 1
            continue
        first, known = fills.setdefault(f"{read.venue} {read.id}", (number, read))
        if known is not read and (known != read or read.id.startswith(MADE)):
            faults.append(Fault(number, "id", _twice(read, f"{table.counted} {first}")))
    faults = faults or _wrong_corrections(fills)
    if faults:
        raise RefusedRows(path, faults, table.counted)
    taken = tuple(fill for _, fill in fills.values())
    return Export(name, taken, dict(sorted(left_out.items())), table.sha256, table.more)


def _wrong_corrections(fills: Mapping[str, tuple[int, Fill]]) -> list[Fault]:
    """Return which corrections are none: only a list of our own entries has them, each with what it corrects."""
    faults = []
    for number, fill in fills.values():
        before = "" if fill.reverses else id_before(fill.id)
        if before and f"{fill.venue} {REVERSAL}{before}" not in fills:
            faults.append(Fault(number, "id", f"{fill.id} is named as a correction of {before} is: give another id"))
    if not faults and any(fill.reverses for _, fill in fills.values()):
        try:
            standing(fill for _, fill in fills.values())
        except BadReversal as error:
            row = next(number for number, fill in fills.values() if fill.id == error.entry)
            faults.append(Fault(row, "reverses", str(error)))
    return faults


def _twice(fill: Fill, where: str) -> str:
    if fill.id.startswith(MADE):
        return f"the line says what {where} says: if both happened, give each an id"
    return f"{fill.id} stands in {where} already, with other numbers"


def _format(path: Path, table: Table) -> tuple[str, ExportFormat]:
    """Return the format whose columns a file has."""
    if table.columns.keys() >= TICKET:
        raise BadFile(
            path,
            "is a ticket of `alvh plan --orders`, what should be traded: once it is, write what was, "
            "time,instrument,side,quantity,price,fee with the prices you got, and import that",
        )
    nearest: tuple[int, str, list[str]] | None = None
    for name, form in FORMATS.items():
        missing = sorted(form.needed - form.found(table.columns).keys())
        if not missing:
            known = {theirs for names in form.columns.values() for theirs in names}
            foreign = [shown for normal, shown in table.columns.items() if normal not in known] if form.closed else []
            if foreign:
                raise BadFile(path, f"has a column {foreign[0][:40]!r}; {name} knows {', '.join(form.columns)}")
            return name, form
        if nearest is None or len(missing) < nearest[0]:
            nearest = len(missing), name, [form.columns[ours][0] for ours in missing]
    assert nearest is not None
    raise BadFile(path, f"is of no format that is read; as {nearest[1]} it lacks: {', '.join(nearest[2])}")
