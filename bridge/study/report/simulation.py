"""The page of a simulation: the table of hedges with standard errors, their tails, and where the profits lie."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes

from bridge.files import write_whole
from bridge.formats import number
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, draw, legend_above
from bridge.study.report.html import STYLES, _environment, _footer
from bridge.study.report.pictures.palette import DASHES, HUES, finished

KINDS = ("mean", "std", "cvar95", "cvar99")


def render_simulation_report(summary: Mapping[str, Any]) -> str:
    """Return a simulation's page; the same summary gives the same bytes.

    Parameters
    ----------
    summary
        The document that `bridge.study.simulation.run_simulation` returns.
    """
    rows = [(name, [row[kind] for kind in KINDS]) for name, row in summary["rows"].items()]
    return _environment().get_template("simulation.html.jinja").render(
        summary=summary,
        own=summary["settings"],
        rows=rows,
        style=Markup("".join(path.read_text(encoding="utf-8") for path in STYLES)),
        tails=(tails_picture(summary),),
        profits=(profits_picture(summary),),
        footer=_footer(),
    )  # fmt: skip


def write_simulation_report(path: Path, summary: Mapping[str, Any]) -> Path:
    """Write a simulation's page whole or not at all, and return where it is."""
    write_whole(path, render_simulation_report(summary), shared=True)
    return path


def tails_picture(summary: Mapping[str, Any]) -> Picture:
    """Draw the CVaR95 of each hedge as a bar with its standard error."""
    rows = [(name, row["cvar95"]["value"], row["cvar95"]["error"]) for name, row in summary["rows"].items()]

    def paint(axes: Axes) -> None:
        for place, (name, value, error) in enumerate(rows):
            colour = COLOURS.lp if name == "unhedged" else COLOURS.protected
            axes.barh(place, value, height=0.42, color=colour, alpha=0.92, xerr=2.0 * error, ecolor=COLOURS.ink)
            axes.text(0.0, place - 0.26, f"{name}: {number(value)}", size=SMALL, va="bottom", color=COLOURS.ink)
        axes.set_yticks([])
        axes.set_ylim(len(rows) - 0.4, -0.95)
        axes.grid(axis="x")

    said = ", ".join(f"{name} {number(value)}" for name, value, _ in rows)
    label = f"CVaR95 in bp of capital: {said}."
    frame = Frame(60 + 46 * len(rows), left=8, right=16, bottom=26)
    return finished(
        draw("tails", "Tail loss (CVaR95)", "bp of capital; whiskers: two standard errors", label, frame, paint)
    )


def profits_picture(summary: Mapping[str, Any]) -> Picture:
    """Draw for each hedge how many paths end below each profit."""
    edges, shares = summary["histogram"]["edges"], summary["histogram"]["shares"]

    def paint(axes: Axes) -> None:
        for place, (name, share) in enumerate(shares.items()):
            below = [0.0, *accumulate(100.0 * part for part in share)]
            colour = COLOURS.lp if name == "unhedged" else HUES[(place - 1) % len(HUES)]
            dash = DASHES[place % len(DASHES)]
            axes.plot(edges, below, color=colour, linestyle=dash, linewidth=1.6, label=name)
        axes.axvline(0.0, color=COLOURS.muted, linewidth=0.9)
        axes.set_ylim(0.0, 102.0)
        axes.set_xlabel("profit, bp of capital", size=SMALL, labelpad=2.0)
        axes.grid()
        legend_above(axes, 2)

    label = (
        f"Percent of paths that end below each profit, from {number(edges[0])} to {number(edges[-1])} bp of capital."
    )
    frame = Frame(320, left=40, top=104, bottom=40)
    return finished(draw("profits", "Where the profits lie", "percent of paths that end below", label, frame, paint))
