"""Whether the hedge on record may stay: how far exposure has drifted from it, and whether trading back pays.

Delta: `valuation.motion` weighs the expected cost of the drift until the next look against that of trading it back at
the chain's own quotes, and never trades inside the governed band. Gamma: the governed band alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hedge.book.exposure import AssetExposure, BookExposure
from hedge.errors import NotListed
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.parity import best_forward
from hedge.market import HORIZON_DAYS, Market
from hedge.policy.parameters import Parameters
from hedge.units import BPS, YEAR_DAYS
from hedge.valuation.motion import Frictions, Motion, hold_or_move

RISK_AVERSION: Final = 2.0
"""Relative risk aversion lambda of the book's owner; 1 is a gambler's, 10 a pension fund's."""
LOOK_DAYS: Final = 7.0
"""Days until the hedge is looked at again: the condor's weekly roll."""
FIXED_USD: Final = 20.0
"""Cost of a trade beside its size: gas and the operator's time, rounded."""
UNQUOTED: Final = 0.005
"""Share of a delta trade that is lost where the chain quotes no forward: 50 bps."""


@dataclass(frozen=True)
class ExposureRecord:
    """Hold what a hedge on record was made for: book value, and delta and gamma per asset in USD.

    Parameters
    ----------
    deltas : units. gammas : units per USD; both per volatile asset.
    """

    value_usd: float
    deltas: Mapping[str, float]
    gammas: Mapping[str, float]

    @classmethod
    def of(cls, exposure: BookExposure) -> ExposureRecord:
        """Return the record of an exposure that is hedged now."""
        totals = exposure.assets.items()
        deltas, gammas = ({asset: getattr(total, name) for asset, total in totals} for name in ("delta", "gamma"))
        return cls(exposure.value_usd, deltas, gammas)

    def same_assets(self, exposure: BookExposure) -> bool:
        """Tell whether the record names the exposure's assets and a value."""
        return exposure.assets.keys() == self.deltas.keys() and self.value_usd > 0.0


def drift(exposure: BookExposure, record: ExposureRecord) -> float:
    """Return the largest drift since `record` over all assets, a share; infinite for an asset that is new or gone.

    Delta drifts by the USD change at today's price over the value on record, gamma by its change over the larger of the
    two gammas: a position that leaves its range has drifted by 1.
    """
    if not record.same_assets(exposure):
        return math.inf
    deltas = [_delta_usd(now, record) / record.value_usd for now in exposure.assets.values()]
    return max((0.0, gamma_drift(exposure, record), *map(abs, deltas)))


def gamma_drift(exposure: BookExposure, record: ExposureRecord) -> float:
    """Return the largest drift of gamma, a share; infinite as in `drift`."""
    if not record.same_assets(exposure):
        return math.inf
    shares = [0.0]
    for asset, now in exposure.assets.items():
        largest = max(abs(now.gamma), abs(record.gammas[asset]))
        shares.append(abs(now.gamma - record.gammas[asset]) / largest if largest > 0.0 else 0.0)
    return max(shares)


def _delta_usd(now: AssetExposure, record: ExposureRecord) -> float:
    return (now.delta - record.deltas[now.asset]) * now.spot


def hold_motions(
    exposure: BookExposure,
    record: ExposureRecord | None,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
) -> dict[str, Motion]:
    """Decide for each asset whether its drift of delta is worth a trade; empty without a comparable record."""
    if record is None or not record.same_assets(exposure):
        return {}
    return {
        asset: hold_or_move(
            _delta_usd(now, record),
            Frictions(
                vol=market.vol(asset),
                years=LOOK_DAYS / YEAR_DAYS,
                risk_aversion=RISK_AVERSION / record.value_usd,
                proportional=forward_cost(chains.get(asset)),
                fixed=FIXED_USD,
                least_band_usd=parameters.drift_band_bps / BPS * record.value_usd,
            ),
        )
        for asset, now in exposure.assets.items()
    }


def forward_cost(chain: OptionChain | None) -> float:
    """Return what trading delta through the chain costs, as a share: half the spread of its best forward, fees in.

    Parameters
    ----------
    chain : None, or one that quotes no forward near the horizon, gives `UNQUOTED`.
    """
    if chain is None:
        return UNQUOTED
    try:
        expiry_at = chain.nearest_expiry(HORIZON_DAYS, 1.0, 120.0)
        put, call = best_forward(chain, expiry_at, sell=True)
    except NotListed:
        return UNQUOTED
    sold = put.strike + math.exp(put.rate * put.expiry) * -(put.cost_usd + call.cost_usd)
    return max((put.forward - sold) / put.forward, 0.0)
