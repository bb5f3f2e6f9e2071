"""docs/ideas.md is true: the generator wrote it, and every page, heading, code and test that it names is there."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

from scripts import ideas_page

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "ideas.md"
IDEAS = 22
"""Rows that the specification has; the table may hold more."""


def rows() -> list[list[str]]:
    """Return the cells of every row: idea, page, code, tests, state, command."""
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


def test_ideas__page__is_what_the_generator_writes() -> None:
    defined = ideas_page.defined_tests(ROOT / "tests")
    assert PAGE.read_text(encoding="utf-8") == ideas_page.render(ideas_page.IDEAS, defined)


def test_ideas__table__has_every_idea_and_a_state() -> None:
    assert len(rows()) >= IDEAS
    assert all(len(row) == 6 and row[0] and row[4] and row[5] for row in rows())


def test_ideas__code__exists() -> None:
    for row in rows():
        for name in named(row[2]):
            assert found(name), name


def test_ideas__tests__are_defined_in_the_file_that_is_linked() -> None:
    for row in rows():
        linked = re.findall(r"\[`(test_\w+)`\]\(\.\./(tests/[^)]+)\)", row[3])
        assert [name for name, _ in linked] == named(row[3])
        for name, file in linked:
            body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
            assert name in {node.name for node in body if isinstance(node, ast.FunctionDef)}, name


def test_ideas__pages__exist_with_their_headings() -> None:
    for row in rows():
        for target in re.findall(r"\]\(([^)]+)\)", row[1]):
            name, _, heading = target.partition("#")
            page = (PAGE.parent / name).resolve()
            assert page.is_file(), target
            assert not heading or heading in anchors(page), target


def test_ideas__row_that_is_later__links_nothing_and_every_other_row_links_all() -> None:
    for idea, page, code, tests, state, _ in rows():
        if state == ideas_page.LATER:
            assert [page, code, tests] == ["", "", ""], idea
        else:
            assert page, idea
            assert named(code), idea
            assert named(tests), idea


def test_generator__test_that_no_file_or_two_files_define__is_refused(tmp_path: Path) -> None:
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text("def test_twice() -> None: ...\n", encoding="utf-8")
    defined = ideas_page.defined_tests(tmp_path)
    for name, count in (("test_never", 0), ("test_twice", 2)):
        idea = ideas_page.Idea("an idea", "layers.md", ("hedge.layers.gate",), (name,), "done")
        with pytest.raises(LookupError, match=f"{name} is defined in {count} files"):
            ideas_page.render([idea], defined)


@pytest.mark.parametrize("page", ideas_page.LINKED, ids=lambda page: page.name)
def test_linked_pages__as_committed__point_to_where_the_tests_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(ideas_page.TEST_LINK.findall(text)) > 40
    assert ideas_page.relinked(text, ideas_page.defined_tests(ROOT / "tests")) == text


def test_relinked__test_that_moved__link_and_summary_follow() -> None:
    text = "| [A](#a) | 1 | `old.py` |\n\n## A\n\n[`test_x`](../tests/old.py)\n"
    defined = {"test_x": [ROOT / "tests" / "hedge" / "new.py"]}
    moved = "| [A](#a) | 1 | `hedge/new.py` |\n\n## A\n\n[`test_x`](../tests/hedge/new.py)\n"
    assert ideas_page.relinked(text, defined) == moved
    with pytest.raises(LookupError, match="test_x is defined in 0 files"):
        ideas_page.relinked(text, {})
