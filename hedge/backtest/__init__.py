"""What a strategy would have been worth: an event loop over bars of pools and quotes of options.

In this order:

    pools, liquidity         bars of one pool and the fees in them; one position entered, valued, re-centred
    quotes, history          option quotes as they are traded and marked; all that was known, cut at a moment
    execution                who deals at which price
    account, wealth          the hedge's cash, legs and perpetuals; the pools and holdings beside it
    schedule, strategy       when something is due; what a strategy sees and answers, and the registry
    engine, results          the event loop; what a run leaves behind
    model_quotes             quotes of a smile that is fitted on what was known, where a market's are not at hand
    periods, path_metrics, alpha, metrics, tables    weeks, drawdown, crashes, costs; a strategy's figures
    intervals, comparison, calibration               how sure they are; variants; forecasts against what came
    registry, strategies     the strategies that need no planner

May import `decision`, `update` and what is below them; strategies that ask the planner register from above.
"""
