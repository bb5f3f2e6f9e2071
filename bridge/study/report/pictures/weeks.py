"""How weekly profits are distributed: a shape for each strategy, its tail marked."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import number, usd
from bridge.report.pictures.canvas import COLOURS, SMALL, WIDTH, Frame, Picture, dot, draw, legend_above, money_scale
from bridge.study.report.pictures.palette import finished, looks
from bridge.study.report.view import StrategyView, StudyView
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import FloatArray

ROW: Final = 44
BINS: Final = 80
TALL: Final = 0.27
"""Half the height of a shape, in rows."""


def weeks_picture(study: StudyView) -> Picture | None:
    """Draw the weekly profits of every strategy on one scale; None where no week is known."""
    profits = {one.key: known for one in study.strategies if (known := _known(study, one)).size}
    shown = [one for one in study.strategies if one.key in profits]
    if not shown:
        return None
    every = np.concatenate(list(profits.values()))
    low, high = float(every.min()), float(every.max())
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    scale, unit = money_scale(max(abs(low), abs(high)))

    def paint(axes: Axes) -> None:
        axes.axvline(0.0, color=COLOURS.muted, linewidth=0.9)
        for row, one in enumerate(shown):
            colour = looks(study.strategies)[one.key].colour
            _shape(axes, row, profits[one.key], edges, scale, colour)
            _marks(axes, row, one, profits[one.key], scale, (edges[-1] - edges[0]) / WIDTH)
            axes.text(edges[0] / scale, row - 0.41, one.name, size=SMALL, weight="bold", va="center")
            words = f"CVaR95 {number(one.figures['cvar95'])}"
            axes.text(edges[-1] / scale, row - 0.41, words, size=SMALL, va="center", ha="right", color=COLOURS.muted)
        room = 0.02 * (edges[-1] - edges[0])
        axes.set_xlim((edges[0] - room) / scale, (edges[-1] + room) / scale)
        axes.set_ylim(len(shown) - 0.5, -0.62)
        axes.set_yticks([])
        axes.xaxis.set_major_locator(MaxNLocator(7))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}".replace("-", "−")))
        axes.grid(axis="x")
        legend_above(axes, 3, _legend(axes))

    said = "; ".join(_said(one, profits[one.key]) for one in shown)
    frame = Frame(96 + ROW * len(shown), left=8, right=10, top=64, bottom=26)
    label = f"Weekly profits of every strategy: {said}."
    return finished(draw("weeks", "A week's profit", f"{unit}, windows of all runs", label, frame, paint))


def worst_weeks(profits: FloatArray) -> FloatArray:
    """Return the weeks that CVaR95 averages: the worst 5 %, one at least."""
    return np.sort(profits)[: math.ceil(TAIL_SHARE * len(profits))]


def _known(study: StudyView, one: StrategyView) -> FloatArray:
    found = study.weeks.get(one.key, np.empty(0))
    return found[np.isfinite(found)]


def _shape(axes: Axes, row: int, profits: FloatArray, edges: FloatArray, scale: float, colour: str) -> None:
    """Draw how many weeks fall where: as tall as the fullest part, a mirror image below."""
    counts = np.histogram(profits, edges)[0]
    filled = np.flatnonzero(counts)
    first, last = int(filled[0]), int(filled[-1]) + 1
    x = np.repeat(edges[first : last + 1], 2)[1:-1] / scale
    tall = np.repeat(counts[first:last] / counts.max(), 2) * TALL
    axes.fill_between(x, row - tall, row + tall, color=colour, alpha=0.55, linewidth=0.0)


def _marks(axes: Axes, row: int, one: StrategyView, profits: FloatArray, scale: float, step: float) -> None:
    """Mark the worst weeks, one stroke a picture unit, the mean of them and that of all."""
    worst = np.unique(np.round(worst_weeks(profits) / step)) * step / scale
    axes.plot(
        np.repeat(worst, 3), np.tile([row - 0.24, row + 0.24, np.nan], len(worst)), color=COLOURS.loss, linewidth=1.3
    )
    cvar, mean = one.figures["cvar95"], one.figures["mean"]
    if cvar is not None:
        dot(axes, -cvar / scale, row, COLOURS.loss, shape="D", size=7.0)
    if mean is not None:
        dot(axes, mean / scale, row, COLOURS.ink, size=6.5, hollow=True)


def _legend(axes: Axes) -> list[Line2D]:
    (tick,) = axes.plot([], [], color=COLOURS.loss, linewidth=1.3, marker="|", markersize=9.0, linestyle="none")
    tick.set_label("worst 5 % of weeks")
    tail = dot(axes, math.nan, 0.0, COLOURS.loss, shape="D", size=7.0, label="CVaR95")
    mean = dot(axes, math.nan, 0.0, COLOURS.ink, size=6.5, hollow=True, label="mean")
    return [tick, tail, mean]


def _said(one: StrategyView, profits: FloatArray) -> str:
    figures: Any = one.figures
    return (
        f"{one.name} {len(profits)} windows, mean {usd(figures['mean'], signed=True)}, worst "
        f"{usd(figures['worst'], signed=True)}, CVaR95 {usd(figures['cvar95'])}"
    )
