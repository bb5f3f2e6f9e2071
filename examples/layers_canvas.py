"""What the pictures of docs/layers.md share: colours, style, canvas."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

BLUE, ORANGE, GREEN, RED, GREY = "#1f5fa8", "#d9730d", "#2c7a4b", "#b3261e", "#6b7280"
STYLE: Final = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e5e7eb",
    "axes.axisbelow": True, "font.size": 9.5, "axes.titlesize": 10.5, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "legend.frameon": False, "svg.hashsalt": "alvh", "axes.edgecolor": GREY,
    "legend.fontsize": 8.5,
}  # fmt: skip
THOUSANDS: Final = FuncFormatter(lambda value, _: f"{value / 1e3:,.0f}")
SOURCE: Final = "synthetic chain, ETH at 2,000 USD, 65 % volatility; 1 M USD from 1,600 to 2,500"


def canvas(columns: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with a row of axes and its source in the corner."""
    figure = Figure(figsize=(8.6, 3.7), layout="constrained", facecolor="white")
    figure.supxlabel(SOURCE, x=0.99, ha="right", fontsize=7.5, color=GREY)
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])
