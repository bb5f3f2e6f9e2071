"""Whether to hedge: the layers against what else could be done, and the answer with its numbers.

    metrics       net greeks, cash and tail of a set of layers
    attribution   what each layer does to gamma, vega and CVaR95
    benchmarks    a delta hedge and the strip on the same quotes
    compare       the plan beside its benchmarks, by what a USD given up removes
    rebalance     whether the hedge on record may stay
    positions     whether each position earns its keep: keep, leave or re-range it
    decide        hedge, hold, do not hedge, or leave the pool
    programme     the hedge with the least CVaR95 within cash or expected cost, as one linear programme

Read `decide` last. May import `layers`, `valuation`, `replication` and what is below them; knows no update.
"""
