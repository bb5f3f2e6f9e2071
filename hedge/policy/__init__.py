"""What governs the layers: the parameters that a DAO votes, and what the market's regime asks of each layer.

    parameters      the governed keys, their bounds and the rules across them
    regime_policy   from signals to what each layer is asked for
    tenor_shifts    how far tenors move with the signals

Read `parameters` first. May import `signals` and what is below it; knows no book, chain or layer.
"""
