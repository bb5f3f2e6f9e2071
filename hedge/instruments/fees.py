"""What an exchange charges for a trade: an explicit input of every chain, paid by every leg.

Each leg is charged in full, as if it were traded alone. Exchanges give a rebate on combinations (Deribit waives the
cheaper side of one); legs here are priced one by one at listed quotes, so no rebate is counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from hedge.errors import BadInput


@dataclass(frozen=True)
class Fees:
    """State the fee of one unit: a flat part, and a share of the underlying that a share of the price caps.

    Parameters
    ----------
    of_underlying, of_price : shares in [0, 1). per_unit : USD per unit of quantity, finite and >= 0.

    Raises
    ------
    BadInput : a number out of its range.

    Examples
    --------
    >>> round(Fees().usd(price=100.0, underlying=2000.0), 2), round(Fees().usd(price=1.0, underlying=2000.0), 3)
    (0.6, 0.125)
    """

    of_underlying: float = 0.0003
    of_price: float = 0.125
    per_unit: float = 0.0

    def __post_init__(self) -> None:
        for name in ("of_underlying", "of_price"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise BadInput(name, getattr(self, name), "must be in [0, 1)")
        if not 0.0 <= self.per_unit < math.inf:
            raise BadInput("per_unit", self.per_unit, "must be finite and >= 0")

    def usd(self, price: float, underlying: float) -> float:
        """Return the fee of one unit that trades at `price` USD; NaN where there is no price.

        Parameters
        ----------
        underlying : USD that the share is of; on Deribit the index, whatever the forward of the expiry.
        """
        if math.isnan(price):
            return math.nan
        return self.per_unit + min(self.of_underlying * underlying, self.of_price * price)


DERIBIT: Final = Fees()
"""Deribit's taker fee on BTC and ETH options, 2026: 0.03 % of the index, at most 12.5 % of the option's price."""
NO_FEES: Final = Fees(0.0, 0.0)
