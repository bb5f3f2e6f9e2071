"""Governed parameters that change: from where to where, inside their bounds and the step that one update may take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes

from bridge.formats import number
from bridge.report.changes import ParameterChange
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, dot, draw, legend_above

ROW: Final = 58
DOTS: Final = (0, (1.5, 2.0))
LEFT_TAIL: Final = 0.15
RIGHT_TAIL: Final = 0.26
"""Room of a shortened tail, which holds the words of its bound."""


def parameters_picture(changes: Sequence[ParameterChange], *, executed: bool) -> Picture | None:
    """Draw one row per changed key; None where nothing changes.

    Parameters
    ----------
    executed : whether the new values are in force on chain, or only proposed.
    """
    if not changes:
        return None

    def paint(axes: Axes) -> None:
        for row, change in enumerate(changes):
            _row(axes, row, change)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(len(changes) - 0.35, -0.62)
        axes.set_axis_off()
        _legend(axes, steps=any(change.step for change in changes))

    said = "; ".join(_said(change) for change in changes)
    frame = Frame(66 + ROW * len(changes), left=4, right=8, top=62, bottom=4)
    state = "in force on chain" if executed else "proposed, not yet in force"
    return draw("parameters", "Parameters that change", state, f"Parameters, {state}: {said}.", frame, paint)


def _said(change: ParameterChange) -> str:
    moved = f"{change.key.name} from {number(change.old)} to {number(change.new)} {change.key.unit}"
    return f"{moved}, bounds {number(change.least)} to {number(change.most)}"


def place(value: float, change: ParameterChange) -> float:
    """Return the place of a value on its track, 0 to 1.

    What one update may reach is drawn to scale; the tails from there to the absolute bounds are shortened.
    """
    low, high = change.step or (change.least, change.most)
    start = 0.0 if low == change.least else LEFT_TAIL
    end = 1.0 if high == change.most else 1.0 - RIGHT_TAIL
    if value < low:
        return start * _share(value, change.least, low)
    if value > high:
        return end + (1.0 - end) * _share(value, high, change.most)
    return start + (end - start) * _share(value, low, high)


def _share(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5


def _row(axes: Axes, row: int, change: ParameterChange) -> None:
    """Draw one key: its name and values above the track, step and bounds below it."""
    old, new = place(change.old, change), place(change.new, change)
    axes.text(0.0, row - 0.36, change.key.name, weight="bold", va="center")
    words = f"{number(change.old)} → {number(change.new)} {change.key.unit}"
    axes.text(1.0, row - 0.36, words, va="center", ha="right", size=SMALL)
    axes.plot([0.0, 1.0], [row, row], color=COLOURS.muted, linewidth=1.1, linestyle=DOTS)
    _limits(axes, row, change)
    arrow = {"arrowstyle": "-|>,head_width=0.28,head_length=0.5", "color": COLOURS.hedged, "linewidth": 1.8}
    axes.annotate("", (new, row), (old, row), arrowprops={**arrow, "shrinkA": 4.0, "shrinkB": 3.5})
    dot(axes, old, row, COLOURS.ink, hollow=True)
    dot(axes, new, row, COLOURS.hedged, size=7.5)


def _limits(axes: Axes, row: int, change: ParameterChange) -> None:
    """Draw the band that one update may reach, and write step and bounds below it."""
    words = [(0.0, f"min {number(change.least)}", "left"), (1.0, f"max {number(change.most)}", "right")]
    if change.step is not None:
        low, high = (place(bound, change) for bound in change.step)
        axes.plot([low, high], [row, row], color=COLOURS.band, alpha=0.4, linewidth=11.0, solid_capstyle="butt")
        words += [(low, number(change.step[0]), "left")] if low > 0.0 else []
        words += [(high, number(change.step[1]), "right")] if high < 1.0 else []
    for at, text, side in words:
        axes.text(at, row + 0.26, text, size=9.5, color=COLOURS.muted, va="center", ha=side)


def _legend(axes: Axes, *, steps: bool) -> None:
    old = dot(axes, math.nan, 0.0, COLOURS.ink, size=7.5, hollow=True, label="old")
    new = dot(axes, math.nan, 0.0, COLOURS.hedged, size=7.5, label="new")
    band = axes.plot([], [], color=COLOURS.band, alpha=0.4, linewidth=9.0, label="step allowed") if steps else []
    tail = axes.plot([], [], color=COLOURS.muted, linewidth=1.1, linestyle=DOTS, label="to the bounds")
    legend_above(axes, 4, [old, new, *band, *tail])
