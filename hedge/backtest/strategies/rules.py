"""The first planner, to compare with: three layers sized one after another by rules of their own, replaced weekly.

Tail puts of months first, then long volatility along a ramp of the index, then a condor as the regime asks. It knows
neither what is held nor what a dollar of cost does to the tail.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from hedge.backtest.strategies.plan import known_signals
from hedge.backtest.strategy import WEEK, StrategySpec, Targets, View, legs_by_contract, register_strategy
from hedge.book.exposure import book_exposure
from hedge.instruments.contract import Contract
from hedge.instruments.layer import Layer
from hedge.layers.build import build_overlay
from hedge.policy.layer_rules import LayerRules
from hedge.policy.sizing_policy import sizing_policy
from hedge.risk.measures import book_pnl
from hedge.risk.scenarios import draw_scenarios

FOUR_WEEKS: Final = 28.0


class Rules:
    """Trade the layers that the rules size, at every decision anew.

    Parameters
    ----------
    rules : of size.
    """

    def __init__(self, rules: LayerRules | None = None) -> None:
        self.rules = rules or LayerRules()

    def decide(self, view: View) -> Targets:
        """Return the legs of the layers."""
        if not view.book.assets or not view.lp_usd > 0.0:
            return Targets({})
        signals = known_signals(view)
        names = [signal.name for signal in signals]
        sizing = sizing_policy(signals, view.at, None, names, self.rules.condor_tenor_days)
        exposure, scenarios = (
            book_exposure(view.book, view.market, moves=False),
            draw_scenarios(view.book.assets, view.market),
        )
        pnl = book_pnl(view.book, view.market, scenarios)
        return Targets(
            by_layer(build_overlay(exposure, view.market, view.chains, self.rules, pnl, scenarios, sizing).layers)
        )


def by_layer(layers: tuple[Layer, ...]) -> dict[str, dict[Contract, float]]:
    """Return what each layer trades, by its name; layers of several assets are one."""
    found: dict[str, dict[Contract, float]] = {}
    for layer in layers:
        legs = found.setdefault(layer.name, {})
        for contract, quantity in legs_by_contract(layer.legs).items():
            legs[contract] = legs.get(contract, 0.0) + quantity
    return found


for _name, _title, _days in (
    ("rules", "layers by rules, replaced weekly", WEEK),
    ("rules_4_weeks", "layers by rules, kept for four weeks", FOUR_WEEKS),
):
    register_strategy(StrategySpec(_name, _title, partial(Rules), _days, needs_quotes=True))
