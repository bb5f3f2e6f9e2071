"""No strategy sees the future: whatever happens after a decision, what it decided until then stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from sample_histories import BOTH, DAY, START, listed, play, weeks_of_chains

import hedge.backtest.registry
from hedge.backtest.history import MarketHistory, Series
from hedge.backtest.pools import PoolBars
from hedge.backtest.quotes import ListedQuotes
from hedge.backtest.strategies.plan import Steward
from hedge.backtest.strategy import Strategy, StrategySpec, Targets, View, strategy_spec, strategy_specs
from hedge.policy.parameters import KEYS, Limits
from hedge.signals.histories import Histories

pytestmark = pytest.mark.unit

DAYS = 9
NOW = START + 7 * DAY
"""The second weekly decision; everything later is changed."""
LIMITS = {key.id: Limits(key.least, key.most, key.most // 10 + 1, key.most // 10 + 1, 0) for key in KEYS}
STEWARD = StrategySpec("steward", "follows proposals", lambda: Steward(LIMITS), needs_quotes=True)
SPECS = {spec.name: spec for spec in (*strategy_specs(), STEWARD)}


class Recorder:
    """Note every answer of a strategy, with the time it was given at."""

    def __init__(self, inner: Strategy, log: list[tuple[int, Targets]]) -> None:
        self.inner, self.log = inner, log

    def decide(self, view: View) -> Targets:
        found = self.inner.decide(view)
        self.log.append((view.at, found))
        return found


def decisions(history: MarketHistory, spec: StrategySpec) -> list[tuple[int, Targets]]:
    log: list[tuple[int, Targets]] = []
    recorded = replace(spec, make=lambda: Recorder(spec.make(), log))
    pools = (replace(BOTH[0], bars="ETH/USD"), BOTH[1])
    play(history, recorded, pools, indices=("DVX",), end=START + DAYS * DAY)
    return log


# Another future ----------------------------------------------------------------------------------------------------


def changed(part: Any, rng: np.random.Generator) -> Any:
    """Return the same until now, and something else at other times after it."""
    if isinstance(part, Series):
        keep = part.times <= NOW
        later = part.times[~keep][::2] + 60
        values = part.values[~keep][::2] * np.exp(rng.normal(0.2, 0.3, later.size))
        return Series(part.name, np.concatenate([part.times[keep], later]), np.concatenate([part.values[keep], values]))
    if isinstance(part, tuple):
        later = [shot for shot in part if shot.observed_at > NOW]
        return (*(shot for shot in part if shot.observed_at <= NOW), *(_another(shot, rng) for shot in later))
    if isinstance(part, PoolBars):
        factor = np.where(part.times <= NOW, 1.0, np.exp(rng.normal(0.2, 0.3)))
        assert part.volume is not None
        return replace(part, price=part.price * factor, volume=part.volume * factor[:, None])
    if isinstance(part, Histories):
        tables = {name: table.copy() for name, table in part.tables.items()}
        for table in tables.values():
            table.loc[table.index > NOW] = 3.0
        return replace(part, tables=tables)
    assert isinstance(part, Mapping), f"teach this test another future of {type(part).__name__}"
    return {name: changed(value, rng) for name, value in part.items()}


def _another(shot: ListedQuotes, rng: np.random.Generator) -> ListedQuotes:
    return listed(shot.asset, shot.observed_at + 60, shot.spot * float(np.exp(rng.normal(0.2, 0.1))), 0.9)


@pytest.fixture(scope="module")
def histories() -> tuple[MarketHistory, MarketHistory]:
    history, rng = weeks_of_chains(DAYS), np.random.default_rng(7)
    other = MarketHistory(**{field.name: changed(getattr(history, field.name), rng) for field in fields(history)})
    return history, other


@pytest.mark.parametrize("name", SPECS)
def test_decide__everything_later_changed__same_decisions_until_then(
    histories: tuple[MarketHistory, MarketHistory], name: str
) -> None:
    first, second = ([entry for entry in decisions(h, SPECS[name]) if entry[0] <= NOW] for h in histories)
    assert first == second
    assert first[0][0] == START
    assert first[-1][0] == (START if SPECS[name].every_days > 7.0 else NOW)


def test_decide__strategy_that_peeks__is_caught(histories: tuple[MarketHistory, MarketHistory]) -> None:
    def peeking(history: MarketHistory) -> StrategySpec:
        class Peek:
            def decide(self, view: View) -> Targets:
                return Targets(perpetuals={"delta": {"ETH": float(history.prices["ETH"].values[-1])}})

        return StrategySpec("peek", "sees it all", Peek)

    first, second = ([entry for entry in decisions(h, peeking(h)) if entry[0] <= NOW] for h in histories)
    assert first != second


def test_other_future__later_decision__is_another(histories: tuple[MarketHistory, MarketHistory]) -> None:
    """Guard the guard: were the two histories one, every strategy would pass."""
    first, second = (decisions(h, strategy_spec("daily_delta")) for h in histories)
    assert first[-1][1] != second[-1][1]


# The one door ------------------------------------------------------------------------------------------------------


def times(part: Any) -> Iterator[int]:
    """Yield the time of everything that a part of a history holds."""
    if isinstance(part, Series | PoolBars):
        yield from part.times.tolist()
    elif isinstance(part, tuple | list):
        yield from (shot.observed_at for shot in part)
    elif isinstance(part, Histories):
        yield from (int(at) for table in part.tables.values() for at in table.index)
    else:
        assert isinstance(part, Mapping), f"teach this test the times of {type(part).__name__}"
        for value in part.values():
            yield from times(value)


@pytest.mark.parametrize("field", [field.name for field in fields(MarketHistory)])
@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_cut__every_field__shows_all_until_then_and_nothing_later(
    histories: tuple[MarketHistory, MarketHistory], field: str, offset: int
) -> None:
    whole = sorted(times(getattr(histories[0], field)))
    shown = sorted(times(getattr(histories[0].cut(NOW + offset), field)))
    assert whole[-1] > NOW + offset
    assert shown == [at for at in whole if at <= NOW + offset]
    assert shown


def test_view__at_a_decision__has_a_history_that_is_cut_there(histories: tuple[MarketHistory, MarketHistory]) -> None:
    seen: list[tuple[int, int]] = []

    class Look:
        def decide(self, view: View) -> Targets:
            latest = max(max(times(getattr(view.history, field.name))) for field in fields(view.history))
            seen.append((view.at, latest))
            return Targets()

    decisions(histories[0], StrategySpec("look", "looks", Look, every_days=1.0))
    assert len(seen) == DAYS
    assert all(at >= latest for at, latest in seen)


def test_registries__imported__name_every_kind_of_strategy() -> None:
    kinds = {"unhedged", "strip_30_delta", "index_calls", "plan", "rules", "promoter", "only_tail", "without_delta"}
    assert kinds <= set(SPECS), hedge.backtest.registry.__name__
