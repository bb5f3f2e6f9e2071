"""Tables in odd files: read by the names of their columns, or one line; whatever a parquet file says of itself."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from bridge import tables
from bridge.errors import BadFile
from bridge.sources.histories.files import read_folder
from bridge.sources.quotes.files import read_chain_file
from bridge.sources.swap_file import read_swap_file
from bridge.tables import read_table

pytestmark = pytest.mark.unit
LATEST = 1_767_960_000


def refused(path: Path, read: Callable[[Path], object] = read_table) -> str:
    with pytest.raises(BadFile) as caught:
        read(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def written(path: Path, columns: dict[str, Any], pandas: bytes | None = None) -> Path:
    """Write a parquet file with any words in the place of what pandas says of itself."""
    table = pa.table(columns)
    parquet.write_table(table if pandas is None else table.replace_schema_metadata({b"pandas": pandas}), path)
    return path


@pytest.mark.parametrize(
    "pandas",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"columns": 5}',
        b'{"index_columns": ["none"], "columns": []}',
        b'{"index_columns": [{"kind": "range", "start": 0, "stop": 9, "step": 0}], "columns": []}',
        b'{"index_columns": ["close"], "column_indexes": [{}], "columns": [{"name": "close"}]}',
        b'{"index_columns": [], "column_indexes": [], "columns": [{"name": "close", "pandas_type": "x", '
        b'"numpy_type": "datetime64[ns, Nowhere/Land]", "metadata": {"timezone": "x"}}], "pandas_version": "99"}',
        b"[" * 100_000,
    ],
)
def test_read_table__any_words_of_pandas__are_left_aside(tmp_path: Path, pandas: bytes) -> None:
    found = read_table(written(tmp_path / "odd.parquet", {"close": [1.0, 2.0]}, pandas))
    assert (list(found), found["close"].tolist()) == (["close"], [1.0, 2.0])


@given(pandas=st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@pytest.mark.prop
def test_read_table__any_bytes_of_pandas__are_left_aside(tmp_path: Path, pandas: bytes) -> None:
    assert read_table(written(tmp_path / "odd.parquet", {"close": [1.0]}, pandas))["close"].tolist() == [1.0]


def test_read_table__index_of_pandas__is_a_column_where_it_has_a_name(tmp_path: Path) -> None:
    plain = pd.DataFrame({"close": [3.0, 2.0]})
    for name, index in (("known_at", ["2026-01-05", "2026-01-06"]), (None, [7, 9])):
        plain.set_axis(pd.Index(index, name=name)).to_parquet(tmp_path / "indexed.parquet")
        found = read_table(tmp_path / "indexed.parquet")
        assert sorted(found) == (["close", "known_at"] if name else ["close"])
        assert found["close"].tolist() == [3.0, 2.0]


@pytest.mark.parametrize(
    "cells",
    [
        [[1.0], [2.0]],
        [{"a": 1}, {"a": 2}],
        [b"1", b"2"],
        [timedelta(days=1), timedelta(days=2)],
        pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
        pa.array([1, 2], pa.time32("s")),
    ],
)
@pytest.mark.parametrize("name", ["close", "known_at", "provenance", "other"])
def test_read_table__column_of_lists_bytes_or_structures__is_refused_by_name(
    tmp_path: Path, cells: Any, name: str
) -> None:
    columns = {"known_at": ["2026-01-05", "2026-01-06"], "close": [1.0, 2.0]} | {name: cells}
    assert f"the column {name!r} holds" in refused(written(tmp_path / "dollar.parquet", columns))
    with pytest.raises(BadFile, match="write one number, text or time a cell"):
        read_folder(tmp_path, LATEST)
    for read in (read_swap_file, read_chain_file):
        refused(tmp_path / "dollar.parquet", read)


@pytest.mark.parametrize(
    "cells",
    [
        pd.Categorical(["1.5", "2.5"]),
        [Decimal("1.5"), Decimal("2.5")],
        np.array([1.5, 2.5], np.float16),
        np.array([1.5, 2.5], np.float32),
        ["1.5", "2.5"],
    ],
)
def test_read_table__numbers_of_any_plain_kind__are_numbers(tmp_path: Path, cells: Any) -> None:
    frame = pd.DataFrame({"known_at": [date(2026, 1, 5), date(2026, 1, 6)], "close": cells})
    parquet.write_table(pa.Table.from_pandas(frame), tmp_path / "dollar.parquet")
    found = read_folder(tmp_path, LATEST).tables["dollar"]
    assert found["close"].tolist() == [1.5, 2.5]
    assert found.index[0] == datetime(2026, 1, 5, tzinfo=UTC).timestamp()


def test_read_table__folder_pipe_or_device__is_refused_and_not_waited_for(tmp_path: Path) -> None:
    for name in ("folder.parquet", "folder.csv"):
        (tmp_path / name).mkdir()
        parquet.write_table(pa.table({"close": [1.0]}), tmp_path / name / "part.parquet")
        assert "it is a folder, a pipe or a device" in refused(tmp_path / name)
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        assert "it is a folder, a pipe or a device" in refused(path)
    assert "no such file" in refused(tmp_path / "none.parquet")


def test_read_table__billions_of_equal_cells_in_a_small_file__are_refused(tmp_path: Path) -> None:
    part = pa.table({"close": np.zeros(1 << 24, np.int8), "open": np.zeros(1 << 24, np.int8)})
    with parquet.ParquetWriter(tmp_path / "bomb.parquet", part.schema) as file:
        for _ in range(5):
            file.write_table(part)
    assert (tmp_path / "bomb.parquet").stat().st_size < 4 << 20
    assert "holds more than 134,217,728 cells" in refused(tmp_path / "bomb.parquet")


@pytest.mark.parametrize("name", ["bomb.csv.gz", "large.csv"])
def test_read_table__more_text_than_may_be_read__is_refused_while_it_is_unpacked(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 4 << 20)
    text = b"time,close\n" + b"1767960000,1.5\n" * (8 << 16)
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    tracemalloc.start()
    try:
        assert "holds more than 4 MiB unpacked: take a part" in refused(tmp_path / name)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    monkeypatch.setattr(tables, "MOST_BYTES", 8 << 20)
    assert len(read_table(tmp_path / name)) == 8 << 16


@pytest.mark.parametrize("ending", [".zip", ".bz2", ".xz", ".tar", ".csv.zip", ".gz", ".txt", ""])
def test_read_table__another_ending__is_refused_by_name(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"quotes{ending}").write_bytes(b"time,close\n1,2\n")
    assert "its name ends in none of .csv, .csv.gz, .parquet" in refused(tmp_path / f"quotes{ending}")


@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@pytest.mark.prop
@pytest.mark.parametrize("name", ["odd.csv", "odd.csv.gz", "odd.parquet"])
def test_read_table__any_bytes__are_a_table_or_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    try:
        read_table(tmp_path / name)
    except BadFile as error:
        assert "\n" not in str(error)  # noqa: PT017
