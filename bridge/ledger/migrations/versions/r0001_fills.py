"""The first tables, and triggers that refuse to change or remove a row of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = ("fills", "imports", "deliveries", "carried")
TOLD = "rows of {table} are never changed or removed: append a reversing entry, as alvh hedge correct does"

SQLITE = """
CREATE TRIGGER {table}_{name} BEFORE {action} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{told}'); END
"""
SAME_ROW = "WHEN EXISTS (SELECT 1 FROM {table} WHERE seq = NEW.seq)"
SAME_KEY = "WHEN EXISTS (SELECT 1 FROM fills WHERE book = NEW.book AND venue = NEW.venue AND id = NEW.id)"
FUNCTION = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', replace('{told}', 'TABLE', TG_TABLE_NAME); END $$
"""


def upgrade() -> None:
    """Create them."""
    _create_tables()
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if not on_sqlite:
        op.execute(sa.text(FUNCTION.format(told=TOLD.format(table="TABLE"))))
    for table in TABLES:
        (_guard_sqlite if on_sqlite else _guard_postgres)(table)


def _create_tables() -> None:
    def text(*names: str) -> list[sa.Column[str]]:
        return [sa.Column(name, sa.Text, nullable=False) for name in names]

    def whole(*names: str) -> list[sa.Column[int]]:
        return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]

    def create(name: str, *parts: sa.Column[str] | sa.Column[int] | sa.UniqueConstraint) -> None:
        number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        seq = sa.Column("seq", number, primary_key=True, autoincrement=True)
        op.create_table(name, seq, *parts, sqlite_autoincrement=True)

    create(
        "fills",
        *text("book", "venue", "id"),
        *whole("at_ms"),
        *text("kind", "instrument", "quantity", "price", "currency", "cash", "fee", "index"),
        *text("plan", "order", "reverses", "note"),
        sa.UniqueConstraint("book", "venue", "id", name="fills_key"),
    )
    create("imports", *text("sha256", "file", "source", "book"), *whole("at_ms", "new", "known", "left_out"))
    create("deliveries", *text("venue", "asset"), *whole("expiry_at"), *text("price", "source"), *whole("at_ms"))
    create("carried", *text("book"), *whole("upto", "at_ms"), *text("balance"))


def _guard_sqlite(table: str) -> None:
    """Refuse UPDATE, DELETE, and INSERT OR REPLACE, which removes a row without firing a trigger of DELETE."""
    cases = [("no_update", "UPDATE", ""), ("no_delete", "DELETE", ""), ("no_replace", "INSERT", SAME_ROW)]
    cases += [("no_second", "INSERT", SAME_KEY)] if table == "fills" else []
    for name, action, when in cases:
        words = {"table": table, "name": name, "action": action, "told": TOLD.format(table=table)}
        op.execute(sa.text(SQLITE.format(when=when.format(table=table), **words)))


def _guard_postgres(table: str) -> None:
    for action, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = f"{table}_no_{action.split()[0].lower()}"
        execute = f"FOR EACH {each} EXECUTE FUNCTION ledger_refuse()"
        op.execute(sa.text(f"CREATE TRIGGER {name} BEFORE {action} ON {table} {execute}"))
