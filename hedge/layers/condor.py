"""Layer 1, the core iron condor: sold to finance the others, never counted as protection.

An LP is short gamma, and so is a sold condor. This module finds the listed condor and the size that its caps allow; how
much of it the book may carry is `hedge.gate`'s decision, taken last.
"""

from __future__ import annotations

import math

from hedge.book import AssetExposure
from hedge.chain import OptionChain, Quote
from hedge.errors import NotListed
from hedge.layers.budget import BPS, Budget
from hedge.legs import Layer, Leg, build_layer, empty_layer, lots_down
from hedge.market import Market
from hedge.parameters import KEYS, Parameters

DELTA, TENOR = KEYS[0], KEYS[2]


def condor_layer(
    market: Market, exposure: AssetExposure, chain: OptionChain, parameters: Parameters, budget: Budget
) -> Layer:
    """Sell the listed iron condor in the largest size that the size and notional caps allow.

    Units are rounded down to whole lots.

    Parameters
    ----------
    exposure : of the asset whose chain this is. budget : only its notional binds, a condor pays no premium.

    Returns
    -------
    Layer : empty, with the reason, where nothing fits or the quotes leave no credit.
    """
    asset, spot = exposure.asset, market.spot(exposure.asset)
    try:
        structure = condor_structure(chain, parameters)
    except NotListed as refused:
        return empty_layer("condor", asset, str(refused))
    credit = -math.fsum(leg.cost_usd for leg in structure)
    by_size = parameters.condor_size_cap_bps / BPS * exposure.value_usd
    units = lots_down(min(by_size, budget.notional_usd) / spot, structure[0].lot)
    strikes, days = "/".join(f"{leg.strike:g}" for leg in structure), chain.days_to(structure[0].expiry_at)
    reason = (
        f"strikes {strikes}, {days:.1f} days, "
        f"credit {credit:,.2f} USD per unit; size cap {by_size:,.0f} USD, notional cap {budget.notional_usd:,.0f} USD"
    )
    return build_layer("condor", asset, structure, units, spot, reason)


def condor_structure(chain: OptionChain, parameters: Parameters) -> tuple[Leg, ...]:
    """Find one unit of the condor, legs by strike: long put, short put, short call, long call.

    Shorts are the strikes whose absolute deltas are nearest the governed one and inside 0.15 to 0.25; wings the strikes
    nearest the governed distance beyond them; expiry the listed one nearest the governed tenor. Shorts sell at the bid,
    wings are bought at the ask.

    Raises
    ------
    NotListed : no expiry, short or wing fits, or the quotes leave no credit.
    """
    expiry_at = chain.nearest_expiry(parameters.condor_tenor_days, TENOR.least, TENOR.most)
    distance = parameters.condor_wing_bps / BPS * chain.spot
    short_put, short_call = (_short(chain, expiry_at, is_call, parameters) for is_call in (False, True))
    low = _wing(chain, short_put, short_put.strike - distance)
    high = _wing(chain, short_call, short_call.strike + distance)
    structure = chain.bought(low), chain.sold(short_put), chain.sold(short_call), chain.bought(high)
    cost = math.fsum(leg.cost_usd for leg in structure)
    if cost >= 0.0:
        raise NotListed(f"{chain.underlying} condor", "a credit at executable quotes", -cost)
    return structure


def _short(chain: OptionChain, expiry_at: int, is_call: bool, parameters: Parameters) -> Quote:
    """Return the option to sell: inside the delta band and nearest the governed delta. Raises `NotListed`."""
    wanted = parameters.condor_short_delta_bps / BPS
    deltas = {quote: abs(chain.delta(quote)) for quote in chain.sellable(expiry_at, is_call)}
    inside = [quote for quote, delta in deltas.items() if DELTA.least <= delta * BPS <= DELTA.most]
    if not inside:
        nearest = min(deltas.values(), key=lambda delta: abs(delta - wanted), default=math.nan)
        band = f"absolute delta {DELTA.least / BPS:g} to {DELTA.most / BPS:g}"
        raise NotListed(f"{chain.underlying} {'call' if is_call else 'put'} with a bid", band, nearest)
    return min(inside, key=lambda quote: abs(deltas[quote] - wanted))


def _wing(chain: OptionChain, short: Quote, strike: float) -> Quote:
    """Return the option to buy: beyond the short one, nearest `strike`. Raises `NotListed`."""
    beyond = [
        quote
        for quote in chain.buyable(short.expiry_at, short.is_call)
        if (quote.strike > short.strike) == short.is_call and quote.strike != short.strike
    ]
    if not beyond:
        raise NotListed(f"{chain.underlying} wing with an ask", f"strike near {strike:g}", math.nan)
    return min(beyond, key=lambda quote: abs(quote.strike - strike))
