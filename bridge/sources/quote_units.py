"""Whether option quotes are in the units that their file says: prices in coin or USD, volatility as a decimal.

The quotes themselves tell. The middle of bid and ask lies between the intrinsic value and what the option can be worth
at most, and implies about the volatility that the file states. Measured on every snapshot of Deribit's BTC and ETH
chains of 2020, 2021 and 2026 (308 with two-sided quotes):

    unit                        mids inside the band    median volatility implied    implied over stated, median
    as the venue publishes it   98.5 to 100 %           0.37 to 1.05                 0.994 to 1.002
    coin read as USD            43 to 62 %              0.00 to 0.06                 0.11 to 0.26
    USD read as coin            0 to 6 %                none

Medians are over the half of the options that is nearest to the money.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.errors import BadFile
from hedge import options
from hedge.market import MOST_VOL

LEAST_INSIDE: Final = 0.8
"""Share of the mids that lie inside the band in the right unit, at least."""
LEAST_VOL: Final = 0.02
"""No market's options imply less; the least that any of the measured ones did is 0.1."""
MOST_MEDIAN: Final = 5.0
"""The middle of no chain implies more: 500 % a year."""
MOST_RATIO: Final = 1.5
"""Between the implied and the stated volatility, as medians; daily, monthly and percent units are further off."""
MOST_APART: Final = 20.0
"""Ask over bid, as a median: 4.7 in the least liquid recorded snapshot, 1.08 in the usual one."""
MOST_ROW: Final = 4.0
"""An option's implied volatility over the median, beyond which it may be of another unit than the others."""
LIKE_OTHERS: Final = 2.5
"""The same in the other unit, within which it is."""
MOST_CHEAP: Final = 3.0
"""Stated volatility over that which a lone ask implies, and the reverse of a lone bid: nobody leaves such a gift."""
ALIKE: Final = 20.0
"""A coin worth between a twentieth and this many USD: prices in it and in USD cannot be told apart by the band."""
PERCENT: Final = 100.0
LEAST_ROW_VOL: Final = 0.01

Floats = npt.NDArray[np.float64]


class Fit(NamedTuple):
    """How quotes read in one unit: share inside the band, median implied volatility and its spread near the money.

    Both are NaN where hardly an option has both sides: a lone bid may be far below what an option is worth, a lone ask
    far above.
    """

    inside: float
    vol: float
    spread: float

    @property
    def sound(self) -> bool:
        """Whether options can have these prices."""
        return self.inside >= LEAST_INSIDE and (math.isnan(self.vol) or LEAST_VOL <= self.vol <= MOST_MEDIAN)

    def __str__(self) -> str:
        told = f"a volatility of {self.vol:.3g}" if math.isfinite(self.vol) else "no volatility"
        vol = "" if math.isnan(self.vol) else f" and imply {told}"
        return f"{self.inside:.0%} of them are possible{vol}"


def check_quote_units(path: Path, asset: str, spot: float, quotes: pd.DataFrame, vol_name: str) -> None:
    """Refuse quotes that are in another unit than they are said to be.

    Parameters
    ----------
    path, asset
        What the error names.
    quotes
        One snapshot's, in USD: expiry (years), strike, is_call, bid, ask, forward, rate, vol (decimal, NaN if none) and
        in_coin (whether the file says that the price is in coin). Impossible rows are left to the chain's own check.
    vol_name
        The file's column of volatility.

    Raises
    ------
    BadFile
        Prices in the other unit fit and these do not, they fit in neither, or the volatility is another one.
    """
    check_vol_unit(path, asset, quotes["vol"].to_numpy(float), vol_name)
    for in_coin, rows in quotes.groupby("in_coin"):
        usable, two_sided = usable_quotes(rows, spot)
        if usable.empty:
            continue
        _check_prices(path, asset, spot, usable, two_sided=two_sided, in_coin=bool(in_coin))
        if two_sided:
            _check_stated(path, asset, spot, usable, vol_name)
        else:
            _check_lone(path, asset, spot, usable, vol_name)


def check_vol_unit(path: Path, asset: str, vols: Floats, vol_name: str) -> None:
    """Refuse a column of volatilities whose middle is none as a decimal; NaN is no volatility.

    Raises
    ------
    BadFile
        It is in percent, or in percent of percent.
    """
    known = vols[np.isfinite(vols)]
    middle = float(np.median(known)) if known.size else 1.0
    if middle > MOST_VOL:
        raise BadFile(path, f"{asset}: {said_vol(vol_name, middle)} in the middle: {_as_decimal(vol_name)}")
    if 0.0 < middle < LEAST_ROW_VOL:
        raise BadFile(
            path, f"{asset}: {said_vol(vol_name, middle)} in the middle looks like a decimal, {_how(vol_name)}"
        )


def check_vol_rows(vols: pd.Series, vol_name: str) -> None:
    """Refuse a volatility of 0, below it, or of another unit than the others; its index are rows from 0.

    Raises
    ------
    ValueError
        The first row that has one.
    """
    values = vols.to_numpy(float)
    wrong = (values < LEAST_ROW_VOL) | (values > MOST_VOL)
    if wrong.any():
        place = int(np.argmax(wrong))
        why = "leave the cell empty where it is unknown" if values[place] <= 0.0 else _how(vol_name)
        said = said_vol(vol_name, float(values[place]))
        raise ValueError(f"{said} in row {int(vols.index[place]) + 1} is no volatility: {why}")


def _in_percent(vol_name: str) -> bool:
    return vol_name == "mark_iv"


def said_vol(vol_name: str, decimal: float) -> str:
    """Return a volatility as its file writes it."""
    return f"{vol_name} {decimal * (PERCENT if _in_percent(vol_name) else 1.0):.4g}"


def _how(vol_name: str) -> str:
    return "60 is 60 % in this column" if _in_percent(vol_name) else "0.6 is 60 % in this column"


def _as_decimal(vol_name: str) -> str:
    if _in_percent(vol_name):
        return "it is percent of percent, 60 is 60 % in this column"
    return "it looks like percent, write 0.6 for 60 %"


def usable_quotes(rows: pd.DataFrame, spot: float) -> tuple[pd.DataFrame, bool]:
    """Return the rows that a price can be told of, and whether bid and ask both say it."""
    columns = ["strike", "expiry", "forward"]
    possible = (np.isfinite(rows[columns]) & (rows[columns] > 0.0)).all(axis=1) & np.isfinite(rows["rate"])
    if not (math.isfinite(spot) and spot > 0.0):
        possible &= False
    bid, ask = (rows[name].where(np.isfinite(rows[name]) & (rows[name] > 0.0)) for name in ("bid", "ask"))
    both = possible & bid.notna() & ask.notna() & (bid <= ask)
    two_sided = bool(both.any())
    chosen = both if two_sided else possible & (bid.notna() | ask.notna())
    return rows.assign(bid=bid, ask=ask, mid=(bid + ask) / 2)[chosen], two_sided


def implied_vols(rows: pd.DataFrame, spot: float, scale: float = 1.0) -> Floats:
    """Return the volatilities that the mids imply, times a scale: 0 below intrinsic value, infinite from the bound."""
    strike, expiry, forward, rate = (rows[name].to_numpy(float) for name in ("strike", "expiry", "forward", "rate"))
    calls, prices = rows["is_call"].to_numpy(bool), rows["mid"].to_numpy(float) * scale
    found = options.implied_vol(prices, spot, strike, expiry, rate, np.log(forward / spot) / expiry, calls)
    bound = np.where(calls, forward, strike) * np.exp(-rate * expiry)
    return np.where(np.isnan(found), np.where(prices >= bound, np.inf, 0.0), found)


def near_money(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return the half of the options that is nearest to the money, in standard deviations of equal volatility."""
    distance = np.abs(np.log(rows["strike"] / rows["forward"])) / np.sqrt(rows["expiry"])
    return np.asarray(distance <= distance.median(), dtype=bool)


def _fit(rows: pd.DataFrame, spot: float, scale: float, *, two_sided: bool) -> Fit:
    """Say how prices times a scale fit: no ask below the intrinsic value, no bid at the bound or above."""
    strike, forward, calls = rows["strike"], rows["forward"], rows["is_call"]
    discount = np.exp(-rows["rate"] * rows["expiry"])
    intrinsic = np.where(calls, forward - strike, strike - forward).clip(0.0) * discount
    bound = np.where(calls, forward, strike) * discount
    share = float((~(rows["ask"] * scale < intrinsic) & ~(rows["bid"] * scale >= bound)).mean())
    if not two_sided:
        return Fit(share, math.nan, math.nan)
    near = implied_vols(rows, spot, scale)[near_money(rows)]
    known = near[(near > 0.0) & np.isfinite(near)]
    spread = float(np.quantile(known, 0.9) / np.quantile(known, 0.1)) if known.size else math.inf
    return Fit(share, float(np.median(near)), spread)


def _check_prices(path: Path, asset: str, spot: float, rows: pd.DataFrame, *, two_sided: bool, in_coin: bool) -> None:
    """Refuse prices that fit in the other unit and not in theirs, or in neither."""
    apart = float((rows["ask"] / rows["bid"]).median())
    if apart > MOST_APART:
        raise BadFile(path, f"{asset}: asks are {apart:.3g} times the bids in the middle: is one in another unit?")
    stated = _fit(rows, spot, 1.0, two_sided=two_sided)
    if not 1.0 / ALIKE <= spot <= ALIKE:
        other = _fit(rows, spot, 1.0 / spot if in_coin else spot, two_sided=two_sided)
        if other.sound and (not stated.sound or (not in_coin and other.spread < stated.spread)):
            names = ("coin", "USD") if in_coin else ("USD", "coin")
            raise BadFile(
                path,
                f"{asset}: these look like {names[1]} prices: in {names[0]} {stated}, in {names[1]} {other}: "
                f"say {names[1]} in the column currency (USD where there is none; Deribit's own files are in coin)",
            )
    if stated.sound:
        if two_sided and not 1.0 / ALIKE <= spot <= ALIKE:
            _check_rows(path, asset, spot, rows, stated.vol, in_coin=in_coin)
        return
    raise BadFile(
        path,
        f"{asset}: at a spot of {spot:g} {stated}: no market does that. Is a price, strike, forward or spot in another "
        "unit or of another asset?",
    )


def _check_rows(path: Path, asset: str, spot: float, rows: pd.DataFrame, vol: float, *, in_coin: bool) -> None:
    """Refuse single prices that are like the others only in the other unit."""
    own, other = implied_vols(rows, spot), implied_vols(rows, spot, 1.0 / spot if in_coin else spot)
    odd = (own * MOST_ROW < vol) | (own > MOST_ROW * vol)
    odd &= (other * LIKE_OTHERS > vol) & (other < LIKE_OTHERS * vol)
    if odd.any():
        place = int(np.argmax(odd))
        row, unit = int(rows.index[place]) + 1, "USD" if in_coin else "coin"
        raise BadFile(
            path,
            f"{asset}: the price in row {row} looks like one in {unit}, as {int(odd.sum())} of {len(odd)} do: "
            "one unit a file, or say it in the column currency",
        )


def _check_lone(path: Path, asset: str, spot: float, rows: pd.DataFrame, vol_name: str) -> None:
    """Refuse asks far below and bids far above what the stated volatilities are worth, and asks above any worth."""
    asked = rows[rows["ask"].notna()]
    if len(asked) and np.isinf(implied_vols(asked.assign(mid=asked["ask"]), spot)).mean() > 0.5:
        raise BadFile(
            path, f"{asset}: most asks are above what an option can be worth: are they in USD, and not in coin?"
        )
    for side, sign in (("ask", 1.0), ("bid", -1.0)):
        own = rows[rows[side].notna() & np.isfinite(rows["vol"])]
        own = own[near_money(own)]
        implied = implied_vols(own.assign(mid=own[side]), spot)
        with np.errstate(divide="ignore"):
            cheap = np.median(sign * np.log(own["vol"].to_numpy(float) / implied)) if len(own) else 0.0
        if cheap > math.log(MOST_CHEAP):
            raise BadFile(
                path,
                f"{asset}: lone {side}s imply a volatility of {np.median(implied):.3g} and "
                f"{said_vol(vol_name, float(own['vol'].median()))} is stated: is one of them in another unit?",
            )


def _check_stated(path: Path, asset: str, spot: float, rows: pd.DataFrame, vol_name: str) -> None:
    """Refuse stated volatilities that are not those of the prices."""
    vols, implied = rows["vol"].to_numpy(float), implied_vols(rows, spot)
    known = np.isfinite(vols) & (vols > 0.0) & (implied > 0.0) & np.isfinite(implied) & near_money(rows)
    if not known.any():
        return
    ratio = float(np.median(vols[known] / implied[known]))
    if 1.0 / MOST_RATIO <= ratio <= MOST_RATIO:
        return
    middle, told = float(np.median(vols[known])), float(np.median(implied[known]))
    percent = abs(math.log(ratio / PERCENT)) < math.log(MOST_RATIO)
    decimal = abs(math.log(ratio * PERCENT)) < math.log(MOST_RATIO)
    why = "percent, " if percent else "a decimal, " if decimal else "another unit or measure, "
    raise BadFile(
        path,
        f"{asset}: {said_vol(vol_name, middle)} in the middle looks like {why}the quotes imply "
        f"{said_vol('', told * (PERCENT if _in_percent(vol_name) else 1.0)).strip()}: {_how(vol_name)}",
    )
