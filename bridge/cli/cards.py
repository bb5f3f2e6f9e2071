"""Tables in the width of a terminal: side by side where they fit, else a card for each row; no number is broken.

A table that is too wide first wraps its headings and its longest texts between words. Where that is not enough each
row becomes a card: what the row is about, below it each column's name with its value, as many beside each other as
fit. What is no terminal gets every row in one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.cli.show import GOES_ON, Sheet, cell, wrapped
from bridge.foreign import foreign

GAP: Final = 2
"""Cells between two columns."""
PROSE: Final = 24
"""Cells that a text is left at least when its column is made narrower."""
MOST_LINES: Final = 4
"""Lines that a text takes in a table; one that would take more makes cards of it."""
INDENT: Final = "  "
MOST_BESIDE: Final = 4
MOST_HEADS: Final = 3
"""Columns that a card's first line takes until no two cards are called alike."""


def fitted(out: Console, sheet: Sheet) -> Table | None:
    """Return a table that fits, with the widths of its columns; None where only cards do."""
    columns = _columns(sheet)
    widths = [max(map(cell_len, column)) for column in columns]
    room = out.width - GAP * (len(columns) - 1)
    if sum(widths) > room:
        widths = _narrowed(columns, widths, room)
        if sum(widths) > room or _is_long(columns, widths):
            return None
    made = Table(header_style="bold", box=None, pad_edge=False)
    for index, (column, width) in enumerate(zip(columns, widths, strict=True)):
        prose = index and any(cell_len(words) > width for words in column[1:])
        justify = "left" if index < sheet.left or prose else "right"
        made.add_column(Text(column[0]), justify=justify, width=width, overflow="fold")  # type: ignore[arg-type]
    for row in zip(*(column[1:] for column in columns), strict=True):
        made.add_row(*map(Text, row))
    return made


def _columns(sheet: Sheet) -> list[list[str]]:
    """Return the columns as they are shown, each with its name first."""
    named = [[foreign(name)] for name in sheet.columns]
    return [[*name, *(cell(row[index]) for row in sheet.rows)] for index, name in enumerate(named)]


def _longest_word(words: str) -> int:
    return max(map(cell_len, words.split(" ")), default=0)


def _narrowed(columns: list[list[str]], widths: list[int], room: int) -> list[int]:
    """Return the widths with the widest made narrower, down to the longest word; the first column stays as it is."""
    least = list[int]()
    for column, width in zip(columns, widths, strict=True):
        body = max(map(cell_len, column[1:]), default=0)
        shortest = max(PROSE, *map(_longest_word, column)) if body > PROSE else max(body, _longest_word(column[0]))
        least.append(min(shortest, width) if least else width)
    found, over = [*widths], sum(widths) - room
    while over > 0:
        widest = max(range(len(found)), key=lambda index: (found[index] > least[index], found[index]))
        if found[widest] <= least[widest]:
            break
        found[widest], over = found[widest] - 1, over - 1
    return found


def _is_long(columns: list[list[str]], widths: list[int]) -> bool:
    """Tell whether a text would take too many lines of a table."""
    return any(
        cell_len(words) > MOST_LINES * width * 0.8
        for column, width in zip(columns, widths, strict=True)
        for words in column[1:]
        if cell_len(words) > width
    )


def cards(out: Console, sheet: Sheet) -> Text:
    """Return a card for each row; no line of it begins at the margin but what the row is about."""
    columns = _columns(sheet)
    heads = _heads(sheet)
    names = [column[0] for column in columns[heads:]]
    rows = list(zip(*(column[1:] for column in columns), strict=True))
    short, beside = _beside(out, names, [row[heads:] for row in rows])
    lines = list[Text]()
    for row in rows:
        title = Text(INDENT.join(filter(None, row[:heads])) or "-", style="bold")
        parts = wrapped(out, title, len(GOES_ON))
        lines += [Text.assemble(GOES_ON.lstrip() if number else "", part) for number, part in enumerate(parts)]
        values = row[heads:]
        whole = [(index, _long(out, names[index], values[index])) for index in range(len(names)) if index not in short]
        first = short[0] if short else 0
        lines += [line for index, each in whole if index < first for line in each]
        lines += _grid([(names[index], values[index]) for index in short], beside)
        lines += [line for index, each in whole if index >= first for line in each]
    return Text("\n").join(lines) if lines else Text(INDENT.join(column[0] for column in columns), style="bold")


def _heads(sheet: Sheet) -> int:
    """Return how many columns say which row it is."""
    most = max(1, min(sheet.left, MOST_HEADS, len(sheet.columns) - 1))
    alone = (count for count in range(1, most) if len({row[:count] for row in sheet.rows}) == len(sheet.rows))
    return next(alone, most)


def _beside(out: Console, names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
    """Return which columns are short, and the widths of names and values, in turns, that stand beside each other."""
    room, name_widths = out.width - len(INDENT), [*map(cell_len, names)]
    value_widths = [max((cell_len(row[index]) for row in rows), default=0) for index in range(len(names))]
    half = (room - GAP) // 2
    short = [index for index in range(len(names)) if name_widths[index] + GAP + value_widths[index] <= max(half, 20)]
    for count in range(min(MOST_BESIDE, len(short)), 1, -1):
        groups = [short[place::count] for place in range(count)]
        widths = [max(each[i] for i in group) for group in groups for each in (name_widths, value_widths)]
        if sum(widths) + GAP * (len(widths) - 1) <= room:
            return short, widths
    return short, [max((each[index] for index in short), default=0) for each in (name_widths, value_widths)]


def _grid(pairs: Sequence[tuple[str, str]], widths: Sequence[int]) -> Iterator[Text]:
    """Yield lines of names and values, each pair in the width of its place."""
    places = list(zip(widths[::2], widths[1::2], strict=True))
    for start in range(0, len(pairs), max(len(places), 1)):
        line = Text(INDENT)
        for (name, value), (wide, room) in zip(pairs[start:], places, strict=False):
            shown = name if value else ""
            line.append(shown + " " * (wide - cell_len(shown) + GAP), style="dim")
            line.append(value + " " * (room - cell_len(value) + GAP))
        line.rstrip()
        if line.plain.strip():
            yield line


def _long(out: Console, name: str, value: str) -> Iterator[Text]:
    """Yield the lines of a value that is too long to stand beside another."""
    if not value:
        return
    label = f"{INDENT}{name}{' ' * GAP}"
    indent = min(cell_len(label), out.width // 3)
    parts = wrapped(out, Text(value), max(indent, len(INDENT + GOES_ON)))
    if indent < cell_len(label) or cell_len(parts[0].plain) > out.width - indent:
        yield Text(f"{INDENT}{name}", style="dim")
        yield from (Text.assemble(INDENT + GOES_ON * bool(number), part) for number, part in enumerate(parts))
        return
    for number, part in enumerate(parts):
        yield Text.assemble((INDENT + GOES_ON if number else label).ljust(indent), part)
