"""A perpetual future on an asset, as a leg: it gains with the price, has no expiry, and ties up no premium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hedge.instruments.leg import Leg, LegGreeks
from hedge.numerics.arrays import FloatArray

YEAR: Final = 1.0
"""Years that stand for "no expiry" where a leg must have one."""


@dataclass(frozen=True)
class PerpetualLeg(Leg):
    """Hold a perpetual: `price` is where it trades, `quantity` units of the asset, negative where sold.

    Its margin is no cost; what it costs is the fee. Funding is not in its value.
    """

    perpetual: bool = True

    @classmethod
    def of(cls, asset: str, quantity: float, spot: float, observed_at: int, lot: float, fee: float) -> PerpetualLeg:
        """Return units of a perpetual at a spot; fee : USD per unit traded."""
        at = observed_at + round(YEAR * 365 * 86_400)
        return cls(asset, at, YEAR, 0.0, True, quantity, spot, 0.0, spot, 0.0, 0.0, lot, fee, fee)

    @property
    def label(self) -> str:
        """Return the instrument as an exchange writes it, such as ``ETH-PERPETUAL``."""
        return f"{self.underlying}-PERPETUAL"

    @property
    def cost_usd(self) -> float:
        """Return the fee: nothing else is paid."""
        return self.fees_usd

    @property
    def time_value_usd(self) -> float:
        """Return 0: nothing decays."""
        return 0.0

    def payoff(self, price: FloatArray | float) -> FloatArray:
        """Return the USD that it has gained at a price."""
        return np.asarray(self.quantity * (np.asarray(price) - self.price), dtype=np.float64)

    def value(self, spot: FloatArray | float, elapsed: float = 0.0, vol_move: FloatArray | float = 0.0) -> FloatArray:
        """Return the USD that it has gained at a spot, whatever time and volatility did."""
        return self.payoff(spot) + np.zeros(np.shape(vol_move))

    def greeks(self, spot: float) -> LegGreeks:
        """Return its delta; nothing else moves it."""
        return LegGreeks(delta=self.quantity)
