"""One Chromium for all tests of the page."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.page.page_server import Board, running
from tests.page.page_views import full_view

expect.set_options(timeout=60_000)  # a machine that has much else to do is slow, not wrong


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium."""
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a test tabs without what other tests left."""
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def board() -> Board:
    """Return a monitor whose look is of now."""
    return Board(full_view(int(time.time())))


@pytest.fixture
def address(board: Board) -> Iterator[str]:
    """Serve the board."""
    with running(board) as found:
        yield found
