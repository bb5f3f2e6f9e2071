"""Play calls one after the other on the state of a block: each sees what those before it left, and nothing is sent.

calls, with or without a sender -> eth_simulateV1 -> what each returned, or why it was refused
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bridge.chain.answers import scrubbed
from bridge.chain.blocks import BlockRef
from bridge.chain.reverts import decode_reason
from bridge.chain.rpc import as_address, as_bytes, as_number
from bridge.errors import ChainError, NodeUnreachable
from bridge.foreign import TEXT, foreign

if TYPE_CHECKING:
    from eth_typing import HexStr

    from bridge.chain.node import Chain

METHOD: Final = "eth_simulateV1"


@dataclass(frozen=True)
class Entry:
    """An entry that a played call wrote into the log: whose it is, its topics, its data."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """What a played call returned and wrote into the log, or the error with which it was refused."""

    returned: bytes
    log: tuple[Entry, ...] = ()
    refused: ChainError | None = None


@dataclass(frozen=True)
class Played:
    """A call to play; without a sender it is a question."""

    to: str
    data: HexStr
    sender: str = ""
    value: int = 0

    def asked(self) -> dict[str, str]:
        """Return it as the node takes it."""
        sender = {"from": self.sender} if self.sender else {}
        return {"to": self.to, "data": self.data, "value": hex(self.value), **sender}


def play(chain: Chain, block: BlockRef, calls: Sequence[Played], action: str) -> list[Outcome]:
    """Play calls a second after a block and return what came of each.

    Raises
    ------
    NodeUnreachable
        The node does not answer.
    ChainError
        It cannot play calls, or its answer is none.
    """
    at = {"blockOverrides": {"time": hex(block.timestamp + 1)}, "calls": [call.asked() for call in calls]}
    try:
        answer = chain.request(METHOD, {"blockStateCalls": [at], "validation": False}, hex(block.number))
    except NodeUnreachable:
        raise
    except ChainError as error:
        raise ChainError(f"{action}: the node cannot play it ({METHOD}): {error}") from error
    last = answer[-1] if isinstance(answer, list) and answer else None
    results = last.get("calls") if isinstance(last, dict) else None
    if not isinstance(results, list) or len(results) != len(calls):
        raise ChainError(f"{action}: the node's answer to {METHOD} is none")
    return [_result(result, action, chain.url) for result in results]


def _result(result: Any, action: str, url: str) -> Outcome:
    if not isinstance(result, dict) or not isinstance(result.get("logs") or [], list):
        raise ChainError(f"{action}: the node's answer to {METHOD} is none")
    returned = as_bytes(result.get("returnData") or "0x", action)
    if as_number(result.get("status"), action) == 1:
        return Outcome(returned, tuple(_entry(entry, action) for entry in result.get("logs") or []))
    said = scrubbed(result.get("error"), url)
    words = foreign(said.get("message") or "", TEXT) if isinstance(said, dict) else ""
    reason = returned or _data(said)
    bare = ChainError(f"{action}: refused ({words or 'no reason given'})")
    return Outcome(b"", refused=decode_reason(reason, action) if reason else bare)


def _entry(entry: Any, action: str) -> Entry:
    if not isinstance(entry, dict) or not isinstance(entry.get("topics"), list):
        raise ChainError(f"{action}: the node's answer is no log entry")
    topics = tuple(as_bytes(topic, action) for topic in entry["topics"])
    return Entry(as_address(entry.get("address"), action), topics, as_bytes(entry.get("data") or "0x", action))


def _data(error: Any) -> bytes:
    """Return the bytes of a refusal where a node puts them into its error."""
    given = error.get("data") if isinstance(error, dict) else None
    try:
        return bytes.fromhex(given[2:]) if isinstance(given, str) and given.startswith("0x") else b""
    except ValueError:
        return b""
