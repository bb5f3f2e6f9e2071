"""Where the names of points go: beside them, but on neither another name nor another point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

LETTER: Final = 6.2
"""Width of a letter in picture units, of the widest font that the page may pick."""
LINE: Final = 13.0
RADIUS: Final = 6.0


class Box(NamedTuple):
    """Hold a rectangle in picture units, y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """Return the common area."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.bottom, other.bottom)
        return wide * high if wide > 0.0 and high > 0.0 else 0.0


class Label(NamedTuple):
    """Hold where a name is written: its left end and middle, and whether a line must lead to its point."""

    x: float
    y: float
    led: bool


def place_labels(points: Sequence[tuple[float, float]], names: Sequence[str], room: Box) -> list[Label]:
    """Place each name beside its point: the nearest place that hides least.

    Parameters
    ----------
    points : in picture units, shape (n, 2). names : of each. room : that no name leaves.

    >>> place_labels([(10.0, 50.0)], ["ab"], Box(0.0, 0.0, 100.0, 100.0))
    [Label(x=18.0, y=50.0, led=False)]
    """
    dots = [Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in points]
    taken: list[Box] = []
    labels = []
    for (x, y), name in zip(points, names, strict=True):
        width = LETTER * len(name)
        spots = [(_box(x, y, width, *offset), offset) for offset in _offsets(width)]
        found, offset = min(spots, key=lambda spot: _hidden(spot[0], [*dots, *taken], room))
        taken.append(found)
        labels.append(Label(found.left, 0.5 * (found.bottom + found.top), abs(offset[1]) > LINE + 1.0))
    return labels


def _offsets(width: float) -> list[tuple[float, float]]:
    """Return where a name's left end may be from its point, nearest first."""
    sides = [(8.0, 0.0), (-width - 8.0, 0.0)]
    for away in range(1, 10):
        for up in (away * LINE, -away * LINE):
            sides += [(4.0, up), (-0.5 * width, up), (-width - 4.0, up)]
    return sides


def _box(x: float, y: float, width: float, right: float, up: float) -> Box:
    return Box(x + right, y + up - 0.5 * LINE, x + right + width, y + up + 0.5 * LINE)


def _hidden(box: Box, others: Sequence[Box], room: Box) -> float:
    """Return the area that a place would hide, or that would lie outside."""
    outside = (box.right - box.left) * (box.top - box.bottom) - box.overlap(room)
    return sum(box.overlap(other) for other in others) + 10.0 * max(outside, 0.0)
