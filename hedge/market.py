"""The market as one observation, and where its numbers come from: spots, volatilities and correlations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np
from scipy.special import ndtr, ndtri

from hedge.errors import InvalidMarket, MissingCorrelation, UnknownAsset
from hedge.numerics.arrays import FloatArray
from hedge.units import YEAR_DAYS, json_number

USD: Final = "USD"
"""The numeraire: its price is 1 and its volatility 0."""

HORIZON_DAYS: Final = 30.0
"""Days over which every tail figure of a plan is taken; the tenor of the volatility index."""
TAIL_SHARE: Final = 0.05
"""Share of the worst outcomes that CVaR95 averages."""


MOST_VOL: Final = 10.0
"""Highest annual volatility that is one, 1,000 % a year: above it stands a volatility in percent or in points. The
highest that an option of a recorded chain implied is 3.5."""


class Provenance(StrEnum):
    """Where a number comes from. Carried beside the name of the source and the time of the observation.

    STATED     by a person: an assumption, a setting, a book in a file.
    FILE       read from a file of observations.
    SIMULATED  drawn or computed by us; no market said it.
    LIVE       asked of a venue or publisher now.
    ON_CHAIN   read from a contract at a block.
    UNSTATED   read from files that nobody says a source of.
    """

    STATED = "stated"
    FILE = "file"
    SIMULATED = "simulated"
    LIVE = "live"
    ON_CHAIN = "on chain"
    UNSTATED = "unstated"

    @property
    def observed(self) -> bool:
        """Tell whether a market said the number."""
        return self in (Provenance.FILE, Provenance.LIVE, Provenance.ON_CHAIN)


@dataclass(frozen=True)
class Market:
    """Hold one observation of spots, volatilities and correlations.

    Parameters
    ----------
    observed_at : unix seconds of the observation.
    spots : USD per unit of each asset, > 0. ``USD`` itself need not be listed.
    vols : annual implied volatility per asset as a decimal (0.6 is 60 %), in (0, `MOST_VOL`]: the 30-day index. NaN
        where nobody knows it: what rests on it is NaN, and no plan is made of it.
    correlations : of log returns, keyed by a pair of assets in either order, in [-1, 1].
    vol_source, spot_source : where volatilities and prices come from, in words for the reader of a plan.
    vol_provenance, spot_provenance : what kind of source that is.

    Raises
    ------
    InvalidMarket : a number is not finite or out of its range.

    Examples
    --------
    >>> Market(0, {"ETH": 2000.0}, {"ETH": 0.6}, {}, "example").pair_vol("ETH", "USD")
    0.6
    """

    observed_at: int
    spots: Mapping[str, float]
    vols: Mapping[str, float]
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)
    vol_source: str = ""
    vol_provenance: Provenance = Provenance.STATED
    spot_source: str = ""
    spot_provenance: Provenance = Provenance.STATED

    def __post_init__(self) -> None:
        for name, values in (("spot", self.spots), ("vol", self.vols)):
            for asset, value in values.items():
                unknown = name == "vol" and math.isnan(value)
                if asset != USD and not unknown and not (math.isfinite(value) and value > 0.0):
                    raise InvalidMarket(f"{name} of {asset}", value)
                if name == "vol" and value > MOST_VOL:
                    raise InvalidMarket(f"vol of {asset} (a decimal, 0.6 is 60 %)", value)
        for (first, second), rho in self.correlations.items():
            if not -1.0 <= rho <= 1.0:
                raise InvalidMarket(f"correlation of {first} and {second}", rho)

    def spot(self, asset: str) -> float:
        """Return the USD price of one unit; 1 for USD. Raises `UnknownAsset`."""
        if asset == USD:
            return 1.0
        if asset not in self.spots:
            raise UnknownAsset(asset, "spot")
        return self.spots[asset]

    def vol(self, asset: str) -> float:
        """Return the annual implied volatility (decimal), NaN where it is unknown; 0 for USD. Raises `UnknownAsset`."""
        if asset == USD:
            return 0.0
        if asset not in self.vols:
            raise UnknownAsset(asset, "vol")
        return self.vols[asset]

    def require_vols(self, assets: Iterable[str]) -> None:
        """Check that the volatility of every asset is known. Raises `UnknownAsset`, `InvalidMarket`."""
        for asset in assets:
            if math.isnan(self.vol(asset)):
                raise InvalidMarket(f"vol of {asset}, which nobody knows,", math.nan)

    def correlation(self, first: str, second: str) -> float:
        """Return the correlation of two assets in either order; 0 with USD. Raises `MissingCorrelation`."""
        if first == second:
            return 1.0
        if USD in (first, second):
            return 0.0
        for pair in ((first, second), (second, first)):
            if pair in self.correlations:
                return self.correlations[pair]
        raise MissingCorrelation(first, second)

    def pair_vol(self, base: str, quote: str) -> float:
        """Return the annual volatility of the price of `base` in `quote`: sqrt(va^2 + vb^2 - 2 rho va vb).

        NaN where either is unknown.
        """
        base_vol, quote_vol = self.vol(base), self.vol(quote)
        if math.isnan(base_vol + quote_vol):
            return math.nan
        shared = 2.0 * self.correlation(base, quote) * base_vol * quote_vol
        return math.sqrt(max(base_vol * base_vol + quote_vol * quote_vol - shared, 0.0))

    def correlation_matrix(self, assets: tuple[str, ...]) -> FloatArray:
        """Return the correlation matrix of `assets`, shape (n, n).

        Raises
        ------
        MissingCorrelation : a pair is not listed.
        InvalidMarket : the matrix has an eigenvalue below -1e-9, so no joint distribution has it.
        """
        matrix = np.array([[self.correlation(a, b) for b in assets] for a in assets], dtype=np.float64)
        least = float(np.linalg.eigvalsh(matrix)[0]) if assets else 0.0
        if least < -1e-9:
            raise InvalidMarket("least eigenvalue of the correlation matrix", least)
        return matrix

    def tail_price(self, asset: str, horizon_days: float = HORIZON_DAYS, share: float = TAIL_SHARE) -> float:
        """Return the mean price over the worst `share` of driftless lognormal outcomes at the horizon.

        S N(N^-1(share) - sigma sqrt(T)) / share: the scenario that sizes the tail layer.
        """
        deviation = self.vol(asset) * math.sqrt(horizon_days / YEAR_DAYS)
        return self.spot(asset) * float(ndtr(ndtri(share) - deviation)) / share

    def with_spot(self, asset: str, spot: float) -> Market:
        """Return this market with one spot replaced and all else equal."""
        return replace(self, spots={**self.spots, asset: spot})

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types in a fixed order."""
        return {
            "observed_at": self.observed_at,
            "spots": {asset: self.spots[asset] for asset in sorted(self.spots)},
            "vols": {asset: json_number(self.vols[asset]) for asset in sorted(self.vols)},
            "correlations": {"/".join(pair): self.correlations[pair] for pair in sorted(self.correlations)},
            "vol_source": self.vol_source,
            "vol_provenance": str(self.vol_provenance),
            "spot_source": self.spot_source,
            "spot_provenance": str(self.spot_provenance),
        }
