"""Put the sources of the site together: the pages of docs/, those that are generated, and the files that pages link."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile, copytree, ignore_patterns
from typing import Final

from .command_pages import command_pages
from .contract_pages import contract_pages
from .idea_pages import idea_pages
from .links import Links, copy_of
from .python_pages import python_pages

ROOT: Final = Path(__file__).resolve().parents[2]
OUTSIDE: Final = {
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "contracts/README.md": "contracts.md",
    "README.md": "index.md",
}
"""Pages of the project that are not in docs/, and their place in the site; docs/index.md stands for README."""
MERMAID: Final = ROOT / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"


def stage(target: Path) -> None:
    """Write the sources of every page and file of the site into a folder.

    Parameters
    ----------
    target
        A folder that is not there yet.
    """
    links = Links(ROOT, OUTSIDE)
    copytree(ROOT / "docs", target, ignore=ignore_patterns("*.md"))
    written = {str(page.relative_to(ROOT / "docs")): page for page in (ROOT / "docs").rglob("*.md")}
    written |= {place: ROOT / name for name, place in OUTSIDE.items() if place not in written}
    for place, page in written.items():
        _write(target / place, links.rewritten(page.read_text(encoding="utf-8"), page, place))
    generated = command_pages() | contract_pages(ROOT) | python_pages(ROOT)
    for place, text in generated.items():
        _write(target / place, text)
    for place, text in idea_pages(ROOT).items():
        _write(target / place, links.rewritten(text, ROOT / "docs" / "page.md", place))
    for file in links.files:
        copy = target / copy_of(str(file.relative_to(ROOT)))
        copy.parent.mkdir(parents=True, exist_ok=True)
        copyfile(file, copy)
    (target / "site").mkdir(exist_ok=True)
    copyfile(MERMAID, target / "site" / "mermaid.js")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
