"""How demeter runs one position over bars of a pool; see `peers_options` for the form of an entry."""

import datetime

import numpy as np

ALL = 10**9


def demeter(a):
    """Add liquidity at the first bar and keep it: demeter's own actuator, market and accounts, a status each bar.

    What its loader does is done before: a frame with Decimal columns, and its prices. The actuator is made anew.
    """
    from demeter import Actuator, MarketInfo, Strategy, TokenInfo
    from demeter.uniswap import UniLpMarket, UniV3Pool

    usdc, weth = TokenInfo("usdc", 6), TokenInfo("weth", 18)
    pool = UniV3Pool(usdc, weth, 0.05, usdc)
    frame, offered = frame_of(a), [float(value) for value in a["offered"]]
    lower, upper = (int(tick) for tick in a["range_ticks"])
    UniLpMarket(MarketInfo("lp"), pool, data=frame).add_statistic_column(frame)

    class Keep(Strategy):
        def initialize(self):
            self.broker.markets.default.add_liquidity_by_tick(lower, upper, *offered)

    def run():
        market = UniLpMarket(MarketInfo("lp"), pool, data=frame)
        actuator = Actuator()
        actuator.broker.add_market(market)
        actuator.broker.set_balance(weth, offered[0])
        actuator.broker.set_balance(usdc, offered[1])
        actuator.strategy = Keep()
        actuator.set_price(market.get_price_from_data())
        actuator.run(print_result=False)
        return actuator.account_status

    return run, lambda found: {"value": np.array([float(status.net_value) for status in found])}


def frame_of(a):
    """Return bars as demeter's loader makes them, but for the columns that its market does not read."""
    import pandas as pd
    from demeter.utils import to_decimal

    start = datetime.datetime(2023, 8, 13)
    columns = {"openTick": a["open_tick"], "closeTick": a["close_tick"]}
    whole = {"inAmount0": a["paid_usdc"], "inAmount1": a["paid_weth"], "currentLiquidity": a["pool_liquidity"]}
    columns |= {name: [to_decimal(int(value)) for value in values] for name, values in whole.items()}
    return pd.DataFrame(columns, index=pd.date_range(start, periods=len(a["close_tick"]), freq="1min"))


POOL = {"backtest_month": {"demeter": (demeter, "zelos-demeter", ALL)}}
