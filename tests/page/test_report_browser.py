"""The report in a real Chromium: what a phone does not show has a hint, and paper has everything in one piece."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from bridge.report.html import write_report
from tests.bridge.report_pages import a_book, a_content, a_plan

pytestmark = pytest.mark.e2e
TRADES = ".scroll[aria-label='Trades']"
AFTER = "row => getComputedStyle(row).breakAfter"
SEEN = """() => [...document.querySelectorAll("details table")].map(table => table.checkVisibility())"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = a_book()
    return write_report(tmp_path_factory.mktemp("report") / "plan.html", a_content(a_plan(book), book))


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    made = context.new_page()
    made.goto(report.as_uri())
    yield made
    context.close()


def edge(page: Page) -> int:
    """Return how bright the darkest point of the column left of the edge of the trades is, above their first row."""
    picture = Image.open(io.BytesIO(page.locator(TRADES).screenshot())).convert("L")
    return min(picture.getpixel((picture.width - 4, y)) for y in range(12, 20))  # type: ignore[type-var]


def test_phone__table_with_hidden_columns__is_dark_at_that_edge_until_its_end(page: Page) -> None:
    box = page.locator(TRADES)
    assert box.evaluate("each => each.scrollWidth > each.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert edge(page) < 200
    box.evaluate("each => { each.scrollLeft = each.scrollWidth }")
    assert edge(page) > 250


def test_print__details_that_are_closed__are_shown(page: Page) -> None:
    assert set(page.evaluate(SEEN)) == {False}
    page.emulate_media(media="print")
    assert set(page.evaluate(SEEN)) == {True}


def test_print__first_and_last_rows_of_a_table__stay_together(page: Page) -> None:
    page.emulate_media(media="print")
    rows = page.locator(".scroll[aria-label='Positions'] tbody tr")
    assert rows.first.evaluate(AFTER) == "avoid"
    assert rows.last.evaluate(AFTER) == "auto"
    small = page.locator(".scroll:not(:has(tbody tr:nth-child(8)))").first
    assert small.evaluate("each => getComputedStyle(each).breakInside") == "avoid"
    assert page.locator("thead").first.evaluate("each => getComputedStyle(each).display") == "table-header-group"
