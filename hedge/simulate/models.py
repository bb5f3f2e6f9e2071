"""Models of prices: parameters, and the column of numbers that `path_kernel` reads.

Shared by every model here
--------------------------
`spot` is one price or one per asset, > 0; what else is "per asset" is one number for all or one for each. drift is that
of the price per year, continuously compounded: E[S_t] = spot exp(drift t), exact but for Heston's scheme, whose bias
docs/simulate.md states. Volatility is annual, decimal; a year has 365 days. `correlation` is a matrix, its diagonal 1,
or None for independent assets. Unknown, infinite or impossible numbers raise `BadInput` when a model is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm
from scipy.special import exprel, gammaincc

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, numbers
from hedge.options.heston import Heston
from hedge.simulate.columns import Columns, asset_count, per_asset, start_columns, triangle
from hedge.simulate.path_kernel import GBM as GBM_KIND
from hedge.simulate.path_kernel import HESTON, JUMPS, REGIMES

_NOTHING: Final = np.empty(0)
_MOST_JUMPS_A_STEP: Final = 10.0
_POISSON_TAIL: Final = 1e-12


@dataclass(frozen=True, eq=False)
class GBM:
    """Geometric Brownian motion: ln S gains (drift - vol^2 / 2) dt + vol dW. Exact at any step.

    Parameters
    ----------
    spot, vol (>= 0), drift : per asset; see the module. correlation : of the assets' Brownian motions.
    """

    spot: ArrayLike
    vol: ArrayLike
    drift: ArrayLike = 0.0
    correlation: ArrayLike | None = None
    _triangle: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        count = asset_count(self.spot)
        per_asset("vol", self.vol, count, least=0.0)
        per_asset("drift", self.drift, count)
        object.__setattr__(self, "_triangle", triangle(self.correlation, count))

    def columns(self, step: float) -> Columns:
        """Return the kernel's numbers; see `PathModel`."""
        out, count = start_columns(self.spot)
        vol = per_asset("vol", self.vol, count)
        out[:, 2] = (per_asset("drift", self.drift, count) - 0.5 * vol * vol) * step
        out[:, 3] = vol * np.sqrt(step)
        return Columns(GBM_KIND, out, self._triangle, _NOTHING, 0)


@dataclass(frozen=True, eq=False)
class HestonPaths:
    """Heston's stochastic volatility by Andersen's quadratic-exponential scheme, without its martingale correction.

    Parameters
    ----------
    spot, drift : per asset. variance : one `hedge.options.Heston`, or one per asset.
    correlation : of the assets' returns. With rho_a = cos(angle_a) the drivers correlate by C_ab / cos(angle_a -
        angle_b), prices with prices and variances with variances; where no such drivers exist it is refused.
    """

    spot: ArrayLike
    variance: Heston | Sequence[Heston]
    drift: ArrayLike = 0.0
    correlation: ArrayLike | None = None
    _triangle: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        count = asset_count(self.spot)
        per_asset("drift", self.drift, count)
        if len(self._variances(count)) != count:
            raise BadInput("variance", len(self._variances(count)), f"must be one, or one for each of {count} assets")
        angle = np.arccos([variance.rho for variance in self._variances(count)])
        drivers = None
        if self.correlation is not None:
            drivers = numbers("correlation", self.correlation)
            if drivers.shape == (count, count):
                with np.errstate(divide="ignore", invalid="ignore"):
                    drivers = np.where(drivers == 0.0, 0.0, drivers / np.cos(angle[:, None] - angle))
        object.__setattr__(self, "_triangle", triangle(drivers, count))

    def _variances(self, count: int) -> tuple[Heston, ...]:
        return (self.variance,) * count if isinstance(self.variance, Heston) else tuple(self.variance)

    def columns(self, step: float) -> Columns:
        """Return the kernel's numbers; see `PathModel`. Source: L. Andersen, 2007, section 3."""
        out, count = start_columns(self.spot)
        drift = per_asset("drift", self.drift, count)
        for row, variance, growth in zip(out, self._variances(count), drift, strict=True):
            kappa, theta, xi, rho = variance.kappa, variance.theta, variance.vol_of_vol, variance.rho
            decay, pull = np.exp(-kappa * step), step * exprel(-kappa * step)  # pull = (1 - decay) / kappa
            half = 0.5 * step * (kappa * rho / xi - 0.5)
            row[1:6] = (
                variance.v0,
                decay,
                theta * (1.0 - decay),
                xi**2 * decay * pull,
                0.5 * theta * kappa * (xi * pull) ** 2,
            )
            row[6] = growth * step - rho * kappa * theta * step / xi
            row[7:10] = half - rho / xi, half + rho / xi, 0.5 * step * (1.0 - rho**2)
        return Columns(HESTON, out, self._triangle, _NOTHING, 0)


@dataclass(frozen=True, eq=False)
class Merton:
    """Merton's jumps: between steps a Poisson number of lognormal jumps on top of Brownian motion. Exact at any step.

    Assets jump together; given how often they did, their log returns are normal with the correlation.

    Parameters
    ----------
    spot, vol (>= 0), drift : per asset. jumps : expected number a year, >= 0, at most 10 a step.
    jump_mean, jump_std (>= 0) : of the log of one jump, per asset. correlation : of the assets' log returns.
    """

    spot: ArrayLike
    vol: ArrayLike
    jumps: float
    jump_mean: ArrayLike
    jump_std: ArrayLike
    drift: ArrayLike = 0.0
    correlation: ArrayLike | None = None
    _triangle: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        count = asset_count(self.spot)
        for name, least in (("vol", 0.0), ("jump_mean", -np.inf), ("jump_std", 0.0), ("drift", -np.inf)):
            per_asset(name, getattr(self, name), count, least)
        per_asset("jumps", self.jumps, 1, least=0.0)
        object.__setattr__(self, "_triangle", triangle(self.correlation, count))

    def columns(self, step: float) -> Columns:
        """Return the kernel's numbers; see `PathModel`."""
        mean = self.jumps * step
        if mean > _MOST_JUMPS_A_STEP:
            raise BadInput("jumps", self.jumps, f"must be at most {_MOST_JUMPS_A_STEP:g} a step: take shorter steps")
        out, count = start_columns(self.spot)
        vol, size = per_asset("vol", self.vol, count), per_asset("jump_mean", self.jump_mean, count)
        variance = per_asset("jump_std", self.jump_std, count) ** 2
        growth = self.jumps * np.expm1(size + 0.5 * variance)
        out[:, 2] = (per_asset("drift", self.drift, count) - growth - 0.5 * vol * vol) * step
        out[:, 3], out[:, 4], out[:, 5] = vol * vol * step, size, variance
        cumulative = gammaincc(np.arange(1.0, 65.0), mean) if mean > 0.0 else np.ones(1)
        most = int(np.searchsorted(cumulative, 1.0 - _POISSON_TAIL)) + 1
        return Columns(JUMPS, out, self._triangle, cumulative[:most], min(most, len(cumulative)))


@dataclass(frozen=True, eq=False)
class Regimes:
    """A Markov chain of volatilities: within a step the volatility is that of the state at its start.

    Parameters
    ----------
    spot : one price. vols : of each state, >= 0.
    rates : (states, states), off the diagonal switches a year from row to column, >= 0; the diagonal is not read.
    first : probability of each state at the start; None: the chain's own long run. drift : as above.
    """

    spot: float
    vols: Sequence[float]
    rates: ArrayLike
    first: ArrayLike | None = None
    drift: float = 0.0

    def __post_init__(self) -> None:
        if asset_count(self.spot) != 1:
            raise BadInput("spot", self.spot, "must be one price")
        states = len(self.vols)
        if states < 1:
            raise BadInput("vols", self.vols, "must name at least one state")
        per_asset("vols", self.vols, states, least=0.0)
        per_asset("drift", self.drift, 1)
        rates = numbers("rates", self.rates)
        if rates.shape != (states, states) or not np.all(np.isfinite(rates[~np.eye(states, dtype=bool)])):
            raise BadInput("rates", rates.shape, f"must be known, shape ({states}, {states})")
        if np.any(rates[~np.eye(states, dtype=bool)] < 0.0):
            raise BadInput("rates", float(np.min(rates)), "must be >= 0 off the diagonal")
        start = self.first_state()
        if start.shape != (states,) or not (np.all(start >= 0.0) and abs(start.sum() - 1.0) < 1e-9):
            raise BadInput("first", start.tolist(), f"must be {states} probabilities that sum to 1")

    def generator(self) -> FloatArray:
        """Return the rates with a diagonal that makes each row sum to 0."""
        rates = numbers("rates", self.rates) * (1.0 - np.eye(len(self.vols)))
        return np.asarray(rates - np.diag(rates.sum(axis=1)))

    def first_state(self) -> FloatArray:
        """Return the probability of each state at the start, shape (states,)."""
        if self.first is not None:
            return numbers("first", self.first)
        generator = self.generator()
        system = np.vstack([generator.T, np.ones(len(generator))])
        found = np.linalg.lstsq(system, np.append(np.zeros(len(generator)), 1.0), rcond=None)[0]
        return np.asarray(np.maximum(found, 0.0) / np.maximum(found, 0.0).sum())

    def columns(self, step: float) -> Columns:
        """Return the kernel's numbers; see `PathModel`."""
        out, _ = start_columns(self.spot)
        out[0, 2] = self.drift * step
        deviations = np.asarray(self.vols, dtype=np.float64) * np.sqrt(step)
        transitions = np.cumsum(expm(self.generator() * step), axis=1)
        table = np.concatenate([deviations, np.cumsum(self.first_state()), transitions.ravel()])
        return Columns(REGIMES, out, np.ones((1, 1)), table, len(deviations))
