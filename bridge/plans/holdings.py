"""What is held, read from a CSV file, until a ledger keeps it.

    instrument,quantity
    ETH-27MAR26-1800-P,110          # units of the underlying, negative where sold
    ETH-PERPETUAL,-132.184          # units of the asset, not dollars
    USD,25000                       # cash beside them, may be left out

An option's name is the exchange's: asset, day of expiry (08:00 UTC), strike, C or P. One line an instrument.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from bridge.errors import BadFile
from bridge.files import refuse_circle
from hedge.errors import HedgeError
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.option_chain import OptionChain
from hedge.market import USD

COLUMNS: Final = ["instrument", "quantity"]
MOST_BYTES: Final = 10_000_000
MOST_UNITS: Final = 1e12
OPTION: Final = re.compile(r"([A-Z0-9]+)-(\d{1,2}[A-Z]{3}\d{2})-(\d{1,12}(?:\.\d{1,6})?)-([CP])")
PERPETUAL: Final = re.compile(r"([A-Z0-9]+)-PERPETUAL")
EXPIRY_HOUR: Final = 8


def read_holdings(path: Path, chains: Mapping[str, OptionChain]) -> Holdings:
    """Return what a file says is held.

    Parameters
    ----------
    chains
        By asset; an expiry of theirs on the named day is taken as it is, any other as 08:00 UTC of the day.

    Raises
    ------
    BadFile
        The file is absent, no CSV with these two columns, names an instrument twice or one that is none, or has a
        quantity that is no finite number.
    """
    expiries = {
        (asset, datetime.fromtimestamp(at, UTC).date()): at
        for asset, chain in chains.items()
        for at in chain.expiries()
    }
    options: dict[Contract, float] = {}
    perpetuals: dict[str, float] = {}
    cash = math.nan
    seen: set[object] = set()
    for number, name, text in _rows(path):
        quantity = _quantity(path, number, text)
        found = OPTION.fullmatch(name)
        what = _contract(path, number, found, expiries) if found else name
        if what in seen:
            raise BadFile(path, f"line {number}: {name} stands there twice: add both quantities up")
        seen.add(what)
        if isinstance(what, Contract):
            options[what] = quantity
        elif (found := PERPETUAL.fullmatch(name)) is not None:
            perpetuals[found[1]] = quantity
        elif name == USD:
            cash = quantity
        else:
            like = "write ETH-27MAR26-1800-P, ETH-PERPETUAL or USD"
            raise BadFile(path, f"line {number}: {name[:40]!r} is no instrument: {like}")
    try:
        return Holdings(options, perpetuals, cash)
    except HedgeError as error:
        raise BadFile(path, str(error)) from error


def _rows(path: Path) -> list[tuple[int, str, str]]:
    """Return the number of every line, as an editor counts, and its two cells; comments after # and empty lines are
    left out."""
    refuse_circle(path)
    try:
        if not path.is_file():
            raise FileNotFoundError
        if path.stat().st_size > MOST_BYTES:
            raise BadFile(path, f"is larger than {MOST_BYTES // 1_000_000} MB: it is no list of holdings")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise BadFile(path, "is absent or no file: give the CSV that lists what is held") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(path, f"cannot be read: {error}") from error
    plain = [(number, line.split("#")[0].strip()) for number, line in enumerate(lines, 1)]
    rows = [(number, _cells(path, number, line)) for number, line in plain if line]
    if not rows or rows[0][1] != COLUMNS:
        raise BadFile(path, f"its first line must be {','.join(COLUMNS)}")
    for number, cells in rows[1:]:
        if len(cells) != len(COLUMNS):
            raise BadFile(path, f"line {number} has {len(cells)} cells: write instrument,quantity")
    return [(number, cells[0].upper(), cells[1]) for number, cells in rows[1:]]


def _cells(path: Path, number: int, line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        raise BadFile(path, f"line {number} is no CSV: {error}") from None


def _quantity(path: Path, number: int, text: str) -> float:
    try:
        quantity = float(text)
    except ValueError:
        quantity = math.nan
    if not (text.isascii() and "_" not in text and abs(quantity) <= MOST_UNITS):
        raise BadFile(path, f"line {number}: quantity {text[:40]!r} is no number of units")
    return quantity


def _contract(path: Path, number: int, found: re.Match[str], expiries: Mapping[tuple[str, date], int]) -> Contract:
    asset, day, strike, kind = found.groups()
    try:
        at_hour = datetime.strptime(day.zfill(7).title(), "%d%b%y").replace(hour=EXPIRY_HOUR, tzinfo=UTC)
    except ValueError:
        raise BadFile(path, f"line {number}: {day} is no day: write 27MAR26") from None
    at = expiries.get((asset, at_hour.date()), int(at_hour.timestamp()))
    if not float(strike) > 0.0:
        raise BadFile(path, f"line {number}: strike {strike} must be above 0")
    return Contract(asset, at, float(strike), kind == "C")
