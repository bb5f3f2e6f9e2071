"""Long options that pay back what the pools lose against holding, bought anew every week; with the delta beside."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from hedge.backtest.strategies.deltas import sold_delta
from hedge.backtest.strategy import StrategySpec, Targets, View, legs_by_contract, register_strategy
from hedge.decision.benchmarks import strip_benchmark
from hedge.instruments.leg import Leg

LABEL: Final = "strip"
SHORT_DAYS, LONG_DAYS = 7.0, 30.0


class Strip:
    """Replace the strip of every asset at every decision.

    Parameters
    ----------
    days : the first expiry not before it is used. with_delta : whether the delta of pools and strip is sold beside.
    """

    def __init__(self, days: float, with_delta: bool = False) -> None:
        self.days, self.with_delta = days, with_delta

    def decide(self, view: View) -> Targets:
        """Return the strip, and the perpetuals beside it where they are wanted."""
        legs = tuple(
            leg
            for asset, chain in sorted(view.chains.items())
            for leg in strip_benchmark(view.book, asset, view.market, chain, self.days).legs
        )
        options = {LABEL: legs_by_contract(legs)}
        return Targets(options, {"delta": self._beside(view, legs)} if self.with_delta else None)

    def _beside(self, view: View, legs: tuple[Leg, ...]) -> dict[str, float]:
        """Return what offsets the delta of the pools and of the strip, by the options' own volatilities."""
        sold = sold_delta(view)
        for asset, spot in view.spots.items():
            own = (leg.greeks(spot).delta for leg in legs if leg.underlying == asset)
            sold[asset] = sold.get(asset, 0.0) - math.fsum(own)
        return sold


def _of(days: float, with_delta: bool = False) -> Callable[[], Strip]:
    return lambda: Strip(days, with_delta)


register_strategy(StrategySpec("strip_7", "strip of a week", _of(SHORT_DAYS), needs_quotes=True, variant_of="strip"))
register_strategy(StrategySpec("strip_30", "strip of a month", _of(LONG_DAYS), needs_quotes=True, variant_of="strip"))
register_strategy(
    StrategySpec(
        "strip_30_delta", "strip of a month and delta", _of(LONG_DAYS, True), needs_quotes=True, variant_of="strip"
    )
)
