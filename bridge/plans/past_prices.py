"""Whether histories are those of the book's assets, and of now: scenarios and bets are drawn from them.

The last close of an asset stands near the price that the plan has of it, and neither its prices nor its volatility
index end long before the plan. Age is measured against the plan's own time, so a plan of an old block, or `--at`, is
judged by what was known then. Simulated histories are no market's and draw no scenario: nothing is compared.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from bridge.errors import BadFile
from bridge.sources.histories.files import SUFFIXES
from bridge.units import utc
from hedge.errors import HedgeError
from hedge.instruments.option_chain import OptionChain
from hedge.market import Provenance
from hedge.signals.histories import Histories
from hedge.units import DAY
from hedge.volatility.index import index_from_chain

MOST_AGE: Final = 7 * DAY
"""Age of the last row: histories have a row a day, and a week is the longest step of a plan on them."""
MOST_TIMES: Final = 2.5
"""Factor between the last close and the price of now. Within seven days of 2017 to 2024 ETH moved by 2.12 at most
(March 2020), BTC by less."""
MOST_INDEX, MOST_INDEX_NEW = 2.5, 2.0
"""Factor between the last row of a volatility index and the chain's own, and where the row is of the last two days:
DVOL of 2021 to 2026 moved by 2.13 in seven days and by 1.93 in two, at most."""
NEAR: Final = 1.5
"""Factor within which a close looks like that of another asset, or of another unit."""
UNITS: Final = {100.0: "cents", 0.01: "hundreds of USD", 1e3: "thousandths of a USD", 1e-3: "thousands of USD"}
COMPARED: Final = ("price", "index")


def check_past(
    known: Histories, assets: Collection[str], spots: Mapping[str, float], at: int, place: Path | str
) -> None:
    """Refuse prices of another asset or unit, and prices or volatility indices that end too early.

    Parameters
    ----------
    known
        What was known at the time of the plan.
    assets, spots
        Those of the book; USD price of now by asset, also of others.
    at
        Unix seconds of the plan.
    place
        The folder of the files, or the name of their source.

    Raises
    ------
    BadFile
        The file, its last row, the asset's price and the likely cause are named.
    """
    if known.provenance is Provenance.SIMULATED:
        return
    for kind, asset in ((kind, asset) for kind in COMPARED for asset in sorted(assets)):
        name = f"{kind}_{asset}"
        series = known.column(name, "close").dropna()
        if not len(series):
            continue
        last, when = float(series.iloc[-1]), int(series.index[-1])
        close = f"its last close, {last:,.6g} USD of {utc(when)[:10]}," if kind == "price" else ""
        price = f"{asset} is at {spots[asset]:,.6g} USD" if asset in spots else f"{asset} has no price"
        if at - when > MOST_AGE:
            said = close or f"its last row, of {utc(when)[:10]},"
            old = f"{said} is {(at - when) // DAY} days before {utc(at)[:10]} ({price}), at most {MOST_AGE // DAY}"
            how = "was the file cut short, or is it of another time? Bring the rows up to then"
            raise BadFile(_file(place, name), f"{old}: {how}")
        if close and asset in spots and abs(math.log(last / spots[asset])) > math.log(MOST_TIMES):
            far = f"is more than {MOST_TIMES:g} times away: {price} at {utc(at)[:10]}"
            raise BadFile(_file(place, name), f"{close} {far}: {_cause(last, asset, spots)}")


def check_indices(known: Histories, option_chains: Mapping[str, OptionChain], at: int, place: Path | str) -> None:
    """Refuse a volatility index whose last row is far from what the asset's own quotes give.

    Parameters
    ----------
    known, at, place
        As `check_past` takes them.
    option_chains
        By asset; those that no market said, or that give no index, are not compared.

    Raises
    ------
    BadFile
        The file, its last row and the chain's index are named.
    """
    if known.provenance is Provenance.SIMULATED:
        return
    for asset, chain in sorted(option_chains.items()):
        series = known.column(f"index_{asset}", "close").dropna()
        if not len(series) or not chain.provenance.observed:
            continue
        try:
            own = index_from_chain(chain.quotes).vol
        except HedgeError:
            continue
        last, when = float(series.iloc[-1]), int(series.index[-1])
        if abs(math.log(last / own)) > math.log(MOST_INDEX_NEW if at - when <= 2 * DAY else MOST_INDEX):
            said = f"its last close, {last:.2%} of {utc(when)[:10]}, is far from the 30-day index of {chain.source}"
            raise BadFile(
                _file(place, f"index_{asset}"), f"{said}, {own:.2%}: a wrong row, another asset, or another unit?"
            )


def _file(place: Path | str, name: str) -> str:
    """Return the file of a table, or the table's name where its source is no folder."""
    if isinstance(place, Path):
        return next((str(place / f"{name}{end}") for end in SUFFIXES if (place / f"{name}{end}").is_file()), name)
    return f"{name} of {place}"


def _cause(last: float, asset: str, spots: Mapping[str, float]) -> str:
    """Say what a close that is far from its asset's price looks like."""
    others = [other for other, price in spots.items() if other != asset and _near(last, price)]
    units = [unit for times, unit in UNITS.items() if _near(last, spots[asset] * times)]
    if others:
        return f"it looks like the price of {others[0]}"
    return f"it looks like {units[0]}" if units else "is it of another asset, or in another unit?"


def _near(one: float, other: float) -> bool:
    return abs(math.log(one / other)) < math.log(NEAR)
