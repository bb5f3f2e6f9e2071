"""What the monitor keeps as rows of its tables, and back; what a database cannot hold is said beside each."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from sqlalchemy import Table

from bridge.alerts.snapshots import MOST_SIZE
from bridge.monitor.cycle import Cycle
from bridge.monitor.notices import Due, Notice
from bridge.monitor.standing import Change, Standing, Transition
from bridge.monitor.tables import EXPOSURES, LEGS, PENDING, PLANS, PROPOSALS, ROUNDS, SERIES

STANDING: Final = tuple(field.name for field in fields(Standing))
NOTICE: Final = tuple(field.name for field in fields(Notice))
SIZES: Final = ("size", "told_size")
_MOST: Final = 2**63 - 1
_MOST_VIEW: Final = 1 << 30
"""Of a view unpacked: what is longer was not packed here."""


@dataclass(frozen=True)
class Last:
    """The newest look at a book: its number, when it was by this machine's clock, its block, and what people saw."""

    look: int
    at: int
    chain_id: int
    block_number: int
    block_hash: str
    block_time: int
    view: str


def kept(text: str) -> str:
    """Return a text as both databases hold it: PostgreSQL knows no NUL, and neither knows half of a surrogate pair.

    >>> kept("a\\0b\\ud800c")
    'a\ufffdb?c'
    """
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def packed(view: str) -> bytes:
    """Return a view as it is kept."""
    return zlib.compress(view.encode("utf-8", "replace"))


def unpacked(content: bytes) -> str:
    """Return a view that was kept.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        unpacking = zlib.decompressobj()
        view = unpacking.decompress(content, _MOST_VIEW)
    except (zlib.error, TypeError) as error:
        raise ValueError(f"a view cannot be unpacked ({error})") from error
    if not unpacking.eof:
        raise ValueError("a view is cut short, or too long")
    return view.decode("utf-8")


def look_row(cycle: Cycle) -> dict[str, Any]:
    """Return the row of the look itself."""
    return {
        "book": kept(cycle.book),
        "at": _whole(cycle.at),
        "chain_id": _whole(cycle.chain_id),
        "block_number": _whole(cycle.block_number),
        "block_hash": kept(cycle.block_hash),
        "block_time": _whole(cycle.block_time),
        "view": packed(cycle.view),
    }


def rows_of_look(cycle: Cycle, look: int) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Yield the tables of what a look found, with the rows of each; what is not finite is left out, or NULL."""
    known = {name: value for name, value in cycle.series.items() if math.isfinite(value)}
    yield SERIES, [{"look": look, "name": kept(name), "value": value} for name, value in known.items()]
    yield EXPOSURES, [{"look": look, **_cells(asdict(each))} for each in cycle.exposures]
    yield LEGS, [{"look": look, "place": place, **_cells(asdict(each))} for place, each in enumerate(cycle.legs)]


def rows_once(cycle: Cycle) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Yield the tables of what is kept when it is first seen, with the rows of each."""
    at, chain = {"seen_at": _whole(cycle.at)}, {"chain_id": _whole(cycle.chain_id)}
    yield ROUNDS, [chain | _cells(asdict(each) | {"round": str(each.round)}) for each in cycle.rounds]
    yield (
        PROPOSALS,
        [chain | at | _cells(asdict(each) | {"votes_for": float(each.votes_for)}) for each in cycle.proposals],
    )
    yield PLANS, [at | _cells({"book": cycle.book, **asdict(cycle.plan)})] if cycle.plan else []


def standing_row(book: str, standing: Standing) -> dict[str, Any]:
    """Return the row of an alert; of a size that is not known the worst is taken."""
    sizes = {name: math.inf if math.isnan(value := getattr(standing, name)) else value for name in SIZES}
    return {"book": kept(book), **_cells(asdict(standing)), **sizes}


def transition_row(book: str, transition: Transition) -> dict[str, Any]:
    """Return the row of a change."""
    return standing_row(book, transition.standing) | {"change": transition.change.value, "at": _whole(transition.at)}


def notice_row(book: str, at: int, notice: Notice) -> dict[str, Any]:
    """Return the row of a notice that waits to be sent."""
    tried = {
        "state": PENDING,
        "made_at": at,
        "attempts": 0,
        "next_at": at,
        "tried_at": None,
        "sent_at": None,
        "error": "",
    }
    return _cells({"book": book, **asdict(notice), **tried})


def cursor_row(book: str, name: str, value: int) -> dict[str, Any]:
    """Return the row of a cursor."""
    return _cells({"book": book, "name": name, "value": value})


def row_last(row: Mapping[Any, Any]) -> Last:
    """Return the look of a row; raises `ValueError` where its view cannot be read."""
    place = {name: row[name] for name in ("at", "chain_id", "block_number", "block_hash", "block_time")}
    return Last(look=row["seq"], view=unpacked(row["view"]), **place)


def row_standing(row: Mapping[Any, Any]) -> Standing:
    """Return the alert of a row, its sizes within what an alert can have; raises `ValueError` where it is none."""
    found = Standing(**{name: row[name] for name in STANDING} | {name: _size(row[name]) for name in SIZES})
    whole = (found.opened_at, found.seen_at, found.told_at, found.silenced_until)
    known = (found.acknowledged_at, found.escalated_at, found.cleared_at)
    if not (all(type(each) is int for each in whole) and all(each is None or type(each) is int for each in known)):
        raise ValueError(f"the alert {found.key!r} has a time that is none")
    return found


def _size(value: Any) -> float:
    """Return a size as an alert can have it; what is no number is the largest."""
    return min(value, MOST_SIZE) if isinstance(value, float | int) and not math.isnan(value) else MOST_SIZE


def row_transition(row: Mapping[Any, Any]) -> Transition:
    """Return the change of a row; raises `ValueError` where it is none that is known."""
    return Transition(Change(row["change"]), row["at"], row_standing(row))


def row_due(row: Mapping[Any, Any]) -> Due:
    """Return the notice of a row."""
    notice = Notice(**{name: row[name] for name in NOTICE})
    return Due(notice, row["book"], made_at=row["made_at"], attempts=row["attempts"])


def _cells(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _cell(value) for name, value in values.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return kept(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None else _whole(value)


def _whole(value: int) -> int:
    """Return a whole number of 64 bits: what a contract says beyond it, as a deadline, is as good as the largest."""
    return max(-_MOST, min(_MOST, int(value)))
