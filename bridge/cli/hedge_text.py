"""What people and machines read of a ledger: positions, cash, entries. Foreign names are cleaned."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from bridge.cli.show import console, number, table
from bridge.formats import printable
from bridge.units import utc
from hedge.ledger.fills import Fill

if TYPE_CHECKING:
    from bridge.ledger.corrections import Told
    from hedge.ledger.results import Account, Position

MOST_ROWS: Final = 200
"""Entries that a table shows."""

HELD = (
    "instrument",
    "quantity",
    "average price",
    "cost",
    "cost USD",
    "realised USD",
    "fees USD",
    "funding USD",
    "expiry",
)
ENTRIES = ("time", "id", "kind", "instrument", "quantity", "price", "cash", "fee", "", "index")
FILL_NAMES = tuple(field.name for field in fields(Fill))
HELD_NAMES = (
    "book", "venue", "instrument", "kind", "quantity", "average_price", "average_cost_usd", "cost", "cost_usd",
    "currency", "realised", "realised_usd", "fees", "fees_usd", "funding", "funding_usd", "expiry", "settled",
    "expired",
)  # fmt: skip


def exact(value: Decimal | None) -> str:
    """Write a decimal in full, without zeros at its end."""
    if value is None:
        return ""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def stamp(at_ms: int) -> str:
    """Write a time in milliseconds, to the second."""
    return utc(at_ms // 1000)


def fill_json(fill: Fill) -> dict[str, Any]:
    """Return an entry as JSON holds it: decimals as text, exact."""
    row = {name: getattr(fill, name) for name in FILL_NAMES}
    return {name: exact(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def fill_cells(fill: Fill) -> dict[str, str]:
    """Return an entry as a line of our own CSV, which `alvh hedge import` takes back."""
    from bridge.ledger.hand import cells_of

    at, part = stamp(fill.at_ms).removesuffix("Z"), fill.at_ms % 1000
    words = {"time": f"{at}.{part:03d}Z" if part else f"{at}Z", "id": fill.id, "cash": exact(fill.cash)}
    return cells_of(fill) | words | {"reverses": fill.reverses, "note": fill.note}


def position_json(held: Position) -> dict[str, Any]:
    """Return a position as JSON holds it."""
    traded = held.traded
    row = {name: getattr(held, name) for name in HELD_NAMES if hasattr(held, name)}
    row |= {
        "kind": traded.kind.value if traded else "",
        "currency": traded.currency if traded else "",
        "cost": held.basis,
        "cost_usd": held.basis_usd,
        "expiry": utc(traded.expiry_at) if traded and traded.expiry_at else None,
    }
    shown = {name: exact(value) if isinstance(value, Decimal) else value for name, value in row.items()}
    return {name: shown[name] for name in HELD_NAMES}


def account_json(account: Account) -> dict[str, Any]:
    """Return positions, cash and what is not settled."""
    return {
        "positions": [position_json(held) for held in account.positions.values()],
        "cash": [
            {"book": book, "venue": venue, "currency": currency, "amount": exact(amount)}
            for (book, venue, currency), amount in account.cash.items()
        ],
        "unsettled": [held.instrument for held in account.unsettled],
        "over_delivered": [held.instrument for held in account.over_delivered],
    }


def write_csv(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as CSV to standard output, with their names."""
    from bridge.foreign import guarded

    writer = csv.DictWriter(sys.stdout, names)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: guarded(printable("" if row[name] is None else row[name])) for name in names})


def import_lines(content: Mapping[str, Any], told: Told, where: str) -> list[str]:
    """Return what an import has done: its counts, what is told otherwise than it is kept, and where it went."""
    left_out = content["left_out"]
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    counts = f"{content['new']} new, {content['known']} known, {sum(left_out.values())} left out"
    said = "into" if content["written"] else "not written (--dry-run): would go into"
    first = f"{content['file']} ({content['source']}): {counts}" + (f" ({reasons})" if reasons else "")
    pages = ["one page of several: the venue has more; export the others too"] if content["one_page_of_several"] else []
    return [first, *pages, *told_lines(told), f"{said} book {content['book']} of {where}"]


def told_json(told: Told) -> dict[str, Any]:
    """Return how many known entries are told otherwise than they are kept."""
    return {
        "taken_back": told.taken_back,
        "corrected": told.corrected,
        "other_index": told.index,
        "plan_not_kept": told.plan,
    }


def told_lines(told: Told) -> list[str]:
    """Return in words how known entries are told otherwise than they are kept, and what to do."""
    lines = []
    if told.taken_back:
        lines.append(f"of the known {told.taken_back} taken back here, not added again")
    if told.corrected:
        lines.append(f"of the known {told.corrected} as before their correction here, which stays")
    if told.first_index:
        name, *both = told.first_index
        kept, given = map(exact, both)
        lines.append(
            f"of the known {told.index} with another index, which was not taken: first {name}, kept {kept}, given "
            f"{given}; where that is right: `alvh hedge correct {name} --index {given} --reason WHY`"
        )
    if told.plan:
        lines.append(f"of the known {told.plan} name a plan or an order, and what is kept names none: it was not taken")
    return lines


def print_account(account: Account, book: str, where: str, at_ms: int) -> None:
    """Print positions, cash, and the sums of what was realised and paid."""
    out = console()
    venues = {held.venue for held in account.positions.values()}
    rows = [_held_row(held, len(venues) > 1) for held in account.positions.values()]
    out.print(table(f"Book {book} at {stamp(at_ms)}, {where}", HELD, rows))
    out.print()
    for (_, venue, currency), amount in account.cash.items():
        out.print(f"cash {printable(venue)}: {exact(amount)} {printable(currency)}", markup=False)
    held = account.positions.values()
    sums = [
        sum((getattr(each, name) for each in held), Decimal(0)) for name in ("realised_usd", "fees_usd", "funding_usd")
    ]
    words = (f"{name} {_usd(value)}" for name, value in zip(("realised", "fees", "funding"), sums, strict=True))
    out.print(f"in USD at the index of each time: {', '.join(words)}", markup=False)


def _held_row(held: Position, several: bool) -> list[str]:
    traded = held.traded
    name = held.instrument or "without instrument"
    unit = traded.currency if traded else ""
    cost = "" if not held.quantity else f"{number(float(held.basis), 6)} {unit}"
    expiry = utc(traded.expiry_at)[:10] if traded and traded.expiry_at else ""
    return [
        f"{name} ({held.venue})" if several else name,
        exact(held.quantity),
        "" if held.average_price is None else number(float(held.average_price), 6),
        cost,
        _usd(held.basis_usd) if held.quantity else "",
        _usd(held.realised_usd),
        _usd(held.fees_usd),
        _usd(held.funding_usd),
        f"{expiry} settled" if held.settled else f"{expiry} expired" if held.expired and held.quantity else expiry,
    ]


def _usd(value: Decimal) -> str:
    return f"{value:,.2f}" if abs(value) >= Decimal("0.005") else "0.00"


def print_fills(found: Sequence[Fill], book: str) -> None:
    """Print entries, the newest last, and of many only the newest."""
    back = {fill.reverses for fill in found if fill.reverses}
    shown = found[-MOST_ROWS:]
    rows = [
        [
            stamp(fill.at_ms),
            fill.id,
            fill.kind.value + (" (taken back)" if fill.id in back else ""),
            fill.instrument,
            exact(fill.quantity),
            exact(fill.price),
            exact(fill.cash),
            exact(fill.fee),
            fill.currency,
            exact(fill.index),
        ]
        for fill in shown
    ]
    many = f", the newest {MOST_ROWS}; --csv and --json give all" if len(found) > MOST_ROWS else ""
    console().print(table(f"{len(found)} entries of book {book}{many}", ENTRIES, rows, left=4))
