"""Pages with examples and pictures: they say what the code says, and their scripts drew their pictures."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from examples import layers_pictures, signals_pictures

pytestmark = pytest.mark.unit

DOCS = Path(__file__).resolve().parents[2] / "docs"


class Page(NamedTuple):
    """A page of docs/, what draws its pictures, what every picture must admit, and the least number of examples."""

    name: str
    script: ModuleType
    source: str
    examples: int


PAGES = [
    Page("layers", layers_pictures, "synthetic chain", 15),
    Page("signals", signals_pictures, "simulated market", 20),
]


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> Page:
    """Give each page."""
    return request.param  # type: ignore[no-any-return]


def test_page__every_example__prints_what_it_shows(page: Page) -> None:
    result = doctest.testfile(str(DOCS / f"{page.name}.md"), module_relative=False)
    assert result.attempted > page.examples
    assert result.failed == 0


def test_page__pictures__all_shown_and_committed(page: Page) -> None:
    text = (DOCS / f"{page.name}.md").read_text(encoding="utf-8")
    shown = set(re.findall(rf"\(img/({page.name}-[\w-]+)\.svg\)", text))
    assert shown == set(page.script.PICTURES)
    assert all((DOCS / "img" / f"{name}.svg").is_file() for name in shown)


def test_draw_all__empty_folder__every_picture_says_where_its_numbers_come_from(page: Page, tmp_path: Path) -> None:
    files = page.script.draw_all(tmp_path)
    assert len(files) == len(page.script.PICTURES)
    assert all(page.source in file.read_text(encoding="utf-8") for file in files)
