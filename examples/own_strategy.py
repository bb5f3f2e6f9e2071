"""A strategy of one's own in the backtest: `python -m examples.own_strategy`.

Prices are drawn and quotes are modelled, so the figures say how a backtest is made, and nothing of what a hedge earns.
With real quotes: `alvh backtest`, and docs/backtest.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hedge.backtest.engine import BacktestTerms, backtest
from hedge.backtest.history import MarketHistory, Series
from hedge.backtest.model_quotes import modelled_quotes
from hedge.backtest.strategy import StrategySpec, Targets, View, legs_by_contract
from hedge.backtest.wealth import PoolPlan
from hedge.units import DAY

START, DAYS = 1_767_600_000, 120


class PutsWhenCheap:
    """Buys a two-week put of 25 delta for each ETH in the pool, where volatility is below 65 %."""

    def decide(self, view: View) -> Targets:
        """Return what to hold until the next decision."""
        chain = view.chains["ETH"]
        if view.market.vol("ETH") > 0.65:
            return Targets({"put": {}})
        puts = chain.buyable(chain.first_expiry(14.0), is_call=False)
        put = min(puts, key=lambda quote: abs(chain.delta(quote) + 0.25))
        units = sum(position.deltas(view.spots)["ETH"] for position in view.book.positions)
        return Targets({"put": legs_by_contract((replace(chain.bought(put), quantity=float(round(units))),))})


class Nothing:
    """Holds the pool alone."""

    def decide(self, view: View) -> Targets:
        """Return no hedge."""
        return Targets({})


def history() -> MarketHistory:
    """Return daily prices of ETH with a volatility index, and quotes of a stated surface at each."""
    random = np.random.default_rng(11)
    times = START + DAY * np.arange(DAYS, dtype=np.int64)
    prices = 2_850.0 * np.exp(np.cumsum(random.standard_normal(DAYS)) * 0.6 / np.sqrt(365.0))
    price = Series("ETH", times, prices)
    index = Series("ETH", times, 0.62 + 0.06 * np.sin(np.arange(DAYS) / 9.0))
    return MarketHistory({"ETH": price}, {"ETH": modelled_quotes("ETH", price, index)}, vol_index={"ETH": index})


def profits() -> dict[str, float]:
    """Return what a million dollars in a pool made of it in USD, without and with the puts."""
    played = history()
    terms = BacktestTerms(START, START + (DAYS - 1) * DAY, (PoolPlan("ETH/USD", "ETH", fee_apr=0.30),))
    specs = [
        StrategySpec("nothing", "the pool alone", Nothing),
        StrategySpec("puts", "puts when cheap", PutsWhenCheap, needs_quotes=True),
    ]
    runs = {spec.name: backtest(played, spec, terms) for spec in specs}
    return {name: float(run.equity[-1] - run.equity[0]) for name, run in runs.items()}


if __name__ == "__main__":
    print("\n".join(f"{name:8} {profit:12,.0f} USD" for name, profit in profits().items()))
