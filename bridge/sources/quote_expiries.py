"""Whether the expiries of a chain agree with each other, with the spot, and with the volatility that is stated.

Every question is asked of each expiry's options near the money: those within one standard deviation that have both
sides, narrower than `MOST_SPREAD` in the middle. An expiry with too few of them is not asked. Measured on all 309
recorded snapshots of Deribit's BTC and ETH chains of 2020, 2021 and 2026.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.errors import BadFile
from bridge.sources.quote_parts import parts
from bridge.sources.quote_units import implied_vols, near_money, said_vol, usable_quotes
from bridge.units import utc

MOST_SPREAD: Final = 0.3
"""Ask less bid over their middle, as a median of what is asked: 0.02 to 0.1 in liquid books, above 1 in empty ones."""
LEAST_PAIRS: Final = 3
"""Strikes of which a middle is one, of calls beside puts and of two expiries."""
LEAST_QUOTES: Final = 4
"""Calls or puts of an expiry of which a middle is one."""
LEAST_POOLED: Final = 10
"""The same of all expiries together."""
MOST_RATIO: Final = 1.15
"""Between the stated and the implied volatility of an expiry's calls, or puts: measured 0.912 to 1.051."""
MOST_POOLED: Final = 1.05
"""The same of all expiries together: measured 0.992 to 1.008."""
LAST_DAYS: Final = 2.0 / 365
"""Years in which a moment's move of the index is worth more than what is asked: measured 0.1 to 1.9 of the ratio."""
ONE_DAY: Final = 1.0 / 365
LEAST_GROWTH: Final = 0.95
"""Total variance of a later expiry over that of an earlier one, at the same strikes: measured 1.099 at least."""
LEAST_FORWARD, MOST_FORWARD = 0.1, 10.0
"""Variance a year between two expiries over that before the first: measured 0.53 to 1.54 beyond `FEW_DAYS`."""
FEW_DAYS: Final = 4.0 / 365
BASIS: Final = 0.02
BASIS_A_YEAR: Final = 0.75
"""Log distance of a forward from the spot, and more of it a year: measured 0.004 in 8 to 15 days (0.043 is the bound),
0.039 in 43 (0.107)."""
BASIS_LAST: Final = 0.1
"""The same in the last two days, when the index of some rows is of another moment: measured 0.054."""
PARITY: Final = 0.01
PARITY_SPREADS: Final = 2.0
"""Log distance of a forward from that of calls and puts, and more of it in halves of their spreads over the spot:
measured 0.54 of both at most, 0.168 where the halves are 0.150, and 0.011 in liquid books."""

_NUMBERS: Final = (
    "expiry_at", "expiry", "strike", "is_call", "forward", "rate", "bid", "ask", "mid", "vol", "in_coin",
)  # fmt: skip
"""Columns that are looked at: the fewer, the less time a part of them takes."""
Floats = npt.NDArray[np.float64]


class _Parity(NamedTuple):
    """What calls and puts of equal strikes say of an expiry's forward; `half` is half of what their spreads cost."""

    forward: float
    half: float


def check_expiries(path: Path, asset: str, spot: float, quotes: pd.DataFrame, vol_name: str, *, forwards: bool) -> None:
    """Refuse expiries whose forward, date or volatility contradicts the quotes.

    Parameters
    ----------
    path, asset, spot, quotes, vol_name
        As `bridge.sources.quote_units.check_quote_units` takes them, and with `expiry_at`.
    forwards
        Whether the file states them; else that of each expiry is what its calls and puts say.

    Raises
    ------
    BadFile
        One does: the expiry, its first row, both numbers and the likely cause are said.
    """
    for _, rows in quotes.groupby("in_coin"):
        usable, two_sided = usable_quotes(rows, spot)
        if not two_sided:
            continue
        usable = usable[[name for name in _NUMBERS if name in usable]]
        said = {at: _parity(spot, own) for at, own in _by_expiry(usable)}
        _check_forwards(path, asset, spot, usable, said, forwards=forwards)
        if not forwards:
            usable = _with_forwards(spot, usable, said)
        told = _near(usable.assign(implied=implied_vols(usable, spot), spread=(usable["ask"] - usable["bid"])))
        _check_dates(path, asset, told)
        _check_vols(path, asset, told, vol_name)


def _by_expiry(rows: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    return [(int(own["expiry_at"].iloc[0]), own) for own in parts(rows, "expiry_at")]


def _near(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that imply a volatility and are within a standard deviation of the money."""
    rows = rows[(rows["implied"] > 0.0) & np.isfinite(rows["implied"])]
    distance = pd.Series(np.abs(np.log(rows["strike"] / rows["forward"])), index=rows.index)
    ranks = distance.groupby(rows["expiry_at"]).rank(method="first")
    middle = rows["implied"].where(ranks <= 6).groupby(rows["expiry_at"]).transform("median")
    near: pd.DataFrame = rows[distance < middle * np.sqrt(rows["expiry"])]
    return near


def _parity(spot: float, rows: pd.DataFrame) -> _Parity | None:
    """Return the forward that an expiry's calls and puts near the money imply; None where there are too few."""
    calls, strike = rows["is_call"].to_numpy(bool), rows["strike"].to_numpy(float)
    of_calls, of_puts = np.flatnonzero(calls), np.flatnonzero(~calls)
    strikes, first, second = np.intersect1d(strike[of_calls], strike[of_puts], return_indices=True)
    if len(strikes) < LEAST_PAIRS:
        return None
    call, put = of_calls[first], of_puts[second]
    mid, wide = rows["mid"].to_numpy(float), (rows["ask"] - rows["bid"]).to_numpy(float)
    gap, half = mid[call] - mid[put], (wide[call] + wide[put]) / 2 / spot
    with np.errstate(divide="ignore", invalid="ignore"):
        found = strikes / (1.0 - gap / spot) if bool(rows["in_coin"].iloc[0]) else strikes + gap
    near = np.argsort(np.abs(gap), kind="stable")[: max(LEAST_PAIRS, len(strikes) // 3)]  # where both cost the same
    found, half = found[near], half[near]
    usable = np.isfinite(found) & (found > 0.0)
    if usable.sum() < LEAST_PAIRS:
        return None
    return _Parity(float(np.median(found[usable])), float(np.median(half[usable])))


def most_basis(years: float) -> float:
    """Return how far, in logs, a forward may be from its spot."""
    return BASIS_LAST if years < LAST_DAYS else BASIS + BASIS_A_YEAR * years


def _check_forwards(
    path: Path, asset: str, spot: float, rows: pd.DataFrame, said: dict[int, _Parity | None], *, forwards: bool
) -> None:
    """Refuse a forward too far from the spot, or from what calls and puts say of it."""
    for at, own in _by_expiry(rows):
        years, stated, told = float(own["expiry"].iloc[0]), float(own["forward"].median()), said[at]
        which, most = f"of {utc(at)} (row {int(own.index[0]) + 1})", most_basis(years)
        basis = float(np.log(stated / spot))
        if abs(basis) > most:
            raise BadFile(
                path,
                f"{asset}: the forward {stated:g} {which} is {np.expm1(basis):+.1%} from the spot {spot:g}, at most "
                f"{most:.1%} for its time: is the spot, a forward or the expiry of another time or asset?",
            )
        if told is None:
            continue
        away = abs(float(np.log(told.forward / stated)))
        slack = PARITY_SPREADS * told.half
        if away > slack + (PARITY if forwards else most):
            name = "forward" if forwards else "spot"
            raise BadFile(
                path,
                f"{asset}: calls and puts {which} imply a forward of {told.forward:.6g}, {away:.1%} from the {name} "
                f"{stated:g}: is the {name} of another time, expiry or asset, or are calls and puts mixed up?",
            )


def _with_forwards(spot: float, rows: pd.DataFrame, said: dict[int, _Parity | None]) -> pd.DataFrame:
    """Return the rows of the expiries whose forward calls and puts say, with it."""
    known = {at: told.forward for at, told in said.items() if told}
    forward = rows["expiry_at"].map(known)
    carry = np.log(forward / spot) / rows["expiry"]
    rows = rows.assign(forward=forward, rate=carry.where(rows["in_coin"], 0.0))
    return rows[forward.notna()]


def _check_dates(path: Path, asset: str, rows: pd.DataFrame) -> None:
    """Refuse a later expiry whose options are worth less than an earlier one's, and one far from its neighbours."""
    once = rows[rows["expiry"] > ONE_DAY].drop_duplicates(["strike", "is_call", "expiry_at"])
    once = once.assign(variance=once["implied"] ** 2 * once["expiry"], wide=once["spread"] / once["mid"])
    tables = {name: once.pivot(index=["strike", "is_call"], columns="expiry_at", values=name) for name in _CELLS}
    variance, wide = (tables[name].to_numpy(float) for name in _CELLS)
    times = once.groupby("expiry_at")["expiry"].first()
    dates, years = times.index.to_numpy(np.int64), times.to_numpy(float)
    adjacent = set(pairwise(range(len(dates))))
    for first, second in combinations(range(len(dates)), 2):
        both = np.isfinite(variance[:, first]) & np.isfinite(variance[:, second])
        if both.sum() < LEAST_PAIRS or np.median(np.fmax(wide[both, first], wide[both, second])) > MOST_SPREAD:
            continue
        growth = float(np.median(variance[both, second] / variance[both, first]))
        forward = (growth - 1.0) / (years[second] / years[first] - 1.0)
        odd = (first, second) in adjacent and years[first] > FEW_DAYS
        if growth < LEAST_GROWTH or (odd and not LEAST_FORWARD <= forward <= MOST_FORWARD):
            early, late = (_expiry(rows, int(dates[place])) for place in (first, second))
            raise BadFile(
                path,
                f"{asset}: at the same strikes the variance up to {late} is {growth:.3g} times that up to {early}, for "
                f"{years[second] / years[first]:.3g} times the time: is the expiry of one of them wrong?",
            )


_CELLS: Final = ("variance", "wide")


def _expiry(rows: pd.DataFrame, at: int) -> str:
    """Return an expiry and the row of its first option."""
    return f"{utc(at)} (row {int(rows.index[rows['expiry_at'] == at].min()) + 1})"


def _check_vols(path: Path, asset: str, rows: pd.DataFrame, vol_name: str) -> None:
    """Refuse stated volatilities that are not those of the quotes: of calls, of puts, and of each expiry."""
    rows = rows[(rows["vol"] > 0.0) & np.isfinite(rows["vol"]) & (rows["expiry"] > LAST_DAYS)]
    for is_call, kind in rows.groupby("is_call"):
        what = "calls" if is_call else "puts"
        pooled = kind[near_money(kind)]
        if len(pooled) >= LEAST_POOLED:
            _compare(path, f"{asset}: of the {what}", pooled, vol_name, MOST_POOLED)
        for at, own in _by_expiry(kind):
            if len(own) >= LEAST_QUOTES:
                _compare(path, f"{asset}: of the {what}", own, vol_name, MOST_RATIO, at)


def _compare(path: Path, what: str, rows: pd.DataFrame, vol_name: str, most: float, at: int | None = None) -> None:
    """Refuse a middle of stated over implied volatility that is too far from 1; `at` : of which expiry the rows are."""
    spread, mid, vol, implied = (rows[name].to_numpy(float) for name in ("spread", "mid", "vol", "implied"))
    if np.median(spread / mid) > MOST_SPREAD:
        return
    ratio = float(np.median(vol / implied))
    if not 1.0 / most <= ratio <= most:
        stated, told = (said_vol(vol_name, float(np.median(values))) for values in (vol, implied))
        what += f" of {_expiry(rows, at)}" if at is not None else ""
        raise BadFile(
            path,
            f"{what}, {stated} is stated in the middle and the quotes imply {told.split()[-1]}, {ratio:.3g} times: is "
            "it of another time, measure or count of days? Without that column it is taken from the quotes",
        )
