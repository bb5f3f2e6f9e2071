"""The upkeep of the monitor's store: what stays of looks as they age, copies while it is written, and what it says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from sqlalchemy import insert, select

from bridge.errors import BadFile, LedgerDamaged, UsageError
from bridge.ledger.schema import METADATA
from bridge.ledger.store import open_store
from bridge.monitor.export import PROVENANCE, export
from bridge.monitor.rows import packed
from bridge.monitor.store import MonitorStore
from bridge.monitor.tables import EXPOSURES, LEGS, LOOKS, SERIES
from bridge.monitor.upkeep import DAY_SECONDS, HOUR_SECONDS, backup, check, thin
from bridge.monitor_settings import KeepConfig
from tests.bridge.ledger_steps import fills
from tests.bridge.monitor_steps import START, STEP, cycle, rows
from tests.bridge.postgres_server import PASSWORD

NAMES = tuple(f"series_{number}" for number in range(14))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MonitorStore]:
    with MonitorStore(str(tmp_path / "state" / "alvh.db")) as opened:
        yield opened


def put_looks(store: MonitorStore, times: Sequence[int], book: str = "main") -> None:
    """Write bare looks at these times, in this order, with a number each."""
    look = {"book": book, "chain_id": 1, "block_number": 1, "block_hash": "0x", "block_time": 1, "view": packed("{}")}
    with store.engine.begin() as connection:
        for at in times:
            number = connection.execute(insert(LOOKS).returning(LOOKS.c.seq), [look | {"at": at}]).scalar_one()
            connection.execute(insert(SERIES), [{"look": number, "name": "x", "value": float(at)}])


def times_of(store: MonitorStore, book: str = "main") -> list[int]:
    with store.engine.connect() as connection:
        return list(connection.scalars(select(LOOKS.c.at).where(LOOKS.c.book == book).order_by(LOOKS.c.seq)))


def expected(times: Sequence[int], now: int, keep: KeepConfig) -> list[int]:
    """Return what stays, by a plain computation: what is young, the first of its hour or day, and the newest."""
    order = sorted(range(len(times)), key=lambda place: (times[place], place))
    first = {"hour": dict[int, int](), "day": dict[int, int]()}
    for place in order:
        first["hour"].setdefault(times[place] // HOUR_SECONDS, place)
        first["day"].setdefault(times[place] // DAY_SECONDS, place)
    stays = []
    for place, at in enumerate(times):
        age = now - at
        hourly, daily = first["hour"][at // HOUR_SECONDS] == place, first["day"][at // DAY_SECONDS] == place
        young, middle = age <= keep.every_days * DAY_SECONDS, age <= (keep.every_days + keep.hourly_days) * DAY_SECONDS
        if young or (middle and hourly) or daily or place == len(times) - 1:
            stays.append(at)
    return stays


@pytest.mark.prop
@given(
    times=st.lists(st.integers(START, START + 9 * DAY_SECONDS), min_size=1, max_size=60),
    ages=st.lists(st.integers(0, 12 * DAY_SECONDS), min_size=1, max_size=4),
    every=st.sampled_from([0.04, 0.5, 2.0]),
    hourly=st.sampled_from([0.1, 1.0, 5.0]),
)
def test_thin__any_times_and_any_calls_before__keeps_exactly_what_a_plain_computation_keeps(
    tmp_path_factory: pytest.TempPathFactory, times: list[int], ages: list[int], every: float, hourly: float
) -> None:
    keep = KeepConfig(every_days=every, hourly_days=hourly)
    with MonitorStore(str(tmp_path_factory.mktemp("thin") / "alvh.db")) as store:
        put_looks(store, times)
        for age in sorted(ages):
            now = START + age
            planned = thin(store, now, keep, dry_run=True)
            assert thin(store, now, keep) == planned
            assert times_of(store) == expected(times, now, keep)
        with store.engine.connect() as connection:
            assert set(connection.scalars(select(SERIES.c.look))) == set(connection.scalars(select(LOOKS.c.seq)))


def test_thin__a_month_of_looks_thinned_every_hour__stays_flat_at_the_number_that_follows(store: MonitorStore) -> None:
    keep, minute = KeepConfig(every_days=0.25, hourly_days=4), 900
    days, counts = 30, list[int]()
    for hour in range(days * 24):
        begins = START // DAY_SECONDS * DAY_SECONDS + hour * HOUR_SECONDS
        put_looks(store, range(begins, begins + HOUR_SECONDS, minute))
        if hour % 6 == 5:
            thin(store, begins + HOUR_SECONDS - 1, keep)
            counts.append(len(times_of(store)))
    every, hourly = 24, 4 * 24  # four an hour for six hours, one an hour for four days
    for number, count in enumerate(counts):
        daily = max(0, (number + 1) / 4 - 4.25)
        assert count <= every + hourly + daily + 1
    assert counts[-1] == every + hourly + 26


def test_thin__two_books_and_what_is_no_look__are_left_alone(store: MonitorStore) -> None:
    for number in range(3):
        store.write(cycle(number))
    put_looks(store, [START, START + 1], "other")
    before = rows(store)
    gone = thin(store, START + 400 * DAY_SECONDS, KeepConfig())
    assert gone == {"looks": 1, "series": 2, "exposures": 1, "legs": 1}
    # Of each book the first of the day and the newest stay.
    assert (times_of(store), times_of(store, "other")) == ([START, START + 2 * STEP], [START, START + 1])
    assert {name: count - gone.get(name, 0) for name, count in before.items()} == rows(store)
    assert store.last("main") is not None


def test_thin__more_than_a_batch__removes_all_of_it(store: MonitorStore) -> None:
    put_looks(store, range(START, START + 1_300))
    assert thin(store, START + 9 * DAY_SECONDS, KeepConfig())["looks"] == 1_298
    assert times_of(store) == [START, START + 1_299]


def test_check__store_with_looks_and_fills__says_what_is_there(store: MonitorStore) -> None:
    with open_store(store.address) as ledger:
        ledger.append(fills(3))
    store.write(cycle(1))
    found = check(store)
    assert (found.where, found.version, found.faults, found.open_alerts) == (store.address, "0002", (), 1)
    assert (found.rows["fills"], found.rows["looks"], set(found.rows)) == (3, 1, set(METADATA.tables))
    assert [(look.book, look.at, look.block_number) for look in found.last_looks] == [("main", START + STEP, 101)]
    assert found.notices == {"pending": 0, "sent": 0, "given up": 0}
    assert found.size_bytes > 50_000


def test_backup__while_a_monitor_writes__is_one_state_and_keeps_no_writer_waiting(
    store: MonitorStore, tmp_path: Path
) -> None:
    with open_store(store.address) as ledger:
        ledger.append(fills(3))
    store.write(cycle(0))
    slowest, ended = [0.0], threading.Event()

    def write() -> None:
        number = 1
        while not ended.is_set():
            begun = time.monotonic()
            store.write(cycle(number, view=json.dumps([number] * 20_000)))
            slowest[0] = max(slowest[0], time.monotonic() - begun)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(5):
        assert backup(store, tmp_path / f"copy{number}.db") > 50_000
    ended.set()
    writer.join()
    assert slowest[0] < 8  # no lock was waited for until it was given up
    assert sorted(path.name for path in tmp_path.iterdir()) == [*(f"copy{number}.db" for number in range(5)), "state"]
    for number in range(5):
        with MonitorStore(str(tmp_path / f"copy{number}.db")) as copy, open_store(copy.address) as ledger:
            last = copy.last("main")
            assert last is not None
            assert copy.cursors("main") == {"logs": last.block_number}
            assert ledger.fills() == fills(3)
            assert copy.write(cycle(9_999)) == last.look + 1


def test_backup__place_that_cannot_be__is_refused_and_nothing_is_left(store: MonitorStore, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path, words in (
        (there, "is there already"),
        (tmp_path / "link", "is there already"),
        (tmp_path / "none" / "copy.db", "cannot be written"),
        (there / "copy.db", "cannot be written"),
    ):
        with pytest.raises(BadFile, match=words):
            backup(store, path)
    assert there.read_text(encoding="utf-8") == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"there", "link", "state"}


def test_export__every_table__is_a_file_of_the_same_rows_that_says_where_it_is_from(
    store: MonitorStore, tmp_path: Path
) -> None:
    with open_store(store.address) as ledger:
        ledger.append(fills(3))
    hostile = replace(cycle().proposals[0], title="<b>\x1b[2J\u202e🦊")
    store.write(cycle(0, proposals=(hostile,)))
    folder = tmp_path / "out"
    for _ in range(2):
        counts = export(store, folder, START)
    assert set(counts) == set(METADATA.tables)
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.parquet" for name in counts)
    read = {name: parquet.read_table(folder / f"{name}.parquet") for name in counts}
    assert {name: table.num_rows for name, table in read.items()} == counts
    assert counts["fills"] == 3
    assert read["looks"]["view"].to_pylist() == [cycle().view]
    assert read["proposals"]["title"].to_pylist() == [hostile.title]
    assert read["alerts"]["acknowledged_at"].to_pylist() == [None]
    about = json.loads(read["series"].schema.metadata[PROVENANCE])
    assert about | {"program": ""} == {
        "table": "series", "database": store.address, "tables_version": "0002", "program": "", "exported_at": START,
        "rows": 2,
    }  # fmt: skip


def test_export__folder_that_cannot_be__is_named(store: MonitorStore, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadFile, match="cannot be written to"):
        export(store, tmp_path / "file", START)


@pytest.mark.xdist_group("postgres")
def test_upkeep__on_a_server__checks_thins_exports_and_names_the_tool_that_copies(
    fresh: Callable[[], str], tmp_path: Path
) -> None:
    with MonitorStore(fresh()) as store:
        for number in range(3):
            store.write(cycle(number))
        found = check(store)
        assert (found.version, found.faults, found.rows["looks"]) == ("0002", (), 3)
        assert found.size_bytes > 50_000
        assert PASSWORD not in repr(found)
        put_looks(store, range(START, START + 1_300), "other")
        keep = KeepConfig()
        planned = thin(store, START + 9 * DAY_SECONDS, keep, dry_run=True)
        assert thin(store, START + 9 * DAY_SECONDS, keep) == planned
        assert (times_of(store), times_of(store, "other")) == ([START, START + 2 * STEP], [START, START + 1_299])
        assert export(store, tmp_path / "out", START)["looks"] == 4
        table = parquet.read_table(tmp_path / "out" / "looks.parquet")
        assert table["view"].to_pylist()[0] == cycle(0).view
        assert PASSWORD not in str(table.schema.metadata)
        with pytest.raises(UsageError, match=r"pg_dump --format=custom --host 127\.0\.0\.1 --port") as refused:
            backup(store, tmp_path / "copy of it.dump")
        assert PASSWORD not in str(refused.value)
        assert f"--username alvh --dbname postgres --file '{tmp_path}/copy of it.dump'" in str(refused.value)


def test_history__ten_thousand_looks__is_at_once_and_a_look_is_small(store: MonitorStore) -> None:
    view = packed(json.dumps([{"name": f"leg {n}", "value_usd": n * 1.01, "source": "quote"} for n in range(60)]))
    look = {
        "book": "main",
        "chain_id": 1,
        "block_number": 1,
        "block_hash": "0x" + "ab" * 32,
        "block_time": 1,
        "view": view,
    }
    exposure, leg, numbers = vars(cycle().exposures[0]), vars(cycle().legs[0]), range(1, 10_001)
    with store.engine.begin() as connection:
        connection.execute(insert(LOOKS), [look | {"seq": n, "at": START + STEP * n} for n in numbers])
        series = [{"look": n, "name": name, "value": n * 1.1} for n in numbers for name in NAMES]
        connection.execute(insert(SERIES), series)
        assets = [exposure | {"look": n, "asset": asset} for n in numbers for asset in ("ETH", "BTC")]
        connection.execute(insert(EXPOSURES), assets)
        connection.execute(insert(LEGS), [leg | {"look": n, "place": place} for n in numbers for place in range(12)])
    took = []
    for _ in range(5):
        begun = time.process_time()
        found = store.history("main", NAMES[:4], 0, 2 * START, 500)
        took.append(time.process_time() - begun)
    assert len(found["at"]) == 500
    assert min(took) < 0.5  # 0.03 here
    assert check(store).size_bytes / 10_000 < 5_000


def test_export__row_that_was_damaged__is_named_and_leaves_no_half_file(store: MonitorStore, tmp_path: Path) -> None:
    store.write(cycle(0))
    for statement in ("UPDATE looks SET view = x'00'", "UPDATE series SET value = 'much'"):
        with store.engine.begin() as connection:
            connection.exec_driver_sql(statement)
        with pytest.raises(LedgerDamaged):
            export(store, tmp_path / "out", START)
    assert all(path.suffix == ".parquet" for path in (tmp_path / "out").iterdir())
