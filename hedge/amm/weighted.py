"""Positions in weighted pools (constant weighted geometric mean, as Balancer's), of two or more assets.

A pool keeps k = product of balance_i ** weight_i. At prices p, arbitrage leaves balance_i = w_i V / p_i, so that

    V = k product (p_i / w_i)^w_i,    dV/dp_i = w_i V / p_i,    d2V/dp_i dp_j = w_i (w_j - [i = j]) V / (p_i p_j).

Uniswap v2 is the case of two weights of one half. Source: F. Martinelli and N. Mushegian, "Balancer", 2019; Milionis et
al., "Automated market making and loss-versus-rebalancing", 2022, section 6.

Shared by every function here
-----------------------------
The last axis of prices, weights and balances runs over the assets; the others broadcast. prices in the numeraire, > 0
(1 for the numeraire itself); weights > 0, adding up to 1; the invariant k >= 0 of the position's share: a share f of a
pool has f times its invariant. NaN gives NaN. Out of domain raises `BadInput`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite, nonnegative, positive

_SUM_TOLERANCE = 1e-12  # of weights given as rounded decimals


class WeightedGreeks(NamedTuple):
    """Value in the numeraire, shape (...); delta in units of each asset, (..., n); gamma, (..., n, n), symmetric."""

    value: FloatArray
    delta: FloatArray
    gamma: FloatArray


def weighted_invariant(balances: ArrayLike, weights: ArrayLike) -> FloatArray:
    """Return k = product of balance_i ** weight_i.

    >>> float(weighted_invariant([4.0, 9.0], [0.5, 0.5]))
    6.0
    """
    return np.asarray(np.prod(nonnegative("balances", balances) ** _weights(weights), axis=-1))[()]


def weighted_greeks(prices: ArrayLike, weights: ArrayLike, invariant: ArrayLike) -> WeightedGreeks:
    """Return value, deltas (the balances held) and gammas of a position.

    Value is homogeneous: prices times deltas sum to it, gamma times prices is 0.

    Parameters
    ----------
    prices : in the numeraire, > 0, 1 for itself. weights : > 0, adding up to 1. invariant : k of the share, >= 0.
    The last axis runs over the assets, the others broadcast; NaN gives NaN.

    >>> weighted_greeks([4.0, 1.0], [0.5, 0.5], 10.0).delta.tolist()
    [5.0, 20.0]
    """
    p, w = positive("prices", prices), _weights(weights)
    total = np.asarray(nonnegative("invariant", invariant) * np.exp(np.sum(w * np.log(p / w), axis=-1)))
    delta = w * total[..., np.newaxis] / p
    diagonal = np.eye(w.shape[-1])
    gamma = (w[..., np.newaxis, :] - diagonal) * delta[..., :, np.newaxis] / p[..., np.newaxis, :]
    return WeightedGreeks(total[()], delta, gamma)


def weighted_impermanent_loss(
    prices: ArrayLike, weights: ArrayLike, invariant: ArrayLike, held: ArrayLike
) -> FloatArray:
    """Return the position's value less that of holding the given amounts instead, in the numeraire.

    Parameters
    ----------
    held : units of each asset, finite; the balances at entry make it the usual impermanent loss, never positive.
    prices : in the numeraire, > 0, 1 for itself. weights : > 0, adding up to 1. invariant : k of the share, >= 0.
    The last axis runs over the assets, the others broadcast; NaN gives NaN.

    >>> float(weighted_impermanent_loss([4.0, 1.0], [0.5, 0.5], 1.0, [1.0, 1.0]))
    -1.0
    """
    total = weighted_greeks(prices, weights, invariant).value
    return np.asarray(total - np.sum(positive("prices", prices) * finite("held", held), axis=-1))[()]


def weighted_lvr_rate(prices: ArrayLike, weights: ArrayLike, invariant: ArrayLike, covariance: ArrayLike) -> FloatArray:
    """Return the expected loss to arbitrageurs per year, V (sum w_i C_ii - w C w) / 2, in the numeraire.

    Parameters
    ----------
    covariance : (..., n, n), annual covariance of the log returns in the numeraire (0 for the numeraire itself),
        symmetric with a diagonal >= 0.
    prices : in the numeraire, > 0, 1 for itself. weights : > 0, adding up to 1. invariant : k of the share, >= 0.
    The last axis runs over the assets, the others broadcast; NaN gives NaN.

    >>> float(weighted_lvr_rate([4.0, 1.0], [0.5, 0.5], 10.0, [[0.64, 0.0], [0.0, 0.0]]))
    3.2
    """
    w, c = _weights(weights), finite("covariance", covariance)
    own = np.diagonal(c, axis1=-2, axis2=-1)
    nonnegative("covariance", own)
    excess = np.sum(w * own, axis=-1) - np.einsum("...i,...ij,...j->...", w, c, w)
    return np.asarray(0.5 * weighted_greeks(prices, weights, invariant).value * excess)[()]


def _weights(weights: ArrayLike) -> FloatArray:
    w = positive("weights", weights)
    sums = np.sum(w, axis=-1)
    wrong = np.abs(sums - 1.0) > _SUM_TOLERANCE
    if w.ndim == 0 or np.any(wrong):
        raise BadInput("weights", weights if w.ndim == 0 else float(sums[wrong][0]), "must add up to 1")
    return w
