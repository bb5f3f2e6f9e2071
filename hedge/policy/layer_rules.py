"""What sizes each layer by a rule of its own: how the first planner worked, kept as strategies to compare with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple


class Band(NamedTuple):
    """Hold the least and most value of one number."""

    least: int
    most: int


SHORT_DELTA: Final = Band(1500, 2500)
CONDOR_TENOR: Final = Band(3, 21)
VOLATILITY_TENOR: Final = Band(14, 180)
TAIL_TENOR: Final = Band(90, 400)
MOST_CONDOR_SIZE_BPS: Final = 5000


@dataclass(frozen=True)
class LayerRules:
    """Hold the 18 numbers by which the layers are sized one after another; nobody votes on them.

    Parameters
    ----------
    Names end in their unit: bps of the book's value, of spot, of delta or of 100 % volatility; days; USD.

    Examples
    --------
    >>> LayerRules().ramp_full_vol_bps
    9000
    """

    condor_short_delta_bps: int = 2000
    condor_wing_bps: int = 1000
    condor_tenor_days: int = 7
    condor_size_cap_bps: int = 1000
    condor_notional_cap_usd: int = 500_000
    ramp_start_vol_bps: int = 5500
    ramp_full_vol_bps: int = 9000
    volatility_tenor_days: int = 45
    volatility_premium_cap_bps: int = 100
    tail_put_delta_bps: int = 1000
    tail_tenor_days: int = 120
    tail_coverage_bps: int = 5000
    tail_premium_cap_bps: int = 150
    budget_bps: int = 300
    gamma_cap_bps: int = 10_000
    cvar_cap_bps: int = 3000
    drift_band_bps: int = 1000
    overlay_notional_cap_usd: int = 2_000_000

    def replaced(self, **values: int) -> LayerRules:
        """Return these rules with some of their numbers replaced."""
        return replace(self, **values)
