"""Bars of the stages of a hedge: greeks per asset, and the tail against its target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from matplotlib.axes import Axes

from bridge.formats import number, percent, shortened, usd
from bridge.report.content import ReportContent
from bridge.report.pictures.canvas import COLOURS, SMALL, STAGES, Frame, Picture, draw
from bridge.report.view import horizon_days
from hedge.market import HORIZON_DAYS


class Greek(NamedTuple):
    """Name one greek, its unit, and what divides the plan's number to that unit."""

    field: str
    title: str
    unit: str
    divisor: float


GREEKS: Final = (
    Greek("delta_usd", "Delta", "USD of the asset that the book moves like", 1.0),
    Greek("gamma_usd", "Gamma", "USD of delta gained when the price rises by 1 %", 1.0),
    Greek("vega_usd", "Vega", "USD gained when implied volatility rises by 1 point", 100.0),
    Greek("theta_usd", "Theta", "USD gained per day when nothing moves", 365.0),
)

HELD: Final = ("held", "as held", COLOURS.band, (0, (1.0, 0.0)))
"""The stage of what is held now, beside the three of a hedge."""
GROUP: Final = 4.5
"""Rows from one asset to the next."""
REACH: Final = 1.7
"""Width of the tail picture in its longest bar: the rest holds the numbers."""


class Bar(NamedTuple):
    """Hold one bar: its row, stage, value and the words at its end."""

    row: float
    stage: str
    value: float
    text: str


def greek_pictures(content: ReportContent) -> tuple[Picture, ...]:
    """Draw one picture per greek: three bars for every asset of the book."""
    assets = list(content.plan.greeks["unhedged"])
    return tuple(_greek(content, greek, assets) for greek in GREEKS) if assets else ()


def _greek(content: ReportContent, greek: Greek, assets: Sequence[str]) -> Picture:
    bars, said = [], []
    for index, asset in enumerate(assets):
        stages = {stage: content.plan.greeks[stage][asset] for stage, *_ in STAGES}
        values = {stage: getattr(greeks, greek.field) / greek.divisor for stage, greeks in stages.items()}
        for offset, (stage, value) in enumerate(values.items()):
            bars.append(Bar(index * GROUP + 1.0 + offset, stage, value, number(value, signed=True)))
        said.append(f"{asset} " + ", ".join(f"{name} {number(values[stage])}" for stage, name, *_ in STAGES))

    def paint(axes: Axes) -> None:
        _bars(axes, bars)
        for index, asset in enumerate(assets):
            _write(
                axes,
                shortened(asset, 12),
                (0.0, index * GROUP),
                -110.0,
                xycoords=("axes fraction", "data"),
                weight="bold",
            )
        axes.set_ylim(len(assets) * GROUP - 0.9, -0.6)

    label = f"{greek.title}, {greek.unit}: {'; '.join(said)}."
    frame = Frame(46 + 80 * len(assets), left=112, bottom=6, top=42)
    return draw(f"greek-{greek.field}", greek.title, greek.unit, label, frame, paint)


def _bars(axes: Axes, bars: Sequence[Bar]) -> None:
    """Draw horizontal bars, each named at its left and valued at its end."""
    names = {stage: name for stage, name, *_ in (*STAGES, HELD)}
    colours = {stage: colour for stage, _, colour, _ in (*STAGES, HELD)}
    low, high = min(0.0, *(bar.value for bar in bars)), max(0.0, *(bar.value for bar in bars))
    room = 0.34 * (high - low or 1.0)
    axes.set_xlim(low - (room if low < 0.0 else 0.0), high + (room if high > 0.0 or low == 0.0 else 0.0))
    for bar in bars:
        axes.barh(bar.row, bar.value, height=0.68, color=colours[bar.stage], alpha=0.92, linewidth=0.0)
        side = -1.0 if bar.value < 0.0 else 1.0
        _write(axes, bar.text, (bar.value, bar.row), 4.0 * side, size=SMALL, ha="right" if side < 0.0 else "left")
    axes.set_yticks([bar.row for bar in bars], [names[bar.stage] for bar in bars])
    axes.axvline(0.0, color=COLOURS.muted, linewidth=0.9)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])


def _write(axes: Axes, text: str, at: tuple[float, float], aside: float, **style: Any) -> None:
    """Write beside a point, so many picture units to the right."""
    axes.annotate(
        text, at, xytext=(aside, 0.0), textcoords="offset points", va="center", annotation_clip=False, **style
    )


def tail_pictures(content: ReportContent) -> tuple[Picture, ...]:
    """Draw CVaR95 at each stage: to the next plan against the target, and over 30 days with the plan left alone."""
    risk = content.plan.risk
    stages = {"unhedged": risk.unhedged, "held": risk.held, "protected": risk.protected, "hedged": risk.hedged}
    if content.plan.holdings.empty:
        del stages["held"]
    month = {"unhedged": risk.month_unhedged, "hedged": risk.month_hedged}
    return (
        _tail(content, "tail-horizon", "Tail loss (CVaR95)", horizon_days(content.plan), stages, risk.target),
        _tail(content, "tail-month", "Tail loss, plan left alone", HORIZON_DAYS, month, None),
    )


def _tail(
    content: ReportContent, name: str, title: str, days: float, values: dict[str, float], target: float | None
) -> Picture:
    """Draw one bar for each stage, and the target where there is one."""
    value = content.plan.exposure.value_usd
    texts = {
        stage: number(loss) + (f" ({percent(loss / value)})" if value > 0.0 else "") for stage, loss in values.items()
    }
    bars = [Bar(row, stage, loss, "") for row, (stage, loss) in enumerate(values.items())]
    rows = len(bars)

    def paint(axes: Axes) -> None:
        _bars(axes, bars)
        reach = max(target or 0.0, *values.values()) or 1.0
        for bar in bars:
            axes.text(REACH * reach, bar.row, texts[bar.stage], va="center", ha="right", size=SMALL)
        if target is not None:
            axes.plot([target] * 2, [-0.75, rows - 0.4], color=COLOURS.ink, linewidth=1.4, linestyle=(0, (3.0, 2.0)))
            side = "right" if target > 0.5 * reach else "left"
            axes.text(target, -0.85, f"target {number(target)}", size=SMALL, weight="bold", ha=side)
        axes.set_xlim(0.0, REACH * reach)
        axes.set_ylim(rows - 0.3, -0.8)

    said = ", ".join(f"{words} {texts[stage]}" for stage, words, *_ in (*STAGES, HELD) if stage in texts)
    label = f"CVaR95 over {days:g} days in USD and as a share of the book: {said}"
    label += "." if target is None else f"; the target is {usd(target)}."
    subtitle = f"USD, mean of the worst 5 % in {days:g} days (share of the book)"
    return draw(name, title, subtitle, label, Frame(78 + 34 * rows, left=126, bottom=8, top=60), paint)
