"""What does a position hold, and when does it pay? Run it: `python -m examples.position_exposure`."""

from __future__ import annotations

from typing import Any

from hedge import amm
from hedge.book.positions import ConcentratedPosition
from hedge.market import Market


def exposure() -> dict[str, Any]:
    """Return the figures of a position of 100,000 USD between 2,300 and 3,500 USD per ETH."""
    market = Market(1_769_990_400, {"ETH": 2_850.0}, {"ETH": 0.60}, {}, "stated")
    made = ConcentratedPosition.from_value(100_000.0, "ETH", "USD", market, 2_300.0, 3_500.0, fee_apr=0.30)
    terms = made.pool_terms(market)
    fallen = {"ETH": 2_850.0 * 0.7}
    return {
        "delta in ETH": made.deltas(market.spots)["ETH"],
        "gamma in USD a 1 % move": made.gammas(market.spots)["ETH", "ETH"] * 2_850.0**2 / 100.0,
        "value after a fall of 30 %": float(made.value_usd(fallen)),
        "fees a year": terms.fee_usd_per_year,
        "LVR a year at 60 % of volatility": terms.lvr_usd_per_year,
        "break-even volatility": float(amm.break_even_vol(2_850.0, 2_300.0, 3_500.0, 0.30)),
    }


if __name__ == "__main__":
    print("\n".join(f"{name:34} {value:12,.2f}" for name, value in exposure().items()))
