"""What a ledger's hedge returned: flows, estimated margin, IRR against WACC."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from hedge.ledger.account import account
from hedge.ledger.fills import Fill, FillKind
from hedge.valuation.hedge_return import CapitalTerms, hedge_return, margin_flows
from hedge.valuation.overlay_return import Kind

pytestmark = pytest.mark.unit
D = Decimal
DAY = 86_400_000
START = 1_767_225_600_000  # 2026-01-01
PUT, PERP = "ETH-27MAR26-1800-P", "ETH-PERPETUAL"


def fill(day: int, instrument: str, quantity: str, price: str, index: str, **terms: Any) -> Fill:
    option = instrument.endswith(("-P", "-C"))
    cash = terms.pop("cash", -D(quantity) * D(price) if option else D(0))
    kind = terms.pop("kind", FillKind.TRADE)
    return Fill("main", "deribit", f"{day}:{instrument}", START + day * DAY, kind, instrument, D(quantity), D(price),
                "ETH", cash, terms.pop("fee", D(0)), D(index), **terms)  # fmt: skip


def test_hedge_return__put_that_doubled_in_a_year__is_a_hundred_percent() -> None:
    book = account([fill(0, PUT, "10", "0.05", "2000")])
    found = hedge_return(book, {PUT: D(200)}, START + 365 * DAY, CapitalTerms())
    assert found.result.rate == pytest.approx(1.0)
    assert found.result.totals[Kind.PREMIUM] == 1_000.0
    assert found.margin_usd == 0.0
    assert math.isnan(found.wacc)
    assert not found.leverage.allowed
    assert "no WACC" in found.leverage.reason


@pytest.mark.parametrize(("mark", "allowed"), [(200, True), (107, False)])
def test_hedge_return__costs_stated__leverage_only_above_the_wacc(mark: int, allowed: bool) -> None:
    book = account([fill(0, PUT, "10", "0.05", "2000")])
    found = hedge_return(book, {PUT: D(mark)}, START + 365 * DAY, CapitalTerms(0.08))
    assert found.wacc == pytest.approx(0.08)
    assert found.leverage.allowed is allowed
    assert found.to_dict()["leverage"]["allowed"] is allowed


def test_hedge_return__borrowed_without_a_cost__is_refused_as_unknown() -> None:
    book = account([fill(0, PUT, "10", "0.05", "2000")])
    found = hedge_return(book, {PUT: D(200)}, START + 365 * DAY, CapitalTerms(0.08, 0.04, 500.0))
    assert math.isnan(found.wacc)


def test_margin_flows__perpetual_sold_then_half_closed__posts_and_returns_what_the_rules_ask() -> None:
    fills = [fill(0, PERP, "-20000", "2000", "2000"), fill(3, PERP, "10000", "1600", "1600")]
    found = [(flow.on.day, flow.kind, flow.amount_usd) for flow in margin_flows(fills, START + 9 * DAY)]
    assert found == [
        (1, Kind.MARGIN_POSTED, pytest.approx(400.0)),
        (4, Kind.MARGIN_RETURNED, pytest.approx(200.0)),
        (10, Kind.MARGIN_RETURNED, pytest.approx(200.0)),
    ]


def test_margin_flows__sold_put_that_is_delivered__margin_comes_back_that_day() -> None:
    sold = fill(0, PUT, "-10", "0.05", "2000")
    paid = fill(85, PUT, "10", "1700", "1700", kind=FillKind.DELIVERY, cash=D("-0.588235294117647058"))
    flows = margin_flows([sold, paid], START + 100 * DAY)
    assert [flow.kind for flow in flows] == [Kind.MARGIN_POSTED, Kind.MARGIN_RETURNED]
    assert flows[0].amount_usd == flows[1].amount_usd == pytest.approx(10 * (0.10 * 2_000 + 100))
    found = hedge_return(account([sold, paid]), {}, START + 100 * DAY, CapitalTerms(0.08, 0.04))
    assert found.margin_usd == pytest.approx(3_000.0)
    assert found.result.net_usd == pytest.approx(1_000.0 - 1_000.0, abs=0.01)


def test_hedge_return__deposit__is_neither_gain_nor_cost() -> None:
    deposit = Fill("main", "deribit", "log:1", START, FillKind.TRANSFER, "", D(0), D(0), "ETH", D(5), D(0), D(2_000))
    book = account([deposit, fill(0, PUT, "10", "0.05", "2000")])
    found = hedge_return(book, {PUT: D(100)}, START + 365 * DAY, CapitalTerms())
    assert found.result.net_usd == pytest.approx(0.0)
    assert found.result.rate == pytest.approx(0.0, abs=1e-9)


def test_hedge_return__nothing_bought__has_no_rate() -> None:
    found = hedge_return(account([]), {}, START, CapitalTerms(0.08))
    assert math.isnan(found.result.rate)
    assert found.leverage.reason == "refused: there is no IRR to compare"


def test_margin_flows__option_that_became_a_future__ties_up_nothing_after_its_delivery() -> None:
    call, future = "ETH-27MAR26-1800-C", "ETH-27MAR26"
    bought = fill(0, call, "10", "0.05", "2000")
    became = fill(85, call, "-10", "2200", "2200", kind=FillKind.DELIVERY, cash=D(0))
    ended = fill(85, future, "-18000", "2200", "2200", kind=FillKind.DELIVERY)
    assert margin_flows([bought, became, ended], START + 100 * DAY) == []
    short = fill(1, future, "-10000", "2000", "2000")
    flows = margin_flows([bought, short, became, ended], START + 100 * DAY)
    assert [(flow.kind, flow.on.month, flow.amount_usd) for flow in flows] == [
        (Kind.MARGIN_POSTED, 1, pytest.approx(200.0)),
        (Kind.MARGIN_RETURNED, 3, pytest.approx(200.0)),
    ]
