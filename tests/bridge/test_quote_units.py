"""Chain files in wrong units: told by what the quotes themselves imply, and every real chain is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import BadFile
from bridge.sources.quote_units import check_quote_units
from bridge.sources.quotes.files import read_chain_file, read_snapshots
from hedge import options
from hedge.instruments.option_chain import OptionChain

pytestmark = pytest.mark.unit
SEEN = 1_772_452_800  # 2026-03-02 12:00 UTC
YEAR = 365 * 86_400
FILE = Path("chain.csv")


def market(
    spot: float = 3000.0, vol: float = 0.6, skew: float = -0.1, asset: str = "ETH", **columns: Any
) -> pd.DataFrame:
    """Return a file of USD quotes on three expiries, with a smile and spreads."""
    rows = []
    for days in (11, 25, 60):
        for moneyness in (0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4):
            for kind in "CP":
                strike, years = spot * moneyness, days / 365
                own = vol + skew * np.log(moneyness) + 0.3 * np.log(moneyness) ** 2
                price = float(options.price(spot, strike, years, own, 0.0, 0.0, kind == "C"))
                rows.append((asset, SEEN, spot, SEEN + days * 86_400, strike, kind, 0.97 * price, 1.03 * price, own))
    names = ["underlying", "observed_at", "spot", "expiry_at", "strike", "type", "bid", "ask", "vol"]
    return pd.DataFrame(rows, columns=names).assign(**columns)


def read(folder: Path, frame: pd.DataFrame) -> OptionChain:
    path = folder / "chain.csv"
    frame.to_csv(path, index=False)
    (chain,) = read_chain_file(path).values()
    return chain


def refused(folder: Path, frame: pd.DataFrame) -> str:
    with pytest.raises(BadFile) as caught:
        read(folder, frame)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def scaled(frame: pd.DataFrame, factor: float, *names: str) -> pd.DataFrame:
    return frame.assign(**{name: frame[name] * factor for name in names})


def deribit(frame: pd.DataFrame, vol: float = 100.0) -> pd.DataFrame:
    """Return the same as order books: prices in coin, volatility in percent."""
    days = pd.to_datetime(frame["expiry_at"], unit="s").dt.strftime("%-d%b%y").str.upper()
    strikes = frame["strike"].round().astype(int).astype(str)
    return pd.DataFrame(
        {
            "instrument_name": frame["underlying"] + "-" + days + "-" + strikes + "-" + frame["type"],
            "timestamp": frame["observed_at"],
            "index_price": frame["spot"],
            "underlying_price": frame["spot"],
            "best_bid_price": frame["bid"] / frame["spot"],
            "best_ask_price": frame["ask"] / frame["spot"],
            "mark_iv": frame["vol"] * vol,
        }
    )


@given(
    spot=st.sampled_from([0.02, 1.0, 3.0, 150.0, 3000.0, 90_000.0]),
    vol=st.floats(0.06, 3.0),
    skew=st.floats(-0.3, 0.1),
    kept=st.sampled_from(["CP", "C", "P"]),
    stated=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_units__a_market_in_its_own_units__is_accepted_and_in_others_refused(
    spot: float, vol: float, skew: float, kept: str, stated: bool
) -> None:
    quotes = in_usd(market(spot, vol, skew * vol))
    quotes = quotes[quotes["kind"].isin(list(kept))]
    if not stated:
        quotes = quotes.assign(vol=np.nan)
    check_quote_units(FILE, "ETH", spot, quotes, "vol")
    for factor in (100.0, 0.01):
        if stated:
            with pytest.raises(BadFile, match="vol"):
                check_quote_units(FILE, "ETH", spot, scaled(quotes, factor, "vol"), "vol")
    if not 0.05 <= spot <= 20.0 and vol < 1.5:
        as_usd = scaled(quotes, 1.0 / spot, "bid", "ask")
        with pytest.raises(BadFile, match="look like coin prices" if spot > 1.0 else "chain.csv"):
            check_quote_units(FILE, "ETH", spot, as_usd, "vol")
        as_coin = scaled(quotes, spot, "bid", "ask").assign(in_coin=True)
        with pytest.raises(BadFile, match="look like USD prices" if spot > 1.0 else "chain.csv"):
            check_quote_units(FILE, "ETH", spot, as_coin, "vol")


def in_usd(frame: pd.DataFrame) -> pd.DataFrame:
    years = (frame["expiry_at"] - frame["observed_at"]) / YEAR
    return frame.assign(
        expiry=years, is_call=frame["type"] == "C", forward=frame["spot"], rate=0.0, in_coin=False, kind=frame["type"]
    )


def test_chain_file__sound_market__is_read_with_its_volatility(tmp_path: Path) -> None:
    assert len(read(tmp_path, market()).rows) == 42
    assert len(read(tmp_path, deribit(market())).rows) == 42
    daily = deribit(market()).rename(columns={"best_bid_price": "bid_price", "best_ask_price": "ask_price"})
    daily = daily.rename(columns={"underlying_price": "underlying"}).assign(implied_volatility=market()["vol"])
    assert len(read(tmp_path, daily).rows) == 42


@pytest.mark.parametrize("stated", [True, False])
def test_chain_file__coin_prices_as_usd_and_the_reverse__says_which_they_look_like(
    tmp_path: Path, stated: bool
) -> None:
    sound = market() if stated else market().drop(columns="vol")
    message = refused(tmp_path, scaled(sound, 1 / 3000.0, "bid", "ask"))
    assert "ETH: these look like coin prices: in USD " in message
    assert "say coin in the column currency" in message
    message = refused(tmp_path, sound.assign(currency="coin"))
    assert "ETH: these look like USD prices: in coin " in message
    assert "say USD in the column currency" in message
    assert len(read(tmp_path, scaled(sound, 1 / 3000.0, "bid", "ask").assign(currency="coin")).rows) == 42


def test_chain_file__coin_prices_of_far_puts_alone__are_told_too(tmp_path: Path) -> None:
    far = market().query("type == 'P' and strike < 2500")
    assert len(read(tmp_path, far).rows) == 6
    assert "look like coin prices" in refused(tmp_path, scaled(far.drop(columns="vol"), 1 / 3000.0, "bid", "ask"))


def test_chain_file__deribit_books_in_usd__are_refused(tmp_path: Path) -> None:
    books = scaled(deribit(market()), 3000.0, "best_bid_price", "best_ask_price")
    assert "look like USD prices" in refused(tmp_path, books)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (100.0, "vol 60.03 in the middle: it looks like percent, write 0.6 for 60 %"),
        (0.01, "vol 0.006003 in the middle looks like a decimal, 0.6 is 60 % in this column"),
        (1 / 365**0.5, "in the middle looks like another unit or measure, the quotes imply 0.6: 0.6 is 60 %"),
        (0.5, "looks like another unit or measure"),
        (0.0, "vol 0 in row 1 is no volatility: leave the cell empty where it is unknown"),
        (-1.0, "in row 1 is no volatility: leave the cell empty"),
    ],
)
def test_chain_file__volatility_in_another_unit__is_named(tmp_path: Path, factor: float, words: str) -> None:
    assert words in refused(tmp_path, scaled(market(), factor, "vol"))


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1.0, "mark_iv 0.6003 in the middle looks like a decimal, 60 is 60 % in this column"),
        (2.0, "mark_iv 1.2 in the middle looks like another unit or measure, the quotes imply 60"),
        (10_000.0, "mark_iv 6003 in the middle: it is percent of percent"),
        (0.0, "mark_iv 0 in row 1 is no volatility"),
        (-100.0, "is no volatility: leave the cell empty"),
    ],
)
def test_chain_file__deribits_volatility_in_another_unit__is_named(tmp_path: Path, factor: float, words: str) -> None:
    assert words in refused(tmp_path, deribit(market(), factor))


@pytest.mark.parametrize(
    ("value", "words"), [(60.0, "vol 60 in row 5"), (0.006, "vol 0.006 in row 5"), (0.0, "vol 0 in row 5")]
)
def test_chain_file__one_volatility_in_another_unit__is_named_by_row(tmp_path: Path, value: float, words: str) -> None:
    frame = market()
    frame.loc[4, "vol"] = value
    assert words in refused(tmp_path, frame)


def test_chain_file__empty_volatility_column__is_implied_by_the_middle(tmp_path: Path) -> None:
    implied, absent = (
        read(tmp_path, frame).quotes for frame in (market().assign(vol=np.nan), market().drop(columns="vol"))
    )
    pd.testing.assert_frame_equal(implied, absent)
    assert implied["vol"].between(0.4, 0.9).all()


@pytest.mark.parametrize(
    ("columns", "factor"),
    [(("spot",), 1e-3), (("strike",), 1e-3), (("spot",), 30.0), (("bid", "ask"), 20.0), (("bid", "ask"), 100.0)],
)
def test_chain_file__another_column_in_another_unit__is_refused(
    tmp_path: Path, columns: tuple[str, ...], factor: float
) -> None:
    message = refused(tmp_path, scaled(market().drop(columns="vol"), factor, *columns))
    assert "Is a price, strike, forward or spot in another unit" in message or "look like" in message


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("spot", 3.0, "spot 3 in row 8 is far from the spot, 3000: another unit or asset?"),
        ("spot", 90_000.0, "spot 90000 in row 8 is far from the spot"),
        ("forward", 301_000.0, "forward 301000 in row 8 is far from the spot, 3000"),
        ("forward", 1 / 3000.0, "forward 0.000333333 in row 8 is far from the spot"),
    ],
)
def test_chain_file__one_row_of_another_underlying__is_named(
    tmp_path: Path, name: str, value: float, words: str
) -> None:
    frame = market().assign(forward=3000.0)
    frame.loc[7, name] = value
    assert words in refused(tmp_path, frame)


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_chain_file__one_side_in_coin__is_refused(tmp_path: Path, side: str) -> None:
    message = refused(tmp_path, scaled(market().drop(columns="vol"), 1 / 3000.0, side))
    assert ("asks are 3.19e+03 times the bids" if side == "bid" else "Is a price, strike, forward or spot") in message


@pytest.mark.parametrize("rows", [slice(0, 10), slice(25, 42), slice(20, 21)])
@pytest.mark.parametrize("coin", [False, True])
def test_chain_file__some_prices_in_the_other_unit__are_named_by_row(tmp_path: Path, rows: slice, coin: bool) -> None:
    frame = market()
    if coin:
        frame = scaled(frame, 1 / 3000.0, "bid", "ask").assign(currency="coin")
    frame.loc[frame.index[rows], ["bid", "ask"]] *= 3000.0 if coin else 1 / 3000.0
    message = refused(tmp_path, frame)
    assert "look" in message or "is a price" in message.lower()
    if rows == slice(20, 21):
        assert f"the price in row 21 looks like one in {'USD' if coin else 'coin'}, as 1 of 42 do" in message


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_chain_file__one_side_alone__is_held_against_bounds_and_stated_volatility(tmp_path: Path, side: str) -> None:
    frame = market().assign(**{"ask" if side == "bid" else "bid": np.nan})
    far = frame[(frame["type"] == "C") == (frame["strike"] > 3000.0)]
    assert len(read(tmp_path, frame).rows) == 42
    assert len(read(tmp_path, far).rows) == len(far)
    other = scaled(far, 1 / 3000.0, side) if side == "ask" else far.assign(currency="coin")
    message = refused(tmp_path, other)
    assert f"lone {side}s imply a volatility of" in message or "look like" in message
    if side == "ask":
        assert "most asks are above what an option can be worth" in refused(tmp_path, frame.assign(currency="coin"))


@pytest.mark.parametrize("count", [1, 2])
def test_chain_file__a_few_options_in_the_other_unit__are_told_too(tmp_path: Path, count: int) -> None:
    few = market().drop(columns="vol").iloc[6 : 6 + count]
    assert len(read(tmp_path, few).rows) == count
    assert "look like coin prices" in refused(tmp_path, scaled(few, 1 / 3000.0, "bid", "ask"))
    assert "look like USD prices" in refused(tmp_path, few.assign(currency="coin"))


def test_chain_file__zero_for_no_quote__is_none(tmp_path: Path) -> None:
    frame = market()
    frame.loc[:3, "bid"] = 0.0
    assert int(read(tmp_path, frame).quotes["bid"].isna().sum()) == 4


def chains(recorded: Path) -> Iterator[OptionChain]:
    for asset in ("ETH", "BTC"):
        yield from read_snapshots(recorded / "iv" / "deribit_chains_daily_2026h1.parquet", asset)
    for name in ("btc_20200521", "btc_202102", "eth_202102"):
        yield from read_chain_file(recorded / "iv" / f"deribit_chain_{name}.csv.gz").values()


def test_real_chains__every_snapshot__is_accepted_and_every_fifth_refused_in_other_units(recorded: Path) -> None:
    count = 0
    for chain in chains(recorded):
        count += 1
        quotes, spot = chain.quotes.assign(in_coin=True), chain.spot
        check_quote_units(FILE, chain.underlying, spot, quotes, "mark_iv")
        if count % 5 or not (quotes["bid"] > 0.0).any():
            continue  # one snapshot has no bid at all
        in_usd = quotes.assign(in_coin=False, rate=0.0)
        for wrong, words in (
            (scaled(quotes, 100.0, "vol"), "percent of percent"),
            (scaled(quotes, 0.01, "vol"), "looks like a decimal"),
            (scaled(in_usd, 1 / spot, "bid", "ask"), "look like coin prices"),
            (scaled(in_usd.assign(vol=np.nan), 1 / spot, "bid", "ask"), "look like coin prices"),
            (scaled(quotes, spot, "bid", "ask"), "look like USD prices"),
        ):
            with pytest.raises(BadFile, match=words):
                check_quote_units(FILE, chain.underlying, spot, wrong, "mark_iv")
        check_quote_units(FILE, chain.underlying, spot, in_usd, "vol")
    assert count == 309


def test_real_chains__of_shares_and_their_funds__are_accepted(recorded: Path) -> None:
    table = pd.read_csv(recorded / "iv" / "stochvolmodels_sample_chains.csv.gz")
    for name, rows in table.dropna(subset=["bid_price", "ask_price"]).groupby("chain"):
        quotes = pd.DataFrame(
            {
                "strike": rows["strike"],
                "expiry": rows["ttm"],
                "forward": rows["forward"],
                "is_call": rows["type"] == "C",
                "bid": rows["bid_price"],
                "ask": rows["ask_price"],
                "rate": -np.log(rows["discount"]) / rows["ttm"],
                "vol": (rows["bid_iv"] + rows["ask_iv"]) / 2,
                "in_coin": False,
            }
        )
        check_quote_units(FILE, str(name), float(rows["forward"].iloc[0]), quotes, "vol")
