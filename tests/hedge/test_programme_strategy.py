"""The programme as a strategy: what it holds week by week, and that it never sells what it has not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from sample_histories import BOTH, START, play, weeks_of_chains

import hedge.backtest.registry  # noqa: F401
from hedge.backtest.results import BacktestRun
from hedge.backtest.strategies.programme import LABEL, Programme
from hedge.backtest.strategy import Targets, View, strategy_spec
from hedge.decision.programme.goal import Goal

pytestmark = pytest.mark.unit

HISTORY = weeks_of_chains(22, assets=("BTC", "ETH"), every=1)


class Watched(Programme):
    """Keep every view and what was answered."""

    seen: list[tuple[View, Targets]]

    def __init__(self, *terms: float, goal: Goal) -> None:
        super().__init__(*terms, goal=goal)
        self.seen = []

    def decide(self, view: View) -> Targets:
        """Return the programme's targets."""
        found = super().decide(view)
        self.seen.append((view, found))
        return found


@cache
def watch(*terms: float, share: float = 0.0) -> tuple[Watched, BacktestRun]:
    strategy = Watched(*terms, goal=Goal(scenarios=256, perpetual_share=share))
    spec = replace(strategy_spec("programme"), make=lambda: strategy)
    return strategy, play(HISTORY, spec, BOTH, start=START)


def test_programme__three_weeks_of_chains__long_options_in_whole_lots_within_its_cash() -> None:
    strategy, run = watch(0.025, share=1.0)
    traded = [found for _, found in strategy.seen if found.options is not None]
    assert len(strategy.seen) == 4
    assert traded
    for found in traded:
        assert found.options is not None
        assert set(found.options) == {LABEL}
        for contract, quantity in found.options[LABEL].items():
            lots = quantity / {"ETH": 1.0, "BTC": 0.1}[contract.asset]
            assert quantity > 0.0
            assert lots == pytest.approx(round(lots), abs=1e-6)
    assert [answer.cash <= 25_000.0 + 1e-6 for answer in strategy.answers[:1]] == [True]
    assert run.counts.get("orders without a quote", 0) == 0
    assert {entry.kind for entry in run.calibration} == {"var95", "cvar95", "legs"}
    assert np.isfinite([entry.predicted for entry in run.calibration]).all()


def test_programme__next_decision__starts_from_what_is_held() -> None:
    strategy, _ = watch(0.025)
    _, first = strategy.seen[0]
    view, _ = strategy.seen[1]
    assert first.options is not None
    bought = {c: q for c, q in first.options[LABEL].items() if c.expiry_at > view.at}
    assert bought
    assert dict(view.options[LABEL]) == bought
    posed = strategy.posed(view)
    assert posed.problem.held.sum() == pytest.approx(sum(bought.values()))


def test_programme__view_without_a_past__falls_back_and_still_decides() -> None:
    strategy, _ = watch(0.025)
    view, _ = strategy.seen[0]
    assert strategy.posed(view).drawn.source.startswith("lognormal with jumps")
    assert strategy.answers[0].cvar_after < strategy.answers[0].cvar_before
