"""From the rows of a chain to the quotes that a surface is fitted to.

Per expiry: the forward by put-call parity, and per strike the band of volatilities between bid and ask of its
out-of-the-money option (of the other one where only that is listed).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedge.errors import BadInput
from hedge.instruments.option_chain import OptionChain
from hedge.numerics.arrays import BoolArray, FloatArray, finite, nonnegative
from hedge.options import implied_vol

_COLUMNS = ("expiry", "strike", "is_call", "bid", "ask")


class Dropped(NamedTuple):
    """Count the rows of a chain that no smile is fitted to, by reason; each row counts once.

    unknown : strike or expiry is NaN. expired : expiry <= 0. duplicate : listed again; the best bid and ask are kept.
    crossed : bid above ask. one_sided : no bid (0 or NaN) or no ask (0 or NaN). no_forward : an expiry without a
    forward. in_the_money : the other option of the strike is used. no_vol : a price that no positive volatility gives.
    """

    unknown: int = 0
    expired: int = 0
    duplicate: int = 0
    crossed: int = 0
    one_sided: int = 0
    no_forward: int = 0
    in_the_money: int = 0
    no_vol: int = 0


@dataclass(frozen=True, eq=False)
class ExpiryQuotes:
    """Hold what one expiry offers: k = ln(strike / forward) ascending, volatilities at bid and ask, same length.

    forward_source is "parity", "listed" (the chain's own column) or "interpolated" (from the other expiries).
    """

    expiry: float
    forward: float
    forward_source: str
    k: FloatArray
    bid_vol: FloatArray
    ask_vol: FloatArray


class _Rows(NamedTuple):
    """Rows of a chain as arrays of one length; bid and ask are NaN where there is none."""

    expiry: FloatArray
    strike: FloatArray
    is_call: BoolArray
    bid: FloatArray
    ask: FloatArray
    forward: FloatArray
    rate: FloatArray

    def take(self, which: NDArray[Any]) -> _Rows:
        """Return the rows of a mask or of indices."""
        return _Rows(
            self.expiry[which],
            self.strike[which],
            self.is_call[which],
            self.bid[which],
            self.ask[which],
            self.forward[which],
            self.rate[which],
        )


def read_quotes(chain: pd.DataFrame | OptionChain, rate: float | None) -> tuple[tuple[ExpiryQuotes, ...], Dropped]:
    """Return the usable expiries in order, and what was dropped; without `rate` each row's own discounts."""
    rows = _rows(chain.quotes if isinstance(chain, OptionChain) else chain, rate)
    known = ~(np.isnan(rows.strike) | np.isnan(rows.expiry))
    alive = known & (rows.expiry > 0.0)
    unique = _unique(rows.take(alive))
    crossed = unique.bid > unique.ask
    two_sided = (unique.bid > 0.0) & (unique.ask > 0.0)
    usable = unique.take(two_sided & ~crossed)
    forwards = _forwards(usable, unique)
    expiries, lost = [], np.zeros(3, dtype=np.int64)
    for expiry in np.unique(usable.expiry):
        listed, quoted = unique.take(unique.expiry == expiry), usable.take(usable.expiry == expiry)
        quotes, counts = _expiry_quotes(quoted, listed, *forwards[float(expiry)])
        expiries.append(quotes)
        lost += counts
    dropped = Dropped(
        unknown=int(np.sum(~known)),
        expired=int(np.sum(known & ~alive)),
        duplicate=int(np.sum(alive)) - unique.strike.size,
        crossed=int(np.sum(crossed)),
        one_sided=int(np.sum(~two_sided & ~crossed)),
        no_forward=int(lost[0]),
        in_the_money=int(lost[1]),
        no_vol=int(lost[2]),
    )
    return tuple(quotes for quotes in expiries if quotes.k.size), dropped


def _rows(quotes: pd.DataFrame, rate: float | None) -> _Rows:
    missing = [name for name in _COLUMNS if name not in quotes.columns]
    if missing:
        raise BadInput("quotes", list(quotes.columns), f"must have the column {missing[0]}")
    strike, bid, ask = (nonnegative(name, quotes[name].to_numpy()) for name in ("strike", "bid", "ask"))
    if np.any(strike == 0.0):
        raise BadInput("strike", 0.0, "must be > 0")
    forward = nonnegative("forward", quotes["forward"].to_numpy()) if "forward" in quotes.columns else strike * np.nan
    own = rate is None and "rate" in quotes.columns
    rates = finite("rate", quotes["rate"].to_numpy()) if own else np.full(strike.shape, rate or 0.0)
    kinds = quotes["is_call"].to_numpy(bool)
    return _Rows(finite("expiry", quotes["expiry"].to_numpy()), strike, kinds, bid, ask, forward, rates)


def _unique(rows: _Rows) -> _Rows:
    """Sort by expiry, strike and kind; of a repeated option keep the best bid and the best ask."""
    if rows.strike.size == 0:
        return rows
    rows = rows.take(np.lexsort((rows.is_call, rows.strike, rows.expiry)))
    same = (np.diff(rows.expiry) == 0.0) & (np.diff(rows.strike) == 0.0) & (rows.is_call[1:] == rows.is_call[:-1])
    first = np.append(0, 1 + np.flatnonzero(~same))
    return rows.take(first)._replace(
        bid=np.fmax.reduceat(rows.bid, first),
        ask=np.fmin.reduceat(rows.ask, first),
        forward=np.fmin.reduceat(rows.forward, first),
    )


def _forwards(usable: _Rows, listed: _Rows) -> dict[float, tuple[float, str]]:
    """Return forward and source of every usable expiry; NaN where nothing tells it."""
    times = np.unique(usable.expiry)
    found: dict[float, tuple[float, str]] = {}
    for time in times:
        quoted = usable.take(usable.expiry == time)
        forward, source = _parity_forward(quoted, float(np.exp(np.median(quoted.rate) * time))), "parity"
        if np.isnan(forward):
            column = listed.forward[listed.expiry == time]
            forward, source = (float(np.nanmedian(column)) if np.any(column > 0.0) else np.nan), "listed"
        found[float(time)] = forward, source
    known = [time for time in found if not np.isnan(found[time][0])]
    if known:
        logs = np.log([found[time][0] for time in known])
        for time in found.keys() - set(known):
            found[time] = float(np.exp(np.interp(time, known, logs))), "interpolated"
    return found


def _parity_forward(rows: _Rows, growth: float) -> float:
    """Return the forward that call and put of one strike imply, the median over strikes weighted by tightness.

    A strike bounds the forward by strike + growth (call - put) at bid and ask; its weight is the inverse square of that
    width, so that one stale quote far from the money moves nothing.
    """
    calls, puts = rows.take(rows.is_call), rows.take(~rows.is_call)
    strike, at_call, at_put = np.intersect1d(calls.strike, puts.strike, assume_unique=True, return_indices=True)
    if strike.size == 0:
        return np.nan
    low = strike + growth * (calls.bid[at_call] - puts.ask[at_put])
    high = strike + growth * (calls.ask[at_call] - puts.bid[at_put])
    weight = 1.0 / np.maximum(high - low, 1e-6 * strike) ** 2
    middle, order = 0.5 * (low + high), np.argsort(0.5 * (low + high))
    share = np.cumsum(weight[order])
    forward = float(middle[order][np.searchsorted(share, 0.5 * share[-1])])
    return forward if forward > 0.0 else np.nan


def _expiry_quotes(
    rows: _Rows, listed: _Rows, forward: float, source: str
) -> tuple[ExpiryQuotes, tuple[int, int, int]]:
    """Return one expiry's volatilities and how many rows had no forward, were in the money, had no volatility."""
    expiry, none = float(rows.expiry[0]), np.empty(0)
    if np.isnan(forward):
        return ExpiryQuotes(expiry, forward, source, none, none, none), (rows.strike.size, 0, 0)
    in_money = np.where(rows.is_call, rows.strike < forward, rows.strike >= forward)
    twin = np.where(
        rows.is_call,
        np.isin(rows.strike, listed.strike[~listed.is_call]),
        np.isin(rows.strike, listed.strike[listed.is_call]),
    )
    used = rows.take(~(in_money & twin))
    prices = np.stack([used.bid, used.ask])
    vols = implied_vol(prices, forward, used.strike, expiry, used.rate, 0.0, used.is_call)
    good = (vols[0] > 0.0) & np.isfinite(vols[1])
    k = np.log(used.strike[good] / forward)
    quotes = ExpiryQuotes(expiry, forward, source, k, vols[0][good], vols[1][good])
    return quotes, (0, int(np.sum(in_money & twin)), int(np.sum(~good)))
