"""What a strategy would have been worth: an event loop over bars of pools and quotes of options.

    pools       bars of one pool, and the fees that a position earned in them
    liquidity   one position in one pool: entered, valued, re-centred

May import `decision`, `update` and what is below them.
"""
