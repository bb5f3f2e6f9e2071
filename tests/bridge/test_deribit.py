"""Deribit's client against a server that speaks the documented shapes, limits and errors, and one that lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bridge.errors import BadConfig, SourceUnavailable
from bridge.venues.deribit import Deribit
from bridge.venues.option_rows import Listed, option_rows
from hedge.ledger.instruments import read_instrument
from tests.bridge.fake_venue import FakeClock, Refused, Venue, drip, endless, fake_venue, hang_up, status

pytestmark = pytest.mark.unit


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue(clock: FakeClock) -> Iterator[Venue]:
    with fake_venue(clock) as made:
        yield made


@pytest.fixture
def client(venue: Venue, clock: FakeClock) -> Iterator[Deribit]:
    made = Deribit(venue.url, clock, 10.0)
    yield made
    made.close()


def changed(field: str, value: Any) -> Callable[[str, Any], Any]:
    """Return a lie: the first row of every list, or the object itself, says something else."""

    def lie(method: str, result: Any) -> Any:
        first = result[0] if isinstance(result, list) else result
        if field in first:
            first[field] = value
        return result

    return lie


def test_ask__at_our_share_of_the_limits__is_never_refused(client: Deribit, venue: Venue, clock: FakeClock) -> None:
    for _ in range(400):
        client.index_price("eth_usd")
    assert venue.refused == 0
    assert clock.slept == pytest.approx((400 * 500 - 40_000) / 9_000, rel=1e-6)


def test_instruments__asked_again_and_again__keep_a_second_between_them(client: Deribit, venue: Venue) -> None:
    for currency in ("BTC", "ETH", "USDC", "BTC"):
        client.instruments(currency)
    assert venue.refused == 0


def test_ask__others_behind_our_address__is_refused_and_waits(client: Deribit, venue: Venue, clock: FakeClock) -> None:
    venue.credits = 0.0
    assert client.index_price("eth_usd") == 3000.0
    assert venue.refused >= 1
    assert clock.slept >= 0.5


@pytest.mark.parametrize("code", [10028, 10040, 10041, 10047, 10066, 11051, 11094, 13028, 13888])
def test_ask__error_that_passes__is_asked_again(client: Deribit, venue: Venue, clock: FakeClock, code: int) -> None:
    venue.errors = [Refused(code, "passing")] * 3
    assert client.index_price("btc_usd") == 90_000.0
    assert clock.slept >= 0.5 + 1.0 + 2.0


def test_ask__error_that_never_passes__ends_with_its_name(client: Deribit, venue: Venue) -> None:
    venue.errors = [Refused(13028, "temporarily_unavailable")] * 100
    with pytest.raises(SourceUnavailable, match=r"get_index_price: 13028 temporarily_unavailable, asked \d+ times"):
        client.index_price("btc_usd")
    assert len(venue.seen) < 15


def test_ask__during_settlement__waits_until_it_is_over(client: Deribit, clock: FakeClock) -> None:
    clock.at = clock.at // 86_400 * 86_400 + 32 * 3600
    assert client.index_price("eth_usd") == 3000.0
    assert clock.slept >= 20.0


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_ask__busy_status__is_asked_again(client: Deribit, venue: Venue, code: int) -> None:
    venue.odd = [status(code), status(code)]
    assert client.index_price("eth_usd") == 3000.0


def test_ask__retry_after__is_waited(client: Deribit, venue: Venue, clock: FakeClock) -> None:
    venue.odd = [status(429, {"Retry-After": "45"})]
    client.index_price("eth_usd")
    assert 45.0 <= clock.slept < 46.0


def test_ask__retry_after_of_a_day__says_so_at_once(client: Deribit, venue: Venue) -> None:
    venue.odd = [status(429, {"Retry-After": "86400"})]
    with pytest.raises(SourceUnavailable, match=r"HTTP 429, asked once; it asks to wait 86,400 s"):
        client.index_price("eth_usd")


def test_ask__line_that_breaks__is_asked_again(client: Deribit, venue: Venue) -> None:
    venue.odd = [hang_up, hang_up, hang_up]
    assert client.index_price("eth_usd") == 3000.0


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (status(200), "is no JSON"),
        (status(301, {"Location": "https://elsewhere.example/?key=1"}), "a redirect"),
        (status(403), "HTTP 403"),
        (endless, "an answer of more than 64 MiB"),
        (lambda line: line.send(200, b"[" * 100_000), "is no JSON"),
        (lambda line: line.send(200, b'{"result": NaN, "usOut": 1}'), "is no JSON"),
        (lambda line: line.send(200, b'{"result": 1, "result": 2}'), "is no JSON"),
        (lambda line: line.send(200, b"[]"), "a list stands where an object belongs"),
        (lambda line: line.send(200, b'{"jsonrpc": "2.0"}'), "without a result"),
        (lambda line: line.send(200, b'{"result": {"index_price": 1}, "usOut": "soon"}'), "usOut 'soon' is no number"),
        (lambda line: line.send(400, b'{"error": {"code": "x"}}'), "an error without a code"),
    ],
)
def test_ask__answer_that_is_none__is_one_line_with_the_reason(
    client: Deribit, venue: Venue, how: Any, words: str
) -> None:
    venue.odd = [how]
    with pytest.raises(SourceUnavailable) as caught:
        client.index_price("eth_usd")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "/api/v2" not in str(caught.value)
    assert "elsewhere" not in str(caught.value)


def test_ask__dripping_answer__ends_at_the_deadline_and_is_asked_again(venue: Venue, clock: FakeClock) -> None:
    client = Deribit(venue.url, clock, 0.5)
    venue.odd = [drip]
    assert client.index_price("eth_usd") == 3000.0


def test_ask__final_error__is_named_with_parameter_and_reason(client: Deribit) -> None:
    with pytest.raises(SourceUnavailable, match=r"error -32602 Invalid params \(index_name: unknown index\)"):
        client.index_price("doge_usd")
    with pytest.raises(SourceUnavailable, match="13020 instrument_not_found"):
        client.ticker("ETH-1JAN27-1-C")


def test_ask__error_of_a_stranger__is_shown_without_what_disguises_it(client: Deribit, venue: Venue) -> None:
    venue.errors = [Refused(10020, "bad\n\x1b[2Jline" + "x" * 5000)]
    with pytest.raises(SourceUnavailable) as caught:
        client.index_price("eth_usd")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_ask__test_venue_at_the_real_address__is_refused(client: Deribit, venue: Venue) -> None:
    venue.testnet = True
    with pytest.raises(SourceUnavailable, match="it is the test venue"):
        client.index_price("eth_usd")


@pytest.mark.parametrize(
    "url",
    ["http://www.deribit.com/api/v2", "ftp://x", "", "https://a:secret@x.example", "https://x.example/?key=secret"],
)
def test_deribit__url_that_could_leak_or_be_changed__is_refused_without_it(url: str) -> None:
    with pytest.raises(BadConfig) as caught:
        Deribit(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("strike", 1.0, "is not what its name says"),
        ("expiration_timestamp", 1_772_452_800_000, "is not what its name says"),
        ("option_type", "put?", "is no name"),
        ("taker_commission", 0.5, "is no number from 0 to 0.05"),
        ("min_trade_amount", 0, "is no number"),
        ("min_trade_amount", True, "is no number"),
        ("tick_size", "0.1", "is no number"),
        ("instrument_name", "ETH\n-1", "is no name"),
        ("instrument_name", ["ETH"], "is no name"),
        ("price_index", None, "price_index is missing"),
    ],
)
def test_instruments__field_that_cannot_be__is_named(
    client: Deribit, venue: Venue, field: str, value: Any, words: str
) -> None:
    venue.lie = changed(field, value)
    with pytest.raises(SourceUnavailable, match=field) as caught:
        client.instruments("ETH")
    assert words in str(caught.value)


def test_instruments__names_that_we_do_not_read__are_left_out_and_counted(client: Deribit, venue: Venue) -> None:
    venue.lie = changed("instrument_name", "ETH-CS-27MAR26-1800_2000")
    listed, odd = client.instruments("ETH")
    assert odd == 1
    assert len(listed) > 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bid_price", -1), ("ask_price", "0.1"), ("mark_iv", 1e9), ("underlying_price", 0), ("open_interest", -1),
        ("creation_timestamp", 1_772_452_800), ("ask_price", 10**400),
    ],
)  # fmt: skip
def test_summaries__field_that_cannot_be__is_named(client: Deribit, venue: Venue, field: str, value: Any) -> None:
    venue.lie = changed(field, value)
    with pytest.raises(SourceUnavailable, match=field):
        client.summaries("ETH")


def test_option_rows__inverse_and_linear__have_their_units_lots_and_fees(client: Deribit, venue: Venue) -> None:
    found = {each.asset: each for each in option_rows(client, ["ETH", "BTC", "XRP", "SOL", "DOGE"], Listed(client))}
    assert set(found) == {"ETH", "BTC", "SOL", "XRP"}
    eth, xrp = found["ETH"].rows[0], found["XRP"].rows[0]
    assert (eth["currency"], eth["lot"], eth["fee"], eth["venue"]) == ("coin", 1.0, 0.0003, "deribit")
    assert (xrp["currency"], xrp["lot"], xrp["fee"], xrp["spot"]) == ("USD", 1000.0, 0.0005, 0.625)
    assert any("d" in row["instrument"].split("-")[2] for row in found["XRP"].rows)
    assert all(
        float(read_instrument(row["instrument"]).strike) == pytest.approx(row["strike"]) for row in found["XRP"].rows
    )
    assert {row["tick"] for row in found["ETH"].rows} == {0.0001, 0.0005}
    assert sum("get_instruments" in path for path in venue.seen) == 3


def test_option_rows__again__asks_for_the_listing_once_a_day(client: Deribit, venue: Venue, clock: FakeClock) -> None:
    listed = Listed(client)
    option_rows(client, ["ETH"], listed)
    option_rows(client, ["ETH"], listed)
    assert sum("get_instruments" in path for path in venue.seen) == 1
    clock.sleep(86_500)
    option_rows(client, ["ETH"], listed)
    assert sum("get_instruments" in path for path in venue.seen) == 2
    venue.lie = changed("instrument_name", "ETH-CS-27MAR26-1800_2000")  # quoted and listed, and of no form that is read
    option_rows(client, ["ETH"], listed)
    option_rows(client, ["ETH"], listed)
    assert sum("get_instruments" in path for path in venue.seen) == 3


def test_option_rows__closed_and_old__are_left_out_and_counted(client: Deribit, venue: Venue) -> None:
    def lie(method: str, result: Any) -> Any:
        if method.endswith("get_instruments"):
            for row in result[:3]:
                row["state"] = "locked"
        elif method.endswith("by_currency"):
            for row in result[5:7]:
                row["creation_timestamp"] -= 120_000
        return result

    venue.lie = lie
    (found,) = option_rows(client, ["ETH"], Listed(client))
    assert found.words == "3 not open, 2 without quotes, as those are old"
    assert all(math.isnan(row["bid"]) and math.isnan(row["ask"]) for row in found.rows[2:4])


def test_option_rows__answer_cut_short_or_old__is_refused(client: Deribit, venue: Venue, clock: FakeClock) -> None:
    venue.lie = lambda method, result: result[:50] if method.endswith("by_currency") else result
    with pytest.raises(SourceUnavailable, match=r"ETH: 50 of \d+ listed options are quoted"):
        option_rows(client, ["ETH"], Listed(client))

    def old(method: str, result: Any) -> Any:
        if method.endswith("by_currency"):
            for row in result:
                row["creation_timestamp"] -= 3_600_000
        return result

    venue.lie = old
    with pytest.raises(SourceUnavailable, match="its newest quotes are of"):
        option_rows(client, ["ETH"], Listed(client))


def test_ticker__one_leg__has_its_sizes(client: Deribit, venue: Venue) -> None:
    name = next(iter(client.instruments("ETH")[0]))
    found = client.ticker(name)
    assert (found.name, found.open) == (name, True)
    assert found.ask_size in (0.0, 5.0)
    venue.lie = changed("instrument_name", "ETH-PERPETUAL")
    with pytest.raises(SourceUnavailable, match="is not what was asked for"):
        client.ticker(name)


def test_volatility_index__continuation_that_leads_nowhere__is_refused(client: Deribit, venue: Venue) -> None:
    end = int(venue.clock.now() * 1000)
    venue.lie = lambda method, result: result | {"continuation": end + 1}
    with pytest.raises(SourceUnavailable, match="does not lead back"):
        client.volatility_index("ETH", end - 10**9, end, 3600)


def test_volatility_index__before_it_began__is_empty_without_an_error(client: Deribit) -> None:
    page = client.volatility_index("ETH", 1_500_000_000_000, 1_500_100_000_000, 3600)
    assert (page.rows, page.reached) == ([], 1_499_999_999_999)


def test_trades__older_than_a_day__are_empty_without_an_error(client: Deribit, venue: Venue) -> None:
    end = int(venue.clock.now() * 1000)
    assert client.trades("ETH", end - 10**10, end - 10**9) == ([], False)
    rows, more = client.trades("ETH", end - 10**8, end)
    assert (len(rows), more) == (1000, True)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("direction", "evil", "direction evil is neither buy nor sell"),
        ("trade_id", "-1-1", "trade_id -1-1 is none"),
        ("timestamp", 1_500_000_000_000, "of a time that was not asked for"),
    ],
)
def test_trades__row_that_is_none__is_named(client: Deribit, venue: Venue, field: str, value: Any, why: str) -> None:
    venue.lie = lambda method, result: {**result, "trades": [{**result["trades"][0], field: value}]}
    end = int(venue.clock.now() * 1000)
    with pytest.raises(SourceUnavailable, match=why):
        client.trades("ETH", end - 10**7, end)


@pytest.mark.parametrize(
    ("changed_rows", "why"),
    [
        ({"records_total": 0}, "records_total 0 is less than it gives"),
        ({"data": [{"date": "9999-99-99", "delivery_price": 1.0}]}, "9999-99-99 is no day"),
    ],
)
def test_deliveries__numbers_that_cannot_be__are_named(
    client: Deribit, venue: Venue, changed_rows: dict[str, Any], why: str
) -> None:
    venue.lie = lambda method, result: result | changed_rows
    with pytest.raises(SourceUnavailable, match=why):
        client.deliveries("eth_usd", 0)


def test_read_instrument__every_recorded_name__is_read(recorded: Path) -> None:
    names = set(pd.read_parquet(recorded / "iv" / "deribit_chains_daily_2026h1.parquet")["instrument_name"].unique())
    for path in sorted((recorded / "iv").glob("deribit_chain_*.csv.gz")):
        names |= set(pd.read_csv(path, usecols=["instrument_name"])["instrument_name"])
    assert len(names) > 16_000
    assert all(read_instrument(str(name)).is_option for name in names)
