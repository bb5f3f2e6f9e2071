"""The monitor's store, on SQLite and on a PostgreSQL server: what is written is read, once, whoever dies on the way."""

from __future__ import annotations

import json
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from bridge.errors import LedgerDamaged, LedgerFull, LedgerLocked, LedgerNewer, MonitorRunning, UnknownAlert
from bridge.ledger import database
from bridge.ledger.store import open_store
from bridge.monitor.cycle import ProposalRow, RoundRow
from bridge.monitor.notices import Due
from bridge.monitor.rows import Last
from bridge.monitor.standing import Change, Transition
from bridge.monitor.store import MonitorStore
from tests.bridge.ledger_steps import FORK, held_lock
from tests.bridge.monitor_steps import START, STEP, busy, cycle, notice, rows, standing

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e\u2066'; DROP TABLE looks;-- §ﬀ🦊\n\t" + "x" * 100_000
Fresh = Callable[[], str]


@pytest.fixture
def store(place: Fresh) -> Iterator[MonitorStore]:
    with MonitorStore(place()) as opened:
        yield opened


def test_write__a_cycle__is_read_as_it_was_written(store: MonitorStore) -> None:
    assert (store.last("main"), store.standings("main"), store.cursors("main")) == (None, {}, {})
    first, second = store.write(cycle(0)), store.write(cycle(1))
    assert second > first
    said = cycle(1)
    assert store.last("main") == Last(second, said.at, 31337, 101, said.block_hash, said.block_time, said.view)
    assert store.last("other") is None
    assert store.standings("main") == {"drift:ETH": standing()}
    assert store.cursors("main") == {"logs": 101}
    assert store.transitions("main", 0, 9) == (Transition(Change.OPENED, START, standing()),)
    assert store.due_notices(START, 9) == (Due(notice(), "main", START, 0),)
    expected = dict.fromkeys(("looks", "exposures", "legs"), 2) | {"series": 4}
    assert rows(store) == dict.fromkeys(rows(store), 1) | expected  # everything else is there once


def test_write__same_things_again__keeps_each_once_and_newest_cursors(store: MonitorStore) -> None:
    for _ in range(3):
        store.write(busy(1))
    store.write(replace(busy(1), book="other"))
    kept = rows(store)
    assert {name: kept[name] for name in ("rounds", "proposals", "plans", "notices")} == dict.fromkeys(
        ("rounds", "proposals", "plans", "notices"), 1
    )
    assert (kept["looks"], kept["alerts"], kept["cursors"], kept["transitions"]) == (4, 2, 2, 4)
    executed = replace(busy(1).proposals[0], state="Executed")
    store.write(replace(busy(1), proposals=(executed,), cursors={"logs": 7, "rounds": 8}))
    assert (rows(store)["proposals"], store.cursors("main")) == (2, {"logs": 7, "rounds": 8})


def test_write__numbers_and_texts_no_database_holds__keeps_the_rest(store: MonitorStore) -> None:
    nan, inf = math.nan, math.inf
    odd = replace(cycle().exposures[0], spot=nan, net_theta_usd=-inf)
    leg = replace(cycle().legs[0], mark_usd=nan, instrument="a\0b\ud800")
    proposal = ProposalRow("1" * 78, "Active", HOSTILE, 1e60, 2**256 - 1, 2**64)
    bad = standing("odd:1", size=inf, told_size=nan)
    said = cycle(
        exposures=(odd,),
        legs=(leg, leg),
        proposals=(proposal,),
        rounds=(RoundRow("ETH", "0x1", 2**79, 0, 2**200, -1),),
        series={"x": nan, "y": inf, "z": 1.0},
        standings=(bad,),
        view=json.dumps(HOSTILE),
        notices=(notice(title=HOSTILE),),
    )
    store.write(said)
    last = store.last("main")
    assert last is not None
    assert json.loads(last.view) == HOSTILE
    assert store.due_notices(START, 1)[0].notice.title == HOSTILE
    assert (store.standings("main")["odd:1"].size, store.standings("main")["odd:1"].told_size) == (1e6, 1e6)
    assert store.history("main", ["x", "y", "z"], 0, START, 5) == {"at": [START], "x": [None], "y": [None], "z": [1.0]}
    with store.engine.connect() as connection:
        titles = connection.execute(text("SELECT title, deadline FROM proposals")).all()
        assert [tuple(row) for row in titles] == [(HOSTILE, 2**63 - 1)]
        assert connection.execute(text("SELECT round, volatility_e8 FROM rounds")).one() == (str(2**79), 2**63 - 1)
        assert connection.execute(text("SELECT spot, net_theta_usd FROM exposures")).one() == (None, None)
        assert connection.execute(text("SELECT DISTINCT instrument FROM legs")).all() == [("a\ufffdb?",)]


def test_write__fails_midway__keeps_nothing_of_it(store: MonitorStore) -> None:
    store.write(cycle(0))
    before = rows(store)
    twice = cycle(1).exposures * 2
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.write(cycle(1, exposures=twice, standings=(standing("new:1"),)))
    assert rows(store) == before
    assert store.write(cycle(1)) > 0


def test_standings__over_for_more_than_a_day__are_left_out(store: MonitorStore) -> None:
    long_over, over = (standing(f"gone:{hours}", cleared_at=START - 3600 * hours) for hours in (25, 23))
    store.write(cycle(0, standings=(long_over, over, standing())))
    assert set(store.standings("main")) == {"gone:23", "drift:ETH"}
    assert store.standings("main")["gone:23"] == over


def test_acknowledge__while_a_cycle_is_on_its_way__is_not_overwritten_unless_told_anew(store: MonitorStore) -> None:
    store.write(cycle(0))
    stood = store.standings("main")["drift:ETH"]  # what the cycle begins with
    seen = store.acknowledge("main", "drift:ETH", "Ann\x1b[2J", START + 5)
    assert seen == replace(stood, acknowledged_at=START + 5, acknowledged_by="Ann[2J")
    assert store.silence("main", "drift:ETH", START + 900, "Bob").silenced_until == START + 900
    store.write(cycle(1, standings=(replace(stood, size=1.6, seen_at=START + STEP),)))
    kept = replace(seen, size=1.6, seen_at=START + STEP, silenced_until=START + 900)
    assert store.standings("main")["drift:ETH"] == kept
    worse = replace(stood, size=3.0, told_size=3.0, told_at=START + 2 * STEP)
    store.write(cycle(2, standings=(worse,)))
    assert store.standings("main")["drift:ETH"] == replace(worse, silenced_until=START + 900)
    assert store.silence("main", "drift:ETH", 0, "Bob") == worse


def test_silence__by_who_looks_after_it__is_acknowledged_and_kept_as_long_as_it_lasts(store: MonitorStore) -> None:
    gone = standing("gone:1", cleared_at=START - 30 * 86_400)
    store.write(cycle(0, standings=(gone, standing())))
    seen = store.silence("main", "drift:ETH", START + 900, "Ann", START + 1)
    assert (seen.silenced_until, seen.acknowledged_at, seen.acknowledged_by) == (START + 900, START + 1, "Ann")
    store.silence("main", "gone:1", START + STEP, "Ann")
    assert set(store.standings("main")) == {"drift:ETH", "gone:1"}
    store.write(cycle(1, standings=()))
    assert set(store.standings("main")) == {"drift:ETH"}


def test_acknowledge__alert_that_does_not_stand__is_named(store: MonitorStore) -> None:
    store.write(cycle(0, standings=(standing("over:1", cleared_at=START),)))
    for book, key in (("main", "drift:BTC"), ("other", "over:1"), ("main", "over:1")):
        with pytest.raises(UnknownAlert, match=f"no alert {key} stands of book {book}"):
            store.acknowledge(book, key, "Ann", START)
    with pytest.raises(UnknownAlert, match="is kept"):
        store.silence("main", "\x1b[2Jgone", START, "Ann")
    assert store.silence("main", "over:1", START + 60, "Ann").silenced_until == START + 60


def test_outbox__sent_failed_and_given_up__are_each_noted_once(store: MonitorStore) -> None:
    store.write(cycle(0, notices=(notice("a"), notice("b"), notice("c"))))
    store.write_changes("main", START + 1, notices=(notice("a"), notice("d")))
    assert [due.notice.id for due in store.due_notices(START + 1, 9)] == ["a", "b", "c", "d"]
    store.note_sent("a", START + 2)
    store.note_sent("a", START + 3)
    store.note_failed("b", START + 2, "answered 429\x1b[2J", START + 60)
    store.give_up("c", START + 2, "refused")
    assert store.notice_counts() == {"pending": 2, "sent": 1, "given up": 1}
    assert store.due_notices(START + 59, 9) == ()  # "d" is of the same target, and later
    assert [due.notice.id for due in store.due_notices(START + 60, 9)] == ["b", "d"]
    assert store.due_notices(START + 60, 1) == (Due(notice("b"), "main", START, 1),)
    with store.engine.connect() as connection:
        said = connection.execute(text("SELECT attempts, sent_at, error FROM notices ORDER BY id")).all()
        assert [tuple(row) for row in said][:2] == [(1, START + 2, ""), (1, None, "answered 429[2J")]


def test_outbox__one_target_rests__the_others_are_due_each_with_its_oldest(store: MonitorStore) -> None:
    store.write(
        cycle(0, notices=[notice(f"{target}{number}", target=target) for number in range(3) for target in "ab"])
    )
    store.note_failed("a0", START, "answered 500", START + 30)
    assert [due.notice.id for due in store.due_notices(START + 29, 2)] == ["b0", "b1"]
    assert [due.notice.id for due in store.due_notices(START + 30, 1)] == ["a0", "b0"]
    store.note_failed("a0", START, "answered 500", START + 864_000)
    assert [due.notice.id for due in store.due_notices(START, 1)] == ["a0", "b0"]  # the clock jumped back


def test_outbox__given_up__keeps_what_is_told_instead_of_the_same_book_once(store: MonitorStore) -> None:
    store.write(cycle(0, book="other", notices=(notice("a"),)))
    for _ in range(2):
        store.give_up("a", START + 9, "refused", notice("instead"))
    assert store.due_notices(START + 9, 9) == (Due(notice("instead"), "other", START + 9, 0),)


def test_transitions__many__are_the_newest_first_and_never_changed(store: MonitorStore) -> None:
    for number in range(5):
        store.write(busy(number))
    assert [each.at for each in store.transitions("main", START + STEP, 3)] == [START + STEP * n for n in (4, 3, 2)]
    assert len(store.transitions("main", START + STEP, 99)) == 4
    for statement in ("UPDATE transitions SET at = 1", "DELETE FROM transitions"):
        refused = pytest.raises(DBAPIError, match="rows of transitions are never changed or removed")
        with refused, store.engine.begin() as connection:
            connection.execute(text(statement))
    assert rows(store)["transitions"] == 5


def test_history__more_looks_than_points__has_the_newest_of_each_part(store: MonitorStore) -> None:
    for number in range(40):
        store.write(cycle(number, series={"value": float(number)} | ({"odd": 1.0} if number % 2 else {})))
    every = store.history("main", ["value", "odd"], 0, 2 * START, 1000)
    assert every["value"] == [float(number) for number in range(40)]
    assert every["odd"] == [None, 1.0] * 20
    thin = store.history("main", ["value"], 0, 2 * START, 10)
    assert len(thin["at"]) == len(thin["value"]) == 10
    assert (thin["at"][-1], thin["value"][-1]) == (START + STEP * 39, 39.0)
    part = store.history("main", ["value", "none"], START + STEP, START + 3 * STEP, 10)
    assert part == {"at": [START + STEP * n for n in (1, 2, 3)], "value": [1.0, 2.0, 3.0], "none": [None] * 3}
    assert store.history("main", ["value"], 0, 1, 10) == {"at": [], "value": []}


def test_open__program_of_the_first_version__says_that_the_database_is_newer(
    place: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = place()
    MonitorStore(address).close()
    monkeypatch.setattr(database, "REVISIONS", ("0001",))
    with pytest.raises(LedgerNewer, match="is of version 0002, and this program knows versions up to 0001"):
        open_store(address)


def _hold(address: str, told: Connection) -> None:
    with MonitorStore(address) as store, store.lease():
        store.write(cycle(0))
        told.send(os.getpid())
        signal.pause()


def test_lease__second_monitor__says_who_holds_it_until_that_one_is_killed(place: Fresh) -> None:
    address = place()
    listens, told = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_hold, args=(address, told), daemon=True)
    process.start()
    pid = listens.recv()
    with MonitorStore(address) as store:
        for _ in range(2):
            with (
                pytest.raises(MonitorRunning, match=rf"works with it already, process {pid} on \S+ since 20"),
                store.lease(),
            ):
                pass
        assert store.last("main") is not None  # others read
        assert store.acknowledge("main", "drift:ETH", "Ann", START).acknowledged_by == "Ann"
        process.kill()
        process.join()
        until = time.monotonic() + 10
        while True:
            try:
                with store.lease():
                    assert store.write(cycle(1)) == 2
                break
            except MonitorRunning:  # a server takes a moment to see that the other end is gone
                assert time.monotonic() < until
                time.sleep(0.05)
        with store.lease():
            assert store.write(cycle(2)) == 3


def test_write__another_program_writes_for_long__is_named_and_reading_goes_on(
    store: MonitorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(cycle(0))
    with held_lock(store.address):
        monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
        with MonitorStore(store.address) as second:
            with pytest.raises(LedgerLocked, match="run it again"):
                second.write(cycle(1))
            assert len(second.standings("main")) == 1
    assert store.write(cycle(1)) == 2


def test_read__threads_while_the_loop_writes__see_whole_cycles(store: MonitorStore) -> None:
    store.write(cycle(0))
    wrong: list[Any] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            last, cursors = store.last("main"), store.cursors("main")
            if (
                last is None
                or json.loads(last.view)["block"] != last.block_number
                or cursors["logs"] < last.block_number
            ):
                wrong.append((last, cursors))

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 40):
        store.write(cycle(number))
    ended.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_write__disk_full__is_named_and_undone(tmp_path: Path) -> None:
    with MonitorStore(str(tmp_path / "alvh.db")) as store:
        store.write(cycle(0))

        @event.listens_for(store.engine, "begin")
        def _few_pages(connection: Any) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 60")

        with pytest.raises(LedgerFull, match="make room"):
            store.write(cycle(1, view=json.dumps([os.urandom(8).hex() for _ in range(50_000)])))
        event.remove(store.engine, "begin", _few_pages)
        assert rows(store)["looks"] == 1
        assert store.write(cycle(1)) == 2


@pytest.mark.parametrize("view", ["x'00ff'", "zeroblob(9)", "'text'"])
def test_last__view_that_was_damaged__is_named(tmp_path: Path, view: str) -> None:
    with MonitorStore(str(tmp_path / "alvh.db")) as store:
        store.write(cycle(0))
        with store.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE looks SET view = {view}")
        with pytest.raises(LedgerDamaged, match="a view"):
            store.last("main")


def test_lease__connection_to_the_server_broken__is_taken_anew_or_lost_by_name(fresh: Fresh) -> None:
    address = fresh()
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'alvh %'"
    with MonitorStore(address) as store, MonitorStore(address) as second:
        with store.lease():
            with second.engine.begin() as connection:
                connection.execute(text(end))
            assert store.write(cycle(0)) == 1
            with pytest.raises(MonitorRunning), second.lease():
                pass
            with second.engine.begin() as connection:
                connection.execute(text(end))
            with second.lease(), pytest.raises(MonitorRunning, match=f"process {os.getpid()} on"):
                store.write(cycle(1))
        assert rows(store)["looks"] == 1
