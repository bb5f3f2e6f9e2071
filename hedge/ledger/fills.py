"""One change of what is held, as a venue reports it: a trade, a delivery, funding, a fee, money moved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from hedge.errors import BadInput

ZERO: Final = Decimal(0)


class FillKind(StrEnum):
    """What happened: a trade, an expiry paid out, funding of a perpetual, a fee alone, money moved in or out."""

    TRADE = "trade"
    DELIVERY = "delivery"
    FUNDING = "funding"
    FEE = "fee"
    TRANSFER = "transfer"


@dataclass(frozen=True)
class Fill:
    """Hold one entry of the ledger.

    Parameters
    ----------
    book, venue, id : together the name of the entry; the id is the venue's own where it has one.
    at_ms : when it happened, milliseconds since 1970, UTC. kind : what happened.
    instrument : as the venue names it, ``ETH-27MAR26-1800-P``; empty for a transfer.
    quantity : change of the position in the venue's unit, negative where sold: units of the underlying for options and
        linear contracts, USD for inverse perpetuals and futures. 0 for funding, fees and transfers.
    price : of one unit in the venue's quote: coin for inverse options, USD for the others; the delivery price of a
        delivery. 0 where there is none.
    currency : in which `cash` and `fee` stand: BTC, ETH, USDC, USD.
    cash : its change before the fee, negative where paid; 0 for trades of perpetuals and futures, whose gain follows
        from their prices. 0 in the delivery of an option in the money says that it became the future of its expiry.
    fee : paid, negative where rebated.
    index : USD per unit of the currency at that time; 1 for USD.
    plan, order : the hash of the plan and the number of its order that this filled; empty where it names none.
    reverses : the id of the entry that this takes back; empty where it takes back none. note : free words.

    Raises
    ------
    BadInput : a name that is empty, a number that is not finite, an index that is not > 0.
    """

    book: str
    venue: str
    id: str
    at_ms: int
    kind: FillKind
    instrument: str
    quantity: Decimal
    price: Decimal
    currency: str
    cash: Decimal
    fee: Decimal
    index: Decimal
    plan: str = ""
    order: str = ""
    reverses: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("book", "venue", "id", "currency"):
            if not getattr(self, name):
                raise BadInput(name, "", "must not be empty")
        for name in ("quantity", "price", "cash", "fee", "index"):
            if not getattr(self, name).is_finite():
                raise BadInput(name, getattr(self, name), "must be finite")
        if self.index <= ZERO:
            raise BadInput("index", self.index, "must be > 0")

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what names the entry: book, venue and id."""
        return self.book, self.venue, self.id
