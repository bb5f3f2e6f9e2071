"""Price, measure and hedge the exposure of AMM liquidity providers.

Pure functions of their arguments: no chain, clock, environment, network, global random state or plotting. Import the
modules by name; this file imports nothing, so that ``import hedge`` costs nothing. Its parts; each imports only what
is above it:

    errors, units                            the tree of errors; constants, numbers as JSON holds them
    numerics                                 arrays, compiled kernels
    amm, options, market                     pool and option mathematics; the market as one observation
    book, instruments, signals               positions and exposure; legs, layers, chains; what the market says
    risk, policy, volatility, replication    scenarios and CVaR; parameters, regime; indices, surface; strips
    ledger                                   what was really bought and sold, and what follows from it
    simulate                                 paths of prices by model or from history; a hedged position along them
    layers, valuation                        the hedge layers in their size; what a pool, an asset, a return is worth
    decision                                 the programme, its trades and the answer: hedge or not; what to propose
    backtest                                 what a strategy would have been worth on a market's own quotes
    plan                                     all of it, from a book and quotes to an answer with reasons

docs/architecture.md draws how data flows. Conventions: prices are quote per base, volatility is annualised, a year
has 365 days, NaN in gives NaN out, a number outside its domain raises `hedge.errors.BadInput`.
"""

__version__ = "0.1.0"
