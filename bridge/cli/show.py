"""Tables as a terminal shows them, and numbers in them: those of `bridge.formats`, plain."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar
from unicodedata import bidirectional, category

from rich.cells import cell_len
from rich.console import Console
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
MOST_WHOLE: Final = 96
"""Letters of a number or hash that no line breaks: a hash has 66, the number of a proposal 78."""
_WHOLE: Final = re.compile(r"(?<!\S)[\[(\"']*(?:0x[0-9a-fA-F]+|[0-9]+)[\])\"',;:.]*(?!\S)")
WIDTH_OF_PIPES: Final = 1 << 16
"""Columns of what is no terminal: whoever reads a file or a pipe breaks no line."""
LOST: Final = "\ufffd"
"""In a table, what stands for a letter that a terminal may show wider than its column."""


class _Terminal(Console):
    """A console that shows texts without what could disguise them; foreign ones inside of markup are `foreign`."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; see `rich.console.Console.print`.

        Of a text, and of a table's title, no line but its first begins at the margin, see `hung`.
        """
        markup = options.pop("markup", True)
        if len(objects) == 1 and isinstance(objects[0], Sheet):
            from bridge.cli.cards import cards, fitted

            sheet = objects[0]
            if sheet.title:
                super().print(self._kept(foreign(sheet.title), False), style="table.title", soft_wrap=True)
            made = fitted(self, sheet)
            super().print(cards(self, sheet) if made is None else made, soft_wrap=made is None)
            return
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
            parts = wrapped(self, body_text, indent + len(GOES_ON)) if self.is_terminal else [body_text]
            shown += [Text.assemble(sign + GOES_ON * bool(number), part) for number, part in enumerate(parts)]
        return Text("\n").join(shown)


@dataclass(frozen=True)
class Sheet:
    """A table as it is to be shown, cells as they came; `bridge.cli.cards` lays it out for the width that there is."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int


def console(stderr: bool = False) -> Console:
    """Return a console; on a pipe nothing is wrapped."""
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else WIDTH_OF_PIPES
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


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Sheet:
    """Build a table; the first `left` columns are text, the rest numbers. Nothing in it is markup."""
    return Sheet(title, tuple(columns), tuple(map(tuple, rows)), left)


def cell(words: str) -> str:
    """Return a cell as a terminal shows it: cleaned, its letters as wide as the tables say, in their order."""
    return settled(_sure(foreign(words, TEXT)))


def hung(out: Console, text: str, first: str = "", sign: str = GOES_ON) -> list[str]:
    """Return the lines that a terminal shows of one that holds a stranger's words: the first behind `first`, all others
    behind `sign`, none at the margin, where a word of theirs would look like a line of this program.
    """
    parts = wrapped(out, Text(settled(foreign(text, None))), max(cell_len(first), cell_len(sign)))
    return [f"{sign if number else first}{part.plain}" for number, part in enumerate(parts)]


def wrapped(out: Console, text: Text, indent: int) -> list[Text]:
    """Return the lines of a text that fit a terminal behind an indent, one where the text is empty.

    A number or a hash that is longer than a line stays whole in a line of its own: the terminal goes on below, and
    what is copied from there is in one piece.
    """
    width, ends = max(out.width - indent, 20), list[int]()
    for found in _WHOLE.finditer(text.plain):
        if width < len(found[0]) <= MOST_WHOLE:
            ends += found.span()
    if not ends:
        return _lines(out, text, width)
    lines = list[Text]()
    for segment in text.divide(ends):
        said = segment[len(segment.plain) - len(segment.plain.lstrip(" ")) :]
        lines += [said] if _WHOLE.fullmatch(said.plain) else _lines(out, said, width) if said.plain else []
    return lines


def _lines(out: Console, text: Text, width: int) -> list[Text]:
    parts = list[Text]()
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
