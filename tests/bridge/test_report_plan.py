"""What the HTML report says of the plan: ticket, limits, frontier, verdicts, effects, and hostile names in each."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bridge import formats
from bridge.report.content import ReportContent
from bridge.report.html import render_report
from bridge.report.pictures.frontier import frontier_picture
from bridge.report.view import above_target, condor_balance, layer_view, limit_views
from hedge.book.positions import Book
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.synthetic_chain import Smile, synthetic_chain
from hedge.market import Market
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters
from hedge.signals.signal import Signal, State
from hedge.units import DAY
from tests.bridge.report_pages import AT, EVIL, a_book, a_content, a_plan, assert_harmless, position

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def content() -> ReportContent:
    book = a_book()
    return a_content(a_plan(book), book)


@pytest.fixture(scope="module")
def page(content: ReportContent) -> str:
    return render_report(content)


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
    assert [view.limit.key for view in views] == re.findall(r'<span class="sub short">(\w+Bps)', shown)
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


def a_plan_with_a_condor() -> tuple[Plan, Book, Market]:
    """Return a plan on a smile whose wings are so dear that a condor pays, with signals that let it be sold."""
    book = Book((position("in", "ETH", "USD", 90_000.0, 1900.0, 2700.0, 0.9),))
    market = Market(AT, {"ETH": 2310.0}, {"ETH": 0.68}, {}, "feeds")
    chain = synthetic_chain("ETH", 2310.0, AT, 0.68, Smile(0.0, 0.2, 0.0, 0.002), lot=0.01)
    calm = (("events", 60.0 * DAY), ("funding", 0.0), ("dollar", 0.0))
    signals = [Signal(name, value, 0.0, AT, 3600, "stated") for name, value in calm]
    signals.append(Signal("volatility", 0.5, State.NORMAL, AT, 3600, "stated"))
    costly = Parameters(cost_budget_bps=10)
    plan = build_plan(book, market, {"ETH": chain}, costly, signals=signals, scenario_count=256)
    return plan, book, market


def test_page__condor_that_pays__is_sold_with_its_credit_its_price_and_the_limit_on_gamma() -> None:
    plan, book, market = a_plan_with_a_condor()
    page = render_report(replace(a_content(plan, book), market=market))
    assert condor_balance(plan) in page
    assert "The condors that are sold bring in" in condor_balance(plan)
    assert "USD of gamma per 1 %" in page
    assert page.count("trade its legs as one combination") >= 4
    (condor,) = (view for view in map(layer_view, plan.layers) if view.layer.name == "condor")
    assert condor.loss == formats.usd(condor.layer.max_loss_usd)
    assert "<dt>Credit</dt>" in page
