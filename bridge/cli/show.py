"""Tables as a terminal shows them, and numbers in them: those of `bridge.formats`, plain."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge import formats
from bridge.foreign import TEXT, foreign
from bridge.formats import plain

T = TypeVar("T")


class _Terminal(Console):
    """A console that shows texts without what could disguise them; foreign ones inside of markup are `foreign`."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; see `rich.console.Console.print`. A terminal shows a line that is left to wrap softly `hung`."""
        shown = [foreign(o, None, lines=True) if isinstance(o, str) else o for o in objects]
        if self.is_terminal and options.get("soft_wrap") and options.get("markup") is False:
            shown = [
                "\n".join(part for line in o.split("\n") for part in hung(self, line)) if isinstance(o, str) else o
                for o in shown
            ]
        super().print(*shown, **options)


def console(stderr: bool = False) -> Console:
    """Return a console; on a pipe it does not wrap at 80 columns."""
    width = None if sys.stdout.isatty() else 150
    return _Terminal(stderr=stderr, width=width, highlight=False, emoji=False)


def usd(value: float | None) -> str:
    """Show dollars without cents and without their unit, which the column or the line names."""
    return plain(formats.number(value))


def number(value: float | None, digits: int = 4) -> str:
    """Show a number with so many significant digits."""
    return plain(formats.significant(value, digits))


def percent(value: float | None, places: int = 1) -> str:
    """Show a share as percent."""
    return plain(formats.percent(value, places))


MOST_ROWS: Final = 50
MOST_LINES: Final = 20
"""Rows of a table and lines of one kind that are shown: strangers choose how many there are."""


def largest(rows: Sequence[T], worth: Callable[[T], float], most: int = MOST_ROWS) -> tuple[list[T], list[T]]:
    """Return the rows to show and those to count: all as they come, or where they are too many the most valuable."""
    if len(rows) <= most:
        return [*rows], []
    ranked = sorted(rows, key=worth, reverse=True)
    return ranked[:most], ranked[most:]


def first_lines(lines: Sequence[str], rest: str, most: int = MOST_LINES) -> list[str]:
    """Return the first lines, and one that counts the others, as "12 " and `rest` say."""
    return [*lines[:most], *([f"{len(lines) - most:,} {rest}"] if len(lines) > most else [])]


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Table:
    """Build a table; the first `left` columns are text, the rest numbers. Nothing in it is markup."""
    made = Table(
        title=Text(foreign(title)) if title else None,
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    for index, column in enumerate(columns):
        made.add_column(Text(foreign(column)), justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        made.add_row(*(Text(foreign(cell, TEXT)) for cell in row))
    return made


def hung(out: Console, text: str, first: str = "", sign: str = "  ") -> list[str]:
    """Return the lines that a terminal shows of one that holds a stranger's words: the first behind `first`, all others
    behind `sign`, none at the margin, where a word of theirs would look like a line of this program.
    """
    width = max(out.width - max(cell_len(first), cell_len(sign)), 20)
    parts = [part.plain.rstrip() for part in Text(foreign(text, None)).wrap(out, width)] or [""]
    return [f"{sign if number else first}{part}" for number, part in enumerate(parts)]
