"""Smiles that make one kind of option dear, for tests of what is sold."""

import math
from dataclasses import dataclass

from hedge.instruments.synthetic_chain import Smile


@dataclass(frozen=True)
class Humped(Smile):
    """A smile with a hump a standard deviation from the money, where a condor sells, and none at its wings.

    Parameters
    ----------
    hump : volatility (decimal) at its top.
    """

    half_spread: float = 0.003
    hump: float = 0.3

    def vol(self, strike: float, forward: float, expiry: float, atm_vol: float) -> float:
        """Return the mid implied volatility (decimal) at one strike and expiry (years)."""
        away = abs(math.log(strike / forward)) / (atm_vol * math.sqrt(expiry))
        return super().vol(strike, forward, expiry, atm_vol) + self.hump * math.exp(-0.5 * ((away - 1.0) / 0.25) ** 2)
