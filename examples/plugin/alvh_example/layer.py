"""A hedge layer: calls out of the money, which keep a part of a rise that the pool and a sold perpetual give away."""

from __future__ import annotations

import numpy as np

from hedge.instruments.layer import LayerRole
from hedge.instruments.listing import Listing
from hedge.layers.spec import LayerSpec, register_layer
from hedge.numerics.arrays import BoolArray
from hedge.policy.parameters import Parameters
from hedge.units import BPS


def admits(listing: Listing, parameters: Parameters) -> BoolArray:
    """Return which options are calls as far from the money as the tail's puts, of the tenors of layer 2."""
    with np.errstate(invalid="ignore"):
        delta, p = np.abs(listing.deltas) * BPS, parameters
        fits = (delta >= p.tail_least_delta_bps) & (delta <= p.tail_most_delta_bps) & listing.is_call
    return np.asarray(fits & (listing.days >= p.volatility_least_days) & (listing.days <= p.volatility_most_days))


register_layer(
    LayerSpec(
        name="upside",
        number=4,
        title="upside call",
        purpose="keeps a part of a rise that the pool gives away",
        keys=(
            "tailLeastDeltaBps",
            "tailMostDeltaBps",
            "volatilityLeastDays",
            "volatilityMostDays",
            "volatilityPremiumCapBps",
        ),
        role=LayerRole.PROTECTION,
        admits=admits,
        cap="volatilityPremiumCapBps",
    )
)
