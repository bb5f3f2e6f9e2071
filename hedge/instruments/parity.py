"""Conversion and reversal: the forward that every strike implies at bid and ask, after fees.

Put-call parity makes a call bought and a put sold at one strike a forward bought at

    K + (call ask - put bid + fees) / discount        and one sold at      K + (call bid - put ask - fees) / discount

A *conversion* buys the listed forward and sells the synthetic one; a *reversal* does the opposite. With listed options
alone, both legs are synthetic: buy the forward at the strike where it is cheapest, sell it where it is dearest (a box).
An edge is what such a round trip earns per unit at expiry. Quotes of one moment rarely leave one; the scan's daily use
is to find the strike at which a layer buys or sells its forward best.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from hedge.errors import NotListed
from hedge.instruments.fees import Fees
from hedge.instruments.leg import Leg
from hedge.instruments.option_chain import OptionChain, Quote


@dataclass(frozen=True)
class ForwardQuote:
    """Hold the forward that one strike's put and call make.

    Parameters
    ----------
    call, put : the quotes. sold_at, bought_at : USD per unit at expiry after fees; NaN where a side has no quote.
    conversion, reversal : edge per unit at expiry against the listed forward, which trades at its one quoted price
        here (its own spread and fee are not in the chain); negative is what parity costs, NaN as above.
    """

    expiry_at: int
    strike: float
    call: Quote
    put: Quote
    sold_at: float
    bought_at: float

    @property
    def conversion(self) -> float:
        """Return what buying the listed forward and selling this one earns."""
        return self.sold_at - self.call.forward

    @property
    def reversal(self) -> float:
        """Return what selling the listed forward and buying this one earns."""
        return self.call.forward - self.bought_at


@dataclass(frozen=True)
class Box:
    """Hold the best round trip in options alone at one expiry: buy the forward at one strike, sell it at another."""

    expiry_at: int
    buy_strike: float
    sell_strike: float
    edge: float


@dataclass(frozen=True)
class ParityScan:
    """Hold every strike's forward, by expiry and strike, and the best box of each expiry that has one."""

    underlying: str
    quotes: tuple[ForwardQuote, ...]
    boxes: tuple[Box, ...]

    @property
    def edges(self) -> tuple[Box, ...]:
        """Return the boxes that earn something after fees."""
        return tuple(box for box in self.boxes if box.edge > 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return a summary in pure JSON types: how many strikes, the best box of each expiry."""
        return {"strikes": len(self.quotes), "boxes": [asdict(box) for box in self.boxes], "edges": len(self.edges)}


def scan_parity(chain: OptionChain) -> ParityScan:
    """Scan a whole chain for the forwards that its strikes imply, at executable quotes after the chain's fees.

    Returns
    -------
    ParityScan : strikes that list both a put and a call and have at least one executable side.
    """
    found = [_forward(chain, call, put) for expiry_at in chain.expiries() for call, put in _pairs(chain, expiry_at)]
    quotes = tuple(forward for forward in found if not (math.isnan(forward.sold_at) and math.isnan(forward.bought_at)))
    boxes = (
        _best_box([forward for forward in quotes if forward.expiry_at == expiry_at]) for expiry_at in chain.expiries()
    )
    return ParityScan(chain.underlying, quotes, tuple(box for box in boxes if box))


def _pairs(chain: OptionChain, expiry_at: int) -> list[tuple[Quote, Quote]]:
    rows = [row for row in chain.rows if row.expiry_at == expiry_at]
    puts = {row.strike: row for row in rows if not row.is_call}
    return [(row, puts[row.strike]) for row in rows if row.is_call and row.strike in puts]


def _forward(chain: OptionChain, call: Quote, put: Quote) -> ForwardQuote:
    """Return one strike's forward; a quote of 0 or NaN is none."""
    growth = math.exp(call.rate * call.expiry)
    sold = _net(call.bid, put.ask, chain.spot, chain.fees)
    bought = _net(put.bid, call.ask, chain.spot, chain.fees)
    strike = call.strike
    return ForwardQuote(call.expiry_at, strike, call, put, strike + growth * sold, strike - growth * bought)


def _net(received: float, paid: float, spot: float, fees: Fees) -> float:
    """Return the cash from selling at one quote and buying at another, after both fees; NaN without both quotes."""
    if not (received > 0.0 and paid > 0.0):
        return math.nan
    return received - paid - fees.usd(received, spot) - fees.usd(paid, spot)


def _best_box(quotes: list[ForwardQuote]) -> Box | None:
    """Return the cheapest purchase beside the dearest sale at another strike; None without both."""
    sales = sorted(
        (forward for forward in quotes if forward.sold_at == forward.sold_at), key=lambda forward: -forward.sold_at
    )[:2]
    buys = sorted(
        (forward for forward in quotes if forward.bought_at == forward.bought_at), key=lambda forward: forward.bought_at
    )[:2]
    pairs = [(buy, sale) for buy in buys for sale in sales if buy.strike != sale.strike]
    if not pairs:
        return None
    buy, sale = max(pairs, key=lambda pair: pair[1].sold_at - pair[0].bought_at)
    return Box(buy.expiry_at, buy.strike, sale.strike, sale.sold_at - buy.bought_at)


STRIKES: Final = 0.2
"""Largest distance of a strike from the spot, a share of it, at which a forward is traded: beyond, nobody quotes it."""
FORWARDS: Final = 0.05
"""Largest distance of the forward that a strike implies from the listed one, as a share of spot: a quote is stale."""


def _tradable(forward: ForwardQuote, price: float, spot: float) -> bool:
    """Tell whether a strike lies near the spot, and the forward that it implies near the listed one."""
    return abs(forward.strike / spot - 1.0) <= STRIKES and abs(price - forward.call.forward) <= FORWARDS * spot


def best_forward(chain: OptionChain, expiry_at: int, sell: bool) -> tuple[Leg, Leg]:
    """Return the put and call, one unit each, that sell (or buy) the forward best at one expiry.

    Only strikes within `STRIKES` of the spot that imply a forward within `FORWARDS` of the listed one are traded.

    Raises
    ------
    NotListed : no such strike of the expiry has both quotes.
    """
    forwards = [_forward(chain, *pair) for pair in _pairs(chain, expiry_at)]
    valued = [forward for forward in forwards if forward.call.vol > 0.0 and forward.put.vol > 0.0]
    if sell:
        sales = [forward for forward in valued if _tradable(forward, forward.sold_at, chain.spot)]
        if sales:
            best = max(sales, key=lambda forward: forward.sold_at)
            return chain.bought(best.put), chain.sold(best.call)
    else:
        buys = [forward for forward in valued if _tradable(forward, forward.bought_at, chain.spot)]
        if buys:
            best = min(buys, key=lambda forward: forward.bought_at)
            return chain.sold(best.put), chain.bought(best.call)
    raise NotListed(f"{chain.underlying} forward", "a strike near the spot with a put and a call quoted", math.nan)
