"""Tables from CSV or parquet files, and their columns of times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.errors import BadFile
from hedge.signals.known import unix_seconds

LAST_SECOND = 2**32  # year 2106; a larger number of seconds is a number of milliseconds


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV (gzipped too) or parquet file.

    Raises
    ------
    BadFile
        It is absent, or no table.
    """
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError:
        raise BadFile(path, "no such file") from None
    except (ValueError, OSError, EOFError) as error:
        raise BadFile(path, f"cannot be read as a table: {error}") from error


def read_seconds(column: pd.Series) -> npt.NDArray[np.int64]:
    """Return ISO 8601 times (UTC where they do not say) or unix seconds as whole unix seconds, fractions rounded up.

    Raises
    ------
    ValueError
        A time is empty, no time, or outside 1970 to 2106.
    """
    if column.isna().any():
        raise ValueError(f"{column.name} is empty in a row")
    if pd.api.types.is_numeric_dtype(column):
        seconds = np.ceil(column.to_numpy(dtype=np.float64)).astype(np.int64)
    else:
        seconds = unix_seconds(pd.DatetimeIndex(pd.to_datetime(column, utc=True, format="ISO8601")))
    if (seconds < 0).any() or (seconds > LAST_SECOND).any():
        raise ValueError(f"{column.name} is outside 1970 to 2106: unix times are in seconds")
    return np.asarray(seconds, dtype=np.int64)
