"""The newest view, for everybody who looks: written by the loop, read by requests in threads of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

POLL_SECONDS: Final = 0.2
"""How often a waiting request looks for a newer view."""


class Published:
    """Hold the newest view as JSON, numbered from 1 on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._newest: tuple[int, bytes] | None = None

    def publish(self, view: Mapping[str, Any]) -> None:
        """Replace the view; a NaN in it is a fault, never shown."""
        body = json.dumps(view, allow_nan=False, separators=(",", ":")).encode()
        with self._lock:
            self._newest = ((self._newest[0] if self._newest else 0) + 1, body)

    def newest(self) -> tuple[int, bytes] | None:
        """Return the number of the newest view and its JSON; None before the first."""
        with self._lock:
            return self._newest

    async def changed(self, after: int) -> tuple[int, bytes]:
        """Wait for a view with a higher number."""
        while (found := self.newest()) is None or found[0] <= after:
            await asyncio.sleep(POLL_SECONDS)
        return found
