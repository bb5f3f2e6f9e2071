"""The ledger on a PostgreSQL server: what holds for a file holds there too."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest

from bridge.errors import ConflictingFill, LedgerDamaged, LedgerLocked, LedgerNewer, LedgerReadOnly, LedgerUnreachable
from bridge.ledger import database
from bridge.ledger.rows import Delivery
from bridge.ledger.store import Added, open_store
from tests.bridge.ledger_steps import MARCH, RECORD, append_at_once, check_kills, fill, fills, held_lock
from tests.bridge.postgres_server import PASSWORD, sql

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture
def url(fresh: Callable[[], str]) -> str:
    return fresh()


def test_append__on_a_server__is_exact_and_adds_once(url: str) -> None:
    with open_store(url) as store:
        assert store.append(fills(2500)[:1700], RECORD) == Added(1700, 0)
        assert store.append(fills(2500)[800:], RECORD) == Added(800, 900)
        exact = fill(0, quantity=Decimal("1e39"), index=Decimal("1e-40"), note="§\n'\";--")
        assert store.append([exact]) == Added(1, 0)
        assert store.fills() == [exact, *fills(2500)]
        assert [str(each.quantity) for each in store.fills()[1:3]] == ["1.50", "1.50"]
        assert [(each["new"], each["known"]) for each in store.imports()] == [(1700, 0), (800, 900)]
        assert store.append(fills(2600), dry_run=True) == Added(100, 2500)
        assert len(store.fills()) == 2501
        with pytest.raises(ConflictingFill, match="trade:7 with fee"):
            store.append([*fills(6), fill(7, fee=Decimal(1)), fill(9000)])
        assert store.add_delivery(Delivery("deribit", "ETH", MARCH, Decimal("1987.10"), "by hand", 1))
        assert [each.price for each in store.deliveries()] == [Decimal("1987.10")]
        assert store.books() == ["main"]
    assert str(store.address).count(PASSWORD) == 1  # it is there, and what follows is right to look for it


def test_import__killed_at_every_point_on_a_server__loses_nothing_acknowledged(fresh: Callable[[], str]) -> None:
    assert check_kills(lambda point: fresh()) > 50


def test_import__two_at_once_on_a_server__both_succeed(url: str) -> None:
    answers = append_at_once(url, range(1, 3001), range(1001, 4001))
    assert sum(answer.new for answer in answers if isinstance(answer, Added)) == 4000, answers
    with open_store(url) as store:
        assert store.fills() == fills(4000)


def test_append__server_held_by_another__is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(url) as store:
        store.append(fills(1))
        with held_lock(url):
            monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
            with pytest.raises(LedgerLocked, match="run it again"):
                store.append(fills(2))
            assert store.fills() == fills(1)
        assert store.append(fills(2)) == Added(1, 1)


@pytest.mark.parametrize("table", ["fills", "imports", "deliveries"])
def test_rows__changed_by_hand_on_a_server__are_refused(url: str, table: str) -> None:
    with open_store(url) as store:
        store.append(fills(2), RECORD)
        store.add_delivery(Delivery("deribit", "ETH", MARCH, Decimal(2000), "by hand", 1))
        for statement in (f"UPDATE {table} SET seq = 99", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(psycopg.errors.RaiseException, match=f"rows of {table} are never changed or removed"):
                sql(url, statement)
        assert store.fills() == fills(2)


def test_open__newer_and_foreign_database__are_refused_by_name(fresh: Callable[[], str]) -> None:
    newer, foreign, shared = fresh(), fresh(), fresh()
    open_store(newer).close()
    sql(newer, "UPDATE ledger_version SET version_num = '0099'")
    with pytest.raises(LedgerNewer, match="version 0099"):
        open_store(newer)
    sql(foreign, "CREATE TABLE fills (x INTEGER)")
    with pytest.raises(LedgerDamaged, match="another program"):
        open_store(foreign)
    sql(shared, "CREATE TABLE things (x INTEGER)")
    open_store(shared).close()


def test_open__nobody_there_or_not_let_in__is_named_without_the_password(url: str) -> None:
    closed = f"postgresql+psycopg://alvh:{PASSWORD}@127.0.0.1:1/alvh"
    wrong = url.replace(f":{PASSWORD}@", ":hushed-wrong@")
    absent = url.rpartition("/")[0] + "/absent"
    for address, words in ((closed, "refused"), (wrong, "password authentication failed"), (absent, "does not exist")):
        with pytest.raises(LedgerUnreachable, match=words) as refused:
            open_store(address)
        assert "hush" not in str(refused.value)
        assert len(str(refused.value).splitlines()) == 1


def test_append__server_that_may_not_be_written__is_named(postgres: str) -> None:
    sql(f"{postgres}/postgres", "CREATE DATABASE readable")
    url = f"{postgres}/readable"
    with open_store(url) as store:
        store.append(fills(1))
        sql(url, "ALTER DATABASE readable SET default_transaction_read_only = on")
    with open_store(url) as store:
        assert store.fills() == fills(1)
        with pytest.raises(LedgerReadOnly, match="read-only transaction"):
            store.append(fills(2))
