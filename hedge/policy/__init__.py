"""What governs the hedge: the parameters that a DAO votes, and what the market's regime leaves of them.

    parameters      the governed keys, their bounds and the rules across them
    regime_policy   from signals to a share of the budgets, and whether anything may be sold
    tenor_shifts    how far tenors move with the signals
    layer_rules, sizing_policy
                    the numbers and regimes of the first planner, which a strategy compares with

Read `parameters` first. May import `signals` and what is below it; knows no book, chain or layer.
"""
