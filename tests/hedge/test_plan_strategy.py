"""The plan as a strategy: what it holds week by week, and that it never sells what it has not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from sample_histories import BOTH, START, play, weeks_of_chains

import hedge.backtest.registry  # noqa: F401
from hedge.backtest.results import BacktestRun
from hedge.backtest.strategies.plan import Planned, holdings_of
from hedge.backtest.strategy import Targets, View, strategy_spec
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit

HISTORY = weeks_of_chains(22, assets=("BTC", "ETH"), every=1)


class Watched(Planned):
    """Keep every view and what was answered."""

    seen: list[tuple[View, Targets]]

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters)
        self.seen = []

    def decide(self, view: View) -> Targets:
        """Return the plan's targets."""
        found = super().decide(view)
        self.seen.append((view, found))
        return found


@cache
def watch(share: int = 5000) -> tuple[Watched, BacktestRun]:
    strategy = Watched(Parameters(delta_share_bps=share))
    spec = replace(strategy_spec("plan"), make=lambda: strategy)
    return strategy, play(HISTORY, spec, BOTH, start=START)


def test_plan__three_weeks_of_chains__whole_lots_within_its_cash() -> None:
    strategy, run = watch()
    traded = [found for _, found in strategy.seen if found.options is not None]
    assert len(strategy.seen) == 4
    assert traded
    for found in traded:
        for label, legs in (found.options or {}).items():
            for contract, quantity in legs.items():
                lots = quantity / {"ETH": 1.0, "BTC": 0.1}[contract.asset]
                assert quantity > 0.0 or label == "condor"
                assert lots == pytest.approx(round(lots), abs=1e-6)
    assert strategy.answers[0].cash <= 25_000.0 + 1e-6
    assert run.counts.get("orders without a quote", 0) == 0
    assert {entry.kind for entry in run.calibration} == {"var95", "cvar95", "legs"}
    assert np.isfinite([entry.predicted for entry in run.calibration]).all()


def test_plan__next_decision__starts_from_what_is_held() -> None:
    strategy, _ = watch()
    _, first = strategy.seen[0]
    view, _ = strategy.seen[1]
    bought = {c: q for legs in (first.options or {}).values() for c, q in legs.items() if c.expiry_at > view.at}
    held = holdings_of(view)
    assert bought
    assert {c: q for c, q in held.options.items() if q} == pytest.approx(bought)
    assert held.perpetuals == {a: q for own in (first.perpetuals or {}).values() for a, q in own.items()}
    posed = strategy.posed(view)
    perpetual = np.array([column.is_perpetual for column in posed.columns])
    assert posed.problem.held[~perpetual].sum() == pytest.approx(sum(bought.values()))
    assert posed.problem.held[perpetual].sum() == pytest.approx(sum(held.perpetuals.values()))


def test_plan__no_delta__trades_no_perpetual() -> None:
    strategy, _ = watch(0)
    assert not any(found.perpetuals for _, found in strategy.seen)


def test_plan__view_without_a_past__falls_back_and_still_decides() -> None:
    strategy, _ = watch()
    view, _ = strategy.seen[0]
    assert strategy.posed(view).drawn.source.startswith("lognormal with jumps")
    assert strategy.answers[0].cvar_after < strategy.answers[0].cvar_before
