"""Margin of sold options and perpetuals, by the venue's published rules for one asset, as an estimate.

    sold call   initial max(15 % - out of the money, 10 %) of the index + mark; maintenance 7.5 % + mark
    sold put    initial the same, not below the maintenance: 7.5 % of the larger of index and mark, + mark
    perpetual   initial 2 %, maintenance 1 % of the notional

"Out of the money" is its distance from the index as a share of it. No portfolio margin, no rebate for combinations:
real accounts need less. Per unit of the underlying. Source: Deribit's page on margin of options and perpetuals, 2026.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from hedge.instruments.contract import Contract

LEAST_INITIAL, MOST_INITIAL, MAINTENANCE = 0.10, 0.15, 0.075
PERPETUAL_INITIAL: Final = 0.02
PERPETUAL_MAINTENANCE: Final = 0.01


class Margin(NamedTuple):
    """Hold what an account has to keep, USD: to open, and to stay open."""

    initial: float
    maintenance: float


def margin(
    options: Mapping[Contract, float],
    marks: Mapping[Contract, float],
    perpetuals: Mapping[str, float],
    spots: Mapping[str, float],
) -> Margin:
    """Return the margin of what is held; bought options need none.

    Parameters
    ----------
    options, perpetuals : signed quantities by contract and asset. marks, spots : USD per unit.

    Examples
    --------
    >>> margin({}, {}, {"ETH": -2.0}, {"ETH": 1500.0})
    Margin(initial=60.0, maintenance=30.0)
    """
    needs = [
        (-quantity, *_sold(contract, marks[contract], spots[contract.asset]))
        for contract, quantity in options.items()
        if quantity < 0.0
    ]
    needs += [
        (abs(units) * spots[asset], PERPETUAL_INITIAL, PERPETUAL_MAINTENANCE) for asset, units in perpetuals.items()
    ]
    return Margin(
        math.fsum(size * initial for size, initial, _ in needs), math.fsum(size * kept for size, _, kept in needs)
    )


def _sold(contract: Contract, mark: float, spot: float) -> tuple[float, float]:
    """Return the initial and the maintenance margin of one sold option, USD."""
    outside = max(contract.strike - spot if contract.is_call else spot - contract.strike, 0.0) / spot
    initial = max(MOST_INITIAL - outside, LEAST_INITIAL) * spot
    kept = MAINTENANCE * spot if contract.is_call else MAINTENANCE * max(spot, mark)
    return max(initial, kept) + mark, kept + mark
