"""The product's plan as a strategy: the programme of the governed keys, asked every week from what it holds.

    plan              the first values of the keys, in USD; what it holds may stay: doing nothing is one of its answers
    plan_holding      the same against holding the deposited amounts; plan_half against half in each asset;
                      plan_holding_all takes all that the budgets give
    plan_30_days      a horizon of 30 days; plan_4_weeks: the 7-day plan, kept for four weeks
    plan_no_target    takes all that the budgets give
    plan_scale_in, plan_scale_out: protection follows the regime
    plan_delta_all    layer 0 may sell the whole delta
    only_*, without_* one layer alone, and each left out

Scenarios come from the history's prices and volatility indices, which may begin long before the study. Signals are
those that the history has; without any no condor is sold.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from hedge.backtest.account import Venue
from hedge.backtest.quotes import Price, Quotes
from hedge.backtest.results import Calibration
from hedge.backtest.strategy import KEEP, WEEK, StrategySpec, Targets, View, register_strategy
from hedge.book.exposure import book_exposure
from hedge.decision.programme.answer import Answer, Verdict, answer
from hedge.decision.programme.goal import Goal
from hedge.decision.programme.pose import Past, Posed, legs_forecast, pose
from hedge.decision.update.promoter import promote
from hedge.decision.update.propose import propose_update
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.listing import Listing
from hedge.layers.registry import layer_specs
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import FloatArray
from hedge.policy.parameters import LastChange, Limits, Parameters
from hedge.policy.regime_policy import choose_policy
from hedge.policy.tenor_shifts import shifted_bands
from hedge.risk.measures import cvar
from hedge.signals.board import read_board
from hedge.signals.signal import Signal
from hedge.signals.spec import signal_specs
from hedge.units import BPS, DAY

FOUR_WEEKS: Final = 28.0


class Planned:
    """Ask the programme at every decision, and trade its answer.

    Parameters
    ----------
    parameters : as governed. only : layers that may be traded; all where it is empty.
    """

    def __init__(self, parameters: Parameters | None = None, only: frozenset[str] = frozenset()) -> None:
        self.parameters, self.only = parameters or Parameters(), only
        self.answers: list[Answer] = []
        self._forecast: _Forecast | None = None

    def decide(self, view: View) -> Targets:
        """Return what the programme holds from now on."""
        due = self._forecast.came_due(view) if self._forecast else ()
        self._forecast = None
        if not view.book.assets or not view.lp_usd > 0.0:
            return replace(KEEP, calibration=due)
        posed = self.posed(view)
        found = answer(posed.problem, self.parameters.rehedge_bps / BPS)
        self.answers.append(found)
        self.decided(view, posed, found)
        self._forecast = _Forecast.of(view, posed, found.units)
        if found.verdict is not Verdict.TRADE:
            return replace(KEEP, calibration=due)
        return Targets(*_held(posed, found.units), calibration=due)

    def decided(self, view: View, posed: Posed, found: Answer) -> None:
        """Do what follows from a decision; nothing here."""

    def posed(self, view: View) -> Posed:
        """Return the programme of now."""
        signals = known_signals(view)
        names = [signal.name for signal in signals]
        policy = choose_policy(signals, view.at, self.parameters, expected=names)
        goal = Goal(
            shifted_bands(self.parameters, policy.shifts), view.lp_usd, policy.scale, policy.selling, self.only,
            view.venue.perpetual_cost,
        )  # fmt: skip
        listings = {asset: listing_of(view.quotes(asset), view.venue) for asset in sorted(view.chains)}
        past = Past(view.history.prices, view.history.vol_index)
        return pose(goal, view.book, view.market, listings, holdings_of(view), past)


class Steward(Planned):
    """Trade the plan while the vote follows its proposals: each takes effect at the next decision.

    Parameters
    ----------
    limits : of the governed keys, as a deployment begins with; every key is taken to have rested long enough.
    """

    def __init__(self, limits: Mapping[int, Limits]) -> None:
        super().__init__()
        self.limits = limits
        self.rested = {key: LastChange(0, limit.min, limit.max, 0) for key, limit in limits.items()}

    def decided(self, view: View, posed: Posed, found: Answer) -> None:
        """Let the proposal pass."""
        update = propose_update(posed, found, self.parameters, self.limits, self.rested, view.at)
        self.parameters = update.applied(self.parameters)


def known_signals(view: View) -> tuple[Signal, ...]:
    """Return the signals that the history's tables give, as known now; none where it has no tables."""
    histories = view.history.signals
    if histories is None or not view.lp_usd > 0.0:
        return ()
    exposures = book_exposure(view.book, view.market, moves=False).assets
    total = sum(exposure.value_usd for exposure in exposures.values())
    weights = {asset: exposures[asset].value_usd / total for asset in sorted(exposures)} if total > 0.0 else {}
    use = [spec.name for spec in signal_specs() if spec.standard]
    return tuple(signal for signal in read_board(histories, weights, view.at, use=use) if not signal.missing)


def holdings_of(view: View) -> Holdings:
    """Return what a strategy holds, whatever its labels."""
    options: dict[Contract, float] = defaultdict(float)
    perpetuals: dict[str, float] = defaultdict(float)
    for legs in view.options.values():
        for contract, units in legs.items():
            options[contract] += units
    for held in view.perpetuals.values():
        for asset, units in held.items():
            perpetuals[asset] += units
    return Holdings(dict(options), dict(perpetuals), view.hedge_usd)


def listing_of(quotes: Quotes, venue: Venue) -> Listing:
    """Return quotes as the programme reads them, nothing held."""
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
        held=np.zeros(len(rows)),
        fees=venue.fees,
        delivery=venue.delivery,
    )


def _held(posed: Posed, units: FloatArray) -> tuple[dict[str, dict[Contract, float]], dict[str, dict[str, float]]]:
    """Return options and perpetuals by layer; a contract of several layers is in each with its part."""
    options: dict[str, dict[Contract, float]] = {}
    perpetuals: dict[str, dict[str, float]] = {}
    for column, quantity in zip(posed.columns, units.tolist(), strict=True):
        if quantity and column.is_perpetual:
            perpetuals.setdefault(column.layer, {})[column.asset] = quantity
        for contract, sign in column.contracts if quantity else ():
            legs = options.setdefault(column.layer, {})
            legs[contract] = legs.get(contract, 0.0) + sign * quantity
    return options, perpetuals


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
        """Return the forecasts beside what was seen; those of a loss only where it is counted in USD."""
        loss = self.profit_usd - view.profit_usd
        found = [
            Calibration("var95", self.at, view.at, self.var95, loss),
            Calibration("cvar95", self.at, view.at, self.cvar95, loss),
        ]
        in_usd = self.posed.goal.parameters.benchmark == 0
        return (*(found if in_usd else ()), *self._legs(view))

    def _legs(self, view: View) -> tuple[Calibration, ...]:
        """Return the value of the options that are alive and marked now, at the prices that came."""
        predicted = realised = 0.0
        days = (view.at - self.at) / DAY
        legs = _by_contract(self.posed, self.units)
        for asset, side in self.posed.sides.items():
            contracts = side.listing.contracts()
            alive = [contract.expiry_at > view.at and contract in view.marks for contract in contracts]
            held = np.array([legs.get(c, 0.0) if lives else 0.0 for c, lives in zip(contracts, alive, strict=True)])
            predicted += legs_forecast(self.posed, asset, view.spots[asset], held, days)
            realised += math.fsum(
                quantity * view.marks[contract]
                for contract, quantity in zip(contracts, held.tolist(), strict=True)
                if quantity
            )
        return (Calibration("legs", self.at, view.at, predicted, realised),) if realised or predicted else ()


def _by_contract(posed: Posed, units: FloatArray) -> dict[Contract, float]:
    total: dict[Contract, float] = defaultdict(float)
    for legs in _held(posed, units)[0].values():
        for contract, quantity in legs.items():
            total[contract] += quantity
    return total


def _register(
    name: str, title: str, values: Mapping[str, int] | None = None, only: frozenset[str] = frozenset(),
    every_days: float = WEEK,
) -> None:  # fmt: skip
    make = partial(Planned, replace(Parameters(), **(values or {})), only)
    register_strategy(StrategySpec(name, title, make, every_days, needs_quotes=True, variant_of="plan"))


_register("plan", "the plan, asked weekly")
_register("plan_holding", "the plan against holding", {"benchmark": 1})
_register("plan_holding_all", "against holding, all that budgets give", {"benchmark": 1, "target_cvar_bps": 0})
_register("plan_half", "the plan against half and half", {"benchmark": 2})
_register("plan_30_days", "the plan over 30 days", {"horizon_days": 30})
_register("plan_4_weeks", "the plan, kept for four weeks", every_days=FOUR_WEEKS)
_register("plan_no_target", "the plan, all that budgets give", {"target_cvar_bps": 0})
_register("plan_scale_in", "the plan, more as volatility rises", {"regime_policy": 1})
_register("plan_scale_out", "the plan, more while volatility is low", {"regime_policy": 2})
_register("plan_delta_all", "the plan, the whole delta", {"delta_share_bps": 10_000})
register_strategy(
    StrategySpec(
        "promoter", "what a yield-chaser sets", partial(Planned, promote(Parameters()).parameters), needs_quotes=True,
        variant_of="plan",
    )
)  # fmt: skip
_NAMES: Final = frozenset(spec.name for spec in layer_specs())
for _spec in layer_specs():
    _register(f"only_{_spec.name}", f"{_spec.label} alone", {"target_cvar_bps": 0}, frozenset({_spec.name}))
    _register(f"without_{_spec.name}", f"the plan without {_spec.label}", None, _NAMES - {_spec.name})
