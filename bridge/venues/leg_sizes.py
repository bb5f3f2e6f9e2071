"""For how much the venue shows the quotes that a plan's orders would meet: a summary of a whole chain has no sizes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bridge.venues.option_rows import INVERSE, LINEAR_CURRENCY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.venues.deribit import Deribit
    from hedge.decision.trades import Trade


@dataclass(frozen=True)
class LegSize:
    """What is shown at the best price of the side that an order takes; quantities in units of the asset.

    `price` is the venue's quote, in coin or USDC; None where that side is empty now.
    """

    instrument: str
    side: str
    quantity: float
    shown: float
    price: float | None

    @property
    def words(self) -> str:
        """Return what is to be said of it; empty where as much is shown as the order takes."""
        if self.price is None:
            return f"{self.instrument}: to {self.side} {self.quantity:g}, and nobody quotes that side now"
        if self.shown >= self.quantity:
            return ""
        rest = "costs more" if self.side == "buy" else "brings less"
        words = f"the venue shows {self.shown:g} at {self.price:g}, and the order is to {self.side} {self.quantity:g}"
        return f"{self.instrument}: {words}: what is beyond that {rest} than the ticket says"

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines."""
        return asdict(self)


def venue_name(instrument: str, *, linear: bool) -> str:
    """Return how the venue names an option of a plan.

    >>> venue_name("XRP-27MAR26-0.625-C", linear=False), venue_name("ETH-27MAR26-1800-P", linear=False)
    ('XRP_USDC-27MAR26-0d625-C', 'ETH-27MAR26-1800-P')
    """
    asset, _, rest = instrument.partition("-")
    if asset in INVERSE and not linear:
        return instrument
    return f"{asset}_{LINEAR_CURRENCY}-{rest.replace('.', 'd')}"


def leg_sizes(venue: Deribit, trades: Sequence[Trade], *, linear: bool) -> list[LegSize]:
    """Return what is shown for each option of the orders; perpetuals, whose books are deep, are left out.

    Raises
    ------
    SourceUnavailable
        The venue does not answer.
    """
    found = []
    for trade in trades:
        if trade.instrument.count("-") != 3:
            continue
        quotes = venue.ticker(venue_name(trade.instrument, linear=linear))
        price, size = (quotes.ask, quotes.ask_size) if trade.side == "buy" else (quotes.bid, quotes.bid_size)
        known = price == price and quotes.open
        found.append(
            LegSize(trade.instrument, trade.side, trade.quantity, size if known else 0.0, price if known else None)
        )
    return found
