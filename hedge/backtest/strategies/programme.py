"""The CVaR programme as a strategy: asked every week from what it holds, with the same cash or cost as the plan.

    programme             the plan's cash, 2.5 % of the capital, no limit on expected cost
    programme_cost        expected cost of .7 % of the capital per 30 days, cash up to a tenth
    programme_perpetual   as `programme`, and a perpetual against up to the whole delta
    programme_sold_down   as `programme`, and options that have gained are sold down to that cash every week

Scenarios come from the history's prices and volatility indices, which may begin long before the study.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from hedge.backtest.account import Legs, Venue
from hedge.backtest.quotes import Price, Quotes
from hedge.backtest.results import Calibration
from hedge.backtest.strategy import KEEP, WEEK, StrategySpec, Targets, View, register_strategy
from hedge.decision.programme.answer import Answer, Verdict, answer
from hedge.decision.programme.candidates import Listing
from hedge.decision.programme.goal import Goal, Posed, Side, legs_forecast, pose
from hedge.instruments.contract import Contract
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar
from hedge.units import DAY

LABEL: Final = "programme"
CASH_SHARE: Final = 0.025
"""Of the capital: what the plan's governed budget is at first."""
COST_SHARE: Final = 0.007
"""Of the capital per 30 days: what the plan's legs are expected to lose and cost where they are replaced weekly."""
MOST_CASH_SHARE: Final = 0.10
"""Of the capital, where expected cost is the limit."""


class Programme:
    """Ask the programme at every decision, and trade its answer.

    Parameters
    ----------
    cash_share : of the capital. cost_share : of the capital per 30 days. goal : all else that is wanted.
    """

    def __init__(self, cash_share: float, cost_share: float = math.inf, goal: Goal | None = None) -> None:
        self.cash_share, self.cost_share, self.goal = cash_share, cost_share, goal or Goal()
        self.answers: list[Answer] = []
        self._forecast: _Forecast | None = None

    def decide(self, view: View) -> Targets:
        """Return what the programme holds from now on."""
        due = self._forecast.came_due(view) if self._forecast else ()
        self._forecast = None
        if not view.book.assets:
            return replace(KEEP, calibration=due)
        posed = self.posed(view)
        found = answer(posed.problem)
        self.answers.append(found)
        self._forecast = _Forecast.of(view, posed, found.units)
        if found.verdict is not Verdict.TRADE:
            return replace(KEEP, calibration=due)
        return Targets({LABEL: _options(posed, found.units)}, {LABEL: _perpetuals(posed, found.units)}, calibration=due)

    def posed(self, view: View) -> Posed:
        """Return the programme of now."""
        held = view.options.get(LABEL, {})
        goal = replace(
            self.goal,
            cash_usd=self.cash_share * view.capital_usd,
            cost_usd=self.cost_share * view.capital_usd,
            perpetual_cost=view.venue.perpetual_cost,
        )
        listings = {asset: listing_of(view.quotes(asset), held, view.venue) for asset in sorted(view.chains)}
        history = view.history
        perpetuals = view.perpetuals.get(LABEL, {})
        return pose(goal, view.book, view.market, listings, perpetuals, history.prices, history.vol_index)


def listing_of(quotes: Quotes, held: Legs, venue: Venue) -> Listing:
    """Return quotes and what is held of them as the programme reads them.

    A contract that is held and no longer listed is left out: the trade that follows closes it for what it brings.
    """
    chain = quotes.chain
    contracts = [Contract(quotes.asset, row.expiry_at, row.strike, row.is_call) for row in chain.rows]
    nothing = Price(math.nan, math.nan, math.nan, math.nan)
    prices = np.array([price or nothing for price in quotes.prices(contracts)]).reshape(-1, 4)
    rows = np.array([(row.expiry_at, row.strike, row.is_call, row.vol, row.forward, row.lot) for row in chain.rows])
    return Listing(
        quotes.asset,
        quotes.observed_at,
        quotes.spot,
        expiry_at=rows[:, 0].astype(np.int64),
        strike=rows[:, 1],
        is_call=rows[:, 2].astype(np.bool_),
        bid=prices[:, 0],
        ask=prices[:, 1],
        mark=prices[:, 2],
        vol=rows[:, 3],
        forward=rows[:, 4],
        lot=rows[:, 5],
        held=np.array([held.get(contract, 0.0) for contract in contracts]),
        fees=venue.fees,
        delivery=venue.delivery,
    )


def _contracts(side: Side) -> list[Contract]:
    listing = side.listing
    rows = zip(listing.expiry_at.tolist(), listing.strike.tolist(), listing.is_call.tolist(), strict=True)
    return [Contract(listing.asset, *row) for row in rows]


def _options(posed: Posed, units: FloatArray) -> dict[Contract, float]:
    found: dict[Contract, float] = {}
    for side in posed.sides.values():
        held = zip(_contracts(side), units[side.columns].tolist(), strict=True)
        found |= {contract: quantity for contract, quantity in held if quantity}
    return found


def _perpetuals(posed: Posed, units: FloatArray) -> dict[str, float]:
    return {asset: float(units[column]) for asset, column in posed.perpetuals.items() if units[column]}


@dataclass(frozen=True, eq=False)
class _Forecast:
    """Hold what was predicted at a decision.

    Parameters
    ----------
    at : unix seconds. profit_usd : until then. posed : what it was predicted from. units : held from then on.
    var95, cvar95 : of the profit after it, trades paid, USD.
    """

    at: int
    profit_usd: float
    posed: Posed
    units: FloatArray
    var95: float
    cvar95: float

    @classmethod
    def of(cls, view: View, posed: Posed, units: FloatArray) -> _Forecast:
        profit = posed.problem.profit(units)
        return cls(view.at, view.profit_usd, posed, units, -float(np.quantile(profit, TAIL_SHARE)), cvar(profit))

    def came_due(self, view: View) -> tuple[Calibration, ...]:
        """Return the forecasts beside what was seen."""
        loss = self.profit_usd - view.profit_usd
        found = [
            Calibration("var95", self.at, view.at, self.var95, loss),
            Calibration("cvar95", self.at, view.at, self.cvar95, loss),
        ]
        return (*found, *self._legs(view))

    def _legs(self, view: View) -> tuple[Calibration, ...]:
        """Return the value of the options that are alive and marked now, at the prices that came."""
        predicted = realised = 0.0
        days = (view.at - self.at) / DAY
        for asset, side in self.posed.sides.items():
            contracts, units = _contracts(side), self.units[side.columns]
            alive = np.array([c.expiry_at > view.at and c in view.marks for c in contracts], dtype=np.bool_)
            held = np.where(alive, units, 0.0)
            predicted += legs_forecast(self.posed, asset, view.spots[asset], held, days)
            realised += math.fsum(
                quantity * view.marks[contract]
                for contract, quantity in zip(contracts, held.tolist(), strict=True)
                if quantity
            )
        return (Calibration("legs", self.at, view.at, predicted, realised),) if realised or predicted else ()


def _register(name: str, title: str, make: Callable[[], Programme]) -> None:
    register_strategy(StrategySpec(name, title, make, WEEK, needs_quotes=True, variant_of="programme"))


_register("programme", "the programme, the plan's cash", partial(Programme, CASH_SHARE))
_register("programme_cost", "the programme, the plan's cost", partial(Programme, MOST_CASH_SHARE, COST_SHARE))
_register(
    "programme_perpetual",
    "the programme and a perpetual",
    partial(Programme, CASH_SHARE, math.inf, Goal(perpetual_share=1.0)),
)
_register(
    "programme_sold_down",
    "the programme, sold down to the plan's cash",
    partial(Programme, CASH_SHARE, math.inf, Goal(sell_down=True)),
)
