"""One LP position and five hedges on simulated paths: `python -m examples.simulate_lp`.

The first run after an installation compiles for some ten seconds.
"""

from __future__ import annotations

from hedge.simulate.hedged_lp import HedgedLp, LpScenario, hedged_lp
from hedge.simulate.models import GBM


def table(count: int = 20_000) -> HedgedLp:
    """Return the profits of a month in a range from 80 to 125 % of the price, at 70 % of volatility."""
    return hedged_lp(GBM(1.0, 0.7), LpScenario(range_low=0.8, range_high=1.25, implied_vol=0.7), count=count, seed=7)


if __name__ == "__main__":
    for name, found in table().rows.items():
        print(f"{name:32} CVaR95 {found.cvar95.value:8.0f} bp of the capital, +- {found.cvar95.error:.0f}")
