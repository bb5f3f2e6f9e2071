"""How far exposure has drifted from what a plan was made for: what the monitor looks at between plans."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hedge.book.exposure import AssetExposure, BookExposure


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
