"""What each layer earned and paid a week: what the market gave, what trading cost, and the pools themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from bridge.formats import shortened
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, draw, legend_above
from bridge.study.report.figures import signed_total
from bridge.study.report.pictures.palette import MORE, finished
from bridge.study.report.view import StrategyView, StudyView

ROW: Final = 17
HEAD: Final = 20
LABEL_LETTERS: Final = 14
REACH: Final = 0.52
"""Width that the longest bars leave, as a share: the rest holds the sums."""


BACK: Final = 4 * "\\"
"""Strokes that fall: a hatch of dots would be two hundred times their size."""


class Part(NamedTuple):
    """Hold a group of kinds: its name on the page, title, and the colour and hatch of each kind."""

    name: str
    title: str
    kinds: dict[str, tuple[str, str]]


PARTS: Final = (
    Part("market", "What the market gave", {
        "mark": (COLOURS.protected, ""), "settlement": (MORE.aqua, "////"), "perpetual": (MORE.amber, ""),
        "funding": (MORE.violet, BACK),
    }),
    Part("costs", "What trading cost", {
        "slippage": (COLOURS.loss, ""), "fee": (MORE.amber, "////"), "delivery fee": (MORE.violet, BACK),
        "perpetual cost": (COLOURS.protected, ""), "liquidation": (COLOURS.ink, ""),
    }),
    Part("pools", "What the pools gave", {
        "price": (COLOURS.lp, ""), "pool fees": (COLOURS.gain, "////"), "gas": (COLOURS.loss, ""),
        "swap": (MORE.violet, BACK),
    }),
)  # fmt: skip


class Bar(NamedTuple):
    """Hold one row of a picture: whose it is, its label, and USD a week by kind."""

    owner: str
    label: str
    usd: dict[str, float]


def attribution_pictures(study: StudyView) -> tuple[Picture, ...]:
    """Draw a picture for each part that has entries."""
    found = [(part, bars(study, part)) for part in PARTS]
    return tuple(_picture(part, rows) for part, rows in found if rows)


def bars(study: StudyView, part: Part) -> list[Bar]:
    """Return the rows of a part, in the order of strategies; what is equal for several of them stands once."""
    rows: list[Bar] = []
    for one in study.strategies:
        labels = dict.fromkeys(str(row["label"]) for row in one.figures["attribution"])
        rows += [
            Bar(one.name, shortened(label, LABEL_LETTERS), usd) for label in labels if (usd := _usd(one, label, part))
        ]
    return _merged(rows) if part.name == "pools" else rows


def _usd(one: StrategyView, label: str, part: Part) -> dict[str, float]:
    rows = [row for row in one.figures["attribution"] if row["label"] == label and row["kind"] in part.kinds]
    return {kind: math.fsum(row["usd"] for row in rows if row["kind"] == kind) for kind in part.kinds
            if any(row["kind"] == kind for row in rows)}  # fmt: skip


def _merged(rows: Sequence[Bar]) -> list[Bar]:
    """Join rows that show the same whole dollars: the pools of most strategies are the same."""
    alike: dict[tuple[object, ...], list[Bar]] = {}
    for row in rows:
        key = (row.label, *((kind, round(usd)) for kind, usd in row.usd.items()))
        alike.setdefault(key, []).append(row)
    return [
        Bar(same[0].owner + (f" and {len(same) - 1} more" if len(same) > 1 else ""), same[0].label, same[0].usd)
        for same in alike.values()
    ]


def _picture(part: Part, rows: Sequence[Bar]) -> Picture:
    owners = list(dict.fromkeys(row.owner for row in rows))
    ends = [(_end(row, -1.0), _end(row, 1.0)) for row in rows]
    low, high = min(0.0, *(end[0] for end in ends)), max(0.0, *(end[1] for end in ends))
    used = [kind for kind in part.kinds if any(kind in row.usd for row in rows)]
    tall = HEAD * len(owners) + ROW * len(rows)

    def paint(axes: Axes) -> None:
        wide = (high - low) / REACH or 1.0
        ticks = _rows(axes, part, owners, rows, low + wide)
        axes.axvline(0.0, color=COLOURS.muted, linewidth=0.9)
        axes.set_xlim(low - 0.02 * wide, low + wide)
        axes.set_ylim(tall, 0.0)
        axes.set_yticks([at for at, _ in ticks], [label for _, label in ticks])
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        legend_above(axes, 3, [_patch(part, kind) for kind in used])

    lines = -(-len(used) // 3)
    frame = Frame(tall + 50 + 17 * lines, left=112, right=6, top=44 + 17 * lines, bottom=6)
    said = "; ".join(f"{row.owner}, {row.label}: {_said(row)}" for row in rows)
    label = f"{part.title}, USD a week: {said}."
    return finished(
        draw(f"attribution-{part.name}", part.title, "USD a week, its sum at the right", label, frame, paint)
    )


def _rows(axes: Axes, part: Part, owners: Sequence[str], rows: Sequence[Bar], right: float) -> list[tuple[float, str]]:
    """Draw the bars of each owner under its name, sums at the right; return where the labels belong."""
    top, ticks, aside = 0.0, [], axes.get_yaxis_transform()
    for owner in owners:
        axes.text(-0.42, top + 0.62 * HEAD, owner, size=SMALL, weight="bold", va="center", transform=aside)
        top += HEAD
        for row in (row for row in rows if row.owner == owner):
            middle = top + 0.5 * ROW
            _bar(axes, middle, row, part)
            axes.text(right, middle, signed_total(list(row.usd.values())), size=SMALL, va="center", ha="right")
            ticks.append((middle, row.label))
            top += ROW
    return ticks


def _patch(part: Part, kind: str) -> Patch:
    colour, hatch = part.kinds[kind]
    return Patch(facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.0, label=kind)


def _bar(axes: Axes, at: float, row: Bar, part: Part) -> None:
    """Stack gains to the right of zero and losses to its left."""
    ends = {1.0: 0.0, -1.0: 0.0}
    for kind, usd in row.usd.items():
        side = 1.0 if usd >= 0.0 else -1.0
        colour, hatch = part.kinds[kind]
        axes.barh(
            at, usd, left=ends[side], height=0.72 * ROW, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.0
        )
        ends[side] += usd


def _end(row: Bar, side: float) -> float:
    return math.fsum(usd for usd in row.usd.values() if usd * side > 0.0)


def _said(row: Bar) -> str:
    return ", ".join(f"{kind} {signed_total([usd])}" for kind, usd in row.usd.items())
