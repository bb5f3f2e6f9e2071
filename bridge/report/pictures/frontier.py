"""The frontier: CVaR95 against expected cost, with where the book stands today, the plan and its benchmarks."""

from __future__ import annotations

from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import number, usd
from bridge.report.content import ReportContent
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, dot, draw, money_scale
from bridge.report.view import horizon_days
from hedge.decision.compare import FrontierPoint
from hedge.market import HORIZON_DAYS
from hedge.plan.build import Plan

HEIGHT: Final = 330
APART: Final = 13.0
"""Picture units between the names of two marks."""
ASIDE: Final = 8.0
INSIDE: Final = 0.6
"""Share of the width beyond which a name stands to the left of its mark."""
MARKS: Final = {
    "unhedged": (COLOURS.lp, "o", "LP alone"),
    "held": (COLOURS.lp, "o", "as held"),
    "delta": (COLOURS.loss, "s", "delta"),
    "strip": (COLOURS.protected, "s", "strip"),
    "strip and delta": (COLOURS.protected, "D", "strip and delta"),
    "plan": (COLOURS.hedged, "o", "plan"),
}
"""Colour, shape and name of each alternative's mark."""


class Mark(NamedTuple):
    """One alternative: its name in the plan and on the picture, expected cost in 30 days and CVaR95 in USD."""

    name: str
    shown: str
    cost: float
    cvar: float


def frontier_picture(content: ReportContent) -> Picture | None:
    """Draw the frontier with every alternative; None where the programme was not solved for budgets."""
    plan, points = content.plan, content.plan.comparison.frontier
    if len(points) < 2:
        return None
    marks = _marks(plan)
    costs = [point.expected_cost_30d_usd for point in points] + [mark.cost for mark in marks]
    least, most = min(0.0, *costs), max(0.0, *costs) or 1.0
    span = most - least
    top = 1.08 * max(*(point.cvar_usd for point in points), *(mark.cvar for mark in marks), plan.risk.target) or 1.0
    (across, unit), (up, unit_up) = money_scale(span), money_scale(top)
    frame = Frame(HEIGHT, left=50, top=48, bottom=42)

    def paint(axes: Axes) -> None:
        axes.set_xlim(least - 0.03 * span, most + 0.04 * span)
        axes.set_ylim(min(0.0, 1.08 * min(point.cvar_usd for point in points)), top)
        _scale(axes, across, up)
        axes.set_xlabel(f"expected cost in {HORIZON_DAYS:.0f} days, {unit}", size=SMALL)
        _line(axes, points)
        _target(axes, plan.risk.target)
        _draw_marks(axes, marks, frame)

    subtitle = f"CVaR95 over {horizon_days(plan):g} days, {unit_up}"
    return draw("frontier", "What each budget buys", subtitle, _label(plan, marks), frame, paint)


def _marks(plan: Plan) -> list[Mark]:
    """Return the alternatives that are drawn; where the book stands now is said of one of them."""
    today = "unhedged" if plan.holdings.empty else "held"
    return [
        Mark(
            found.name,
            f"today, {MARKS[found.name][2]}" if found.name == today else MARKS[found.name][2],
            found.expected_cost_30d_usd,
            found.cvar_usd,
        )
        for found in plan.comparison.alternatives
        if found.name in MARKS
    ]


def _scale(axes: Axes, across: float, up: float) -> None:
    for axis, size in ((axes.xaxis, across), (axes.yaxis, up)):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _, size=size: f"{value / size:,g}".replace("-", "−")))
    axes.grid(axis="y")


def _line(axes: Axes, points: tuple[FrontierPoint, ...]) -> None:
    """Draw the least CVaR95 for each budget, a tick on the line at each."""
    costs, tails = [point.expected_cost_30d_usd for point in points], [point.cvar_usd for point in points]
    axes.plot(costs, tails, color=COLOURS.hedged, linewidth=2.0)
    axes.plot(costs, tails, color=COLOURS.hedged, marker="|", markersize=9.0, markeredgewidth=1.4, linestyle="none")


def _target(axes: Axes, target: float) -> None:
    axes.axhline(target, color=COLOURS.ink, linewidth=1.2, linestyle=(0, (3.0, 2.0)))
    axes.annotate(
        f"target {number(target)}", (axes.get_xlim()[1], target), xytext=(0.0, 4.0), textcoords="offset points",
        size=SMALL, ha="right", va="bottom", weight="bold",
    )  # fmt: skip


def _draw_marks(axes: Axes, marks: list[Mark], frame: Frame) -> None:
    """Draw the marks with their names, those that would stand on each other moved apart."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    height = (HEIGHT - frame.top - frame.bottom) / (high - low)
    taken: dict[bool, float] = {}
    for mark in sorted(marks, key=lambda mark: -mark.cvar):
        colour, shape, _ = MARKS[mark.name]
        dot(axes, mark.cost, mark.cvar, colour, shape=shape, size=9.0, hollow=mark.name != "plan")
        inside = mark.cost > left + INSIDE * (right - left)
        at = (mark.cvar - low) * height
        wanted = min(at, taken.get(inside, at + APART) - APART)
        taken[inside] = wanted
        axes.annotate(
            mark.shown, (mark.cost, mark.cvar), xytext=(-ASIDE if inside else ASIDE, wanted - at + 5.0),
            textcoords="offset points", size=SMALL, color=colour, va="center", ha="right" if inside else "left",
            weight="bold" if mark.name == "plan" else "normal",
        )  # fmt: skip


def _label(plan: Plan, marks: list[Mark]) -> str:
    """Say where every mark and the ends of the line are."""
    said = "; ".join(f"{mark.shown}: {usd(mark.cvar)} of CVaR95 at {usd(mark.cost)} of expected cost" for mark in marks)
    first, last = plan.comparison.frontier[0], plan.comparison.frontier[-1]
    return (
        f"Least CVaR95 over {horizon_days(plan):g} days by expected cost in {HORIZON_DAYS:.0f} days: the frontier goes "
        f"from {usd(first.cvar_usd)} at {usd(first.expected_cost_30d_usd)} to {usd(last.cvar_usd)} at "
        f"{usd(last.expected_cost_30d_usd)}; {said}; the target is {usd(plan.risk.target)}."
    )
