"""Whoever is killed while the monitor's store is written, on SQLite or a server, loses and doubles nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from bridge.ledger.store import open_store
from bridge.monitor.store import MonitorStore
from tests.bridge.ledger_steps import fills
from tests.bridge.monitor_steps import (
    START,
    busy,
    check_kills,
    cycle,
    first_version,
    note_all,
    open_it,
    rows,
    write_looks,
)

Fresh = Callable[[], str]


def test_write__killed_at_every_point__loses_and_doubles_nothing(place: Fresh) -> None:
    def prepared(point: int) -> str:
        address = place()
        MonitorStore(address).close()
        return address

    def check(address: str, said: int) -> None:
        with MonitorStore(address) as store:
            kept = rows(store)
            looks = kept.pop("looks")
            assert looks in {said, said + 1}  # killed after the commit, before it was said
            assert kept == dict.fromkeys(kept, looks) | {"series": 2 * looks, "cursors": int(looks > 0)}
            for number in range(2):
                store.write(busy(number))
            assert {rows(store)[name] for name in ("rounds", "proposals", "plans", "alerts", "notices")} == {2}

    assert check_kills(write_looks, prepared, check) > 20


def test_note_sent__killed_at_every_point__loses_and_doubles_nothing(place: Fresh) -> None:
    def prepared(point: int) -> str:
        address = place()
        with MonitorStore(address) as store:
            for number in range(2):
                store.write(busy(number))
        return address

    def check(address: str, said: int) -> None:
        with MonitorStore(address) as store:
            assert store.notice_counts()["sent"] in {said, said + 1}
            for number in range(2):
                store.note_sent(f"n{number}", START)
            assert store.notice_counts() == {"pending": 0, "sent": 2, "given up": 0}
            with store.engine.connect() as connection:
                assert set(connection.execute(text("SELECT attempts FROM notices")).scalars()) == {1}

    assert check_kills(note_all, prepared, check) > 10


def test_migration__from_the_first_version_killed_at_every_point__keeps_the_fills(
    place: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepared(point: int) -> str:
        address = place()
        first_version(address, monkeypatch, tmp_path / "migrations")
        return address

    def check(address: str, said: int) -> None:
        with open_store(address) as ledger:
            assert ledger.fills() == fills(3)
        with MonitorStore(address) as store:
            assert store.write(cycle()) == 1

    # What is killed after a statement and what is killed before the next one leave the same: one of the two is enough.
    assert check_kills(open_it, prepared, check, step=2) > 20
