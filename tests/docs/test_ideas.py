"""docs/ideas.md keeps its word: every module, test, page and heading that it names is there."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "ideas.md"
IDEAS = 22
"""Rows that the specification has; the table may hold more."""


def rows() -> list[list[str]]:
    """Return the cells of every row: idea, modules, tests, page, state."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def found(name: str) -> bool:
    """Tell whether a dotted name is a module or an attribute of one."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return hasattr(importlib.import_module(module), attribute)
    return True


def test_ideas__table__has_every_idea_and_a_state() -> None:
    assert len(rows()) >= IDEAS
    assert all(len(row) == 5 and row[0] and row[4] for row in rows())


def test_ideas__modules__exist() -> None:
    for row in rows():
        for name in named(row[1]):
            assert found(name), name


def test_ideas__tests__are_defined_in_the_suite() -> None:
    defined = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    for row in rows():
        assert set(named(row[2])) <= defined, set(named(row[2])) - defined


def test_ideas__pages__exist_with_their_headings() -> None:
    for row in rows():
        for target in re.findall(r"\]\(([^)]+)\)", row[3]):
            name, _, heading = target.partition("#")
            page = (PAGE.parent / name).resolve()
            assert page.is_file(), target
            assert not heading or heading in anchors(page), target


def test_ideas__row_that_is_later__links_nothing_and_every_other_row_links_all() -> None:
    for idea, modules, tests, page, state in rows():
        if state == "later":
            assert [modules, tests, page] == ["", "", ""], idea
        else:
            assert named(modules), idea
            assert named(tests), idea
            assert page, idea
