"""A folder of option snapshots, one file each, named by their time: what `alvh collect` writes, read as one chain file.

chains/20260302T120000Z.parquet, chains/20260302T120500Z.parquet, ...
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from bridge.errors import BadFile
from bridge.foreign import foreign
from bridge.tables import MOST_CELLS, UNREADABLE, read_table
from hedge.units import DAY

STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"(\d{8}T\d{6}Z)\.(parquet|csv|csv\.gz)")
BEFORE_SECONDS: Final = DAY
"""How much earlier than the asked time parts are looked at: an underlying may have failed in some rounds."""
FEW: Final = 12
"""Parts of that time which are read: an hour of five minutes each."""


def part_name(observed_at: int) -> str:
    """Return the name of the part of a time, unix seconds.

    >>> part_name(1_772_452_800)
    '20260302T120000Z.parquet'
    """
    return f"{datetime.fromtimestamp(observed_at, UTC).strftime(STAMP)}.parquet"


def part_times(folder: Path) -> list[tuple[int, Path]]:
    """Return the time and place of every part, oldest first.

    Raises
    ------
    BadFile
        Another file is in the folder, or two are of one time.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        name = _NAME.fullmatch(path.name)
        if name is None:
            what = f"{foreign(path.name, 60)} in it is no part of collected quotes, which are named like {part_name(0)}"
            raise BadFile(folder, f"{UNREADABLE}: it is a folder, and {what}")
        try:
            time = int(datetime.strptime(name[1], STAMP).replace(tzinfo=UTC).timestamp())
        except ValueError:
            raise BadFile(path, "is named by a time that does not exist: move it away") from None
        if time in found:
            raise BadFile(path, f"is of the same time as {found[time].name}: keep one of them")
        found[time] = path
    return sorted(found.items())


def read_parts(folder: Path, at: int | None, whole: bool) -> pd.DataFrame:
    """Return the rows of the parts, oldest first.

    Parameters
    ----------
    at
        Unix seconds: of the parts that are not later, only the last `FEW` of a day are read, or the first of all where
        there are none. The newest of all without it.
    whole
        Read all of them.

    Raises
    ------
    BadFile
        There is none, one cannot be read, or they hold too much.
    """
    parts = part_times(folder)
    if not parts:
        raise BadFile(folder, f"{UNREADABLE}: it is a folder without collected quotes, as `alvh collect` writes them")
    if not whole:
        until = [time for time, _ in parts if at is None or time <= at]
        newest = until[-1] if until else parts[0][0]
        parts = [(time, path) for time, path in parts if newest - BEFORE_SECONDS <= time <= newest][-FEW:]
    tables, cells = [], 0
    for _, path in parts:
        tables.append(read_table(path))
        cells += tables[-1].size
        if cells > MOST_CELLS:
            raise BadFile(folder, f"holds more than {MOST_CELLS:,} cells: take a part of it")
    return pd.concat(tables, ignore_index=True)
