"""Every strategy that comes with the backtest: importing this module registers each file of `strategies`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import hedge.backtest.strategies

for _module in iter_modules(hedge.backtest.strategies.__path__):
    import_module(f"hedge.backtest.strategies.{_module.name}")
