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
from matplotlib.ticker import PercentFormatter

from examples import layers_numbers as numbers
from examples.layers_canvas import BLUE, GREEN, GREY, ORANGE, RED, STYLE, THOUSANDS, canvas
from examples.layers_structures import STRUCTURES
from hedge.layers.volatility import ramp
from hedge.policy.parameters import Parameters
from hedge.risk.stress import payoff_curve
from hedge.signals.signal import State


def draw_payoff() -> Figure:
    """Draw the book's profit after 30 days by price: alone, and with each layer, condor sold and bought."""
    figure, panels = canvas(2)
    prices = np.linspace(1000.0, 3400.0, 241)
    cases = ((State.NORMAL, "Normal: the condor is sold"), (State.CRISIS, "Crisis: the condor is bought"))
    for axes, (state, title) in zip(panels, cases, strict=True):
        curve = payoff_curve(numbers.BOOK, numbers.MARKET, numbers.plan(state).layers, "ETH", prices)
        for (name, values), colour in zip(curve.horizon.items(), (GREY, BLUE, GREEN, ORANGE), strict=True):
            axes.plot(prices, values - 1e6, color=colour, label=name)
        axes.set(title=title, xlabel="ETH in 30 days, USD", ylabel="profit, thousand USD")
        axes.yaxis.set_major_formatter(THOUSANDS)
    panels[0].legend()
    return figure


def draw_comparison() -> Figure:
    """Draw CVaR95 and what is given up for every alternative."""
    figure, (axes,) = canvas(1)
    for alternative, colour in zip(
        numbers.plan(State.NORMAL).comparison.alternatives, (GREY, RED, BLUE, GREEN, ORANGE, "black"), strict=True
    ):
        axes.plot(alternative.given_up_usd, alternative.cvar_usd, "o", color=colour)
        place = (7, 6) if alternative.name == "plan" else (7, -12)
        axes.annotate(
            alternative.name,
            (alternative.given_up_usd, alternative.cvar_usd),
            place,
            textcoords="offset points",
            color=colour,
        )
    axes.set(
        title="Down and to the left is better", xlabel="given up, thousand USD", ylabel="CVaR95 left, thousand USD"
    )
    axes.set_xlim(-1_000.0, 46_000.0)
    axes.set_ylim(0.0, 320_000.0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(THOUSANDS)
    return figure


def draw_ramp() -> Figure:
    """Draw the share of layer 2's full size by index, and the least share by regime."""
    figure, (axes,) = canvas(1)
    index = np.linspace(0.3, 1.2, 200)
    shares = [ramp(float(vol), Parameters()) for vol in index]
    for least, state, colour in ((0.0, "compressed, normal", BLUE), (0.5, "stressed", ORANGE), (1.0, "crisis", RED)):
        axes.plot(index, np.maximum(shares, least), color=colour, label=state)
    axes.set(title="Layer 2 scales in", xlabel="volatility index", ylabel="share of full size")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, 0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, 0))
    axes.legend()
    return figure


PICTURES: Final[dict[str, Callable[[], Figure]]] = {
    "layers-payoff": draw_payoff,
    "layers-comparison": draw_comparison,
    "layers-ramp": draw_ramp,
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
