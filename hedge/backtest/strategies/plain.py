"""What a hedge is compared with: nothing, holding, and spreading over pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hedge.backtest.strategy import KEEP, StrategySpec, Targets, View, register_strategy
from hedge.backtest.wealth import PoolPlan
from hedge.market import USD

MONTH = 30.0


class Nothing:
    """Leave everything as it is."""

    def decide(self, view: View) -> Targets:
        """Return no change."""
        return KEEP


class EqualParts:
    """Bring every pool back to an equal part of the capital."""

    def decide(self, view: View) -> Targets:
        """Return equal weights over the pools of the book."""
        names = [position.id for position in view.book.positions]
        return Targets(weights=dict.fromkeys(names, 1.0 / len(names)))


def half_held(pools: Sequence[PoolPlan]) -> Mapping[str, float]:
    """Return half of the capital in USD and half in the pools' assets in equal parts."""
    assets = sorted({asset for pool in pools for asset in (pool.base, pool.quote)} - {USD})
    return {USD: 0.5} | dict.fromkeys(assets, 0.5 / len(assets))


EQUAL = "equal parts over the pools, re-balanced monthly"
register_strategy(StrategySpec("unhedged", "the pools alone", Nothing, trades=False))
register_strategy(StrategySpec("hold_50_50", "half held, half in USD", Nothing, weights=half_held, trades=False))
register_strategy(StrategySpec("diversify", EQUAL, EqualParts, MONTH, trades=False))
