"""The time value that bought layers lose."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hedge.instruments.layer import Layer, all_legs
from hedge.market import HORIZON_DAYS
from hedge.units import YEAR_DAYS


def decay_usd(layers: Sequence[Layer], days: float = HORIZON_DAYS) -> float:
    """Return the time value that the bought layers lose over `days`, straight-line to each leg's expiry."""
    share = days / YEAR_DAYS
    legs = all_legs(layer for layer in layers if not layer.financing)
    return math.fsum(leg.time_value_usd * min(share / leg.expiry, 1.0) for leg in legs)
