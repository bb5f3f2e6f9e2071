"""The page of a monitor of a live chain, in a real Chromium: bought, compared, swapped, fallen, acknowledged, calm."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bridge.config import Config
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from tests.bridge.steps import trade
from tests.bridge.test_watch_ledger import fills
from tests.bridge.watch_steps import hedged
from tests.e2e.command import Run
from tests.e2e.serving import Serving, serving, write_fills

pytestmark = pytest.mark.e2e
AXE = "node_modules/axe-core/axe.min.js"
TOTALS = ("value_usd", "il_usd", "fees_usd", "fee_usd_per_year", "lvr_usd_per_year")
GREEKS = ("delta", "delta_usd", "gamma_usd")
DRIFTED = '#alerts-body > ul [data-alert^="exposure_drifted"]'


@pytest.fixture
def monitor(project: World, run: Run, tmp_path: Path, planned_record: PlanRecord) -> Iterator[Serving]:
    """Serve the page of a book whose plan was voted and bought."""
    hedged(project, Config(state=tmp_path / ".alvh"), planned_record)
    write_fills(tmp_path / "fills.csv", fills(planned_record))
    assert run("hedge", "import", "fills.csv").code == 0
    with serving(tmp_path) as found:
        found.until(lambda seen: seen["cycle"] >= 1)
        yield found


def opened(context: BrowserContext, monitor: Serving) -> tuple[Page, list[str]]:
    """Open the address that the monitor printed; the second is what the browser complains about."""
    said: list[str] = []
    context.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    context.on("weberror", lambda error: said.append(str(error.error)))
    page = context.new_page()
    page.goto(f"{monitor.page}/#token={monitor.token}")
    expect(page.locator("#link")).to_have_text("live", timeout=20_000)
    expect(page.locator("[data-total=value_usd] data")).to_be_visible(timeout=20_000)
    return page, said


def rows(page: Page, place: str) -> list[list[Any]]:
    """Read a table of the page: the words at the start of each row, then its numbers, None for those not known."""
    return page.locator(f"{place} tbody tr").evaluate_all(
        """all => all.map(row => [row.cells[0].firstChild.textContent, ...[...row.cells].slice(1).map(
            cell => cell.querySelector("data") ? Number(cell.querySelector("data").value) : null)])"""
    )


def total(page: Page, name: str) -> float:
    """Read a number of the net book."""
    return float(page.locator(f"[data-total={name}] data").get_attribute("value") or "nan")


def same(expected: float) -> Any:
    """Return what equals a number but for the last digits, in which two processes may differ."""
    return pytest.approx(expected, rel=1e-9, abs=1e-9)


def faults(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds wrong with the page as it is shown."""
    found = page.evaluate("axe.run().then(all => all.violations)")
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]


def assert_legs(page: Page, legs: list[dict[str, Any]], listed: list[dict[str, Any]]) -> None:
    """The page's legs have the quantities, marks and values of `alvh exposure`, and the quantities of the ledger."""
    shown = {row[0]: row for row in rows(page, "#legs")}
    assert shown.keys() == {leg["instrument"] for leg in legs} == {each["instrument"] for each in listed}
    for leg in legs:
        _, _, quantity, mark, _, value, *_ = shown[leg["instrument"]]
        assert [quantity, mark, value] == [same(leg[name]) for name in ("quantity", "mark_usd", "value_usd")]
    for each in listed:
        _, _, quantity, mark, *_ = shown[each["instrument"]]
        in_usd = each["kind"] == "perpetual"  # the ledger counts its contracts of 1 USD, the page coins
        assert quantity * (mark if in_usd else 1.0) == same(float(each["quantity"]))


def test_page__plan_bought__its_numbers_are_those_of_the_commands_and_axe_finds_nothing(
    context: BrowserContext, monitor: Serving, run: Run, root: Path
) -> None:
    page, said = opened(context, monitor)
    told, listed = run("exposure", "--json").json(), run("hedge", "list", "--json").json()
    expect(page.locator("header .age")).to_contain_text(f"Block {told['block']['number']:,},")
    for name in TOTALS:
        assert total(page, name) == same(told[name]), name
    legs = told["held"]["legs"]
    assert total(page, "hedge_value_usd") == same(sum(leg["value_usd"] for leg in legs))

    found = rows(page, "#assets")
    assert [row[0] for row in found] == [asset for asset in sorted(told["assets"]) for _ in range(2)]
    for before, after in zip(found[::2], found[1::2], strict=True):
        pools, greeks = told["assets"][before[0]], told["held"]["greeks"][before[0]]
        assert before[1:4] == [same(pools[name]) for name in GREEKS]
        assert after[1:4] == [same(greeks[name]) for name in GREEKS]
        assert abs(after[2]) < abs(before[2])
    assert total(page, "net_delta_usd") == same(sum(row[2] for row in found[1::2]))

    assert_legs(page, legs, listed["positions"])
    reasons = monitor.view()["decision"]["words"]
    assert page.locator("#decision p.wrap-any").count() == len(reasons) > 2
    expect(page.locator("#totals")).to_be_in_viewport(ratio=1)  # however many reasons a plan has
    for summary in page.locator("summary").all():
        summary.click()
    page.evaluate((root / AXE).read_text(encoding="utf-8"))
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert said == []


def test_page__swaps_a_crash_and_its_end__shows_each_within_seconds_and_takes_an_acknowledgement(
    context: BrowserContext, project: World, run: Run, monitor: Serving
) -> None:
    page, said = opened(context, monitor)
    before = page.locator("[data-total=value_usd] data").inner_text()
    trade(project, [0.99], 60)
    began = time.monotonic()
    expect(page.locator("[data-total=value_usd] data")).not_to_have_text(before, timeout=5_000)
    assert time.monotonic() - began < 5.0
    expect(page.locator(DRIFTED)).to_have_count(0)

    trade(project, [0.82])
    assert run("local", "time", "1h", "--feeds").code == 0
    alert = page.locator(DRIFTED)
    expect(alert).to_have_count(1, timeout=15_000)
    alert.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#act-token")).to_be_hidden()
    page.locator("#act-by").fill("ann")
    page.keyboard.press("Enter")
    expect(alert).to_contain_text("Acknowledged by ann", timeout=5_000)

    trade(project, [1.0])
    assert run("local", "time", "1h", "--feeds").code == 0
    expect(alert).to_have_count(0, timeout=15_000)
    page.locator('[data-key="summary over"]').click()
    expect(page.locator('[data-key="over"]')).to_contain_text("drift")
    assert said == []
