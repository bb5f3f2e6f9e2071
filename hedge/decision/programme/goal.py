"""What the hedge is for and what it may cost, as the governed keys state it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hedge.decision.programme.scenarios import COUNT
from hedge.errors import BadInput
from hedge.policy.parameters import KEY_IDS, Parameters
from hedge.units import BPS

MONTH: Final = 30.0
PERPETUAL_COST: Final = 0.0005
"""Share of the notional that a trade of a perpetual loses: Deribit's taker fee, 2026."""


class Benchmark(StrEnum):
    """What a loss is counted against, in the order of the governed key: USD, the amounts that the pools hold now, or
    half of the value in each asset."""

    USD = "usd"
    HOLDING = "holding"
    HALF = "half"


@dataclass(frozen=True)
class Goal:
    """State what the hedge is for and what it may cost.

    Parameters
    ----------
    parameters : as governed. value_usd : of the book, that shares are of. scale : of the budgets and caps of
        protection, by the regime's policy. selling : whether condors may be sold.
    only : layers that may be traded; all where it is empty. perpetual_cost : share of the notional lost at each trade.
    scenarios : most of them. own : parameters that bound the legs of an asset in place of the main ones'.
    """

    parameters: Parameters
    value_usd: float
    scale: float = 1.0
    selling: bool = True
    only: frozenset[str] = field(default=frozenset())
    perpetual_cost: float = PERPETUAL_COST
    scenarios: int = COUNT
    own: Mapping[str, Parameters] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 <= self.value_usd < math.inf:
            raise BadInput("value_usd", self.value_usd, "must be finite and >= 0")
        if not 0.0 < self.scale < math.inf:
            raise BadInput("scale", self.scale, "must be finite and > 0")

    @property
    def horizon_days(self) -> float:
        """Return the days to the next plan."""
        return float(self.parameters.horizon_days)

    @property
    def benchmark(self) -> Benchmark:
        """Return what a loss is counted against."""
        return list(Benchmark)[self.parameters.benchmark]

    @property
    def target_usd(self) -> float:
        """Return the CVaR95 below which no more is spent."""
        return self.share("targetCvarBps")

    def of(self, asset: str) -> Parameters:
        """Return the parameters that bound an asset's legs; the main ones for an empty name."""
        return self.own.get(asset, self.parameters)

    def whose(self, asset: str) -> str:
        """Return the asset where it has parameters of its own, nothing where the main ones bound its legs."""
        return asset if asset in self.own else ""

    def share(self, key: str, scaled: bool = False, asset: str = "") -> float:
        """Return a governed share of the book's value, USD; `asset` : whose legs it bounds."""
        bps = self.of(asset).to_values()[KEY_IDS[key]]
        return bps / BPS * self.value_usd * (self.scale if scaled else 1.0)

    def allows(self, layer: str) -> bool:
        """Tell whether a layer may be traded."""
        return not self.only or layer in self.only
