"""Paths made of what happened: filtered historical simulation, and the stationary bootstrap.

Both resample whole rows of a table of log returns, so that assets and pools keep what ties them together, tails
included. One row is one step: `step_days` says how long, and `simulate` refuses any other step.

Sources: G. Barone-Adesi, K. Giannopoulos and L. Vosper, "VaR without correlations for portfolios of derivative
securities", 1999; D. Politis and J. Romano, "The stationary bootstrap", 1994.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, numbers
from hedge.simulate.columns import Columns, asset_count, per_asset, start_columns
from hedge.simulate.path_kernel import RESAMPLED
from hedge.units import YEAR_DAYS

_FEWEST_ROWS: Final = 2


@dataclass(frozen=True)
class Garch:
    """Hold how the variance of a step follows the last: constant + reaction x shock^2 + memory x variance.

    All >= 0, reaction + memory <= 1. `Garch.ewma` is RiskMetrics' average, which never reverts.
    """

    constant: float
    reaction: float
    memory: float

    def __post_init__(self) -> None:
        for name in ("constant", "reaction", "memory"):
            per_asset(name, getattr(self, name), 1, least=0.0)
        if self.reaction + self.memory > 1.0 + 1e-12:
            raise BadInput(
                "memory", self.memory, f"must be at most {1.0 - self.reaction:g}: variance would grow for ever"
            )

    @classmethod
    def ewma(cls, memory: float = 0.94) -> Garch:
        """Return the exponentially weighted average with this weight on the past."""
        return cls(0.0, 1.0 - memory, memory)

    def forecast(self, log_returns: ArrayLike, variance: ArrayLike | None = None) -> FloatArray:
        """Return the variance forecast for each row, and for the one after the last: shape (n + 1, ...).

        Parameters
        ----------
        log_returns : (n,) or (n, assets). variance : of the first row; None takes the whole sample's, which looks ahead
            by so much.
        """
        returns = numbers("log_returns", log_returns)
        out = np.empty((len(returns) + 1, *returns.shape[1:]))
        out[0] = np.mean(returns**2, axis=0) if variance is None else numbers("variance", variance)
        for t, row in enumerate(returns):
            out[t + 1] = self.constant + self.reaction * row * row + self.memory * out[t]
        return out


@dataclass(frozen=True, eq=False)
class FilteredHistory:
    """Filtered historical simulation: past shocks, each over the volatility forecast for it, at the volatility of now.

    A step's log return is drift dt - h / 2 + sqrt(h) e: e a row of the residuals, h the variance of the step, which
    follows `garch`. Residuals are centred and scaled to variance 1 per asset, so that h means what it says.

    Parameters
    ----------
    spot, drift (of the price per year) : per asset.
    log_returns : (n,) or (n, assets), known. forecast : volatility of one step (not annual) forecast for each row
        before it was seen, the same shape, > 0.
    vol_now : volatility of the first step to come, per asset, > 0. garch : one for all assets.
    mean_block : rows that stay together in the mean, >= 1; 1 draws each row alone. step_days : of a row.
    """

    spot: ArrayLike
    log_returns: ArrayLike
    forecast: ArrayLike
    vol_now: ArrayLike
    garch: Garch
    drift: ArrayLike = 0.0
    mean_block: float = 1.0
    step_days: float = 1.0

    def __post_init__(self) -> None:
        count = asset_count(self.spot)
        returns = rows_of("log_returns", self.log_returns, count)
        forecast = rows_of("forecast", self.forecast, count)
        if forecast.shape != returns.shape or np.any(forecast <= 0.0):
            raise BadInput("forecast", forecast.shape, f"must be > 0, shape {returns.shape}")
        now = per_asset("vol_now", self.vol_now, count, least=0.0)
        if np.any(now <= 0.0) or np.any(np.std(returns / forecast, axis=0) <= 0.0):
            raise BadInput("vol_now", now.tolist(), "must be > 0, and the residuals must differ")
        per_asset("drift", self.drift, count)
        check_steps(self.mean_block, self.step_days)

    @classmethod
    def fit(cls, spot: ArrayLike, log_returns: ArrayLike, garch: Garch, step_days: float = 1.0) -> FilteredHistory:
        """Filter returns by `garch` itself, from its first row to the volatility after the last."""
        count = asset_count(spot)
        variance = garch.forecast(rows_of("log_returns", log_returns, count))
        shape = np.shape(log_returns)
        volatility = np.sqrt(variance)
        return cls(spot, log_returns, volatility[:-1].reshape(shape), volatility[-1], garch, step_days=step_days)

    def columns(self, step: float) -> Columns:
        """Return the kernel's numbers; see `hedge.simulate.columns.PathModel`."""
        check_step(step, self.step_days)
        out, count = start_columns(self.spot)
        returns = rows_of("log_returns", self.log_returns, count)
        residuals = returns / rows_of("forecast", self.forecast, count)
        residuals = (residuals - residuals.mean(axis=0)) / residuals.std(axis=0)
        out[:, 1] = per_asset("vol_now", self.vol_now, count) ** 2
        out[:, 2], out[:, 3] = per_asset("drift", self.drift, count) * step, -0.5
        out[:, 4:7] = self.garch.constant, self.garch.reaction, self.garch.memory
        out[:, 8] = 1.0 / self.mean_block
        return Columns(RESAMPLED, out, np.eye(count), residuals.T.ravel(), len(residuals))


@dataclass(frozen=True, eq=False)
class StationaryBootstrap:
    """Politis and Romano's bootstrap: blocks of history of geometric length, round its end, start anywhere.

    Nothing is taken off or scaled: the mean of history stays in, unless `centred`.

    Parameters
    ----------
    spot : per asset. log_returns : (n,) or (n, assets), known, rows in order.
    mean_block : mean number of rows in a block, >= 1. step_days : of a row. centred : take the mean log return off.
    """

    spot: ArrayLike
    log_returns: ArrayLike
    mean_block: float
    step_days: float = 1.0
    centred: bool = False

    def __post_init__(self) -> None:
        rows_of("log_returns", self.log_returns, asset_count(self.spot))
        check_steps(self.mean_block, self.step_days)

    def columns(self, step: float) -> Columns:
        """Return the kernel's numbers; see `hedge.simulate.columns.PathModel`."""
        check_step(step, self.step_days)
        out, count = start_columns(self.spot)
        returns = rows_of("log_returns", self.log_returns, count)
        if self.centred:
            returns = returns - returns.mean(axis=0)
        out[:, 1], out[:, 6] = 1.0, 1.0  # a volatility of 1 that stays
        out[:, 8] = 1.0 / self.mean_block
        return Columns(RESAMPLED, out, np.eye(count), returns.T.ravel(), len(returns))


def rows_of(name: str, values: ArrayLike, count: int) -> FloatArray:
    """Return known numbers as (n, assets), n at least 2."""
    array = numbers(name, values)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] != count or len(array) < _FEWEST_ROWS:
        raise BadInput(name, array.shape, f"must have at least {_FEWEST_ROWS} rows and {count} columns")
    if not np.all(np.isfinite(array)):
        raise BadInput(name, float(array[~np.isfinite(array)][0]), "must be known and finite: fill or drop gaps before")
    return array


def check_steps(mean_block: float, step_days: float) -> None:
    """Refuse blocks and steps that are no lengths."""
    per_asset("mean_block", mean_block, 1, least=1.0)
    if not 0.0 < step_days < np.inf:
        raise BadInput("step_days", step_days, "must be > 0")


def check_step(step: float, step_days: float) -> None:
    """Refuse a step that is not that of the rows."""
    if abs(step * YEAR_DAYS - step_days) > 1e-9 * step_days:
        raise BadInput("steps", step * YEAR_DAYS, f"must make steps of {step_days:g} days, as history's rows are")
