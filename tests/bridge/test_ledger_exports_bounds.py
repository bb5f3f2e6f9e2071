"""What exports of venues may say: amounts that can be, offsets from UTC, pages of an answer, liquidations."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import RefusedRows, UsageError
from bridge.ledger.exports import Export, read_export
from bridge.ledger.exports.worth import check_worth, coin_price
from bridge.ledger.hand import hand_fill
from hedge.ledger.fills import FillKind
from hedge.ledger.instruments import read_instrument
from hedge.options.inverse import inverse_price
from tests.hedge.made_year import NOW_MS, made_year, trades_json

pytestmark = pytest.mark.unit

D = Decimal
HEAD = "time,kind,instrument,side,quantity,price,currency,cash,fee,index"
PUT = "2025-03-03 10:00:00,trade,ETH-28MAR25-1800-P,buy,10,0.02,,,,2000"
DELIVERY = "2025-03-28 08:00:00,delivery,ETH-28MAR25-1800-P,sell,10,1600,,,,"
LOG = (
    "ID,UserSeq,Date,Instrument,Type,Side,Amount,Price,Index Price,Cash Flow,Funding,Fee Charged,Change,"
    "Trade ID,Order ID"
)


def read(tmp_path: Path, *lines: str, name: str = "fills.csv") -> Export:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_export(path, "main", now_ms=NOW_MS)


@pytest.mark.parametrize(
    ("option", "price", "words"),
    [
        ("1200-P", "0.4", "price: 0.4 ETH cannot be: at the index 2000 it is worth 0 or more, and at most 0.2"),
        ("1200-P", "0.6", "it is in coin, 1200 USD a unit"),
        ("1800-P", "0.9", "price: 0.9 ETH cannot be"),
        ("4000-C", "0.55", "price: 0.55 ETH cannot be"),
        ("1000-C", "0.01", "price: 0.01 ETH cannot be: at the index 2000 it is worth 0.42"),
        ("1000-C", "0.4", "price: 0.4 ETH cannot be"),
        ("4000-P", "0.02", "price: 0.02 ETH cannot be: at the index 2000 it is worth 0.79"),
        ("4000-P", "0.7", "price: 0.7 ETH cannot be"),
    ],
)
def test_read_export__price_in_coin_that_cannot_be__is_refused_with_its_bounds(
    tmp_path: Path, option: str, price: str, words: str
) -> None:
    row = PUT.replace("1800-P,buy,10,0.02", f"{option},buy,10,{price}")
    with pytest.raises(RefusedRows) as caught:
        read(tmp_path, HEAD, row)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("option", "price"),
    [
        ("1200-P", "0.0005"),
        ("1200-P", "0.03"),
        ("1800-P", "0.12"),
        ("1000-C", "0.49"),
        ("1000-C", "0.53"),
        ("4000-P", "0.97"),
        ("4000-P", "1.05"),
        ("4000-C", "0.0001"),
        ("2000-C", "0.2"),
    ],
)
def test_read_export__price_in_coin_of_some_market__is_read(tmp_path: Path, option: str, price: str) -> None:
    (fill,) = read(tmp_path, HEAD, PUT.replace("1800-P,buy,10,0.02", f"{option},buy,10,{price}")).fills
    assert fill.price == D(price)


def test_check_worth__every_mark_of_recorded_chains__can_be(recorded: Path) -> None:
    table = pd.read_parquet(
        recorded / "iv" / "deribit_chains_daily_2026h1.parquet",
        columns=["instrument_name", "timestamp", "index_price", "underlying", "strike", "bid_price", "ask_price"],
    )
    table = table[(table["ask_price"] < 1.5 * table["bid_price"]) & (table["bid_price"] > 0)].iloc[::40]
    assert len(table) > 3000
    for row in table.itertuples():
        traded, at_ms = read_instrument(str(row.instrument_name)), int(row.timestamp.timestamp() * 1000)
        for price in (row.bid_price, row.ask_price):
            check_worth(traded, D(str(price)), D(str(row.index_price)), at_ms)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (PUT.replace(",10,0.02,", ",1e-25,1e-25,"), "line 2, quantity: x price = .* is absurd"),
        (PUT.replace("ETH-28MAR25-1800-P,buy,10,0.02", "ETH_USDC-28MAR25-1800-P,buy,1e12,10"), "quantity: x price = "),
        (PUT.replace(",10,0.02,", ",10,1.13,"), "price: 1.13 ETH is more than it can be worth: it is priced in coin"),
        (PUT.replace("1800-P,buy,10,0.02", "1800-C,buy,10,1.01"), "price: 1.01 ETH is more than it can be worth"),
        (PUT.replace(",10,0.02,", ",1e9,0.02,"), "quantity: .* is absurd: 2.00e[+]12 USD of ETH, more than 1e[+]10 in"),
        (PUT.replace("ETH-28MAR25-1800-P,buy,10,", "ETH_USDC-28MAR25-1800-P,buy,1e7,"), "USD of ETH, more than 1e"),
        (PUT.replace("ETH-28MAR25-1800-P,buy,10,0.02", "ETH-PERPETUAL,buy,2e10,2000"), "2e[+]10 USD of ETH"),
        (PUT.replace("ETH-28MAR25-1800-P,buy,10,0.02", "ETH_USDC-PERPETUAL,buy,1e7,2000"), "2.00e[+]10 USD of ETH"),
        (PUT.replace(",,2000", ",500000.1,2000"), "fee: 500000.1 is absurd: 1.00e[+]9 USD at its index 2000"),
        (PUT.replace(",,2000", ",-600000,2000"), "fee: -600000 is absurd"),
        ("2025-03-03 10:00:00,funding,ETH-PERPETUAL,in,6e5,,,,,2000", "quantity: 600000 is absurd"),
        ("2025-03-03 10:00:00,fee,,,,,USDC,,1000000001,", "fee: 1000000001 is absurd"),
        ("2025-03-03 10:00:00,transfer,,in,5,,USDC,4,,", "cash: 4 is not what side and quantity say: 5"),
        (DELIVERY.replace(",1600,,,,", ",1600,,1.3,,"), "cash: 1.3 is not what 10 pay at 1600: 1.25"),
        (DELIVERY.replace(",1600,,,,", ",1600,,0,,"), "cash: 0 is not what 10 pay at 1600"),
        (DELIVERY.replace(",1600,", ",,"), "price: must not be empty"),
        (DELIVERY.replace(",10,1600,", ",1e12,1e-30,"), "row: its numbers together are absurd"),
        (PUT.replace("10:00:00", "10:00:00+25:00"), "time: .* has no offset from UTC that is: write UTC, or [+]01:00"),
        (PUT.replace("10:00:00", "10:00:00+01:75"), "time: .* has no offset from UTC that is"),
        (PUT.replace("10:00:00", "10:00:00-14:30"), "time: .* has no offset from UTC that is"),
    ],
)
def test_read_export__numbers_that_cannot_be__are_refused_by_line_and_column(
    tmp_path: Path, row: str, words: str
) -> None:
    with pytest.raises(RefusedRows, match=words) as refused:
        read(tmp_path, HEAD, row)
    assert refused.value.faults[0].row == 2


def test_hand_fill__numbers_that_cannot_be_and_ids_of_corrections__are_refused_by_option() -> None:
    said = {"instrument": "ETH-28FEB25-1800-P", "side": "sell", "quantity": "1e12", "price": "1e-30"}
    with pytest.raises(UsageError, match="--quantity, --price and --index together are absurd"):
        hand_fill(said | {"kind": "delivery"}, "main", NOW_MS)
    trade = said | {"time": "2025-02-03 10:00:00", "quantity": "1", "price": "0.1", "index": "2000"}
    for entry in ("reversal:7", "7~2"):
        with pytest.raises(UsageError, match="--id: "):
            hand_fill(trade | {"id": entry}, "main", NOW_MS)


def test_read_export__plain_delivery__is_rounded_half_even_at_18_decimals(tmp_path: Path) -> None:
    (fill,) = read(tmp_path, HEAD, DELIVERY.replace(",10,1600,", ",10,1533.7,")).fills
    exact = D(10) * (1800 - D("1533.7")) / D("1533.7")
    assert (fill.cash, fill.cash.as_tuple().exponent) == (exact.quantize(D("1e-18")), -18)


def test_read_export__offsets_of_this_world__are_read(tmp_path: Path) -> None:
    for offset, at_ms in (("+05:45", 1740975300000), ("-12:00", 1741039200000), ("+14:00", 1740945600000)):
        (fill,) = read(tmp_path, HEAD, PUT.replace("10:00:00", f"10:00:00{offset}")).fills
        assert fill.at_ms == at_ms


def test_read_export__answer_with_more_pages__says_so(tmp_path: Path) -> None:
    answer = json.loads(trades_json([next(event for event in made_year().events if event.type == "trade")]))
    answer["result"]["has_more"] = False
    assert not read(tmp_path, json.dumps(answer), name="t.json").more
    answer["result"]["has_more"] = True
    assert read(tmp_path, json.dumps(answer), name="t.json").more


def test_read_export__liquidation__is_a_trade_where_it_has_price_and_trade_id(tmp_path: Path) -> None:
    row = "7,1,03/03/25 10:00:00,ETH-28MAR25-1800-P,liquidation,close sell,10,0.02,2000,0.2,-,0.003,0.197,ETH-1,-"
    export = read(tmp_path, LOG, row, row.replace("7,1,", "8,2,").replace("ETH-1,", "-,"))
    (fill,) = export.fills
    assert (fill.kind, fill.id, fill.quantity, fill.cash) == (FillKind.TRADE, "trade:ETH-1", D(-10), D("0.2"))
    assert export.left_out == {"liquidation": 1}


@given(
    forward=st.floats(10.0, 1e6), moneyness=st.floats(0.05, 20.0), years=st.floats(1.0 / 8760, 3.0),
    vol=st.floats(0.05, 5.0), is_call=st.booleans(),
)  # fmt: skip
def test_coin_price__any_option__is_that_of_the_array_pricer(
    forward: float, moneyness: float, years: float, vol: float, is_call: bool
) -> None:
    found = coin_price(forward, forward * moneyness, years, vol, is_call)
    wanted = float(inverse_price(forward, forward * moneyness, years, vol, is_call=is_call))
    assert abs(found - wanted) < 1e-12 * max(1.0, moneyness)
