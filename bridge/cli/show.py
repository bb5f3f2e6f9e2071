"""Tables as a terminal shows them, and numbers in them: those of `bridge.formats`, plain."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from bridge import formats
from bridge.foreign import TEXT, foreign
from bridge.formats import plain

T = TypeVar("T")
MOST_INDENTED = 20
"""Cells that a line may begin with before the words of others in it."""


class _Terminal(Console):
    """A console that shows texts without what could disguise them; foreign ones inside of markup are `foreign`."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; see `rich.console.Console.print`.

        Of a text, and of a table's title, no line but its first begins at the margin, see `hung`.
        """
        markup = options.pop("markup", True)
        for made in objects:
            if isinstance(made, Table) and isinstance(made.title, Text):
                title, made.title = made.title, None
                super().print(self._kept(title.plain, False), style="table.title", soft_wrap=True)
        texts = [self._kept(o, markup) if isinstance(o, str) else o for o in objects]
        soft = {"soft_wrap": True} if objects and all(isinstance(o, str) for o in objects) else {}
        super().print(*texts, **(soft | options))

    def _kept(self, words: str, markup: bool) -> Text:
        """Return a text as it is shown: wrapped on a terminal, lines after the first that says something indented."""
        clean = foreign(words, None, lines=True)
        text = Text.from_markup(clean, emoji=False) if markup else Text(clean)
        shown: list[Text] = []
        for line in text.split("\n", allow_blank=True):
            body = line.plain.lstrip(" ")
            begun = any(each.plain for each in shown)
            indent = min(max(len(line.plain) - len(body), 2 if begun and body else 0), MOST_INDENTED)
            body_text = line[len(line.plain) - len(body) :]
            sign = " " * indent
            parts = _wrapped(self, body_text, indent + 2) if self.is_terminal else [body_text]
            shown += [Text.assemble(sign + "  " * bool(number), part) for number, part in enumerate(parts)]
        return Text("\n").join(shown)


@dataclass(frozen=True)
class _FirstCell:
    """A cell at the margin: what does not fit its first line is indented."""

    text: Text

    def __rich_console__(self, out: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Return its lines; see `rich.protocol`."""
        width = options.max_width
        fits = cell_len(self.text.plain) <= width
        parts = [self.text] if fits else self.text.wrap(out, max(width - 2, 1), overflow="fold")
        for number, part in enumerate(parts):
            yield Text.assemble("  " if number else "", part)

    def __rich_measure__(self, out: Console, options: ConsoleOptions) -> Measurement:
        """Return its width; see `rich.protocol`."""
        return Measurement.get(out, options, self.text)


def console(stderr: bool = False) -> Console:
    """Return a console; on a pipe it does not wrap at 80 columns."""
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else 150
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
        first, *others = (Text(foreign(cell, TEXT)) for cell in row)
        made.add_row(_FirstCell(first) if left else first, *others)
    return made


def hung(out: Console, text: str, first: str = "", sign: str = "  ") -> list[str]:
    """Return the lines that a terminal shows of one that holds a stranger's words: the first behind `first`, all others
    behind `sign`, none at the margin, where a word of theirs would look like a line of this program.
    """
    parts = _wrapped(out, Text(foreign(text, None)), max(cell_len(first), cell_len(sign)))
    return [f"{sign if number else first}{part.plain}" for number, part in enumerate(parts)]


def _wrapped(out: Console, text: Text, indent: int) -> list[Text]:
    """Return the lines of a text that fit a terminal behind an indent, one where the text is empty."""
    parts = list(text.wrap(out, max(out.width - indent, 20))) or [Text()]
    for part in parts:
        part.rstrip()
    return parts
