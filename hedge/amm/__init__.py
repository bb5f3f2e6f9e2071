"""Value, greeks, impermanent loss and loss-versus-rebalancing of AMM positions.

`positions` states the conventions of concentrated liquidity (v2, v3, v4), `weighted` those of weighted pools, `greeks`
and `book_totals` are for many positions at once, `ticks` is the exact integer mathematics of Uniswap v3 and v4; files
with `kernel` in their name are compiled. Read `positions` first. May import `errors`, `units` and `numerics`.

Names are loaded when they are first used: `ticks` alone loads no numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedge.amm.book_totals import BookCurve, book_curve
    from hedge.amm.greeks import PositionGreeks, position_greeks, tick_position_greeks
    from hedge.amm.positions import (
        TwoAssetGreeks,
        amounts,
        break_even_vol,
        delta,
        gamma,
        impermanent_loss,
        in_range,
        lvr_rate,
        range_share,
        theta,
        two_asset_greeks,
        value,
    )
    from hedge.amm.weighted import (
        WeightedGreeks,
        weighted_greeks,
        weighted_impermanent_loss,
        weighted_invariant,
        weighted_lvr_rate,
    )

__all__ = [
    "BookCurve",
    "PositionGreeks",
    "TwoAssetGreeks",
    "WeightedGreeks",
    "amounts",
    "book_curve",
    "break_even_vol",
    "delta",
    "gamma",
    "impermanent_loss",
    "in_range",
    "lvr_rate",
    "position_greeks",
    "range_share",
    "theta",
    "tick_position_greeks",
    "two_asset_greeks",
    "value",
    "weighted_greeks",
    "weighted_impermanent_loss",
    "weighted_invariant",
    "weighted_lvr_rate",
]

_HOMES = ("positions", "weighted", "greeks", "book_totals")


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            found = getattr(import_module(f"hedge.amm.{home}"), name, None)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
