"""Every registered strategy: importing this module loads each file of `strategies`, which registers itself."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import hedge.backtest.strategies
from hedge.backtest.strategy import register_strategy, strategy_spec, strategy_specs, unregister_strategy

for _module in iter_modules(hedge.backtest.strategies.__path__):
    import_module(f"hedge.backtest.strategies.{_module.name}")

__all__ = ["register_strategy", "strategy_spec", "strategy_specs", "unregister_strategy"]
