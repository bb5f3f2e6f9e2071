"""The go or no-go picture: the volatility that a position's fees can pay for, against the one that options imply."""

from __future__ import annotations

import math
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import percent, position_label, shortened
from bridge.report.content import ReportContent
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, dot, draw, legend_above
from hedge.book.exposure import PositionExposure

ROW: Final = 42


def verdict(position: PositionExposure) -> str:
    """Say what a position's fees pay for: LVR grows with volatility squared, so they cover (even / implied)^2 of it."""
    if not position.in_range:
        return "out of range"
    if math.isnan(position.break_even_vol):
        return "fees unknown"
    if position.implied_vol <= 0.0:
        return "no volatility"
    return f"{percent((position.break_even_vol / position.implied_vol) ** 2, 0)} of LVR"


def volatility_picture(content: ReportContent) -> Picture | None:
    """Draw break-even against implied volatility of every position; None for an empty book."""
    positions = content.plan.exposure.positions
    if not positions:
        return None
    known = [
        vol for position in positions for vol in (position.break_even_vol, position.implied_vol) if not math.isnan(vol)
    ]
    most = 100.0 * max(known, default=1.0) * 1.06 or 1.0

    def paint(axes: Axes) -> None:
        for row, position in enumerate(positions):
            _row(axes, row, position, most)
        axes.set_xlim(0.0, most)
        axes.set_ylim(len(positions) - 0.45, -0.75)
        axes.set_yticks([])
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
        axes.grid(axis="x")
        _legend(axes)

    said = "; ".join(_said(position) for position in positions)
    frame = Frame(86 + ROW * len(positions), left=13, right=18, top=60, bottom=26)
    title, subtitle = "What fees pay for", "volatility a year that the fees break even at, against implied"
    return draw("volatility", title, subtitle, f"Break-even against implied volatility. {said}.", frame, paint)


def _said(position: PositionExposure) -> str:
    even, implied = percent(position.break_even_vol), percent(position.implied_vol)
    name = shortened(position_label(position.id), 24)
    return f"{name}: break-even {even}, implied {implied}, fees pay for: {verdict(position)}"


def _row(axes: Axes, row: int, position: PositionExposure, most: float) -> None:
    """Draw one position: its name and verdict above, the two volatilities and the gap between them below."""
    even, implied = 100.0 * position.break_even_vol, 100.0 * position.implied_vol
    pays = even >= implied
    colour = COLOURS.muted if math.isnan(even) else COLOURS.gain if pays else COLOURS.loss
    name = shortened(f"{position_label(position.id)}  {position.pool}", 40)
    axes.text(0.0, row - 0.34, name, size=SMALL, va="center")
    axes.text(most, row - 0.34, verdict(position), size=SMALL, va="center", ha="right", color=colour, weight="bold")
    axes.plot([0.0, most], [row, row], color=COLOURS.line, linewidth=0.8)
    if not math.isnan(even):
        axes.plot([even, implied], [row, row], color=colour, linewidth=4.0, alpha=0.45, solid_capstyle="butt")
        dot(axes, even, row, colour)
    dot(axes, implied, row, COLOURS.ink, shape="D", size=6.5, hollow=True)


def _legend(axes: Axes) -> None:
    even = dot(axes, math.nan, 0.0, COLOURS.muted, size=7.0, label="break-even")
    implied = dot(axes, math.nan, 0.0, COLOURS.ink, shape="D", size=6.0, hollow=True, label="implied by options")
    legend_above(axes, 2, [even, implied])
