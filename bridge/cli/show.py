"""Tables as a terminal shows them, and numbers in them: those of `bridge.formats`, plain."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar
from unicodedata import bidirectional, category

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
GOES_ON: Final = "  ¦ "
"""Before what of a line goes on below it: no line of this program begins so, whatever a stranger's words are."""
UNSURE: Final = frozenset({"Mc", "Sk", "So", "No"})
"""Kinds of letters that terminals show wider than the tables say."""
_LATIN: Final = 0x100
"""Letters below are as wide as the tables say."""
TO_LEFT: Final = frozenset({"R", "AL"})
LEFT_TO_RIGHT: Final = "\u200e"
LOST: Final = "\ufffd"
"""In a table, what stands for a letter that a terminal may show wider than its column."""


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
        clean = settled(clean) if self.is_terminal else clean
        text = Text.from_markup(clean, emoji=False) if markup else Text(clean)
        shown: list[Text] = []
        for line in text.split("\n", allow_blank=True):
            body = line.plain.lstrip(" ")
            begun = any(each.plain for each in shown)
            indent = min(max(len(line.plain) - len(body), 2 if begun and body else 0), MOST_INDENTED)
            body_text = line[len(line.plain) - len(body) :]
            sign = " " * indent
            parts = _wrapped(self, body_text, indent + len(GOES_ON)) if self.is_terminal else [body_text]
            shown += [Text.assemble(sign + GOES_ON * bool(number), part) for number, part in enumerate(parts)]
        return Text("\n").join(shown)


@dataclass(frozen=True)
class _FirstCell:
    """A cell at the margin: what does not fit its first line goes on behind a sign."""

    text: Text

    def __rich_console__(self, out: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Return its lines; see `rich.protocol`."""
        width = options.max_width
        fits = cell_len(self.text.plain) <= width
        parts = [self.text] if fits else self.text.wrap(out, max(width - 2, 1), overflow="fold")
        for number, part in enumerate(parts):
            yield Text.assemble(GOES_ON.lstrip() if number else "", part)

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
        first, *others = (Text(settled(_sure(foreign(cell, TEXT)))) for cell in row)
        made.add_row(_FirstCell(first) if left else first, *others)
    return made


def hung(out: Console, text: str, first: str = "", sign: str = GOES_ON) -> list[str]:
    """Return the lines that a terminal shows of one that holds a stranger's words: the first behind `first`, all others
    behind `sign`, none at the margin, where a word of theirs would look like a line of this program.
    """
    parts = _wrapped(out, Text(settled(foreign(text, None))), max(cell_len(first), cell_len(sign)))
    return [f"{sign if number else first}{part.plain}" for number, part in enumerate(parts)]


def _wrapped(out: Console, text: Text, indent: int) -> list[Text]:
    """Return the lines of a text that fit a terminal behind an indent, one where the text is empty."""
    width, parts = max(out.width - indent, 20), list[Text]()
    said, most = text.cell_len, sum(map(_cells, text.plain))
    for line in list(text.wrap(out, width if most == said else max(width * said // most, 10))) or [Text()]:
        line.rstrip()
        parts += line.divide(_breaks(line.plain, width))
    return parts


@cache
def _cells(letter: str) -> int:
    """Return how many cells of a terminal a letter takes at most."""
    said, kind = cell_len(letter), category(letter)
    if ord(letter) < _LATIN or letter == LOST or kind in ("Mn", "Me", "Cf"):
        return said
    return 2 if said == 0 or kind in UNSURE else said


def _breaks(line: str, width: int) -> list[int]:
    """Return where a line that the tables of widths let pass is broken, so that no terminal does it at the margin."""
    found, left = list[int](), width
    for place, letter in enumerate("" if line.isascii() else line):
        left -= _cells(letter)
        if left < 0:
            found, left = [*found, place], width - _cells(letter)
    return found


def _sure(cell: str) -> str:
    """Return a cell with the letters replaced that a terminal may show wider than its column is made for."""
    if cell.isascii():
        return cell
    return "".join(LOST if _cells(letter) > cell_len(letter) else letter for letter in cell)


def settled(text: str) -> str:
    """Return a text in which what is written from right to left turns nothing around that comes before or after it.

    >>> settled("a 1"), settled("\u05d0 1") == "\u200e\u05d0\u200e 1"
    ('a 1', True)
    """
    if text.isascii() or not any(bidirectional(letter) in TO_LEFT for letter in text):
        return text
    return "\n".join(_settled_line(line) for line in text.split("\n"))


def _settled_line(line: str) -> str:
    """Return a line with a mark of direction after each run of such letters, and one before all if it has any."""
    shown, end = list[str](), 0  # after the last letter of a run; 0 outside of one
    for letter in line:
        kind = bidirectional(letter)
        if end and kind in ("L", "EN", "AN"):
            shown.insert(end, LEFT_TO_RIGHT)
            end = 0
        shown.append(letter)
        end = len(shown) if kind in TO_LEFT else end
    if end:
        shown.insert(end, LEFT_TO_RIGHT)
    return (LEFT_TO_RIGHT if LEFT_TO_RIGHT in shown else "") + "".join(shown)
