"""Synthetic option chains with a stated smile, where no quotes are at hand; they say of themselves that they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bridge.config import OptionsConfig
from bridge.sources.option_chains import QUOTE_SOURCES
from hedge.instruments.lots import lot_of
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import Smile, synthetic_chain

SMILE: Final = Smile()


class SyntheticQuotes:
    """A chain for every asset whose volatility at the money the settings state."""

    def read(self, terms: OptionsConfig, spots: Mapping[str, float], observed_at: int) -> dict[str, OptionChain]:
        """Return the chains; see `QuoteSource`."""
        return {
            asset: synthetic_chain(asset, spots[asset], observed_at, vol, SMILE, lot=lot_of(asset))
            for asset, vol in sorted(terms.atm_vol.items())
            if asset in spots
        }


QUOTE_SOURCES.register("synthetic", SyntheticQuotes())
