"""Fit listed options to a pay-off, at their quotes, in lots and within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from hedge import options
from hedge.errors import BadInput, NotListed
from hedge.instruments.leg import LEAST_VOL, Leg
from hedge.instruments.option_chain import OptionChain, Quote
from hedge.numerics.arrays import FloatArray, positive
from hedge.replication.program import Status, Terms, Tradables, error_bound, fit_payoffs
from hedge.replication.targets import Target, chord_gaps

_NODES = 200
"""Log-spaced prices of the program besides strikes and knots: 0.5 % apart over a factor of e."""


@dataclass(frozen=True)
class Replication:
    """Hold the options that come nearest to a pay-off at the horizon.

    legs : bought (quantity > 0) at the ask or sold at the bid; none where nothing helps, the budget is 0 or the program
        is infeasible. cost : net premium and fees, quote currency. bound : no price from low to high shows a larger
        absolute difference of pay-off and target, premium apart. unhedged : the same without any leg.
    status : "optimal" (within the terms' gap); "stopped" (the search for whole lots ended first: legs are the best
        found); "infeasible" (no quantities meet budget and tolerance); "unbounded" (signed, and the quotes hold an
        arbitrage that costs less the more is traded).
    """

    status: Status
    legs: tuple[Leg, ...]
    cost: float
    bound: float
    unhedged: float
    low: float
    high: float
    horizon: float

    def payoff(self, price: ArrayLike) -> FloatArray:
        """Return what the legs are worth at the horizon at each price: intrinsic, or the model value of later ones."""
        p = positive("price", price)
        return np.asarray(sum((leg.value(p, self.horizon) for leg in self.legs), np.zeros(p.shape)))


def replicate(
    target: Target,
    chain: OptionChain,
    horizon_at: int,
    low: float,
    high: float,
    terms: Terms | None = None,
    expiries: Sequence[int] = (),
) -> Replication:
    """Fit a target pay-off at a horizon with listed options.

    Options that expire then pay intrinsic value: their bound needs no model. Later ones are valued by Black-Scholes at
    today's volatility of each.

    Parameters
    ----------
    target : `LossTarget` or `GridTarget`. horizon_at : a listed expiry, unix seconds.
    low, high : prices between which the bound is to hold, 0 < low < high.
    terms : by default long only, whole lots, no budget.
    expiries : listed ones, none before the horizon; by default its own.

    Raises
    ------
    BadInput : a range or an expiry out of its domain.
    NotListed : the horizon is not listed, or no option of the expiries is quoted.
    """
    if not 0.0 < low < high < np.inf:
        raise BadInput("low", low, f"must be > 0 and below high = {high}")
    quotes = _quotes(chain, tuple(expiries) or (horizon_at,), horizon_at)
    horizon = next(row.expiry for row in chain.rows if row.expiry_at == horizon_at)
    nodes = _nodes(low, high, [quote.strike for quote in quotes], target.knots())
    tradables = _tradables(chain, quotes, nodes, horizon)
    value, gaps = target.value(nodes), target.gaps(nodes)
    found = fit_payoffs(tradables, value, gaps, terms or Terms())
    bound, unhedged = (error_bound(tradables, value, gaps, held) for held in (found.quantities, 0.0 * found.quantities))
    legs = tuple(
        _leg(chain, quote, held) for quote, held in zip(quotes, found.quantities.tolist(), strict=True) if held
    )
    return Replication(found.status, legs, found.cost, bound, unhedged, low, high, horizon)


def _nodes(low: float, high: float, strikes: list[float], knots: FloatArray) -> FloatArray:
    """Return the prices of the program, ascending: both ends, every strike and knot between, and a log grid."""
    nodes = np.unique(np.concatenate([np.geomspace(low, high, _NODES), [low, high], strikes, knots]))
    return np.asarray(nodes[(nodes >= low) & (nodes <= high)])


def _quotes(chain: OptionChain, expiries: tuple[int, ...], horizon_at: int) -> tuple[Quote, ...]:
    """Return the options of the expiries that can be bought or sold, and valued at the horizon."""
    if min(expiries) < horizon_at:
        raise BadInput("expiries", min(expiries), f"must not end before the horizon {horizon_at}")
    if horizon_at not in chain.expiries():
        raise NotListed(f"{chain.underlying} expiry", f"{horizon_at}", float(chain.expiries()[-1]))
    rows = (row for row in chain.rows if row.expiry_at in expiries and (row.ask > 0.0 or row.bid > 0.0))
    quotes = tuple(row for row in rows if row.expiry_at == horizon_at or row.vol == row.vol)
    if not quotes:
        raise NotListed(f"{chain.underlying} option", f"a quote at one of {sorted(expiries)}", np.nan)
    return quotes


def _tradables(chain: OptionChain, quotes: tuple[Quote, ...], nodes: FloatArray, horizon: float) -> Tradables:
    """Return what the quotes pay at the nodes, and how far they stray below their chords between them."""
    legs = [chain.bought(quote) for quote in quotes]
    payoffs = np.stack([leg.value(nodes, horizon) for leg in legs], axis=-1)
    gaps = [_gaps(leg, nodes, payoffs[:, number], horizon) for number, leg in enumerate(legs)]
    ask = np.array([quote.ask + chain.fees.usd(quote.ask, chain.spot) for quote in quotes])
    bid = np.array([quote.bid - chain.fees.usd(quote.bid, chain.spot) for quote in quotes])
    lot = np.array([quote.lot for quote in quotes])
    return Tradables(payoffs, np.stack(gaps, axis=-1), ask, bid, lot, np.array([quote.is_call for quote in quotes]))


def _gaps(leg: Leg, nodes: FloatArray, values: FloatArray, horizon: float) -> FloatArray:
    remaining = leg.expiry - horizon
    if remaining <= 0.0:
        return np.zeros(nodes.size - 1)  # linear between nodes: every strike is one
    vol = max(leg.vol, LEAST_VOL)
    slope = options.greeks(nodes, leg.strike, remaining, vol, leg.rate, leg.carry, leg.is_call).delta
    return chord_gaps(nodes, values, slope[:-1], slope[1:])


def _leg(chain: OptionChain, quote: Quote, quantity: float) -> Leg:
    return replace(chain.bought(quote) if quantity > 0.0 else chain.sold(quote), quantity=quantity)
