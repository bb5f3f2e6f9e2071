"""The tables of the monitor, in the ledger's database.

    looks        one row a look: its block, and what people saw of it, JSON packed by zlib
    series       numbers of a look by name, for charts
    exposures    assets of a look
    legs         legs of the ledger at their marks, of a look
    rounds       of feeds, each once
    proposals    each state of each proposal, once, with the time at which it was first seen
    plans        on record, each once
    alerts       one row for each alert that stands or stood: the newest of it
    transitions  every change of an alert that people were told of; rows are never changed or removed
    notices      the outbox: whom a change is told, and what became of it
    cursors      how far logs and rounds were read

The first four are thinned by age (`bridge.monitor.upkeep.thin`), the others stay. Times are unix seconds. A number that
is not known is NULL: JSON and SQLite know no NaN.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from bridge.ledger.schema import METADATA, numbered, text_column, whole_column

PENDING: Final = "pending"
SENT: Final = "sent"
GIVEN_UP: Final = "given up"
STATES: Final = (PENDING, SENT, GIVEN_UP)
"""Of a notice."""

EXPOSURE_NUMBERS: Final = (
    "spot", "lp_value_usd", "lp_delta", "lp_delta_usd", "lp_gamma_usd", "net_delta_usd", "net_gamma_usd",
    "net_vega_usd", "net_theta_usd",
)  # fmt: skip


def _texts(*names: str) -> list[Column[str]]:
    return [text_column(name) for name in names]


def _wholes(*names: str) -> list[Column[int]]:
    return [whole_column(name) for name in names]


def _number(name: str) -> Column[float | None]:
    return Column(name, Double, nullable=True)


def _standing() -> list[Column[Any]]:
    """Return the columns of an alert as it stands: the fields of `bridge.monitor.standing.Standing`."""
    return [
        *_texts("key", "rule", "kind", "about", "text", "severity"),
        *(Column(name, Double, nullable=False) for name in ("size", "told_size")),
        *_wholes("opened_at", "seen_at", "told_at"),
        Column("acknowledged_at", BigInteger, nullable=True),
        text_column("acknowledged_by"),
        whole_column("silenced_until"),
        *(Column(name, BigInteger, nullable=True) for name in ("escalated_at", "cleared_at")),
    ]


def _of_look(name: str, *columns: Column[Any]) -> Table:
    """Return a table of what a look found, each thing of it once."""
    key = PrimaryKeyConstraint("look", columns[0].name, name=f"{name}_key")
    return Table(name, METADATA, whole_column("look"), *columns, key, sqlite_with_rowid=False)


LOOKS: Final = numbered(
    "looks",
    text_column("book"),
    *_wholes("at", "chain_id", "block_number"),
    text_column("block_hash"),
    whole_column("block_time"),
    Column("view", LargeBinary, nullable=False),
    Index("looks_at", "book", "at"),
)
SERIES: Final = _of_look("series", text_column("name"), Column("value", Double, nullable=False))
EXPOSURES: Final = _of_look("exposures", text_column("asset"), *(_number(name) for name in EXPOSURE_NUMBERS))
LEGS: Final = _of_look(
    "legs",
    whole_column("place"),
    *_texts("instrument", "asset", "layer"),
    _number("quantity"),
    _number("mark_usd"),
    text_column("mark_source"),
    whole_column("marked_at"),
    _number("value_usd"),
)
OF_LOOKS: Final = (SERIES, EXPOSURES, LEGS)

ROUNDS: Final = numbered(
    "rounds",
    whole_column("chain_id"),
    *_texts("asset", "feed", "round"),  # a round may have 80 bits: digits
    *_wholes("at", "volatility_e8", "reported_e8"),
    UniqueConstraint("chain_id", "feed", "round", name="rounds_key"),
)
PROPOSALS: Final = numbered(
    "proposals",
    whole_column("chain_id"),
    *_texts("id", "state", "title"),
    _number("votes_for"),
    *_wholes("deadline", "eta", "seen_at"),
    UniqueConstraint("chain_id", "id", "state", name="proposals_key"),
)
PLANS: Final = numbered(
    "plans",
    *_texts("book", "inputs_hash"),
    *_wholes("made_at", "seen_at"),
    UniqueConstraint("inputs_hash", name="plans_key"),
)
ALERTS: Final = Table(
    "alerts",
    METADATA,
    text_column("book"),
    *_standing(),
    Column("silenced_by", Text, nullable=True),
    PrimaryKeyConstraint("book", "key", name="alerts_key"),
)
TRANSITIONS: Final = numbered(
    "transitions",
    text_column("book"),
    text_column("change"),
    whole_column("at"),
    *_standing(),
    Index("transitions_at", "book", "at"),
)
NOTICES: Final = numbered(
    "notices",
    *_texts("id", "book", "target", "title", "body", "severity", "state"),
    *_wholes("made_at", "attempts", "next_at"),
    *(Column(name, BigInteger, nullable=True) for name in ("tried_at", "sent_at")),
    text_column("error"),
    UniqueConstraint("id", name="notices_key"),
    Index("notices_due", "state", "next_at"),
)
CURSORS: Final = Table(
    "cursors",
    METADATA,
    *_texts("book", "name"),
    whole_column("value"),
    PrimaryKeyConstraint("book", "name", name="cursors_key"),
)
