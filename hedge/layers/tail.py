"""Layer 3, the temporal theta guard: far-dated puts sized on the tail of the book."""

from __future__ import annotations

import math

import numpy as np

from hedge.book.exposure import AssetExposure
from hedge.errors import NotListed
from hedge.instruments.execution import Structure, cheapest_execution
from hedge.instruments.layer import Layer, LayerRole, build_layer, empty_layer, max_loss
from hedge.instruments.leg import lots_up
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain, Quote
from hedge.layers.budget import Budget
from hedge.layers.spec import LayerSpec, SizedLayer, SizingContext, register_layer
from hedge.market import HORIZON_DAYS, Market
from hedge.numerics.arrays import BoolArray
from hedge.policy.layer_rules import LayerRules
from hedge.policy.parameters import Parameters
from hedge.risk.scenarios import vol_move
from hedge.units import BPS, YEAR_DAYS


def tail_layer(
    market: Market, exposure: AssetExposure, chain: OptionChain, parameters: LayerRules, budget: Budget
) -> Layer:
    """Buy puts whose gain in the tail scenario covers the governed share of the book's loss there.

    The scenario is `exposure.tail_price` after 30 days, the index moved by `risk.vol_move`. The put is the one
    whose absolute delta is nearest the governed one, at the first expiry of at least the governed tenor. It is bought
    outright or as its synthetic, whichever costs less time value at executable quotes. Units are rounded up to whole
    lots for the coverage, down for the budget.

    Parameters
    ----------
    exposure : of the asset whose chain this is. budget : premium counts as the most that can be lost at expiry.

    Returns
    -------
    Layer : empty, with the reason, where the book loses nothing in its tail, nothing is listed or one lot costs too
        much.
    """
    asset = exposure.asset
    if exposure.tail_loss_usd <= 0.0:
        return empty_layer("tail", asset, f"no loss at the tail price {exposure.tail_price:,.2f}")
    try:
        put = _put(chain, parameters)
    except NotListed as refused:
        return empty_layer("tail", asset, str(refused))
    structure, how = cheapest_execution(chain, put)
    gain = _gain(structure, market, exposure)
    if gain <= 0.0:
        return empty_layer("tail", asset, f"the put gains {gain:,.2f} USD per unit at {exposure.tail_price:,.2f}")
    wanted = lots_up(parameters.tail_coverage_bps / BPS * exposure.tail_loss_usd / gain, put.lot)
    allowed = budget.units(max_loss(structure), exposure.spot, put.lot)
    units = min(wanted, allowed)
    reason = _reason(exposure, parameters, units, wanted, gain, how, chain.days_to(put.expiry_at))
    return build_layer("tail", asset, structure, units, exposure.spot, reason)


def _put(chain: OptionChain, parameters: LayerRules) -> Quote:
    """Return the listed put nearest the governed delta at the first expiry that is far enough. Raises `NotListed`."""
    expiry_at = chain.first_expiry(parameters.tail_tenor_days)
    wanted = parameters.tail_put_delta_bps / BPS
    puts = chain.buyable(expiry_at, is_call=False)
    if not puts:
        raise NotListed(f"{chain.underlying} put with an ask", f"absolute delta {wanted:g}", math.nan)
    return min(puts, key=lambda put: abs(abs(chain.delta(put)) - wanted))


def _gain(structure: Structure, market: Market, exposure: AssetExposure) -> float:
    """Return the gain per unit in the tail scenario, net of the cash paid."""
    move = vol_move(exposure.tail_price / market.spot(exposure.asset))
    tail = exposure.tail_price
    return math.fsum(float(leg.value(tail, HORIZON_DAYS / YEAR_DAYS, move)) - leg.cost_usd for leg in structure)


def _reason(
    exposure: AssetExposure, parameters: LayerRules, units: float, wanted: float, gain: float, how: str, days: float
) -> str:
    covered = units * gain / exposure.tail_loss_usd
    text = (
        f"covers {covered:.1%} of the tail loss of {exposure.tail_loss_usd:,.0f} USD at {exposure.tail_price:,.2f}; "
        f"{parameters.tail_coverage_bps / BPS:.1%} would take {wanted:g} units of a {days:.0f}-day put, {how}"
    )
    if units < wanted:
        text += f"; the premium or notional cap allows {units:g}"
    return text


def _size(context: SizingContext) -> SizedLayer:
    """Size layer 3 first: it has the first call on the budget and the notional."""
    budget = context.budget(context.parameters.tail_premium_cap_bps)
    return SizedLayer(tail_layer(context.market, context.exposure, context.chain, context.tenored, budget))


def admits(listing: Listing, parameters: Parameters) -> BoolArray:
    """Return which options are puts inside the governed bands of tenor and delta."""
    with np.errstate(invalid="ignore"):
        delta, p = np.abs(listing.deltas) * BPS, parameters
        fits = (delta >= p.tail_least_delta_bps) & (delta <= p.tail_most_delta_bps) & ~listing.is_call
    return np.asarray(fits & (listing.days >= p.tail_least_days) & (listing.days <= p.tail_most_days))


SPEC = register_layer(
    LayerSpec(
        name="tail",
        number=3,
        title="temporal theta guard",
        purpose="puts out of the money that pay when the price collapses",
        keys=("tailPremiumCapBps", "tailLeastDays", "tailMostDays", "tailLeastDeltaBps", "tailMostDeltaBps"),
        role=LayerRole.PROTECTION,
        admits=admits,
        cap="tailPremiumCapBps",
        size=_size,
        rank=10,
    )
)  # fmt: skip
