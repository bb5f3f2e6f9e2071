"""Pairs of bars, one share beside another: the tail that pools keep, exposure that is wanted and allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from matplotlib.axes import Axes

from bridge.formats import percent, shortened
from bridge.plans.screens import Screened
from bridge.report.pictures.canvas import COLOURS, SMALL, Frame, Picture, draw
from hedge.valuation.pool_bets import PoolBets

GROUP: Final = 2.9
"""Rows from one pair to the next."""
ROOM: Final = 1.28
"""Width of a picture in its longest bar: the rest holds the numbers."""


class Pair(NamedTuple):
    """Two shares of one thing, NaN where unknown."""

    name: str
    first: float
    second: float


class Words(NamedTuple):
    """What a picture of pairs says: its title and subtitle, and what the first and the second bars are."""

    title: str
    subtitle: str
    first: str
    second: str


def bets_picture(bets: PoolBets | None) -> Picture | None:
    """Draw the share of the pools' tail that the book keeps, beside what independent pools would keep."""
    if bets is None or bets.held is None or bets.hedged is None:
        return None
    pairs = [
        Pair(name, found.tail.kept, found.tail.kept_if_independent)
        for name, found in (("as held", bets.held), ("deltas hedged", bets.hedged))
    ]
    words = Words("What spreading leaves of the tail", "share of the pools' own CVaR95 of a day", "kept", "independent")
    return _draw("bets", words, pairs)


def screens_picture(screened: Screened | None) -> Picture | None:
    """Draw the exposure to each asset that is wanted and that the screens allow."""
    if screened is None or not screened.rows:
        return None
    pairs = [Pair(row.symbol, row.wanted, row.allowed) for row in screened.rows]
    words = Words("Exposure that the screens allow", "share of the book's value", "wanted", "allowed")
    return _draw("screens", words, pairs)


def _draw(name: str, words: Words, pairs: Sequence[Pair]) -> Picture:
    def paint(axes: Axes) -> None:
        known = [value for pair in pairs for value in pair[1:] if value == value]
        for index, pair in enumerate(pairs):
            for offset, (value, colour) in enumerate(((pair.first, COLOURS.lp), (pair.second, COLOURS.hedged))):
                row = index * GROUP + offset
                axes.barh(row, value if value == value else 0.0, height=0.8, color=colour, linewidth=0.0)
                axes.annotate(
                    f"{(words.first, words.second)[offset]} {percent(value)}", (value if value == value else 0.0, row),
                    xytext=(4.0, 0.0), textcoords="offset points", va="center", size=SMALL, annotation_clip=False,
                )  # fmt: skip
        middles = [index * GROUP + 0.5 for index in range(len(pairs))]
        axes.set_yticks(middles, [shortened(pair.name, 14) for pair in pairs])
        axes.set_xlim(0.0, (ROOM * max(known, default=1.0) or 1.0) * 1.2)
        axes.set_ylim(len(pairs) * GROUP - 1.2, -0.8)
        axes.axvline(0.0, color=COLOURS.muted, linewidth=0.9)
        axes.spines["bottom"].set_visible(False)
        axes.set_xticks([])

    said = "; ".join(
        f"{pair.name} {words.first} {percent(pair.first)}, {words.second} {percent(pair.second)}" for pair in pairs
    )
    label = f"{words.title}, {words.subtitle}: {said}."
    frame = Frame(52 + 56 * len(pairs), left=104, bottom=6, top=44)
    return draw(name, words.title, words.subtitle, label, frame, paint)
