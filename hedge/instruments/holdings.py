"""What a treasury holds beside its pools: options, perpetuals and cash."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hedge.errors import BadInput
from hedge.instruments.contract import Contract


@dataclass(frozen=True)
class Holdings:
    """Hold what is held now.

    Parameters
    ----------
    options : units of each contract, negative where sold. perpetuals : units by asset, negative where sold.
    cash_usd : beside them; NaN where it is not known.

    Raises
    ------
    BadInput : a quantity that is not finite.

    Examples
    --------
    >>> Holdings().empty
    True
    """

    options: Mapping[Contract, float] = field(default_factory=dict)
    perpetuals: Mapping[str, float] = field(default_factory=dict)
    cash_usd: float = math.nan

    def __post_init__(self) -> None:
        for name, quantity in (*self.options.items(), *self.perpetuals.items()):
            if not math.isfinite(quantity):
                raise BadInput("holdings", quantity, f"of {name} must be finite")

    @property
    def empty(self) -> bool:
        """Tell whether nothing is held."""
        return not any(self.options.values()) and not any(self.perpetuals.values())

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types, sorted."""
        return {
            "options": {contract.label: self.options[contract] for contract in sorted(self.options)},
            "perpetuals": dict(sorted(self.perpetuals.items())),
            "cash_usd": self.cash_usd if math.isfinite(self.cash_usd) else None,
        }
