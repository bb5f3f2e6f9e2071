"""Draw the pictures of docs/signals.md: `python -m examples.signals_pictures [folder]`.

The folder is docs/img unless another is named. Everything is drawn from the simulated market of `signals_path`, and
every picture says so; the same seed gives the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from examples import signals_board as board
from examples.signals_path import DAYS, START, MarketPath, simulated
from hedge.signals import State, breadth, indicators, shocks, surprise
from hedge.signals.calendar import event_scores
from hedge.signals.known import FloatSeries
from hedge.signals.past import past_quantiles, percentiles
from hedge.units import DAY

BLUE, ORANGE, GREEN, RED, GREY = "#1f5fa8", "#d9730d", "#2c7a4b", "#b3261e", "#6b7280"
COLOURS: Final = {"compressed": "#cfe3f5", "normal": "#ffffff", "stressed": "#fbe3c4", "crisis": "#f3c1bd"}
FIRST: Final = board.FIRST_DAY
_STYLE: Final = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e5e7eb",
    "axes.axisbelow": True, "font.size": 9.5, "axes.titlesize": 10.5, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "legend.frameon": False, "legend.fontsize": 8.5, "svg.hashsalt": "alvh",
    "lines.linewidth": 1.1, "axes.edgecolor": GREY,
}  # fmt: skip


def canvas(rows: int, height: float = 3.9) -> tuple[Figure, list[Axes]]:
    """Return a figure with rows that share their days, and its source in the corner."""
    figure = Figure(figsize=(8.6, height), layout="constrained", facecolor="white")
    grid = figure.subplots(rows, 1, squeeze=False, sharex=True)
    figure.supxlabel("simulated market, days since its start", x=0.99, ha="right", fontsize=7.5, color=GREY)
    return figure, list(grid[:, 0])


def plot(axes: Axes, series: FloatSeries, first: int = FIRST, **style: str) -> None:
    """Plot a series by the day at whose end it was known, from a first day on."""
    days = (series.index.to_numpy() - START) / DAY - 1.0
    shown = days >= first
    axes.plot(days[shown], series.to_numpy()[shown], **style)  # type: ignore[arg-type]


def draw_volatility(path: MarketPath) -> Figure:
    """Draw the index at two horizons, its percentile, and its state."""
    figure, (index, level) = canvas(2)
    plot(index, 100.0 * path.near, color=BLUE, label="30 days")
    plot(index, 100.0 * path.far, color=ORANGE, label="90 days")
    index.set(title="Volatility index, %")
    index.legend(ncols=2)
    plot(level, percentiles(path.near, 365, 180), color=BLUE)
    level.set(title="Percentile in the year before, and the state", ylim=(0.0, 1.02))
    shade(level, [str(state) for state in board.volatility_gauges(path)[0].scores[FIRST:]])
    return figure


def draw_indicators(path: MarketPath) -> Figure:
    """Draw price with Bollinger bands, RSI, and the MACD histogram with its turns."""
    figure, (price, strength, speed) = canvas(3, 5.2)
    upper, _, lower = indicators.bollinger(path.close)
    for series, colour in ((path.close, BLUE), (upper, GREY), (lower, GREY)):
        plot(price, series, color=colour)
    price.set(title="Price and Bollinger bands (20, 2)")
    plot(strength, indicators.rsi(path.close), color=BLUE)
    strength.set(title="RSI (14)", ylim=(0.0, 100.0), yticks=[30, 70])
    histogram = indicators.macd(path.close).histogram / indicators.atr(path.high, path.low, path.close)
    turns = indicators.macd_turns(histogram, 0.25)
    plot(speed, histogram, color=BLUE)
    for sign, marker, colour in ((1.0, "^", GREEN), (-1.0, "v", RED)):
        plot(speed, histogram.where(turns == sign), color=colour, marker=marker, linestyle="", markersize="5")
    speed.set(title="MACD histogram over ATR; turns of 0.25 and more, on the day they were known")
    return figure


def draw_breadth(path: MarketPath) -> Figure:
    """Draw price, advance-decline line and their divergence."""
    figure, (price, line, apart) = canvas(3, 5.2)
    members = breadth.advance_decline_line(path.members)
    plot(price, path.market, color=BLUE)
    price.set(title="Market")
    plot(line, members, color=ORANGE)
    line.set(title="Advance-decline line of twelve coins")
    plot(apart, breadth.divergence(path.market, members, 63, 40, DAY), color=RED)
    apart.set(title="Divergence: place of the market in its range of 63 days, minus the line's", ylim=(-1.05, 1.05))
    return figure


def draw_macro(path: MarketPath) -> Figure:
    """Draw the surprises of the simulated CPI, its fading score, and the event windows."""
    figure, (size, score) = canvas(2)
    z = surprise.surprise_z(surprise.naive_surprise(board.inflation(), 6), 24, 6)
    plot(size, z, color=BLUE, marker="o", markersize="3", linestyle="")
    size.set(title="CPI surprise, standard deviations of its past")
    gauge = next(gauge for gauge in board.gauges(path) if gauge.name == "CPI")
    times = START + np.arange(FIRST * 2, DAYS * 2) * (DAY // 2)
    days = (times - START) / DAY
    windows = event_scores(board.calendar(), times, before_seconds=2 * DAY, after_seconds=DAY)
    score.fill_between(days, windows.to_numpy(), color=COLOURS["stressed"], step="post", label="event window")
    score.plot(days, [gauge.at(int(at)).severity for at in times], color=BLUE, label="score of the surprise")
    score.set(title="Score: halves every five days; windows from two days before to one day after", ylim=(0.0, 1.05))
    score.legend(ncols=2)
    return figure


def draw_shocks(path: MarketPath) -> Figure:
    """Draw funding and the dollar with their z scores."""
    figure, (paid, rate) = canvas(2)
    plot(paid, shocks.level_shock(shocks.annual_funding(path.funding), 90, 45), color=BLUE)
    paid.set(title="Perpetual funding, standard deviations of its past 90 payments")
    plot(rate, shocks.change_shock(path.dollar, 5, 180, 90), color=ORANGE)
    rate.set(title="Dollar: change over five days, standard deviations of its past 180")
    for axes in (paid, rate):
        for level in (-1.5, 1.5):
            axes.axhline(level, color=GREY, linewidth=0.8, linestyle="--")
    return figure


def draw_pressure(path: MarketPath) -> Figure:
    """Draw the quick ratio, and CAPM volatility with its norm."""
    figure, (quick, vol) = canvas(2)
    plot(quick, board.quick_ratios(path), color=BLUE)
    quick.axhspan(1.0, 2.0, color=COLOURS["stressed"])
    quick.axhspan(0.0, 1.0, color=COLOURS["crisis"])
    quick.set(title="Quick ratio; score 0 above 2, 1 below 1", ylim=(0.0, None))
    capm, _ = board.capm_ratio(path)
    plot(vol, 100.0 * capm, color=BLUE, label="CAPM volatility")
    plot(vol, 100.0 * past_quantiles(capm, 0.75, 365, 120), color=ORANGE, label="upper quartile of the year before")
    vol.set(title="CAPM volatility against its norm, %")
    vol.legend(ncols=2)
    return figure


def draw_regime(path: MarketPath) -> Figure:
    """Draw the price on the regime of each day, and the score."""
    figure, (price, score) = canvas(2)
    days = range(FIRST, DAYS)
    found = board.regimes(path, days)
    plot(price, path.close, color=BLUE)
    price.set(title="Price, and the regime that all signals gave at the end of each day")
    score.plot(days, [regime.score for regime in found], color=BLUE)
    score.set(title="Score: compressed below 0.25, normal, stressed from 0.5, crisis from 0.75", ylim=(0.0, 1.0))
    for axes in (price, score):
        shade(axes, [str(regime.name) for regime in found])
    return figure


def shade(axes: Axes, names: list[str]) -> None:
    """Colour the background by the name of each day, from the first shown day on."""
    starts = [0, *(day for day in range(1, len(names)) if names[day] != names[day - 1]), len(names)]
    for start, stop in pairwise(starts):
        axes.axvspan(FIRST + start, FIRST + stop, color=COLOURS[names[start]], linewidth=0.0, zorder=0)
    for state in State:
        axes.fill_between([], [], color=COLOURS[state], label=str(state), edgecolor=GREY, linewidth=0.5)
    axes.legend(ncols=4, loc="upper left")


PICTURES: Final[dict[str, Callable[[MarketPath], Figure]]] = {
    "signals-volatility": draw_volatility,
    "signals-indicators": draw_indicators,
    "signals-breadth": draw_breadth,
    "signals-macro": draw_macro,
    "signals-shocks": draw_shocks,
    "signals-pressure": draw_pressure,
    "signals-regime": draw_regime,
}


def draw_all(folder: Path) -> list[Path]:
    """Write every picture as SVG into the folder and return the files."""
    path, files = simulated(), []
    with matplotlib.rc_context(_STYLE):
        for name, draw in PICTURES.items():
            files.append(folder / f"{name}.svg")
            draw(path).savefig(files[-1], metadata={"Date": None})
    return files


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "docs" / "img")
