"""The planner as a strategy of the backtest: replaced weekly, by its own "hold", kept for four weeks, layer by layer.

Every plan is made as `build_plan` makes it from the view's book, quotes and volatilities, under the first values of the
governed parameters (the steward's and the promoter's change) and the signals that the history has; without any the
regime is stressed, as for every plan. What is traded are the plan's layers whatever its answer is, except where the
strategy goes by the answer. Nothing on a volatility index is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

from hedge.backtest.quotes import Quotes
from hedge.backtest.results import Calibration
from hedge.backtest.strategy import StrategySpec, Targets, View, legs_by_contract, register_strategy
from hedge.book.exposure import book_exposure
from hedge.book.positions import Book, Position
from hedge.decision.rebalance import ExposureRecord
from hedge.instruments.contract import Contract
from hedge.instruments.layer import Layer, all_legs
from hedge.instruments.option_chain import OptionChain
from hedge.layers.build import build_overlay
from hedge.layers.registry import layer_specs
from hedge.market import Market
from hedge.plan.build import Plan, PlanContext, build_plan
from hedge.plan.forecasts import Forecast
from hedge.policy.parameters import LastChange, Limits, Parameters
from hedge.policy.regime_policy import choose_policy
from hedge.risk.measures import book_pnl
from hedge.risk.scenarios import SEED, draw_scenarios
from hedge.signals.board import read_board
from hedge.signals.signal import Signal
from hedge.signals.spec import signal_specs
from hedge.update.promoter import promote

WEEK, FOUR_WEEKS = 7.0, 28.0
SCENARIOS: Final = 4096
Chosen = Mapping[str, Mapping[Contract, float]]


@dataclass(frozen=True)
class _Question:
    """What a plan is made from, hashable: strategies that differ in what they trade share one plan."""

    at: int
    positions: tuple[Position, ...]
    quotes: tuple[tuple[str, Quotes], ...]
    market: tuple[tuple[str, float, float], ...]
    correlations: tuple[tuple[tuple[str, str], float], ...]
    parameters: Parameters
    signals: tuple[Signal, ...]

    @classmethod
    def of(cls, view: View, parameters: Parameters) -> _Question:
        market = view.market
        return cls(
            view.at,
            view.book.positions,
            tuple((asset, view.quotes(asset)) for asset in sorted(view.chains)),
            tuple((asset, market.spot(asset), market.vol(asset)) for asset in sorted(market.spots)),
            tuple(sorted(market.correlations.items())),
            parameters,
            known_signals(view),
        )

    def market_now(self) -> Market:
        """Return the market of the question."""
        return Market(
            self.at,
            {asset: spot for asset, spot, _ in self.market},
            {asset: vol for asset, _, vol in self.market},
            dict(self.correlations),
            "as the backtest's view knows them",
        )

    @property
    def chains(self) -> dict[str, OptionChain]:
        """Return the option chain of each asset that has one."""
        return {asset: quotes.chain for asset, quotes in self.quotes}

    @property
    def expected(self) -> list[str]:
        """Return the names of the signals."""
        return [signal.name for signal in self.signals]

    def ask(self, record: ExposureRecord | None = None, limits: Mapping[int, Limits] | None = None) -> Plan:
        """Make the plan; with limits, every key is taken to have rested long enough and to have its whole window."""
        rested = {key: LastChange(0, limit.min, limit.max, 0) for key, limit in (limits or {}).items()}
        return build_plan(
            Book(self.positions), self.market_now(), self.chains, self.parameters, limits,
            rested if limits else None, record=record, signals=self.signals, expected=self.expected,
        )  # fmt: skip


@lru_cache(maxsize=32)
def plan_layers(question: _Question) -> tuple[Layer, ...]:
    """Return the layers of the plan: what `build_plan` sizes first, without its answer and comparison."""
    book, market = Book(question.positions), question.market_now()
    days = question.parameters.condor_tenor_days
    policy = choose_policy(question.signals, question.at, None, question.expected, days)
    exposure = book_exposure(book, market)
    context = PlanContext.of(book, exposure, market, question.chains, {}, policy, SCENARIOS, SEED)
    return context.overlay(question.parameters).layers


def known_signals(view: View) -> tuple[Signal, ...]:
    """Return the signals that the history's tables give, as known now; none where it has no tables."""
    histories = view.history.signals
    if histories is None or not view.lp_usd > 0.0:
        return ()
    exposures = book_exposure(view.book, view.market).assets
    total = sum(exposure.value_usd for exposure in exposures.values())
    weights = {asset: exposures[asset].value_usd / total for asset in sorted(exposures)} if total > 0.0 else {}
    use = [spec.name for spec in signal_specs() if spec.standard]
    return tuple(signal for signal in read_board(histories, weights, view.at, use=use) if not signal.missing)


def by_layer(layers: tuple[Layer, ...]) -> Chosen:
    """Return what each layer trades, by its name; layers of several assets are one."""
    found: dict[str, dict[Contract, float]] = {}
    for layer in layers:
        legs = found.setdefault(layer.name, {})
        for contract, quantity in legs_by_contract(layer.legs).items():
            legs[contract] = legs.get(contract, 0.0) + quantity
    return found


class Planned:
    """Trade the layers of a new plan at every decision.

    Parameters
    ----------
    keep : names of the layers that are traded; all where it is empty. every_days : to the next decision.
    """

    def __init__(self, keep: tuple[str, ...] = (), every_days: float = WEEK) -> None:
        self.keep, self.every_days, self.parameters = keep, every_days, Parameters()
        self._forecast: Forecast | None = None

    def decide(self, view: View) -> Targets:
        """Return the legs of the plan's layers."""
        layers = self.layers(view)
        return Targets(by_layer(layers), calibration=self.forecast(view, layers))

    def layers(self, view: View) -> tuple[Layer, ...]:
        """Return the layers of the plan of now that are traded."""
        layers = plan_layers(_Question.of(view, self.parameters))
        return tuple(layer for layer in layers if not self.keep or layer.name in self.keep)

    def forecast(self, view: View, layers: tuple[Layer, ...]) -> tuple[Calibration, ...]:
        """Return the forecasts of the last decision that are due, and make those of this one."""
        due = self._forecast.came_due(view) if self._forecast else ()
        self._forecast = Forecast.of(view, all_legs(layers), self.every_days) if view.book.assets else None
        return due


class Holding(Planned):
    """Trade a new plan's layers only where the one that was traded last may not be held.

    An answer to leave the pool is no answer here: the book of a study stays.
    """

    def __init__(self) -> None:
        super().__init__()
        self._record: ExposureRecord | None = None
        self._held: tuple[Layer, ...] = ()

    def decide(self, view: View) -> Targets:
        """Return the legs of the plan's layers, or no change."""
        plan = _Question.of(view, self.parameters).ask(self._record)
        if plan.decision.held:
            return Targets(calibration=self._due(view))
        self._record, self._held = ExposureRecord.of(plan.exposure), plan.layers
        return Targets(by_layer(plan.layers), calibration=self.forecast(view, plan.layers))

    def _due(self, view: View) -> tuple[Calibration, ...]:
        """Return what came due; what is held is not forecast anew, as its legs are of an earlier day."""
        due, self._forecast = self._forecast.came_due(view) if self._forecast else (), None
        return due


class Condor(Planned):
    """Trade the condor alone, sized by the governed parameters whatever the regime: what it earns by itself."""

    def layers(self, view: View) -> tuple[Layer, ...]:
        """Return the condor of the overlay that no signal bounds."""
        return tuple(layer for layer in overlay(view, self.parameters) if layer.name in self.keep)


class Promoter(Planned):
    """Trade what a yield-chaser would: no protection, every condor that the bounds allow, whatever the regime."""

    def layers(self, view: View) -> tuple[Layer, ...]:
        """Return the overlay under the promoter's parameters."""
        return overlay(view, promote(self.parameters).parameters)


class Steward(Planned):
    """Trade the plan's layers while the vote follows its proposals: each takes effect at the next decision.

    Parameters
    ----------
    limits : of the governed keys, as a deployment begins with.
    """

    def __init__(self, limits: Mapping[int, Limits]) -> None:
        super().__init__()
        self.limits = limits

    def layers(self, view: View) -> tuple[Layer, ...]:
        """Return the layers under the parameters of now, and let the proposal pass."""
        plan = _Question.of(view, self.parameters).ask(limits=self.limits)
        self.parameters = plan.update.applied(self.parameters)
        return plan.layers


def overlay(view: View, parameters: Parameters) -> tuple[Layer, ...]:
    """Return the layers that the parameters alone ask for, without a regime."""
    if not view.book.assets:
        return ()
    exposure, scenarios = book_exposure(view.book, view.market), draw_scenarios(view.book.assets, view.market)
    pnl = book_pnl(view.book, view.market, scenarios)
    return build_overlay(exposure, view.market, view.chains, parameters, pnl, scenarios).layers


def _register(name: str, title: str, make: Callable[[], Planned], every_days: float = WEEK) -> None:
    register_strategy(StrategySpec(name, title, make, every_days, needs_quotes=True, variant_of="plan"))


_register("plan", "the plan, replaced weekly", Planned)
_register("plan_hold", "the plan, by its own hold", Holding)
_register("plan_4_weeks", "the plan, kept for four weeks", partial(Planned, every_days=FOUR_WEEKS), FOUR_WEEKS)

_NAMES: Final = tuple(spec.name for spec in layer_specs())
for _spec in layer_specs():
    _others = tuple(name for name in _NAMES if name != _spec.name)
    _alone = Condor if _spec.name == "condor" else Planned
    _register(f"only_{_spec.name}", f"{_spec.label} alone", partial(_alone, (_spec.name,)))
    _register(f"without_{_spec.name}", f"the plan without {_spec.label}", partial(Planned, _others))
_register("promoter", "what a yield-chaser sets", Promoter)
