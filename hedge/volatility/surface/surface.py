"""The surface: one smile per expiry and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedge.errors import NoSurface
from hedge.instruments.option_chain import OptionChain
from hedge.numerics.arrays import FloatArray, nonnegative, numbers, positive
from hedge.volatility.surface.arbitrage import ArbitrageReport, check_smiles
from hedge.volatility.surface.fitting import Fitted, Target, fit_smile, target
from hedge.volatility.surface.quotes import Dropped, ExpiryQuotes, read_quotes
from hedge.volatility.surface.repair import repair_smiles
from hedge.volatility.surface.svi import Svi

_ROUNDING = 1e-12  # volatilities that differ by less are the same


@dataclass(frozen=True)
class ExpirySmile:
    """Hold the smile of one expiry and how well it meets its quotes.

    expiry in years; forward_source as in `ExpiryQuotes`; smile free of arbitrage, fitted as it was before that; quotes
    the number of strikes fitted to; inside the share of them whose volatility lies between bid and ask; rms_vol_points
    the distance to mid in points (1 = 0.01); iterations the residual evaluations of the solver.
    """

    expiry: float
    forward: float
    forward_source: str
    smile: Svi
    fitted: Svi
    quotes: int
    inside: float
    rms_vol_points: float
    iterations: int

    @property
    def repaired(self) -> bool:
        """Tell whether arbitrage had to be removed."""
        return self.smile != self.fitted


@dataclass(frozen=True)
class Surface:
    """Hold the smiles of a chain in order of expiry; build it with `fit_surface`.

    spot is NaN where the chain does not tell it; dropped counts the rows that no smile is fitted to.
    """

    smiles: tuple[ExpirySmile, ...]
    spot: float
    dropped: Dropped

    def vol(self, strike: ArrayLike, expiry: ArrayLike) -> FloatArray:
        """Return implied volatility, annual decimal.

        Between expiries total variance is linear in time at equal log moneyness. Before the first one volatility is
        that of its smile; beyond the last one total variance grows by the at-the-money variance of its smile, so that
        wings flatten as time goes by. None of this opens calendar arbitrage.

        Parameters
        ----------
        strike : > 0, quote per base. expiry : years, >= 0. They broadcast; NaN gives NaN.

        Raises
        ------
        BadInput : a number outside its domain.
        """
        k, t = np.broadcast_arrays(positive("strike", strike), nonnegative("expiry", expiry))
        moneyness = np.log(k / self.forward(t))
        time = np.maximum(t, self._expiries[0])  # volatility is constant before the first expiry, at no time included
        return np.asarray(np.sqrt(self.total_variance(moneyness, time) / time))[()]

    def total_variance(self, k: ArrayLike, expiry: ArrayLike) -> FloatArray:
        """Return vol^2 * expiry at log moneyness k = ln(strike / forward); shapes, NaN and errors as in `vol`."""
        x, t = np.broadcast_arrays(numbers("k", k), nonnegative("expiry", expiry))
        first, last = self.smiles[0], self.smiles[-1]
        right = np.clip(np.searchsorted(self._expiries, t), 0, len(self.smiles) - 1)
        left = np.maximum(right - 1, 0)
        share = _share(t, self._expiries[left], self._expiries[right])
        between = (1.0 - share) * self._at(left, x) + share * self._at(right, x)
        early = first.smile.total_variance(x) * (t / first.expiry)
        late = last.smile.total_variance(x) + last.smile.at_money * (t / last.expiry - 1.0)
        value = np.where(t <= first.expiry, early, np.where(t > last.expiry, late, between))
        return np.where(np.isnan(t), np.nan, value)[()]

    def forward(self, expiry: ArrayLike) -> FloatArray:
        """Return the forward, log-linear in time through spot (where known) and the forwards of the expiries.

        Beyond the last expiry the mean growth from the first point to the last one goes on; before the first point it
        is that of the first. Parameters and errors as in `vol`.
        """
        t = nonnegative("expiry", expiry)
        times, logs = self._forward_points
        growth = (logs[-1] - logs[0]) / (times[-1] - times[0]) if times.size > 1 else 0.0
        return np.asarray(np.exp(np.interp(t, times, logs) + growth * np.maximum(t - times[-1], 0.0)))[()]

    def arbitrage(self) -> ArbitrageReport:
        """Check butterfly and calendar arbitrage in the smiles as fitted (before) and as they are (after)."""
        expiries = tuple(self._expiries.tolist())
        before = check_smiles(expiries, tuple(smile.fitted for smile in self.smiles))
        return ArbitrageReport(before, check_smiles(expiries, tuple(smile.smile for smile in self.smiles)))

    @property
    def quotes(self) -> int:
        """Return the number of quotes fitted to."""
        return sum(smile.quotes for smile in self.smiles)

    @property
    def inside(self) -> float:
        """Return the share of all quotes whose volatility on the surface lies between bid and ask."""
        return sum(smile.inside * smile.quotes for smile in self.smiles) / self.quotes

    @cached_property
    def _expiries(self) -> FloatArray:
        return np.array([smile.expiry for smile in self.smiles])

    @cached_property
    def _parameters(self) -> FloatArray:
        return np.array([smile.smile for smile in self.smiles])

    @cached_property
    def _forward_points(self) -> tuple[FloatArray, FloatArray]:
        logs = np.log([smile.forward for smile in self.smiles])
        if np.isnan(self.spot):
            return self._expiries, logs
        return np.append(0.0, self._expiries), np.append(np.log(self.spot), logs)

    def _at(self, number: NDArray[np.intp], k: FloatArray) -> FloatArray:
        """Return total variance at k on the smile of each number, same shapes."""
        a, b, rho, m, sigma = np.moveaxis(self._parameters[number], -1, 0)
        x = k - m
        return np.asarray(a + b * (rho * x + np.hypot(x, sigma)))


def fit_surface(chain: pd.DataFrame | OptionChain, rate: float | None = None) -> Surface:
    """Fit a volatility surface without static arbitrage to the bids and asks of a chain.

    Parameters
    ----------
    chain : an `OptionChain`, or a frame with the columns expiry (years), strike, is_call, bid, ask (quote currency per
        unit of underlying; coin prices must be converted first) and, for expiries without a call and a put at one
        strike, forward. What odd rows lead to: see the package.
    rate : continuous, per year; by default that of each expiry's rows, 0 for a frame without the column.

    Raises
    ------
    BadInput : a column is missing, or a number lies outside its domain.
    NoSurface : no expiry has a usable quote.
    """
    spot = chain.spot if isinstance(chain, OptionChain) else np.nan
    expiries, dropped = read_quotes(chain, rate)
    if not expiries:
        raise NoSurface(len(chain.quotes if isinstance(chain, OptionChain) else chain), dropped._asdict())
    goals = tuple(target(quotes) for quotes in expiries)
    fitted = tuple(fit_smile(goal) for goal in goals)
    repaired = repair_smiles(goals, fitted)
    smiles = zip(expiries, goals, fitted, repaired, strict=True)
    return Surface(tuple(_expiry_smile(*terms) for terms in smiles), spot, dropped)


def _expiry_smile(quotes: ExpiryQuotes, goal: Target, fitted: Fitted, repaired: Fitted) -> ExpirySmile:
    vol = np.sqrt(repaired.smile.total_variance(quotes.k) / quotes.expiry)
    inside = (vol >= quotes.bid_vol - _ROUNDING) & (vol <= quotes.ask_vol + _ROUNDING)
    return ExpirySmile(
        expiry=quotes.expiry,
        forward=quotes.forward,
        forward_source=quotes.forward_source,
        smile=repaired.smile,
        fitted=fitted.smile,
        quotes=int(quotes.k.size),
        inside=float(np.mean(inside)),
        rms_vol_points=100.0 * float(np.sqrt(np.mean((vol - goal.mid) ** 2))),
        iterations=repaired.iterations,
    )


def _share(t: FloatArray, left: FloatArray, right: FloatArray) -> FloatArray:
    """Return how far t lies from left to right; 1 where they are one."""
    span = np.asarray(right - left)
    return np.where(span > 0.0, (t - left) / np.where(span > 0.0, span, 1.0), 1.0)
