"""What one layer on one asset may spend."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hedge.instruments.leg import lots_down


@dataclass(frozen=True)
class Budget:
    """Bound one layer on one asset: premium at risk and notional (units x spot), both USD, >= 0."""

    premium_usd: float
    notional_usd: float

    def units(self, premium_per_unit: float, spot: float, lot: float) -> float:
        """Return the most units that both bounds allow, rounded down to whole lots."""
        by_premium = self.premium_usd / premium_per_unit if premium_per_unit > 0.0 else math.inf
        return lots_down(min(by_premium, self.notional_usd / spot), lot)
