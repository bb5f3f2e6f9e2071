"""How far the monitor has read, from look to look: blocks of rounds, and versions of parameters that are no news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.alerts.rules.governance import accepted_versions
from bridge.alerts.snapshots import MonitorSnapshot


@dataclass(frozen=True)
class Cursors:
    """What was read of one chain.

    Parameters
    ----------
    rounds
        The block up to which the rounds of a feed were read, by asset.
    versions
        Of parameters that are no news, by asset; the main ones under an empty name.
    """

    chain_id: int
    rounds: Mapping[str, int]
    versions: Mapping[str, int]

    @classmethod
    def of(cls, kept: Mapping[str, int], chain_id: int, block: int) -> Cursors:
        """Return the cursors of a chain among all that are kept; of rounds none where a look saw a later block.

        Then the node is behind, or it is another chain of the same id, as a local one that began anew: rounds are read
        again. Versions stay: what was news before a node fell behind is news after it.
        """
        found: dict[str, dict[str, int]] = {"rounds": {}, "version": {}}
        for name, value in kept.items():
            chain, _, rest = name.partition(":")
            kind, _, asset = rest.partition(":")
            if chain == str(chain_id) and kind in found:
                found[kind][asset] = value
        earlier = kept.get(f"{chain_id}:block", 0) > block
        return cls(chain_id, {} if earlier else found["rounds"], found["version"])

    def after(self, seen: MonitorSnapshot) -> dict[str, int]:
        """Return the cursors after a look, as they are kept."""
        read = {f"rounds:{feed.asset}": seen.block.number for feed in seen.feeds}
        read |= {f"version:{asset}": version for asset, version in accepted_versions(seen).items()}
        return {f"{self.chain_id}:{name}": value for name, value in {"block": seen.block.number, **read}.items()}
