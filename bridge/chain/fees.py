"""What a transaction may cost at most: a node says what to offer, and could say anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.errors import ChainError, FeeTooHigh

GWEI: Final = 10**9
NATIVE: Final = 10**18
PLAIN_TRANSFER_GAS: Final = 21_000
"""What the emptiest transaction uses: no node takes one that is given less."""


@dataclass(frozen=True)
class FeeCaps:
    """The most that is offered: tip and whole fee of a unit of gas, and the fee of a transaction in native units.

    Parameters
    ----------
    max_tip_gwei, max_fee_gwei, max_fee_native
        As the settings of that name.
    """

    max_tip_gwei: float = 20.0
    max_fee_gwei: float = 500.0
    max_fee_native: float = 0.5

    def require(self, offered: Mapping[str, Any]) -> None:
        """Check what a transaction offers; of its gas only where that is known.

        Raises
        ------
        FeeTooHigh
            It is more than one of the three; the message has both numbers.
        """
        tip, fee = int(offered["maxPriorityFeePerGas"]), int(offered["maxFeePerGas"])
        whole = fee * int(offered.get("gas", 0))
        for what, asked, setting, unit in (
            ("the tip of a unit of gas", tip / GWEI, "max_tip_gwei", "gwei"),
            ("the fee of a unit of gas", fee / GWEI, "max_fee_gwei", "gwei"),
            ("the fee of the transaction", whole / NATIVE, "max_fee_native", "of the chain's own coin"),
        ):
            most = float(getattr(self, setting))
            if asked > most:
                raise FeeTooHigh(what, asked, setting, most, unit)


DEFAULT_CAPS: Final = FeeCaps()


def require_gas(needed: int, most: int, action: str) -> int:
    """Return the gas that a node measured, after checking that a transaction can have it.

    Parameters
    ----------
    most
        What a block takes.

    Raises
    ------
    ChainError
        It is less than any transaction uses, or more than a block takes.
    """
    if needed < PLAIN_TRANSFER_GAS:
        least = f"none uses less than {PLAIN_TRANSFER_GAS:,}"
        raise ChainError(f"{action}: the node measures {needed:,} gas, and {least}: ask another node")
    if needed > most:
        raise ChainError(f"{action}: it needs {needed:,} gas, and a block takes {most:,}: make it smaller")
    return needed
