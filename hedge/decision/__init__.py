"""Whether to hedge and with what: the programme, its trades, and the answer with its numbers.

    programme     the hedge with the least CVaR95 within its limits, as one linear programme
    trades        the ticket from what is held to what the programme holds
    metrics       layers, net greeks, cash and tail of what it holds
    attribution   what each layer does to gamma, vega and CVaR95
    benchmarks    a delta hedge and the strip on the same quotes
    compare       the plan beside its benchmarks, and the frontier of CVaR95 against expected cost
    rebalance     how far exposure has drifted from what a plan was made for
    positions     whether each position earns its keep: keep, leave or re-range it
    motions       hold or move, position by position
    decide        hedge, hold, do not hedge, or leave the pool
    held          what is held now, marked, and what each layer of it covers
    update        what to propose: bounded changes of the governed parameters

Read `programme` first and `update` last. May import `layers`, `valuation`, `replication` and what is below them.
"""
