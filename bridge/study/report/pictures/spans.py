"""Every strategy in every quarter: a tint for what it made, a sign for what it lost."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bridge.formats import MINUS, UNKNOWN, number, usd
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, draw, money_scale
from bridge.study.report.figures import SpanTable, spans
from bridge.study.report.pictures.palette import finished
from bridge.study.report.view import StudyView

ROW: Final = 25
STRONGEST: Final = 0.62
NUMBERED: Final = 6
"""Columns up to which a cell has room for its number; more have only the sign of a loss."""


def quarters_picture(study: StudyView) -> Picture | None:
    """Draw the profit of every strategy in every quarter; None where there is no quarter."""
    table = spans(study, "quarters")
    profits = [cell.profit for _, cells in table.rows for cell in cells if cell.profit is not None]
    if not profits:
        return None
    largest = max(map(abs, profits)) or 1.0
    scale, unit = money_scale(largest)

    def paint(axes: Axes) -> None:
        for row, (_, cells) in enumerate(table.rows):
            for column, cell in enumerate(cells):
                _cell(axes, row, column, cell.profit, largest, scale if len(table.spans) <= NUMBERED else None)
        axes.set_xlim(0.0, len(table.spans))
        axes.set_ylim(len(table.rows), 0.0)
        axes.set_xticks([column + 0.5 for column in range(len(table.spans))], _heads(table))
        axes.set_yticks([row + 0.5 for row in range(len(table.rows))], [one.name for one, _ in table.rows])
        axes.tick_params(length=0.0, labelsize=SMALL)
        axes.xaxis.tick_top()
        axes.spines["bottom"].set_visible(False)

    lost = [sum(cell.lost for cell in cells) for _, cells in table.rows]
    said = "; ".join(
        f"{one.name} lost in {count} of {len(table.spans)}, worst {_worst([cell.profit for cell in cells])}"
        for (one, cells), count in zip(table.rows, lost, strict=True)
    )
    frame = Frame(70 + ROW * len(table.rows), left=128, right=4, top=64, bottom=6)
    return finished(draw("quarters", "Every quarter", f"profit, {unit}", f"Profit by quarter: {said}.", frame, paint))


def _cell(axes: Axes, row: int, column: int, profit: float | None, largest: float, scale: float | None) -> None:
    if profit is None:
        axes.text(column + 0.5, row + 0.5, UNKNOWN, ha="center", va="center", size=SMALL)
        return
    tint = COLOURS.loss if profit < 0.0 else COLOURS.gain
    strength = 0.04 + (STRONGEST - 0.04) * abs(profit) / largest
    box = Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, facecolor=tint, alpha=strength, linewidth=0.0)
    axes.add_patch(box)
    places = 1 if scale is not None and abs(profit) < 10.0 * scale else 0
    shown = number(profit / scale, places, signed=True) if scale is not None else ""
    # A loss too small for a digit keeps its sign: the sign is what marks it.
    words = shown if shown and (profit >= 0.0 or shown.startswith(MINUS)) else f"{MINUS}{shown}" if profit < 0.0 else ""
    axes.text(column + 0.5, row + 0.5, words, ha="center", va="center", size=SMALL)


def _heads(table: SpanTable) -> list[str]:
    """Name columns: all of them where they have room, else each first quarter by its year."""
    if len(table.spans) <= NUMBERED:
        return [name for name, _ in table.spans]
    return [
        name.split(" ")[0][2:] if place == 0 or name.endswith("Q1") else ""
        for place, (name, _) in enumerate(table.spans)
    ]


def _worst(profits: list[float | None]) -> str:
    known = [profit for profit in profits if profit is not None]
    return usd(min(known), signed=True) if known else UNKNOWN
