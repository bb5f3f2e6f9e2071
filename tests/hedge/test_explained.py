"""Why book and hedge changed: parts that add up, and each part for what it says."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_books import MARKET, NOW, mixed_book

from hedge.book.exposure import position_exposure
from hedge.book.positions import Book, ConcentratedPosition
from hedge.decision.explained import Explained, Group, Part, PoolNow, explain_hedge, explain_pools
from hedge.ledger.account import account
from hedge.ledger.fills import Fill, FillKind
from hedge.market import Market

pytestmark = pytest.mark.unit
WEEK = 7 * 86_400
D = Decimal
PUT, PERP = "ETH-1DEC23-1800-P", "ETH-PERPETUAL"


def moved(eth: float, btc: float = 40_000.0) -> Market:
    return replace(MARKET, observed_at=NOW + WEEK, spots={"ETH": eth, "BTC": btc})


def pools(book: Book, market: Market) -> dict[str, PoolNow]:
    found = {}
    for position in book.positions:
        assert isinstance(position, ConcentratedPosition)
        identity = (position.pool, position.lower, position.upper)
        found[position.id] = PoolNow(identity, position.liquidity, position_exposure(position, market))
    return found


def by_name(parts: tuple[Part, ...]) -> dict[str, float]:
    return {part.name: part.usd for part in parts}


def explained(before: Book, after: Book, market: Market) -> tuple[Part, ...]:
    return explain_pools(pools(before, MARKET), pools(after, market), MARKET.spots, market.spots, WEEK)


@given(st.floats(400.0, 6_000.0), st.floats(10_000.0, 100_000.0))
def test_explain_pools__same_positions__price_and_il_are_the_whole_change(eth: float, btc: float) -> None:
    book, market = mixed_book(), moved(eth, btc)
    found = by_name(explained(book, book, market))
    value = float(book.value_usd(market.spots)) - float(book.value_usd(MARKET.spots))
    assert math.fsum(found.values()) == pytest.approx(value, abs=0.005)
    assert found["liquidity"] == pytest.approx(0.0, abs=0.005)
    assert found["LVR, as expected"] + found["IL beyond it"] <= 0.005
    assert found["LVR, as expected"] < 0.0


def test_explain_pools__half_of_a_position_withdrawn__is_moved_and_no_loss() -> None:
    book, market = mixed_book(), moved(1_800.0)
    whole = by_name(explained(book, book, market))
    first, *rest = book.positions
    assert isinstance(first, ConcentratedPosition)
    half = Book((replace(first, liquidity=first.liquidity / 2), *rest))
    found = by_name(explained(book, half, market))
    assert found["liquidity"] == pytest.approx(-float(first.value_usd(market.spots)) / 2)
    assert {name: usd for name, usd in found.items() if name != "liquidity"} == pytest.approx(
        {name: usd for name, usd in whole.items() if name != "liquidity"}
    )


def test_explain_pools__new_and_gone_positions__are_moved() -> None:
    book, market = mixed_book(), moved(2_200.0)
    gone = by_name(explained(book, Book(()), market))
    assert gone["liquidity"] == pytest.approx(-2.5e6)
    assert sum(abs(usd) for usd in gone.values()) == pytest.approx(2.5e6)
    new = by_name(explained(Book(()), book, market))
    assert new["liquidity"] == pytest.approx(float(book.value_usd(market.spots)))


def fill(number: int, instrument: str, quantity: str, price: str, index: str, **terms: Any) -> Fill:
    option = instrument.endswith(("-P", "-C"))
    cash = -D(quantity) * D(price) if option else D(0)
    values = {"kind": FillKind.TRADE, "cash": cash, "fee": D("0.01"), "at_ms": NOW * 1000 + number} | terms
    kind, cash, fee, at_ms = (values.pop(name) for name in ("kind", "cash", "fee", "at_ms"))
    return Fill("main", "deribit", f"t{number}", at_ms, kind, instrument, D(quantity), D(price), "ETH", cash, fee,
                D(index), **values)  # fmt: skip


FILLS = [
    fill(1, PUT, "10", "0.020", "2000"),
    fill(2, PERP, "-20000", "1990", "2000"),
    fill(3, PUT, "5", "0.030", "1900"),
    fill(4, PERP, "0", "0", "1900", kind=FillKind.FUNDING, cash=D("0.02"), fee=D(0)),
]


def test_explain_hedge__plan_then_trades__layers_slippage_fees_and_funding_add_up() -> None:
    before, after = account([]), account(FILLS)
    marks = {PUT: D(90), PERP: D(1_850)}
    parts = explain_hedge(before, after, {}, marks, {PUT: "tail", PERP: "delta"}, {PUT: 39.0, PERP: 2_000.0})
    found = by_name(parts)
    paid = 10 * 0.020 * 2_000 + 5 * 0.030 * 1_900
    assert found["slippage"] == pytest.approx((15 * 39.0 - paid) + 20_000 / 1_990 * (1_990 - 2_000))
    assert found["tail"] == pytest.approx(15 * (90 - 39.0))
    assert found["fees of trading"] == pytest.approx(-0.01 * (2_000 + 2_000 + 1_900))
    assert found["funding"] == pytest.approx(0.02 * 1_900)
    total = sum(profit.total for profit in after.profit(marks) if profit.total is not None)
    assert sum(found.values()) == pytest.approx(float(total), abs=0.005)


def test_explain_hedge__held_before__only_what_came_since_counts() -> None:
    before, after = account(FILLS[:2]), account(FILLS)
    earlier, later = {PUT: D(40), PERP: D(2_000)}, {PUT: D(90), PERP: D(1_850)}
    found = by_name(explain_hedge(before, after, earlier, later, {PUT: "tail", PERP: "delta"}, {}))
    assert found["slippage"] == 0.0
    assert found["tail"] == pytest.approx(10 * (90 - 40) + 5 * (90 - 0.030 * 1_900))
    assert found["fees of trading"] == pytest.approx(-0.01 * 1_900)


def test_explain_hedge__held_without_a_mark__is_left_out_and_the_rest_ties() -> None:
    layers = {PUT: "tail", PERP: "delta"}
    found = by_name(explain_hedge(account([]), account(FILLS), {}, {PERP: D(1_850)}, layers, {}))
    alone = by_name(explain_hedge(account([]), account(FILLS[1::2]), {}, {PERP: D(1_850)}, layers, {}))
    assert "tail" not in found
    assert found["delta"] == alone["delta"]


def test_explained__profit__leaves_out_what_was_moved() -> None:
    parts = (Part(Group.POOLS, "price", -5.0), Part(Group.HEDGE, "tail", 3.0), Part(Group.MOVED, "liquidity", 100.0))
    found = Explained(NOW, NOW + WEEK, parts)
    assert (found.profit_usd, found.of(Group.MOVED)) == (-2.0, 100.0)
    assert found.to_dict()["parts"][1] == {"group": "hedge", "name": "tail", "usd": 3.0}
