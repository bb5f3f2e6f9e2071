"""The database under the ledger: settings, versions, files that are no ledger, and rows that no hand changes."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import bridge.monitor.tables
from bridge.cli.hedge import Ledger, account_of
from bridge.config import Config, LedgerConfig, load_config
from bridge.errors import BadConfig, BadFile, LedgerDamaged, LedgerNewer, LedgerReadOnly, LedgerUnreachable, MissingTool
from bridge.ledger import database
from bridge.ledger.place import ledger_address, ledger_there
from bridge.ledger.rows import LAST_MS, Delivery
from bridge.ledger.schema import METADATA, REVISIONS
from bridge.ledger.store import Store, open_store
from tests.bridge.ledger_steps import MARCH, RECORD, fills

REFUSED = "never changed or removed"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "alvh.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        yield opened


def test_open__newer_version__is_refused_by_name(path: Path) -> None:
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE ledger_version SET version_num = '0099'")
    with pytest.raises(LedgerNewer, match=f"version 0099, and this program knows versions up to {REVISIONS[-1]}"):
        open_store(path)


@pytest.mark.parametrize("name", ["alvh.db", "alvh.db-wal", "alvh.db-shm", "alvh.db-journal"])
@pytest.mark.parametrize("there", [False, True])
def test_open__link_in_the_place_of_the_ledger__is_refused_and_followed_nowhere(
    path: Path, tmp_path: Path, name: str, there: bool
) -> None:
    victim = tmp_path / "victim"
    if there:
        victim.write_text("precious", encoding="utf-8")
    path.parent.mkdir()
    (path.parent / name).symlink_to(victim)
    with pytest.raises(BadFile, match=f"{name}: is a link, and could lead our writing elsewhere"):
        open_store(path)
    assert ledger_there(Config(state=path.parent)) is (name == "alvh.db")
    assert victim.exists() is there
    assert not there or victim.read_text(encoding="utf-8") == "precious"


def test_open__older_version__is_migrated_and_keeps_its_fills(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(path) as opened:
        opened.append(fills(3))
    newer = tmp_path / "migrations"
    (newer / "versions").mkdir(parents=True)
    for file in ("env.py", "versions/r0001_fills.py", "versions/r0002_monitor.py"):
        (newer / file).write_text((database.MIGRATIONS / file).read_text(encoding="utf-8"), encoding="utf-8")
    (newer / "versions" / "r0003_more.py").write_text(
        "from alembic import op\nrevision, down_revision = '0003', '0002'\n"
        "def upgrade():\n    op.execute('CREATE TABLE more (x INTEGER)')\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(database, "MIGRATIONS", newer)
    monkeypatch.setattr(database, "REVISIONS", (*REVISIONS, "0003"))
    with open_store(path) as opened:
        assert opened.fills() == fills(3)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM ledger_version").fetchall() == [("0003",)]
        assert connection.execute("SELECT count(*) FROM more").fetchone() == (0,)


def test_revisions__of_the_program__are_those_of_the_scripts_and_make_its_tables(store: Store) -> None:
    assert bridge.monitor.tables.METADATA is METADATA  # and adds its tables to it
    scripts = ScriptDirectory(str(database.MIGRATIONS))
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "ledger_version"})
        assert compare_metadata(context, METADATA) == []


def test_open__no_database_and_corrupt_file__are_named(path: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("no database " * 100, encoding="utf-8")
    with pytest.raises(LedgerDamaged, match="not a database"):
        open_store(text)
    assert text.read_text(encoding="utf-8") == "no database " * 100
    for strange in (tmp_path, "/dev/null", "a\0b"):
        with pytest.raises(LedgerDamaged, match="is no file"):
            open_store(strange)
    (tmp_path / "me@home?").mkdir()
    with pytest.raises(LedgerDamaged, match=re.escape("/me@home?: is no file")):
        open_store(tmp_path / "me@home?")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE things (x)")
    with pytest.raises(LedgerDamaged, match="another program"):
        open_store(other)
    with open_store(path) as opened:
        opened.append(fills(2000))
    content = bytearray(path.read_bytes())
    content[8192:65536] = os.urandom(65536 - 8192)
    path.write_bytes(content)
    with pytest.raises(LedgerDamaged), open_store(path) as opened:
        opened.fills()


def test_fills__row_that_is_no_fill__is_named(store: Store, path: Path) -> None:
    store.append(fills(1))
    with sqlite3.connect(path) as connection:
        columns = "book, venue, 'x', 1, kind, instrument, 'much', price, currency, cash, fee, \"index\""
        connection.execute(f'INSERT INTO fills SELECT 9, {columns}, plan, "order", reverses, note FROM fills')
    with pytest.raises(LedgerDamaged, match="the entry x is no fill"):
        store.fills()


@contextmanager
def nobody() -> Iterator[None]:
    """Work as a user who may write nowhere, where the tests are run by one who may write everywhere."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_open__folder_that_may_not_be_written__is_named() -> None:
    with TemporaryDirectory(dir="/tmp") as folder:  # pytest's own is closed to others
        closed, hidden = Path(folder) / "closed", Path(folder) / "hidden"
        for made in (closed, hidden):
            made.mkdir()
        with open_store(closed / "alvh.db") as opened:
            opened.append(fills(1))
        for path, mode in ((closed / "alvh.db", 0o444), (closed, 0o555), (hidden, 0o000), (Path(folder), 0o755)):
            path.chmod(mode)
        with nobody():
            for path in (closed / "new.db", closed / "state" / "alvh.db", closed / "alvh.db", hidden / "alvh.db"):
                with pytest.raises(LedgerReadOnly, match="writable for you"), open_store(path) as opened:
                    opened.append(fills(2))
        for path in (closed, hidden):
            path.chmod(0o755)


def test_open__read_only_folder_or_file__is_read_and_refuses_to_be_written() -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        closed, single = Path(folder) / "closed %41?", Path(folder) / "single"
        for made in (closed, single):
            made.mkdir()
            with open_store(made / "alvh.db") as opened:
                opened.append(fills(3), RECORD)
            (made / "alvh.db").chmod(0o444)
        closed.chmod(0o555)
        single.chmod(0o777)
        Path(folder).chmod(0o755)
        with nobody():
            for made in (closed, single):
                with open_store(made / "alvh.db") as opened:
                    assert opened.fills() == fills(3)
                    assert (opened.books(), len(opened.imports()), opened.deliveries()) == (["main"], 1, [])
                    with pytest.raises(LedgerReadOnly, match="writable for you"):
                        opened.append(fills(4))
            assert os.listdir(closed) == ["alvh.db"]
        closed.chmod(0o755)


def test_open__read_only_folder_with_what_was_written_ahead__is_named() -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        closed, path = Path(folder), Path(folder) / "alvh.db"
        with open_store(path) as opened:
            opened.append(fills(3))
            ahead = Path(f"{path}-wal").read_bytes()
        Path(f"{path}-wal").write_bytes(ahead)
        closed.chmod(0o555)
        with nobody(), pytest.raises(LedgerReadOnly, match="writable for you"), open_store(path) as opened:
            opened.fills()
        closed.chmod(0o755)


def test_open__file_of_no_bytes__is_named_as_damaged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "EMPTY_SECONDS", 0.1)
    path.parent.mkdir()
    path.touch()
    with pytest.raises(LedgerDamaged, match="is empty, 0 bytes: damaged or truncated"):
        open_store(path)
    assert path.stat().st_size == 0


@pytest.mark.parametrize("table", ["fills", "imports", "deliveries"])
def test_rows__changed_removed_or_replaced_by_hand__are_refused(store: Store, path: Path, table: str) -> None:
    store.append(fills(2), RECORD)
    store.add_delivery(Delivery("deribit", "ETH", MARCH, Decimal(2000), "by hand", 1))
    connection = sqlite3.connect(path)
    first = f"SELECT * FROM {table} WHERE seq = 1"
    for sql in (f"UPDATE {table} SET seq = 99", f"DELETE FROM {table}", f"REPLACE INTO {table} {first}"):
        with pytest.raises(sqlite3.IntegrityError, match=f"rows of {table} are {REFUSED}"):
            connection.execute(sql)
    connection.close()
    assert store.fills() == fills(2)


def test_fills__replaced_by_name__are_refused(store: Store, path: Path) -> None:
    store.append(fills(1))
    columns = [column.name for column in METADATA.tables["fills"].columns if column.name != "seq"]
    names = ", ".join(f'"{name}"' for name in columns)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match=REFUSED):
        connection.execute(f"REPLACE INTO fills ({names}) SELECT {names} FROM fills")
    connection.close()


def test_file__opened__writes_ahead_and_waits_for_the_disk(store: Store) -> None:
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_address__environment_file_and_default__in_this_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ledger_address(Config()) == ".alvh/alvh.db"
    stated = Config(ledger=LedgerConfig(url="postgresql://db/alvh"))
    assert ledger_address(stated) == "postgresql://db/alvh"
    monkeypatch.setenv("ALVH_LEDGER_URL", "postgresql://me:secret@db/alvh")
    assert ledger_address(stated) == "postgresql://me:secret@db/alvh"


@pytest.mark.parametrize("url", ["postgresql://me:hush@db/alvh", "postgresql://db/alvh?password=hush", "p://:hush@"])
def test_config__password_in_the_file__is_refused_without_repeating_it(tmp_path: Path, url: str) -> None:
    file = tmp_path / "alvh.toml"
    file.write_text(f"[ledger]\nurl = {json.dumps(url)}\n", encoding="utf-8")
    with pytest.raises(BadConfig, match=r"ledger\.url: holds a password.*ALVH_LEDGER_URL") as refused:
        load_config(file)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("url", ["mysql://me:hush@db/x", "postgresql://me:hush@db:port/x", "postgresql+psycopg2://db"])
def test_open__unknown_url__says_how_and_shows_no_password(url: str) -> None:
    with pytest.raises(BadConfig, match=re.escape("write postgresql+psycopg://")) as refused:
        open_store(url)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://bob:HU@SH/HUSH@127.0.0.1:1/x",
        "postgresql+psycopg://bob:HU@SH@127.0.0.1:1/x",
        "postgresql://bob:HU?SH@127.0.0.1:1/x",
        "postgresql://bob:HU#SH@127.0.0.1:1/x",
        "postgresql://bob:HU[SH@127.0.0.1:1/x",
        "postgresql://bob:HUSH@127.0.0.1:1/x?passfile=/HUSH",
        "postgresql://bob:HUSH@127.0.0.1:1/HUSH",
    ],
)
def test_open__password_with_signs_that_are_not_escaped__no_piece_of_it_is_shown(url: str) -> None:
    with pytest.raises((BadConfig, LedgerUnreachable, MissingTool)) as refused:
        open_store(url)
    assert not re.search("HU|SH|/x", str(refused.value))


DAMAGE = [
    ("fills", "at_ms", "'abc'"),
    ("fills", "at_ms", "9000000000000000000"),
    ("fills", "at_ms", "-1"),
    ("fills", "at_ms", "1.5"),
    ("fills", "note", "x'00ff'"),
    ("fills", "venue", "x'00ff'"),
    ("fills", "quantity", "'NaN'"),
    ("fills", "kind", "'gift'"),
    ("deliveries", "at_ms", "'abc'"),
    ("deliveries", "expiry_at", "9000000000000000000"),
    ("deliveries", "price", "'-1'"),
    ("deliveries", "price", "'NaN'"),
    ("imports", "at_ms", "'abc'"),
    ("carried", "at_ms", "'abc'"),
    ("carried", "upto", "'abc'"),
    ("carried", "upto", "9000000000000000000"),
    ("carried", "balance", "'{'"),
    ("carried", "balance", "replace(hex(zeroblob(60000)), '00', '[')"),
    ("carried", "balance", '\'{"format":2,"running":[[]],"loose":[]}\''),
    ("carried", "balance", "x'00ff'"),
]


@pytest.mark.parametrize(("table", "column", "value"), DAMAGE)
def test_ledger__row_that_was_damaged__is_one_line_and_nothing_is_hidden(
    store: Store, path: Path, table: str, column: str, value: str
) -> None:
    store.append(fills(2), RECORD)
    store.add_delivery(Delivery("deribit", "ETH", MARCH, Decimal(2000), "by hand", 1))
    store.carry("main")
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute(f"UPDATE {table} SET {column} = {value}")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerDamaged) as damaged:
        _read_all(store)
    assert "\n" not in str(damaged.value)


def _read_all(store: Store) -> None:
    store.fills()
    store.deliveries()
    store.imports()
    account_of(Ledger(store, "main", store.address), LAST_MS)


def test_open__postgres_without_psycopg__names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(MissingTool, match=re.escape("pip install 'alvh[postgres]'")):
        open_store("postgresql://127.0.0.1:1/alvh")
