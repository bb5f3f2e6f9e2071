"""The tables of the monitor, and triggers that refuse to change or remove a row of its log of alerts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TOLD = "rows of transitions are never changed or removed"
SQLITE = (
    "CREATE TRIGGER transitions_{name} BEFORE {action} ON transitions {when} BEGIN SELECT RAISE(ABORT, '{told}'); END"
)
SAME_ROW = "WHEN EXISTS (SELECT 1 FROM transitions WHERE seq = NEW.seq)"
FUNCTION = f"""
CREATE FUNCTION monitor_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{TOLD}'; END $$
"""


def upgrade() -> None:
    """Create them."""
    _create_looks()
    _create_found()
    _create_alerts()
    if op.get_bind().dialect.name == "sqlite":
        for name, action, when in (
            ("no_update", "UPDATE", ""),
            ("no_delete", "DELETE", ""),
            ("no_replace", "INSERT", SAME_ROW),
        ):
            op.execute(sa.text(SQLITE.format(name=name, action=action, when=when, told=TOLD)))
        return
    op.execute(sa.text(FUNCTION))
    for action, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = f"transitions_no_{action.split()[0].lower()}"
        execute = f"FOR EACH {each} EXECUTE FUNCTION monitor_refuse()"
        op.execute(sa.text(f"CREATE TRIGGER {name} BEFORE {action} ON transitions {execute}"))


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _whole(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names]


def _number(*names: str, nullable: bool = True) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Double, nullable=nullable) for name in names]


def _numbered(name: str, *parts: Any) -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    seq = sa.Column("seq", number, primary_key=True, autoincrement=True)
    op.create_table(name, seq, *parts, sqlite_autoincrement=True)


def _of_look(name: str, *parts: sa.Column[Any]) -> None:
    key = sa.PrimaryKeyConstraint("look", parts[0].name, name=f"{name}_key")
    op.create_table(name, *_whole("look"), *parts, key, sqlite_with_rowid=False)


def _create_looks() -> None:
    view = sa.Column("view", sa.LargeBinary, nullable=False)
    place = [*_whole("at", "chain_id", "block_number"), *_text("block_hash"), *_whole("block_time")]
    _numbered("looks", *_text("book"), *place, view)
    op.create_index("looks_at", "looks", ["book", "at"])
    _of_look("series", *_text("name"), *_number("value", nullable=False))
    greeks = _number("net_delta_usd", "net_gamma_usd", "net_vega_usd", "net_theta_usd")
    pools = _number("spot", "lp_value_usd", "lp_delta", "lp_delta_usd", "lp_gamma_usd")
    _of_look("exposures", *_text("asset"), *pools, *greeks)
    mark = [*_number("quantity", "mark_usd"), *_text("mark_source"), *_whole("marked_at"), *_number("value_usd")]
    _of_look("legs", *_whole("place"), *_text("instrument", "asset", "layer"), *mark)


def _create_found() -> None:
    def unique(table: str, *names: str) -> sa.UniqueConstraint:
        return sa.UniqueConstraint(*names, name=f"{table}_key")

    said = _whole("at", "volatility_e8", "reported_e8")
    key = unique("rounds", "chain_id", "feed", "round")
    _numbered("rounds", *_whole("chain_id"), *_text("asset", "feed", "round"), *said, key)
    times = _whole("deadline", "eta", "seen_at")
    words = [*_text("id", "state", "title"), *_number("votes_for")]
    _numbered("proposals", *_whole("chain_id"), *words, *times, unique("proposals", "chain_id", "id", "state"))
    plan = [*_text("book", "inputs_hash"), *_whole("made_at", "seen_at")]
    _numbered("plans", *plan, unique("plans", "inputs_hash"))
    cursor = [*_text("book", "name"), *_whole("value")]
    op.create_table("cursors", *cursor, sa.PrimaryKeyConstraint("book", "name", name="cursors_key"))


def _create_alerts() -> None:
    def standing() -> list[sa.Column[Any]]:
        return [
            *_text("key", "rule", "kind", "about", "text", "severity"),
            *_number("size", "told_size", nullable=False),
            *_whole("opened_at", "seen_at", "told_at"),
            *_whole("acknowledged_at", nullable=True),
            *_text("acknowledged_by"),
            *_whole("silenced_until"),
            *_whole("escalated_at", "cleared_at", nullable=True),
        ]

    silenced = sa.Column("silenced_by", sa.Text, nullable=True)
    key = sa.PrimaryKeyConstraint("book", "key", name="alerts_key")
    op.create_table("alerts", *_text("book"), *standing(), silenced, key)
    _numbered("transitions", *_text("book", "change"), *_whole("at"), *standing())
    op.create_index("transitions_at", "transitions", ["book", "at"])
    words = _text("id", "book", "target", "title", "body", "severity", "state")
    tried = [*_whole("made_at", "attempts", "next_at"), *_whole("tried_at", "sent_at", nullable=True), *_text("error")]
    _numbered("notices", *words, *tried, sa.UniqueConstraint("id", name="notices_key"))
    op.create_index("notices_due", "notices", ["state", "next_at"])
