"""Whether an option in coin can have cost what a row says: its index, strike and time bound that from both sides.

A venue quotes such an option in coin, so a price in USD of a far option can look like one in coin. It is no less than
its intrinsic value, and implies no volatility that no market has shown, at a forward that may be away from the index.
"""

from __future__ import annotations

from decimal import Decimal
from math import erfc, exp, log, sqrt
from typing import Final

from bridge.ledger.exports.row import Unreadable
from bridge.units import YEAR_SECONDS
from hedge.ledger.instruments import Instrument

MOST_VOL: Final = 5.0
"""The highest that a trade implies: of 203,875 recorded quotes with both sides near each other, the middle is at most
0.978 of the worth that this makes, 0.01 coins added."""
LEAST_YEARS: Final = 1.0 / 8760
"""An hour, which an option that is about to expire has left here."""
SLACK: Final = 0.01
"""Coins beside both bounds: 20 ticks of the venue's coarsest step."""
SHARE: Final = 0.95
"""Of both bounds: bids far in the money are 0.4 % below the intrinsic value."""
BASIS: Final = 0.03
BASIS_A_YEAR: Final = 0.75
BASIS_LAST: Final = 0.1
"""Log distance of a forward from the index: of the last two days, or of any time and more of it a year. Recorded chains
are within 0.054 in the last two days, and within 0.44 of the bound of `bridge.sources.quote_expiries` later."""
LAST: Final = 2.0 / 365


def coin_price(forward: float, strike: float, years: float, vol: float, is_call: bool) -> float:
    """Return Black's price of an option in coin, as `hedge.options.inverse.inverse_price` does of arrays.

    Of one option it takes an eightieth of the time, and a file has a hundred thousand.

    >>> round(coin_price(2_000.0, 2_000.0, 30 / 365, 0.60, True), 5)
    0.06854
    """
    spread, sign = vol * sqrt(years), 1.0 if is_call else -1.0
    nearer = log(forward / strike) / spread + 0.5 * spread
    share, paid = (0.5 * erfc(-sign * point / sqrt(2.0)) for point in (nearer, nearer - spread))
    return sign * (share - strike / forward * paid)


def check_worth(traded: Instrument, price: Decimal, index: Decimal, at_ms: int) -> None:
    """Refuse a price in coin below the intrinsic value, or above what any volatility of a market gives.

    Raises
    ------
    Unreadable
        It is: the bound is said, and the price in USD.
    """
    years = max((traded.expiry_at - at_ms / 1000) / YEAR_SECONDS, LEAST_YEARS)
    away = BASIS_LAST if years < LAST else BASIS + BASIS_A_YEAR * min(years, 1.0)
    spot, strike, paid = float(index), float(traded.strike), float(price)
    sign = 1.0 if traded.is_call else -1.0
    poor, rich = spot * exp(-sign * away), spot * exp(sign * away)
    least = SHARE * max(sign * (1.0 - strike / poor), 0.0) - SLACK
    most = coin_price(rich, strike, years, MOST_VOL, traded.is_call) / SHARE + SLACK
    if least <= paid <= most:
        return
    why = f"at the index {index} it is worth {max(least, 0.0):.4g} or more, and at most {most:.4g}"
    raise Unreadable(
        "price", f"{price} {traded.currency} cannot be: {why}: it is in coin, {paid * spot:.6g} USD a unit"
    )
