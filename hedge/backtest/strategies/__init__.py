"""The strategies that need no planner, each file registers its own.

    plain      unhedged, half held and half in USD, equal weights over the pools and re-balanced
    deltas     the delta sold in perpetuals: once, weekly, daily
    strips     options that pay the pools' own loss back, for a week and a month; with the delta beside
    calls      calls on the volatility index, by its level
    programme  the hedge with the least weekly CVaR95 within cash or expected cost, from what is held

`hedge.backtest.registry` loads them all. Those that ask the planner are in `hedge.plan.strategies`. May import what
`hedge.backtest` may.
"""
