"""Books, markets and chains that the tests of the layers share."""

import math

from hedge.book.positions import Book, ConcentratedPosition
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market
from hedge.plan.build import Plan
from hedge.signals.signal import Signal, State

NOW = 1_700_000_000  # Tuesday 2023-11-14 22:13:20 UTC
MARKET = Market(
    NOW, {"ETH": 2000.0, "BTC": 40_000.0}, {"ETH": 0.65, "BTC": 0.5}, {("ETH", "BTC"): 0.8}, "fixed for tests"
)


def position(
    name: str,
    value_usd: float,
    base: str = "ETH",
    quote: str = "USD",
    lower: float = 1600.0,
    upper: float = 2500.0,
    fee_apr: float = 0.45,
    market: Market = MARKET,
) -> ConcentratedPosition:
    """Return a position worth `value_usd` at the market, entered at its price."""
    return ConcentratedPosition.from_value(value_usd, base, quote, market, lower, upper, id=name, fee_apr=fee_apr)


def mixed_book() -> Book:
    """Return a v3 position, a v2 position and one in two volatile assets, 2.5 M USD in all."""
    return Book(
        (
            position("eth", 1e6),
            position("btc-eth", 5e5, "BTC", "ETH", 15.0, 27.0, 0.2),
            position("btc", 1e6, "BTC", "USD", 0.0, math.inf, 0.1),
        )
    )


def after(plan: Plan) -> Holdings:
    """Return what is held once every trade of a plan is done."""
    options, perpetuals = dict(plan.holdings.options), dict(plan.holdings.perpetuals)
    listed = {contract.label: contract for contract in options} | {
        contract.label: contract
        for chain in CHAINS.values()
        for row in chain.rows
        for contract in [Contract(chain.underlying, row.expiry_at, row.strike, row.is_call)]
    }
    for trade in plan.trades:
        units = trade.quantity if trade.side == "buy" else -trade.quantity
        if trade.layer == "delta":
            perpetuals[trade.asset] = round(perpetuals.get(trade.asset, 0.0) + units, 9)
        else:
            contract = listed[trade.instrument]
            options[contract] = round(options.get(contract, 0.0) + units, 9)
    return Holdings({c: units for c, units in options.items() if units}, perpetuals)


def chains(market: Market = MARKET) -> dict[str, OptionChain]:
    """Return synthetic chains on ETH and BTC at the market's spots and volatilities."""
    return {
        asset: synthetic_chain(asset, market.spot(asset), NOW, market.vol(asset), lot=lot)
        for asset, lot in (("BTC", 0.01), ("ETH", 0.1))
    }


CHAINS = chains()
CALM = (Signal("volatility", 0.5, State.NORMAL, NOW - 60, 3600, "fixed for tests"),)
