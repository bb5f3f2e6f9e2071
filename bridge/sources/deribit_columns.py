"""Deribit's own columns as those of a chain file: order books one by one, or the daily snapshots of all options."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from bridge.sources.quote_snapshots import BOOKS_SECONDS, ROWS_SECONDS, window_of
from bridge.times import read_seconds, tomorrow, years_ahead

DERIBIT: Final = (
    "instrument_name",
    "timestamp",
    "index_price",
    "underlying_price",
    "best_bid_price",
    "best_ask_price",
    "bid_price",
    "ask_price",
    "mark_price",
    "mark_iv",
    "implied_volatility",
)
"""Columns of Deribit's files that are read, beside `underlying`."""


def deribit_columns(table: pd.DataFrame, at: int = 0) -> pd.DataFrame:
    """Return Deribit's rows in our columns: order books one by one, or the daily snapshots of all.

    Times are unix seconds, none seen after now and `at`. Beside the columns of a chain file there are ``mark`` (coin),
    ``crossed`` (its quotes are taken out) and ``window`` (seconds that one snapshot takes).
    """
    book = "best_bid_price" in table.columns
    table = table.assign(observed_at=read_seconds(table["timestamp"], tomorrow(at)))
    if book:
        table = table.sort_values(["observed_at", "timestamp"], kind="stable")
    # A file of many snapshots repeats each name: parsed once, it is read in a third of the time.
    places, listed = pd.factorize(table["instrument_name"].astype(str))
    named = pd.Series(listed).str.extract(r"^([A-Z0-9]+)-(\d{1,2}[A-Z]{3}\d{2})-(\d+)-([CP])$")
    if named.isna().any(axis=None):
        name = listed[int(np.argmax(named.isna().any(axis=1)))]
        raise ValueError(f"instrument_name {name} is not like ETH-26JUN26-3000-C")
    days = pd.to_datetime(named[1], format="%d%b%y", utc=True) + pd.Timedelta(hours=8)
    named[1] = read_seconds(days.rename("expiry_at"), years_ahead(at))
    parts = named.take(places).set_axis(table.index)
    names = ("best_bid_price", "best_ask_price") if book else ("bid_price", "ask_price")
    bid, ask = (table[name].astype(float).replace(0.0, np.nan) for name in names)
    crossed = bid > ask
    return pd.DataFrame(
        {
            "underlying": parts[0],
            "observed_at": table["observed_at"],
            "spot": table["index_price"],
            "expiry_at": parts[1],
            "strike": parts[2].astype(float),
            "type": parts[3],
            "bid": bid.mask(crossed),
            "ask": ask.mask(crossed),
            "currency": "coin",
            "mark": table["mark_price"] if "mark_price" in table.columns else np.nan,
            "forward": table["underlying_price" if book else "underlying"],
            "vol": table["mark_iv"] / 100 if book else table["implied_volatility"],
            "crossed": crossed,
            "window": BOOKS_SECONDS if book else ROWS_SECONDS,
        }
    )


def vol_name(rows: pd.DataFrame) -> str:
    """Return the column of the file that says the volatility."""
    if "mark" not in rows:
        return "vol"
    return "mark_iv" if window_of(rows) == BOOKS_SECONDS else "implied_volatility"
