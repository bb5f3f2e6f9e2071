"""Write the histories that signals read, from a folder of market data: `python -m examples.market_histories DATA OUT`.

DATA is laid out as the folder that ALVH_DATA names (DVOL, VIX, spot, FRED-MD, release times, Deribit's daily chains,
S&P 500 and twenty of its stocks); OUT holds afterwards what docs/signals.md lists, so that `alvh plan --signals OUT`
runs on it. When each number was known:

    daily bars          when their day is over (UTC)
    CPI                 at its release; before the first known release 20 days after the month, as the other figures
    policy rate         effective rate of a month, on the first day of the next: the meeting's target is not there
    dollar              ten days after its month
    dates of releases   90 days ahead

Histories of today's vintage are revised; a shutdown delayed figures of autumn 2025 beyond their 20 days. What DATA
lacks (funding of ETH, a market and its members after 2022) stays absent or stale, and is a missing signal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from bridge.sources.quotes.files import read_snapshots
from hedge.errors import HedgeError
from hedge.signals.known import unix_seconds
from hedge.signals.surprise import growth, month_released
from hedge.units import DAY
from hedge.volatility.index import index_from_chain

LEAD: Final = 90 * DAY
MONTHLY: Final = {"CPI": "CPIAUCSL", "PPI": "WPSFD49207", "output": "INDPRO"}
FIRST_MONTH: Final = "2010-01-01"
Made = tuple[str, pd.DataFrame]


def write_market_histories(data: Path, out: Path) -> Path:
    """Write every history that the data folder can give, and return where they are."""
    out.mkdir(parents=True, exist_ok=True)
    for name, table in [*_indices(data), *_prices(data), *_terms(data), *_macro(data), *_market(data)]:
        table.to_csv(out / f"{name}.csv", index=False)
    (out / "source.toml").write_text('source = "market data, release dates as stated"\n')
    return out


def _indices(data: Path) -> Iterator[Made]:
    for asset in ("ETH", "BTC"):
        bars = pd.read_csv(data / "iv" / f"dvol_{asset.lower()}_daily.csv")
        yield f"index_{asset}", _daily(bars["date"], bars[["open", "high", "low", "close"]])


def _prices(data: Path) -> Iterator[Made]:
    early = pd.read_csv(data / "vectors" / "indicators" / "talib_0.8.1_eth_daily.csv.gz")
    late = pd.read_parquet(data / "spot" / "ethusdt_1d_2023_2026.parquet").rename(columns={"timestamp": "date"})
    late = late.assign(date=late["date"].dt.strftime("%Y-%m-%d"))
    rows = pd.concat([early[early["date"] < late["date"].iloc[0]], late])
    yield "price_ETH", _daily(rows["date"], rows[["high", "low", "close"]])
    coin = pd.read_csv(data / "spot" / "btc_daily_2022_2025_kalyar.csv.gz")
    yield "price_BTC", _daily(coin["date"], coin[["open", "high", "low", "close"]])


def _terms(data: Path) -> Iterator[Made]:
    """Yield the index at 30 and at 90 days of every daily chain that quotes enough for both."""
    for asset in ("ETH", "BTC"):
        rows = []
        for chain in read_snapshots(data / "iv" / "deribit_chains_daily_2026h1.parquet", asset):
            try:
                near, far = (index_from_chain(chain.quotes, target_days=days).points for days in (30.0, 90.0))
            except HedgeError:
                continue
            rows.append((chain.observed_at, near, far))
        yield f"term_{asset}", pd.DataFrame(rows, columns=["known_at", "near", "far"])


def _macro(data: Path) -> Iterator[Made]:
    monthly = pd.read_csv(data / "macro" / "fred_md_selected_monthly_1959_2026.csv.gz", index_col=0, parse_dates=True)
    events = pd.read_csv(data / "macro" / "macro_events_utc_2021_2026.csv", parse_dates=["release_utc"])
    at = unix_seconds(pd.DatetimeIndex(events["release_utc"]))
    dates = pd.DataFrame({"announced_at": at - LEAD, "event": events["event"], "release_at": at})
    yield "calendar", dates.sort_values(["release_at", "event"])
    cpi = month_released(pd.DatetimeIndex(events.loc[events["event"] == "CPI", "release_utc"]))
    figures = [_figures(event, growth(monthly[column]), cpi if event == "CPI" else None)
               for event, column in MONTHLY.items()]  # fmt: skip
    rate = monthly["FEDFUNDS"]
    figures.append(pd.DataFrame({"known_at": _month_end(rate), "event": "FOMC", "actual": rate.to_numpy()}))
    recent = [rows[rows["known_at"] >= pd.Timestamp(FIRST_MONTH).timestamp()] for rows in figures]
    yield "releases", pd.concat(recent).sort_values(["known_at", "event"])
    dollar = monthly["TWEXAFEGSMTHx"].dropna()
    yield "dollar", pd.DataFrame({"known_at": _month_end(dollar) + 10 * DAY, "close": dollar.to_numpy()})


def _figures(event: str, values: pd.Series, release_at: pd.Series | None) -> pd.DataFrame:
    """Return a figure per month, known 20 days after it or at its release where that is known; empty if none came."""
    stated = pd.Series(_month_end(values) + 20 * DAY, index=values.index)
    known = stated if release_at is None else release_at.reindex(values.index).fillna(stated)
    frame = pd.DataFrame({"known_at": known.astype(np.int64), "event": event, "actual": values.to_numpy()})
    return frame.sort_values("known_at")


def _month_end(series: pd.Series) -> np.ndarray:
    return unix_seconds(pd.DatetimeIndex(series.index) + pd.offsets.MonthBegin(1))


def _market(data: Path) -> Iterator[Made]:
    index = pd.read_csv(data / "iv" / "sp500_index_daily_1990_2022_skfolio.csv.gz")
    vix = pd.read_csv(data / "iv" / "vix_daily.csv.gz").rename(columns={"DATE": "Date"})
    both = index.merge(vix[["Date", "CLOSE"]], on="Date")
    columns = pd.DataFrame({"close": both["SP500"], "vol": both["CLOSE"]})
    yield "market", _daily(both["Date"], columns)
    stocks = pd.read_csv(data / "macro" / "sp500_20stocks_daily_1990_2022_skfolio.csv.gz")
    yield "members", _daily(stocks["Date"], stocks.drop(columns="Date"))


def _daily(dates: pd.Series, values: pd.DataFrame) -> pd.DataFrame:
    """Index bars by the end of their day."""
    known = unix_seconds(pd.DatetimeIndex(pd.to_datetime(dates))) + DAY
    return pd.DataFrame({"known_at": known, **{str(name): values[name].to_numpy() for name in values}})


if __name__ == "__main__":
    write_market_histories(Path(sys.argv[1]), Path(sys.argv[2]))
