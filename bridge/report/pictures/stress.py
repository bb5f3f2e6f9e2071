"""The stress matrix: every price and every volatility moved at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bridge.formats import number, percent, usd
from bridge.report.content import ReportContent
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, draw, money_scale
from hedge.instruments.layer import all_legs
from hedge.numerics.arrays import FloatArray
from hedge.risk.stress import StressMatrix, stress_matrix

PRICES: Final = (0.4, 0.2, 0.1, 0.0, -0.1, -0.2, -0.3, -0.4, -0.5)
VOLS: Final = (-0.2, 0.0, 0.2, 0.4, 0.6)
STRONGEST: Final = 0.62
"""Opacity of the largest cell: text stays readable on it in both themes."""


def stress_pictures(content: ReportContent) -> tuple[Picture, ...]:
    """Draw the hedged book's profit beside the LP's alone, and what the layers add to it where there are any."""
    if not content.book.positions:
        return ()
    matrix = stress_matrix(content.book, content.market, content.plan.layers, PRICES, VOLS)
    scale, unit = money_scale(float(np.abs([matrix.unhedged, matrix.hedged]).max()))
    both = np.column_stack([matrix.unhedged[:, VOLS.index(0.0)], matrix.hedged])
    added = matrix.hedged - matrix.unhedged
    heads = [f"{number(100 * vol, signed=True)} pt" if vol else "as now" for vol in VOLS]
    whole = _heat("stress-hedged", "The book under stress", f"{unit}, at once; columns: move of implied volatility",
                  _label(matrix), both / scale, ["LP alone", *heads], split=True)  # fmt: skip
    if not all_legs(content.plan.layers):
        return (whole,)
    layers = _heat("stress-layers", "What the layers add", f"{unit}, at once; columns: move of implied volatility",
                   _added_label(added), added / scale, heads, split=False)  # fmt: skip
    return whole, layers


def _heat(
    name: str, title: str, subtitle: str, label: str, values: FloatArray, heads: Sequence[str], *, split: bool
) -> Picture:
    """Draw a table: tints for size, signs in the numbers; `split` sets the first column apart."""
    largest = float(np.abs(values).max()) or 1.0
    places = 0 if largest >= 100.0 else 1 if largest >= 10.0 else 2
    starts = [column + (0.25 if split and column else 0.0) for column in range(len(heads))]

    def paint(axes: Axes) -> None:
        for row, line in enumerate(values):
            for start, value in zip(starts, line, strict=True):
                tint = COLOURS.loss if value < 0.0 else COLOURS.gain
                strength = 0.04 + (STRONGEST - 0.04) * abs(value) / largest
                axes.add_patch(
                    Rectangle((start + 0.02, row + 0.03), 0.96, 0.94, facecolor=tint, alpha=strength, linewidth=0.0)
                )
                axes.text(start + 0.5, row + 0.5, number(value, places, signed=True), ha="center", va="center")
        axes.set_xlim(0.0, starts[-1] + 1.0)
        axes.set_ylim(len(values), 0.0)
        axes.set_xticks([start + 0.5 for start in starts], heads)
        axes.set_yticks(
            [row + 0.5 for row in range(len(PRICES))],
            [percent(move, 0, signed=True) if move else "as now" for move in PRICES],
        )
        axes.tick_params(length=0.0, labelsize=SMALL)
        axes.xaxis.tick_top()
        axes.spines["bottom"].set_visible(False)

    return draw(name, title, subtitle, label, Frame(66 + 27 * len(PRICES), left=52, right=4, top=60, bottom=6), paint)


def _label(matrix: StressMatrix) -> str:
    row, column = PRICES.index(-0.3), VOLS.index(0.2)
    alone, hedged = float(matrix.unhedged[row, column]), float(matrix.hedged[row, column])
    return (
        f"Profit of the book when all prices and volatilities move at once; at −30 % and +20 points the LP alone makes "
        f"{usd(alone, signed=True)} and the hedged book {usd(hedged, signed=True)}."
    )


def _added_label(added: FloatArray) -> str:
    worst, best = float(added.min()), float(added.max())
    return f"What the layers add in the same moves: from {usd(worst, signed=True)} to {usd(best, signed=True)}."
