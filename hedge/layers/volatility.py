"""Layer 2, the volatility hedge: long vega that scales in between two governed levels of the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hedge.book.exposure import AssetExposure
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.layer import Layer, LayerRole, build_layer, empty_layer, max_loss, sized
from hedge.instruments.leg import lots_up, tenor_scale
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain
from hedge.layers.budget import Budget
from hedge.layers.spec import LayerSpec, SizedLayer, SizingContext, register_layer
from hedge.layers.vega import Candidate, candidates
from hedge.market import Market
from hedge.numerics.arrays import BoolArray
from hedge.policy.layer_rules import LayerRules
from hedge.policy.parameters import Parameters
from hedge.units import BPS


def ramp(vol: float, parameters: LayerRules) -> float:
    """Return the share of layer 2's full size at an index level (decimal): 0 at the start, 1 at the full level.

    >>> round(ramp(0.725, LayerRules()), 9)
    0.5
    """
    start, full = parameters.ramp_start_vol_bps / BPS, parameters.ramp_full_vol_bps / BPS
    return min(max((vol - start) / (full - start), 0.0), 1.0)


def volatility_layer(
    market: Market,
    exposure: AssetExposure,
    chain: OptionChain,
    parameters: LayerRules,
    budget: Budget,
    least_share: float = 0.0,
    listing: IndexListing | None = None,
) -> Layer:
    """Buy the vega that offsets, times the ramp, what the LP loses to volatility.

    An LP's short gamma loses gamma S^2 sigma T per 1.00 of volatility until T, the expiry of what is bought; full size
    has that vega. Of all listed ways (`hedge.layers.vega`) the cheapest per vega is taken of which a lot fits the caps;
    the reason names them all. Units are rounded up to whole lots for the vega, down for the budget.

    Parameters
    ----------
    exposure : of the asset whose chain this is. budget : premium counts as the most that can be lost at expiry.
    least_share : of full size that the regime asks for, whatever the index says, in [0, 1].
    listing : what is listed on the asset's volatility index, if anything.

    Returns
    -------
    Layer : empty, with the reason, where the ramp is at 0, the book is not short gamma, nothing is listed or one lot
        costs too much.
    """
    asset, vol = exposure.asset, market.vol(exposure.asset)
    share = max(ramp(vol, parameters), least_share)
    refused = _refusal(exposure, vol, share, parameters)
    if refused:
        return empty_layer("volatility", asset, refused)
    found, absent = candidates(asset, exposure.spot, vol, chain, parameters.volatility_tenor_days, listing)
    offers = [_offer(candidate, exposure, share * vol, budget) for candidate in found]
    if not offers:
        return empty_layer("volatility", asset, "; ".join(absent))
    chosen = _chosen(offers)
    reason = "; ".join([f"{_wanted(vol, share, parameters)}: {_size(chosen)}", _figures(offers), *absent])
    return build_layer("volatility", asset, chosen.candidate.legs, chosen.units, exposure.spot, reason)


@dataclass(frozen=True)
class _Offer:
    """Hold a candidate in the size that the caps allow, in units.

    `whole` is the share of its vega that whole lots leave; `reached` the share of the wanted vega that it gives.
    """

    candidate: Candidate
    wanted: float
    units: float
    whole: float
    reached: float


def _offer(candidate: Candidate, exposure: AssetExposure, scaled_vol: float, budget: Budget) -> _Offer:
    """Size a candidate: vega of the book's loss until its expiry, both per 1.00 of the 30-day index."""
    lost = -exposure.gamma * exposure.spot**2 * scaled_vol * candidate.expiry * tenor_scale(candidate.expiry)
    wanted = lots_up(lost / candidate.vega, candidate.lot)
    notional = max(leg.notional(exposure.spot) for leg in candidate.legs)
    units = min(wanted, budget.units(max_loss(candidate.legs), notional, candidate.lot))
    given = sum(leg.index_vega(exposure.spot) for leg in sized(candidate.legs, units))
    return _Offer(candidate, wanted, units, given / (units * candidate.vega) if units else 0.0, given / lost)


def _chosen(offers: list[_Offer]) -> _Offer:
    """Return the cheapest per vega that whole lots and the caps leave in one piece; the cheapest where none is."""
    tradable = [offer for offer in offers if offer.whole >= LEAST_WHOLE]
    return min(tradable or offers, key=lambda offer: offer.candidate.cost)


LEAST_WHOLE: Final = 0.95
"""Least share of a candidate's vega after each leg is rounded down to lots: a strip of many legs may be too fine."""


def _wanted(vol: float, share: float, parameters: LayerRules) -> str:
    by_index = ramp(vol, parameters)
    given = "gives" if share == by_index else f"gives {by_index:.1%} and the regime asks for"
    return f"index {vol:.1%} {given} {share:.1%} of full size"


def _size(chosen: _Offer) -> str:
    text = f"{chosen.wanted:g} units of {chosen.candidate.label}, the cheapest per vega"
    if chosen.units < chosen.wanted:
        text += f"; the premium or notional cap allows {chosen.units:g}"
    return text


def _figures(offers: list[_Offer]) -> str:
    """Return every candidate with its cost of vega and the share of the wanted vega that the caps allow."""
    listed = ", ".join(
        f"{offer.candidate.label} {offer.candidate.cost:.2%} for {offer.reached:.0%}" for offer in offers
    )
    return f"cost of vega in 30 days, and share of the wanted vega within the caps: {listed}"


def _refusal(exposure: AssetExposure, vol: float, share: float, parameters: LayerRules) -> str:
    """Return why nothing is wanted, empty where something is."""
    if exposure.gamma >= 0.0:
        return f"the book is not short gamma ({exposure.gamma_usd:,.0f} USD per 1 %)"
    if share == 0.0:
        return f"the index at {vol:.1%} is not above the ramp's start at {parameters.ramp_start_vol_bps / BPS:.1%}"
    return ""


def _size_layer(context: SizingContext) -> SizedLayer:
    """Size layer 2 on what layer 3 has left, at least at the share of full size that the regime asks for."""
    policy = context.sizing
    layer = volatility_layer(
        context.market,
        context.exposure,
        context.chain,
        context.tenored,
        context.budget(context.parameters.volatility_premium_cap_bps),
        policy.ramp_floor if policy else 0.0,
        context.listing,
    )
    return SizedLayer(layer)


def admits(listing: Listing, parameters: Parameters) -> BoolArray:
    """Return which options are nearer to the money than the tail's, inside the governed bands of tenor and delta."""
    with np.errstate(invalid="ignore"):
        delta, p = np.abs(listing.deltas) * BPS, parameters
        fits = (delta > p.tail_most_delta_bps) & (delta <= p.volatility_most_delta_bps)
    return np.asarray(fits & (listing.days >= p.volatility_least_days) & (listing.days <= p.volatility_most_days))


SPEC = register_layer(
    LayerSpec(
        name="volatility",
        number=2,
        title="volatility hedge",
        purpose="options near the money that gain when prices move, either way",
        keys=("volatilityPremiumCapBps", "volatilityLeastDays", "volatilityMostDays", "tailMostDeltaBps",
              "volatilityMostDeltaBps"),
        role=LayerRole.PROTECTION,
        admits=admits,
        cap="volatilityPremiumCapBps",
        size=_size_layer,
        rank=20,
    )
)  # fmt: skip
