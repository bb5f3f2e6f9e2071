"""Books, plans and pages that the tests of the HTML report share."""

from __future__ import annotations

import math
from html.parser import HTMLParser

import numpy as np

from bridge.report.content import PricePathView, ReportContent, Step
from hedge.book.positions import Book, ConcentratedPosition
from hedge.instruments.holdings import Holdings
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market, Provenance
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import KEYS, Limits, Parameters

AT = 1_778_238_000
MARKET = Market(AT, {"ETH": 2310.0, "BTC": 81_250.0}, {"ETH": 0.68, "BTC": 0.49}, {("BTC", "ETH"): 0.82}, "feeds")
TIGHT = Parameters(cash_budget_bps=20, cost_budget_bps=8, volatility_premium_cap_bps=15, tail_premium_cap_bps=10)
"""Budgets that bind, so that the target is not reached and the steward has something to propose."""
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)>$\\frac{1}{2}$\u202e'
VOID = {"meta", "link", "br", "img", "input", "hr"}


def position(
    name: str, base: str, quote: str, liquidity: float, lower: float, upper: float, apr: float
) -> ConcentratedPosition:
    return ConcentratedPosition(
        name, f"pool of {name}", base, quote, liquidity, lower, upper, 1.0, 2000.0, 0.1, 20.0, apr
    )


def a_book() -> Book:
    return Book(
        (
            position("in", "ETH", "USD", 90_000.0, 1900.0, 2700.0, 0.3),
            position("out", "ETH", "USD", 30_000.0, 2500.0, 3000.0, 0.4),
            position("pair", "BTC", "ETH", 200.0, 28.0, 44.0, 0.08),
            position("unknown", "BTC", "USD", 6000.0, 0.0, math.inf, math.nan),
        )
    )


def a_plan(book: Book, *, chains: bool = True, limits: bool = True, holdings: Holdings | None = None) -> Plan:
    listed = {
        asset: synthetic_chain(asset, MARKET.spot(asset), AT, MARKET.vol(asset), lot=0.01) for asset in book.assets
    }
    bounds = {key.id: Limits(key.least, key.most, key.initial, key.initial // 2 + 1, 0) for key in KEYS}
    return build_plan(
        book, MARKET, listed if chains else {}, TIGHT, bounds if limits else None, {}, holdings=holdings,
        scenario_count=256,
    )  # fmt: skip


def a_content(plan: Plan, book: Book) -> ReportContent:
    before = TIGHT
    days = np.arange(40.0)
    prices = np.where(days < 20.0, 3000.0, 2100.0)
    return ReportContent(
        title="Hedge plan of a treasury", plan=plan, book=book, market=MARKET, chain_sources={"ETH": "synthetic"},
        chain_id=31337, block_number=1234, block_hash="0x" + "ab" * 32, owner="0x" + "12" * 20,
        inputs_hash="0x" + "cd" * 32, parameters_before=tuple(before.to_values()),
        parameters_after=tuple(plan.update.applied(before).to_values()), proposal_id=7,
        steps=(
            Step("Proposed", "by the steward", AT, "0x" + "01" * 32, 241_009),
            Step("Executed", "by anyone", AT + 183_900, "0x" + "02" * 32, 98_120),
            Step("Read back", "as voted", None, None, None),
        ),
        price_path=PricePathView(
            days * 86_400.0, {"ETH": prices}, "simulated: one crash, seed 1", Provenance.SIMULATED
        ),
    )  # fmt: skip


class Outline(HTMLParser):
    """Collect the elements of a page and check that every one of them is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def assert_harmless(page: str) -> None:
    """Check that no name of a stranger became an element, an attribute or a direction mark."""
    outline = Outline(page)
    assert not {"script", "img"} & {tag for tag, _ in outline.found}
    assert not [name for _, attributes in outline.found for name in attributes if name.startswith("on")]
    assert "\u202e" not in page
