"""Where USD prices come from: each file registers one source in `bridge.sources.prices`.

    pools    Uniswap v3 pools, believed where the price now and the average agree

`prices` loads every file here when a source is asked for, and nothing else: exposure needs no quotes, so it does not
wait for what reads them. May import what `bridge.sources` may.
"""
