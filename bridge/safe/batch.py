"""Several calls as one transaction of a Safe, through the authors' own MultiSendCallOnly.

    calls -> packed -> multiSend, run as the Safe's own code ... transaction -> calls, where that code is known

Anything else that a Safe would run as its own code can do anything, and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eth_typing import HexStr
from eth_utils import to_checksum_address

from bridge.chain.codec import decode_call, encode_call
from bridge.errors import RefusedAction, UnknownAddress, UsageError
from bridge.governance.safe_builds import MULTISEND_PLACES, MULTISENDS
from bridge.safe.transactions import CALL, DELEGATE_CALL, SafeTransaction
from bridge.snapshot import Snapshot

HEAD: Final = 1 + 20 + 32 + 32
"""Bytes before a packed call's data: its operation, whom it calls, the value, how long the data is."""
MOST_CALLS: Final = 200
"""Calls of one batch; a block takes fewer."""
SafeCall = tuple[str, int, HexStr]
"""Whom a Safe calls, with how many wei, and the calldata."""


def packed(calls: Sequence[SafeCall]) -> bytes:
    """Pack calls as MultiSend reads them.

    >>> packed([("0x" + "11" * 20, 1, "0xabcd")]).hex()[-4:]
    'abcd'
    """
    parts = []
    for to, value, data in calls:
        raw = bytes.fromhex(data[2:])
        parts.append(bytes([CALL]) + bytes.fromhex(to[2:]) + value.to_bytes(32) + len(raw).to_bytes(32) + raw)
    return b"".join(parts)


def unpacked(data: bytes) -> list[SafeCall]:
    """Read packed calls.

    Raises
    ------
    RefusedAction
        They are cut off, too many, or one of them is no plain call.
    """
    calls: list[SafeCall] = []
    at = 0
    while at < len(data):
        head, size = data[at : at + HEAD], int.from_bytes(data[at + HEAD - 32 : at + HEAD])
        body = data[at + HEAD : at + HEAD + size]
        plain = head[0] == CALL and any(head[1:21])  # to nobody means to the Safe itself, from 1.5.0 on
        if len(head) < HEAD or len(body) < size or not plain or len(calls) == MOST_CALLS:
            raise RefusedAction("the calls of the batch do not unpack, are too many, or one is not plain: sign nothing")
        to, value = to_checksum_address(head[1:21]), int.from_bytes(head[21:53])
        calls.append((to, value, HexStr("0x" + body.hex())))
        at += HEAD + size
    return calls


def find_multisend(snapshot: Snapshot) -> str:
    """Find the MultiSendCallOnly of a chain, by its code: that of the deployment file, or where its authors put it.

    Raises
    ------
    UnknownAddress
        There is none.
    """
    named = snapshot.deployment.contracts.get("MultiSendCallOnly")
    places = [named] if named else list(MULTISEND_PLACES)
    for place in places:
        if build_of(snapshot, place):
            return place
    raise UnknownAddress(places[0], "a MultiSendCallOnly 1.3.0, 1.4.1 or 1.5.0: several calls need one on this chain")


def build_of(snapshot: Snapshot, address: str) -> str:
    """Return which build of MultiSendCallOnly is at an address; empty where it is none that is known."""
    return MULTISENDS.get(snapshot.code_hash(address).hex(), "")


def batch_call(snapshot: Snapshot, calls: Sequence[SafeCall]) -> tuple[SafeCall, int]:
    """Return the one call that makes all calls, and its operation: a single call is itself.

    Raises
    ------
    UsageError
        There is no call, or there are too many.
    """
    if not 0 < len(calls) <= MOST_CALLS:
        raise UsageError(f"a transaction of a Safe makes 1 to {MOST_CALLS} calls, these are {len(calls)}")
    if len(calls) == 1:
        return calls[0], CALL
    data = encode_call("MultiSendCallOnly", "multiSend", packed(calls)).hex
    return (find_multisend(snapshot), 0, data), DELEGATE_CALL


def calls_of(snapshot: Snapshot, transaction: SafeTransaction) -> list[SafeCall]:
    """Return the calls that a transaction makes: itself, or those of a batch.

    Raises
    ------
    RefusedAction
        It runs code as the Safe's own that is no MultiSendCallOnly, or calls of it that do not unpack.
    """
    if transaction.operation == CALL:
        return [(transaction.to, transaction.value, transaction.data)]
    if transaction.operation != DELEGATE_CALL or not build_of(snapshot, transaction.to) or transaction.value:
        raise RefusedAction(
            f"it runs the code at {transaction.to} as the Safe's own (a delegate call), which is no MultiSendCallOnly "
            "that is known: it can do anything, sign nothing"
        )
    try:
        _, arguments = decode_call("MultiSendCallOnly", bytes.fromhex(transaction.data[2:]))
    except UsageError:
        raise RefusedAction("it calls MultiSendCallOnly with what is no batch: sign nothing") from None
    return unpacked(arguments["transactions"])
