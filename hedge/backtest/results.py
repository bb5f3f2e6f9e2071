"""What a backtest leaves behind: the run of one strategy, and the forecasts in it that came due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from hedge.numerics.arrays import FloatArray

KINDS: Final = ("var95", "cvar95", "legs", "decay")


class Calibration(NamedTuple):
    """A forecast beside what became of it.

    kind: "var95" and "cvar95" of a loss, "legs" (value of what was bought), "decay" (value lost while nothing moves);
    made_at, known_at: unix seconds; predicted, realised: USD.
    """

    kind: str
    made_at: int
    known_at: int
    predicted: float
    realised: float


@dataclass(frozen=True, eq=False)
class BacktestRun:
    """Hold what became of one strategy.

    Parameters
    ----------
    strategy : its name. times : unix seconds of each step, shape (n,).
    equity : USD, pools and hedge together. lp : of pools and holdings alone. margin : that the hedge had to keep.
    cash : of the hedge's account, which its trades and settlements move.
    flows : deposits (+) and withdrawals (-) at each step, inside `equity`. turnover : USD traded at each step.
    entries : columns at, kind, label, usd: every change of equity. counts : what was missing or forced, by name.
    calibration : forecasts that came due.
    """

    strategy: str
    times: npt.NDArray[np.int64]
    equity: FloatArray
    flows: FloatArray
    lp: FloatArray
    margin: FloatArray
    turnover: FloatArray
    cash: FloatArray
    entries: pd.DataFrame
    counts: Mapping[str, int]
    calibration: tuple[Calibration, ...] = ()
