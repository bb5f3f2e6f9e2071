"""What is left of the tail when it is spread over several pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from bridge.formats import number, percent
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, draw
from bridge.study.report.pictures.palette import finished
from bridge.study.report.view import StudyView


def pools_picture(study: StudyView) -> Picture | None:
    """Draw how much of the pools' own CVaR95 their sum keeps; None where it is not known."""
    found: Mapping[str, Any] = study.document.get("pools") or {}
    if found.get("kept") is None or found.get("kept_if_independent") is None:
        return None
    rows = (
        ("each by itself", 1.0, COLOURS.lp),
        ("together, as they were", found["kept"], COLOURS.loss),
        ("together, if independent", found["kept_if_independent"], COLOURS.gain),
    )

    def paint(axes: Axes) -> None:
        for row, (name, kept, colour) in enumerate(rows):
            axes.text(0.0, row - 0.34, name, size=SMALL, va="center")
            axes.barh(row + 0.08, kept, height=0.34, color=colour, alpha=0.92, linewidth=0.0)
            axes.text(max(kept, 0.0) + 0.02, row + 0.08, percent(kept, 0), size=SMALL, va="center", weight="bold")
        axes.set_xlim(min(0.0, *(kept for _, kept, _ in rows)), 1.14)
        axes.set_ylim(len(rows) - 0.55, -0.7)
        axes.set_yticks([])
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)

    label = (
        f"Tail of {number(found['pools'])} pools in equal parts: together they keep {percent(found['kept'], 0)} of the "
        f"CVaR95 that they have each by itself, and would keep {percent(found['kept_if_independent'], 0)} if "
        f"independent; {number(found['bets'], 1)} independent bets."
    )
    return finished(
        draw(
            "pools",
            "What spreading leaves of the tail",
            "share of the pools' own CVaR95",
            label,
            Frame(160, left=8, right=8, bottom=6),
            paint,
        )
    )
