"""Calls on the volatility index, as a known overlay on shares buys them: by the index's own level.

Every month a share of the capital goes into calls of 30 delta and 30 days: none while the index is below 15 points, 1 %
up to 30, half a percent up to 50, none above. Source: the rule of Cboe's VXTH index, whose level is the forward of the
VIX; here it is what the option chain of the index has as forward.
"""

from __future__ import annotations

from typing import Final

from hedge.backtest.strategy import KEEP, StrategySpec, Targets, View, legs_by_contract, register_strategy
from hedge.instruments.contract import Contract
from hedge.instruments.leg import lots_down

LABEL: Final = "index calls"
DELTA, DAYS, LEAST_DAYS, MOST_DAYS = 0.30, 30.0, 14.0, 60.0
MONTH: Final = 30.0
SHARES: Final = ((15.0, 0.0), (30.0, 0.01), (50.0, 0.005))
"""Share of the capital below each level of the index, points; none above the last."""


class IndexCalls:
    """Buy calls on every volatility index that has quotes, in the share that its level asks for."""

    def decide(self, view: View) -> Targets:
        """Return the calls of every index that is quoted now."""
        bought: dict[Contract, float] = {}
        for index in view.indices:
            chain = view.quotes(index).chain
            expiry_at = chain.nearest_expiry(DAYS, LEAST_DAYS, MOST_DAYS)
            calls = chain.buyable(expiry_at, is_call=True)
            if not calls:
                continue
            call = min(calls, key=lambda quote: abs(chain.delta(quote) - DELTA))
            spent = share_at(call.forward) * view.capital_usd / len(view.indices)
            size = lots_down(spent / call.ask, call.lot)
            if size > 0.0:
                leg = chain.bought(call)
                bought |= dict.fromkeys(legs_by_contract((leg,)), size)
        return Targets({LABEL: bought}) if view.indices else KEEP


def share_at(level: float) -> float:
    """Return the share of the capital that goes into calls at a level of the index.

    >>> share_at(12.0), share_at(20.0), share_at(40.0), share_at(60.0)
    (0.0, 0.01, 0.005, 0.0)
    """
    return next((share for below, share in SHARES if level < below), 0.0)


register_strategy(StrategySpec("index_calls", "calls on the volatility index", IndexCalls, MONTH, needs_quotes=True))
