"""Layer 2, the volatility hedge: long vega that scales in between two governed levels of the index."""

from __future__ import annotations

from typing import Final

from hedge.book import AssetExposure
from hedge.chain import OptionChain
from hedge.errors import NotListed
from hedge.layers.budget import BPS, Budget
from hedge.legs import Layer, Leg, build_layer, empty_layer, lots_up, max_loss, sum_greeks
from hedge.market import Market
from hedge.parameters import KEYS, Parameters

TENOR = KEYS[7]

STRANGLE_DELTA: Final = 0.25
"""Absolute delta of a strangle's legs: the outermost that exchanges quote tightly at every expiry."""
BETTER: Final = 0.1
"""Share by which a strangle must be cheaper: a straddle keeps its vega where the price stands."""


def ramp(vol: float, parameters: Parameters) -> float:
    """Return the share of layer 2's full size at an index level (decimal): 0 at the start, 1 at the full level.

    >>> round(ramp(0.725, Parameters()), 9)
    0.5
    """
    start, full = parameters.ramp_start_vol_bps / BPS, parameters.ramp_full_vol_bps / BPS
    return min(max((vol - start) / (full - start), 0.0), 1.0)


def volatility_layer(
    market: Market,
    exposure: AssetExposure,
    chain: OptionChain,
    parameters: Parameters,
    budget: Budget,
    least_share: float = 0.0,
) -> Layer:
    """Buy far straddles (or strangles) whose vega offsets, times the ramp, what the LP loses to volatility.

    An LP's short gamma loses gamma S^2 sigma T per 1.00 of volatility until the straddle's expiry T; full size has
    that vega. The straddle is the one nearest the forward at the listed expiry nearest the governed tenor. No option
    or future on the volatility index itself is listed in an `OptionChain`. Units are rounded up to whole lots for the
    vega, down for the budget.

    Parameters
    ----------
    exposure : of the asset whose chain this is. budget : premium counts as the most that can be lost at expiry.
    least_share : of full size that the regime asks for, whatever the index says, in [0, 1].

    Returns
    -------
    Layer : empty, with the reason, where the ramp is at 0, the book is not short gamma, nothing is listed or one lot
        costs too much.
    """
    asset, vol = exposure.asset, market.vol(exposure.asset)
    by_index = ramp(vol, parameters)
    share = max(by_index, least_share)
    refused = _refusal(exposure, vol, share, parameters)
    if refused:
        return empty_layer("volatility", asset, refused)
    try:
        name, structure, how = _cheaper(chain, parameters, exposure.spot)
    except NotListed as error:
        return empty_layer("volatility", asset, str(error))
    lot, lost = structure[0].lot, -exposure.gamma * exposure.spot**2 * vol * structure[0].expiry
    vega = sum_greeks(structure, {asset: exposure.spot}).vega
    wanted = lots_up(share * lost / vega, lot)
    units = min(wanted, budget.units(max_loss(structure), exposure.spot, lot))
    given = "gives" if share == by_index else f"gives {by_index:.1%} and the regime asks for"
    reason = (
        f"index {vol:.1%} {given} {share:.1%} of full size: {wanted:g} {_named(name, structure)} offset "
        f"{share * lost:,.0f} USD of vega over {chain.days_to(structure[0].expiry_at):.0f} days, {how}; listed options "
        "stand for the volatility index, on which the chain lists nothing"
    )
    if units < wanted:
        reason += f"; the premium or notional cap allows {units:g}"
    return build_layer("volatility", asset, structure, units, exposure.spot, reason)


def _refusal(exposure: AssetExposure, vol: float, share: float, parameters: Parameters) -> str:
    """Return why nothing is wanted, empty where something is."""
    if exposure.gamma >= 0.0:
        return f"the book is not short gamma ({exposure.gamma_usd:,.0f} USD per 1 %)"
    if share == 0.0:
        return f"the index at {vol:.1%} is not above the ramp's start at {parameters.ramp_start_vol_bps / BPS:.1%}"
    return ""


def _named(name: str, structure: tuple[Leg, ...]) -> str:
    return f"{name}s at " + "/".join(f"{strike:g}" for strike in sorted({leg.strike for leg in structure}))


def _cheaper(chain: OptionChain, parameters: Parameters, spot: float) -> tuple[str, tuple[Leg, ...], str]:
    """Return the straddle, or a strangle whose spread costs `BETTER` less for the same vega, and how they compare.

    Raises
    ------
    NotListed : neither is listed with asks.
    """
    wanted = parameters.volatility_tenor_days
    expiry_at = chain.nearest_expiry(wanted, TENOR.least, TENOR.most)
    found = {"straddle": _straddle(chain, expiry_at), "strangle": _strangle(chain, expiry_at)}
    paid = {name: _spread_per_vega(legs, spot) for name, legs in found.items() if legs}
    if not paid:
        raise NotListed(f"{chain.underlying} straddle with asks", f"{wanted} days", float("nan"))
    straddle, strangle = (paid.get(name, float("inf")) for name in ("straddle", "strangle"))
    best = "strangle" if strangle < (1.0 - BETTER) * straddle else "straddle"
    points = ", ".join(f"{name} {cost:.2%}" for name, cost in paid.items())
    return best, found[best], f"half spread in volatility: {points}"


def _spread_per_vega(legs: tuple[Leg, ...], spot: float) -> float:
    """Return how much volatility (decimal) the legs cost above their marks."""
    above = sum(leg.cost_usd - float(leg.value(spot)) for leg in legs)
    return above / sum_greeks(legs, {legs[0].underlying: spot}).vega


def _straddle(chain: OptionChain, expiry_at: int) -> tuple[Leg, ...]:
    """Return one bought put and call at the strike nearest the forward; none where no strike has both asks."""
    puts = {put.strike: put for put in chain.buyable(expiry_at, is_call=False)}
    calls = {call.strike: call for call in chain.buyable(expiry_at, is_call=True)}
    if not puts.keys() & calls.keys():
        return ()
    strike = min(sorted(puts.keys() & calls.keys()), key=lambda strike: abs(strike - puts[strike].forward))
    return chain.bought(puts[strike]), chain.bought(calls[strike])


def _strangle(chain: OptionChain, expiry_at: int) -> tuple[Leg, ...]:
    """Return one bought put and call out of the money, each nearest `STRANGLE_DELTA`; none where a side has no ask."""
    legs = []
    for is_call in (False, True):
        quotes = [quote for quote in chain.buyable(expiry_at, is_call) if (quote.strike > quote.forward) == is_call]
        if not quotes:
            return ()
        legs.append(chain.bought(min(quotes, key=lambda quote: abs(abs(chain.delta(quote)) - STRANGLE_DELTA))))
    return tuple(legs)
