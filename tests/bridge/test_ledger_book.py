"""A plan from what the ledger holds: from ticket to fills to the next plan; marks; orders that are done."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge.config import CapitalConfig, SignalsConfig
from bridge.ledger.exports import read_export
from bridge.ledger.labels import order_label, read_label
from bridge.plans.ledger_book import LedgerBook, aligned, ledger_book, mark_ledger
from bridge.plans.ledger_worth import marked_hedge
from bridge.plans.make import Planned, make_plan
from bridge.plans.observe import Observation
from bridge.plans.orders_done import orders_done
from bridge.plans.since import explain_since
from bridge.report.content import report_content
from bridge.report.html import render_report
from hedge.decision.explained import Group
from hedge.instruments.contract import Contract
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.ledger.fills import Fill, FillKind
from tests.bridge.market_files import AT, stated

pytestmark = pytest.mark.unit

D = Decimal
DAY = 86_400
CHAINS = {"ETH": synthetic_chain("ETH", 2000.0, AT, 0.6)}


def planned(seen: Observation, chains: dict[str, OptionChain], ledger: LedgerBook | None = None) -> Planned:
    return make_plan(seen, chains, SignalsConfig(folder=None), None, ledger=ledger)


def filled(found: Planned, named: bool = True, share: str = "1", later: int = 60) -> list[Fill]:
    """Return the fills of a plan's ticket at its limits, as an inverse venue reports them."""
    index = D(found.observation.market.spot("ETH"))
    fills = []
    for number, trade in enumerate(found.plan.trades, 1):
        sign, perpetual = (1 if trade.side == "buy" else -1), trade.layer == "delta"
        price = D(trade.limit_usd) if perpetual else D(trade.limit_usd) / index
        quantity = sign * D(trade.quantity) * D(share) * (price if perpetual else 1)
        cash = D(0) if perpetual else -quantity * price
        at = (found.observation.market.observed_at + later) * 1000 + number
        terms: dict[str, Any] = {"plan": found.record.inputs_hash[:18], "order": str(number)} if named else {}
        fills.append(
            Fill("main", "deribit", f"trade:{at}", at, FillKind.TRADE, trade.instrument, quantity, price, "ETH", cash,
                 D(trade.fee_usd) / index, index, **terms)
        )  # fmt: skip
    return fills


def moved(seen: Observation, spot: float, later: int) -> tuple[Observation, dict[str, OptionChain]]:
    """Return the same pools at another price and time, with quotes of that time."""
    at = AT + later
    market = replace(seen.market, observed_at=at, spots={"ETH": spot})
    chain = synthetic_chain("ETH", spot, at, 0.6)
    return replace(seen, market=market, block=replace(seen.block, timestamp=at)), {"ETH": chain}


def test_plan__every_order_filled__holds_and_asks_for_nothing(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS)
    first = planned(seen, CHAINS)
    assert first.plan.trades
    ledger = ledger_book("main", filled(first), {}, AT + 600)
    again = planned(seen, CHAINS, ledger)
    assert again.plan.decision.answer == "hold"
    assert again.plan.trades == ()
    assert again.record.plan["inputs"]["holdings"]["options"]
    done = orders_done(first.record, ledger.fills)
    assert [each.left for each in done] == [0.0] * len(first.plan.trades)
    assert all(abs(each.slippage_usd) < 1e-6 for each in done)


def test_plan__price_moved_after_the_fills__asks_for_the_difference_alone(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS)
    first = planned(seen, CHAINS)
    ledger = ledger_book("main", filled(first), {}, AT + 7_200)
    later, chains = moved(seen, 1_800.0, 7_200)
    fresh, again = planned(later, chains), planned(later, chains, ledger)
    assert again.plan.trades != fresh.plan.trades
    asked = sum(abs(trade.quantity * trade.limit_usd) for trade in again.plan.trades)
    anew = sum(abs(trade.quantity * trade.limit_usd) for trade in fresh.plan.trades)
    assert asked < anew
    assert again.plan.risk.hedged <= again.plan.risk.target


def test_orders_done__half_filled_without_names__is_told_by_instrument_and_side(tmp_path: Path) -> None:
    first = planned(stated(tmp_path, CHAINS), CHAINS)
    done = orders_done(first.record, filled(first, named=False, share="0.5"))
    for each in done:
        assert each.done == pytest.approx(each.asked / 2)
        assert each.left == pytest.approx(each.asked / 2)
    before = [replace(fill, at_ms=(AT - 60) * 1000) for fill in filled(first, named=False)]
    assert all(each.done == 0.0 for each in orders_done(first.record, before))


def test_orders_done__more_than_asked_and_another_plans__nothing_is_left_others_do_not_count(tmp_path: Path) -> None:
    first = planned(stated(tmp_path, CHAINS), CHAINS)
    twice = orders_done(first.record, filled(first, share="2"))
    assert all(each.left == 0.0 and each.done == pytest.approx(2 * each.asked) for each in twice)
    others = [replace(fill, plan="0x" + "9" * 16) for fill in filled(first)]
    assert all(each.done == 0.0 for each in orders_done(first.record, others))


def test_orders_done__worse_than_the_limit__slippage_is_what_it_cost(tmp_path: Path) -> None:
    first = planned(stated(tmp_path, CHAINS), CHAINS)
    number, trade = next((n, t) for n, t in enumerate(first.plan.trades) if t.layer != "delta" and t.side == "buy")
    fills = filled(first)
    worse = fills[number].price * D("1.1")
    fills[number] = replace(fills[number], price=worse, cash=-fills[number].quantity * worse)
    done = orders_done(first.record, fills)[number]
    assert done.slippage_usd == pytest.approx(0.1 * trade.quantity * trade.limit_usd)
    assert done.average_usd == pytest.approx(1.1 * trade.limit_usd)


def test_order_label__plan_and_order__fit_into_what_venues_take() -> None:
    label = order_label("0x" + "ab" * 32, 12)
    assert label == "alvh:abababababababab:12"
    assert read_label(label) == ("0x" + "ab" * 8, "12")
    for other in ("", "mine", "alvh:ABAB:1", "alvh:abababababababab:0", f"{label} ", "alvh:abababababababab:12345"):
        assert read_label(other) is None


def test_ledger_book__later_entries__do_not_count_and_are_told(tmp_path: Path) -> None:
    first = planned(stated(tmp_path, CHAINS), CHAINS)
    fills = filled(first)
    ledger = ledger_book("main", [*fills, replace(fills[0], id="late", at_ms=(AT + DAY) * 1000)], {}, AT + 600)
    assert (len(ledger.fills), ledger.later) == (len(fills), 1)


def test_aligned__chain_that_expires_at_another_hour__takes_its_expiry_of_the_day() -> None:
    row = CHAINS["ETH"].rows[0]
    eight = row.expiry_at // DAY * DAY + 8 * 3_600
    assert aligned(Contract("ETH", eight, row.strike, row.is_call), CHAINS["ETH"]).expiry_at == row.expiry_at
    other = Contract("ETH", eight + 300 * DAY, row.strike, row.is_call)
    assert aligned(other, CHAINS["ETH"]) == other == aligned(other, None)


def test_mark_ledger__filled_plan_after_a_move__marks_profit_and_explanation_agree_to_the_cent(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS)
    first = planned(seen, CHAINS)
    later, chains = moved(seen, 1_800.0, DAY)
    ledger = ledger_book("main", filled(first), {}, AT + DAY)
    held = mark_ledger(ledger, later.exposure, later.market, chains, later.governed.parameters)
    total = sum(float(profit.total or 0) for profit in held.profit)
    explained = explain_since(first.record, later.book.positions, later.exposure, later.market, held)
    assert explained is not None
    assert explained.of(Group.HEDGE) == pytest.approx(total, abs=0.005)
    change = later.exposure.value_usd - seen.exposure.value_usd
    assert explained.of(Group.POOLS) == pytest.approx(change, abs=0.005)
    assert explained.profit_usd == pytest.approx(change + total, abs=0.01)
    named = {part.name: part.usd for part in explained.parts}
    assert named["slippage"] < 0.0
    assert named["fees of trading"] == pytest.approx(-sum(trade.fee_usd for trade in first.plan.trades), rel=1e-6)
    assert {cover.layer for cover in held.covers} <= {"delta", "condor", "volatility", "tail"}
    assert held.to_dict()["margin"]["left_usd"] is None  # no deposit is on record
    assert held.margin.initial > 0.0


def test_explain_since__legs_held_before_the_plan__are_marked_as_it_valued_them(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS)
    before = planned(seen, CHAINS)
    fills = [replace(fill, at_ms=(AT - DAY) * 1000 + place) for place, fill in enumerate(filled(before, named=False))]
    ledger = ledger_book("main", fills, {}, AT + DAY)
    record = planned(seen, CHAINS, ledger_book("main", fills, {}, AT)).record
    later, chains = moved(seen, 2_100.0, DAY)
    held = mark_ledger(ledger, later.exposure, later.market, chains, later.governed.parameters)
    explained = explain_since(record, later.book.positions, later.exposure, later.market, held)
    assert explained is not None
    named = {part.name: part.usd for part in explained.parts}
    assert (named["slippage"], named["fees of trading"]) == (0.0, 0.0)
    same = mark_ledger(ledger_book("main", fills, {}, AT), seen.exposure, seen.market, CHAINS, seen.governed.parameters)
    gain = {p.instrument: float(p.total or 0) for p in held.profit}
    start = {p.instrument: float(p.total or 0) for p in same.profit}
    assert explained.of(Group.HEDGE) == pytest.approx(sum(gain.values()) - sum(start.values()), rel=1e-3)


def test_read_export__trades_with_the_tickets_labels__name_plan_and_order(tmp_path: Path) -> None:
    label = order_label("0x" + "ab" * 32, 7)
    row = {
        "trade_id": "9", "timestamp": 1740996000123, "instrument_name": "ETH-28MAR25-1800-P", "direction": "buy",
        "amount": 10, "price": 0.02, "fee": 0.003, "fee_currency": "ETH", "index_price": 2000, "order_id": "ETH-55",
    }  # fmt: skip
    path = tmp_path / "trades.json"
    rows = [row | {"label": label}, row | {"trade_id": "10", "label": "by hand"}]
    path.write_text(json.dumps(rows), encoding="utf-8")
    first, second = read_export(path, "main", now_ms=2_000_000_000_000).fills
    assert (first.plan, first.order, first.note) == ("0x" + "ab" * 8, "7", "ETH-55")
    assert (second.plan, second.order) == ("", "")


def test_report__plan_beside_a_ledger__shows_legs_cover_profit_and_return(tmp_path: Path) -> None:
    seen = stated(tmp_path, CHAINS)
    fills = filled(planned(seen, CHAINS), later=-60)
    again = planned(seen, CHAINS, ledger_book("main", fills, {}, AT))
    hedge = marked_hedge(again, CapitalConfig(own_cost=0.08, margin_cost=0.04))
    page = render_report(report_content(again, "Plan", hedge=hedge))
    for words in ("Held: book main of the ledger", fills[-1].instrument, "Of the pools’ gamma", "Profit since", "WACC"):
        assert words in page
    assert "Held: book" not in render_report(report_content(planned(seen, CHAINS), "Plan"))
