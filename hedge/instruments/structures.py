"""Structures of listed options: straddle, strangle and variance strip, one unit each."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from hedge.errors import NotListed
from hedge.instruments.leg import Leg
from hedge.instruments.option_chain import OptionChain
from hedge.options.log_contract import chord_weights

STRANGLE_DELTA: Final = 0.25
"""Absolute delta of a strangle's legs: the outermost that exchanges quote tightly at every expiry."""


def straddle(chain: OptionChain, expiry_at: int) -> tuple[Leg, ...]:
    """Return one bought put and call at the strike nearest the forward. Raises `NotListed`."""
    puts = {put.strike: put for put in chain.buyable(expiry_at, is_call=False)}
    calls = {call.strike: call for call in chain.buyable(expiry_at, is_call=True)}
    if not puts.keys() & calls.keys():
        raise NotListed(f"{chain.underlying} straddle", "a strike with both asks", math.nan)
    strike = min(sorted(puts.keys() & calls.keys()), key=lambda strike: abs(strike - puts[strike].forward))
    return chain.bought(puts[strike]), chain.bought(calls[strike])


def strangle(chain: OptionChain, expiry_at: int) -> tuple[Leg, ...]:
    """Return one bought put and call out of the money, each nearest `STRANGLE_DELTA`. Raises `NotListed`."""
    legs = []
    for is_call in (False, True):
        quotes = [quote for quote in chain.buyable(expiry_at, is_call) if (quote.strike > quote.forward) == is_call]
        if not quotes:
            kind = "call" if is_call else "put"
            raise NotListed(f"{chain.underlying} strangle", f"an out-of-the-money {kind} with an ask", math.nan)
        legs.append(chain.bought(min(quotes, key=lambda quote: abs(abs(chain.delta(quote)) - STRANGLE_DELTA))))
    return tuple(legs)


def variance_strip(chain: OptionChain, expiry_at: int) -> tuple[Leg, ...]:
    """Return the strip of a variance swap from all out-of-the-money options quoted on both sides, two options in sum.

    Weights are those of `hedge.volatility.variance_swap`: the same gamma in USD whatever the price.

    Raises
    ------
    NotListed : no straddle is listed in the middle, or a side has less than two options.
    """
    middle = straddle(chain, expiry_at)[0].strike
    both = {kind: [row for row in chain.buyable(expiry_at, kind) if row.bid > 0.0] for kind in (False, True)}
    puts = [row for row in both[False] if row.strike <= middle]
    calls = [row for row in both[True] if row.strike >= middle]
    least = min(len(puts), len(calls))
    if least < 2:
        raise NotListed(f"{chain.underlying} variance strip", "two options on each side", float(least))
    sides = (puts[::-1], calls)
    weights = np.concatenate([chord_weights(np.array([row.strike for row in side]), middle) for side in sides])
    weights *= 2.0 / weights.sum()
    bought = [chain.bought(row) for side in sides for row in side]
    legs = (replace(leg, quantity=float(weight)) for leg, weight in zip(bought, weights, strict=True))
    return tuple(sorted(legs, key=lambda leg: (leg.strike, leg.is_call)))
