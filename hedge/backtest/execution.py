"""What can be traded at one moment, and at which price: quotes of every asset, with an answer where one is missing.

buy                     at the ask; without one the order is not done
sell what is held       at the bid; without one at 0, in the money half a percent below intrinsic value
sell what is not held   at the bid; without one the order is not done
mark                    the venue's mark, else the middle, else Black-Scholes at the contract's last volatility
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hedge import options
from hedge.backtest.quotes import Price, Quotes, unbid_price
from hedge.instruments.contract import Contract
from hedge.units import YEAR_SECONDS

ROUNDING: Final = 1e-9
"""Quantity by which a sale may exceed what is held and still be one of it: float noise, far below any lot."""
NO_QUOTE: Final = "orders without a quote"
MODEL_MARK: Final = "marks from a model"
NO_BID: Final = "sales without a bid"
STUB_BID: Final = "sales above a bid that is far below intrinsic value"


@dataclass
class Board:
    """Hold the prices and quotes of one moment.

    Parameters
    ----------
    at : unix seconds. spots : USD by asset. quotes : by asset, None where there are none now.
    vols : the last volatility of each contract that was ever marked; kept from board to board.
    counts : of what was missing, by name; kept likewise. known : quotes that were looked up.
    """

    at: int
    spots: Mapping[str, float]
    quotes: Mapping[str, Quotes | None]
    vols: dict[Contract, float] = field(default_factory=dict)
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    known: dict[Contract, Price | None] = field(default_factory=dict)

    def mark(self, contract: Contract) -> float:
        """Return what one unit is worth now, USD; where no quote says it, that is counted."""
        value, quoted = self._worth(contract)
        self.counts[MODEL_MARK] += not quoted
        return value

    def worth(self, contract: Contract) -> float:
        """Return what one unit is worth now, USD, of a contract that is not held."""
        return self._worth(contract)[0]

    def _worth(self, contract: Contract) -> tuple[float, bool]:
        """Return the worth of one unit, and whether a quote says it."""
        price = self._listed(contract)
        if price is not None:
            if math.isfinite(price.vol):
                self.vols[contract] = price.vol
            for value in (price.mark, 0.5 * (price.bid + price.ask)):
                if value >= 0.0:
                    return value, True
        return self._modelled(contract), False

    def fill(self, contract: Contract, quantity: float, held: float) -> float | None:
        """Return the price at which a signed quantity trades, `held` being in the account; None where nobody deals."""
        price = self._listed(contract)
        if quantity > 0.0:
            return price.ask if price is not None and price.ask > 0.0 else None
        bid = price.bid if price is not None and price.bid > 0.0 else 0.0
        if held + quantity < -ROUNDING:
            return bid or None
        least = unbid_price(contract, self.spots[contract.asset])
        if bid < least or not bid:
            self.counts[STUB_BID if bid else NO_BID] += 1
        return max(bid, least)

    def look_up(self, contracts: Iterable[Contract]) -> None:
        """Ask for the quotes of many contracts at once: they are remembered."""
        new: dict[str, list[Contract]] = {}
        for contract in contracts:
            if contract not in self.known:
                new.setdefault(contract.asset, []).append(contract)
        for asset, some in new.items():
            quotes = self.quotes.get(asset)
            self.known.update(zip(some, quotes.prices(some) if quotes else [None] * len(some), strict=True))

    def _listed(self, contract: Contract) -> Price | None:
        self.look_up((contract,))
        return self.known[contract]

    def _modelled(self, contract: Contract) -> float:
        """Return Black-Scholes at the last volatility that the contract had; intrinsic value where it never had one."""
        spot, years = self.spots[contract.asset], max(contract.expiry_at - self.at, 0) / YEAR_SECONDS
        vol = self.vols.get(contract, math.nan)
        if years == 0.0 or not vol > 0.0:
            return contract.payoff(spot)
        return float(options.price(spot, contract.strike, years, vol, 0.0, 0.0, contract.is_call))
