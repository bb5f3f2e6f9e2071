"""Tables from CSV or parquet files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bridge.errors import BadFile


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
