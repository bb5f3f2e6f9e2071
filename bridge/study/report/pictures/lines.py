"""Profit and drawdown over time: a panel for each family, all on one scale, the pools alone in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import usd
from bridge.report.pictures.canvas import COLOURS, Frame, Picture, draw, legend_above, money_scale
from bridge.study.report.pictures.palette import finished, groups, looks
from bridge.study.report.view import PathView, StrategyView, StudyView, Times, day
from hedge.numerics.arrays import FloatArray

BINS: Final = 140
"""Parts of a line that each keep their highest and their lowest point: a picture shows no more."""
SHORT: Final = 14
"""Letters of names of which three stand beside each other in a legend; of longer ones two do."""


def profit_pictures(study: StudyView) -> tuple[Picture, ...]:
    """Draw profit since the start."""
    return _panels(study, "profit", "profit since the start", study.paths)


def drawdown_pictures(study: StudyView) -> tuple[Picture, ...]:
    """Draw how far each strategy is below its highest profit so far."""
    falls = {key: PathView(path.at, falls_of(path.profit)) for key, path in study.paths.items()}
    return _panels(study, "drawdown", "below the highest profit so far", falls)


def falls_of(profit: FloatArray) -> FloatArray:
    """Return profit minus the highest so far, <= 0; NaN where it is not known.

    >>> falls_of(np.array([0.0, 3.0, 1.0, np.nan, 4.0])).tolist()
    [0.0, 0.0, -2.0, nan, 0.0]
    """
    return np.asarray(profit - np.fmax.accumulate(profit)) if profit.size else profit


def thinned(at: Times, values: FloatArray, bins: int = BINS) -> tuple[Times, FloatArray]:
    """Return the ends of a line and the highest and lowest point of each of its parts; what is unknown is left out."""
    known = np.flatnonzero(np.isfinite(values))
    if known.size <= 2 * bins:
        return at[known], values[known]
    parts = np.array_split(known, bins)
    ends = [index for part in parts for index in (part[values[part].argmin()], part[values[part].argmax()])]
    kept = np.unique([known[0], *ends, known[-1]])
    return at[kept], values[kept]


def _panels(study: StudyView, name: str, what: str, paths: Mapping[str, PathView]) -> tuple[Picture, ...]:
    known = [path.known for path in paths.values()]
    every = np.concatenate([np.zeros(1), *known])
    span = float(every.min()), float(every.max())
    return tuple(
        _panel(study, f"{name}-{place}", title, what, members, paths, span)
        for place, (title, members) in enumerate(groups(study.strategies) or [("The pools alone", [])])
    )


def _panel(
    study: StudyView,
    name: str,
    title: str,
    what: str,
    members: Sequence[StrategyView],
    paths: Mapping[str, PathView],
    span: tuple[float, float],
) -> Picture:
    scale, unit = money_scale(max(abs(span[0]), abs(span[1])))
    shown = [one for one in (study.alone, *members) if one is not None and one.key in paths]
    look, room = looks(study.strategies), 0.05 * (span[1] - span[0]) or 1.0

    columns = 3 if max((len(one.name) for one in shown), default=0) <= SHORT else 2

    def paint(axes: Axes) -> None:
        axes.axhline(0.0, color=COLOURS.muted, linewidth=0.9)
        for one in shown:
            at, values = thinned(paths[one.key].at, paths[one.key].profit)
            axes.plot(
                at.astype("datetime64[s]"), values / scale, color=look[one.key].colour, linestyle=look[one.key].dash,
                linewidth=1.4 if one.alone else 1.9, label=one.name,
            )  # fmt: skip
        axes.set_ylim((span[0] - room) / scale, (span[1] + room) / scale)
        axes.margins(x=0.0)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}".replace("-", "−")))
        dates = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(dates)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(dates, show_offset=False))  # type: ignore[no-untyped-call]
        axes.grid(axis="y")
        legend_above(axes, columns, handlelength=2.6)

    lines = -(-len(shown) // columns)
    frame = Frame(250 + 16 * lines, left=50, right=14, top=46 + 16 * lines, bottom=28)
    label = f"{title}, {what}, {_when(study)}: {'; '.join(_said(one, paths[one.key]) for one in shown)}."
    return finished(draw(name, title, f"{what}, {unit}", label, frame, paint))


def _when(study: StudyView) -> str:
    return f"{day(study.document['start'])} to {day(study.document['end'])}"


def _said(one: StrategyView, path: PathView) -> str:
    known = path.known
    if not known.size:
        return f"{one.name} not known"
    return f"{one.name} {usd(float(known[-1]), signed=True)} at the end, lowest {usd(float(known.min()), signed=True)}"
