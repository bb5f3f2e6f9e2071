"""What the site is put together from: links that fit their place, a table of contents without gaps, whole sections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import ideas_pictures
from scripts.docs_site.command_pages import command_pages
from scripts.docs_site.docstrings import marked
from scripts.docs_site.idea_pages import idea_pages, section, slug
from scripts.docs_site.idea_words import WORDS
from scripts.docs_site.links import Links
from scripts.docs_site.nav import expanded
from scripts.docs_site.stage import OUTSIDE, ROOT
from scripts.ideas_table import IDEAS

pytestmark = pytest.mark.unit


@pytest.fixture
def links() -> Links:
    """Give the links of the project."""
    return Links(ROOT, OUTSIDE)


def moved(links: Links, text: str, place: str = "page.md") -> str:
    return links.rewritten(text, ROOT / "docs" / "page.md", place)


def test_link__to_a_file_outside_docs__leads_to_a_copy_that_is_asked_for(links: Links) -> None:
    assert moved(links, "[it](../mkdocs.yml)") == "[it](source/mkdocs.yml.txt)"
    assert links.files == {ROOT / "mkdocs.yml"}


def test_link__from_a_page_that_is_deeper_in_the_site__goes_up(links: Links) -> None:
    assert moved(links, "[it](layers.md#regimes)", "ideas/one.md") == "[it](../layers.md#regimes)"


@pytest.mark.parametrize("text", ["[it](#here)", "[it](https://a.example/)", "```\n[it](../mkdocs.yml)\n```"])
def test_link__to_the_page_or_to_a_host_or_in_a_block__stays(links: Links, text: str) -> None:
    assert moved(links, text) == text


def test_link__to_a_folder__is_its_words(links: Links) -> None:
    assert moved(links, "see [`docs`](../docs).") == "see `docs`."


def test_picture__of_a_page_that_is_deeper__is_found(links: Links) -> None:
    assert moved(links, "![it](img/report.png)", "ideas/one.md") == "![it](../img/report.png)"


def test_link__to_a_page_outside_docs__leads_to_its_place(links: Links) -> None:
    assert moved(links, "[it](../CHANGELOG.md)") == "[it](changelog.md)"


def test_contents__every_page_of_docs__is_in_it() -> None:
    entries = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if page not in entries and f"{Path(page).parent}/*.md" not in entries} == set()


def test_expanded__folder__is_the_list_of_its_pages_with_their_titles(tmp_path: Path) -> None:
    (tmp_path / "adr").mkdir()
    (tmp_path / "adr" / "0001.md").write_text("# 1. `A` choice { #a }\n", encoding="utf-8")
    assert expanded("nav:\n  - Choices: adr/*.md", tmp_path) == 'nav:\n  - Choices:\n      - "1. A choice": adr/0001.md'
    with pytest.raises(ValueError, match="none has no page"):
        expanded("  - None: none/*.md", tmp_path)


def test_idea_pages__every_idea__has_words_code_and_a_picture() -> None:
    pages = idea_pages(ROOT)
    assert len(pages) == len(IDEAS)
    for idea, (place, text) in zip(IDEAS, pages.items(), strict=True):
        assert place.endswith(f"{slug(idea.name)}.md")
        assert all(f"[`{name}`][{name}]" in text for name in idea.code)
        assert re.search(r"^    \S.*(?: = |[<>]=|: least)", text, re.MULTILINE), place
        assert re.search(r"!\[[^]]+\]\(img/[\w-]+\.(?:svg|png)\)", text), place


def test_idea_words__every_entry__is_of_an_idea_and_its_picture_is_committed() -> None:
    assert set(WORDS) <= {slug(idea.name) for idea in IDEAS}
    pictures = {words.picture for words in WORDS.values() if words.picture}
    assert all(list((ROOT / "docs" / "img").glob(f"{name}.*")) for name in pictures)
    assert set(ideas_pictures.PICTURES) <= pictures


def test_example_table__of_the_governance_page__is_read() -> None:
    assert [floor for floor, _ in ideas_pictures.example_table().rows] == [0, 80_000_000, 120_000_000]


def test_section__heading_that_is_not_there__is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nintro\n\n## One\n\ntext\n\n### Below\n\nmore\n\n## Two\n\nother\n", encoding="utf-8")
    assert section(page, "one") == "text\n\n### Below\n\nmore"
    assert section(page, "") == "intro"
    with pytest.raises(LookupError, match="no heading three"):
        section(page, "three")


def test_command_pages__command_with_others_below__has_the_help_of_each() -> None:
    page = command_pages()["reference/commands/gov.md"]
    assert "## `alvh gov vote`" in page
    assert "--send" in page


def test_marked__examples_of_a_docstring__are_blocks_of_code() -> None:
    text = "Say.\n\n>>> one(\n...     1)\n2\n>>> two\n\nAfter."
    assert marked(text) == "Say.\n\n```pycon\n>>> one(\n...     1)\n2\n>>> two\n```\n\nAfter."


def test_marked__section_of_a_docstring__is_a_list_of_its_lines() -> None:
    text = (
        "Say.\n\nParameters\n----------\na, b : of both. c : one.\nd\n    Below.\n\nRaises\n------\nBadInput : bad.\n"
    )
    told = "Say.\n\n**Parameters**\n\n- `a, b`: of both. c : one.\n- d\n    Below.\n\n**Raises**\n\n- `BadInput`: bad."
    assert marked(text) == told


def test_marked__example_below_a_section__is_no_item_of_it() -> None:
    text = "Raises\n------\nBadInput : bad.\n\n>>> one[2:4]\n2\n\nExamples\n--------\n>>> two\n"
    lines = [line for line in marked(text).splitlines() if line]
    assert lines[:3] == ["**Raises**", "- `BadInput`: bad.", "```pycon"]
    assert lines[3:] == [">>> one[2:4]", "2", "```", "**Examples**", "```pycon", ">>> two", "```"]
