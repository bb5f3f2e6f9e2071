"""The block that a cycle of reads belongs to, and the id of local chains; light to import."""

from __future__ import annotations

from dataclasses import dataclass

LOCAL_CHAIN_ID = 31337


@dataclass(frozen=True)
class BlockRef:
    """The block that a cycle of reads belongs to: number, 0x hash and unix time."""

    number: int
    hash: str
    timestamp: int
