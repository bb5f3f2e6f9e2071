"""Whatever a view says, the page shows it as text, cut and marked, and goes on working."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bridge.page.changes import difference, parts_of, whole
from tests.page.page_server import TOKEN, Board, running
from tests.page.page_views import PRICES, full_view, texts, with_texts

pytestmark = pytest.mark.e2e
EVIL = (
    '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">\'"><svg/onload=window.hacked=1>'
    "javascript:window.hacked=1 {{7*7}} \x1b[2J\x1b]8;;http://evil\x07\u202eevil\u2066\u200b\x00\x85\ud800&lt;b&gt;"
)
LONG = "<b>long</b> " * 90_000
UNSEEN = ("\x1b", "\u202e", "\u2066", "\u200b", "\x00", "\x85", "\ud800")
PATHS = texts(full_view())
AT_ONCE = 12
BATCHES = [PATHS[begin : begin + AT_ONCE] for begin in range(0, len(PATHS), AT_ONCE)]
TAGS = "[...new Set([...document.body.querySelectorAll('*')].map(e => e.localName))]"
OURS = {
    "a", "article", "b", "br", "button", "canvas", "code", "data", "dd", "details", "dialog", "div", "dl", "dt",
    "figure", "footer", "form", "h1", "h2", "h3", "header", "input", "label", "li", "line", "main", "nav", "noscript",
    "ol", "option", "p", "section", "select", "span", "summary", "svg", "table", "tbody", "td", "th", "thead", "time",
    "tr", "ul",
}  # fmt: skip


def watched(context: BrowserContext, address: str) -> tuple[Page, list[str]]:
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(error.message))
    page.on("console", lambda told: errors.append(told.text) if told.type in ("error", "warning") else None)
    page.on("dialog", lambda dialog: errors.append("a dialog"))
    page.goto(f"{address}/#token={TOKEN}")
    expect(page.locator("#link")).to_have_text("live", timeout=60_000)
    return page, errors


def is_sound(page: Page, errors: list[str], board: Board, number: int) -> str:
    expect(page.locator(f"body[data-cycle='{number}']")).to_have_count(1, timeout=60_000)
    assert errors == []
    assert page.evaluate("window.hacked") is None
    assert {*page.evaluate(TAGS)} <= OURS
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    text: str = page.evaluate("document.documentElement.textContent + document.title")
    assert not [letter for letter in UNSEEN if letter in text]
    assert len(text) < 400_000
    return text


def test_every_text__markup_script_and_direction__is_shown_as_text(
    context: BrowserContext, board: Board, address: str
) -> None:
    page, errors = watched(context, address)
    for tries, width in enumerate((1280, 390)):
        page.set_viewport_size({"width": width, "height": 900})
        board.publish(with_texts(full_view(int(time.time())), lambda path, text: f"{EVIL} {path}") | {"cycle": tries})
        text = is_sound(page, errors, board, 2 + tries)
        assert text.count("<script>window.hacked=1</script>") > 50
        assert "&lt;b&gt;" in text
    board.publish(full_view(int(time.time())))
    assert "98,765 USD" in is_sound(page, errors, board, 4)


@pytest.mark.parametrize("paths", BATCHES, ids=[batch[0] for batch in BATCHES])
def test_each_text__of_a_megabyte__is_cut_and_marked(
    context: BrowserContext, board: Board, address: str, paths: list[str]
) -> None:
    page, errors = watched(context, address)
    page.set_viewport_size({"width": 390, "height": 900})
    board.publish(with_texts(full_view(int(time.time())), lambda path, text: LONG if path in paths else text))
    text = is_sound(page, errors, board, 2)
    assert "<b>long</b>" in text or not {*paths} - NOT_SHOWN
    assert "…" in text
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")


NOT_SHOWN = {".block.hash", ".alerts.rule", ".version"}


def test_names_of_objects__hostile_or_many__are_shown_as_text(context: BrowserContext) -> None:
    view = full_view(int(time.time()))
    curve = view["payoff"]["ETH"]
    layers = {EVIL: [1.0] * len(PRICES), "y" * 5000: [None] * len(PRICES)}
    view |= {
        "payoff": {EVIL: curve | {"now": layers, "horizon": layers}, "__proto__": curve, "constructor": curve},
        "parameters": [view["parameters"][0] | {"values": {EVIL: 300, "Bps": None, "z" * 3000: 1e300}}],
        "unread": [EVIL] * 3000,
        "positions": view["positions"] * 200,
        "alerts": [each | {"key": f"{EVIL}{count}"} for count in range(800) for each in view["alerts"][:1]],
    }
    with running(Board(view)) as address:
        page, errors = watched(context, address)
        text = is_sound(page, errors, Board(None), 1)
        assert "300 more are not listed" in text
        assert "100 more are not listed" in text
        assert page.locator("#alerts .alert").count() == 500


@pytest.mark.parametrize("value", [None, 0, "", "text", [], {}, 1e308, -1e-300, float("nan"), float("inf"), True])
def test_every_top_level_name__of_another_kind__leaves_the_rest_of_the_page_whole(
    context: BrowserContext, value: Any
) -> None:
    view = full_view(int(time.time()))
    with running(board := Board(view)) as address:
        page, errors = watched(context, address)
        keep = ("at", "interval", "block", "chain_id")
        board.publish({name: each if name in keep else value for name, each in view.items()})
        expect(page.locator("body[data-cycle='2']")).to_have_count(1, timeout=60_000)
        board.publish(view | {"totals": view["totals"] | {"value_usd": 777.0}})
        expect(page.locator("[data-total=value_usd]")).to_contain_text("777 USD", timeout=60_000)
        expect(page.locator("#positions")).to_contain_text("ETH/USDC 0.30%")
        assert errors == []
        assert len(page.evaluate("performance.getEntriesByName(location.origin + '/events')")) <= 1


def test_parts__hostile_view__are_cleaned_cut_and_finite() -> None:
    view = {"a": EVIL, "b": [LONG, float("nan")], "c": {EVIL: 1e999}, "d": {"x" * 9000: True}}
    after = parts_of(json.dumps(view).encode())
    made = json.loads(whole(after))
    assert not [letter for letter in UNSEEN if letter in json.dumps(made, ensure_ascii=False)]
    assert made["b"][0].endswith("…")
    assert len(made["b"][0]) <= 4000
    assert made["b"][1] is None
    assert [*made["c"].values()] == [None]
    assert len(next(iter(made["d"]))) <= 200
    assert difference(after, after) == {}
    assert difference(after, {"a": after["a"]}) == {"b": "null", "c": "null", "d": "null"}
