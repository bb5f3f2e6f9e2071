"""Sources of quotes, prices and histories: each says what kind of source it is, its name and when it observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.config import BookConfig, OptionsConfig, SignalsConfig
from bridge.snapshot import Snapshot
from bridge.sources.histories.files import read_folder
from bridge.sources.option_chains import QUOTE_SOURCES
from bridge.sources.prices import PRICE_SOURCES, Prices
from bridge.sources.signal_sources import HISTORY_SOURCES
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Provenance
from hedge.signals.histories import Histories


class FlatQuotes:
    """A chain for every asset with a volatility of 70 %."""

    def read(self, terms: OptionsConfig, spots: Mapping[str, float], observed_at: int) -> dict[str, OptionChain]:
        """Return the chains, which say that nobody quoted them."""
        found = {
            asset: synthetic_chain(asset, spot, observed_at, 0.7) for asset, spot in spots.items() if asset != "USD"
        }
        return {asset: replace(chain, source="example quotes") for asset, chain in found.items()}


class RoundedPrices:
    """The prices of the pools, rounded to a dollar."""

    def read(self, snapshot: Snapshot, terms: BookConfig) -> Prices:
        """Return the prices under a name of their own."""
        pools = PRICE_SOURCES["pools"].read(snapshot, terms)
        rounded = {asset: float(round(price)) for asset, price in pools.spots.items()}
        return Prices(rounded, Provenance.ON_CHAIN, f"example prices from {pools.source}", pools.observed_at)


class SharedFolder:
    """The files of the settings' folder, under a name of their own."""

    def read(self, terms: SignalsConfig, latest: int) -> Histories:
        """Return the tables."""
        found = read_folder(terms.folder, latest) if terms.folder else Histories({})
        return replace(found, origin="example histories")


QUOTE_SOURCES.register("example", FlatQuotes())
PRICE_SOURCES.register("example", RoundedPrices())
HISTORY_SOURCES.register("example", SharedFolder())
