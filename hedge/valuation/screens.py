"""Exposure caps: by asset (value, P/E, market cap), by sector, and by groups of assets that move together.

A screen never raises an exposure. What it takes away becomes cash, not another asset. Sectors are names that the caller
gives ("REIT tokens", "staked ETH", "lending"): nothing here knows one from another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput, UnknownAsset
from hedge.numerics.arrays import FloatArray, finite, numbers, positive


def price_to_earnings(price: ArrayLike, earnings: ArrayLike) -> FloatArray:
    """Return price over a year's earnings per token; infinite where nothing is earned or money is lost.

    Parameters broadcast. price : > 0. earnings : of a year, per token, finite; NaN gives NaN.

    >>> price_to_earnings([40.0, 40.0], [2.0, -1.0]).tolist()
    [20.0, inf]
    """
    p, e = positive("price", price), finite("earnings", earnings)
    with np.errstate(divide="ignore"):
        return np.where(e <= 0.0, np.where(np.isnan(p), np.nan, np.inf), p / np.where(e <= 0.0, 1.0, e))[()]


@dataclass(frozen=True)
class Listing:
    """Hold what the screens need of one asset; NaN means that a screen does not apply.

    Parameters
    ----------
    sector : any name. price : USD, > 0.
    fair_value : USD per token, for instance by `ddm`, >= 0, or NaN. earnings : USD per token and year, or NaN.
    market_cap_usd : of the circulating supply, >= 0, or NaN.
    """

    symbol: str
    sector: str
    price: float
    fair_value: float = math.nan
    earnings: float = math.nan
    market_cap_usd: float = math.nan

    def __post_init__(self) -> None:
        if not (math.isfinite(self.price) and self.price > 0.0):
            raise BadInput("price", self.price, "must be finite and > 0")
        for name in ("fair_value", "market_cap_usd"):
            if getattr(self, name) < 0.0:
                raise BadInput(name, getattr(self, name), "must be >= 0")


@dataclass(frozen=True)
class CapRules:
    """Hold the caps, shares of the book, and the levels at which an asset's own cap begins to shrink.

    Parameters
    ----------
    asset_cap, sector_cap, group_cap : in (0, 1].
    correlation : in (0, 1]: assets correlated at least so are one group, and so are those linked through a third.
    dear : price over fair value above which the asset's cap shrinks in proportion, > 0.
    most_earnings : P/E above which it shrinks, > 0.
    least_market_cap_usd : market cap below which it shrinks, > 0.
    """

    asset_cap: float = 0.25
    sector_cap: float = 0.40
    group_cap: float = 0.50
    correlation: float = 0.70
    dear: float = 1.20
    most_earnings: float = 40.0
    least_market_cap_usd: float = 100_000_000.0

    def __post_init__(self) -> None:
        for rule in fields(self):
            value, share = getattr(self, rule.name), rule.name.endswith("_cap") or rule.name == "correlation"
            if not (math.isfinite(value) and value > 0.0 and not (share and value > 1.0)):
                raise BadInput(rule.name, value, "must be in (0, 1]" if share else "must be finite and > 0")


@dataclass(frozen=True)
class CappedExposure:
    """Hold the exposure that is allowed (shares of the book), what became cash, and why, per asset."""

    allowed: Mapping[str, float]
    cash: float
    reasons: Mapping[str, tuple[str, ...]]


def asset_cap(listing: Listing, rules: CapRules) -> tuple[float, tuple[str, ...]]:
    """Return the largest share of one asset and the reasons why it is below the general cap.

    cap x min(1, dear / (price / fair)) x min(1, most P/E / P/E) x min(1, market cap / least). No earnings and no fair
    value leave a cap of 0.
    """
    cap, reasons = rules.asset_cap, []
    premium = listing.price / listing.fair_value if listing.fair_value != 0.0 else math.inf
    if premium > rules.dear:
        cap *= rules.dear / premium
        much = (
            f"price {premium:.2f} times fair value,"
            if math.isfinite(premium)
            else "it has no fair value, so the price is"
        )
        reasons.append(f"{much} above {rules.dear:g}")
    multiple = float(price_to_earnings(listing.price, listing.earnings))
    if multiple > rules.most_earnings:
        cap *= rules.most_earnings / multiple
        much = f"P/E {multiple:.1f}," if math.isfinite(multiple) else "nothing is earned, so the P/E is"
        reasons.append(f"{much} above {rules.most_earnings:g}")
    if listing.market_cap_usd < rules.least_market_cap_usd:
        cap *= listing.market_cap_usd / rules.least_market_cap_usd
        reasons.append(f"market cap {listing.market_cap_usd:,.0f} USD, below {rules.least_market_cap_usd:,.0f}")
    return cap, tuple(reasons)


def correlated_groups(correlations: ArrayLike, threshold: float) -> tuple[tuple[int, ...], ...]:
    """Return groups of columns that are linked by correlations of at least `threshold`, smallest index first.

    Parameters
    ----------
    correlations : shape (n, n), symmetric; NaN links nothing. threshold : in (0, 1].
    """
    matrix = numbers("correlations", correlations)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise BadInput("correlations", matrix.shape, "must be square")
    left, groups = set(range(len(matrix))), []
    while left:
        group, queue = set(), [min(left)]
        while queue:
            column = queue.pop()
            group.add(column)
            queue += [other for other in left - group if matrix[column, other] >= threshold]
        left -= group
        groups.append(tuple(sorted(group)))
    return tuple(groups)


def cap_exposure(
    wanted: Mapping[str, float], listings: Sequence[Listing], correlations: ArrayLike, rules: CapRules | None = None
) -> CappedExposure:
    """Cap wanted exposures by asset, then by sector, then by correlated group, each in proportion.

    Parameters
    ----------
    wanted : share of the book per symbol, >= 0, summing to at most 1.
    listings : of every symbol wanted; others are ignored.
    correlations : shape (n, n), in the order of `listings`; NaN links nothing.

    Raises
    ------
    UnknownAsset : a symbol without a listing.
    BadInput : a share is negative or NaN, they sum to more than 1, or the matrix does not match.

    Source: single-linkage clusters as in Lopez de Prado, "Building diversified portfolios that outperform out of
    sample", 2016, cut at one level; the caps themselves are governed numbers, not estimates.
    """
    rules = rules or CapRules()
    if np.shape(correlations) != (len(listings), len(listings)):
        raise BadInput("correlations", np.shape(correlations), f"must have {len(listings)} rows and columns")
    share = _wanted(wanted, listings)
    reasons: dict[str, tuple[str, ...]] = {}
    for i, listing in enumerate(listings):
        cap, why = asset_cap(listing, rules)
        if share[i] > cap:
            share[i] = cap
            reasons[listing.symbol] = (*why, f"asset cap {cap:.1%}")
    for sector in dict.fromkeys(listing.sector for listing in listings):
        members = [i for i, listing in enumerate(listings) if listing.sector == sector]
        _scale(share, members, rules.sector_cap, f"sector {sector}", listings, reasons)
    for group in correlated_groups(correlations, rules.correlation):
        names = ", ".join(listings[i].symbol for i in group)
        _scale(share, list(group), rules.group_cap, f"moves together: {names},", listings, reasons)
    allowed = {listing.symbol: float(share[i]) for i, listing in enumerate(listings) if listing.symbol in wanted}
    return CappedExposure(allowed, 1.0 - math.fsum(allowed.values()), reasons)


def _wanted(wanted: Mapping[str, float], listings: Sequence[Listing]) -> FloatArray:
    known = [listing.symbol for listing in listings]
    for symbol, value in wanted.items():
        if symbol not in known:
            raise UnknownAsset(symbol, "listing")
        if not value >= 0.0:
            raise BadInput("wanted", value, f"must be >= 0 for {symbol}")
    total = math.fsum(wanted.values())
    if total > 1.0 + 1e-9:
        raise BadInput("wanted", total, "must sum to at most 1")
    return np.array([wanted.get(symbol, 0.0) for symbol in known], dtype=np.float64)


def _scale(
    share: FloatArray,
    members: list[int],
    cap: float,
    what: str,
    listings: Sequence[Listing],
    reasons: dict[str, tuple[str, ...]],
) -> None:
    total = float(share[members].sum())
    if total <= cap:
        return
    share[members] *= cap / total
    for i in members:
        if share[i] > 0.0:
            symbol = listings[i].symbol
            reasons[symbol] = (*reasons.get(symbol, ()), f"{what} at {total:.1%}, cap {cap:.0%}")
