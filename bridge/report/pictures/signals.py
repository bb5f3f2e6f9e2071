"""The board of signals as bars from calm to alarm, and the book's volatility index in the year before."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import percent, shortened
from bridge.report.content import ReportContent
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, dot, draw
from bridge.report.signals import SignalView, signal_views
from hedge.numerics.arrays import FloatArray
from hedge.signals.volatility import VolatilityThresholds
from hedge.units import DAY

ROW: Final = 19
SILENT: Final = 2.0 / 3.0
"""Length of the bar of a signal that says nothing: it counts as an alarm."""


def signal_pictures(content: ReportContent) -> tuple[Picture, ...]:
    """Draw the board, and the index where its history is known; nothing for a plan without signals."""
    signals = signal_views(content.plan)
    if not signals:
        return ()
    return (_board(content, signals), *_index(content))


def _board(content: ReportContent, signals: tuple[SignalView, ...]) -> Picture:
    alarm = float(content.plan.inputs["regime_rules"]["alarm"])

    def paint(axes: Axes) -> None:
        for row, signal in enumerate(signals):
            _bar(axes, row, signal, alarm)
        axes.axvline(alarm, color=COLOURS.ink, linewidth=1.2, linestyle=(0, (3.0, 2.0)))
        axes.text(alarm, -0.85, "alarm", size=SMALL, weight="bold", ha="center")
        axes.set_xlim(0.0, 1.55)
        axes.set_ylim(len(signals) - 0.4, -0.8)
        axes.set_yticks(range(len(signals)), [shortened(signal.name, 16) for signal in signals])
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)

    said = "; ".join(f"{shortened(signal.name, 24)} {_said(signal)}" for signal in signals)
    frame = Frame(70 + ROW * len(signals), left=112, right=4, bottom=6, top=58)
    regime = content.plan.regime_policy.regime
    subtitle = f"calm at the left, protect in full at the right; together {regime.name}"
    return draw("signals", "Signals", subtitle, f"Signals and their scores: {said}.", frame, paint)


def _said(signal: SignalView) -> str:
    told = signal.state or percent(signal.score, 0)
    return f"silent, last {told}" if signal.silent and signal.known_at else "silent" if signal.silent else told


def _bar(axes: Axes, row: int, signal: SignalView, alarm: float) -> None:
    """Draw one signal: a filled bar for what it says, a hollow one where it says nothing, its value at the right."""
    colour = COLOURS.loss if signal.silent or signal.severity >= alarm else COLOURS.gain
    axes.plot([0.0, 1.0], [row, row], color=COLOURS.line, linewidth=0.8, zorder=0.5)
    if signal.silent:
        axes.barh(row, SILENT, height=0.6, facecolor="none", edgecolor=colour, linewidth=1.1, linestyle=(0, (2.0, 1.5)))
    else:
        axes.barh(row, max(signal.severity, 0.012), height=0.6, color=colour, alpha=0.92, linewidth=0.0)
    words = "silent" if signal.silent else f"{signal.state} ({signal.value})" if signal.state else signal.value
    ink = COLOURS.ink if colour == COLOURS.gain else colour
    axes.text(1.55, row, words, size=SMALL, va="center", ha="right", color=ink)


def _index(content: ReportContent) -> tuple[Picture, ...]:
    series = content.index
    if series is None or len(series) < 2:
        return ()
    days = (series.index.to_numpy(dtype=np.float64) - content.market.observed_at) / DAY
    return (_history(content, days, 100.0 * series.to_numpy(dtype=np.float64)),)


def _history(content: ReportContent, days: FloatArray, points: FloatArray) -> Picture:
    level = VolatilityThresholds()
    now, place = float(points[-1]), content.plan.regime_policy.index_percentile
    marks = [float(np.quantile(points[:-1], share)) for share in (level.compressed, level.stressed, level.crisis)]

    def paint(axes: Axes) -> None:
        low, high = 0.92 * float(points.min()), 1.06 * float(points.max())
        axes.axhspan(marks[1], marks[2], color=COLOURS.loss, alpha=0.08, linewidth=0.0)
        axes.axhspan(marks[2], high, color=COLOURS.loss, alpha=0.18, linewidth=0.0)
        axes.axhspan(low, marks[0], color=COLOURS.gain, alpha=0.10, linewidth=0.0)
        axes.plot(days, points, color=COLOURS.protected, linewidth=1.5)
        dot(axes, float(days[-1]), now, COLOURS.ink, size=7.0)
        right = 0.28 * -float(days[0])
        for at, words in zip((low, marks[1], marks[2]), ("compressed", "stressed", "crisis"), strict=True):
            axes.text(right, at, f"{words} ", size=SMALL, va="bottom", ha="right", color=COLOURS.muted)
        axes.set_xlim(days[0], right)
        axes.set_xticks([tick for tick in np.arange(-360.0, 1.0, 90.0) if tick >= days[0]])
        axes.set_ylim(low, high)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: "now" if value == 0.0 else f"{value:g} d"))
        axes.grid(axis="y")

    placed = f"{now:.1f} % now" + ("" if math.isnan(place) else f", at {percent(place, 0)} of its own past")
    label = f"The book's volatility index over {-days[0]:.0f} days: {placed}."
    subtitle = f"{placed}; weighted by value"
    return draw("index", "Volatility index", subtitle, label, Frame(300, left=46, right=12, bottom=26), paint)
