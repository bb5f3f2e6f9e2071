"""Tables from CSV or parquet files."""

from __future__ import annotations

from pathlib import Path
from warnings import catch_warnings, simplefilter

import pandas as pd

from bridge.errors import BadFile


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV (gzipped too) or parquet file; every column is found by its name, none by its place.

    Raises
    ------
    BadFile
        It is absent, no table, has one name twice, or rows with more values than there are names.
    """
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        names = pd.read_csv(path, header=None, nrows=1, dtype=str).iloc[0].dropna().str.strip()
        if names.duplicated().any():
            raise BadFile(path, f"the column {names[names.duplicated()].iloc[0]} is there twice: keep one of them")
        with catch_warnings():
            simplefilter("error", pd.errors.ParserWarning)  # rows longer than the names: else the first is an index
            return pd.read_csv(path, index_col=False)
    except FileNotFoundError:
        raise BadFile(path, "no such file") from None
    except pd.errors.ParserWarning:
        raise BadFile(path, "the rows have more values than the first line has names: name every column") from None
    except (ValueError, OSError, EOFError) as error:
        raise BadFile(path, f"cannot be read as a table: {str(error).splitlines()[0]}") from error
