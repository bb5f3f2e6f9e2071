"""Option chains: from a file of quotes, or synthetic with a stated smile. Quotes in coin become USD here, once.

A chain file (CSV or parquet) has a row an option and the columns

    underlying, observed_at, spot, expiry_at, strike, type, bid, ask       times ISO 8601 UTC; type C or P; empty: no
    quote currency (USD, the default, or coin), forward, vol, lot                optional

Deribit's own column names are understood as well (instrument_name, best_bid_price or bid_price, underlying_price ...).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.config import OptionsConfig
from bridge.errors import BadFile, UntrustedNumber
from bridge.units import YEAR_SECONDS, utc
from hedge import options
from hedge.chain import OptionChain, Smile, synthetic_chain
from hedge.errors import HedgeError

COLUMNS = ("underlying", "observed_at", "spot", "expiry_at", "strike", "type", "bid", "ask")
LOTS = {"ETH": 0.1, "BTC": 0.01}
SMILE = Smile()


def read_chains(terms: OptionsConfig, spots: dict[str, float], observed_at: int) -> dict[str, OptionChain]:
    """Return the option chain of every asset that has a spot.

    Parameters
    ----------
    terms
        The file, or the at-the-money volatilities of synthetic chains.
    spots
        USD price by asset, from the chain that the book is on.
    observed_at
        Unix seconds of the book's block; quotes much older or newer are refused.

    Raises
    ------
    BadFile, UntrustedNumber
        The file cannot be used, or its quotes are not of this time.
    """
    if terms.file is None:
        return {
            asset: synthetic_chain(asset, spots[asset], observed_at, vol, SMILE, lot=LOTS.get(asset, 0.1))
            for asset, vol in sorted(terms.atm_vol.items())
            if asset in spots
        }
    chains = read_chain_file(terms.file)
    for asset, chain in chains.items():
        age = abs(observed_at - chain.observed_at)
        if age > terms.max_age_seconds:
            raise UntrustedNumber(
                f"{terms.file}: {asset} quotes of {utc(chain.observed_at)} are {age} s away from the book's block "
                f"({utc(observed_at)}), at most {terms.max_age_seconds} s: take fresh quotes, or raise "
                "options.max_age_seconds"
            )
    return chains


def read_chain_file(path: Path) -> dict[str, OptionChain]:
    """Read every underlying's newest snapshot from a file.

    Raises
    ------
    BadFile
        It is absent, lacks columns, or holds crossed, negative or duplicate quotes.
    """
    frame = _native(path, _table(path))
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise BadFile(path, f"no column {', '.join(missing)}: a chain file has {', '.join(COLUMNS)}")
    if frame.empty:
        raise BadFile(path, "holds no quotes")
    try:
        return {
            str(asset): _chain(path, str(asset), rows) for asset, rows in frame.groupby("underlying", observed=True)
        }
    except (ValueError, TypeError) as error:
        raise BadFile(path, f"a value is not a number or a time: {error}") from error
    except HedgeError as error:
        raise BadFile(path, str(error)) from error


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError:
        raise BadFile(path, "no such file") from None
    except (ValueError, OSError) as error:
        raise BadFile(path, f"cannot be read as a table: {error}") from error


def _native(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Rename Deribit's columns to ours; any other table is passed on as it is."""
    if "instrument_name" not in table.columns:
        return table
    parts = table["instrument_name"].astype(str).str.split("-", expand=True)
    if parts.shape[1] != 4:
        raise BadFile(path, "an instrument_name is not like ETH-26JUN26-3000-C")
    book = "best_bid_price" in table.columns
    times = pd.to_datetime(table["timestamp"], unit="ms", utc=True) if book else table["timestamp"]
    return pd.DataFrame(
        {
            "underlying": parts[0],
            # One snapshot takes a while to collect: its newest quote dates it.
            "observed_at": times.max() if book else times,
            "spot": table["index_price"].groupby(parts[0]).transform("median"),
            "expiry_at": pd.to_datetime(parts[1], format="%d%b%y", utc=True) + pd.Timedelta(hours=8),
            "strike": parts[2].astype(float),
            "type": parts[3],
            "bid": table["best_bid_price" if book else "bid_price"].replace(0.0, np.nan),
            "ask": table["best_ask_price" if book else "ask_price"].replace(0.0, np.nan),
            "currency": "coin",
            "forward": table["underlying_price" if book else "underlying"],
            "vol": table["mark_iv"] / 100 if book else table["implied_volatility"],
        }
    )


def _chain(path: Path, asset: str, rows: pd.DataFrame) -> OptionChain:
    times = pd.to_datetime(rows["observed_at"], utc=True)
    newest = times.max()
    rows = rows[times == newest]
    observed_at, spot = int(newest.timestamp()), float(rows["spot"].iloc[0])
    expiry_at = pd.to_datetime(rows["expiry_at"], utc=True).to_numpy(dtype="datetime64[s]").astype(np.int64)
    forward = rows["forward"].to_numpy(float) if "forward" in rows else np.full(len(rows), spot)
    in_coin = (rows["currency"].astype(str).str.lower() == "coin").to_numpy() if "currency" in rows else False
    # A coin-settled option is worth its coin price times the underlying it settles on.
    factor = np.where(in_coin, forward, 1.0)
    quotes = pd.DataFrame(
        {
            "expiry_at": expiry_at,
            "expiry": (expiry_at - observed_at) / YEAR_SECONDS,
            "strike": rows["strike"].to_numpy(float),
            "is_call": (rows["type"].astype(str).str.upper().str[0] == "C").to_numpy(),
            "bid": rows["bid"].to_numpy(float) * factor,
            "ask": rows["ask"].to_numpy(float) * factor,
            "forward": forward,
            "lot": rows["lot"].to_numpy(float) if "lot" in rows else LOTS.get(asset, 0.1),
        }
    )
    quotes["vol"] = rows["vol"].to_numpy(float) if "vol" in rows else _mid_vol(quotes, spot)
    return OptionChain.from_frame(asset, observed_at, spot, quotes[quotes["expiry"] > 0], f"file {path.name}")


def _mid_vol(quotes: pd.DataFrame, spot: float) -> npt.NDArray[np.float64]:
    mid = ((quotes["bid"] + quotes["ask"]) / 2).to_numpy()
    expiry = quotes["expiry"].to_numpy()
    carry = np.log(quotes["forward"].to_numpy() / spot) / np.where(expiry > 0, expiry, np.nan)
    return np.asarray(
        options.implied_vol(mid, spot, quotes["strike"].to_numpy(), expiry, carry, carry, quotes["is_call"].to_numpy())
    )
