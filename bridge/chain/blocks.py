"""The block that a cycle of reads belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BlockRef:
    """The block that a cycle of reads belongs to: number, 0x hash and unix time."""

    number: int
    hash: str
    timestamp: int
