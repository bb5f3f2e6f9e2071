"""Hold or move: the expected cost of drift against the cost of trading, with hysteresis.

A hedge that is off by d USD of delta costs, over the time T until it is looked at again,

    drift cost(d) = 1/2 risk_aversion vol^2 T d^2        the certainty equivalent of the variance that it leaves open
    trade cost(x) = fixed + proportional |x|             gas and slippage of trading x USD

Moving to y pays where drift cost(d) > drift cost(y) + trade cost(d - y). Its solution is two bands:

    inner = proportional / (risk_aversion vol^2 T)       where one more dollar of trade costs what it saves
    outer = inner + sqrt(2 fixed / (risk_aversion vol^2 T))

Inside the outer band: hold. Outside: trade back to the inner band, not to zero. The gap between the two is the
hysteresis: a drift that wanders around one band does not trade back and forth. Neither loyalty (never trade) nor motion
(always trade) is right by itself; each is a limit, at costs of infinity and of zero.

This is Scarf's (s, S) policy (1960) looking one period ahead. Whalley and Wilmott, "An asymptotic analysis of an
optimal hedging model", 1997, look ahead for ever: their band grows with the cube root of the proportional cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite

Answer = Literal["hold", "move"]


@dataclass(frozen=True)
class Frictions:
    """Hold what drift and trading cost.

    Parameters
    ----------
    vol : of the drifting exposure's price, annual, >= 0. years : until the next look, >= 0.
    risk_aversion : per USD, >= 0: lambda / wealth, where lambda = 1 to 10 is relative risk aversion.
    proportional : share of what is traded, >= 0. fixed : USD per trade, >= 0.
    least_band_usd : a governed floor of the outer band, USD, >= 0 (drift band x book value).

    Raises
    ------
    BadInput : a number is negative, infinite or NaN.
    """

    vol: float
    years: float
    risk_aversion: float
    proportional: float
    fixed: float = 0.0
    least_band_usd: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value >= 0.0):
                raise BadInput(name, value, "must be finite and >= 0")

    @property
    def curvature(self) -> float:
        """Return risk_aversion vol^2 years, per USD: what a dollar of drift costs per dollar of drift."""
        return self.risk_aversion * self.vol**2 * self.years

    @property
    def inner_usd(self) -> float:
        """Return where a trade ends; infinite if drift costs nothing but trading does, 0 if trading is free."""
        if self.proportional == 0.0:
            return 0.0
        return self.proportional / self.curvature if self.curvature > 0.0 else math.inf

    @property
    def outer_usd(self) -> float:
        """Return where a trade begins, at least the governed band; infinite where no drift is worth a trade."""
        if self.curvature == 0.0:
            return math.inf
        return max(self.inner_usd + math.sqrt(2.0 * self.fixed / self.curvature), self.least_band_usd)

    def drift_cost(self, drift_usd: ArrayLike) -> FloatArray:
        """Return the expected cost of drift until the next look, USD; shape of `drift_usd`, NaN passes."""
        return np.asarray(0.5 * self.curvature * finite("drift_usd", drift_usd) ** 2)[()]


@dataclass(frozen=True)
class Motion:
    """Hold the answer, the USD to trade (signed, 0 when holding), and both costs of the two ways, USD.

    hold_cost : drift cost of staying. move_cost : trade cost plus drift cost of what is left, of the best trade.
    """

    answer: Answer
    trade_usd: float
    hold_cost: float
    move_cost: float
    inner_usd: float
    outer_usd: float
    reason: str


def hold_or_move(drift_usd: float, frictions: Frictions) -> Motion:
    """Decide whether a hedge that has drifted is traded back.

    Parameters
    ----------
    drift_usd : exposure minus what the hedge was made for, USD of delta, signed; NaN holds, with the reason.

    Returns
    -------
    The decision; on the band itself it is to hold.

    Raises
    ------
    BadInput : the drift is infinite.

    >>> hold_or_move(300_000.0, Frictions(0.6, 7 / 365, 1e-6, 0.0005, 20.0)).reason
    'move: drift of 300,000 USD costs 311 USD until the next look, trading to 72,421 USD costs 152'
    """
    drift, inner, outer = float(finite("drift_usd", drift_usd)), frictions.inner_usd, frictions.outer_usd
    if math.isnan(drift):
        return Motion("hold", 0.0, math.nan, math.nan, inner, outer, "hold: the drift is unknown")
    kept = math.copysign(min(abs(drift), inner), drift)
    hold = float(frictions.drift_cost(drift))
    traded = abs(drift - kept)
    move = float(frictions.drift_cost(kept)) + frictions.proportional * traded + (frictions.fixed if traded else 0.0)
    costs = f"drift of {abs(drift):,.0f} USD costs {hold:,.0f} USD until the next look"
    if abs(drift) <= outer:
        return Motion("hold", 0.0, hold, move, inner, outer, f"hold: {costs}, inside the band of {outer:,.0f} USD")
    reason = f"move: {costs}, trading to {abs(kept):,.0f} USD costs {move:,.0f}"
    return Motion("move", kept - drift, hold, move, inner, outer, reason)


def follow(changes_usd: ArrayLike, frictions: Frictions) -> tuple[FloatArray, FloatArray]:
    """Apply the decision to a path of changes of the exposure, one look after another.

    Parameters
    ----------
    changes_usd : shape (t,), what the exposure gains between looks, USD; NaN counts as no change.

    Returns
    -------
    (drift left after each look, trade of each look), shape (t,) each, USD. Look i uses changes 0 to i only.
    """
    changes = finite("changes_usd", changes_usd)
    if changes.ndim != 1:
        raise BadInput("changes_usd", changes.shape, "must be a row")
    inner, outer, drift = frictions.inner_usd, frictions.outer_usd, 0.0
    left, trades = np.empty_like(changes), np.zeros_like(changes)
    for i, change in enumerate(np.nan_to_num(changes)):
        drift += change
        if abs(drift) > outer:
            trades[i] = math.copysign(min(inner, abs(drift)), drift) - drift
            drift += trades[i]
        left[i] = drift
    return left, trades


def path_cost(left_usd: ArrayLike, trades_usd: ArrayLike, frictions: Frictions) -> float:
    """Return what a path of decisions cost: drift left open and trades, USD.

    Parameters: shape (t,) each, as `follow` returns them, finite.
    """
    trades = np.abs(finite("trades_usd", trades_usd))
    drift = float(np.sum(frictions.drift_cost(left_usd)))
    return drift + frictions.proportional * float(trades.sum()) + frictions.fixed * int(np.count_nonzero(trades))
