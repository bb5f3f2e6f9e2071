"""Rows of a history that contradict the rows beside them: bars, jumps, and jumps that the next row undoes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.errors import BadFile
from hedge.units import DAY

MOST_STEP: Final = 10.0
"""Factor by which no price or index moves from one row to the next within a month."""
MONTH: Final = 30 * DAY
FEW_DAYS: Final = 3 * DAY
MOST_PRICE_STEP: Final = 2.5
"""The same of a price within three days: ETH's daily closes of 2017 to 2026 moved by 1.81 at most."""
MOST_UNDONE: Final = 1.7
"""Factor of a price's move that the next row takes back: 1.24 in daily closes of ETH at most."""
MOST_INDEX_UNDONE: Final = 4.0
"""The same of an index, whose first rows may rest on few returns: 1.40 in DVOL at most."""


def check_bars(path: Path, read: pd.DataFrame) -> None:
    """Refuse a row whose open or close is beyond its high or low.

    Raises
    ------
    BadFile
        The first one.
    """
    ends = [name for name in ("open", "close") if name in read]
    above = read[ends].max(axis=1) > read["high"] if "high" in read else None
    below = read[ends].min(axis=1) < read["low"] if "low" in read else None
    for side, wrong in (("high", above), ("low", below)):
        if wrong is not None and wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            raise BadFile(path, f"row {row + 1}: open or close is beyond {side}")


def check_steps(path: Path, read: pd.DataFrame, scale: float) -> None:
    """Refuse a close that no market moved to: too far, and back in the next row, or the same for a month.

    Parameters
    ----------
    scale
        What the file writes for 1.

    Raises
    ------
    BadFile
        The first one: its row, and what it is beside.
    """
    if "close" not in read:
        return
    close, times = scale * read["close"].to_numpy(float), read.index.to_numpy()
    near, ends = np.diff(times) <= MONTH, np.append(np.flatnonzero(np.diff(close)), len(close) - 1)
    first = np.append(0, ends[:-1] + 1)
    price = path.name.startswith("price_")
    if price and (still := times[ends] - times[first] > MONTH).any():
        row, last = int(first[np.argmax(still)]), int(ends[np.argmax(still)])
        raise BadFile(
            path, f"close is {close[row]:g} in every row from {row + 1} to {last + 1}: a feed that stood still?"
        )
    steps = np.diff(np.log(close))
    _check_undone(path, close, steps, near, MOST_UNDONE if price else MOST_INDEX_UNDONE)
    most = np.where(price & (np.diff(times) <= FEW_DAYS), MOST_PRICE_STEP, MOST_STEP)
    jumps = near & (np.abs(steps) > np.log(most))
    if jumps.any():
        row = int(np.argmax(jumps)) + 1
        said = f"close goes from {close[row - 1]:g} to {close[row]:g} in row {row + 1}"
        raise BadFile(path, f"{said}: is one of them in another unit?")


def _check_undone(
    path: Path, close: npt.NDArray[np.float64], steps: npt.NDArray[np.float64], near: npt.NDArray[np.bool_], most: float
) -> None:
    """Refuse one close far from both rows beside it, which agree."""
    there, back = steps[:-1], steps[1:]
    odd = (there * back < 0.0) & (np.minimum(np.abs(there), np.abs(back)) > np.log(most)) & near[:-1] & near[1:]
    if odd.any():
        row = int(np.argmax(odd)) + 1
        beside = f"{close[row - 1]:g} in the row before it and {close[row + 1]:g} in the next"
        raise BadFile(path, f"close {close[row]:g} in row {row + 1} is beside {beside}: a wrong row, or a lost digit?")
