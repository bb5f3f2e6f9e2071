"""Histories of the signals from the files of one folder, each checked before a number of it is used.

A file is named like its table in `hedge.signals.histories` (`index_ETH.csv`, `dollar.parquet`), its first column is the
time at which each row became known, and its columns are exactly those of `LAYOUTS`. Every file is optional: an absent
one is a missing signal that the plan names. `source.toml` says where the numbers come from:

    source = "venue and publisher, as of ..."
    provenance = "file"          # or "simulated", "stated", "live"; "file" where it is left out

Without it the provenance is "unstated". A file may say its own in a column `provenance`, the same word in every row:
that word is believed against the folder where it says less, so a simulated file stays one wherever it is copied to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from bridge.config import SignalsConfig
from bridge.errors import BadConfig, BadFile
from bridge.files import refuse_circle
from bridge.foreign import foreign
from bridge.names import alike_words, drawn, shown
from bridge.sources.history_steps import check_bars, check_steps
from bridge.sources.signal_sources import HISTORY_SOURCES
from bridge.tables import ALSO_EMPTY, read_table
from bridge.times import EARLIEST, OLDER, read_seconds, tomorrow, years_ahead
from bridge.toml_files import read_toml
from bridge.units import utc
from hedge.market import Provenance
from hedge.signals.histories import Histories
from hedge.signals.known import KNOWN_AT

SOURCE_FILE: Final = "source.toml"
PROVENANCE: Final = "provenance"
"""Column in which a file says what kind of source it has."""
SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")
POINTS: Final = 100.0
"""Volatility points (60 is 60 %, as exchanges publish an index) in a decimal of 1."""
LEAST_POINTS, MOST_POINTS = 1.0, 1000.0
MOST_FUNDING: Final = 0.005
"""Median of what perpetuals pay in eight hours, of either sign: 550 % a year; BTC's of 2022 to 2025 is 0.0001."""
LEAST_COUNTED, LEAST_COUNTED_ON = 3, 5
"""Rows from which a column that rises by 1 is a count: from 0 or 1 on, and from elsewhere."""
_WORDS = (
    "index",
    "id",
    "row",
    "rank",
    "no",
    "nr",
    "number",
    "count",
    "total",
    "date",
    "day",
    "time",
    "timestamp",
    "volume",
)
NO_MEMBERS: Final = frozenset((*_WORDS, *(word.title() for word in _WORDS), "#", "level_0"))
"""Names of columns that tables have beside their members'."""
LEAST_MIDDLE: Final = 3.0
"""Points that the middle of a volatility history has at least: the VIX was never below 9, and 1.6 is a decimal."""
MOST_RATE: Final = 100.0
"""Median of interest rates in per cent a year: above it they are in basis points."""
ASSET: Final = re.compile(r"[A-Z0-9][A-Z0-9.-]{0,19}")
FIRST_DATE: Final = 20_090_101
"""The smallest number that is a time."""


class HistoriesSource(BaseModel):
    """Where the numbers of a folder come from: in words, and what kind of source that is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, Field(min_length=1)]
    provenance: Provenance = Provenance.FILE


@dataclass(frozen=True)
class Layout:
    """Say what a file holds.

    Parameters
    ----------
    needed, optional
        Its columns beside the time; a layout without needed ones holds a column per member.
    gaps
        Columns in which an empty cell means that the number does not exist.
    points
        Columns in volatility points.
    any_sign
        Columns whose numbers may be 0 or less.
    time
        Name of the first column.
    per_asset
        Whether there is a file for each asset, named ``table_ASSET``.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    any_sign: tuple[str, ...] = ()
    time: str = KNOWN_AT
    per_asset: bool = False

    @property
    def earliest(self) -> int:
        """The oldest time, unix seconds: a coin's history is no older than coins, those of the economy may be."""
        return EARLIEST if self.per_asset else OLDER


LAYOUTS: Final[dict[str, Layout]] = {
    "price": Layout(("close",), ("open", "high", "low", "volume"), any_sign=("volume",), per_asset=True),
    "index": Layout(("high", "low", "close"), ("open",), points=("open", "high", "low", "close"), per_asset=True),
    "term": Layout(("near", "far"), points=("near", "far"), per_asset=True),
    "funding": Layout(("rate",), any_sign=("rate",), per_asset=True),
    "releases": Layout(
        ("event", "actual"), ("expected",), gaps=("actual", "expected"), any_sign=("actual", "expected")
    ),
    "calendar": Layout(("event", "release_at"), time="announced_at"),
    "rates": Layout(("home", "foreign"), any_sign=("home", "foreign")),
    "dollar": Layout(("close",)),
    "members": Layout(()),
    "market": Layout(("close", "vol"), points=("vol",)),
}


def register_layout(table: str, layout: Layout) -> Layout:
    """Add a table that a signal reads; its file is then read and checked as ours are.

    Raises
    ------
    BadConfig
        The table has a layout already.
    """
    if table in LAYOUTS:
        raise BadConfig(f"the table {table!r} has a layout already: register it under another name")
    LAYOUTS[table] = layout
    return layout


def read_folder(folder: Path, latest: int) -> Histories:
    """Read every file of a folder.

    Parameters
    ----------
    folder
        Where the files are. Other files are named in `source`; one that is named like a history is refused.
    latest
        Unix seconds of now, or of the plan where that is later: a row that says to be known after it is refused.

    Raises
    ------
    BadFile
        The folder is absent, a table has a name or columns of no layout, is empty, unsorted, or holds a duplicate, an
        impossible number or a time of the future.
    """
    refuse_circle(folder)
    if not folder.is_dir():
        raise BadFile(folder, "no such folder of histories: set signals.folder, or give --signals")
    tables: dict[str, pd.DataFrame] = {}
    said: dict[str, Provenance] = {}
    for path, name in _files(folder):
        if name in tables:
            raise BadFile(path, f"{name} is there twice: keep one file of it")
        table = read_table(path)
        if PROVENANCE in table:
            said[name] = _said(path, table.pop(PROVENANCE))
        tables[name] = _checked(path, table, LAYOUTS[name.split("_")[0]], latest)
    words, kind = _origin(folder, said)
    return Histories(tables, f"{words}{_not_read(folder)}", kind)


def _not_read(folder: Path) -> str:
    """Return the files of a folder that are no tables, in words; hidden ones and folders are not named."""
    others = [
        path.name
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.endswith((*SUFFIXES, SOURCE_FILE)) and not path.name.startswith(".")
    ]
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return f"; not read: {', '.join(foreign(name, 40) for name in others[:3])}{more}" if others else ""


def _said(path: Path, column: pd.Series) -> Provenance:
    """Return what a file says of itself."""
    words = [*Provenance]
    wrong = ~column.isin(words).to_numpy(bool)
    if wrong.any():
        row = int(np.argmax(wrong))
        how = f"is none of {', '.join(words)}"
        raise BadFile(path, f"row {row + 1}, column {PROVENANCE}: {str(column.iloc[row])[:40]!r} {how}")
    found = column.unique()
    if len(found) > 1:
        raise BadFile(path, f"column {PROVENANCE}: {' and '.join(map(str, found))} in one file; take them apart")
    return Provenance(found[0]) if len(found) else Provenance.UNSTATED


def _origin(folder: Path, said: Mapping[str, Provenance]) -> tuple[str, Provenance]:
    """Return where a folder's numbers are from, in words and as a kind; a file that says of itself that no market said
    it counts against a folder that says otherwise, or nothing."""
    place = folder / SOURCE_FILE
    if place.exists() or place.is_symlink():
        origin = read_toml(place, HistoriesSource)
    else:
        origin = HistoriesSource(source=f"files of {folder.name}", provenance=Provenance.UNSTATED)
    words, kind = " ".join(origin.source.split()), origin.provenance
    own = [name for name, provenance in said.items() if not provenance.observed]
    if not own or not (kind.observed or kind is Provenance.UNSTATED):
        return words, kind
    simulated = [name for name in own if said[name] is Provenance.SIMULATED]
    of, kind = (simulated, Provenance.SIMULATED) if simulated else (own, said[own[0]])
    more = f" and {len(of) - 1} more" if len(of) > 1 else ""
    return f"{words}; {of[0]}{more} {'say' if more else 'says'} {kind}", kind


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every table of the folder and its name, by name."""
    for path in sorted(folder.iterdir()):
        suffix = next((ending for ending in SUFFIXES if path.name.endswith(ending)), None)
        if suffix is None or path.name.startswith("."):
            _refuse_unread(path)
            continue
        kind, _, asset = (name := path.name.removesuffix(suffix)).partition("_")
        if kind not in LAYOUTS or LAYOUTS[kind].per_asset != bool(asset):
            names = ", ".join(f"{table}_ASSET" if layout.per_asset else table for table, layout in LAYOUTS.items())
            raise BadFile(path, f"no history has this name: {names}")
        if asset and not ASSET.fullmatch(asset):
            raise BadFile(path, f"{shown(asset)} is no asset's name, which is in capitals as ETH: name the file so")
        yield path, name


def _refuse_unread(path: Path) -> None:
    """Refuse a file that is named like a history and is none by its ending: it would be passed over without a word."""
    first = drawn(path.name.lstrip("._~")).replace(" ", "")
    tables = [f"{drawn(table)}{'_' if layout.per_asset else ''}" for table, layout in LAYOUTS.items()]
    plain = path.name == SOURCE_FILE or path.name.startswith(".") or path.is_dir()
    if drawn(path.name) == drawn(SOURCE_FILE) and path.name != SOURCE_FILE:
        raise BadFile(path, f"is not read: name it {SOURCE_FILE}")
    if not plain and first.startswith(tuple(tables)):
        ends = ", ".join(SUFFIXES)
        raise BadFile(path, f"is not read, and is named like a history: its name ends in one of {ends}, or move it")


def _checked(path: Path, table: pd.DataFrame, layout: Layout, latest: int) -> pd.DataFrame:
    _check_columns(path, table, layout)
    if table.empty:
        raise BadFile(path, "holds no rows")
    try:
        times = read_seconds(table[layout.time], tomorrow(latest), layout.earliest)
        columns = {str(name): _column(table[name], layout) for name in table.columns if name != layout.time}
    except (ValueError, TypeError) as error:
        raise BadFile(path, f"a value cannot be used: {str(error).splitlines()[0]}") from error
    read = pd.DataFrame(columns, index=pd.Index(times, name=KNOWN_AT))
    _check_times(path, read, latest)
    check_bars(path, read)
    check_steps(path, read, POINTS if "close" in layout.points else 1.0)
    _check_middle(path, read, layout)
    if not layout.needed:
        _check_members(path, read)
    return read


def _check_columns(path: Path, table: pd.DataFrame, layout: Layout) -> None:
    names = [str(name) for name in table.columns]
    unnamed = [name for name in names if not name.strip() or name.startswith("Unnamed: ")]
    if unnamed:
        place = names.index(unnamed[0]) + 1
        raise BadFile(path, f"column {place} has no name, as an index that was written beside the rows: leave it out")
    if twins := alike_words(names):
        raise BadFile(path, f"two columns {twins}")
    wanted = (layout.time, *layout.needed)
    missing = [name for name in wanted if name not in names]
    foreign = [name for name in names if name not in (*wanted, *layout.optional)] if layout.needed else []
    if missing or foreign or len(names) == 1:
        wrong = f"no column {', '.join(missing)}" if missing else f"a column {', '.join(foreign)} too many"
        listed = ", ".join((*wanted, *(f"[{name}]" for name in layout.optional)))
        raise BadFile(path, f"{wrong}: its columns are {listed}" if layout.needed else "needs a column per member")


def _column(column: pd.Series, layout: Layout) -> npt.NDArray[Any]:
    """Return one column as it is used: names as text, times as seconds, volatility as decimals."""
    name = str(column.name)
    if name == "event":
        if column.isna().any():
            raise ValueError("event is empty in a row")
        if twins := alike_words(column.astype(str)):
            raise ValueError(f"two events {twins}")
        return column.astype(str).to_numpy(dtype=object)
    if name == "release_at":
        return read_seconds(column, years_ahead(), layout.earliest)
    values = _as_numbers(name, column)
    gap = name in layout.gaps or not layout.needed
    _refuse(name, values, np.isnan(values) & (not gap), "is empty")
    _refuse(name, values, np.isinf(values), "is infinite")
    _refuse(name, values, (values <= 0.0) & (name not in layout.any_sign), "is not above 0")
    if name not in layout.points:
        return values
    outside = (values < LEAST_POINTS) | (values > MOST_POINTS)
    _refuse(name, values, outside, f"is no volatility in points, {LEAST_POINTS:g} to {MOST_POINTS:g} (60 is 60 %)")
    return values / POINTS


def _as_numbers(name: str, column: pd.Series) -> npt.NDArray[np.float64]:
    values = pd.to_numeric(column, errors="coerce") if not pd.api.types.is_bool_dtype(column) else column * np.nan
    words = (values.isna() & column.notna()).to_numpy(bool)
    if words.any():
        row = int(np.argmax(words))
        raise ValueError(f"{name} {str(column.iloc[row])[:40]!r} is no number in row {row + 1}")
    return values.to_numpy(dtype=np.float64)


def _refuse(name: str, values: npt.NDArray[np.float64], wrong: npt.NDArray[np.bool_], why: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        said, end = ("", f": {ALSO_EMPTY}") if np.isnan(values[row]) else (f"{values[row]:g} ", "")
        raise ValueError(f"{name} {said}{why} in row {row + 1}{end}")


def _check_times(path: Path, read: pd.DataFrame, latest: int) -> None:
    """Refuse a row of the future, one before the row above it, and one that is there twice."""
    times = read.index.to_numpy()
    if (times > latest).any():
        row = int(np.argmax(times > latest))
        raise BadFile(path, f"row {row + 1} says to be known at {utc(int(times[row]))}, in the future")
    order = read["release_at"].to_numpy() if "release_at" in read else times
    back = np.flatnonzero(np.diff(order) < 0)
    if back.size:
        row = int(back[0]) + 1
        raise BadFile(path, f"row {row + 1} of {utc(int(order[row]))} comes after a later one: sort the rows by time")
    keys = pd.DataFrame({"time": order, "event": read["event"].to_numpy() if "event" in read else ""})
    if keys.duplicated().any():
        row = int(np.argmax(keys.duplicated()))
        raise BadFile(path, f"row {row + 1} of {utc(int(order[row]))} is there twice")
    if "release_at" in read and (times > order).any():
        row = int(np.argmax(times > order))
        raise BadFile(path, f"row {row + 1} was announced after it was released")


def _check_middle(path: Path, read: pd.DataFrame, layout: Layout) -> None:
    """Refuse a column whose middle shows another unit than its layout's."""
    middles = {str(name): float(read[name].abs().median()) for name in read if read[name].dtype == np.float64}
    for name, middle in middles.items():
        said = f"{name} {middle * (POINTS if name in layout.points else 1.0):g} in the middle looks like"
        if name in layout.points and middle * POINTS < LEAST_MIDDLE:
            raise BadFile(path, f"{said} a decimal: volatility is in points, 60 is 60 %")
        if name == "rate" and middle > MOST_FUNDING:
            raise BadFile(path, f"{said} percent, or a rate a year: 0.0001 is 0.01 % in 8 h")
        if name in ("home", "foreign") and middle > MOST_RATE:
            raise BadFile(path, f"{said} basis points: 3.5 is 3.5 % a year")


def _check_members(path: Path, read: pd.DataFrame) -> None:
    """Refuse a column that is no member's: by its name, one that counts, one of times, one under two names."""
    for name in read:
        values = read[name].to_numpy(float)
        if str(name) in NO_MEMBERS:
            raise BadFile(path, f"the column {name} is no member's by its name: leave it out (tickers are in capitals)")
        if np.isnan(values).all():
            raise BadFile(path, f"the column {name} is empty in every row: leave it out")
        least = LEAST_COUNTED if values[0] in (0.0, 1.0) else LEAST_COUNTED_ON
        if len(values) >= least and (np.diff(values) == 1.0).all():
            raise BadFile(path, f"the column {name} counts the rows and is no member's price: leave it out")
        if (values > FIRST_DATE).all() and _are_times(read[name]):
            raise BadFile(path, f"the column {name} holds times and no member's price: leave it out")
    changing = read.loc[:, read.nunique() > 1]
    twice = changing.T.duplicated().to_numpy(bool)
    if twice.any():
        second = str(changing.columns[int(np.argmax(twice))])
        first = next(str(name) for name in changing if changing[name].equals(changing[second]))
        raise BadFile(path, f"the columns {first} and {second} have the same prices: a member counts once, keep one")


def _are_times(column: pd.Series) -> bool:
    try:
        return bool((np.diff(read_seconds(column, years_ahead())) > 0).all())
    except ValueError:
        return False


class HistoryFiles:
    """The files of `signals.folder`; nothing where the settings name none."""

    def read(self, terms: SignalsConfig, latest: int) -> Histories:
        """Return the tables; see `HistorySource`."""
        return read_folder(terms.folder, latest) if terms.folder else Histories({})


HISTORY_SOURCES.register("files", HistoryFiles())
