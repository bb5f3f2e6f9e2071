"""What can be traded: legs on listed quotes, and the layers made of them.

    fees, leg             what an exchange charges; one option that is bought or sold at its executable quote
    layer                 legs in the size that is held: cost, greeks, break-evens, largest loss
    option_chain          one underlying's quotes at one moment, validated
    margin                what sold legs and perpetuals need, by the rules of the venue
    index_listing         futures and options on a volatility index
    synthetic_chain       a chain with a stated smile, where there are no quotes
    structures            straddle, strangle, variance strip
    parity, execution     conversions and reversals at bid and ask; an option outright or as its synthetic

Read them in this order. May import `options`, `market` and what is below them; knows no book, regime or size.
"""
