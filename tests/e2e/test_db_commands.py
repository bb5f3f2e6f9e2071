"""`alvh db`, run as a user runs it: what is in the database, a copy of it, files of it, and what is thinned by age."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.ledger.store import open_store
from bridge.monitor.store import MonitorStore
from tests.bridge.ledger_steps import fills
from tests.bridge.monitor_steps import STEP, cycle
from tests.bridge.postgres_server import PASSWORD
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

pytestmark = pytest.mark.e2e

DAY = 86_400


@pytest.fixture
def address(tmp_path: Path) -> str:
    """Make a database in the folder: three fills, and three looks of a hundred days ago."""
    place = str(tmp_path / ".alvh" / "alvh.db")
    begins = int(time.time()) // DAY * DAY - 100 * DAY
    with open_store(place) as ledger, MonitorStore(place) as store:
        ledger.append(fills(3))
        for number in range(3):
            store.write(cycle(number, at=begins + STEP * number))
    return place


def test_check__database_of_a_monitor__says_what_is_there(run: Run, address: str) -> None:
    found = run("db", "check", "--json").json()
    assert (found["version"], found["faults"], found["rows"]["fills"], found["rows"]["looks"]) == ("0002", [], 3, 3)
    assert (found["open_alerts"], found["notices"]["pending"], found["last_looks"][0]["block_number"]) == (1, 1, 102)
    said = run("db", "check")
    assert said.code == 0
    for words in ("version 0002", "sound: ", "last look at main: ", "block 102 of chain 31337", "alerts that stand: 1",
                  "1 pending, 0 sent, 0 given up"):  # fmt: skip
        assert words in said.out


def test_backup__once_and_again__makes_a_database_and_refuses_to_replace_it(
    run: Run, address: str, tmp_path: Path
) -> None:
    assert run("db", "backup", "copy.db", "--json").json()["size_bytes"] == (tmp_path / "copy.db").stat().st_size
    with open_store(tmp_path / "copy.db") as ledger:
        assert ledger.fills() == fills(3)
    assert_one_line_error(run("db", "backup", "copy.db"), 2, "copy.db: is there already")


def test_export__folder__has_a_file_of_each_table(run: Run, address: str, tmp_path: Path) -> None:
    counts = run("db", "export", "out", "--json").json()["rows"]
    assert (counts["fills"], counts["looks"], counts["series"]) == (3, 3, 6)
    assert {path.stem for path in (tmp_path / "out").glob("*.parquet")} == set(counts)


def test_prune__dry_run_then_real_run__removes_what_it_said(run: Run, address: str) -> None:
    rows = {"exposures": 1, "legs": 1, "looks": 1, "series": 2}
    assert run("db", "prune", "--dry-run", "--json").json()["rows"] == rows
    assert run("db", "prune", "--dry-run").out.startswith("would be removed: 1 looks")
    assert run("db", "prune", "--json").json()["rows"] == rows
    assert run("db", "prune").out == "removed: 0 looks\n"


def test_db__no_database_or_a_damaged_one__is_one_line(run: Run, tmp_path: Path) -> None:
    for words in (["check"], ["backup", "x.db"], ["export", "out"], ["prune"]):
        assert_one_line_error(run("db", *words), 2, "there is no database at .alvh/alvh.db yet")
    assert not (tmp_path / ".alvh").exists()
    place = tmp_path / ".alvh" / "alvh.db"
    with open_store(place) as ledger:
        ledger.append(fills(2000))
    content = bytearray(place.read_bytes())
    content[-65536:] = os.urandom(65536)
    place.write_bytes(content)
    for words in (["check"], ["backup", "x.db"], ["export", "out"]):
        done = run("db", *words)
        assert done.code == 1, done
        assert "Traceback" not in done.err
    assert not (tmp_path / "x.db").exists()


@pytest.mark.xdist_group("postgres")
def test_db__on_a_server__checks_and_names_pg_dump_without_the_password(run: Run, fresh: Callable[[], str]) -> None:
    url = fresh()
    with MonitorStore(url) as store:
        store.write(cycle(0))
    found = run("db", "check", "--json", ALVH_LEDGER_URL=url)
    assert found.json()["rows"]["looks"] == 1
    refused = run("db", "backup", "x.dump", ALVH_LEDGER_URL=url)
    assert_one_line_error(refused, 2, "pg_dump --format=custom --host")
    assert not any(PASSWORD in text for text in (found.out, found.err, refused.out, refused.err))


@pytest.mark.parametrize("command", ["check", "backup", "export", "prune"])
def test_help__of_each_command__has_an_example(run: Run, command: str) -> None:
    assert f"alvh db {command}" in " ".join(run("db", command, "--help").out.split())
    assert json.dumps(command) in json.dumps(run("db", "--help").out.split())
