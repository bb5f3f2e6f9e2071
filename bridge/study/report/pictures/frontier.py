"""What protection costs: CVaR95 removed against what was paid and against what was given up in the mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import number
from bridge.report.pictures.canvas import COLOURS, SMALL, WIDTH, Frame, Picture, dot, draw, money_scale
from bridge.study.report.pictures.palette import finished, looks
from bridge.study.report.pictures.place_labels import Box, place_labels
from bridge.study.report.view import StrategyView, StudyView

FRAME: Final = Frame(330, left=50, right=16, top=48, bottom=44)
SHAPES: Final = "osD^v"


class Point(NamedTuple):
    """Hold a strategy, its price and the CVaR95 that it removed, USD, and who is at least as good in both."""

    strategy: StrategyView
    price: float
    removed: float
    dominated_by: str


def frontier(study: StudyView, price: str) -> list[Point]:
    """Return the points of a frontier.

    Parameters
    ----------
    price : "cost" is what was paid a week to trade, "given up" the pools' mean minus the strategy's.
    """
    places = [(one, _price(one, price), one.figures["cvar_removed_usd"]) for one in study.hedges]
    known = [(one, x, y) for one, x, y in places if x is not None and y is not None]
    return [Point(one, x, y, _better(x, y, known)) for one, x, y in known]


def frontier_pictures(study: StudyView) -> tuple[Picture, ...]:
    """Draw both frontiers; nothing where no hedge has its numbers."""
    wanted = (
        ("cost", "What was paid to trade", "cost a week"),
        ("given up", "What the mean gave up", "mean given up a week"),
    )
    found = [(title, unit, frontier(study, price)) for price, title, unit in wanted]
    return tuple(_picture(study, f"frontier-{place}", *one) for place, one in enumerate(found) if one[2])


def _price(one: StrategyView, price: str) -> float | None:
    if price == "cost":
        cost: float | None = one.figures["cost_a_week"]
        return cost
    moved = one.against("mean").get("estimate")
    return None if moved is None else -float(moved)


def _better(x: float, y: float, points: Sequence[tuple[StrategyView, float, float]]) -> str:
    """Return the name of the strategy that removes most among those that are nowhere worse and somewhere better."""
    better = [point for point in points if point[1] <= x and point[2] >= y and (point[1], point[2]) != (x, y)]
    return max(better, key=lambda point: (point[2], -point[1]))[0].name if better else ""


def _picture(study: StudyView, name: str, title: str, unit: str, points: Sequence[Point]) -> Picture:
    xs, ys = [0.0, *(point.price for point in points)], [0.0, *(point.removed for point in points)]
    across, up = (_span(values) for values in (xs, ys))
    x_scale, x_unit = money_scale(max(map(abs, across)))
    y_scale, y_unit = money_scale(max(map(abs, up)))

    def paint(axes: Axes) -> None:
        axes.axhline(0.0, color=COLOURS.muted, linewidth=0.9)
        axes.axvline(0.0, color=COLOURS.muted, linewidth=0.9)
        axes.set_xlim(across[0] / x_scale, across[1] / x_scale)
        axes.set_ylim(up[0] / y_scale, up[1] / y_scale)
        best = sorted((point.price / x_scale, point.removed / y_scale) for point in points if not point.dominated_by)
        axes.plot(*zip(*best, strict=True), color=COLOURS.line, linewidth=1.6, zorder=0.6)
        _points(axes, study, points, x_scale, y_scale)
        axes.set_xlabel(f"{unit}, {x_unit}", size=SMALL, labelpad=2.0)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}".replace("-", "−")))
        axes.grid()

    said = "; ".join(
        f"{point.strategy.name} removes {number(point.removed)} for {number(point.price)}"
        + (f", dominated by {point.dominated_by}" if point.dominated_by else "")
        for point in points
    )
    label = f"CVaR95 removed against {unit}, USD: {said}."
    return finished(draw(name, title, f"up: CVaR95 removed, {y_unit}", label, FRAME, paint))


def _points(axes: Axes, study: StudyView, points: Sequence[Point], x_scale: float, y_scale: float) -> None:
    """Mark every strategy by its family's colour, grey and hollow where another dominates it, and write its name."""
    look = looks(study.strategies)
    room = Box(FRAME.left + 2.0, FRAME.bottom + 2.0, WIDTH - 2.0, FRAME.height - FRAME.top)
    at = [(point.price / x_scale, point.removed / y_scale) for point in points]
    places = place_labels([_drawn(axes, *spot) for spot in at], [point.strategy.name for point in points], room)
    for point, spot, label in zip(points, at, places, strict=True):
        colour = COLOURS.lp if point.dominated_by else look[point.strategy.key].colour
        dot(axes, *spot, colour, size=7.0, hollow=bool(point.dominated_by))
        x, y = _drawn(axes, *spot)
        axes.annotate(
            point.strategy.name, spot, xytext=(label.x - x, label.y - y), textcoords="offset points", va="center",
            size=SMALL, color=COLOURS.muted if point.dominated_by else COLOURS.ink, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": COLOURS.line, "linewidth": 0.8} if label.led else None,
        )  # fmt: skip


def _drawn(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """Return where a point lies in the picture, in its units."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    wide, high = WIDTH - FRAME.left - FRAME.right, FRAME.height - FRAME.top - FRAME.bottom
    return FRAME.left + wide * (x - left) / (right - left), FRAME.bottom + high * (y - bottom) / (top - bottom)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room
