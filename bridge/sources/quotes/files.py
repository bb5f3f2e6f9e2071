"""Option chains from a file of quotes. Quotes in coin become USD here, once.

A chain file (CSV or parquet) has a row an option and the columns

    underlying, observed_at, spot, expiry_at, strike, type, bid, ask
                                     times as `bridge.times` reads them; type C or P (call, put); empty or 0: no quote
    currency, forward, vol, lot      optional; currency USD (the default) or coin; lot 1 (0.1 for BTC) by default
    fee, venue                       optional; share of the underlying, 0.0003 by default; where rows are a venue's own

Deribit's own column names are understood as well (instrument_name, best_bid_price or bid_price, underlying_price ...).
Which rows are one snapshot is said in `bridge.sources.quote_snapshots`. Its time is that of its newest row, and the
newest row of an option is its quote. An option quoted twice at one time is refused.
A crossed quote in our own format is refused. Of an exchange it is a moment between two updates: in Deribit's rows, and
in those that name a venue, it is no quote, and the source says how many there were. So are prices that no market gives
(`bridge.sources.quote_bounds`). A folder of parts, as `alvh collect` writes it, is read as one file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.config import OptionsConfig
from bridge.errors import BadConfig, BadFile
from bridge.names import alike, check_columns, shown
from bridge.sources.chain_parts import read_parts
from bridge.sources.deribit_columns import DERIBIT, deribit_columns, vol_name
from bridge.sources.option_chains import QUOTE_SOURCES
from bridge.sources.quote_bounds import wrong_quotes
from bridge.sources.quote_expiries import check_expiries
from bridge.sources.quote_snapshots import first_time, snapshot_of, snapshot_times
from bridge.sources.quote_units import LEAST_ROW_VOL, check_quote_units, check_vol_rows
from bridge.tables import ALSO_EMPTY, read_table
from bridge.times import read_seconds, tomorrow, years_ahead
from bridge.units import YEAR_SECONDS, utc
from hedge import options
from hedge.errors import BadQuote, CrossedQuote, DuplicateQuote, HedgeError
from hedge.instruments.fees import DERIBIT as DERIBIT_FEES
from hedge.instruments.fees import Fees
from hedge.instruments.lots import lot_of
from hedge.instruments.option_chain import OptionChain
from hedge.market import MOST_VOL, Provenance

TYPES = {"C": True, "CALL": True, "P": False, "PUT": False}
CURRENCIES = frozenset({"usd", "coin"})
MOST_MOVE = 0.1
"""Log distance of a row's spot from that of its snapshot: within a quarter of an hour an index moves less."""
MOST_BASIS = 0.5
"""Log distance of a forward from the spot: 0.1 at most on Deribit's recorded chains."""

MOST_USD = 1e9
"""Of an asset or an option on it, in USD or coin."""
NUMBERS: dict[str, tuple[float, float, bool]] = {
    "spot": (1e-9, MOST_USD, False),
    "strike": (1e-9, MOST_USD, False),
    "forward": (1e-9, MOST_USD, False),
    "lot": (1e-9, 1e6, False),
    "bid": (0.0, MOST_USD, True),
    "ask": (0.0, MOST_USD, True),
    "mark": (0.0, MOST_USD, True),
    "vol": (-1e6, 1e6, True),
    "fee": (0.0, 0.05, False),
}
"""By column: the least and the most that a number can be, and whether a cell may be empty."""
TEST = "-test"
"""How a venue's name ends whose quotes are no market's."""
COLUMNS = ("underlying", "observed_at", "spot", "expiry_at", "strike", "type", "bid", "ask")
OPTIONAL = ("currency", "forward", "vol", "lot", "fee", "venue")


def read_chain_file(path: Path, at: int | None = None, ahead: float = 0) -> dict[str, OptionChain]:
    """Read one snapshot of every underlying from a file.

    Parameters
    ----------
    path
        The file; it may hold many snapshots.
    at
        Unix seconds: the newest snapshot that is not later is taken. The newest of all without it.
    ahead
        Seconds after `at` within which the first snapshot is still taken where all are later: a block is some seconds
        old. An underlying that has none by then is left out.

    Raises
    ------
    BadFile
        It is absent, lacks columns, holds crossed, negative or duplicate quotes, or none as early as `at`.
    """
    with _failures_of(path):
        found = _by_asset(path, at)
        first = {asset: first_time(rows) for asset, rows in found}
        known = {asset for asset, time in first.items() if at is None or time <= at + ahead}
        if at is not None and not known:
            began = utc(min(first.values()))
            raise BadFile(path, f"its first quotes are of {began}, none is as early as {utc(at)}: ask for a later time")
        return {asset: _chain(path, asset, rows, at) for asset, rows in found if asset in known}


def read_snapshots(path: Path, asset: str, apart: int = 0) -> Iterator[OptionChain]:
    """Yield the snapshots of one underlying in a file, in order of time.

    Parameters
    ----------
    path, asset
        The file, and whose options.
    apart
        Seconds from one to the next at least: those in between are not looked at.

    Raises
    ------
    BadFile
        As in `read_chain_file`.
    """
    with _failures_of(path):
        for name, rows in _by_asset(path, None, whole=True):
            if name == asset:
                last = -apart
                for newest in snapshot_times(rows):
                    if newest - last >= apart:
                        yield _chain(path, asset, rows, newest)
                        last = newest


@contextmanager
def _failures_of(path: Path) -> Iterator[None]:
    try:
        yield
    except HedgeError as error:
        raise BadFile(path, str(error)) from error
    except KeyError as error:
        raise BadFile(path, f"no column {error}, which Deribit's files have") from error
    except (ValueError, TypeError) as error:
        raise BadFile(path, f"a value cannot be used: {str(error).splitlines()[0]}") from error


def _by_asset(path: Path, at: int | None, whole: bool = False) -> list[tuple[str, pd.DataFrame]]:
    """Return the quotes of every underlying, in our columns, times in unix seconds; none is seen after now and `at`.

    Of a folder of parts only those are read from which the snapshot at `at` can be made; all of them for the `whole`.
    """
    table = read_parts(path, at, whole) if path.is_dir() else read_table(path)
    at = at or 0
    check_columns(path, table.columns, (*COLUMNS, *OPTIONAL, *DERIBIT))
    frame = deribit_columns(table, at) if "instrument_name" in table.columns else table
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise BadFile(path, f"no column {', '.join(missing)}: a chain file has {', '.join(COLUMNS)}")
    if frame.empty:
        raise BadFile(path, "holds no quotes")
    if frame is table:
        seen = read_seconds(table["observed_at"], tomorrow(at))
        frame = table.assign(observed_at=seen, expiry_at=read_seconds(table["expiry_at"], years_ahead(at)))
    frame = frame.assign(underlying=_assets(frame["underlying"]))
    frame = frame.assign(**{name: _numbers(frame[name]) for name in NUMBERS if name in frame})
    frame = of_venue(frame) if "venue" in frame else frame
    return [(str(asset), rows) for asset, rows in frame.groupby("underlying", observed=True)]


def of_venue(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a venue, of which a crossed quote is none; ``crossed`` marks it.

    Raises
    ------
    ValueError
        A row names no venue, or two do.
    """
    names = rows["venue"].unique()
    if len(names) != 1 or not isinstance(names[0], str):
        raise ValueError(f"venue names {len(names)} venues: write the same one into every row")
    crossed = rows["bid"] > rows["ask"]
    return rows.assign(bid=rows["bid"].mask(crossed), ask=rows["ask"].mask(crossed), crossed=crossed)


def _assets(column: pd.Series) -> pd.Series:
    """Return the names of underlyings without the spaces around them; names that look the same are refused."""
    if column.isna().any():
        raise ValueError(f"a row has no underlying: row {int(column.index[int(np.argmax(column.isna()))]) + 1}")
    places, listed = pd.factorize(column.astype(str).str.strip())
    if found := alike(listed):
        counts = np.bincount(places)
        odd = min(found, key=lambda name: int(counts[list(listed).index(name)]))
        other = found[0] if odd == found[1] else found[1]
        row = int(column.index[int(np.argmax(places == list(listed).index(odd)))]) + 1
        raise ValueError(
            f"underlying {shown(odd)} in row {row} looks like {shown(other)} and is another name: write one of them"
        )
    return pd.Series(listed.to_numpy(object).take(places), index=column.index)


def _numbers(column: pd.Series) -> npt.NDArray[np.float64]:
    """Return a column as numbers that can be; what is none is named by its row and column."""
    name, (least, most, empty) = str(column.name), NUMBERS[str(column.name)]
    flags = pd.api.types.is_bool_dtype(column)
    values = np.array(pd.to_numeric(column, errors="coerce"), dtype=np.float64) if not flags else column * np.nan
    missing = column.isna().to_numpy(bool)
    wrong = ~((values >= least) & (values <= most)) & ~(missing & empty)
    if wrong.any():
        row = int(np.argmax(wrong))
        place = f"in row {int(column.index[row]) + 1}"
        if missing[row]:
            raise ValueError(f"{name} is empty {place}: {ALSO_EMPTY}")
        said = f"{values[row]:g}" if not np.isnan(values[row]) else repr(str(column.iloc[row])[:40])
        raise ValueError(f"{name} {said} {place} is no number from {least:g} to {most:g}")
    return np.asarray(values)


def _chain(path: Path, asset: str, rows: pd.DataFrame, at: int | None) -> OptionChain:
    rows, observed_at, absent = snapshot_of(path, asset, rows, at)
    chain = chain_of(path, asset, rows, observed_at, Provenance.FILE, f"file {path.name}")
    if not absent:
        return chain
    words = f"{chain.source}, {absent} option{'s' if absent > 1 else ''} of an earlier time left out"
    return replace(chain, source=words)


def chain_of(
    path: Path, asset: str, rows: pd.DataFrame, observed_at: int, provenance: Provenance, source: str
) -> OptionChain:
    """Return the rows of one snapshot as a chain, checked in every way that this package knows.

    Parameters
    ----------
    path
        What errors name.
    rows
        The columns of a chain file, times in unix seconds; of a venue as `of_venue` returns them.

    Raises
    ------
    BadFile
        The quotes are in another unit, contradict each other, or cannot be.
    ValueError, HedgeError
        A value cannot be used.
    """
    spot, in_coin = _spot(rows), _in_coin(rows)
    quotes = _quotes(asset, rows, spot, in_coin, observed_at)
    alive = quotes["expiry"] > 0
    told = (quotes := quotes[alive]).assign(in_coin=in_coin[alive])
    check_quote_units(path, asset, spot, told, vol_name(rows))
    if "vol" in rows:
        check_vol_rows(quotes["vol"], vol_name(rows))
    check_expiries(path, asset, spot, told, vol_name(rows), forwards="forward" in rows)
    quotes, left_out = _without_wrong(spot, quotes, of_exchange="crossed" in rows)
    quotes, filled = _with_vols(quotes, spot)
    source += f"{left_out}{filled}"
    if "crossed" in rows and rows["crossed"].any():
        source += f", {int(rows['crossed'].sum())} crossed quotes read as no quote"
    if "venue" in rows and str(rows["venue"].iloc[0]).strip().casefold().endswith(TEST):
        source, provenance = f"{source}, of a venue for tests", Provenance.SIMULATED
    fees = Fees(float(rows["fee"].max())) if "fee" in rows else DERIBIT_FEES
    try:
        return OptionChain.from_frame(asset, observed_at, spot, quotes, source, fees=fees, provenance=provenance)
    except (BadQuote, CrossedQuote, DuplicateQuote) as error:  # counts the rows of this snapshot, not those of the file
        row = int(quotes.index[error.row]) + 1
        raise BadFile(path, str(error).replace(f"row {error.row}", f"row {row}", 1)) from error


def _quotes(
    asset: str, rows: pd.DataFrame, spot: float, in_coin: npt.NDArray[np.bool_], observed_at: int
) -> pd.DataFrame:
    """Return the rows of a snapshot as quotes in USD; NaN where a volatility is not stated."""
    expiry_at = rows["expiry_at"].to_numpy(np.int64)
    forward = rows["forward"].to_numpy(float) if "forward" in rows else np.full(len(rows), spot)
    _check_near("forward", forward, spot, rows, MOST_BASIS)
    years = (expiry_at - observed_at) / YEAR_SECONDS
    # What a coin-settled option costs is coin x index: worth coin x forward at its expiry, discounted at the carry.
    factor = np.where(in_coin, spot, 1.0)
    frame = pd.DataFrame(
        {
            "expiry_at": expiry_at,
            "expiry": years,
            "strike": rows["strike"].to_numpy(float),
            "is_call": _is_call(rows["type"]),
            "bid": _side(rows["bid"]) * factor,
            "ask": _side(rows["ask"]) * factor,
            "forward": forward,
            "lot": rows["lot"].to_numpy(float) if "lot" in rows else lot_of(asset),
            "vol": _vols(rows, years) if "vol" in rows else np.nan,
            "rate": np.where(in_coin, _carry(forward, spot, years), 0.0),
        },
        index=rows.index,
    )
    # Plain names: the checks take columns a thousand times, and from Arrow's strings each takes a quarter longer.
    return frame.set_axis(frame.columns.astype(object), axis=1)


def _without_wrong(spot: float, quotes: pd.DataFrame, *, of_exchange: bool) -> tuple[pd.DataFrame, str]:
    """Return the quotes without those that no market gives, and which those are; in our own format they are refused."""
    wrong = wrong_quotes(spot, quotes)
    if not wrong:
        return quotes, ""
    if not of_exchange:
        raise ValueError(f"{wrong[0].why}. Correct what is wrong, or take it out")
    rows = sorted({row for each in wrong for row in each.rows})
    named = ", ".join(str(row + 1) for row in rows[:5]) + (" ..." if len(rows) > 5 else "")
    quotes.loc[rows, ["bid", "ask"]] = np.nan
    return quotes, f", {len(rows)} impossible quotes read as no quote: row {named}"


def _side(column: pd.Series) -> npt.NDArray[np.float64]:
    """Return bids or asks; 0 is no quote, as an empty cell is."""
    values = column.to_numpy(float)
    return np.where(values == 0.0, np.nan, values)


def _spot(rows: pd.DataFrame) -> float:
    """Return the index of a snapshot: the middle of what its rows read while it moves."""
    values = rows["spot"].to_numpy(float)
    spot = float(np.median(values))
    _check_near("spot", values, spot, rows, MOST_MOVE)
    return spot


def _check_near(name: str, values: npt.NDArray[np.float64], spot: float, rows: pd.DataFrame, most: float) -> None:
    """Refuse a price of the underlying that is far from the snapshot's; impossible ones the chain's check names."""
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.isfinite(values) & (values > 0.0) & (np.abs(np.log(values / spot)) > most)
    if far.any():
        place = int(np.argmax(far))
        row = int(rows.index[place]) + 1
        raise ValueError(
            f"{name} {values[place]:g} in row {row} is far from the spot, {spot:g}: another unit or asset?"
        )


def _vols(rows: pd.DataFrame, years: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the stated volatilities; on its last day an option's can be anything, and one beyond bounds is unknown."""
    vols = rows["vol"].to_numpy(float)
    return np.where((vols > MOST_VOL) & np.isfinite(vols) & (years < 1 / 365), np.nan, vols)


def _carry(forward: npt.NDArray[np.float64], spot: float, years: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ln(forward / spot) a year; NaN where a row has no such numbers, which the chain's check names."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(forward / spot) / years)


def _is_call(column: pd.Series) -> npt.NDArray[np.bool_]:
    kinds = column.astype(str).str.strip().str.upper()
    unknown = ~kinds.isin(TYPES)
    if unknown.any():
        raise ValueError(f"type {column[unknown].iloc[0]!r} is neither C nor P")
    return kinds.map(TYPES).to_numpy(dtype=bool)


def _in_coin(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if "currency" not in rows:
        return np.zeros(len(rows), dtype=bool)
    currency = rows["currency"].astype(str).str.strip()
    unknown = ~currency.str.lower().isin(CURRENCIES)
    if unknown.any():
        row = int(rows.index[int(np.argmax(unknown))]) + 1
        raise ValueError(f"currency {str(currency[unknown].iloc[0])!r} in row {row} is neither USD nor coin")
    return (currency.str.lower() == "coin").to_numpy(dtype=bool)


def _with_vols(quotes: pd.DataFrame, spot: float) -> tuple[pd.DataFrame, str]:
    """Return the quotes, those without a stated volatility with that of their middle, and how many those are."""
    stated, implied = quotes["vol"].to_numpy(float), _mid_vol(quotes, spot)
    if np.isnan(stated).all():
        return quotes.assign(vol=implied), ""
    taken = np.isnan(stated) & (implied >= LEAST_ROW_VOL) & (implied <= MOST_VOL)
    if not taken.any():
        return quotes, ""
    words = f", {int(taken.sum())} volatilities that it does not state from the middle of bid and ask"
    return quotes.assign(vol=np.where(taken, implied, stated)), words


def _mid_vol(quotes: pd.DataFrame, spot: float) -> npt.NDArray[np.float64]:
    """Return the volatility of the middle, NaN without two sides; impossible rows too, the chain's check names them."""
    names = ("bid", "ask", "strike", "expiry", "forward", "rate")
    bid, ask, strike, expiry, forward, rate = (quotes[name].to_numpy(float) for name in names)
    usable = np.isfinite([bid, ask, strike, forward]).all(axis=0) & (np.min([strike, forward], axis=0) > 0) & (bid >= 0)
    found = np.full(len(quotes), np.nan)
    if usable.any() and math.isfinite(spot) and spot > 0:
        carry = _carry(forward[usable], spot, expiry[usable])
        calls, mid = quotes["is_call"].to_numpy(bool)[usable], (bid[usable] + ask[usable]) / 2
        found[usable] = options.implied_vol(mid, spot, strike[usable], expiry[usable], rate[usable], carry, calls)
    return found


class ChainFile:
    """The newest quotes of `options.file` that are not later than the book's block."""

    def read(self, terms: OptionsConfig, spots: Mapping[str, float], observed_at: int) -> dict[str, OptionChain]:
        """Return the chains; see `QuoteSource`."""
        if terms.file is None:
            raise BadConfig('options.source is "file", and options.file names none')
        return read_chain_file(terms.file, observed_at, math.inf)  # `read_option_chains` bounds the age either way


QUOTE_SOURCES.register("file", ChainFile())
