"""What volatility is and was, from quotes and from prices.

    realized        estimators from prices, bars and ticks
    variance_swap   the fair variance of a strip of listed options
    index           a volatility index by Cboe's method
    surface         an implied-volatility surface free of arbitrage
    dense_index     a volatility index by a dense integral over smiles of the surface

Read `index` first. May import `instruments`, `options` and what is below them.
"""
