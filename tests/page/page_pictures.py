"""Make the pictures of the page in docs/img: `python -m tests.page.page_pictures docs/img`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect, sync_playwright

from tests.page.page_server import TOKEN, Board, running
from tests.page.page_views import full_view

WIDE: Final = {"width": 1280, "height": 2000}
PICTURES: Final[dict[str, dict[str, Any]]] = {
    "light": {"viewport": WIDE},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 1700}},
}


def write_pictures(folder: Path) -> None:
    """Write a picture of the page in light, in dark and on a phone."""
    with sync_playwright() as started, running(Board(full_view(int(time.time())))) as address:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, how in PICTURES.items():
            context = browser.new_context(**how)
            page = context.new_page()
            page.goto(f"{address}/#token={TOKEN}")
            expect(page.locator("#link")).to_have_text("live", timeout=20_000)
            expect(page.locator("#time-body canvas")).to_have_count(3)
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"monitor-{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    write_pictures(Path(sys.argv[1]))
