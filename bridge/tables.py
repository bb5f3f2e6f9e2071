"""Tables from CSV or parquet files."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from warnings import catch_warnings, simplefilter

import pandas as pd

from bridge.errors import BadFile
from bridge.extras import require_extra
from bridge.files import refuse_circle

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CELLS: Final = 1 << 27
"""Of a parquet file, which compresses a billion equal cells into a page: 1 GB of numbers."""
MOST_BYTES: Final = 512 << 20
"""Of a file's text, unpacked: while it is read it takes twice as much; parquet holds more in less."""
ENDINGS: Final = (".csv", ".csv.gz", ".parquet")
ALSO_EMPTY: Final = "nan and NA are empty too"
UNREADABLE: Final = "cannot be read as a table"
FAULTS: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError, MemoryError)
"""What the readers of tables raise where a file's content is not what it says; those of Arrow are among them."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV (gzipped too) or parquet file; every column is found by its name, none by its place.

    What a parquet file says of pandas (an index, its types) is left aside: an index with a name is a column of that
    name, one without is none.

    Raises
    ------
    BadFile
        It is absent, no plain file, of another ending, no table, holds too much, has one name twice, rows with more
        values than there are names, or a column of lists, structures or bytes.
    MissingTool
        It is a parquet file, and the extra that reads them is not installed.
    """
    _require_file(path)
    if path.suffix == ".parquet":
        require_extra("parquet", "a parquet file", "give a CSV file")
    try:
        return _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except (*FAULTS, OSError, EOFError, zlib.error) as error:
        words = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise BadFile(path, f"{UNREADABLE}: {words[:200]}") from error


def _require_file(path: Path) -> None:
    """Refuse a folder, which a reader would take for a data set, and a device or a pipe, which might never end."""
    try:
        refuse_circle(path)
        if not path.exists():
            raise BadFile(path, "no such file")
        if not path.is_file():
            raise BadFile(path, f"{UNREADABLE}: it is a folder, a pipe or a device")
        if not path.name.endswith(ENDINGS):
            raise BadFile(path, f"{UNREADABLE}: its name ends in none of {', '.join(ENDINGS)}")
    except (OSError, ValueError) as error:
        raise BadFile(path, f"{UNREADABLE}: {getattr(error, 'strerror', error)}") from error


def _read_csv(path: Path) -> pd.DataFrame:
    with _opened(path) as file:
        names = pd.read_csv(file, header=None, nrows=1, dtype=str).iloc[0].dropna().str.strip()
    _require_once(path, names)
    try:
        with _opened(path) as file, catch_warnings():
            simplefilter("error", pd.errors.ParserWarning)  # rows longer than the names: else the first is an index
            return pd.read_csv(file, index_col=False, low_memory=False)
    except pd.errors.ParserWarning:
        raise BadFile(path, "the rows have more values than the first line has names: name every column") from None


def _opened(path: Path) -> _Bounded:
    return _Bounded(path, gzip.open(path) if path.suffix == ".gz" else path.open("rb"))


class _Bounded(io.RawIOBase):
    """Bytes of a file, unpacked, of which no more than `MOST_BYTES` are read: some megabytes can hold terabytes."""

    def __init__(self, path: Path, file: BinaryIO | gzip.GzipFile) -> None:
        self._path, self._file, self._left = path, file, MOST_BYTES

    def readable(self) -> bool:
        """Tell that it is for reading, as the reader of tables asks."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer.

        Raises
        ------
        BadFile
            The file holds more than may be read.
        """
        content = self._file.read(len(buffer))
        self._left -= len(content)
        if self._left < 0:
            raise BadFile(
                self._path, f"holds more than {MOST_BYTES >> 20:,} MiB unpacked: take a part, or write it as parquet"
            )
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa  # only who reads one waits for it
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        names = pd.Series(file.schema_arrow.names, dtype=str)
        _require_once(path, names.str.strip())
        if file.metadata.num_rows * max(len(names), 1) > MOST_CELLS:
            raise BadFile(path, f"holds more than {MOST_CELLS:,} cells: take a part")
        for field in file.schema_arrow:
            if not _is_plain(field.type):
                what = f"the column {field.name[:40]!r} holds {str(field.type)[:60]}"
                raise BadFile(path, f"{what}: write one number, text or time a cell")
        table = file.read()
    columns = [_plain(column) for column in table.columns]
    plain: pd.DataFrame = pa.table(columns, names=table.column_names).to_pandas()
    return plain.drop(columns=[name for name in plain.columns if name.startswith("__index_level_")])


def _is_plain(kind: pa.DataType) -> bool:
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind)
    texts = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind)
    return bool(numbers or texts or types.is_timestamp(kind) or types.is_date(kind))


def _plain(column: Any) -> Any:
    """Return a column as the values themselves: categories as what they stand for, decimals as floats."""
    import pyarrow as pa
    from pyarrow import types

    column = column.cast(column.type.value_type) if types.is_dictionary(column.type) else column
    exact = types.is_decimal(column.type) or types.is_float16(column.type)
    return column.cast(pa.float64()) if exact else column


def _require_once(path: Path, names: pd.Series) -> None:
    twice = names[names.duplicated()]
    if len(twice):
        raise BadFile(path, f"the column {' '.join(twice.iloc[0].split())[:40]} is there twice: keep one of them")
