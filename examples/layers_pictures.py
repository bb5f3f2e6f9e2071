"""Draw the pictures of docs/layers.md: `python -m examples.layers_pictures [folder]`.

The folder is docs/img unless another is named. The market and the chain are synthetic with a stated smile, and every
picture says so; the same code gives the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from examples import layers_numbers as numbers
from examples.layers_canvas import BLUE, GREEN, GREY, ORANGE, RED, STYLE, THOUSANDS, canvas
from examples.layers_structures import COLOURS, STRUCTURES
from hedge.risk.stress import payoff_curve


def draw_payoff() -> Figure:
    """Draw the book's profit by price, today and at the next plan: alone, and with each layer."""
    figure, panels = canvas(2)
    plan, prices = numbers.plan(), np.linspace(1000.0, 3000.0, 241)
    held = [layer for layer in plan.layers if layer.legs]
    curve = payoff_curve(numbers.BOOK, numbers.MARKET, held, "ETH", prices, plan.risk.horizon_days)
    colours = (GREY, *(COLOURS[layer.name] for layer in held))
    titles = ("Today", f"In {plan.risk.horizon_days:g} days")
    for axes, values, title in zip(panels, (curve.now, curve.horizon), titles, strict=True):
        for (name, profit), colour in zip(values.items(), colours, strict=True):
            axes.plot(prices, profit - 1e6, color=colour, label=name)
        axes.set(title=title, xlabel="ETH, USD", ylabel="profit, thousand USD")
        axes.yaxis.set_major_formatter(THOUSANDS)
    panels[0].legend()
    return figure


def draw_frontier() -> Figure:
    """Draw CVaR95 against expected cost and against cash: the frontier, the plan, its benchmarks and the target."""
    figure, panels = canvas(2)
    comparison, target = numbers.plan().comparison, numbers.plan().risk.target
    cases = (("expected_cost_30d_usd", "expected cost in 30 days, USD"), ("cash_usd", "cash in options, USD"))
    for axes, (field, name) in zip(panels, cases, strict=True):
        points = [(getattr(point, field), point.cvar_usd) for point in comparison.frontier]
        axes.plot(*zip(*points, strict=True), "-|", color=BLUE, markersize=9, label="frontier")
        for one, colour in zip(comparison.alternatives, (GREY, RED, ORANGE, GREEN, "black"), strict=True):
            at = (getattr(one, field), one.cvar_usd)
            axes.plot(*at, "o", color=colour)
            axes.annotate(one.name, at, (7, 6), textcoords="offset points", color=colour)
        axes.axhline(target, color=GREY, linestyle="--", linewidth=0.9, label="target")
        axes.set(title="Down and to the left is better", xlabel=name, ylabel="CVaR95, thousand USD")
        axes.set_xlim(right=1.25 * axes.get_xlim()[1])
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.yaxis.set_major_formatter(THOUSANDS)
    panels[1].legend()
    return figure


PICTURES: Final[dict[str, Callable[[], Figure]]] = {
    "layers-payoff": draw_payoff,
    "layers-frontier": draw_frontier,
    **STRUCTURES,
}


def draw_all(folder: Path) -> list[Path]:
    """Write every picture into a folder, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with matplotlib.rc_context(STYLE):
        for name, draw in PICTURES.items():
            files.append(folder / f"{name}.svg")
            draw().savefig(files[-1], metadata={"Date": None})
    return files


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/img"))
