"""What a hedge, a pool or an asset is worth, and what its return costs.

Import the module that is needed, nothing is re-exported:

    irr              internal rate and net present value of dated cash flows (pyxirr, imported when first called)
    capital          weighted cost of the hedge's capital, and whether borrowing for it is allowed
    overlay_return   money-weighted return of an overlay's cash flows, margin included
    hedge_return     the return of what a ledger says was bought and sold, against the cost of its capital
    cash_flow        price over cash flow of pools, cost over expected pay-off of volatility products
    ddm              dividend discount for assets that pay a yield
    screens          exposure caps for over-valued or correlated sectors
    diversification  effective number of bets and joint tail of pools
    motion           hold or move, with hysteresis
    markouts         markouts and loss-versus-rebalancing of a swap tape
    pool_bets        the pools of one book as bets, and their years of fees
    swap_tape        markouts, fees and LVR of one tape at several horizons
    leg_worth        cost over expected pay-off of every option that a plan buys

docs/valuation.md shows each idea with its picture.
"""
