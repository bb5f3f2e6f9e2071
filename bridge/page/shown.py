"""What the page asks of the monitor that it shows; the service is one, tests have their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Shown(Protocol):
    """A monitor, as its page sees it. All but `newest` and `changed` are called in threads of their own."""

    def newest(self) -> tuple[int, bytes] | None:
        """Return the number of the newest publication and its view as JSON; None before the first."""

    async def changed(self, after: int) -> tuple[int, bytes]:
        """Wait for a publication with another number and return it; may be cancelled at any time."""

    def history(self, names: Sequence[str], since: int, points: int) -> Mapping[str, Sequence[float | None]]:
        """Return at most so many points of each named series, and their times under `at`."""

    def acknowledge(self, key: str, by: str) -> None:
        """Acknowledge an alert.

        Raises
        ------
        BridgeError
            No alert of the key stands.
        """

    def silence(self, key: str, until: int, by: str) -> None:
        """Tell nothing of an alert before a time.

        Raises
        ------
        BridgeError
            No alert of the key stands.
        """

    def metrics(self) -> tuple[bytes, str]:
        """Return the numbers for machines, and their content type."""

    def ready(self) -> tuple[bool, str]:
        """Tell whether looks succeed, and why not."""
