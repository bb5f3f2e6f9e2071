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
from hedge.market import Provenance
from hedge.signals.histories import Histories
from hedge.units import DAY

MOST_AGE: Final = 7 * DAY
"""Age of the last row: histories have a row a day, and a week is the longest step of a plan on them."""
MOST_TIMES: Final = 2.5
"""Factor between the last close and the price of now. Within seven days of 2017 to 2024 ETH moved by 2.12 at most
(March 2020), BTC by less."""
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
