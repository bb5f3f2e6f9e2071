"""USD prices from whichever source the settings name: `book.price_source`.

To add a source, write a file that registers a `PriceSource` in `PRICE_SOURCES`; docs/extending.md walks through one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, Protocol

from bridge.config import BookConfig
from bridge.errors import UntrustedNumber
from bridge.registry import Registry
from bridge.snapshot import Snapshot
from bridge.sources.identities import require_identities
from bridge.units import utc
from hedge.market import USD, Provenance


@dataclass(frozen=True)
class Prices:
    """USD price by asset, what kind of source said it, its name in words, and the time of the observation (unix).

    Parameters
    ----------
    missing
        Why there is no price of an asset that should have one.
    rates
        By token address in lower case: how many of its asset one token is, where that is not one.
    unusable
        By token address in lower case: why it is not counted as its asset; a stable coin that is not at its peg.
    """

    spots: dict[str, float]
    provenance: Provenance
    source: str
    observed_at: int
    missing: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)


class PriceSource(Protocol):
    """Where USD prices come from."""

    def read(self, snapshot: Snapshot, terms: BookConfig) -> Prices:
        """Return the price of every asset that the source knows.

        Parameters
        ----------
        snapshot
            The book's block.
        terms
            The settings of `[book]`: how a price is believed.

        Raises
        ------
        BridgeError
            A price cannot be believed, or the source cannot be used.
        """
        ...


PRICE_SOURCES: Final[Registry[PriceSource]] = Registry("source of prices", "bridge.sources.spot_prices")


def read_prices(snapshot: Snapshot, terms: BookConfig) -> Prices:
    """Return the prices of the source that the settings name.

    Raises
    ------
    BadConfig
        There is no such source.
    UntrustedNumber
        A price cannot be believed, or the deployment names an asset's token, pool or measurement for another.
    """
    source = PRICE_SOURCES[terms.price_source]
    require_identities(snapshot)
    prices = source.read(snapshot, terms)
    age = abs(snapshot.block.timestamp - prices.observed_at)
    if age > terms.max_price_age_seconds:
        raise UntrustedNumber(
            f"{prices.source}: the prices of {utc(prices.observed_at)} are {age} s away from the book's block, at most "
            f"{terms.max_price_age_seconds} s: take fresh ones, or raise book.max_price_age_seconds"
        )
    for asset, price in prices.spots.items():
        if not (math.isfinite(price) and price > 0.0):
            raise UntrustedNumber(f"{prices.source}: the price of {asset} is {price}: not used")
    return prices


def check_pair_price(base: str, quote: str, price: float, spots: Mapping[str, float], most: float) -> None:
    """Compare a pool's own price with what the USD prices imply.

    Raises
    ------
    UntrustedNumber
        They differ by more than `most` (a log distance).
    """
    implied = spots.get(base, 1.0) / spots.get(quote, 1.0)
    gap = abs(math.log(price / implied))
    if gap > most:
        raise UntrustedNumber(
            f"{base}/{quote}: the pool says {price:.6g}, the USD prices say {implied:.6g}, {gap:.1%} apart "
            f"(at most {most:.1%}): not used"
        )


def asset_pairs(assets: list[str]) -> list[tuple[str, str]]:
    """Return every unordered pair of volatile assets, sorted."""
    return list(combinations(sorted(set(assets) - {USD}), 2))
