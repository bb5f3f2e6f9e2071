"""Write what the examples of pages print into the pages: `python -m examples.refresh_pages layers signals`.

Each `>>>` example of docs/NAME.md is run, and the lines below it become what it prints. Words stay as they are.
"""

from __future__ import annotations

import doctest
import io
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"


def refreshed(text: str) -> str:
    """Return a page with every example's present output."""
    lines, known = text.splitlines(keepends=True), dict[str, Any]()
    found = [part for part in doctest.DocTestParser().parse(text) if isinstance(part, doctest.Example)]
    outputs = [_printed(example, known) for example in found]
    for example, output in zip(reversed(found), reversed(outputs), strict=True):
        start = example.lineno + example.source.count("\n")
        lines[start : start + example.want.count("\n")] = [" " * example.indent + line for line in output]
    return "".join(lines)


def _printed(example: doctest.Example, known: dict[str, Any]) -> list[str]:
    """Return the lines that one example prints, in the scope of those before it."""
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(example.source, "<page>", "single"), known)
    return [line if line.strip() else "<BLANKLINE>\n" for line in out.getvalue().splitlines(keepends=True)]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = DOCS / f"{name}.md"
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")
