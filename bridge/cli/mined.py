"""What a transaction left that was sent and mined: every command that sends says it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from web3.types import TxReceipt


def mined(receipt: TxReceipt | None) -> dict[str, Any]:
    """Return block, gas and transaction hash as JSON; empty where nothing was sent."""
    if receipt is None:
        return {}
    block, gas = int(receipt["blockNumber"]), int(receipt["gasUsed"])
    return {"block": block, "gas": gas, "transaction": "0x" + bytes(receipt["transactionHash"]).hex()}


def mined_words(receipt: TxReceipt) -> str:
    """Say in which block, for how much gas, and under which hash."""
    found = mined(receipt)
    return f"in block {found['block']} for {found['gas']:,} gas, transaction {found['transaction']}"
