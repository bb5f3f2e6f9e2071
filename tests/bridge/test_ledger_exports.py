"""Exports of venues as fills: what is read, what is left out, what is refused."""

from __future__ import annotations

import doctest
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.errors import BadFile, RefusedRows
from bridge.ledger.exports import Export, read_export
from bridge.ledger.exports.index import read_index
from bridge.ledger.exports.row import read_time
from hedge.ledger.account import account
from hedge.ledger.fills import FillKind
from tests.hedge.made_year import NOW_MS, log_csv, made_year, trades_json

pytestmark = pytest.mark.unit

D = Decimal
EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
HEAD = "time,id,instrument,side,quantity,price,fee,index"
TRADE = "2025-03-03 10:00:00,1,ETH-28MAR25-1800-P,buy,10,0.02,0.003,2000"
LOG = (
    "ID,UserSeq,Date,Instrument,Type,Side,Amount,Price,Index Price,Cash Flow,Funding,Fee Charged,Change,"
    "Trade ID,Order ID"
)
OPTION = "7,1,03/03/25 10:00:00,ETH-28MAR25-1800-P,trade,open buy,10,0.02,2000,-0.2,-,0.003,-0.203,ETH-1,o1"


def written(tmp_path: Path, *lines: str, name: str = "fills.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(tmp_path: Path, *lines: str, name: str = "fills.csv", **rest: object) -> Export:
    return read_export(written(tmp_path, *lines, name=name), "main", now_ms=NOW_MS, **rest)  # type: ignore[arg-type]


def test_read_export__plain_trade__is_a_fill_with_its_cash(tmp_path: Path) -> None:
    export = read(tmp_path, HEAD, TRADE, plan="0xabc")
    (fill,) = export.fills
    assert (export.source, dict(export.left_out), len(export.sha256)) == ("plain", {}, 64)
    assert (fill.kind, fill.quantity, fill.cash, fill.currency) == (FillKind.TRADE, D(10), D("-0.20"), "ETH")
    assert (fill.venue, fill.id, fill.plan, fill.at_ms) == ("deribit", "1", "0xabc", 1740996000000)


def test_read_export__plain_without_ids__the_same_file_gives_the_same_ids(tmp_path: Path) -> None:
    lines = ("time,instrument,side,quantity,price", "1740996000000,ETH_USDC-PERPETUAL,sell,3,2000.5")
    first, second = read(tmp_path, *lines).fills, read(tmp_path, *lines, name="again.csv").fills
    assert first == second
    assert (first[0].quantity, first[0].cash, first[0].index, first[0].currency) == (D(-3), D(0), D(1), "USDC")


def test_read_export__plain_without_ids__a_corrected_fee_keeps_the_id(tmp_path: Path) -> None:
    lines = [f"time,instrument,side,quantity,price,fee\n1740996000000,ETH_USDC-PERPETUAL,sell,{q},2000.5,{fee}"
             for q, fee in (("3", "1"), ("3.0", "2"), ("4", "1"))]  # fmt: skip
    first, corrected, other = (read(tmp_path, text).fills[0].id for text in lines)
    assert first == corrected != other


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("swap,ETH-PERPETUAL,in,1,2000", "kind: 'swap' is none of trade, delivery"),
        ("funding,,in,1,2000", "instrument: must not be empty for funding"),
        ("funding,ETH-PERPETUAL,buy,1,2000", "side: 'buy' is no side: in or out"),
        ("transfer,ETH-PERPETUAL,in,1,2000", "instrument: must be empty for a transfer"),
        ("transfer,,in,1,2000", "currency: is not said"),
        ("fee,,,,2000", "fee: must not be empty"),
        ("delivery,ETH-PERPETUAL,sell,1,", "instrument: ETH-PERPETUAL never expires"),
        ("delivery,ETH-28MAR25,sell,1,", "time: ETH-28MAR25 expires only on 2025-03-28 08:00:00Z"),
    ],
)
def test_read_export__plain_line_of_another_kind__is_refused_by_column(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(RefusedRows, match=words):
        read(tmp_path, "time,kind,instrument,side,quantity,index,price", f"1740996000000,{row},")


def test_read_export__plain_delivery__pays_what_the_delivery_price_says(tmp_path: Path) -> None:
    lines = (
        "time,kind,instrument,side,quantity,price",
        "2025-03-28T08:00:00Z,delivery,ETH-28MAR25-1800-P,sell,10,1600",
    )
    (fill,) = read(tmp_path, *lines).fills
    assert (fill.quantity, fill.price, fill.cash, fill.index) == (D(-10), D(1600), D("1.25"), D(1600))


def test_read_export__plain_funding_fee_and_transfer__keep_signs(tmp_path: Path) -> None:
    export = read(
        tmp_path,
        "time,kind,instrument,side,quantity,price,currency,fee,index",
        "2025-03-03 10:00:00,funding,ETH-PERPETUAL,out,0.01,,,,2000",
        "2025-03-03 10:00:01,fee,,,,,USDC,12.5,",
        "2025-03-03 10:00:02,transfer,,in,100,,USDC,,",
    )
    funding, fee, transfer = export.fills
    assert (funding.cash, funding.currency, fee.fee, fee.cash) == (D("-0.01"), "ETH", D("12.5"), D(0))
    assert (transfer.kind, transfer.cash, transfer.index) == (FillKind.TRANSFER, D(100), D(1))


def test_read_export__same_trade_in_log_and_trades__has_one_id(tmp_path: Path) -> None:
    event = next(event for event in made_year().events if event.type == "trade")
    log = read(tmp_path, log_csv([event]).rstrip()).fills[0]
    trade = read(tmp_path, trades_json([event]), name="t.json").fills[0]
    assert log == trade
    assert log.id == f"trade:{event.currency}-{event.id}"


def test_read_export__log_rows_that_are_no_entries__are_counted_by_type(tmp_path: Path) -> None:
    rest = "03/03/25 10:00:00,ETH-PERPETUAL,settlement,long,-,2000,2000,0.5,0,0,0.5,-,-"
    export = read(
        tmp_path,
        LOG,
        OPTION,
        f"8,2,{rest}",
        "9,3,03/03/25 10:00:00,-,options_settlement_summary,-,-,-,-,0,-,0,0,-,-",
        "10,4,03/03/25 10:00:00,-,swap,-,-,-,-,0,-,0,1,-,-",
        "11,5,03/03/25 10:00:00,-,swap,-,-,-,-,0,-,0,1,-,-",
        "12,6,03/03/25 10:00:00,ETH_USDC,trade,buy,1,2000,2000,-2000,-,0,1,ETH_USDC-7,-",
    )
    assert export.left_out == {
        "options_settlement_summary": 1, "settlement without funding": 1, "swap": 2, "trade of coin for coin": 1,
    }  # fmt: skip
    assert [fill.id for fill in export.fills] == ["trade:ETH-1"]


def test_read_export__log_settlement__only_its_funding_is_an_entry(tmp_path: Path) -> None:
    row = "8,2,04/03/25 08:00:00,ETH-PERPETUAL,settlement,long,-,2000,2000,0.5,-0.001,0,0.5,-,-"
    (fill,) = read(tmp_path, LOG, row).fills
    assert (fill.kind, fill.cash, fill.id, fill.quantity) == (FillKind.FUNDING, D("-0.001"), "log:8", D(0))


def test_read_export__older_log_with_size_and_fee_paid__is_read_with_an_index_history(tmp_path: Path) -> None:
    head = LOG.replace("Amount", "Size").replace("Index Price,", "").replace("Fee Charged", "Fee Paid")
    row = OPTION.replace("0.02,2000", "0.02")
    with pytest.raises(RefusedRows, match="line 2, index: is not there, and ETH needs its price: give --index FILE"):
        read(tmp_path, head, row)
    prices = written(tmp_path, "time,price", "2025-03-03 09:00:00,1990.5", "2025-03-03 11:00:00,2100", name="i.csv")
    indices = read_index(prices, "ETH", now_ms=NOW_MS)
    assert read(tmp_path, head, row, indices=indices).fills[0].index == D("1990.5")
    with pytest.raises(RefusedRows, match="no price of ETH at that time"):
        read(tmp_path, head, row.replace("03/03/25", "05/03/25"), indices=indices)


def test_read_export__deposit__takes_its_currency_from_option_or_file_name(tmp_path: Path) -> None:
    row = "8,2,04/03/25 08:00:00,-,deposit,-,-,-,-,100,-,0,100,-,-"
    with pytest.raises(RefusedRows, match="give it with --currency"):
        read(tmp_path, LOG, row)
    assert read(tmp_path, LOG, row, currency="usdc").fills[0].currency == "USDC"
    assert read(tmp_path, LOG, row, name="12345_USDC_2025.csv").fills[0].cash == D(100)
    with pytest.raises(RefusedRows, match="give it with --currency"):
        read(tmp_path, LOG, row, name="USDC and ETH.csv")
    with pytest.raises(RefusedRows, match="BTC is not what ETH-28MAR25-1800-P settles in: ETH"):
        read(tmp_path, LOG, OPTION, currency="BTC")


def test_read_export__withdrawal_with_a_fee__changes_cash_by_both(tmp_path: Path) -> None:
    row = "8,2,04/03/25 08:00:00,-,withdrawal,-,-,-,-,-100,-,2,-102,-,-"
    (fill,) = read(tmp_path, LOG, row, currency="USDC").fills
    assert (fill.cash, fill.fee, fill.note) == (D(-100), D(2), "withdrawal")


@pytest.mark.parametrize("time", ["27 Mar 2025 08:00:00", "27/03/25 08:00:00", "2025-03-27T09:00:00+01:00"])
def test_read_time__forms_of_one_moment__are_one(time: str) -> None:
    assert read_time(time) == 1743062400000


def test_read_export__option_delivered_as_a_future__gains_what_it_was_worth(tmp_path: Path) -> None:
    bought = OPTION.replace("03/03/25", "01/09/26").replace("MAR25", "SEP26")
    option = "8,2,28/09/26 08:00:00,ETH-28SEP26-1800-P,delivery,close sell,10,1800,1600,0,-,0.0015,-0.0015,-,-"
    opens = "9,3,28/09/26 08:00:00,ETH-28SEP26,delivery,open sell,18000,1800,1600,0,-,0,0,-,-"
    future = "10,4,28/09/26 08:00:00,ETH-28SEP26,delivery,close buy,18000,1600,1600,1.25,-,0,1.25,-,-"
    path = written(tmp_path, LOG, bought, option, opens, future)
    export = read_export(path, "main", now_ms=NOW_MS + 365 * 86_400_000)
    assert export.left_out == {"delivery that opens the future of an option": 1}
    found = account(export.fills)
    assert found.cash == {("main", "deribit", "ETH"): D("-0.2") - D("0.0045") + D("1.25")}
    assert not any(position.quantity for position in found.positions.values())


def test_read_export__delivery_without_cash__is_worthless_unless_the_index_says_much_else(tmp_path: Path) -> None:
    row = "8,2,28/03/25 08:00:00,ETH-28MAR25-1800-P,delivery,close sell,10,0,1900,0,-,0,0,-,-"
    assert read(tmp_path, LOG, row).fills[0].price == D(1900)
    assert read(tmp_path, LOG, row.replace("1900", "1798")).fills[0].price == D(1800)
    with pytest.raises(RefusedRows, match=r"Cash Flow: is 0, and the option was worth 200.00 USD"):
        read(tmp_path, LOG, row.replace("1900", "1600"))


def test_read_export__delivery_near_the_index__takes_the_price_that_the_cash_implies(tmp_path: Path) -> None:
    row = "8,2,28/03/25 08:00:00,ETH-28MAR25-1800-P,delivery,close sell,10,0.125,1601,1.25,-,0,1.25,-,-"
    assert read(tmp_path, LOG, row).fills[0].price == D(1600)
    with pytest.raises(RefusedRows, match="implies a delivery at"):
        read(tmp_path, LOG, row.replace("1601", "1900"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (TRADE.replace("ETH-28MAR25-1800-P", "ETH-28MAR25-1800-X"), "line 2, instrument: .* is no instrument"),
        (TRADE.replace(",10,", ",-10,"), "line 2, quantity: -10 must be above 0"),
        (TRADE.replace(",10,", ",1_0,"), "quantity: '1_0' is no number"),
        (TRADE.replace(",10,", ",nan,"), "quantity: 'nan' is no number"),
        (TRADE.replace(",10,", ",Infinity,"), "quantity: 'Infinity' is no number"),
        (TRADE.replace(",10,", ",1e13,"), "quantity: 1e13 is absurd"),
        (TRADE.replace(",10,", ",1e-31,"), "quantity: 1e-31 is absurd"),
        (TRADE.replace(",10,", ",,"), "quantity: must not be empty"),
        (TRADE.replace(",10,", ",\u0661\u0660,"), "is no number"),
        (TRADE.replace("buy", "bought"), "side: 'bought' is no side: buy or sell"),
        (TRADE.replace("2025-03-03 10:00:00", "2027-03-03 10:00:00"), "time: .* is in the future"),
        (TRADE.replace("2025-03-03 10:00:00", "2014-03-03 10:00:00"), "time: .* is before 2015"),
        (TRADE.replace("2025-03-03 10:00:00", "1740996000"), "10 digits: times as numbers are milliseconds"),
        (TRADE.replace("2025-03-03 10:00:00", "1740996000000000"), "16 digits"),
        (TRADE.replace("2025-03-03 10:00:00", "03.03.2025"), "is no time"),
        (TRADE.replace("2025-03-03", "2025-02-30"), "time: "),
        (TRADE.replace("2025-03-03", "2025-03-29"), "ETH-28MAR25-1800-P had expired by then"),
        (TRADE.replace(",2000", ",0"), "index: 0 is no price of ETH"),
        (TRADE.replace(",2000", ","), "index: is not there"),
        (TRADE.replace(",1,", ",a b,"), "id: 'a b' is no id"),
        (TRADE.replace(",1,", ",\x1b[31m,"), "id: has control characters"),
        (TRADE.replace("0.02", "0"), "price: 0 must be above 0"),
        (TRADE.replace("0.02", "45"), "price: 45 ETH is more than it can be worth: it is priced in coin"),
        (TRADE.replace("-28MAR25-1800-P", "-PERPETUAL").replace("0.02", "80000"), "index: 2000 is far from the price"),
    ],
)
def test_read_export__row_that_cannot_be__is_refused_by_line_and_column(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(RefusedRows, match=words) as refused:
        read(tmp_path, HEAD, row)
    assert (len(refused.value.faults), refused.value.faults[0].row) == (1, 2)
    assert str(refused.value).isprintable()


def test_read_export__fault_under_a_head_of_two_lines__is_named_on_one(tmp_path: Path) -> None:
    with pytest.raises(RefusedRows, match="line 3, Fee Charged: 'x' is no number") as refused:
        read(tmp_path, LOG.replace("Fee Charged", '"Fee\nCharged"'), OPTION.replace("0.003,-", "x,-"))
    assert str(refused.value).isprintable()


def test_read_export__many_faults__names_three_counts_all_and_takes_nothing(tmp_path: Path) -> None:
    bad = TRADE.replace("buy", "?")
    lines = [HEAD, TRADE, '"2025-03-03', ' 10:00:00",2,ETH-PERPETUAL,buy,10,2000,0,2000', "", *[bad] * 5]
    with pytest.raises(RefusedRows) as refused:
        read(tmp_path, *lines)
    assert [fault.row for fault in refused.value.faults] == [3, 6, 7, 8, 9, 10]
    assert "6 rows cannot be read" in str(refused.value)
    assert str(refused.value).endswith("and 3 more")


def test_read_export__id_twice__identical_is_one_and_other_numbers_refused(tmp_path: Path) -> None:
    assert len(read(tmp_path, HEAD, TRADE, TRADE).fills) == 1
    with pytest.raises(RefusedRows, match="line 3, id: 1 stands in line 2 already, with other numbers"):
        read(tmp_path, HEAD, TRADE, TRADE.replace("0.02", "0.03"))
    with pytest.raises(RefusedRows, match="if both happened, give each an id"):
        read(tmp_path, HEAD, *[TRADE.replace(",1,", ",,")] * 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (OPTION.replace("-0.2,", "-0.3,"), "Cash Flow: -0.3 is not"),
        (OPTION.replace("ETH-1,o1", "-,o1"), "Trade ID: must not be empty in a trade"),
        ("7,1,03/03/25 10:00:00,ETH-PERPETUAL,trade,open buy,0.5,2000,2000,0,-,0,0,ETH-1,o1", "sized in USD"),
        ("7,1,03/03/25 10:00:00,-,deposit,-,-,-,-,-1,-,0,-1,-,-", "wrong sign for a deposit"),
        ("7,1,28/03/25 08:00:00,ETH-28MAR25-1800-P,delivery,close sell,10,1,1600,-1,-,0,0,-,-", "wrong sign or size"),
        ("7,1,28/03/25 08:00:00,ETH-28MAR25-1800-P,delivery,-,10,1,1600,1.25,-,0,0,-,-", "Side: '' is no side"),
    ],
)
def test_read_export__log_row_that_contradicts_itself__is_refused(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(RefusedRows, match=words):
        read(tmp_path, LOG, row, name="1_ETH_.csv")


def test_read_export__json_of_the_api__numbers_stay_as_written(tmp_path: Path) -> None:
    entry = {
        "id": 61288, "timestamp": 1740996000123, "type": "trade", "trade_id": "28349", "order_id": "67546",
        "side": "close buy", "instrument_name": "BTC-28MAR25-49200-C", "price": 0.1537, "amount": 0.3, "commission": 0,
        "cashflow": -0.04611, "change": -0.04611, "currency": "BTC", "info": {"a": 1}, "interest_pl": None,
        "index_price": 51234.5,
    }  # fmt: skip
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"result": {"logs": [entry], "continuation": None}}))
    (fill,) = read_export(path, "main", now_ms=NOW_MS).fills
    assert (fill.quantity, fill.cash, fill.at_ms, fill.note) == (D("0.3"), D("-0.04611"), 1740996000123, "67546")
    path.write_text(json.dumps([entry, {**entry, "id": 1, "amount": float("nan"), "trade_id": "2"}]))
    with pytest.raises(RefusedRows, match="entry 2, amount: 'NaN' is no number"):
        read_export(path, "main", now_ms=NOW_MS)


def test_read_export__combination_in_trades__is_left_out_and_counted(tmp_path: Path) -> None:
    event = next(event for event in made_year().events if event.type == "trade")
    answer = json.loads(trades_json([event]))
    leg = answer["result"]["trades"][0]
    answer["result"]["trades"].append({**leg, "trade_id": "ETH-9", "instrument_name": "ETH-CS-28MAR25", "legs": [leg]})
    export = read(tmp_path, json.dumps(answer), name="t.json")
    assert (len(export.fills), sum(export.left_out.values())) == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_read_export__any_usual_text_file__is_read(tmp_path: Path, encoding: str, ending: str, delimiter: str) -> None:
    path = tmp_path / "fills.csv"
    path.write_bytes(ending.join([HEAD, TRADE, ""]).replace(",", delimiter).encode(encoding))
    assert read_export(path, "main", now_ms=NOW_MS).fills[0].quantity == D(10)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"\x80\x81", "is not UTF-8"),
        (b"a\0b", "null characters"),
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"{}", "no list of trades"),
        (b'{"result": {"trades": []}}', "holds no entry"),
        (b"[1]", "no list of trades"),
        (b"a,b\n1,2\n", "is of no format that is read; as .* it lacks"),
        (b"time,instrument,side,quantity,price\n", "holds a head line and no entry"),
        (b"time,time\n", "column 'time' twice"),
        (b"time,instrument,side,quantity,price\n1\n", "line 2 has 1 cells, its head line 5"),
        (b"time,instrument,side,quantity,price,qty\n", "has a column 'qty'"),
        (b'time,instrument,side,quantity,price\n"a', "is no CSV at line 2"),
        (b"action,side,instrument,quantity,limit_usd,limit_coin\n", "is a ticket of `alvh plan --orders`"),
    ],
)
def test_read_export__file_that_is_none__is_refused_by_name(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=words):
        read_export(path, "main", now_ms=NOW_MS)


def test_read_export__no_plain_file__is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(200_000_001)
    for path, words in (
        (tmp_path, "is no plain file"),
        (tmp_path / "pipe", "is no plain file"),
        (Path("/dev/zero"), "is no plain file"),
        (tmp_path / "absent", "is absent"),
        (tmp_path / "a\0b", "cannot be read"),
        (large, "larger than 200 MB"),
    ):
        with pytest.raises(BadFile, match=words):
            read_export(path, "main", now_ms=NOW_MS)


def test_read_index__prices_that_contradict__are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedRows, match="twice with two prices"):
        read_index(written(tmp_path, "time,price", *[f"2025-03-03 09:00:00,{n}" for n in (1, 2)]), "ETH", now_ms=NOW_MS)
    with pytest.raises(BadFile, match="lacks the columns time and price"):
        read_index(written(tmp_path, "a,b", "1,2"), "ETH", now_ms=NOW_MS)


def test_read_export__examples__are_read_and_tie_out() -> None:
    """The worked example of docs/ledger.md."""
    fills = read_export(EXAMPLES / "fills.csv", "example", now_ms=NOW_MS)
    log = read_export(EXAMPLES / "deribit_log.csv", "example", now_ms=NOW_MS, currency="ETH")
    assert (fills.source, log.source) == ("plain", "deribit_log")
    assert log.left_out == {"settlement without funding": 1}
    found = account(log.fills)
    (put, perpetual) = found.positions.values()
    assert (put.quantity, put.settled, put.realised) == (D(0), True, D("-0.2") + D("1.25") * 6 / 10 + D("0.12"))
    assert perpetual.funding == D("-0.00012")


def test_ledger_page__its_example__says_what_the_files_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES.parents[1])
    result = doctest.testfile("docs/ledger.md", module_relative=False)
    assert (result.attempted > 5, result.failed) == (True, 0)
