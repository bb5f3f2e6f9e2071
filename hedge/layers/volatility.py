"""Layer 2, the volatility hedge: long vega that scales in between two governed levels of the index."""

from __future__ import annotations

from hedge.book import AssetExposure
from hedge.chain import OptionChain
from hedge.errors import NotListed
from hedge.layers.budget import BPS, Budget
from hedge.legs import Layer, Leg, build_layer, empty_layer, lots_up, max_loss, sum_greeks
from hedge.market import Market
from hedge.parameters import KEYS, Parameters

TENOR = KEYS[7]


def ramp(vol: float, parameters: Parameters) -> float:
    """Return the share of layer 2's full size at an index level (decimal): 0 at the start, 1 at the full level.

    >>> round(ramp(0.725, Parameters()), 9)
    0.5
    """
    start, full = parameters.ramp_start_vol_bps / BPS, parameters.ramp_full_vol_bps / BPS
    return min(max((vol - start) / (full - start), 0.0), 1.0)


def volatility_layer(
    market: Market, exposure: AssetExposure, chain: OptionChain, parameters: Parameters, budget: Budget
) -> Layer:
    """Buy far straddles whose vega offsets, times the ramp, what the LP loses to volatility.

    An LP's short gamma loses gamma S^2 sigma T per 1.00 of volatility until the straddle's expiry T; full size has
    that vega. The straddle is the one nearest the forward at the listed expiry nearest the governed tenor. No option
    or future on the volatility index itself is listed in an `OptionChain`. Units are rounded up to whole lots for the
    vega, down for the budget.

    Parameters
    ----------
    exposure : of the asset whose chain this is. budget : premium counts as the most that can be lost at expiry.

    Returns
    -------
    Layer : empty, with the reason, where the ramp is at 0, the book is not short gamma, nothing is listed or one lot
        costs too much.
    """
    asset, vol = exposure.asset, market.vol(exposure.asset)
    share = ramp(vol, parameters)
    if exposure.gamma >= 0.0:
        return empty_layer("volatility", asset, f"the book is not short gamma ({exposure.gamma_usd:,.0f} USD per 1 %)")
    if share == 0.0:
        start = parameters.ramp_start_vol_bps / BPS
        return empty_layer("volatility", asset, f"the index at {vol:.1%} is not above the ramp's start at {start:.1%}")
    try:
        straddle = _straddle(chain, parameters)
    except NotListed as refused:
        return empty_layer("volatility", asset, str(refused))
    lot, lost = straddle[0].lot, -exposure.gamma * exposure.spot**2 * vol * straddle[0].expiry
    vega = sum_greeks(straddle, {asset: exposure.spot}).vega
    wanted = lots_up(share * lost / vega, lot)
    units = min(wanted, budget.units(max_loss(straddle), exposure.spot, lot))
    reason = (
        f"index {vol:.1%} gives {share:.1%} of full size: {wanted:g} straddles at {straddle[0].strike:g} offset "
        f"{share * lost:,.0f} USD of vega over {chain.days_to(straddle[0].expiry_at):.0f} days; listed options stand "
        "for the volatility index, on which the chain lists nothing"
    )
    if units < wanted:
        reason += f"; the premium or notional cap allows {units:g}"
    return build_layer("volatility", asset, straddle, units, exposure.spot, reason)


def _straddle(chain: OptionChain, parameters: Parameters) -> tuple[Leg, ...]:
    """Return one bought put and call at the strike nearest the forward. Raises `NotListed`."""
    wanted = parameters.volatility_tenor_days
    expiry_at = chain.nearest_expiry(wanted, TENOR.least, TENOR.most)
    puts = {put.strike: put for put in chain.buyable(expiry_at, is_call=False)}
    calls = {call.strike: call for call in chain.buyable(expiry_at, is_call=True)}
    strikes = sorted(puts.keys() & calls.keys())
    if not strikes:
        raise NotListed(f"{chain.underlying} straddle with asks", f"{wanted} days", float("nan"))
    strike = min(strikes, key=lambda strike: abs(strike - puts[strike].forward))
    return chain.bought(puts[strike]), chain.bought(calls[strike])
