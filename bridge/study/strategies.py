"""Every strategy of a study: the backtest's, the planner's, the steward under first limits, and those of plug-ins."""

from __future__ import annotations

from bridge.registry import load_plugins
from hedge.backtest.registry import strategy_spec, strategy_specs

load_plugins()

__all__ = ["strategy_spec", "strategy_specs"]
