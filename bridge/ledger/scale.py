"""Whether prices that come into the ledger are of the scale of those that are in it: each is compared with the nearest.

A price of a coin stands in an inverse entry as its index, in a trade of a linear future or perpetual and in a delivery
as the price. A wrong one makes gains, margin and fees wrong by its factor, and nothing else in the ledger shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from bridge.errors import RefusedAction
from bridge.formats import printable
from bridge.ledger.corrections import Key
from bridge.ledger.rows import Delivery
from bridge.ledger.store import Store
from bridge.units import utc
from hedge.errors import UnknownInstrument
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import STABLE, Instrument, read_instrument
from hedge.ledger.reversals import standing

MOST_TIMES: Final = 3
"""Factor between two prices of a coin: in its wildest fortnight of 2017 to 2024 ETH moved by 2.3."""
NEAR_MS: Final = 14 * 86_400_000
"""Entries that lie further apart in time are not compared; a delivery price is compared with whatever is nearest."""
STRIKES: Final = 20
"""Times that a delivery price is away from every strike of its expiry, where no price of the coin is known."""


class Seen(NamedTuple):
    """Hold a price of a coin in USD, when it was, and the entry that says it."""

    at_ms: int
    usd: Decimal
    name: str


def price_in(fill: Fill) -> tuple[str, Decimal] | None:
    """Return the coin of which an entry says a price, and the price in USD; None where it says none."""
    if fill.currency not in STABLE:
        return fill.currency, fill.index
    if not fill.instrument or fill.kind not in (FillKind.TRADE, FillKind.DELIVERY):
        return None
    traded = _traded(fill.instrument)
    if traded is None or fill.price <= 0 or (traded.is_option and fill.kind is FillKind.TRADE):
        return None
    return traded.asset, fill.price


def check_fills(store: Store, fills: Sequence[Fill], without: Iterable[Key] = ()) -> None:
    """Compare the prices in entries that are to come with those nearest in time, of the ledger and of each other.

    Parameters
    ----------
    without
        Entries of the ledger that do not count, such as one that these correct.

    Raises
    ------
    RefusedAction
        Two of them are more than three times apart within a fortnight: both are named with their numbers.
    """
    said = [(fill, price_in(fill)) for fill in fills if not fill.reverses]
    if not any(found for _, found in said):
        return
    left_out = set(without)
    known = [fill for fill in standing(store.fills()) if fill.key not in left_out]
    keys = {fill.key for fill in known} | left_out
    fresh = [(found[0], Seen(fill.at_ms, found[1], fill.id)) for fill, found in said if found and fill.key not in keys]
    seen = _by_coin(known)
    for coin, price in fresh:
        seen[coin].append(price)
    for coin in {coin for coin, _ in fresh}:
        prices, new = sorted(seen[coin]), {price for other, price in fresh if other == coin}
        apart = [pair for pair in pairwise(prices) if not new.isdisjoint(pair) and _apart(*pair)]
        if apart:
            middle = median(price.usd for price in prices)
            one, other = sorted(apart[0], key=lambda price: (price in new, max(price.usd / middle, middle / price.usd)))
            raise RefusedAction(
                f"{printable(other.name)} says {other.usd:f} USD for a {coin}, and {printable(one.name)} of "
                f"{utc(one.at_ms // 1000)} says {one.usd:f}, more than {MOST_TIMES} times apart: look at the index and "
                "its unit, correct the wrong one, or take it with --force"
            )


def check_delivery(store: Store, delivery: Delivery) -> None:
    """Compare the delivery price of an expiry with the price of its coin that is known nearest to it.

    Without one it is compared with the strikes of the expiry.

    Raises
    ------
    RefusedAction
        It is more than three times away, or more than twenty times from every strike: both numbers are said.
    """
    fills = list(standing(store.fills()))
    prices = _by_coin(fills)[delivery.asset]
    prices += [
        Seen(each.expiry_at * 1000, each.price, f"the delivery of {utc(each.expiry_at)[:10]}")
        for each in store.deliveries()
        if each.asset == delivery.asset and each.expiry_at != delivery.expiry_at
    ]
    how = "look at the unit and the coin, or take it with --force"
    what = f"--delivery {delivery.price:f} of {delivery.asset} at {utc(delivery.expiry_at)[:10]}"
    if prices:
        near = min(prices, key=lambda price: abs(price.at_ms - delivery.expiry_at * 1000))
        if _times(near.usd, delivery.price) > MOST_TIMES:
            last = f"{near.usd:f} of {utc(near.at_ms // 1000)[:10]} ({printable(near.name)})"
            raise RefusedAction(
                f"{what} is more than {MOST_TIMES} times away from the price known nearest, {last}: {how}"
            )
        return
    found = (_traded(fill.instrument) for fill in fills if fill.instrument)
    strikes = {
        one.strike
        for one in found
        if one and one.is_option and (one.asset, one.expiry_at) == (delivery.asset, delivery.expiry_at)
    }
    if strikes and all(_times(strike, delivery.price) > STRIKES for strike in strikes):
        raise RefusedAction(f"{what} is more than {STRIKES} times away from its strikes, {min(strikes)} and up: {how}")


def _by_coin(fills: Iterable[Fill]) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = defaultdict(list)
    for fill in fills:
        said = price_in(fill)
        if said:
            found[said[0]].append(Seen(fill.at_ms, said[1], fill.id))
    return found


def _traded(name: str) -> Instrument | None:
    try:
        return read_instrument(name)
    except UnknownInstrument:
        return None


def _apart(one: Seen, other: Seen) -> bool:
    return other.at_ms - one.at_ms <= NEAR_MS and _times(one.usd, other.usd) > MOST_TIMES


def _times(one: Decimal, other: Decimal) -> Decimal:
    return max(one / other, other / one)
