"""What answers of two nodes have in common: which of them can be compared at all, and in which form.

Nodes write the same in words and with fields of their own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from bridge.chain.answers import is_revert

STATES: Final = frozenset({"eth_call", "eth_getBalance", "eth_getCode", "eth_getStorageAt"})
"""What has one answer at a block, whoever is asked."""
RECEIPT: Final = "eth_getTransactionReceipt"
SEND: Final = "eth_sendRawTransaction"
MOST_NUMBER: Final = 18
"""Letters of a block's number in 0x hex; what is longer names no block."""


def may_move(method: str) -> bool:
    """Tell whether another node may be asked in place of one that died: not where it may have done what it was told."""
    return method.startswith("eth_") and not method.startswith("eth_send")


def is_pinned(parameters: Sequence[Any]) -> bool:
    """Tell whether a request of state names its block: by number, or by hash."""
    return any(
        "blockHash" in each if isinstance(each, dict) else str(each).startswith("0x") and len(str(each)) <= MOST_NUMBER
        for each in parameters[1:]
    )


def content(answer: dict[str, Any]) -> tuple[str, str] | None:
    """Return what an answer says of the chain; None where it says something of the node alone."""
    if "error" not in answer:
        return "result", json.dumps(answer["result"]).lower()
    error = answer["error"]
    if not is_revert(error):
        return None
    data = error.get("data") if isinstance(error, dict) else None
    return "refused", data.lower().removeprefix("reverted ") if isinstance(data, str) else ""


def alike(one: dict[str, Any], two: dict[str, Any]) -> bool | None:
    """Tell whether two answers say the same of the chain; None where one says nothing of it.

    Nodes write a refusal in words of their own, and not all give its data.
    """
    first, second = content(one), content(two)
    if first is None or second is None:
        return None
    return first == second or (first[0] == second[0] == "refused" and not (first[1] and second[1]))


def mined(receipt: dict[str, Any]) -> str:
    """Return what a receipt says that is the same on every node."""
    names = ("transactionHash", "blockHash", "blockNumber", "status", "gasUsed", "from", "to", "contractAddress")
    return json.dumps([receipt.get(name) for name in names]).lower()


def entries(found: Sequence[Any]) -> list[str]:
    """Return what entries say in one form: nodes differ in what they add."""
    names = ("address", "blockHash", "blockNumber", "data", "logIndex", "topics", "transactionHash")
    return [
        json.dumps([entry.get(name) for name in names] if isinstance(entry, dict) else entry).lower() for entry in found
    ]
