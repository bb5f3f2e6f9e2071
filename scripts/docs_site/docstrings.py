"""Docstrings as pages read them: examples become blocks of code, which Markdown would take for quotations."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

EXAMPLE = re.compile(r"^( *)>>> .*(?:\n\1(?! *$).*)*", re.MULTILINE)


def fenced(text: str) -> str:
    """Return a docstring with each run of `>>>` lines and what they print in a fence."""

    def fence(example: re.Match[str]) -> str:
        indent = example[1]
        return f"{indent}```pycon\n{example[0]}\n{indent}```"

    return EXAMPLE.sub(fence, text)


class Docstrings(Extension):
    """Griffe's hook for every module, class, function and attribute that it reads."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of one."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
