"""Links of pages: what leads out of docs/ leads to a copy in the site."""

from __future__ import annotations

import os
import re
from pathlib import Path

LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


class Links:
    """Rewrite the links of pages, and remember which files of the project they need.

    Parameters
    ----------
    root
        The project.
    pages
        Where each page outside docs/ is in the site, by its path in the project.
    """

    def __init__(self, root: Path, pages: dict[str, str]) -> None:
        self.root = root
        self.pages = pages
        self.files: set[Path] = set()

    def rewritten(self, text: str, source: Path, place: str) -> str:
        """Return the text of a page whose links fit its place in the site.

        Parameters
        ----------
        source
            The file that the page is written in.
        place
            Where the page is in the site.
        """
        parts = FENCE.split(text)
        for number in range(0, len(parts), 2):
            parts[number] = LINK.sub(lambda link: self._moved(link, source, place), parts[number])
        return "".join(parts)

    def _moved(self, link: re.Match[str], source: Path, place: str) -> str:
        words, target = link.groups()
        name, hash_sign, anchor = target.partition("#")
        if not name or re.match(r"\w+:", name):
            return link[0]
        file = Path(os.path.normpath(source.parent / name))
        if file.is_dir():
            return words
        goal = self._goal(file)
        return f"[{words}]({os.path.relpath(goal, Path(place).parent)}{hash_sign}{anchor})"

    def _goal(self, file: Path) -> str:
        inside = str(file.relative_to(self.root))
        if inside in self.pages:
            return self.pages[inside]
        if file.is_relative_to(self.root / "docs"):
            return str(file.relative_to(self.root / "docs"))
        self.files.add(file)
        return copy_of(inside)


def copy_of(inside: str) -> str:
    """Return where a file of the project is in the site: as text that a browser shows, unless it is a picture."""
    picture = Path(inside).suffix in {".png", ".svg", ".webp"}
    return f"source/{inside}" if picture else f"source/{inside}.txt"
