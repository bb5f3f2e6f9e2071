"""Docstrings as pages read them: examples become blocks of code, and sections lists, whatever a line of them holds.

A section's line here is `name : words. other : more words.` as often as `name` with words below it. A parser of NumPy's
sections takes the first for a type.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

EXAMPLE = re.compile(r"^( *)>>> .*(?:\n\1(?! *$).*)*", re.MULTILINE)
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n((?:(?!\w[\w ]*\n-{3,}\n|>>> ).+\n?|\n)*)", re.MULTILINE)
NAMES = re.compile(r"^([\w*, .]+?) : ")


def marked(text: str) -> str:
    """Return a docstring as Markdown: `>>>` lines and what they print in a fence, each line of a section an item."""

    def fence(example: re.Match[str]) -> str:
        indent = example[1]
        return f"{indent}```pycon\n{example[0]}\n{indent}```"

    def listed(section: re.Match[str]) -> str:
        title, body = section.groups()
        lines = body.rstrip().splitlines()
        named = (NAMES.sub(r"`\1`: ", line) for line in lines)
        items = (line if line.startswith(" ") or not line else f"- {line}" for line in named)
        return f"**{title}**\n\n" + "\n".join(items) + "\n\n"

    return EXAMPLE.sub(fence, SECTION.sub(listed, text)).rstrip()


class Docstrings(Extension):
    """Griffe's hook for every module, class, function and attribute that it reads."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of one."""
        if obj.docstring is not None:
            obj.docstring.value = marked(obj.docstring.value)
