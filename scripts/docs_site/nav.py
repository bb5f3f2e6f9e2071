"""The table of contents: `mkdocs.yml`, where an entry `folder/*.md` stands for every page of a folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

ENTRY = re.compile(r"^(\s*)- (.+): (\S+)/\*\.md$", re.MULTILINE)


def title(page: Path) -> str:
    """Return the first heading of a page."""
    found = re.search(r"^# (.+?)(?: \{ #.+)?$", page.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{page} has no heading")
    return found[1].replace("`", "")


def expanded(settings: str, docs: Path) -> str:
    """Return the settings with each `folder/*.md` as the list of its pages, `index.md` first.

    Raises
    ------
    ValueError
        A folder has no page, or a page no heading.
    """

    def listed(entry: re.Match[str]) -> str:
        indent, name, folder = entry.groups()
        pages = sorted((docs / folder).glob("*.md"), key=lambda page: (page.name != "index.md", page.name))
        if not pages:
            raise ValueError(f"{folder} has no page")
        rows = (f"{indent}    - {json.dumps(title(page))}: {page.relative_to(docs)}" for page in pages)
        return "\n".join((f"{indent}- {name}:", *rows))

    return ENTRY.sub(listed, settings)
