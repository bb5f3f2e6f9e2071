"""Histories of a venue as the files that signals read: fetched, kept in parts, written whole with where they are from.

    FOLDER/index_ETH.csv                    volatility index, points, known when its bar is over
    FOLDER/funding_ETH.csv                  what the perpetual paid in eight hours, at 00, 08 and 16 UTC
    FOLDER/price_ETH.csv                    price
    FOLDER/source.toml                      host, method and time of each
    FOLDER/.fetch/HOST/...                  parts, so that an interrupted fetch goes on

A folder that holds histories from elsewhere keeps its own word on where they are from: `source.toml` is then not ours
to write.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from urllib.parse import urlsplit

from bridge.errors import BadFile, SourceUnavailable
from bridge.files import lock_file, make_private, write_whole
from bridge.foreign import foreign
from bridge.json_files import read_json, reading
from bridge.tables import read_table
from bridge.units import utc
from bridge.venues.binance import METHOD, Binance
from bridge.venues.cached import Ask, Asked, Parts, Row, Told, fetch_all, holes, most_pages
from bridge.venues.deribit import HOUR_MS, Deribit
from bridge.venues.option_rows import INVERSE, LINEAR_CURRENCY
from bridge.venues.shapes import MS
from hedge.units import DAY

KEPT: Final = ".fetch"
ORIGINS: Final = "origins.json"
SOURCE: Final = "source.toml"
TABLES: Final = (".csv", ".csv.gz", ".parquet")
DAY_MS: Final = DAY * MS
FUNDING_MS: Final = 8 * HOUR_MS
MOST_PAGES: Final = 2_000
"""Of a thousand trades each."""
TRADES: Final = ("time", "trade_id", "instrument", "direction", "amount", "price", "iv", "index")
STEPS: Final = {"1h": HOUR_MS, "1d": DAY_MS}


@dataclass(frozen=True)
class Fetched:
    """One file that was written: where it is from, times as UTC text, and what is missing in it."""

    file: str
    source: str
    method: str
    fetched_at: str
    rows: int
    first: str
    last: str
    missing: int = 0
    simulated: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return asdict(self)


KINDS: Final = {name: type(value) for name, value in asdict(Fetched("", "", "", "", 0, "", "")).items()}


class Folder:
    """A folder of fetched histories that nobody else fetches into now.

    Raises
    ------
    BadFile
        It cannot be made, another fetch works in it, or what says where its files are from is none of ours.
    """

    def __init__(self, path: Path) -> None:
        try:
            make_private(path / KEPT)
        except OSError as error:
            raise BadFile(path, f"cannot be made: {error.strerror}") from error
        self.path, self._lock = path, lock_file(path / KEPT / "lock")
        try:
            self._known = _origins(path / KEPT / ORIGINS)
        except BadFile:
            self.close()
            raise

    def parts(self, place: str, kind: str, width: int) -> Parts:
        """Return where a history's parts are kept."""
        return Parts(self.path / KEPT / (urlsplit(place).netloc or "venue").replace(":", "-") / kind, width)

    def write(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]], fetched: Fetched) -> str:
        """Write a history and where it is from; return what is to be said of the folder's other files, if anything.

        Raises
        ------
        BadFile
            It cannot be written, or is there in another form.
        """
        for ending in TABLES[1:]:
            if (self.path / name.replace(".csv", ending)).exists():
                raise BadFile(
                    self.path / name.replace(".csv", ending), f"is there beside {name}: move one of them away"
                )
        lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
        write_whole(self.path / name, "".join(f"{line}\n" for line in lines))
        return self._note(fetched)

    def _note(self, fetched: Fetched) -> str:
        known, ours = self._known, bool(self._known)
        known[fetched.file] = fetched
        content = {name: each.to_json() for name, each in known.items()}
        write_whole(self.path / KEPT / ORIGINS, json.dumps(content, indent=1) + "\n")
        others = [
            path.name
            for path in sorted(self.path.iterdir())
            if path.name.endswith(TABLES) and not path.name.startswith(".") and path.name not in known
        ]
        stated = (self.path / SOURCE).exists() and not ours
        if others or stated:
            why = f"{others[0]} is not of this fetch" if others else "it has one that is not ours"
            return f"{SOURCE} of {self.path} was left as it is, as {why}: write there where each file is from"
        write_whole(self.path / SOURCE, _source_text(known))
        return ""

    def close(self) -> None:
        """Let others fetch here."""
        lock: IO[str] = self._lock
        lock.close()


def _origins(path: Path) -> dict[str, Fetched]:
    """Return where the files of a folder are from, by their names; nothing where none was fetched."""
    if not os.path.lexists(path):
        return {}
    with reading(path, absent="it is gone", otherwise="not where files are from, as fetches write it: move it away"):
        content = read_json(path)
        found = {name: Fetched(**each) for name, each in content.items()}
        for name, each in found.items():
            kinds = {field: type(value) for field, value in each.to_json().items()}
            if kinds != KINDS or each.file != name:
                raise ValueError(f"{foreign(name)} is no file with where it is from")
    return found


def _source_text(known: Mapping[str, Fetched]) -> str:
    words = [f"{name}: {each.source} {each.method} at {each.fetched_at}" for name, each in sorted(known.items())]
    kind = "simulated" if any(each.simulated for each in known.values()) else "file"
    return f"source = {json.dumps('; '.join(words))}\nprovenance = {json.dumps(kind)}\n"


@dataclass(frozen=True)
class Fetch:
    """What the fetches of one command share: venue, folder, since when, until when (milliseconds), whom to tell."""

    venue: Deribit
    folder: Folder
    since: int
    now: int
    told: Told

    def volatility_index(self, asset: str, every: str) -> tuple[Fetched, str]:
        """Fetch the volatility index of an asset, a bar an hour or a day, known when the bar is over.

        Raises
        ------
        SourceUnavailable, BadFile
            The venue has none, or does not answer; the file cannot be written.
        """
        step, method = STEPS[every], "public/get_volatility_index_data"
        end = self.now // step * step - step
        rows = self._all(
            (method, f"index_{asset}_{every}"),
            5,
            (step, end),
            lambda first, last: self.venue.volatility_index(asset, first, last, step // MS),
        )
        known = [(int(at + step) // MS, *bar) for at, *bar in rows]
        return self._written(f"index_{asset}.csv", ("known_at", "open", "high", "low", "close"), known,
                             method, holes(rows, step))  # fmt: skip

    def funding(self, asset: str) -> tuple[Fetched, str]:
        """Fetch what an asset's perpetual paid in eight hours, three times a day."""
        end = self.now // HOUR_MS * HOUR_MS
        name, method = f"{asset}-PERPETUAL", "public/get_funding_rate_history"
        rows = self._all(
            (method, f"funding_{asset}"), 2, (HOUR_MS, end), lambda first, last: self.venue.funding(name, first, last)
        )
        eighth = [row for row in rows if row[0] % FUNDING_MS == 0]
        known = [(int(at) // MS, rate) for at, rate in eighth]
        return self._written(f"funding_{asset}.csv", ("known_at", "rate"), known,
                             method, holes(eighth, FUNDING_MS))  # fmt: skip

    def index(self, asset: str, span: str) -> tuple[Fetched, str]:
        """Fetch the price of an asset's index, the last one of each day; the day that is not over is left out."""
        chart = self.venue.index_chart(f"{asset.lower()}_{'usd' if asset in ('BTC', 'ETH') else 'usdc'}", span)
        last = {int(at) // DAY_MS: (int(at) // MS, price) for at, price in chart if self.since <= at <= self.now}
        last.pop(self.now // DAY_MS, None)
        days: list[Row] = [(float(day * DAY_MS),) for day in sorted(last)]
        known = [last[day] for day in sorted(last)]
        return self._written(f"price_{asset}.csv", ("known_at", "close"), known,
                             "public/get_index_chart_data", holes(days, DAY_MS))  # fmt: skip

    def deliveries(self, asset: str) -> tuple[Fetched, str]:
        """Fetch the price at which an asset's options were delivered each day at 08:00 UTC."""
        index = f"{asset.lower()}_{'usd' if asset in ('BTC', 'ETH') else 'usdc'}"
        asked = Asked(self.venue.place, "public/get_delivery_prices", f"delivery prices of {asset}")
        found: dict[str, float] = {}
        total, offset, first = 1, 0, utc(self.since // MS)[:10]
        most = most_pages((self.now - self.since) // DAY_MS)
        for _ in range(most):
            days, total = self.venue.deliveries(index, offset)
            if days and not dict(days).keys() - found.keys():
                asked.refuse(f"its page from {offset:,} on gives {days[0][0]} to {days[-1][0]} again")
            offset += len(days)
            found |= dict(days)  # a new day moves all others: a page may begin with the last day of the one before it
            self.told(asked.what, min(offset / max(total, 1), 0.999))
            if not days or offset >= total or days[-1][0] < first:
                break
        else:
            asked.refuse(f"more than {most:,} pages since {first}")
        self.told(asked.what, 1.0)
        known = [(day, found[day]) for day in sorted(found) if day >= first]
        return self._written(f"delivery_{asset}.csv", ("day", "price"), known, asked.method, 0)

    def trades(self, asset: str) -> tuple[Fetched, str]:
        """Fetch the option trades of the last day, which is all that the venue keeps, and add them to those known."""
        name = f"trades_{asset}.csv"
        found = {str(row[1]): row for row in _kept(self.folder.path / name)}
        currency, start = asset if asset in INVERSE else LINEAR_CURRENCY, self.now - DAY_MS
        asked = Asked(self.venue.place, "public/get_last_trades_by_currency_and_time", f"trades of {asset}")
        for _ in range(MOST_PAGES):
            page, more = self.venue.trades(currency, start, self.now)
            if more and (not page or page[-1]["time"] <= start):
                asked.refuse(f"its page from {_iso(start)} on leads nowhere: the next one would repeat it")
            own = [row for row in page if re.split("[-_]", row["instrument"])[0] == asset]
            found |= {row["trade_id"]: (_iso(row["time"]), *(row[name] for name in TRADES[1:])) for row in own}
            start = page[-1]["time"] if page else start
            self.told(asked.what, min((start - self.now) / DAY_MS + 1.0, 0.999) if more else 1.0)
            if not more:
                break
        else:
            asked.refuse(f"those of a day fill more than {MOST_PAGES:,} pages")
        rows = sorted(found.values(), key=lambda row: row[:2])
        return self._written(name, TRADES, rows, asked.method, 0)

    def _all(self, named: tuple[str, str], width: int, grid: tuple[int, int], ask: Ask) -> list[Row]:
        (method, kind), (step, end) = named, grid
        parts = self.folder.parts(self.venue.place, kind, width)
        span = (-(-self.since // step) * step, end, step)
        return fetch_all(parts, span, ask, Asked(self.venue.place, method, kind), self.told)

    def _written(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]], method: str, missing: int
    ) -> tuple[Fetched, str]:
        of = Origin(self.venue.place, method, self.since, self.now, self.venue.is_test)
        return written(self.folder, name, columns, rows, of, missing)


class Origin(NamedTuple):
    """Where rows are from: host, method, since when and when they were asked for, and whether no market said them."""

    place: str
    method: str
    since: int
    now: int
    simulated: bool = False


def candles(venue: Binance, folder: Folder, symbol: str, asset: str, every: str, span: tuple[int, int], told: Told
            ) -> tuple[Fetched, str]:  # fmt: skip
    """Fetch the candles of a pair as the prices of an asset, each known when it is over.

    Parameters
    ----------
    span
        Since when and until when, milliseconds.

    Raises
    ------
    SourceUnavailable, BadFile
        There is no such pair, or no answer; the file cannot be written.
    """
    (since, now), step = span, STEPS[every]
    parts = folder.parts(venue.place, f"price_{symbol}_{every}", 6)
    rows = fetch_all(
        parts,
        (-(-since // step) * step, now // step * step - step, step),
        lambda first, last: venue.candles(symbol, every, first, last, step),
        Asked(venue.place, METHOD, f"candles of {symbol}"),
        told,
    )
    known = [(int(at + step) // MS, *bar) for at, *bar in rows]
    columns = ("known_at", "open", "high", "low", "close", "volume")
    of = Origin(venue.place, f"{METHOD} {symbol}", since, now)
    return written(folder, f"price_{asset}.csv", columns, known, of, holes(rows, step))


def written(
    folder: Folder, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]], of: Origin, missing: int = 0
) -> tuple[Fetched, str]:
    """Write a file of a folder, and return what it is and what is to be said of the folder's other files.

    Raises
    ------
    SourceUnavailable
        There are no rows.
    BadFile
        It cannot be written.
    """
    if not rows:
        raise SourceUnavailable(of.place, f"{name}: it has nothing since {utc(of.since // MS)}")
    first, last = (_time(rows[place][0]) for place in (0, -1))
    made = Fetched(name, of.place, of.method, utc(of.now // MS), len(rows), first, last, missing, of.simulated)
    return made, folder.write(name, columns, rows, made)


def _kept(path: Path) -> list[tuple[Any, ...]]:
    """Return the trades of a file that was written before."""
    if not path.exists():
        return []
    table = read_table(path)
    if list(table.columns) != list(TRADES):
        raise BadFile(path, f"is no file of trades, whose columns are {', '.join(TRADES)}: move it away")
    return list(table.itertuples(index=False, name=None))


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / MS, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time(cell: object) -> str:
    return utc(cell) if isinstance(cell, int) else str(cell)
