"""Every strategy of a study: the backtest's, the planner's, the steward under first limits, and those of plug-ins."""

from __future__ import annotations

from functools import partial

from bridge.genesis import GovernanceTerms
from bridge.registry import load_plugins
from hedge.backtest.registry import register_strategy, strategy_spec, strategy_specs
from hedge.backtest.strategies.plan import Steward
from hedge.backtest.strategy import StrategySpec

register_strategy(
    StrategySpec(
        "steward",
        "the plan while the vote follows its proposals",
        partial(Steward, dict(enumerate(GovernanceTerms().limits))),
        needs_quotes=True,
        variant_of="plan",
    )
)
load_plugins()

__all__ = ["strategy_spec", "strategy_specs"]
