"""What a plan says will happen, and what did: its forecasts made comparable for a backtest.

Kinds: ``var95`` and ``cvar95``, the loss of pools and legs until the next decision that 5 % of outcomes exceed, and
their mean; ``legs``, the value of the legs at the price that came, by the plan's own way of marking them; ``decay``,
the value that they lose while nothing moves, where realised is what delta, gamma and vega do not explain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedge.backtest.results import Calibration
from hedge.backtest.strategy import View
from hedge.instruments.contract import Contract
from hedge.instruments.layer import value_legs
from hedge.instruments.leg import Leg
from hedge.market import TAIL_SHARE
from hedge.risk.measures import book_pnl, cvar, legs_pnl
from hedge.risk.scenarios import draw_scenarios, vol_move
from hedge.units import YEAR_SECONDS

COUNT: Final = 4096


@dataclass(frozen=True, eq=False)
class Forecast:
    """Hold what was predicted at a decision, and what it was predicted from.

    Parameters
    ----------
    at : unix seconds. profit_usd : until then. days : to the next decision. legs : bought and sold then.
    spots : USD by asset. var95, cvar95 : USD, positive for a loss.
    """

    at: int
    profit_usd: float
    days: float
    legs: tuple[Leg, ...]
    spots: dict[str, float]
    var95: float
    cvar95: float

    @classmethod
    def of(cls, view: View, legs: Sequence[Leg], days: float) -> Forecast:
        """Return the forecast of the book with these legs over so many days, by the plan's own scenarios."""
        scenarios = draw_scenarios(view.book.assets, view.market, COUNT, horizon_days=days)
        pnl = book_pnl(view.book, view.market, scenarios) + legs_pnl(legs, scenarios)
        var = -float(np.quantile(pnl, TAIL_SHARE))
        return cls(view.at, view.profit_usd, days, tuple(legs), dict(view.spots), var, cvar(pnl))

    def came_due(self, view: View) -> tuple[Calibration, ...]:
        """Return the forecasts beside what was seen at the next decision."""
        loss = self.profit_usd - view.profit_usd
        found = [
            Calibration("var95", self.at, view.at, self.var95, loss),
            Calibration("cvar95", self.at, view.at, self.cvar95, loss),
        ]
        alive = [leg for leg in self.legs if leg.expiry_at > view.at and Contract.of(leg) in view.marks]
        if alive:
            elapsed = (view.at - self.at) / YEAR_SECONDS
            found += self._legs(view, alive, elapsed) + self._decay(view, alive, elapsed)
        return tuple(found)

    def _legs(self, view: View, legs: list[Leg], elapsed: float) -> list[Calibration]:
        spots = {asset: np.array([view.spots[asset]]) for asset in self.spots}
        moves = {asset: vol_move(spots[asset] / self.spots[asset]) for asset in self.spots}
        predicted = float(value_legs(legs, spots, elapsed, moves)[0])
        realised = math.fsum(leg.quantity * view.marks[Contract.of(leg)] for leg in legs)
        return [Calibration("legs", self.at, view.at, predicted, realised)]

    def _decay(self, view: View, legs: list[Leg], elapsed: float) -> list[Calibration]:
        predicted = realised = 0.0
        for leg in legs:
            contract, before = Contract.of(leg), self.spots[leg.underlying]
            (price,) = view.quotes(leg.underlying).prices((contract,))
            if price is None or not price.vol > 0.0:
                return []
            greeks, move = leg.greeks(before), view.spots[leg.underlying] - before
            explained = greeks.delta * move + 0.5 * greeks.gamma * move * move + greeks.vega * (price.vol - leg.vol)
            predicted -= greeks.theta * elapsed
            realised += explained - leg.quantity * (view.marks[contract] - self._mark(leg))
        return [Calibration("decay", self.at, view.at, predicted, realised)]

    def _mark(self, leg: Leg) -> float:
        """Return what one unit was worth in the middle when it was traded."""
        return leg.price - math.copysign(leg.exit - leg.fee, leg.quantity)
