"""What to propose: bounded changes of the governed parameters.

    propose    the steward: deterministic rules toward what the book and the market ask for, inside every limit
    promoter   the yield-chaser, a baseline for backtests; it can never be proposed

Nothing of the decision imports it.
"""
