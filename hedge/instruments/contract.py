"""The name of a listed option."""

from __future__ import annotations

from typing import NamedTuple

from hedge.instruments.leg import Leg, expiry_name


class Contract(NamedTuple):
    """Name one listed option: asset, expiry (unix seconds), strike (USD), call or put."""

    asset: str
    expiry_at: int
    strike: float
    is_call: bool

    @property
    def label(self) -> str:
        """Return the instrument as an exchange writes it."""
        return f"{self.asset}-{expiry_name(self.expiry_at)}-{self.strike:g}-{'C' if self.is_call else 'P'}"

    @classmethod
    def of(cls, leg: Leg) -> Contract:
        """Return the contract that a leg trades."""
        return cls(leg.underlying, leg.expiry_at, leg.strike, leg.is_call)

    def payoff(self, price: float) -> float:
        """Return what one unit is worth at expiry, USD."""
        return max(price - self.strike if self.is_call else self.strike - price, 0.0)
