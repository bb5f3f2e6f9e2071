"""Forecasts against what came: how often losses went beyond VaR, and what legs were worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import number, percent
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, dot, draw, legend_above, money_scale
from bridge.study.report.pictures.palette import finished
from bridge.study.report.view import StrategyView, StudyView

ROW: Final = 34
VALUES: Final = (("legs", "legs"), ("legs_after_falls", "after falls"), ("decay", "decay"))


class Pair(NamedTuple):
    """Hold what was predicted and what came, USD, with a name."""

    name: str
    predicted: float
    realised: float


def calibration_pictures(study: StudyView) -> tuple[Picture, ...]:
    """Draw the checks of every strategy that made forecasts; nothing where none did."""
    made = [one for one in study.strategies if one.figures["calibration"]]
    checked = [one for one in made if one.figures["calibration"]["tail"]["share"] is not None]
    pairs = [pair for one in made for pair in _pairs(one)]
    return (*((_tail(checked),) if checked else ()), *((_values(pairs),) if pairs else ()))


def _pairs(one: StrategyView) -> list[Pair]:
    found = one.figures["calibration"]
    return [
        Pair(f"{one.name}, {name}", found[key]["predicted"], found[key]["realised"])
        for key, name in VALUES
        if found[key]["predicted"] is not None and found[key]["realised"] is not None
    ]


def _tail(made: Sequence[StrategyView]) -> Picture:
    tails: list[Any] = [one.figures["calibration"]["tail"] for one in made]
    most = 1.25 * max(*(tail["share"] for tail in tails), tails[0]["expected"])

    def paint(axes: Axes) -> None:
        for row, (one, tail) in enumerate(zip(made, tails, strict=True)):
            words = f"{tail['exceedances']} of {tail['count']}"
            axes.text(0.0, row - 0.34, one.name, size=SMALL, va="center")
            axes.text(most, row - 0.34, words, size=SMALL, va="center", ha="right", color=COLOURS.muted)
            colour = COLOURS.loss if tail["share"] > tail["expected"] else COLOURS.gain
            axes.barh(row + 0.08, tail["share"], height=0.34, color=colour, alpha=0.92, linewidth=0.0)
        expected = tails[0]["expected"]
        axes.axvline(expected, color=COLOURS.ink, linewidth=1.3, linestyle=(0, (3.0, 2.0)))
        axes.text(expected, -0.82, "expected", size=SMALL, weight="bold", ha="center")
        axes.set_xlim(0.0, most)
        axes.set_ylim(len(made) - 0.55, -0.8)
        axes.set_yticks([])
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))

    said = "; ".join(
        f"{one.name} {tail['exceedances']} of {tail['count']} ({percent(tail['share'])}), Kupiec p "
        f"{number(tail['kupiec_p'], 2)}, shortfall over its forecast {number(tail['es_ratio'], 2)}"
        for one, tail in zip(made, tails, strict=True)
    )
    frame = Frame(88 + ROW * len(made), left=8, right=14, top=60, bottom=26)
    label = f"Losses beyond VaR95, {percent(tails[0]['expected'], 0)} expected: {said}."
    return finished(draw("calibration-tail", "Losses beyond VaR95", "share of forecasts", label, frame, paint))


def _values(pairs: Sequence[Pair]) -> Picture:
    every = [value for pair in pairs for value in (pair.predicted, pair.realised)]
    scale, unit = money_scale(max(map(abs, every)))
    low, high = min(0.0, *every) / scale, 1.06 * max(0.0, *every) / scale or 1.0

    def paint(axes: Axes) -> None:
        for row, pair in enumerate(pairs):
            off = pair.predicted - pair.realised
            colour = COLOURS.loss if off > 0.0 else COLOURS.gain
            axes.text(low, row - 0.34, pair.name, size=SMALL, va="center")
            words = f"{number(off, signed=True)} USD"
            axes.text(high, row - 0.34, words, size=SMALL, va="center", ha="right", color=colour, weight="bold")
            axes.plot([low, high], [row, row], color=COLOURS.line, linewidth=0.8)
            axes.plot(
                [pair.predicted / scale, pair.realised / scale], [row, row], color=colour, linewidth=4.0, alpha=0.45
            )
            dot(axes, pair.realised / scale, row, COLOURS.ink, size=6.5)
            dot(axes, pair.predicted / scale, row, COLOURS.ink, shape="D", size=6.0, hollow=True)
        axes.set_xlim(low, high)
        axes.set_ylim(len(pairs) - 0.45, -0.75)
        axes.set_yticks([])
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}".replace("-", "−")))
        predicted = dot(axes, float("nan"), 0.0, COLOURS.ink, shape="D", size=6.0, hollow=True, label="predicted")
        realised = dot(axes, float("nan"), 0.0, COLOURS.ink, size=6.5, label="realised")
        legend_above(axes, 2, [predicted, realised])

    said = "; ".join(f"{pair.name} {number(pair.predicted)} against {number(pair.realised)}" for pair in pairs)
    frame = Frame(88 + ROW * len(pairs), left=8, right=14, top=60, bottom=26)
    label = f"Predicted against realised, means in USD: {said}."
    title, subtitle = "Value of legs and decay", f"means, {unit}; at the right predicted minus realised"
    return finished(draw("calibration-values", title, subtitle, label, frame, paint))
