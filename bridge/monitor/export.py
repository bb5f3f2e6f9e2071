"""The tables of a database as parquet files, all of one state of it, each with where its rows are from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Table, func, select, text

from bridge.errors import BadFile, LedgerDamaged
from bridge.files import make_private, open_draft, sync_folder
from bridge.foreign import shown_address
from bridge.ledger.database import reading
from bridge.ledger.schema import METADATA, REVISIONS
from bridge.monitor.rows import unpacked
from bridge.monitor.store import MonitorStore
from bridge.monitor.tables import LOOKS

if TYPE_CHECKING:
    import pyarrow as pa

PROVENANCE: Final = b"alvh"
"""Under which a file says, in JSON, which table of which database it holds, and as of when."""
CHUNK: Final = 20_000
"""Rows of a table that are held in memory at once; of looks, whose views are long, a hundredth of them."""


def export(store: MonitorStore, folder: Path, now: int) -> dict[str, int]:
    """Write every table into a folder, `looks.parquet` and so on; return how many rows each has.

    Files of an earlier export are replaced, each when the new one is whole.

    Parameters
    ----------
    now
        Unix seconds, which the files say.

    Raises
    ------
    BadFile
        A file cannot be written.
    LedgerError
        The database cannot be read, or a row of it.
    """
    counts = {}
    try:
        make_private(folder)
        with reading(store.engine, store.address) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            for table in METADATA.sorted_tables:
                said = _provenance(store.address, table, now)
                counts[table.name] = _write(connection, table, folder / f"{table.name}.parquet", said)
        sync_folder(folder)
    except OSError as error:
        raise BadFile(folder, f"cannot be written to: {error}") from error
    except ValueError as error:
        raise LedgerDamaged(store.address, str(error)) from error
    return dict(sorted(counts.items()))


def _provenance(address: str, table: Table, now: int) -> dict[str, Any]:
    return {
        "table": table.name,
        "database": shown_address(address),
        "tables_version": REVISIONS[-1],
        "program": f"alvh {version('alvh')}",
        "exported_at": now,
    }


def _write(connection: Connection, table: Table, path: Path, about: Mapping[str, Any]) -> int:
    from pyarrow import parquet

    rows = connection.scalar(select(func.count()).select_from(table)) or 0
    schema = _schema(table).with_metadata({PROVENANCE: json.dumps({**about, "rows": rows}).encode()})
    order = [table.c.seq] if "seq" in table.c else list(table.primary_key.columns)
    size = CHUNK // 100 if table is LOOKS else CHUNK
    draft, handle = open_draft(path)
    try:
        with open(handle, "wb") as file:
            with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
                found = connection.execution_options(stream_results=True).execute(select(table).order_by(*order))
                for part in found.mappings().partitions(size):
                    writer.write_table(_columns(part, schema))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return int(rows)


def _schema(table: Table) -> pa.Schema:
    import pyarrow as pa

    types = {"INTEGER": pa.int64(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "BLOB": pa.string()}
    return pa.schema([(column.name, types.get(str(column.type), pa.string())) for column in table.columns])


def _columns(part: Any, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    try:
        return pa.table({name: [_cell(row[name]) for row in part] for name in schema.names}, schema=schema)
    except pa.ArrowException as error:
        raise ValueError(f"a row is not of its table's kind ({error})") from error


def _cell(value: Any) -> Any:
    return unpacked(value) if isinstance(value, bytes) else value
