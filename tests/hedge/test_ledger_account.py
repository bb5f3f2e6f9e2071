"""Positions, cash and profit from fills: average cost, flips, expiries, reversals, and the identities they keep."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge.errors import BadInput, BadReversal, DuplicateEntry, UnknownInstrument
from hedge.instruments.contract import Contract
from hedge.ledger.account import account
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import InstrumentKind, read_instrument
from hedge.ledger.results import Account, Position
from hedge.ledger.reversals import standing

pytestmark = pytest.mark.unit

D = Decimal
PUT, CALL, LINEAR = "ETH-28MAR25-1800-P", "ETH-28MAR25-2000-C", "ETH_USDC-28MAR25-1800-P"
PERPETUAL, LINEAR_PERPETUAL, FUTURE = "ETH-PERPETUAL", "ETH_USDC-PERPETUAL", "ETH-28MAR25"
EXPIRY = 1_743_148_800
AFTER = EXPIRY * 1000 + 1
NUMBERS = count(1)


def fill(name: str, quantity: str, price: str, index: str = "2000", fee: str = "0", **rest: object) -> Fill:
    """Return a trade; its cash is that of an option."""
    traded = read_instrument(name)
    number = next(NUMBERS)
    cash = -D(quantity) * D(price) if traded.is_option else D(0)
    made = Fill(
        "main", "deribit", f"t{number}", 1_740_000_000_000 + number, FillKind.TRADE, name, D(quantity), D(price),
        traded.currency, cash, D(fee), D(1) if traded.linear else D(index),
    )  # fmt: skip
    return replace(made, **rest)  # type: ignore[arg-type]


def delivered(name: str, quantity: str, price: str, cash: str, fee: str = "0") -> Fill:
    made = fill(name, quantity, price, price, fee, kind=FillKind.DELIVERY, at_ms=EXPIRY * 1000)
    return replace(made, cash=D(cash))


def only(found: Account, name: str) -> Position:
    return found.positions["main", "deribit", name]


@pytest.mark.parametrize(
    ("name", "kind", "asset", "currency", "strike"),
    [
        ("ETH-28MAR25-1800-P", InstrumentKind.OPTION, "ETH", "ETH", "1800"),
        ("XRP_USDC-30JUN23-0d625-C", InstrumentKind.OPTION, "XRP", "USDC", "0.625"),
        ("BTC-5JUN26", InstrumentKind.FUTURE, "BTC", "BTC", "0"),
        ("SOL_USDC-PERPETUAL", InstrumentKind.PERPETUAL, "SOL", "USDC", "0"),
    ],
)
def test_read_instrument__names_of_the_venue__are_read(
    name: str, kind: InstrumentKind, asset: str, currency: str, strike: str
) -> None:
    read = read_instrument(name)
    assert (read.kind, read.asset, read.currency, read.strike) == (kind, asset, currency, D(strike))
    assert read.linear is (currency == "USDC")


def test_read_instrument__option__is_its_contract_whatever_it_settles_in() -> None:
    assert read_instrument(PUT).contract == read_instrument(LINEAR).contract == Contract("ETH", EXPIRY, 1800.0, False)
    assert read_instrument(LINEAR).future == "ETH_USDC-28MAR25"
    with pytest.raises(UnknownInstrument):
        _ = read_instrument(PERPETUAL).contract


@pytest.mark.parametrize(
    "name",
    [
        "", "ETH", "ETH_USDC", "eth-perpetual", "ETH-05JUN26", "ETH-31FEB26-100-C", "ETH-5JUX26", "ETH-5JUN26-0-C",
        "ETH-5JUN26-01800-C", "ETH-5JUN26-1800d50-C", "ETH-5JUN26-1800-X", "ETH_EUR-PERPETUAL", "ETH-PERPETUAL\n",
        "ETH-5JUN26-\u0661800-C", "ETH-CS-5JUN26-1800_1900",
    ],
)  # fmt: skip
def test_read_instrument__anything_else__is_refused(name: str) -> None:
    with pytest.raises(UnknownInstrument):
        read_instrument(name)


def test_account__option_bought_twice_and_part_sold__is_at_average_cost() -> None:
    found = account([
        fill(PUT, "10", "0.02", "2000", "0.003"), fill(PUT, "30", "0.04", "1900"), fill(PUT, "-10", "0.05", "1800"),
    ])  # fmt: skip
    held = only(found, PUT)
    assert (held.quantity, held.average_price) == (D(30), D("0.035"))
    assert held.average_cost_usd == (D(10) * D("0.02") * 2000 + D(30) * D("0.04") * 1900) / 40
    assert held.realised == D("0.5") - D("0.35")
    assert held.realised_usd == D("0.5") * 1800 - 10 * held.average_cost_usd
    assert (held.fees, held.fees_usd) == (D("0.003"), D(6))
    assert found.cash == {("main", "deribit", "ETH"): D("-0.2") - D("1.2") + D("0.5") - D("0.003")}


def test_account__option_flipped_through_zero__starts_anew_at_the_price_of_the_flip() -> None:
    held = only(account([fill(PUT, "10", "0.02"), fill(PUT, "-25", "0.03")]), PUT)
    assert (held.quantity, held.average_price, held.realised) == (D(-15), D("0.03"), D("0.1"))


def test_account__inverse_perpetual__gains_coin_against_the_harmonic_average() -> None:
    found = account([
        fill(PERPETUAL, "1000", "2000"), fill(PERPETUAL, "3000", "1500"), fill(PERPETUAL, "-2000", "2500", "2400"),
    ])  # fmt: skip
    held = only(found, PERPETUAL)
    assert held.quantity == D(2000)
    assert held.average_price == D(4000) / (D(1000) / 2000 + D(3000) / 1500)
    assert held.realised == D(2000) * (1 / D(1600) - 1 / D(2500))
    assert held.realised_usd == held.realised * 2400
    assert found.cash["main", "deribit", "ETH"] == held.realised
    assert held.unrealised_usd(D(3200)) == D(2000) * (1 / D(1600) - 1 / D(3200)) * 3200


def test_account__linear_perpetual__gains_plainly() -> None:
    found = account([fill(LINEAR_PERPETUAL, "-3", "2000"), fill(LINEAR_PERPETUAL, "1", "1900")])
    held = only(found, LINEAR_PERPETUAL)
    assert (held.realised, held.realised_usd, held.average_cost_usd) == (D(100), D(100), D(2000))
    assert held.unrealised_usd(D(2100)) == D(-200)


def test_account__funding_fees_and_transfers__are_cash_in_their_currency() -> None:
    base = fill(PERPETUAL, "10", "2000")
    found = account([
        replace(base, id="f", kind=FillKind.FUNDING, quantity=D(0), price=D(0), cash=D("-0.01")),
        replace(base, id="c", kind=FillKind.FEE, instrument="", quantity=D(0), currency="USDC", fee=D(7), index=D(1)),
        replace(base, id="d", kind=FillKind.TRANSFER, instrument="", quantity=D(0), cash=D(5), fee=D("0.1")),
    ])  # fmt: skip
    assert found.cash == {("main", "deribit", "ETH"): D("4.89"), ("main", "deribit", "USDC"): D(-7)}
    assert [flow.usd for flow in found.flows()] == [D(-7), D(9800), D(-20)]
    assert found.realised_by_day() == {"2025-02-19": D(-227)}
    assert {row.instrument: row.total for row in found.profit({})} == {"": D(-207), PERPETUAL: D(-20)}


def test_account__expired_in_the_money__is_paid_out_less_the_delivery_fee() -> None:
    found = account([fill(PUT, "10", "0.02"), fill(CALL, "-5", "0.01")], {("deribit", "ETH", EXPIRY): D(1600)}, AFTER)
    put, call = only(found, PUT), only(found, CALL)
    assert (put.quantity, put.realised, put.settled) == (D(0), D("1.25") - D("0.2"), True)
    assert (put.realised_usd, put.fees, put.fees_usd) == (D(2000) - D(400), D("0.0015"), D("2.4"))
    assert (call.realised, call.fees, call.settled) == (D("0.05"), D(0), True)
    assert found.unsettled == ()
    near = account([fill(PUT, "-10", "0.02")], {("deribit", "ETH", EXPIRY): D("1799.4")}, AFTER)
    assert only(near, PUT).fees_usd == pytest.approx(D(10) * D("0.125") * D("0.6"))


def test_account__expired_without_a_delivery_price__is_unsettled() -> None:
    fills = [fill(PUT, "10", "0.02"), fill(PERPETUAL, "10", "2000")]
    found = account(fills, {}, AFTER)
    assert [held.instrument for held in found.unsettled] == [PUT]
    assert account(fills, {("deribit", "ETH", EXPIRY): D(1600)}, EXPIRY * 1000 - 1).unsettled == ()
    assert only(account(fills, {("deribit", "ETH", EXPIRY): D(1600)}), PUT).quantity == D(10)
    assert only(account(fills, {("deribit", "ETH", EXPIRY): D(1600)}, EXPIRY * 1000), PUT).settled


def test_account__delivery_that_names_no_price_and_no_cash__is_worthless() -> None:
    found = account([fill(PUT, "10", "0.02"), replace(delivered(PUT, "-10", "1600", "0"), price=D(0))])
    assert (only(found, PUT).realised, list(found.positions)) == (D("-0.2"), [("main", "deribit", PUT)])


def test_account__venues_own_delivery__takes_the_place_of_ours() -> None:
    opened = fill(PUT, "10", "0.02")
    ours = account([opened], {("deribit", "ETH", EXPIRY): D(1600)}, AFTER)
    theirs = account(
        [opened, delivered(PUT, "-10", "1600", "1.25", "0.0015")], {("deribit", "ETH", EXPIRY): D(1600)}, AFTER
    )
    assert only(ours, PUT) == only(theirs, PUT)
    assert ours.cash == theirs.cash


@pytest.mark.parametrize(("name", "size", "sign"), [(PUT, "18000", 1), (CALL, "20000", -1)])
@pytest.mark.parametrize("held", ["10", "-10"])
def test_account__option_that_became_a_future__gains_what_a_delivery_pays(
    name: str, size: str, sign: int, held: str
) -> None:
    price, long = ("1600", D(held) > 0) if name == PUT else ("2600", D(held) > 0)
    traded = read_instrument(name)
    paid = D(held) * traded.payoff(D(price)) / D(price)
    close = D(size) * sign * (1 if long else -1)
    opened = fill(name, held, "0.02")
    plain = account([opened, delivered(name, str(-D(held)), price, str(paid), "0.001")])
    twice = account([
        opened, delivered(name, str(-D(held)), price, "0", "0.001"), delivered(FUTURE, str(close), price, "0"),
    ])  # fmt: skip
    assert abs(plain.cash["main", "deribit", "ETH"] - twice.cash["main", "deribit", "ETH"]) < D("1e-17")
    assert abs(sum(r.total or 0 for r in plain.profit({})) - sum(r.total or 0 for r in twice.profit({}))) < D("1e-12")
    assert only(twice, FUTURE).quantity == 0
    assert only(twice, name).realised == pytest.approx(only(plain, name).realised)


def test_account__linear_option_that_became_a_future__nets_with_a_future_that_was_held() -> None:
    future = "ETH_USDC-28MAR25"
    fills = [fill(LINEAR, "10", "30"), fill(future, "10", "1700"), delivered(LINEAR, "-10", "1600", "0")]
    found = account([replace(entry, index=D(1)) for entry in fills])
    assert found.cash["main", "deribit", "USDC"] == D(-300) + D(2000) - D(1000)
    assert only(found, future).quantity == 0


def test_account__expired_future__closes_at_the_delivery_price() -> None:
    found = account([fill(FUTURE, "1000", "2000")], {("deribit", "ETH", EXPIRY): D(1600)}, AFTER)
    assert only(found, FUTURE).realised == D(1000) * (1 / D(2000) - 1 / D(1600))


def test_standing__reversal__drops_both_entries() -> None:
    wrong = fill(PUT, "10", "0.02", fee="0.003")
    taken = replace(wrong, id="r", quantity=-wrong.quantity, cash=-wrong.cash, fee=-wrong.fee, reverses=wrong.id)
    kept = fill(CALL, "1", "0.01")
    assert standing([taken, kept, wrong]) == [kept]
    assert account([taken, kept, wrong]) == account([kept])


def test_standing__reversal_of_nothing_a_reversal_or_other_numbers__is_refused() -> None:
    wrong = fill(PUT, "10", "0.02", fee="0.003")
    taken = replace(wrong, id="r", quantity=-wrong.quantity, cash=-wrong.cash, fee=-wrong.fee, reverses=wrong.id)
    for fills, words in (
        ([taken], "there is no such entry"),
        ([wrong, replace(taken, book="other")], "there is no such entry"),
        ([wrong, taken, replace(wrong, id="s", reverses="r")], "it is a reversal itself"),
        ([wrong, taken, replace(taken, id="s")], "taken back already"),
        ([wrong, replace(taken, fee=D(0))], "fee must be"),
        ([wrong, replace(taken, price=D(1))], "price must be"),
    ):
        with pytest.raises(BadReversal, match=words):
            standing(fills)


def test_standing__one_id_with_other_numbers__is_refused_and_identical_ones_are_one() -> None:
    entry = fill(PUT, "10", "0.02")
    assert standing([entry, replace(entry)]) == [entry]
    with pytest.raises(DuplicateEntry, match="twice with other numbers"):
        standing([entry, replace(entry, fee=D(1))])


@pytest.mark.parametrize(
    "entry",
    [
        fill(PERPETUAL, "10", "2000", cash=D(1)),
        fill(PERPETUAL, "10", "0"),
        fill(PUT, "10", "0.02", currency="USDC"),
        fill(PUT, "10", "0.02", instrument=""),
        fill(PUT, "1e30", "1e30"),
        fill(PERPETUAL, "1e50", "1e-50"),
    ],
)
def test_account__fill_that_cannot_be__is_refused(entry: Fill) -> None:
    with pytest.raises(BadInput):
        account([entry])


def test_account__delivery_price_that_is_none__is_refused() -> None:
    for price in (D(0), D("NaN"), D("Infinity")):
        with pytest.raises(BadInput, match="delivery price"):
            account([fill(PUT, "1", "0.02")], {("deribit", "ETH", EXPIRY): price}, AFTER)


def test_account__several_books_and_venues__are_kept_apart() -> None:
    entry = fill(PUT, "10", "0.02")
    found = account([entry, replace(entry, book="other"), replace(entry, venue="otc")])
    assert [key[:2] for key in found.positions] == [("main", "deribit"), ("main", "otc"), ("other", "deribit")]
    assert len(found.flows("main")) == len(found.flows(venue="deribit")) == 2
    assert len(found.flows("main", "otc")) == 1


def test_profit__without_a_mark__is_unknown_only_where_something_is_held() -> None:
    rows = account([fill(PUT, "10", "0.02"), fill(CALL, "1", "0.02"), fill(CALL, "-1", "0.02")]).profit({})
    assert [(row.instrument, row.total) for row in rows] == [(PUT, None), (CALL, D(0))]
    with pytest.raises(BadInput, match="mark"):
        account([]).profit({PUT: D("NaN")})


def test_holdings__inverse_and_linear__are_added_up_in_units_of_the_asset() -> None:
    base = fill(PUT, "10", "0.02")
    fills = [
        base, fill(LINEAR, "-4", "30"), fill(PERPETUAL, "-4000", "2000"), fill(LINEAR_PERPETUAL, "3", "2000"),
        fill(CALL, "2", "0.01", book="other"),
    ]  # fmt: skip
    held = account(fills).holdings("main", {"ETH": 2000.0})
    assert held.options == {Contract("ETH", EXPIRY, 1800.0, False): 6.0}
    assert held.perpetuals == {"ETH": 1.0}
    assert math.isnan(held.cash_usd)
    moved = replace(base, id="d", kind=FillKind.TRANSFER, instrument="", quantity=D(0), price=D(0), cash=D(3))
    assert account([*fills, moved]).holdings("main", {"ETH": 2000.0}).cash_usd == pytest.approx(2.8 * 2000 + 120)
    assert account(fills, {}, AFTER).holdings("main", {"ETH": 2000.0}).options == {}
    without = account([*fills, moved])
    assert without.holdings("main", {}).empty
    assert math.isnan(without.holdings("main", {}).cash_usd)
    assert set(without.unpriced("main", {})) == {PUT, LINEAR, PERPETUAL, LINEAR_PERPETUAL}
    assert without.unpriced("main", {"ETH": 2000.0}) == ()


NAMES = (PUT, CALL, LINEAR, PERPETUAL, LINEAR_PERPETUAL, FUTURE)


@st.composite
def ledgers(draw: st.DrawFn) -> list[Fill]:
    """Return up to thirty trades in six instruments, of which any may flip the position."""
    made = []
    for number in range(draw(st.integers(1, 30))):
        name = draw(st.sampled_from(NAMES))
        tenths = draw(st.integers(-500, 500).filter(bool))
        price = D(draw(st.integers(1, 999))) / 1000 if name in (PUT, CALL) else D(draw(st.integers(100, 9_999)))
        entry = fill(name, str(D(tenths) / 10), str(price), str(draw(st.integers(100, 9_999))), "0.0001")
        made.append(replace(entry, at_ms=1_740_000_000_000 + number * 1000, id=f"p{number}"))
    return made


MARKS = {name: D("1234.5") for name in NAMES}


@settings(deadline=None)
@given(ledgers(), st.randoms(use_true_random=False))
def test_account__any_order_of_import__is_the_same(fills: list[Fill], chance: random.Random) -> None:
    shuffled = list(fills)
    chance.shuffle(shuffled)
    assert account(shuffled) == account(fills)


@settings(deadline=None)
@given(ledgers(), st.booleans())
def test_profit__any_ledger__ties_to_the_last_digit(fills: list[Fill], expired: bool) -> None:
    found = account(fills, {("deribit", "ETH", EXPIRY): D("1600.07")}, AFTER if expired else None)
    rows = found.profit(MARKS)
    for row in rows:
        assert row.unrealised is not None
        assert row.total == row.realised + row.unrealised - row.fees + row.funding
    worth = sum((held.value_usd(MARKS[held.instrument]) for held in found.positions.values()), D(0))
    assert sum((row.total or D(0) for row in rows), D(0)) == sum((flow.usd for flow in found.flows()), D(0)) + worth
    assert sum(found.realised_by_day().values(), D(0)) == sum((row.realised - row.fees for row in rows), D(0))


def parts(fills: list[Fill]) -> Iterator[Fill]:
    """Return every fill in two parts at the same price, one after the other."""
    for entry in fills:
        for share, letter in ((D("0.3"), "a"), (D("0.7"), "b")):
            part = {name: getattr(entry, name) * share for name in ("quantity", "cash", "fee")}
            yield replace(entry, id=entry.id + letter, **part)


@settings(deadline=None)
@given(ledgers())
def test_account__every_fill_in_two__changes_nothing_but_their_number(fills: list[Fill]) -> None:
    whole, split = account(fills), account(list(parts(fills)))
    for key, held in whole.positions.items():
        other = split.positions[key]
        assert (other.quantity, other.trades) == (held.quantity, 2 * held.trades)
        for name in ("basis", "basis_usd", "realised", "realised_usd", "fees_usd", "flows_usd"):
            assert abs(getattr(other, name) - getattr(held, name)) < D("1e-12"), name


@settings(deadline=None)
@given(ledgers(), st.data())
def test_account__entry_taken_back_and_entered_again__is_as_if_nothing_happened(
    fills: list[Fill], data: st.DataObject
) -> None:
    wrong = data.draw(st.sampled_from(fills))
    taken = replace(
        wrong, id="r", quantity=-wrong.quantity, cash=-wrong.cash, fee=-wrong.fee, reverses=wrong.id, at_ms=AFTER
    )
    again = replace(wrong, id=wrong.id + "x")
    found = account([*fills, taken, again])
    assert found.cash == account(fills).cash
    assert found.positions == account(fills).positions
    assert account([*fills, taken]) == account([entry for entry in fills if entry is not wrong])


def test_deliveries__two_venues__each_pays_out_at_its_own_price() -> None:
    fills = [fill(PUT, "10", "0.02"), replace(fill(PUT, "10", "0.02"), venue="otc", id="other")]
    prices = {("deribit", "ETH", EXPIRY): D(1600), ("otc", "ETH", EXPIRY): D(1700)}
    found = account(fills, prices, AFTER)
    paid = {held.venue: round(held.realised_usd, 9) for held in found.positions.values()}
    assert paid == {"deribit": D(10 * 200 - 400), "otc": D(10 * 100 - 400)}
    one = account(fills, {("deribit", "ETH", EXPIRY): D(1600)}, AFTER)
    assert [held.venue for held in one.unsettled] == ["otc"]


@pytest.mark.parametrize(("held", "deliveries"), [("10", ["-10", "-10"]), ("0", ["-10"]), ("10", ["10"])])
def test_account__delivered_more_than_was_held__is_named_and_not_paid_out(held: str, deliveries: list[str]) -> None:
    fills = [fill(PUT, held, "0.02")] if D(held) else []
    fills += [delivered(PUT, quantity, "1600", "1.25") for quantity in deliveries]
    found = account(fills, {("deribit", "ETH", EXPIRY): D(1600)}, AFTER)
    position = only(found, PUT)
    assert position.quantity == D(held) + sum(map(D, deliveries))
    assert (position.over_delivered, position.settled, found.unsettled) == (True, False, ())


def test_account__delivered_in_parts__is_not_over_delivered() -> None:
    fills = [fill(PUT, "10", "0.02"), delivered(PUT, "-4", "1600", "0.5")]
    assert not only(account(fills, {}, AFTER), PUT).over_delivered
    found = only(account([*fills, delivered(PUT, "-6", "1600", "0.75")], {}, AFTER), PUT)
    assert (found.quantity, found.over_delivered, found.settled) == (D(0), False, True)
