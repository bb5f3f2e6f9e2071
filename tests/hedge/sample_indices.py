"""What the tests list on volatility indices: real VIX options of July 2022, and synthetic futures and calls on DVOL."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pandas as pd
from sample_books import NOW

from hedge import options
from hedge.instruments.fees import Fees
from hedge.instruments.index_listing import IndexFuture, IndexListing
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import Smile, synthetic_chain
from hedge.units import DAY

SNAPSHOT = 1_657_915_200  # 2022-07-15 20:00 UTC
VIX_LEVEL = 24.23
"""VIX at the close of 2022-07-15 (vix_daily of the shared data)."""


def real_chain(path: Path, ticker: str, spot: float, lot: float, fees: Fees) -> OptionChain:
    """Return a chain of the sample file, its quotes priced from the bid and ask volatilities that it lists."""
    rows = pd.read_csv(path)
    rows = rows[rows["chain"] == ticker].reset_index(drop=True)
    rate = -math.log(float(rows["discount"].iloc[-1])) / float(rows["ttm"].iloc[-1])
    is_call = (rows["type"] == "C").to_numpy(bool)
    bid, ask = (
        options.black76_price(rows["forward"], rows["strike"], rows["ttm"], rows[name], rate, is_call)
        for name in ("bid_iv", "ask_iv")
    )
    quotes = pd.DataFrame(
        {
            "expiry_at": (SNAPSHOT + rows["ttm"] * 365 * DAY).round().astype(int),
            "expiry": rows["ttm"],
            "strike": rows["strike"],
            "is_call": is_call,
            "bid": bid,
            "ask": ask,
            "vol": 0.5 * (rows["bid_iv"] + rows["ask_iv"]),
            "forward": rows["forward"],
            "lot": lot,
        }
    )
    return OptionChain.from_frame(ticker.upper(), SNAPSHOT, spot, quotes, "July 2022", rate, fees)


def dvol(
    level: float = 65.0, beta: float = 1.0, *, slope: float = 0.0, half: float = 0.5, multiplier: float = 1.0
) -> IndexListing:
    """Return futures and calls on a synthetic DVOL.

    Parameters
    ----------
    level : points; forwards are `slope` points a month above it. half : half spread of the futures, points.
    """
    futures = tuple(
        IndexFuture(NOW + days * DAY, days / 365, middle - half, middle + half, multiplier)
        for days in (17, 45, 73)
        for middle in (level + slope * days / 30,)
    )
    calls = synthetic_chain("DVOL", level, NOW, 0.9, Smile(0.05, 0.0, 0.0, 0.05), lot=multiplier)
    return IndexListing(
        "DVOL", NOW, level, beta, futures, dataclasses.replace(calls, fees=Fees(0.0005)), source="made up"
    )
