"""The hedge as one programme: the least CVaR95 that listed options and perpetuals reach within stated limits.

    scenarios    joint prices and index moves at the horizon, by filtered history
    revalue      what each option is worth there, on its own smile
    spreads      what is held sold, matched with the wings that cover it
    columns      the instruments: options by layer, whole condors, index legs, perpetuals; what of them may be traded
    solve        the linear programme of Rockafellar and Uryasev, with its shadow prices
    goal         what the hedge is for and what it may cost
    limits       what that allows of cash, cost, turnover, notional, each layer
    pose         the programme that follows from it on a book
    answer       whole lots, and the answer in words

Read them in this order. May import what `decision` may.
"""
