"""Single option quotes that no market gives: their own volatility, or the strikes beside them, contradict them by far.

One of them is enough to steer a plan, which buys what is cheap. A quote is wrong only where somebody who trades it
against the others gains `LEAST_GAIN` of the spot, which no spread, tick or moment between two updates explains. Of 309
recorded snapshots of Deribit's chains, two have such rows: one each, in order books of 2021.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.sources.quote_parts import parts
from hedge import options

MOST_TIMES: Final = 2.0
"""Between the volatility that a quote implies, and its own and the middle of its expiry."""
LEAST_GAIN: Final = 0.005
"""Share of the spot by which a quote is wrong: ten ticks of Deribit's coarsest step, 0.0005 coin."""
LEAST_QUOTES: Final = 4
"""Of an expiry, with both sides, whose middle is one."""

_NUMBERS: Final = ("expiry_at", "expiry", "strike", "is_call", "forward", "rate", "bid", "ask", "vol")
Floats = npt.NDArray[np.float64]


class Wrong(NamedTuple):
    """Rows, from 0, of which one is no price, and what says so."""

    rows: tuple[int, ...]
    why: str


def wrong_quotes(spot: float, quotes: pd.DataFrame) -> list[Wrong]:
    """Return asks far too low and bids far too high, by their own volatility or by the other strikes of their expiry.

    Parameters
    ----------
    spot
        USD.
    quotes
        One snapshot's, in USD, as in `check_quote_units`; its index are rows from 0.
    """
    columns = quotes[["strike", "expiry", "forward"]]
    possible = (np.isfinite(columns) & (columns > 0.0)).all(axis=1) & np.isfinite(quotes["rate"])
    possible &= ~((quotes["bid"] > quotes["ask"]) | (quotes["bid"] < 0.0) | (quotes["ask"] < 0.0))
    if not (math.isfinite(spot) and spot > 0.0):
        return []
    once = possible & ~quotes.duplicated(["expiry_at", "strike", "is_call"])  # the chain's check names these
    rows = quotes.loc[once, list(_NUMBERS)]
    found = _by_vols(spot, rows)
    for judge in (_by_strikes, _by_neighbours):  # what is wrong already says nothing about the others
        rows = rows.drop(index=[row for wrong in found for row in wrong.rows], errors="ignore")
        for listed in parts(rows.sort_values("strike", kind="stable"), "expiry_at", "is_call"):
            found += judge(spot, listed)
    return found


def _by_vols(spot: float, rows: pd.DataFrame) -> list[Wrong]:
    """Return quotes beyond what half or twice their volatility is worth.

    It is their own and the middle of what their expiry's quotes imply, whichever allows more: a venue's mark can be
    wrong for a whole expiry.
    """
    implied = pd.Series(_implied(spot, rows), index=rows.index)
    of_expiry = implied.groupby(rows["expiry_at"])
    middle = of_expiry.transform("median").where(of_expiry.transform("count") >= LEAST_QUOTES).to_numpy(float)
    own = rows["vol"].where((rows["vol"] > 0.0) & np.isfinite(rows["vol"])).to_numpy(float)
    least, most = np.fmin(own, middle), np.fmax(own, middle)
    low, below = _worth(spot, rows, least / MOST_TIMES), _worth(spot, rows, least)
    high, above = _worth(spot, rows, most * MOST_TIMES), _worth(spot, rows, most)
    bid, ask = rows["bid"].to_numpy(float), rows["ask"].to_numpy(float)
    cheap = (ask < low) & (below - ask > LEAST_GAIN * spot)
    dear = (bid > high) & (bid - above > LEAST_GAIN * spot)
    found = []
    for place in np.flatnonzero(cheap | dear).tolist():
        side, price, vol, worth = ("ask", ask, least, below) if cheap[place] else ("bid", bid, most, above)
        row = int(rows.index[place])
        said = f"the {side} in row {row + 1}, {price[place]:.6g} USD a unit, is no price of that option"
        found.append(Wrong((row,), f"{said}: at the volatility {vol[place]:.3g} it is worth {worth[place]:.6g}"))
    return found


def _implied(spot: float, rows: pd.DataFrame) -> Floats:
    """Return the volatilities that the middles of bid and ask imply; NaN where there are not both, or none."""
    mid = ((rows["bid"] + rows["ask"]) / 2).to_numpy(float)
    strike, expiry, forward, rate = (rows[name].to_numpy(float) for name in ("strike", "expiry", "forward", "rate"))
    carry, calls = np.log(forward / spot) / expiry, rows["is_call"].to_numpy(bool)
    found, known = np.full(len(rows), np.nan), np.isfinite(mid) & (mid > 0.0)
    terms = (strike[known], expiry[known], rate[known], carry[known], calls[known])
    found[known] = options.implied_vol(mid[known], spot, *terms)
    return found


def _worth(spot: float, rows: pd.DataFrame, vols: Floats) -> Floats:
    strike, expiry, forward, rate = (rows[name].to_numpy(float) for name in ("strike", "expiry", "forward", "rate"))
    carry, found = np.log(forward / spot) / expiry, np.full(len(rows), np.nan)
    known = np.isfinite(vols)
    terms = (
        strike[known],
        expiry[known],
        vols[known],
        rate[known],
        carry[known],
        rows["is_call"].to_numpy(bool)[known],
    )
    found[known] = options.price(spot, *terms)
    return found


def _by_strikes(spot: float, rows: pd.DataFrame) -> list[Wrong]:
    """Return options that cost less than another which never pays more; in the order of their strikes."""
    calls = bool(rows["is_call"].iloc[0])
    rows = rows[::-1] if calls else rows  # from now on each pays at least what those before it pay
    bid, ask = rows["bid"].to_numpy(float), rows["ask"].to_numpy(float)
    found = []
    for low in np.flatnonzero(np.fmax.accumulate(bid) - ask > LEAST_GAIN * spot).tolist():
        high = int(np.nanargmax(bid[: low + 1]))
        (asked, bought) = (f"{rows['strike'].iloc[at]:g} in row {int(rows.index[at]) + 1}" for at in (low, high))
        found.append(
            Wrong(
                (int(rows.index[low]), int(rows.index[high])),
                f"the {'call' if calls else 'put'} of {asked} is asked at {ask[low]:.6g} USD a unit, and that of "
                f"{bought}, which never pays more, is bid at {bid[high]:.6g}",
            )
        )
    return found


def _by_neighbours(spot: float, rows: pd.DataFrame) -> list[Wrong]:
    """Return bids above what two neighbours cost, in the shares that pay at least the same; in order of strikes."""
    strike, bid, ask = (rows[name].to_numpy(float) for name in ("strike", "bid", "ask"))
    share = (strike[2:] - strike[1:-1]) / (strike[2:] - strike[:-2])
    found = []
    gain = bid[1:-1] - (share * ask[:-2] + (1.0 - share) * ask[2:])
    for left in np.flatnonzero(gain > LEAST_GAIN * spot).tolist():
        places = tuple(int(row) for row in rows.index[left : left + 3])
        said = f"the bid of the strike {strike[left + 1]:g}, {bid[left + 1]:.6g} USD a unit, in row {places[1] + 1}"
        found.append(
            Wrong(
                places,
                f"{said} is above what its two neighbours cost, which pay at least as much: rows {places[0] + 1} and "
                f"{places[2] + 1}",
            )
        )
    return found
