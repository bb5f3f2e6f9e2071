"""Tables as a terminal shows them, and numbers in them: those of `bridge.formats`, plain."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bridge import formats
from bridge.formats import plain


def console(stderr: bool = False) -> Console:
    """Return a console; on a pipe it does not wrap at 80 columns."""
    width = None if sys.stdout.isatty() else 150
    return Console(stderr=stderr, width=width, highlight=False)


def clean(text: object) -> str:
    """Return a foreign name for a table: without control and direction marks, nothing of it taken for markup."""
    return escape(formats.printable(text))


def usd(value: float | None) -> str:
    """Show dollars without cents and without their unit, which the column or the line names."""
    return plain(formats.number(value))


def number(value: float | None, digits: int = 4) -> str:
    """Show a number with so many significant digits."""
    return plain(formats.significant(value, digits))


def percent(value: float | None, places: int = 1) -> str:
    """Show a share as percent."""
    return plain(formats.percent(value, places))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Table:
    """Build a table; the first `left` columns are text, the rest numbers."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        made.add_column(column, justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made
