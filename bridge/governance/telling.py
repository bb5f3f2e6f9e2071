"""Values of a call as people read them before they sign or vote: whole, or with size, hash and a warning.

Strangers may fill megabytes. Whatever is not shown whole is counted, hashed and noted in `Telling.cut`, so that who
tells the call warns of it; with `whole` nothing is left out, for JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eth_utils import keccak

from bridge.artifacts import has_artifact
from bridge.deployment import Deployment
from bridge.foreign import LINE, TEXT, foreign, raw_of
from bridge.governance.roles import ROLE_NAMES
from bridge.snapshot import Snapshot

NOT_WHOLE: Final = (
    "WARNING: not shown whole: do not vote or sign before you have read it with --json (a Safe's transaction: in its "
    "file), which holds all of it"
)
MOST_ASKED: Final = 100
"""Calls of one proposal for whose words the chain is asked: a stranger may bring thousands."""
MOST_CALLS: Final = 500
"""Calls that are told of one proposal or Safe transaction, calls inside of calls included, also where all is told: a
stranger's bytes may name the same ones again and again."""
MOST_LETTERS: Final = 1 << 24
"""Of long texts of one proposal where all is told: the bytes of one call may be named a thousand times."""
MOST_LINES: Final = 60
"""Lines of one list that are told: rows of a table, calls inside of a call."""


def contract_at(deployment: Deployment, address: str) -> tuple[str, str] | None:
    """Return the artifact and the name of our contract at an address, or None.

    The artifact is empty where the deployment names a contract whose functions are not known here.
    """
    named = [(name if has_artifact(name) else "", name, at) for name, at in deployment.contracts.items()]
    for artifact, kind, places in (
        ("VolatilityOracle", "feed", deployment.feeds),
        ("VolatilityBreaker", "breaker", deployment.breakers),
    ):
        named += [(artifact, f"{asset} {kind}", at) for asset, at in places.items()]
    for asset, own in deployment.own.items():
        named += [("HedgeParameters", f"{asset} parameters", own.parameters)]
        named += [("RegimeAutomation", f"{asset} automation", own.automation)] if own.automation else []
    named += [
        ("Safe", f"{name} Safe", at) for name, at in deployment.accounts.items() if name in ("guardian", "steward")
    ]
    return next(((artifact, name) for artifact, name, at in named if at.lower() == address.lower()), None)


@dataclass
class Telling:
    """How much of a call is told, what was left out, whose address was looked at, and what was asked and told."""

    snapshot: Snapshot
    whole: bool = False
    cut: bool = False
    looked: set[str] = field(default_factory=set)
    asked: int = 0
    told: int = 0
    letters: int = 0

    def may_tell(self) -> bool:
        """Tell whether one more call may be told, and count it."""
        self.told += 1
        self.cut = self.cut or self.told > MOST_CALLS
        return self.told <= MOST_CALLS

    def may_ask(self) -> bool:
        """Tell whether the chain may be asked once more, and count it."""
        self.asked += 1
        return self.asked <= MOST_ASKED

    def text(self, words: str) -> str:
        """Return a text of one line; of a long one the beginning, its letters and the hash of its bytes (UTF-8)."""
        seen = foreign(words, None)
        if len(seen) <= TEXT or self._has_room(len(seen)):
            return seen
        self.cut = True
        return f"{seen[:LINE]}… ({len(words)} letters with the keccak-256 0x{keccak(raw_of(words)).hex()})"

    def hex(self, data: bytes) -> str:
        """Return bytes; of many the beginning, the size and the hash."""
        digits = "0x" + data.hex()
        if len(digits) <= TEXT or self._has_room(len(digits)):
            return digits
        self.cut = True
        return f"{digits[:LINE]}… ({self.hashed(data)})"

    def _has_room(self, letters: int) -> bool:
        """Tell whether a long text is told whole, and count it."""
        self.letters += letters
        return self.whole and self.letters <= MOST_LETTERS

    @staticmethod
    def hashed(data: bytes) -> str:
        """Return the size and the hash of bytes."""
        return f"{len(data)} bytes with the keccak-256 0x{keccak(data).hex()}"

    def lines(self, lines: Sequence[str], what: str) -> list[str]:
        """Return lines, each as `text` tells it; of many the first, and of the others how many and the hash of all."""
        left = len(lines) - MOST_LINES
        if self.whole or left <= 0:
            return [self.text(line) for line in lines]
        self.cut = True
        digest = keccak(raw_of("\n".join(lines))).hex()
        more = f"and {left} more {what} (all {len(lines)} lines have the keccak-256 0x{digest})"
        return [*(self.text(line) for line in lines[:MOST_LINES]), more]

    def named(self, arguments: Mapping[str, Any]) -> str:
        """Write arguments by name, each as `text` tells it."""
        return ", ".join(f"{name}={self.text(self.shown(value, name))}" for name, value in arguments.items())

    def shown(self, value: Any, name: str = "") -> str:
        """Write an argument; a role by its name, and one of our addresses with what is there."""
        if isinstance(value, bytes):
            return ROLE_NAMES[value] if name == "role" and value in ROLE_NAMES else self.hex(value)
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{each}={self.shown(item, each)}' for each, item in value.items())}}}"
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(self.shown(item) for item in value)}]"
        place = contract_at(self.snapshot.deployment, value) if isinstance(value, str) else None
        return f"{value} ({place[1]})" if place else self.text(str(value))
