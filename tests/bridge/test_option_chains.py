"""Chain files: ours and Deribit's, in coin or USD; a usable chain, or an error that names what is wrong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bridge.config import OptionsConfig
from bridge.errors import BadFile, UntrustedNumber
from bridge.sources.option_chains import read_option_chains
from bridge.sources.quotes.files import read_chain_file, read_snapshots
from hedge.instruments.option_chain import OptionChain

pytestmark = pytest.mark.unit
SEEN = "2026-03-02T12:00:00Z"
SEEN_SECONDS = 1_772_452_800
EXPIRY = "2026-03-27T08:00:00Z"
EXPIRY_SECONDS = 1_774_598_400
SHOT = pd.Timestamp(SEEN)


def native(**columns: Any) -> pd.DataFrame:
    """Two ETH options in USD, quoted at 60 % volatility: about 113 for the call, 110 for the put."""
    rows = {
        "underlying": ["ETH", "ETH"],
        "observed_at": [SEEN, SEEN],
        "spot": [3000.0, 3000.0],
        "expiry_at": [EXPIRY, EXPIRY],
        "strike": [3200.0, 2800.0],
        "type": ["C", "P"],
        "bid": [110.0, 108.0],
        "ask": [116.0, 113.0],
    }
    return pd.DataFrame(rows | columns)


def books(**columns: Any) -> pd.DataFrame:
    """Order books as Deribit's `get_order_book` gives them, one a row, zero where a side is empty."""
    stamp = int(SHOT.timestamp() * 1000)
    rows = {
        "instrument_name": ["ETH-27MAR26-3200-C", "ETH-27MAR26-2800-P", "ETH-27MAR26-4000-C"],
        "timestamp": [stamp - 30_000, stamp, stamp - 10_000],
        "index_price": [2999.0, 3001.0, 3000.0],
        "underlying_price": [3010.0, 3010.0, 3010.0],
        "best_bid_price": [0.0365, 0.0360, 0.0],
        "best_ask_price": [0.0385, 0.0380, 0.002],
        "mark_iv": [60.0, 61.0, 66.0],
    }
    return pd.DataFrame(rows | columns)


def daily(**columns: Any) -> pd.DataFrame:
    """Daily snapshots of all instruments: times as times, NaN where a side is empty, volatility as a decimal."""
    rows = {
        "instrument_name": ["BTC-27MAR26-100000-C", "BTC-27MAR26-80000-P", "BTC-27MAR26-100000-C"],
        "timestamp": [SHOT, SHOT, SHOT - pd.Timedelta(days=1)],
        "index_price": [90_000.0, 90_000.0, 60_000.0],
        "underlying": [90_300.0, 90_300.0, 60_100.0],
        "bid_price": [0.011, math.nan, 0.001],
        "ask_price": [0.012, 0.013, 0.002],
        "implied_volatility": [0.45, 0.5, 0.6],
    }
    return pd.DataFrame(rows | columns)


def chain_of(path: Path, frame: pd.DataFrame) -> OptionChain:
    (chain,) = read_chain_file(written(path, frame)).values()
    return chain


def written(path: Path, frame: pd.DataFrame) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


def refused(path: Path, frame: pd.DataFrame) -> str:
    with pytest.raises(BadFile) as caught:
        read_chain_file(written(path, frame))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "chain.csv"


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_read_chain_file__our_columns__are_read_as_they_are(tmp_path: Path, suffix: str) -> None:
    chain = chain_of(tmp_path / f"chain.{suffix}", native())
    assert (chain.underlying, chain.observed_at, chain.spot) == ("ETH", SEEN_SECONDS, 3000.0)
    put, call = chain.rows
    assert (put.strike, put.is_call, put.bid, put.ask) == (2800.0, False, 108.0, 113.0)
    assert (call.strike, call.is_call, call.expiry_at, call.lot) == (3200.0, True, EXPIRY_SECONDS, 1.0)
    assert call.expiry == pytest.approx((EXPIRY_SECONDS - SEEN_SECONDS) / (365 * 86_400))
    assert chain.source == f"file chain.{suffix}"


def test_read_chain_file__no_volatility_column__implies_it_from_the_middle(csv: Path) -> None:
    put, call = chain_of(csv, native()).rows
    assert 0.55 < call.vol < 0.75
    assert 0.55 < put.vol < 0.75


def test_read_chain_file__unix_seconds__are_the_same_times(csv: Path) -> None:
    for scale in (1, 10**3, 10**6, 10**9):
        numbers = native(observed_at=[SEEN_SECONDS * scale] * 2, expiry_at=[EXPIRY_SECONDS * scale] * 2)
        pd.testing.assert_frame_equal(chain_of(csv, numbers).quotes, chain_of(csv, native()).quotes)


def test_read_chain_file__quotes_in_coin__become_usd_at_the_index_and_discount_at_their_carry(csv: Path) -> None:
    coin = native(bid=[0.036, 0.036], ask=[0.038, 0.038], currency=["coin", "USD"], forward=[3010.0, 3010.0])
    put, call = chain_of(csv, coin).rows
    assert (call.bid, call.ask) == (0.036 * 3000.0, 0.038 * 3000.0)
    assert call.rate == pytest.approx(math.log(3010.0 / 3000.0) / call.expiry, rel=1e-12)
    assert (put.bid, put.ask, put.rate) == (0.036, 0.038, 0.0)


@pytest.mark.parametrize(("asset", "lot"), [("ETH", 1.0), ("BTC", 0.1), ("SOL", 1.0)])
def test_read_chain_file__no_lot_column__has_the_lots_that_the_exchange_trades(
    csv: Path, asset: str, lot: float
) -> None:
    assert {row.lot for row in chain_of(csv, native(underlying=[asset] * 2)).rows} == {lot}


def test_read_chain_file__lot_column__is_read_as_it_is(csv: Path) -> None:
    assert [row.lot for row in chain_of(csv, native(lot=[0.1, 0.5])).rows] == [0.5, 0.1]


def test_synthetic_quotes__deribits_assets__are_listed_in_the_same_lots() -> None:
    terms = OptionsConfig(atm_vol={"ETH": 0.7, "BTC": 0.5})
    found = read_option_chains(terms, {"ETH": 3000.0, "BTC": 90_000.0}, SEEN_SECONDS)
    assert {asset: {row.lot for row in chain.rows} for asset, chain in found.items()} == {"ETH": {1.0}, "BTC": {0.1}}


def test_read_chain_file__several_snapshots__is_the_newest_of_each_asset(csv: Path) -> None:
    old = native(observed_at=["2026-03-01T12:00:00Z"] * 2, spot=[3100.0] * 2)
    chain = chain_of(csv, pd.concat([native(), old]))
    assert (len(chain.rows), chain.spot) == (2, 3000.0)


@pytest.mark.parametrize(
    ("at", "spot"), [("2026-03-01T13:00", 3100.0), ("2026-03-01T12:00", 3100.0), ("2026-03-03", 3000.0), (None, 3000.0)]
)
def test_read_chain_file__several_snapshots_and_a_time__is_the_newest_not_later(
    csv: Path, at: str | None, spot: float
) -> None:
    old = native(observed_at=["2026-03-01T12:00:00Z"] * 2, spot=[3100.0] * 2)
    path = written(csv, pd.concat([native(), old]))
    second = None if at is None else int(pd.Timestamp(at, tz="UTC").timestamp())
    (chain,) = read_chain_file(path, second).values()
    assert (len(chain.rows), chain.spot) == (2, spot)


def test_read_chain_file__time_before_the_first_snapshot__is_refused_with_the_first_time(csv: Path) -> None:
    path, early = written(csv, native()), SEEN_SECONDS - 1
    said = "its first quotes are of 2026-03-02 12:00:00Z, none is as early as 2026-03-02 11:59:59Z"
    with pytest.raises(BadFile, match=said):
        read_chain_file(path, early)
    assert read_chain_file(path, early, ahead=1)["ETH"].observed_at == SEEN_SECONDS


def test_read_chain_file__deribit_books_before_the_round_is_whole__are_refused(csv: Path) -> None:
    stamps = books()["timestamp"].to_numpy().copy()
    stamps[0] -= 60_000
    with pytest.raises(BadFile, match="its first quotes are of 2026-03-02 12:00:00Z"):
        read_chain_file(written(csv, books(timestamp=stamps)), SEEN_SECONDS - 30)


def test_read_chain_file__underlying_that_begins_later__is_left_out(csv: Path) -> None:
    later = native(underlying=["BTC"] * 2, observed_at=["2026-03-02T18:00:00Z"] * 2)
    path = written(csv, pd.concat([native(), later]))
    assert list(read_chain_file(path, SEEN_SECONDS)) == ["ETH"]


def test_read_chain_file__deribit_books_collected_twice_and_a_time_between__is_the_first_round(csv: Path) -> None:
    early = books(timestamp=books()["timestamp"] - 7_200_000, index_price=[2900.0] * 3)
    path = written(csv, pd.concat([books(), early]))
    (chain,) = read_chain_file(path, SEEN_SECONDS - 3600).values()
    assert (len(chain.rows), chain.spot, chain.observed_at) == (3, 2900.0, SEEN_SECONDS - 7200)


def test_read_snapshots__several_of_two_assets__are_one_assets_in_order_of_time(csv: Path) -> None:
    old = native(observed_at=["2026-03-01T12:00:00Z"] * 2, spot=[3100.0] * 2)
    other = native(underlying=["BTC", "BTC"])
    path = written(csv, pd.concat([native(), other, old]))
    assert [snapshot.spot for snapshot in read_snapshots(path, "ETH")] == [3100.0, 3000.0]
    assert list(read_snapshots(path, "SOL")) == []


def test_read_chain_file__one_side_without_quote__is_nan(csv: Path) -> None:
    put, call = chain_of(csv, native(bid=[math.nan, 108.0])).rows
    assert math.isnan(call.bid)
    assert math.isnan(call.vol)
    assert not math.isnan(put.vol)


def test_read_chain_file__expired_options__are_left_out(csv: Path) -> None:
    assert len(chain_of(csv, native(expiry_at=[EXPIRY, "2026-03-01T08:00:00Z"])).rows) == 1


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"bid": [120.0, 108.0]}, "ETH chain: row 1, strike 3200: bid 120.0 above ask 116.0"),
        ({"strike": [math.nan, 2800.0]}, "strike is empty in row 1"),
        ({"strike": [-5.0, 2800.0]}, "strike -5 in row 1 is no number from 1e-09 to 1e+09"),
        ({"strike": ["high", "low"]}, "a value cannot be used: strike 'high' in row 1 is no number"),
        ({"spot": [math.nan, math.nan]}, "spot is empty in row 1: nan and NA are empty too"),
        ({"bid": [-1.0, 108.0]}, "bid -1 in row 1 is no number from 0"),
        ({"ask": [math.inf, 113.0]}, "ask inf in row 1 is no number"),
        ({"strike": [3200.0, 3200.0], "type": ["C", "call"]}, "ETH chain: row 2: the call at 3200"),
        ({"type": ["C", "X"]}, "type 'X' is neither C nor P"),
        ({"currency": ["coin", "EUR"]}, "currency 'EUR' in row 2 is neither USD nor coin"),
        ({"expiry_at": [EXPIRY, None]}, "expiry_at is empty in row 2"),
        ({"expiry_at": [EXPIRY, "soon"]}, "a value cannot be used: "),
        ({"observed_at": ["2026-13-01", SEEN]}, "a value cannot be used: "),
        ({"observed_at": [SEEN, None]}, "observed_at is empty in row 2"),
        ({"observed_at": [SEEN_SECONDS * 1000, SEEN_SECONDS]}, "looks like milliseconds, and the column is in seconds"),
        ({"expiry_at": ["2026-03-01T08:00:00Z"] * 2}, "no quotes"),
        ({"underlying": ["ETH", None]}, "a row has no underlying"),
        ({"forward": [0.0, 3010.0]}, "forward 0 in row 1 is no number"),
        ({"lot": [0.0, 0.1]}, "lot 0 in row 1 is no number"),
        ({"lot": [1e308, 1e308]}, "lot 1e+308 in row 1 is no number from 1e-09 to 1e+06"),
        ({"spot": [1e308, 1e308]}, "spot 1e+308 in row 1 is no number from 1e-09 to 1e+09"),
        ({"spot": [3000.0, "many"]}, "spot 'many' in row 2 is no number"),
        ({"strike": [3200.0, 1e308]}, "strike 1e+308 in row 2 is no number"),
        ({"strike": [True, True]}, "strike 'True' in row 1 is no number"),
        ({"bid": [110.0, "-"]}, "bid '-' in row 2 is no number"),
        ({"vol": [0.6, 1e308]}, "vol 1e+308 in row 2 is no number"),
    ],
)
def test_read_chain_file__unusable_value__is_named(csv: Path, columns: dict[str, Any], words: str) -> None:
    assert words in refused(csv, native(**columns))


def test_read_chain_file__columns_missing__names_all_of_them(csv: Path) -> None:
    assert "no column spot, bid" in refused(csv, native().drop(columns=["spot", "bid"]))


def test_read_chain_file__header_alone__holds_no_quotes(csv: Path) -> None:
    assert "holds no quotes" in refused(csv, native().iloc[:0])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("half.csv.gz", b"\x1f\x8b\x08\x00"),
        ("text.parquet", b"spot,bid\n1,2\n"),
        ("x.csv", b"\xff"),
    ],
)
def test_read_chain_file__no_table__cannot_be_read(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFile):
        read_chain_file(path)


def test_read_chain_file__absent_or_a_folder__is_a_bad_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        read_chain_file(tmp_path / "none.csv")
    with pytest.raises(BadFile, match="cannot be read as a table"):
        read_chain_file(tmp_path)


def test_read_chain_file__deribit_order_books__become_usd_at_the_newest_time(csv: Path) -> None:
    chain = chain_of(csv, books())
    assert (chain.underlying, chain.observed_at, chain.spot) == ("ETH", SEEN_SECONDS, 3000.0)
    put, call, far = chain.rows
    assert (call.bid, call.ask, call.vol) == (0.0365 * 3000.0, 0.0385 * 3000.0, 0.6)
    assert (put.expiry_at, put.is_call, put.forward) == (EXPIRY_SECONDS, False, 3010.0)
    assert math.isnan(far.bid)
    assert far.ask == 0.002 * 3000.0


def test_read_chain_file__deribit_books_collected_twice__takes_each_instruments_newest(csv: Path) -> None:
    earlier = books(timestamp=books()["timestamp"] - 420_000, index_price=[2900.0] * 3, best_ask_price=[0.5, 0.5, 0.5])
    chain = chain_of(csv, pd.concat([books(), earlier]))
    pd.testing.assert_frame_equal(chain.quotes, chain_of(csv, books()).quotes)
    assert chain.spot == 3000.0


def test_read_chain_file__deribit_book_of_an_earlier_hour__is_left_out(csv: Path) -> None:
    stamps = books()["timestamp"].to_numpy().copy()
    stamps[0] -= 3_600_000
    assert len(chain_of(csv, books(timestamp=stamps)).rows) == 2


def test_read_chain_file__deribit_book_crossed__is_no_quote_and_the_source_counts_it(csv: Path) -> None:
    chain = chain_of(csv, books(best_bid_price=[0.04, 0.036, 0.0]))
    call = chain.rows[1]
    assert math.isnan(call.bid)
    assert math.isnan(call.ask)
    assert call.vol == 0.6
    assert chain.source == "file chain.csv, 1 crossed quotes read as no quote"


def test_read_chain_file__deribit_daily__has_spot_and_quotes_of_the_newest_day_only(tmp_path: Path) -> None:
    chain = chain_of(tmp_path / "daily.parquet", daily())
    assert (chain.underlying, chain.observed_at, chain.spot, len(chain.rows)) == ("BTC", SEEN_SECONDS, 90_000.0, 2)
    put, call = chain.rows
    assert (call.bid, call.ask, call.vol, call.lot) == (0.011 * 90_000.0, 0.012 * 90_000.0, 0.45, 0.1)
    assert math.isnan(put.bid)


@pytest.mark.parametrize(
    "name", ["ETH-PERPETUAL", "ETH_USDC-27MAR26-3200-C", "ETH-27MAR26-3200-X", "ETH-27XXX26-3200-C"]
)
def test_read_chain_file__deribit_instrument_that_is_no_coin_option__is_refused(csv: Path, name: str) -> None:
    message = refused(csv, books(instrument_name=[name, *books()["instrument_name"][1:]]))
    assert name in message or "27XXX26" in message


@pytest.mark.parametrize("column", ["timestamp", "index_price", "underlying_price", "best_ask_price", "mark_iv"])
def test_read_chain_file__deribit_column_missing__is_named(csv: Path, column: str) -> None:
    assert f"no column '{column}'" in refused(csv, books().drop(columns=[column]))


@pytest.mark.parametrize("away", [-3601, 3601])
def test_read_chains__quotes_of_another_time_than_the_block__are_untrusted(csv: Path, away: int) -> None:
    terms = OptionsConfig(file=written(csv, native()))
    with pytest.raises(UntrustedNumber, match=r"ETH quotes of 2026-03-02 12:00:00Z are 3601 s away .* at most 3600 s"):
        read_option_chains(terms, {"ETH": 3000.0}, SEEN_SECONDS + away)
    assert read_option_chains(terms, {"ETH": 3000.0}, SEEN_SECONDS + away * 3600 // 3601)["ETH"].spot == 3000.0


def test_read_chains__no_file__is_a_synthetic_chain_that_says_so() -> None:
    chains = read_option_chains(OptionsConfig(), {"ETH": 3000.0}, SEEN_SECONDS)
    assert list(chains) == ["ETH"]
    assert chains["ETH"].source.startswith("synthetic: atm 0.72")
    assert (chains["ETH"].observed_at, chains["ETH"].spot) == (SEEN_SECONDS, 3000.0)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("deribit_chain_btc_20200521.csv.gz", {"BTC": 326}),
        ("deribit_chain_btc_202102.csv.gz", {"BTC": 488}),
        ("deribit_chain_eth_202102.csv.gz", {"ETH": 498}),
        ("deribit_chains_daily_2026h1.parquet", {"BTC": 938, "ETH": 746}),
    ],
)
def test_read_chain_file__real_deribit_file__is_a_chain_near_its_index(
    recorded: Path, name: str, sizes: dict[str, int]
) -> None:
    chains = read_chain_file(recorded / "iv" / name)
    assert {asset: len(chain.rows) for asset, chain in chains.items()} == sizes
    for chain in chains.values():
        forwards, vols = chain.quotes["forward"].to_numpy(), chain.quotes["vol"].to_numpy()
        # Within a year or so a coin's forward stays within a fifth of its spot.
        assert (np.abs(np.log(forwards / chain.spot)) < 0.2).all()
        assert ((vols > 0.05) & (vols < 5.0)).all()
        assert "crossed" not in chain.source
