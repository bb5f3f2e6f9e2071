"""Colour and dash of each strategy: a family shares a colour, its members differ by their dashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Final, NamedTuple

from bridge.report.pictures.canvas import COLOURS, Picture
from bridge.study.report.view import StrategyView

MORE: Final = SimpleNamespace(amber="#96680a", violet="#7b52c4", rose="#b5386b", aqua="#0b7a96")
"""Light values of the study's own colours, by the CSS variable of study.css that replaces them."""
HUES: Final = (COLOURS.protected, MORE.amber, COLOURS.hedged, MORE.violet, MORE.rose, MORE.aqua)

Dash = tuple[float, tuple[float, ...]]
SOLID: Final[Dash] = (0.0, (1.0, 0.0))
DASHES: Final[tuple[Dash, ...]] = (
    SOLID, (0.0, (5.0, 2.0)), (0.0, (1.5, 1.5)), (0.0, (7.0, 2.0, 1.5, 2.0)), (0.0, (3.0, 1.0, 1.0, 1.0, 1.0, 1.0)),
)  # fmt: skip
TOGETHER: Final = len(DASHES)
"""Lines that one picture may hold beside the grey one."""


class Look(NamedTuple):
    """Hold how a strategy's line looks."""

    colour: str
    dash: Dash


def looks(strategies: Sequence[StrategyView]) -> dict[str, Look]:
    """Return the look of each strategy by its key: grey for the pools alone."""
    families = list(dict.fromkeys(one.family for one in strategies if not one.alone))
    members: dict[str, int] = {}
    found = {}
    for one in strategies:
        place = families.index(one.family) if not one.alone else 0
        # A family beyond the hues takes a used one, and begins with another dash.
        nth = members.get(one.family, 0) + place // len(HUES)
        members[one.family] = members.get(one.family, 0) + 1
        found[one.key] = (
            Look(COLOURS.lp, SOLID) if one.alone else Look(HUES[place % len(HUES)], DASHES[nth % len(DASHES)])
        )
    return found


def groups(strategies: Sequence[StrategyView]) -> list[tuple[str, list[StrategyView]]]:
    """Return the strategies by family, those that are alone in theirs together, at most `TOGETHER` in one group."""
    families: dict[str, list[StrategyView]] = {}
    for one in strategies:
        if not one.alone:
            families.setdefault(one.family, []).append(one)
    single = [members[0] for members in families.values() if len(members) == 1]
    named = [(f"{name} and variants", members) for name, members in families.items() if len(members) > 1]
    whole = [*named, *([("Others" if named else "Strategies", single)] if single else [])]
    return [
        (name if start == 0 else f"{name}, more", members[start : start + TOGETHER])
        for name, members in whole
        for start in range(0, len(members), TOGETHER)
    ]


def finished(picture: Picture) -> Picture:
    """Replace the study's own colours by the page's variables, and round coordinates to what an eye can see."""
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\.\d\d)\d+", r"\1", tag[0]), picture.svg)
    for variable, colour in vars(MORE).items():
        svg = svg.replace(colour, f"var(--{variable})")
    return replace(picture, svg=svg)
