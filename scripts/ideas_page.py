"""Write docs/ideas.md from `scripts.ideas_table` and from the tests themselves: `python -m scripts.ideas_page`.

The table names tests; where each one is, the generator reads from the syntax trees of `tests/`. A name that no file
defines, or that two files define, is an error. So a test that moves needs a new run, and one that goes needs a new row.
The same run points the links of the other pages that name tests to where the tests are now.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.ideas_table import IDEAS, Idea

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "ideas.md"
LATER: Final = "later"
LINKED: Final = tuple(ROOT / "docs" / name for name in ("audit.md", "invariants.md", "known-risks.md"))
"""Pages written by hand whose links to tests follow the tests."""
TEST_LINK: Final = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[^)]+)\)")
SUMMARY_ROW: Final = re.compile(r"^(\| \[([^]]+)\]\(#[^)]+\) \| \d+ \|) .* \|$", re.MULTILINE)
"""A row of a summary: section, number of rows, and the files of the tests that the section links."""


HEAD: Final = """\
# Every idea, and where it is

The question behind this project names many ideas. Each row says which page explains the idea, which code it is, which
tests hold it, its state, and the command that shows it. *Later* means that it is not built yet, and then nothing is
linked. `python -m scripts.ideas_page` writes this page from `scripts/ideas_table.py`: it finds every test in the suite.
Tests check that the page is up to date, that page, heading and code exist, and that each command shows its ideas. The
[glossary](glossary.md) explains the words.

| idea | page | code | tests | state | command |
|---|---|---|---|---|---|
"""


def defined_tests(folder: Path) -> dict[str, list[Path]]:
    """Return the files that define each test function below a folder, by its name."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.setdefault(node.name, []).append(path)
    return found


def test_link(name: str, defined: dict[str, list[Path]]) -> str:
    """Return a link from docs/ to the one file that defines a test.

    Raises
    ------
    LookupError
        No file defines it, or several do.
    """
    paths = defined.get(name, [])
    if len(paths) != 1:
        raise LookupError(f"{name} is defined in {len(paths)} files: {[str(path) for path in paths]}")
    return f"[`{name}`](../{paths[0].relative_to(ROOT).as_posix()})"


def page_link(target: str) -> str:
    """Return a link to a page of docs/, named as the page is."""
    return f"[{target.partition('.')[0]}]({target})" if target else ""


def render(ideas: Sequence[Idea], defined: dict[str, list[Path]]) -> str:
    """Return the page."""
    rows = []
    for idea in ideas:
        code = "<br>".join(f"`{name}`" for name in idea.code)
        tests = "<br>".join(test_link(name, defined) for name in idea.tests)
        shown = "<br>".join(f"`{shown.command}`" for shown in idea.shown)
        rows.append(f"| {idea.name} | {page_link(idea.page)} | {code} | {tests} | {idea.state} | {shown} |\n")
    return HEAD + "".join(rows)


def relinked(text: str, defined: dict[str, list[Path]]) -> str:
    """Return a page whose links to tests, and whose summary of files, say where the tests are.

    A test that several files define keeps its links. One that no file defines is an error, as in `test_link`.
    """

    def moved(link: re.Match[str]) -> str:
        return link[0] if len(defined.get(link[1], [])) > 1 else test_link(link[1], defined)

    pointed = TEST_LINK.sub(moved, text)
    sections = dict(section.split("\n", 1) for section in pointed.split("\n## ")[1:])

    def summed(row: re.Match[str]) -> str:
        files = {file.removeprefix("tests/") for _, file in TEST_LINK.findall(sections[row[2]])}
        return f"{row[1]} {', '.join(f'`{file}`' for file in sorted(files))} |"

    return SUMMARY_ROW.sub(summed, pointed)


def main() -> None:
    """Write docs/ideas.md, and the links of the other pages."""
    defined = defined_tests(ROOT / "tests")
    PAGE.write_text(render(IDEAS, defined), encoding="utf-8")
    for page in LINKED:
        page.write_text(relinked(page.read_text(encoding="utf-8"), defined), encoding="utf-8")
    print(*(page.relative_to(ROOT) for page in (PAGE, *LINKED)))


if __name__ == "__main__":
    main()
