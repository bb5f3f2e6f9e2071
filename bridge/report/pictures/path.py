"""The prices that led here, with their crash: the deepest fall within a few days."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import number, percent, shortened
from bridge.report.content import PricePathView
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, dot, draw
from hedge.numerics.arrays import FloatArray

CRASH_DAYS: Final = 3.0
"""Days within which a fall counts as a crash."""


def path_pictures(path: PricePathView | None) -> tuple[Picture, ...]:
    """Draw one picture per asset of the path; none without a path."""
    if path is None or len(path.seconds) < 2:
        return ()
    days = np.asarray(path.seconds, dtype=np.float64) / 86_400.0
    series = ((asset, np.asarray(prices, dtype=np.float64)) for asset, prices in path.prices.items())
    return tuple(
        _panel(index, shortened(asset, 12), days, prices, path) for index, (asset, prices) in enumerate(series)
    )


def deepest_fall(days: FloatArray, prices: FloatArray, within: float = CRASH_DAYS) -> tuple[int, int]:
    """Return where the deepest fall within so many days begins and ends, as indices; equal where the price never falls.

    >>> deepest_fall(np.arange(5.0), np.array([9.0, 3.0, 4.0, 2.0, 3.0]), within=2.0)
    (0, 1)
    """
    first = np.searchsorted(days, days - within)
    starts = [int(low) + int(np.argmax(prices[low : end + 1])) for end, low in enumerate(first)]
    end = int(np.argmin(prices / prices[starts]))
    return starts[end], end


def _panel(index: int, asset: str, days: FloatArray, prices: FloatArray, path: PricePathView) -> Picture:
    start, end = deepest_fall(days, prices)
    fall = float(prices[end] / prices[start] - 1.0)
    told = f"{percent(fall)} in {days[end] - days[start]:.1f} days"

    def paint(axes: Axes) -> None:
        axes.plot(days, prices, color=COLOURS.protected, linewidth=1.6)
        axes.fill_between(days, prices, float(prices.min()) * 0.97, color=COLOURS.protected, alpha=0.08, linewidth=0.0)
        axes.set_xlim(days[0], days[-1])
        axes.set_ylim(float(prices.min()) * 0.97, float(prices.max()) * 1.03)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"day {value:g}"))
        axes.grid(axis="y")
        if start < end:
            _mark_fall(axes, days, prices, (start, end), told)

    source = "simulated prices, " if path.simulated else ""
    label = f"{asset} price path ({source or 'source: '}{path.source}): from {number(float(prices[0]))} to "
    label += f"{number(float(prices[-1]))} USD; deepest fall within {CRASH_DAYS:.0f} days {told}."
    return draw(
        f"path-{index}", f"{asset} price", f"{source}USD", label, Frame(230, left=50, right=24, bottom=26), paint
    )


def _mark_fall(axes: Axes, days: FloatArray, prices: FloatArray, span: tuple[int, int], told: str) -> None:
    """Trace the deepest fall in its own colour and say how deep it is, on the side with more room."""
    start, end = span
    axes.plot(days[start : end + 1], prices[start : end + 1], color=COLOURS.loss, linewidth=2.6)
    for at in span:
        dot(axes, days[at], prices[at], COLOURS.loss, size=5.0)
    right = days[start] < 0.5 * (days[0] + days[-1])
    axes.annotate(
        told, (days[start], prices[start]), xytext=(8 if right else -8, 2), textcoords="offset points", va="bottom",
        ha="left" if right else "right", size=SMALL, weight="bold", color=COLOURS.loss,
    )  # fmt: skip
