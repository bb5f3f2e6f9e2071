"""The pools' delta sold in perpetuals: once, every week, every day."""

from __future__ import annotations

from hedge.backtest.strategy import KEEP, StrategySpec, Targets, View, register_strategy

DAY, WEEK = 1.0, 7.0
LABEL = "delta"


def sold_delta(view: View) -> dict[str, float]:
    """Return the units of each asset that offset the book's delta."""
    totals: dict[str, float] = {}
    for position in view.book.positions:
        for asset, units in position.deltas(view.spots).items():
            if asset in view.spots:
                totals[asset] = totals.get(asset, 0.0) - units
    return totals


class Delta:
    """Sell the book's delta at every decision."""

    def decide(self, view: View) -> Targets:
        """Return the perpetuals that offset it."""
        return Targets(perpetuals={LABEL: sold_delta(view)})


class StaticDelta:
    """Sell the book's delta once and keep what was sold."""

    def __init__(self) -> None:
        self._done = False

    def decide(self, view: View) -> Targets:
        """Return the perpetuals at the first decision, no change after it."""
        done, self._done = self._done, True
        return KEEP if done else Targets(perpetuals={LABEL: sold_delta(view)})


register_strategy(StrategySpec("static_delta", "delta sold once", StaticDelta, variant_of="delta"))
register_strategy(StrategySpec("weekly_delta", "delta sold weekly", Delta, WEEK, variant_of="delta"))
register_strategy(StrategySpec("daily_delta", "delta sold daily", Delta, DAY, variant_of="delta"))
