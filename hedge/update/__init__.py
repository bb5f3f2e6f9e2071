"""What to propose: bounded changes of the governed parameters.

    propose    the steward: deterministic rules toward what the book and the market ask for, inside every limit
    promoter   the yield-chaser, a baseline for backtests; it can never be proposed

May import `layers`, `policy`, `book`, `market` and what is below them; does not know the decision.
"""
