"""Which AMMs are read: one `Adapter` each, in a registry. To add one, see docs/extending.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bridge.adapters.pool_position import PositionReader
from bridge.registry import Registry
from bridge.snapshot import Snapshot


@dataclass(frozen=True)
class Adapter:
    """State one AMM.

    Parameters
    ----------
    protocol
        Its name; position ids begin with it.
    contracts
        Names of the contracts that a deployment must list for it to be read.
    open
        Makes the reader for a snapshot of such a deployment.
    """

    protocol: str
    contracts: tuple[str, ...]
    open: Callable[[Snapshot], PositionReader]


ADAPTERS: Final[Registry[Adapter]] = Registry("AMM", "bridge.adapters")


def register_adapter(adapter: Adapter) -> Adapter:
    """Add an AMM to the registry. Raises `BadConfig` where its name is taken."""
    return ADAPTERS.register(adapter.protocol, adapter)


def position_readers(snapshot: Snapshot) -> list[PositionReader]:
    """Return a reader for each AMM whose contracts the deployment lists, by name."""
    there = snapshot.deployment.contracts
    found = [adapter for adapter in ADAPTERS.values() if all(name in there for name in adapter.contracts)]
    return [adapter.open(snapshot) for adapter in sorted(found, key=lambda adapter: adapter.protocol)]
