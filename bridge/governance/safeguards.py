"""What stands between a wrong number and the parameters: breakers and the regime automation, as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from web3.types import TxReceipt

from bridge.chain.node import BlockRef, Chain
from bridge.chain.signers import Signer
from bridge.deployment import Deployment
from bridge.errors import ContractReverted, UnknownAddress
from bridge.governance.roles import AUTOMATION_ROLE

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

    `next_row` is the row that anybody could apply now, None where nothing can; then `reason` names the contract's
    refusal, and `possible_at` the unix time at which it ends by itself, where that is known.
    """

    address: str
    in_power: bool
    stopped: bool
    row: int
    next_row: int | None
    reason: str
    possible_at: int | None


def read_breakers(chain: Chain, deployment: Deployment, block: BlockRef) -> list[BreakerStatus]:
    """Read every breaker of the deployment."""
    return [_breaker(chain, asset, address, block) for asset, address in sorted(deployment.breakers.items())]


def read_breaker(chain: Chain, deployment: Deployment, asset: str, block: BlockRef) -> BreakerStatus:
    """Read the breaker of an asset.

    Raises
    ------
    UnknownAddress
        The deployment has no such breaker.
    """
    return _breaker(chain, asset, breaker_of(deployment, asset), block)


def breaker_of(deployment: Deployment, asset: str) -> str:
    """Return the address of an asset's breaker.

    Raises
    ------
    UnknownAddress
        The deployment has no such breaker.
    """
    if asset not in deployment.breakers:
        raise UnknownAddress(asset, f"an asset with a breaker ({', '.join(sorted(deployment.breakers))})")
    return deployment.breakers[asset]


def send_trip(chain: Chain, deployment: Deployment, sender: Signer, asset: str) -> TxReceipt:
    """Trip an asset's breaker; anybody may.

    Raises
    ------
    ContractReverted
        The two volatilities are not too far apart, cannot be compared, or it is tripped: nothing was sent.
    """
    return chain.send(sender, "VolatilityBreaker", breaker_of(deployment, asset), "trip")


def _breaker(chain: Chain, asset: str, address: str, block: BlockRef) -> BreakerStatus:
    tripped_at = int(chain.read("VolatilityBreaker", address, "trippedAt", block=block))
    try:
        implied, realized, apart = chain.read("VolatilityBreaker", address, "compare", block=block)
    except ContractReverted as error:
        return BreakerStatus(asset, address, tripped_at, None, None, False, error.words)
    return BreakerStatus(asset, address, tripped_at, int(implied), int(realized), bool(apart), "")


def read_automation(chain: Chain, deployment: Deployment, block: BlockRef) -> AutomationStatus | None:
    """Read the automation, or None where the deployment has none."""
    if "RegimeAutomation" not in deployment.contracts:
        return None
    address, parameters = deployment.address("RegimeAutomation"), deployment.address("HedgeParameters")

    def read(function: str) -> Any:
        return chain.read("RegimeAutomation", address, function, block=block)

    in_power = bool(chain.read("HedgeParameters", parameters, "hasRole", AUTOMATION_ROLE, address, block=block))
    stopped, row = bool(read("stopped")), int(read("row"))
    try:
        next_row = int(read("preview")[0])
    except ContractReverted as error:
        waits = error.error == "NothingToApply"
        possible_at = _first_rested(chain, deployment, row, block) if waits else None
        return AutomationStatus(address, in_power, stopped, row, None, error.words, possible_at)
    return AutomationStatus(address, in_power, stopped, row, next_row, "", block.timestamp)


def _first_rested(chain: Chain, deployment: Deployment, row: int, block: BlockRef) -> int | None:
    """Return when the first key of the row that still rests may move; None where every key has its value."""
    address, parameters = deployment.address("RegimeAutomation"), deployment.address("HedgeParameters")
    keys, rows, _ = chain.read("RegimeAutomation", address, "table", block=block)
    values = chain.read("HedgeParameters", parameters, "values", block=block)
    wanted = zip(keys, rows[row][1], strict=True)
    ready = [
        int(chain.read("HedgeParameters", parameters, "readyAt", key, AUTOMATION_SOURCE, block=block))
        for key, value in wanted
        if values[key] != value
    ]
    return min(ready, default=None)
