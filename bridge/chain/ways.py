"""What a chain has beside its main node: others that confirm or replace it, a private way for transactions, a cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_LAG_SECONDS: Final = 30
RELAY_SECONDS: Final = 180.0
MOST_NODES: Final = 8
RELAY_VARIABLE: Final = "ALVH_RELAY_URL"


def unheard(words: str) -> None:
    """Hear a warning where nobody is to be told."""


@dataclass(frozen=True)
class Ways:
    """Beside the main node of a chain.

    Parameters
    ----------
    others
        URLs of more nodes of the same chain: see `bridge.chain.providers`.
    max_lag_seconds
        By how much a node's newest block may be older than the newest of all before it is left aside.
    relay
        URL that signed transactions are given to, and nobody else; empty for the node.
    relay_seconds
        How long the node is asked for the receipt of a transaction that the relay has.
    logs
        Folder of the events of finalised blocks; None keeps none.
    warned
        Hears what went wrong and was made good.
    """

    others: tuple[str, ...] = ()
    max_lag_seconds: int = MAX_LAG_SECONDS
    relay: str = ""
    relay_seconds: float = RELAY_SECONDS
    logs: Path | None = None
    warned: Callable[[str], None] = unheard


ALONE: Final = Ways()
