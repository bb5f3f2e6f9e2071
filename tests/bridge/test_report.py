"""The HTML report: whole, honest, self-contained and the same for the same content."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from bridge import formats
from bridge.report.changes import departures, parameter_changes
from bridge.report.content import PricePathView, ReportContent, Step
from bridge.report.html import render_report, write_report
from bridge.report.pictures.frontier import frontier_picture
from bridge.report.pictures.parameters import parameters_picture, place
from bridge.report.pictures.path import deepest_fall
from bridge.report.pictures.volatility import verdict
from bridge.report.view import MEANING, above_target, condor_balance, layer_view, limit_views, timed_steps
from hedge.book.positions import Book, ConcentratedPosition
from hedge.decision.decide import Decision
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market, Provenance
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import KEYS, Limits, Parameters
from hedge.update.propose import Change, ProposedUpdate

pytestmark = pytest.mark.unit

AT = 1_778_238_000
MARKET = Market(AT, {"ETH": 2310.0, "BTC": 81_250.0}, {"ETH": 0.68, "BTC": 0.49}, {("BTC", "ETH"): 0.82}, "feeds")
TIGHT = Parameters(cash_budget_bps=20, cost_budget_bps=8, volatility_premium_cap_bps=15, tail_premium_cap_bps=10)
"""Budgets that bind, so that the target is not reached and the steward has something to propose."""
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)>$\\frac{1}{2}$\u202e'
SECTIONS = (
    "ticket", "limits", "comparison", "positions", "effect", "loss", "layers", "regime", "change", "prices", "inputs",
)  # fmt: skip
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


@pytest.fixture(scope="module")
def content() -> ReportContent:
    book = a_book()
    return a_content(a_plan(book), book)


@pytest.fixture(scope="module")
def page(content: ReportContent) -> str:
    return render_report(content)


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


def test_page__full_content__is_well_formed_with_unique_ids_and_every_section(page: str) -> None:
    outline = Outline(page)
    assert len(outline.ids) == len(set(outline.ids))
    assert {f"{name}" for name in SECTIONS} <= set(outline.ids)
    assert [link["href"] for link in outline.all("a")] == ["#main", *(f"#{name}" for name in SECTIONS)]


def test_page__full_content__refers_to_nothing_outside_itself(page: str) -> None:
    outline = Outline(page)
    loaded = [value for _, attributes in outline.found for name, value in attributes.items() if name in {"src", "href"}]
    assert all(value is not None and value.startswith("#") for value in loaded)
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in outline.found}
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    assert set(re.findall(r"url\(([^)]*)\)", page)) <= {f"#{name}" for name in outline.ids}


def test_page__full_content__forbids_the_network_by_policy(page: str) -> None:
    assert "default-src 'none'; style-src 'unsafe-inline'" in page


def test_page__same_content__gives_the_same_bytes(content: ReportContent, page: str) -> None:
    book = a_book()
    assert render_report(content) == page
    assert render_report(a_content(a_plan(book), book)) == page


def test_page__full_content__names_every_picture_and_says_how_to_read_it(page: str) -> None:
    outline = Outline(page)
    panels = [panel for panel in outline.all("div") if panel.get("role") == "img"]
    assert len(panels) == len(outline.all("svg")) >= 4 + 2 + 1 + 2 + 1 + 4 + 1 + 1
    assert all(len(panel["aria-label"] or "") > 40 for panel in panels)
    assert page.count("How to read it:") == len(outline.all("figure")) == page.count("<figcaption>")


def test_page__full_content__tables_have_headers_and_scroll_in_their_own_box(page: str) -> None:
    outline = Outline(page)
    boxes = [box for box in outline.all("div") if box.get("class") == "scroll"]
    assert len(boxes) == len(outline.all("table")) >= 5
    assert all(box["role"] == "region" and box["aria-label"] for box in boxes)
    assert all(header.get("scope") for header in outline.all("th"))


def test_page__full_content__shows_decision_layers_steps_and_disclaimer(content: ReportContent, page: str) -> None:
    plan = content.plan
    assert plan.decision.answer in page
    assert MEANING[plan.decision.answer] in page
    assert all(formats.said(reason) in page for reason in plan.decision.reasons)
    assert all(leg.label in page for layer in plan.layers for leg in layer.legs)
    assert "A sold condor finances, it does not protect." in page
    assert condor_balance(content.plan) in page
    assert "241,009 gas" in page
    assert "0x" + "01" * 32 in page
    assert content.inputs_hash in page
    assert content.block_hash in page
    assert "Educational software. No financial advice. Options trading involves substantial risk of loss" in page


def test_page__target_exceeded__is_said_before_everything_else(content: ReportContent, page: str) -> None:
    assert above_target(content.plan)
    first = re.search(r'<p class="answer">.*?</p>\s*<p class="above">(.*?)</p>', page, flags=re.DOTALL)
    assert first is not None
    assert "above the target of" in first[1]
    assert first[1] == formats.said(content.plan.decision.reasons[0])
    assert page.count(first[1]) == 1


def test_page__target_reached__has_no_alarm(content: ReportContent) -> None:
    risk = replace(content.plan.risk, target=1e9)
    page = render_report(replace(content, plan=replace(content.plan, risk=risk)))
    assert '<p class="above">' not in page
    assert formats.said(content.plan.decision.reasons[0]) in page


def test_page__ticket__has_every_trade_with_units_limit_cash_and_reason(content: ReportContent, page: str) -> None:
    ticket = page[page.index('id="ticket"') : page.index('id="limits"')]
    rows = re.findall(r'<tr><th scope="row">(\w+)</th>(.*?)</tr>', ticket)
    trades = content.plan.trades
    assert [action for action, _ in rows[: len(trades)]] == [str(trade.action) for trade in trades]
    for (_, cells), trade in zip(rows, trades, strict=False):
        units = trade.quantity if trade.side == "buy" else -trade.quantity
        for shown in (
            trade.instrument,
            f"<td>{formats.quantity(units)}</td>",
            formats.price(trade.limit_usd),
            formats.number(trade.cash_usd),
            trade.layer,
            formats.said(trade.reason),
        ):
            assert shown in cells
    assert formats.number(content.plan.costs["cash_usd"]) in ticket
    assert "if the pool is kept" not in ticket


def test_page__leave_the_pool__ticket_is_for_who_keeps_it(content: ReportContent) -> None:
    decision = replace(content.plan.decision, answer="leave the pool")
    page = render_report(replace(content, plan=replace(content.plan, decision=decision)))
    assert "The ticket, if the pool is kept" in page
    assert "Tail loss if the pool is kept, 7 days" in page


def test_page__limits__each_with_use_and_price_of_those_that_bind(content: ReportContent, page: str) -> None:
    shown = page[page.index('id="limits"') : page.index('id="comparison"')]
    views = limit_views(content.plan)
    assert [view.limit.key for view in views] == re.findall(r'<span class="sub">(\w+Bps)', shown)
    binding = [view for view in views if view.more != formats.UNKNOWN]
    assert binding
    assert all(f'<td class="bad">{view.more}</td>' in shown for view in binding)
    assert all(view.limit.used_usd > 0.9 * view.limit.most_usd for view in binding)


def test_frontier_picture__every_alternative__is_named_with_cost_and_tail(content: ReportContent, page: str) -> None:
    picture = frontier_picture(content)
    assert picture is not None
    for name in ("today, LP alone", "delta", "strip", "strip and delta", "plan"):
        assert f"{name}: " in picture.label
        assert f">{name}</text>" in picture.svg
    assert "the target is" in picture.label
    assert f'aria-label="{picture.label}"' in page
    points = content.plan.comparison.frontier
    tails = [point.cvar_usd for point in points]
    assert tails == sorted(tails, reverse=True)
    for point in points:
        assert formats.number(point.cvar_usd) in page


def test_page__book_with_holdings__shows_them_where_it_stands_today_and_a_bar(content: ReportContent) -> None:
    book = a_book()
    held = Holdings({}, {"ETH": -20.0})
    made = a_content(a_plan(book, holdings=held), book)
    page = render_report(made)
    assert "What is held now" in page
    assert '<th scope="row">ETH-PERPETUAL</th><td>−20</td>' in page
    assert "today, as held" in page
    assert "as held" not in render_report(content)
    assert formats.number(made.plan.risk.held) in page


def test_page__positions__say_keep_leave_or_rerange_each(content: ReportContent, page: str) -> None:
    shown = page[page.index('id="positions"') : page.index('id="effect"')]
    said = re.findall(r'<b class="(?:good|bad|)">([\w-]+)</b>', shown)
    assert said == [verdict.verdict for verdict in content.plan.decision.positions]
    assert {"leave", "re-range", "unknown"} <= set(said)


def test_page__effects__a_row_for_each_layer_from_0_to_3(page: str) -> None:
    shown = page[page.index('id="effect"') : page.index('id="loss"')]
    assert re.findall(r'<th scope="row">(Layer \d)<', shown) == ["Layer 0", "Layer 1", "Layer 2", "Layer 3"]
    assert "CVaR95 over 7 days" in shown
    assert "CVaR95 over 30 days" in shown


def test_page__old_words__are_gone(page: str) -> None:
    text = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL).lower()
    assert not re.search(r"given up|\bgate\b|per usd", text)


def test_layer_view__sold_perpetual__can_lose_as_far_as_the_price_rises(content: ReportContent) -> None:
    views = {view.layer.name: view for view in map(layer_view, content.plan.layers)}
    assert views["delta"].loss == "as far as the price rises"
    bought = next(layer for layer in content.plan.layers if layer.name != "delta" and layer.legs)
    assert layer_view(bought).loss == formats.usd(bought.max_loss_usd)


@pytest.mark.parametrize("answer", sorted(MEANING))
def test_page__every_decision__is_shown_with_its_meaning_and_reasons(content: ReportContent, answer: str) -> None:
    decision = Decision(answer, ("because of 12% & more",), content.plan.decision.numbers)  # type: ignore[arg-type]
    page = render_report(replace(content, plan=replace(content.plan, decision=decision)))
    assert f'<p class="answer">{answer}</p>' in page
    assert MEANING[answer] in page
    assert f"Because of 12{formats.NARROW}% &amp; more." in page


def test_page__hostile_names__are_escaped_everywhere() -> None:
    evil = EVIL
    book = Book(tuple(replace(position, id=f"{position.id} {evil}", pool=evil) for position in a_book().positions))
    content = replace(
        a_content(a_plan(book), book), title=evil, owner=evil, chain_sources={evil: evil},
        steps=(Step(evil, evil, AT, evil, 1),),
        price_path=PricePathView([0.0, 1.0], {evil: [1.0, 2.0]}, evil, Provenance.FILE),
    )  # fmt: skip
    assert_harmless(render_report(content))


def test_page__hostile_asset__is_escaped_in_ticket_limits_holdings_frontier_and_verdicts() -> None:
    market = Market(AT, {EVIL: 2000.0}, {EVIL: 0.68}, {}, EVIL)
    book = Book((position(EVIL, EVIL, "USD", 90_000.0, 1600.0, 2500.0, 0.9),))
    chain = synthetic_chain(EVIL, 2000.0, AT, 0.68, lot=0.01)
    row = next(row for row in chain.rows if not row.is_call and row.strike < 1900.0)
    held = Holdings({Contract(EVIL, row.expiry_at, row.strike, False): 5.0}, {EVIL: -3.0})
    plan = build_plan(book, market, {EVIL: chain}, Parameters(), holdings=held, scenario_count=256)
    page = render_report(replace(a_content(plan, book), market=market, chain_sources={EVIL: EVIL}))
    assert plan.trades
    assert_harmless(page)
    for name in ("Trades", "Limits", "Holdings", "Positions", "Frontier"):
        assert f'aria-label="{name}"' in page, name
    assert page.count("&lt;script&gt;") > len(plan.trades) + 2


def assert_harmless(page: str) -> None:
    """Check that no name of a stranger became an element, an attribute or a direction mark."""
    outline = Outline(page)
    assert not {"script", "img"} & {tag for tag, _ in outline.found}
    assert not [name for _, attributes in outline.found for name in attributes if name.startswith("on")]
    assert "\u202e" not in page


def test_page__unknown_numbers__are_dashes_and_never_nan(page: str) -> None:
    text = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r"\b(nan|None|inf)\b", text)
    row = re.search(r"<bdi>unknown</bdi>.*?</tr>", page, flags=re.DOTALL)
    assert row is not None
    assert "<td>–<span" in row[0]
    assert "– of fees against" in row[0]
    assert "fees unknown" in row[0]
    assert "0 to ∞ USD per BTC" in row[0]


def test_page__simulated_prices__say_so_beside_the_heading_and_in_the_picture(page: str) -> None:
    assert '<span class="tag">simulated</span>' in page
    assert "simulated prices, USD" in page
    assert "Source: simulated: one crash, seed 1." in page


def test_page__real_prices__are_not_called_simulated(content: ReportContent) -> None:
    path = PricePathView([0, 86_400, 172_800], {"ETH": [1.0, 2.0, 1.5]}, "eth.csv: 3 rows", Provenance.FILE)
    assert "simulated prices" not in render_report(replace(content, price_path=path))


def test_page__no_price_path_and_no_steps__leaves_both_out(content: ReportContent) -> None:
    page = render_report(replace(content, price_path=None, steps=()))
    assert 'id="prices"' not in page
    assert 'href="#prices"' not in page
    assert "time line" not in page


def test_page__plan_without_update__says_that_nothing_changes(content: ReportContent) -> None:
    plan = replace(content.plan, update=ProposedUpdate())
    proposed = render_report(replace(content, plan=plan, parameters_after=None, proposal_id=None, steps=()))
    executed = render_report(replace(content, plan=plan, parameters_after=content.parameters_before))
    assert "no parameter is worth a change" in proposed
    assert "the values in force are those that the plan was made with" in executed
    assert "Parameters that change" not in proposed + executed


def test_page__update_not_executed__is_marked_as_proposed(content: ReportContent) -> None:
    page = render_report(replace(content, parameters_after=None))
    assert content.plan.update.changes
    assert "What would change on chain" in page
    assert '<span class="tag">proposed, not in force</span>' in page
    assert "What changed on chain" not in page


def test_page__plan_without_layers__renders_and_says_why() -> None:
    book = a_book()
    plan = a_plan(book, chains=False)
    page = render_report(a_content(plan, book))
    assert plan.layers == ()
    assert "No layer: no asset of the book has an option chain." in page
    assert 'class="panel frontier"' in page  # the delta is hedged without any chain
    assert {trade.layer for trade in plan.trades} == {"delta"}


def test_page__empty_book__renders() -> None:
    book = Book(())
    page = render_report(a_content(a_plan(book), book))
    assert "The book holds no position." in page
    assert "Nothing to trade." in page
    assert "no programme was solved" in page
    assert 'class="panel frontier"' not in page
    assert "do not hedge" in page


def test_write_report__existing_file__is_replaced_whole(tmp_path: Path, content: ReportContent, page: str) -> None:
    target = tmp_path / "reports" / "plan.html"
    target.parent.mkdir()
    target.write_text("old", encoding="utf-8")
    assert write_report(target, content) == target
    assert target.read_text(encoding="utf-8") == page
    assert [file.name for file in target.parent.iterdir()] == ["plan.html"]


def test_parameter_changes__executed_otherwise_than_proposed__says_both(content: ReportContent) -> None:
    (first, *_) = content.plan.update.changes
    values = list(content.parameters_before)
    values[16] += 100
    other = replace(content, parameters_after=tuple(values))
    (change,) = parameter_changes(other)
    assert (change.key.id, change.reason) == (16, "not a change that this plan proposes")
    assert departures(other)[0].startswith(f"{KEYS[first.key].name}: the plan proposes")
    assert departures(content) == ()


def test_parameter_changes__limits_unknown__has_the_keys_bounds_and_no_step() -> None:
    book = a_book()
    for change in parameter_changes(a_content(a_plan(book, limits=False), book)):
        assert (change.least, change.most, change.step) == (change.key.least, change.key.most, None)


def test_place__values_along_a_track__ascend_and_stay_on_it(content: ReportContent) -> None:
    update = ProposedUpdate((Change(9, 20_000, 15_000, "why", "what"),))
    plan = replace(content.plan, update=update)
    (change,) = parameter_changes(replace(content, plan=plan, parameters_after=None))
    assert change.step == (9_999, 40_000)
    places = [place(value, change) for value in (0, 9_999, 15_000, 20_000, 40_000, 60_000)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0.0, 1.0)
    assert parameters_picture([], executed=True) is None


def test_price_range__pair_of_two_assets__inverts_for_the_quote() -> None:
    pair = position("pair", "BTC", "ETH", 1.0, 25.0, 50.0, 0.1)
    assert pair.price_range("BTC", MARKET.spots) == (25.0 * 2310.0, 50.0 * 2310.0)
    assert pair.price_range("ETH", MARKET.spots) == (81_250.0 / 50.0, 81_250.0 / 25.0)
    assert replace(pair, lower=0.0, upper=math.inf).price_range("BTC", MARKET.spots) is None
    assert pair.price_range("SOL", MARKET.spots) is None


def test_verdict__break_even_at_half_of_implied__pays_a_quarter(content: ReportContent) -> None:
    weak = replace(content.plan.exposure.positions[0], break_even_vol=0.3, implied_vol=0.6)
    assert verdict(weak) == f"25{formats.NARROW}% of LVR"
    assert verdict(replace(weak, in_range=False)) == "out of range"
    assert verdict(replace(weak, break_even_vol=math.nan)) == "fees unknown"


def test_timed_steps__known_and_unknown_times__wait_only_where_both_are_known(content: ReportContent) -> None:
    waits = [step.wait.replace(formats.NARROW, " ") for step in timed_steps(content)]
    assert waits == ["", "2 d 3 h later", ""]


def test_deepest_fall__rising_prices__is_empty() -> None:
    start, end = deepest_fall(np.arange(4.0), np.array([1.0, 2.0, 3.0, 4.0]))
    assert start == end


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, "–"), (math.nan, "–"), (math.inf, "∞"), (-0.3, "0"), (0.0, "0"), (-1234.5, "−1,234"), (1e6, "1,000,000")],
)
def test_number__every_kind__is_written_for_people(value: float | None, written: str) -> None:
    assert formats.number(value) == written


def test_units__unknown_number__has_no_unit() -> None:
    assert formats.usd(math.nan) == formats.percent(None) == "–"
    assert formats.price(None) == formats.quantity(math.nan) == formats.level(None) == "–"


def test_said__numbers_in_a_reason__are_written_as_elsewhere() -> None:
    assert formats.said("net gamma -23,990 USD, wanted 210000, 12.6% of ETH-27MAR26-2000-P") == (
        f"Net gamma −23,990 USD, wanted 210,000, 12.6{formats.NARROW}% of ETH-27MAR26-2000-P."
    )
