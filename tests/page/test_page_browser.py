"""The page in a real Chromium: its numbers, its changes, what people do with it, and a monitor that dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bridge.local.anvil import free_port
from bridge.monitor_settings import PageConfig
from tests.page.page_server import TOKEN, Board, running
from tests.page.page_views import an_alert, empty_view, full_view

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
SECTIONS = {
    "#totals": ("totals",), "#assets": ("assets",), "#explained": ("explained.parts",), "#positions": ("positions",),
    "#legs": ("held.legs", "held.margin"), "#sources": ("sources",),
}  # fmt: skip
FORGED = """async ([address, kind]) => {
    const place = address + "/api/alerts/acknowledge";
    const form = Object.assign(document.createElement("form"), {method: "POST", action: place, target: "_blank"});
    form.enctype = "text/plain";
    const name = '{"key":"drift:ETH","by":"evil","x":"';
    form.append(Object.assign(document.createElement("input"), {name, value: '"}'}));
    document.body.append(form);
    form.submit();
    const body = '{"key":"drift:ETH","by":"evil"}';
    try {
        const headers = {"content-type": kind};
        return (await fetch(place, {method: "POST", headers, credentials: "include", body})).status;
    } catch (error) { return String(error); }
}"""
COLOURS = """() => {
    const canvas = document.querySelector("#payoff canvas");
    const points = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const found = new Set();
    for (let at = 0; at < points.length; at += 4) if (points[at + 3] > 250) found.add(points.slice(at, at + 3).join());
    return [...found];
}"""
FOCUS = "(e => e.className + ' ' + e.tagName + ' ' + (e.dataset?.key ?? ''))(document.activeElement)"
NOT_NUMBERS = {"since", "until", "marked_at", "days_left", "at"}
"""Shown as ages and spans."""


def opened(context: BrowserContext, address: str, *, token: bool = True) -> Page:
    page = context.new_page()
    page.goto(f"{address}/#token={TOKEN}" if token else address)
    expect(page.locator("#link")).to_have_text("live", timeout=60_000)
    return page


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name not in NOT_NUMBERS:
                yield from numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and value:
        yield float(value)


def shown_as(path: str, found: Any) -> Any:
    """Return what of a view the page shows in other units: vega a point, theta a day."""
    if path != "assets":
        return found
    of = {"vega_usd": 100, "theta_usd": 365}
    return [
        row | {"net": row["net"] and {name: value / of.get(name, 1) for name, value in row["net"].items()}}
        for row in found
    ]


def test_page__opened_before_the_first_look__waits_without_a_complaint_and_shows_it(context: BrowserContext) -> None:
    board, said = Board(None), list[str]()
    with running(board) as address:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/#token={TOKEN}")
        page.wait_for_timeout(1_500)
        board.publish(full_view(int(time.time())))
        expect(page.locator("[data-total=value_usd] data")).to_be_visible(timeout=20_000)
    assert [words for words in said if "503" in words] == []


def test_page__of_a_full_view__shows_its_numbers_and_asks_nobody_else(
    context: BrowserContext, board: Board, address: str
) -> None:
    said: list[str] = []
    asked: set[str] = set()
    context.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    context.on("weberror", lambda error: said.append(str(error.error)))
    context.on("request", lambda request: asked.add(request.url.split("/static")[0].split("/api")[0]))
    page = opened(context, address)
    assert "token" not in page.url
    for place, paths in SECTIONS.items():
        shown = {float(text) for text in page.locator(f"{place} data").evaluate_all("all => all.map(e => e.value)")}
        for path in paths:
            found: Any = board.view
            for name in path.split("."):
                found = found[name]
            assert {*numbers(shown_as(path, found))} <= shown, place
    for text in (
        "Hedge",
        "98,765 USD",
        "+13,579 USD",
        "−1,234 USD",
        "0x" + "ab" * 32,
        "alvh gov vote 94837261",
        "not of our plan",
    ):
        assert text in (page.locator("body").text_content() or ""), text
    assert said == []
    assert asked <= {address, f"{address}/", f"{address}/events"}


def test_page__of_an_empty_view__says_why_each_number_is_absent(context: BrowserContext) -> None:
    with running(Board(empty_view(int(time.time())))) as address:
        page = opened(context, address)
        tiles = page.locator("#totals .tiles div")
        for text in tiles.all_inner_texts():
            assert "–" in text
            assert len(text.splitlines()[-1]) > 10, text
        assert page.locator("#decision .answer").inner_text() == "No plan on record"
        for place in ("payoff", "coverage", "assets", "legs", "explained", "feeds", "proposals", "safes", "sources"):
            assert len(page.locator(f"#{place}-body").inner_text()) > 10, place


def test_page__view_changes__is_there_within_five_seconds_and_keeps_what_is_open(
    context: BrowserContext, board: Board, address: str
) -> None:
    page = opened(context, address)
    page.locator("#proposals summary").first.click()
    page.locator("#proposals button[data-key^='copy command']").first.focus()
    began = time.monotonic()
    board.publish(
        board.view
        | {"totals": board.view["totals"] | {"value_usd": 43_210.0}, "cycle": 13, "at": int(time.time())}
        | {"proposals": [each | {"votes_for": "450000.0"} for each in board.view["proposals"]]}
        | {"alerts": [an_alert("new:one", "critical", text="Something new"), *board.view["alerts"]]}
    )
    expect(page.locator("[data-total=value_usd]")).to_contain_text("43,210 USD", timeout=60_000)
    expect(page.locator("#proposals")).to_contain_text("For 450,000", timeout=60_000)
    assert time.monotonic() - began < 30  # below 5 where the machine has nothing else to do
    assert page.locator("#proposals details").first.get_attribute("open") is not None
    assert page.evaluate("document.activeElement.dataset.key").startswith("copy command")
    assert page.locator("#alert-news").text_content() == "New alert: Something new"
    assert page.title() == "(4) main: hedge"


def test_alert__acknowledged_on_the_page__is_the_monitors(context: BrowserContext, board: Board, address: str) -> None:
    page = opened(context, address)
    alert = page.locator('[data-alert="drift:ETH"]')
    alert.get_by_role("button", name="Acknowledge").press("Enter")
    expect(page.locator("#act-token")).to_be_hidden()
    page.keyboard.type("ann")
    page.keyboard.press("Enter")
    expect(alert).to_contain_text("Acknowledged by ann", timeout=60_000)
    alert.get_by_role("button", name="Silence").click()
    page.locator("#act-hours").select_option("4")
    page.locator("#act-go").click()
    expect(page.locator("#act")).to_be_hidden()
    _ = [page.wait_for_timeout(50) for _ in range(1_200) if len(board.acts) < 2]  # it closes before the answer
    until = board.acts[-1][2]
    assert board.acts == [("acknowledge", "drift:ETH", "ann"), ("silence", "drift:ETH", until, "ann")]
    assert abs(until - time.time() - 4 * 3600) < 10


def test_alert__tab_without_the_token__asks_for_it(context: BrowserContext, board: Board, address: str) -> None:
    page = opened(context, address, token=False)
    page.locator('[data-alert="drift:ETH"]').get_by_role("button", name="Acknowledge").click()
    page.locator("#act-by").fill("ann")
    page.locator("#act-token").fill("wrong")
    page.locator("#act-go").click()
    expect(page.locator("#act-error")).to_have_text("the token is not the page's", timeout=60_000)
    assert board.acts == []
    page.locator("#act-token").fill(TOKEN)
    page.locator("#act-go").click()
    expect(page.locator("#act")).to_be_hidden()
    expect(page.locator('[data-alert="drift:ETH"]')).to_contain_text("Acknowledged by ann", timeout=60_000)


def test_page__for_others_than_this_machine__shows_nothing_before_the_token(
    context: BrowserContext, board: Board
) -> None:
    with running(board, PageConfig(hosts=("alvh.example",))) as address:
        page = context.new_page()
        page.goto(address)
        expect(page.locator("#act-text")).to_have_text("This page shows its data to who has its token.", timeout=60_000)
        assert "98,765" not in page.content()
        page.locator("#act-token").fill(TOKEN)
        page.locator("#act-go").click()
        expect(page.locator("[data-total=value_usd]")).to_contain_text("98,765 USD", timeout=60_000)
        assert TOKEN not in page.content()
        assert context.cookies() == []


def test_form_of_another_site__posted_by_a_browser__changes_nothing(
    context: BrowserContext, board: Board, address: str
) -> None:
    opened(context, address)
    evil = context.new_page()
    evil.route("http://localhost:1/", lambda route: route.fulfill(content_type="text/html", body="<p>evil"))
    evil.goto("http://localhost:1/")
    for kind in ("text/plain", "application/json"):
        assert evil.evaluate(FORGED, [address, kind]) == "TypeError: Failed to fetch"
    assert evil.evaluate("address => fetch(address + '/api/snapshot').then(a => a.text(), String)", address) == (
        "TypeError: Failed to fetch"
    )
    time.sleep(0.5)
    assert board.acts == []


@contextmanager
def process(port: int) -> Iterator[subprocess.Popen[str]]:
    """Run a monitor as a process of its own."""
    command = [sys.executable, "-m", "tests.page.page_server", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        assert run.stdout.readline() == f"{port}\n"
        try:
            yield run
        finally:
            run.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_monitor__killed_or_hung__is_said_within_ten_seconds_and_comes_back(
    context: BrowserContext, how: signal.Signals
) -> None:
    port = free_port()
    with process(port) as first:
        pages = [opened(context, f"http://127.0.0.1:{port}") for _ in range(2)]
        began = time.monotonic()
        first.send_signal(how)
        for page in pages:
            expect(page.locator("#banner")).to_contain_text("No connection", timeout=60_000)
            expect(page.locator("#link")).to_have_text("no connection")
        assert time.monotonic() - began < 60  # below 10 where the machine has nothing else to do
        assert "98,765" in pages[0].locator("#totals").inner_text()
        if how == signal.SIGSTOP:
            first.send_signal(signal.SIGCONT)
            expect(pages[0].locator("#link")).to_have_text("live", timeout=60_000)
            return
    with process(port):
        for page in pages:
            expect(page.locator("#link")).to_have_text("live", timeout=60_000)
            expect(page.locator("#banner")).to_be_hidden()


def test_monitor__told_to_end_by_sigterm_or_ctrl_c__ends_soon(context: BrowserContext) -> None:
    for sign in (signal.SIGTERM, signal.SIGINT):
        port = free_port()
        with process(port) as run:
            page = opened(context, f"http://127.0.0.1:{port}")
            run.send_signal(sign)
            assert run.wait(6) in (-sign, 1)
            page.close()


def test_page__look_is_old__is_grey_and_says_so(context: BrowserContext) -> None:
    for view, words in (
        (full_view(int(time.time()) - 300), "5 min old, stale"),
        (
            full_view(int(time.time())) | {"block": {"number": 7, "hash": "", "timestamp": int(time.time()) - 7300}},
            "2 h old, stale",
        ),
    ):
        with running(Board(view)) as address:
            page = opened(context, address)
            expect(page.locator("#late")).to_contain_text("These numbers are stale")
            expect(page.locator("header .age")).to_contain_text(words)
            expect(page.locator("body")).to_have_class("old")
            expect(page.locator("#totals data").first).to_have_css("color", "rgb(91, 102, 117)")
            page.close()


def test_page__chain_of_this_machine__tells_times_by_the_chains_clock(context: BrowserContext) -> None:
    chain = int(time.time()) - 40 * 86_400
    view = full_view(chain) | {"chain_id": 31337, "network": None, "at": int(time.time())}
    with running(Board(view)) as address:
        page = opened(context, address)
        assert page.locator("body").get_attribute("class") in (None, "")
        expect(page.locator("#feeds tbody tr").first).to_contain_text("30 min old")
        expect(page.locator("#proposals .card").nth(1)).to_contain_text("(in 2 h)")
        expect(page.locator("#alerts .alert").first).to_contain_text("opened 40 days ago")


def test_ten_tabs__of_one_browser__share_one_stream_and_add_little(context: BrowserContext, browser: Browser) -> None:
    def resident(run: subprocess.Popen[str]) -> float:
        status = Path(f"/proc/{run.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    port = free_port()
    with process(port) as run:
        before = resident(run)
        pages = [opened(context, f"http://127.0.0.1:{port}") for _ in range(10)]
        other = browser.new_context()
        opened(other, f"http://127.0.0.1:{port}")
        time.sleep(1)
        after = resident(run)
        streams = subprocess.run(
            ["ss", "-Htn", "state", "established", f"( sport = :{port} )"], capture_output=True, text=True, check=False
        ).stdout.splitlines()
        sys.stdout.write(f"process {before:.0f} MB, with 11 tabs {after:.0f} MB, {len(streams)} connections\n")
        assert after < 80
        assert after - before < 20
        pages[0].close()  # the tab with the stream: another one takes over
        expect(pages[5].locator("#link")).to_have_text("live", timeout=60_000)
        other.close()


def test_first_load__bytes_and_paint__are_small(browser: Browser, address: str) -> None:
    paints = []
    for _ in range(3):
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        context.close()
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    page.goto(address)
    expect(page.locator("#link")).to_have_text("live", timeout=60_000)
    expect(page.locator("#time-body canvas").first).to_be_visible()
    sys.stdout.write(f"{sum(sizes)} bytes in {len(sizes)} requests, first paint {sorted(map(round, paints))} ms\n")
    assert sum(sizes) < 100_000
    assert min(paints) < 10_000  # below 500 ms where the machine has nothing else to do
    context.close()


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 844}},
        {"media": "print"},
        {"forced": "empty"},
    ],
)
def test_axe__light_dark_phone_print_and_empty__finds_nothing(browser: Browser, how: dict[str, Any]) -> None:
    view = (empty_view if how.pop("forced", "") else full_view)(int(time.time()))
    media = how.pop("media", None)
    context = browser.new_context(**how)
    with running(Board(view)) as address:
        page = opened(context, address)
        for each in page.locator("summary").all():
            each.click()
        if media:
            page.emulate_media(media=media)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run().then(all => all.violations)")
        assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0 or media
    context.close()


def test_charts__theme_changes__are_drawn_in_its_colours(context: BrowserContext, address: str) -> None:
    page = opened(context, address)
    page.wait_for_selector("#payoff canvas")
    assert "27,36,49" in page.evaluate(COLOURS)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(500)
    drawn = page.evaluate(COLOURS)
    assert "230,235,242" in drawn
    assert "27,36,49" not in drawn


def test_keyboard__tab_by_tab__reaches_skip_link_buttons_and_tables(context: BrowserContext, address: str) -> None:
    page = opened(context, address)
    seen = []
    for _ in range(70):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
    assert seen[0].startswith("skip A")
    assert any("acknowledge drift:ETH" in each for each in seen)
    assert any("scroll DIV" in each for each in seen)
    assert any("SUMMARY summary orders" in each for each in seen)
    assert json.dumps(seen).count("BODY") <= 1
    assert os.environ.get("ALVH_PAGE_TOKEN") is None
