"""The state of what protects the parameters from a wrong number: breakers and the regime automation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.errors import ChainError, ContractReverted, UnknownAddress
from bridge.governance.roles import AUTOMATION_ROLE
from bridge.snapshot import Snapshot
from bridge.sources.identities import require_breaker

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.chain.signers import Signer

AUTOMATION_SOURCE = 2  # IHedgeParameters.Source.Automation


@dataclass(frozen=True)
class BreakerStatus:
    """A breaker: when it was tripped (0 while closed), and the two volatilities now (1e8 = 100 %).

    Where they cannot be compared now, they are None and `trouble` says which contract's error is in the way.
    """

    asset: str
    address: str
    tripped_at: int
    implied_e8: int | None
    realized_e8: int | None
    apart: bool
    trouble: str


@dataclass(frozen=True)
class AutomationStatus:
    """The automation: whether it holds its role, is stopped, the row that holds, and what could be applied.

    `next_row` is the row that anyone could apply now, None where nothing can; then `reason` names the contract's
    refusal, and `possible_at` the unix time at which it ends by itself, where that is known.
    """

    address: str
    in_power: bool
    stopped: bool
    row: int
    next_row: int | None
    reason: str
    possible_at: int | None


def read_breakers(snapshot: Snapshot) -> list[BreakerStatus]:
    """Read every breaker of the deployment.

    Raises
    ------
    UntrustedNumber
        One compares the feed or the measurement of another asset.
    """
    return [read_breaker(snapshot, asset) for asset in sorted(snapshot.deployment.breakers)]


def read_breaker(snapshot: Snapshot, asset: str) -> BreakerStatus:
    """Read the breaker of an asset.

    Raises
    ------
    UnknownAddress
        The deployment has no such breaker.
    UntrustedNumber
        It compares the feed or the measurement of another asset.
    """
    return _breaker(snapshot, asset, breaker_of(snapshot, asset))


def breaker_of(snapshot: Snapshot, asset: str) -> str:
    """Return the address of an asset's breaker, which compares the asset's own feed and measurement.

    Raises
    ------
    UnknownAddress
        The deployment has no such breaker.
    UntrustedNumber
        It compares those of another asset.
    """
    breakers = snapshot.deployment.breakers
    if asset not in breakers:
        raise UnknownAddress(asset, f"an asset with a breaker ({', '.join(sorted(breakers))})")
    require_breaker(snapshot, asset)
    return breakers[asset]


def send_trip(snapshot: Snapshot, sender: Signer, asset: str) -> TxReceipt:
    """Trip an asset's breaker; anyone may.

    Raises
    ------
    ContractReverted
        The two volatilities are not too far apart, cannot be compared, or it is tripped: nothing was sent.
    """
    return snapshot.send(sender, "VolatilityBreaker", "trip", at=breaker_of(snapshot, asset))


def _breaker(snapshot: Snapshot, asset: str, address: str) -> BreakerStatus:
    tripped_at = int(snapshot.read("VolatilityBreaker", "trippedAt", at=address))
    try:
        implied, realized, apart = snapshot.read("VolatilityBreaker", "compare", at=address)
    except ContractReverted as error:
        return BreakerStatus(asset, address, tripped_at, None, None, False, error.words)
    return BreakerStatus(asset, address, tripped_at, int(implied), int(realized), bool(apart), "")


def read_automation(snapshot: Snapshot) -> AutomationStatus | None:
    """Read the automation, or None where the deployment has none."""
    if "RegimeAutomation" not in snapshot.deployment.contracts:
        return None
    address = snapshot.deployment.address("RegimeAutomation")

    def read(function: str) -> Any:
        return snapshot.read("RegimeAutomation", function)

    in_power = bool(snapshot.read("HedgeParameters", "hasRole", AUTOMATION_ROLE, address))
    stopped, row = bool(read("stopped")), int(read("row"))
    try:
        next_row = int(read("preview")[0])
    except ContractReverted as error:
        waits = error.error == "NothingToApply"
        possible_at = _first_rested(snapshot, row) if waits else None
        return AutomationStatus(address, in_power, stopped, row, None, error.words, possible_at)
    return AutomationStatus(address, in_power, stopped, row, next_row, "", snapshot.block.timestamp)


def _first_rested(snapshot: Snapshot, row: int) -> int | None:
    """Return when the first key of the row that still rests may move; None where every key has its value."""
    keys, rows, _ = snapshot.read("RegimeAutomation", "table")
    values = snapshot.read("HedgeParameters", "values")
    if row >= len(rows) or len(keys) != len(rows[row][1]) or any(key >= len(values) for key in keys):
        raise ChainError(
            f"RegimeAutomation.table: the node answers a table that row {row} is none of: ask another node"
        )
    wanted = zip(keys, rows[row][1], strict=True)
    ready = [
        int(snapshot.read("HedgeParameters", "readyAt", key, AUTOMATION_SOURCE))
        for key, value in wanted
        if values[key] != value
    ]
    return min(ready, default=None)
