"""Price, measure and hedge the exposure of AMM liquidity providers.

Pure functions of their arguments: no chain, clock, environment, network, global random state or plotting. Import the
modules by name (``from hedge import options, amm``); this file imports nothing, so that ``import hedge`` costs nothing.

Conventions: prices are quote per base, volatility is annualised, a year has 365 days, NaN in gives NaN out, a number
outside its domain raises `hedge.errors.BadInput`.
"""

__version__ = "0.1.0"
