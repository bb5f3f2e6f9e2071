"""Profit and loss against the price of one asset: the LP alone, with its protection, with all layers."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bridge.formats import level, percent, shortened, usd
from bridge.report.content import ReportContent
from bridge.report.pictures.canvas import COLOURS, STAGES, Frame, Picture, draw, legend_above, money_scale
from bridge.report.view import horizon_days
from hedge.instruments.layer import LayerRole
from hedge.numerics.arrays import FloatArray
from hedge.risk.stress import payoff_curve

MOVES: Final = np.linspace(-0.5, 0.5, 121)
"""Price moves that the curves cover; 0 is among them."""
MARKS: Final = (-0.4, -0.2, 0.0, 0.2, 0.4)
TODAY: Final = int(np.argmin(np.abs(MOVES)))

Curves = dict[str, FloatArray]


def payoff_pictures(content: ReportContent) -> tuple[Picture, ...]:
    """Draw two pictures per asset, now and at the horizon, on the same scale."""
    return tuple(
        picture for index, asset in enumerate(content.book.assets) for picture in _asset(content, asset, index)
    )


def _asset(content: ReportContent, asset: str, index: int) -> tuple[Picture, ...]:
    spot = content.market.spot(asset)
    now, horizon = _curves(content, asset, spot)
    every = np.concatenate([*now.values(), *horizon.values()])
    low, high = float(every.min()), float(every.max())
    room = 0.06 * (high - low) or 1.0
    span = low - room, high + room
    ranges = [
        ends for position in content.book.positions if (ends := position.price_range(asset, content.market.spots))
    ]
    whens = (("now", "today", now), ("horizon", f"in {horizon_days(content.plan):g} days", horizon))
    return tuple(
        _panel(f"payoff-{index}-{key}", shortened(asset, 12), when, spot, curves, span, ranges)
        for key, when, curves in whens
    )


def _curves(content: ReportContent, asset: str, spot: float) -> tuple[Curves, Curves]:
    """Return profit per stage against today's value of the positions, now and at the horizon, shape of `MOVES`."""
    layers = content.plan.layers
    bought = tuple(layer for layer in layers if layer.role is LayerRole.PROTECTION)
    stages = {"unhedged": (), "protected": bought, "hedged": layers}
    now: Curves = {}
    horizon: Curves = {}
    for stage, shown in stages.items():
        days = horizon_days(content.plan)
        curve = payoff_curve(content.book, content.market, shown, asset, spot * (1.0 + MOVES), days)
        base = curve.now["LP"][TODAY]
        now[stage] = list(curve.now.values())[-1] - base
        horizon[stage] = list(curve.horizon.values())[-1] - base
    return now, horizon


def _panel(
    name: str,
    asset: str,
    when: str,
    spot: float,
    curves: Curves,
    span: tuple[float, float],
    ranges: list[tuple[float, float]],
) -> Picture:
    scale, unit = money_scale(max(abs(span[0]), abs(span[1])))

    def paint(axes: Axes) -> None:
        _shade(axes, spot, ranges)
        axes.axhline(0.0, color=COLOURS.muted, linewidth=0.9)
        axes.axvline(0.0, color=COLOURS.ink, linewidth=0.9, linestyle=(0, (2.0, 2.0)))
        for key, label, colour, dash in STAGES:
            width = 2.4 if key == "hedged" else 1.8
            axes.plot(MOVES, curves[key] / scale, color=colour, linestyle=dash, linewidth=width, label=label)
        axes.set_xlim(-0.5, 0.5)
        axes.set_ylim(span[0] / scale, span[1] / scale)
        axes.set_xticks(MARKS, [f"{level(spot * (1.0 + move))}\n{_move(move)}" for move in MARKS])
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}".replace("-", "−")))
        axes.grid(axis="y")
        legend_above(axes, 3, handlelength=2.2)

    subtitle = f"profit or loss in {unit}, against the {asset} price in USD"
    return draw(name, f"{asset}, {when}", subtitle, _label(asset, when, curves), Frame(300, top=62), paint)


def _shade(axes: Axes, spot: float, ranges: list[tuple[float, float]]) -> None:
    """Shade where positions are in range; overlaps are darker."""
    for low, high in ranges:
        start, end = max(low / spot - 1.0, -0.5), min(high / spot - 1.0, 0.5)
        if start < end:
            axes.axvspan(start, end, color=COLOURS.band, alpha=0.13, linewidth=0.0)


def _move(move: float) -> str:
    return "today" if move == 0.0 else percent(move, 0, signed=True)


def _label(asset: str, when: str, curves: Curves) -> str:
    """Say the curves' values at a fall and a rise of 40 %."""
    said = []
    for move in (-0.4, 0.4):
        at = int(np.argmin(np.abs(MOVES - move)))
        parts = (f"{label} {usd(float(curves[key][at]), signed=True)}" for key, label, _, _ in STAGES)
        said.append(f"at {percent(move, 0, signed=True)}: {', '.join(parts)}")
    return f"Profit and loss against the {asset} price, {when}; {'; '.join(said)}."
