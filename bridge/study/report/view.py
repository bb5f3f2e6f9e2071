"""A study's summary document, checked once, with names that are short and safe to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.errors import BadFile
from bridge.formats import shortened
from bridge.units import utc
from hedge.numerics.arrays import FloatArray

UNHEDGED: Final = "unhedged"
NAME_LETTERS: Final = 22
TITLE_LETTERS: Final = 60
HEAD: Final = ("market", "settings", "start", "end", "steps", "runs", "phases", "capital_usd", "assumptions",
               "problems", "failed")  # fmt: skip
"""What every document has."""
FIGURES: Final = ("strategies", "years", "quarters", "comparison", "paths", "weeks", "pools")
"""What a document has beside it where a strategy has results."""
OF_STRATEGY: Final = (
    "strategy", "title", "variant_of", "windows", "weeks", "mean", "std", "worst", "worst_at", "cvar95", "profit_usd",
    "turnover_usd", "cost_a_week", "cvar_removed_usd", "cost_per_risk", "given_up_per_risk", "drawdown", "alpha",
    "tracking", "captures", "overlay", "intervals", "against_unhedged", "attribution", "calibration", "counts",
    "largest_margin_usd",
)  # fmt: skip
Times = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StrategyView:
    """Show one strategy.

    Parameters
    ----------
    key : its name in the document. name, title : short, printable. family : name of what it varies, or its own.
    figures : its entry in the document; None where a number is not known.
    """

    key: str
    name: str
    title: str
    family: str
    figures: Mapping[str, Any]

    @property
    def alone(self) -> bool:
        """Return whether it is the pools without a hedge."""
        return self.key == UNHEDGED

    def against(self, statistic: str) -> Mapping[str, Any]:
        """Return the difference of a statistic to the unhedged pools with its interval; empty where there is none."""
        found: Mapping[str, Any] = self.figures["against_unhedged"].get(statistic, {})
        return found


@dataclass(frozen=True, eq=False)
class PathView:
    """Hold times (unix seconds) and profit since the start (USD, NaN where unknown), shape (n,)."""

    at: Times
    profit: FloatArray

    @property
    def known(self) -> FloatArray:
        """Return the profits that are known."""
        return self.profit[np.isfinite(self.profit)]


@dataclass(frozen=True, eq=False)
class StudyView:
    """Show a study: its document, and the strategies in it by safe names."""

    document: Mapping[str, Any]
    strategies: tuple[StrategyView, ...]

    @property
    def alone(self) -> StrategyView | None:
        """Return the unhedged pools; None where they have no results."""
        return next((one for one in self.strategies if one.alone), None)

    @property
    def hedges(self) -> tuple[StrategyView, ...]:
        """Return every strategy but the unhedged pools."""
        return tuple(one for one in self.strategies if not one.alone)

    def name(self, key: str) -> str:
        """Return the name of a strategy as it is shown."""
        return next((one.name for one in self.strategies if one.key == key), shortened(key, NAME_LETTERS))

    @cached_property
    def paths(self) -> Mapping[str, PathView]:
        """Return the path of each strategy's first run, from what the unhedged pools began with: they trade nothing."""
        found = {key: _path(path) for key, path in self.document.get("paths", {}).items()}
        first = found[UNHEDGED].profit if UNHEDGED in found else np.zeros(1)
        start = float(first[0]) if first.size and np.isfinite(first[0]) else 0.0
        return {key: PathView(path.at, path.profit - start) for key, path in found.items()}

    @cached_property
    def weeks(self) -> Mapping[str, FloatArray]:
        """Return the profits of the weekly windows of all runs, USD, by strategy."""
        return {key: _numbers(found["profits"]) for key, found in self.document.get("weeks", {}).items()}


def study_view(document: Mapping[str, Any]) -> StudyView:
    """Return the view of a summary document.

    Raises
    ------
    BadFile
        It lacks something that every summary has.
    """
    _check(document, HEAD, "study summary")
    if document.get("strategies"):
        _check(document, FIGURES, "study summary")
    return StudyView(document, tuple(_strategy(figures) for figures in document.get("strategies", ())))


def day(at: int | None) -> str:
    """Return the UTC day of a moment, a dash where it is not known."""
    return "–" if at is None or at < 0 else utc(at)[:10]


def _strategy(figures: Mapping[str, Any]) -> StrategyView:
    _check(figures, OF_STRATEGY, f"study summary, strategy {shortened(str(figures.get('strategy')), NAME_LETTERS)}")
    key = str(figures["strategy"])
    family = shortened(str(figures["variant_of"] or key), NAME_LETTERS)
    return StrategyView(
        key, shortened(key, NAME_LETTERS), shortened(str(figures["title"]), TITLE_LETTERS), family, figures
    )


def _check(document: Mapping[str, Any], wanted: Sequence[str], name: str) -> None:
    if missing := [key for key in wanted if key not in document]:
        raise BadFile(name, f"has no {missing[0]}: make it again with this version's `alvh backtest`")


def _path(path: Mapping[str, Any]) -> PathView:
    return PathView(np.asarray(path["at"], dtype=np.int64), _numbers(path["profit"]))


def _numbers(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
