"""One canvas for every picture: size, palette, and SVG that follows the page's light or dark theme.

Colours are drawn in their light values and then replaced by CSS variables of the page, so that one picture serves both
themes. Text stays text: the page's font draws it, and a reader can select it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bridge.formats import NARROW, printable
from hedge.instruments.layer import LayerRole
from hedge.layers.registry import role_label

WIDTH: Final = 384
"""Units of every picture: near a phone's width, so that text is never scaled far from its size."""

COLOURS: Final = SimpleNamespace(
    ink="#1b2431", muted="#5b6675", line="#d3dae3", lp="#6d7888", protected="#2b67c4", hedged="#0a7d68",
    loss="#bc4412", gain="#0b7e67", band="#8798b3",
)  # fmt: skip
"""Light values by the name of the CSS variable that replaces them."""

_PROTECTION: Final = role_label(LayerRole.PROTECTION).replace(" and ", " + ")
STAGES: Final = (
    ("unhedged", "LP alone", COLOURS.lp, (0, (1.0, 0.0))),
    (
        "protected",
        f"with {role_label(LayerRole.PROTECTION).replace(' and ', ' + ')}",
        COLOURS.protected,
        (0, (5.0, 2.2)),
    ),
    ("hedged", "with all layers", COLOURS.hedged, (0, (1.0, 0.0))),
)
"""Key, name, colour and dash of the three stages of a hedge."""

SMALL: Final = 10.0
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none", "svg.hashsalt": "alvh", "text.parse_math": False,
    "font.family": "DejaVu Sans", "font.size": 11.0, "text.color": COLOURS.ink,
    "figure.facecolor": "none", "savefig.facecolor": "none", "axes.facecolor": "none",
    "axes.edgecolor": COLOURS.line, "axes.labelcolor": COLOURS.muted, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "grid.color": COLOURS.line, "grid.linewidth": 0.7,
    "xtick.color": COLOURS.line, "xtick.labelcolor": COLOURS.muted, "xtick.labelsize": SMALL, "xtick.major.size": 3.0,
    "ytick.labelcolor": COLOURS.muted, "ytick.labelsize": SMALL, "ytick.major.size": 0.0,
    "legend.frameon": False, "legend.fontsize": SMALL,
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """One SVG to put inline, with the words that replace it where it is not seen."""

    name: str
    label: str
    svg: str


@dataclass(frozen=True)
class Frame:
    """The room around the axes, in picture units."""

    height: int
    left: int = 44
    right: int = 14
    top: int = 44
    bottom: int = 40


def draw(name: str, title: str, subtitle: str, label: str, frame: Frame, paint: Callable[[Axes], None]) -> Picture:
    """Draw one picture.

    Parameters
    ----------
    name : unique on the page, letters and dashes. title, subtitle : at its top left; unit and state belong there.
    label : what it shows, in a sentence with its main numbers. paint : draws into the axes.
    """
    with _own_style():
        figure = Figure(figsize=(WIDTH / 72, frame.height / 72), dpi=72)
        inner = (WIDTH - frame.left - frame.right) / WIDTH, (frame.height - frame.top - frame.bottom) / frame.height
        axes = figure.add_axes((frame.left / WIDTH, frame.bottom / frame.height, *inner))
        paint(axes)
        for text, down, size, weight, colour in (
            (title, 2, 12.5, "bold", COLOURS.ink), (subtitle, 19, SMALL, "normal", COLOURS.muted)
        ):  # fmt: skip
            figure.text(0.0, 1.0 - down / frame.height, text, size=size, weight=weight, color=colour, va="top")
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return Picture(name, printable(label.replace(NARROW, " ")), _inline(buffer.getvalue(), name))


@contextmanager
def _own_style() -> Iterator[None]:
    """Draw by this module's style alone, whatever the user's matplotlibrc says, and leave the global one as it was."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def _inline(svg: str, name: str) -> str:
    """Turn an SVG file into an element of a page: no prologue, no foreign names, unique ids, colours by variable."""
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(
        r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>", r'<svg viewBox="\1" aria-hidden="true" focusable="false">', svg
    )
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL).replace("xlink:href", "href")
    used = set(re.findall(r"(?:url\(|href=\")#([^\")]+)", svg))
    svg = re.sub(r' id="([^"]*)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", svg)
    svg = re.sub(r"(url\(|href=\")#", rf"\1#{name}-", svg)
    svg = re.sub(r"font: (?:(bold|\d+) )?([\d.]+px) [^;\"]*", _font, svg)
    svg = re.sub(r" ?font-family: [^;\"]*;?", "", svg)  # the page's own
    for variable, colour in vars(COLOURS).items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(r"\n\s*", "\n", svg).strip()


def _font(found: re.Match[str]) -> str:
    """Keep a text's size and weight, and leave the family to the page."""
    return f"font-size: {found[2]}" + (f"; font-weight: {found[1]}" if found[1] else "")


def dot(
    axes: Axes,
    x: float,
    y: float,
    colour: str,
    *,
    shape: str = "o",
    size: float = 8.0,
    hollow: bool = False,
    label: str = "_",
) -> Line2D:
    """Mark one point; a hollow mark is a thick outline. With NaN it is only in a legend."""
    face = "none" if hollow else colour
    (mark,) = axes.plot(
        [x], [y], marker=shape, markersize=size, linestyle="none", color=colour, markerfacecolor=face,
        markeredgewidth=1.6 if hollow else 0.0, label=label,
    )  # fmt: skip
    return mark


def legend_above(axes: Axes, columns: int, handles: Sequence[Artist] | None = None, handlelength: float = 1.2) -> None:
    """Put the legend in one line between the subtitle and the axes."""
    axes.legend(
        handles=handles or axes.get_legend_handles_labels()[0], loc="lower left", bbox_to_anchor=(-0.02, 1.0),
        ncols=columns, handlelength=handlelength, columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip


def money_scale(largest: float) -> tuple[float, str]:
    """Return the divisor and the name of the unit in which amounts up to `largest` USD read best."""
    for size, unit in ((1e7, "million USD"), (1e4, "thousand USD")):
        if largest >= size:
            return (1e6 if size == 1e7 else 1e3), unit
    return 1.0, "USD"
