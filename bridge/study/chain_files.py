"""Deribit's option snapshots of many days as quotes of a backtest: coin becomes USD at the index, once.

What a row is worth to a trader is said by its bid and ask: both times the index of its snapshot, the median of the
`index_price` that its rows hold, as the index drifts while a collector goes through them. Everything that is wrong with
rows or days is counted in `Problems`.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from bridge.errors import BadFile
from bridge.names import check_columns
from bridge.sources.deribit_columns import DERIBIT, deribit_columns, vol_name
from bridge.sources.quote_units import check_vol_unit
from bridge.sources.quotes.files import MOST_BASIS
from bridge.study.problems import Problems
from bridge.tables import read_table
from hedge.backtest.history import Series
from hedge.backtest.quotes import ListedQuotes
from hedge.instruments.lots import lot_of
from hedge.units import DAY

GAP_DAYS: Final = 2.0
NUMBERS: Final = ("spot", "strike", "bid", "ask", "mark", "vol", "forward")
MOST_COIN: Final = 1.0
"""Coins that a call can cost at most: the median of all asks is far below."""


def read_chains(path: Path, assets: tuple[str, ...], problems: Problems) -> dict[str, tuple[ListedQuotes, ...]]:
    """Read every snapshot of each asset, in order of time.

    Raises
    ------
    BadFile
        It is absent, not Deribit's, or has no snapshot of an asset.
    """
    table = read_table(path)
    check_columns(path, table.columns, DERIBIT)
    if "instrument_name" not in table.columns:
        raise BadFile(path, "no column instrument_name: a study reads Deribit's daily snapshots")
    try:
        rows = deribit_columns(table).rename(columns={"observed_at": "at"})
        for name in NUMBERS:
            rows[name] = pd.to_numeric(rows[name], errors="coerce").astype(float)
    except (KeyError, ValueError, TypeError) as error:
        raise BadFile(path, f"a value or column cannot be used: {str(error).splitlines()[0]}") from error
    found = {}
    for asset in assets:
        _check_units(path, asset, rows[rows["underlying"] == asset])
        own = _sound(rows[rows["underlying"] == asset], asset, problems)
        if own.empty:
            raise BadFile(path, f"holds no usable quotes on {asset}")
        found[asset] = tuple(_snapshot(asset, shot) for _, shot in own.groupby("at", sort=True))
        _gaps(asset, [shot.observed_at for shot in found[asset]], problems)
    return found


def _check_units(path: Path, asset: str, rows: pd.DataFrame) -> None:
    """Refuse a file in other units: single wrong rows are counted, a file of them is none of Deribit's."""
    check_vol_unit(path, asset, rows["vol"].to_numpy(float), vol_name(rows))
    asks = rows["ask"].to_numpy(float)
    if np.isfinite(asks).any() and np.nanmedian(asks) > MOST_COIN:
        raise BadFile(
            path, f"{asset}: the asks look like USD prices, {np.nanmedian(asks):g} in the middle: Deribit's are in coin"
        )


def _sound(rows: pd.DataFrame, asset: str, problems: Problems) -> pd.DataFrame:
    """Return the rows that can be used, and count those that cannot."""
    numbers = rows[["spot", "strike", "forward"]].to_numpy(float)
    quotes = rows[["bid", "ask", "mark", "vol"]].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(np.log(numbers[:, 2] / numbers[:, 0])) > MOST_BASIS
    wrong = {
        "duplicate quotes": rows.duplicated(["at", "expiry_at", "strike", "type"]).to_numpy(bool),
        "expired options": (rows["expiry_at"] <= rows["at"]).to_numpy(bool),
        "impossible rows": ~(np.isfinite(numbers) & (numbers > 0.0)).all(axis=1),
        "impossible quotes": (np.isinf(quotes) | (quotes < 0.0)).any(axis=1),
        "index and forward that contradict each other": apart,
    }
    left_out = np.zeros(len(rows), dtype=bool)
    for kind, these in wrong.items():
        if count := int((these & ~left_out).sum()):
            problems.add(kind, f"{asset}: left out", int(rows["at"].to_numpy()[these][0]), count)
        left_out |= these
    kept = rows[~left_out]
    for kind, absent in (
        ("crossed quotes", kept["crossed"]), ("options without a bid", kept["bid"].isna()),
        ("options without an ask", kept["ask"].isna()), ("options without a mark", kept["mark"].isna()),
    ):  # fmt: skip
        if count := int(absent.sum()):
            problems.add(kind, f"{asset}: of {len(kept)} rows", count=count)
    return kept


def _snapshot(asset: str, rows: pd.DataFrame) -> ListedQuotes:
    at = int(rows["at"].iloc[0])
    spot = float(rows["spot"].astype(float).median())
    bid, ask, mark = (rows[name].to_numpy(float) * spot for name in ("bid", "ask", "mark"))
    return ListedQuotes(
        asset=asset,
        observed_at=at,
        spot=spot,
        expiry_at=rows["expiry_at"].to_numpy(np.int64),
        strike=rows["strike"].to_numpy(float),
        is_call=(rows["type"] == "C").to_numpy(bool),
        bid=bid,
        ask=ask,
        mark=mark,
        vol=rows["vol"].to_numpy(float),
        forward=rows["forward"].to_numpy(float),
        lot=lot_of(asset),
        source=f"Deribit's quotes on {asset} of {pd.Timestamp(at, unit='s'):%Y-%m-%d %H:%M} UTC",
    )


def _gaps(asset: str, times: list[int], problems: Problems) -> None:
    for before, after in pairwise(times):
        if after - before > GAP_DAYS * DAY:
            days = (after - before) / DAY
            problems.add("gaps between snapshots", f"{asset}: {days:.1f} days", before, max(int(days) - 1, 1))


def spots_of(quotes: tuple[ListedQuotes, ...]) -> Series:
    """Return the index at each snapshot as a series of prices."""
    times = np.array([shot.observed_at for shot in quotes], dtype=np.int64)
    return Series(f"index of {quotes[0].asset} at its quotes", times, np.array([shot.spot for shot in quotes]))
