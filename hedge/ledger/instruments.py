"""The venue's name of an instrument, read once: option, perpetual or future, and what it settles in.

    ETH-27MAR26-1800-P            option, inverse: priced and paid in ETH
    XRP_USDC-27MAR26-0d625-C      option, linear: priced and paid in USDC; d is the decimal point of a strike
    ETH-27MAR26, ETH-PERPETUAL    future and perpetual, inverse: sized in USD, paid in ETH
    SOL_USDC-PERPETUAL            linear: sized in SOL, paid in USDC

Quantities are in units of the underlying (in USD for inverse futures and perpetuals), never in contracts: a contract
of linear options may stand for 10 SOL or 1,000 XRP, but venues report trades in coin.
Source: Deribit, naming of instruments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hedge.errors import UnknownInstrument

if TYPE_CHECKING:
    from hedge.instruments.contract import Contract  # loads the pricing of options, which a list of fills does not need

EXPIRY_HOUR: Final = 8
"""Hour of the day at which everything expires, UTC."""
STABLE: Final = frozenset({"USD", "USDC", "USDT"})
"""Currencies that are counted as one USD."""
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
NAME: Final = re.compile(
    r"(?P<asset>[A-Z][A-Z0-9]{1,11})(?:_(?P<quote>USDC|USDT))?-"
    r"(?:(?P<perpetual>PERPETUAL)|(?P<day>[1-9][0-9]?)(?P<month>[A-Z]{3})(?P<year>[0-9]{2})"
    r"(?:-(?P<strike>(?:0|[1-9][0-9]{0,11})(?:d[0-9]{0,7}[1-9])?)-(?P<right>[CP]))?)"
)
ZERO: Final = Decimal(0)


class InstrumentKind(StrEnum):
    """What is traded."""

    OPTION = "option"
    PERPETUAL = "perpetual"
    FUTURE = "future"


@dataclass(frozen=True)
class Instrument:
    """Hold what a name says.

    Parameters
    ----------
    name : as the venue writes it. kind : option, perpetual or future. asset : the underlying.
    currency : in which it settles. linear : settled in a dollar coin, otherwise in the asset.
    expiry_at : unix seconds, 0 for perpetuals. strike : USD, 0 but for options. is_call : False but for calls.
    """

    name: str
    kind: InstrumentKind
    asset: str
    currency: str
    linear: bool
    expiry_at: int = 0
    strike: Decimal = ZERO
    is_call: bool = False

    @property
    def is_option(self) -> bool:
        """Tell whether it is an option: its price is paid, where a future's gain follows from its prices."""
        return self.kind is InstrumentKind.OPTION

    @property
    def contract(self) -> Contract:
        """Return the option without its settlement: inverse and linear ones of a strike are one contract.

        Raises
        ------
        UnknownInstrument : it is no option.
        """
        if not self.is_option:
            raise UnknownInstrument(self.name)
        from hedge.instruments.contract import Contract

        return Contract(self.asset, self.expiry_at, float(self.strike), self.is_call)

    @property
    def future(self) -> str:
        """Return the name of the future of an option's expiry, into which it may be delivered."""
        return self.name.rsplit("-", 2)[0]

    def payoff(self, price: Decimal) -> Decimal:
        """Return what one unit of an option is worth at expiry, USD."""
        return max(price - self.strike if self.is_call else self.strike - price, ZERO)


@lru_cache(maxsize=16_384)
def read_instrument(name: str) -> Instrument:
    """Return the instrument of a name.

    Raises
    ------
    UnknownInstrument : it is none of the forms above, or its day does not exist.

    Examples
    --------
    >>> read_instrument("XRP_USDC-30JUN23-0d625-C").strike
    Decimal('0.625')
    >>> read_instrument("ETH-5JUN26").currency
    'ETH'
    """
    found = NAME.fullmatch(name)
    if found is None:
        raise UnknownInstrument(name)
    asset, quote, strike = found["asset"], found["quote"], found["strike"]
    settled = (asset, quote or asset, quote is not None)
    if found["perpetual"]:
        return Instrument(name, InstrumentKind.PERPETUAL, *settled)
    try:
        month = MONTHS.index(found["month"]) + 1
        expiry = datetime(2000 + int(found["year"]), month, int(found["day"]), EXPIRY_HOUR, tzinfo=UTC)
    except ValueError:
        raise UnknownInstrument(name) from None
    expiry_at = int(expiry.timestamp())
    if strike is None:
        return Instrument(name, InstrumentKind.FUTURE, *settled, expiry_at)
    amount = Decimal(strike.replace("d", "."))
    if not amount:
        raise UnknownInstrument(name)
    return Instrument(name, InstrumentKind.OPTION, *settled, expiry_at, amount, found["right"] == "C")
