"""Two ways to the same option: outright, or as the synthetic that put-call parity makes of the other kind.

    put(K)  = call(K) - [call(J) - put(J)] + cash        call(K) = put(K) + [call(J) - put(J)] + cash

The bracket is a forward, traded as a conversion or reversal at another strike J of the same expiry: no listed future
is needed, and none is in the chain. Both ways pay the same up to cash that is known now, so they are compared by time
value and fees, which parity leaves to the quotes.
"""

from __future__ import annotations

import math

from hedge.instruments.leg import Leg
from hedge.instruments.option_chain import OptionChain, Quote

Structure = tuple[Leg, ...]


def cheapest_execution(chain: OptionChain, quote: Quote, sell: bool = False) -> tuple[Structure, str]:
    """Return one unit of an option, bought or sold outright or as its cheapest synthetic, and how they compare.

    Parameters
    ----------
    quote : an option of the chain with an ask, or where it is sold with a bid.
    """
    outright = (chain.sold(quote) if sell else chain.bought(quote),)
    cost = time_cost(outright)
    best = min(_synthetics(chain, quote, sell), key=time_cost, default=None)
    if best is None:
        return outright, f"outright at {cost:,.2f} of time value; no synthetic is quoted"
    other = time_cost(best)
    if other < cost:
        return best, f"synthetic at {other:,.2f} of time value against {cost:,.2f} outright"
    return outright, f"outright at {cost:,.2f} of time value against {other:,.2f} for its cheapest synthetic"


def time_cost(structure: Structure) -> float:
    """Return time value paid and fees per unit, USD; negative where the structure is sold for its time value."""
    return math.fsum(leg.time_value_usd + leg.fees_usd for leg in structure)


def _synthetics(chain: OptionChain, quote: Quote, sell: bool) -> list[Structure]:
    """Return every synthetic of `quote` that can be executed: the other kind, then the forward's two legs."""
    side, trade = (chain.sellable, chain.sold) if sell else (chain.buyable, chain.bought)
    others = {row.strike: row for row in side(quote.expiry_at, not quote.is_call)}
    if quote.strike not in others:
        return []
    first = trade(others[quote.strike])
    # The forward is bought for a bought call or a sold put, and sold for the two others.
    buys = quote.is_call != sell
    calls, puts = (
        {row.strike: row for row in (chain.buyable if bought else chain.sellable)(quote.expiry_at, is_call)}
        for is_call, bought in ((True, buys), (False, not buys))
    )
    pairs = ((calls[strike], puts[strike]) for strike in calls if strike in puts and strike != quote.strike)
    if buys:
        return [(first, chain.bought(call), chain.sold(put)) for call, put in pairs]
    return [(first, chain.sold(call), chain.bought(put)) for call, put in pairs]
