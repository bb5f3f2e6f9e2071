"""What Deribit's answers are, each field with its type and range; whatever is not so is `Odd` by name.

Prices of inverse options are in coin, of linear ones in USDC; both a unit of the coin, never a contract. Volatilities
come in percent and leave as decimals.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Final, NamedTuple

from bridge.venues.fields import Fields, Odd, ms, number, rows
from hedge.errors import UnknownInstrument
from hedge.ledger.instruments import Instrument, read_instrument

MOST_USD: Final = 1e9
MOST_SIZE: Final = 1e12
PERCENT: Final = 100.0
OPEN: Final = "open"
MS: Final = 1000


class Listing(NamedTuple):
    """One instrument as it is listed.

    Parameters
    ----------
    lot
        The least amount, and the step of it, in units of the coin.
    commission
        The taker's, a share of the underlying.
    tick, coarser
        Step of prices, and (price, step) pairs from which on it is coarser, by price.
    """

    instrument: Instrument
    lot: float
    commission: float
    price_index: str
    open: bool
    tick: float
    coarser: tuple[tuple[float, float], ...]

    def tick_at(self, price: float) -> float:
        """Return the step of prices above a price; the least one where there is none."""
        return next((tick for above, tick in reversed(self.coarser) if price >= above), self.tick)


class Summary(NamedTuple):
    """One option of a whole chain; a side without a quote, and whatever is not said, is NaN."""

    name: str
    bid: float
    ask: float
    mark: float
    vol: float
    forward: float
    open_interest: float
    volume: float
    at_ms: int


class Ticker(NamedTuple):
    """The best quotes of one instrument, with their sizes in coin; a side without one is NaN, of size 0."""

    name: str
    bid: float
    bid_size: float
    ask: float
    ask_size: float
    open: bool
    at_ms: int


class Page(NamedTuple):
    """A page of a history: rows that begin with their time in milliseconds, oldest first.

    Nothing is missing that is later than `reached`, up to the page's end.
    """

    rows: list[tuple[float, ...]]
    reached: int


def listing(content: Any) -> Listing | None:
    """Return an instrument; None where its name is of a kind that we do not trade, as a combination's is."""
    fields = Fields(content)
    name = fields.word("instrument_name")
    try:
        instrument = read_instrument(name)
    except UnknownInstrument:
        return None
    if instrument.is_option:
        _require_name(fields, instrument)
    lot = fields.number("min_trade_amount", 1e-9, 1e6)
    if instrument.linear:  # a contract stands for so many coins, and amounts are multiples of it
        lot = max(lot, fields.number("contract_size", 1e-9, 1e6))
    steps = [Fields(step) for step in rows("tick_size_steps", fields.get("tick_size_steps") or [])]
    return Listing(
        instrument,
        lot,
        fields.number("taker_commission", 0.0, 0.05),
        fields.word("price_index"),
        fields.get("state") in (None, OPEN) and fields.get("is_active") in (None, True),
        fields.number("tick_size", 1e-12, 1e6),
        tuple(
            sorted((step.number("above_price", 0.0, MOST_USD), step.number("tick_size", 1e-12, 1e6)) for step in steps)
        ),
    )


def _require_name(fields: Fields, instrument: Instrument) -> None:
    """Check that the fields of an option say what its name says: one of two that differ is wrong, and which?"""
    said: dict[str, tuple[Any, Any]] = {
        "expiration_timestamp": (fields.ms("expiration_timestamp"), instrument.expiry_at * MS),
        "strike": (fields.number("strike", 1e-9, MOST_USD), float(instrument.strike)),
        "option_type": (fields.word("option_type"), "call" if instrument.is_call else "put"),
    }
    for field, (listed, named) in said.items():
        same = math.isclose(listed, named, rel_tol=1e-9) if isinstance(listed, float) else listed == named
        if not same:
            raise Odd(f"{field} {listed} of {instrument.name} is not what its name says, {named}")


def summary(content: Any) -> Summary:
    """Return one option of a whole chain."""
    fields = Fields(content)
    vol = fields.maybe("mark_iv", 0.0, 1e6) / PERCENT
    return Summary(
        fields.word("instrument_name"),
        _side(fields, "bid_price"),
        _side(fields, "ask_price"),
        fields.maybe("mark_price", 0.0, MOST_USD),
        vol,
        fields.maybe("underlying_price", 1e-9, MOST_USD),
        fields.maybe("open_interest", 0.0, MOST_SIZE),
        fields.maybe("volume", 0.0, MOST_SIZE),
        fields.ms("creation_timestamp"),
    )


def ticker(content: Any) -> Ticker:
    """Return the best quotes of one instrument."""
    fields = Fields(content)
    bid, ask = (_side(fields, name) for name in ("best_bid_price", "best_ask_price"))
    sizes = [fields.maybe(name, 0.0, MOST_SIZE) for name in ("best_bid_amount", "best_ask_amount")]
    bid_size, ask_size = (
        0.0 if math.isnan(size) or math.isnan(price) else size for size, price in zip(sizes, (bid, ask), strict=True)
    )
    is_open = fields.get("state") == OPEN
    return Ticker(fields.word("instrument_name"), bid, bid_size, ask, ask_size, is_open, fields.ms("timestamp"))


def _side(fields: Fields, name: str) -> float:
    """Return a quoted price; 0 is no quote, as null is."""
    price = fields.maybe(name, 0.0, MOST_USD)
    return price if price > 0.0 else math.nan


def bars(content: Any, name: str, columns: int, least: float, most: float) -> list[tuple[float, ...]]:
    """Return rows of a time and numbers, oldest first and each time once."""
    found = []
    for row in rows(name, content, columns + 1):
        values = (number(f"{name} column {place}", row[place], least, most) for place in range(1, columns + 1))
        found.append((float(ms(f"{name} time", row[0])), *values))
    return in_order(name, found)


def in_order(name: str, found: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return rows by time, oldest first; a time that is there twice is `Odd`."""
    found = sorted(found)
    if any(left[0] == right[0] for left, right in pairwise(found)):
        raise Odd(f"a time is there twice in {name}")
    return found
