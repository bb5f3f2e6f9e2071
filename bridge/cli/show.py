"""Numbers and tables as people read them."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def console(stderr: bool = False) -> Console:
    """Return a console; on a pipe it does not wrap at 80 columns."""
    width = None if sys.stdout.isatty() else 150
    return Console(stderr=stderr, width=width, highlight=False)


def usd(value: float | None) -> str:
    """Show dollars without cents, a dash where unknown."""
    return "-" if value is None or math.isnan(value) else f"{round(value) + 0:,}"


def number(value: float | None, digits: int = 4) -> str:
    """Show a number with so many significant digits, a dash where unknown."""
    return "-" if value is None or math.isnan(value) else f"{value:,.{digits}g}"


def percent(value: float | None, places: int = 1) -> str:
    """Show a share as percent, a dash where unknown."""
    return "-" if value is None or math.isnan(value) else f"{value:.{places}%}"


def short(address: str) -> str:
    """Show the first and last digits of an address or hash."""
    return f"{address[:8]}..{address[-4:]}" if len(address) > 14 else address


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Table:
    """Build a table; the first `left` columns are text, the rest numbers."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        made.add_column(column, justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def mapping_text(values: Mapping[str, Any], digits: int = 4) -> str:
    """Show name and number pairs on one line."""
    return ", ".join(f"{name} {number(value, digits)}" for name, value in values.items())
