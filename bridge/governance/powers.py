"""Calls that give an address power: what it may then do, who is there, and what to know before it is so.

A call of one of our contracts is known by contract and function, of any other by the function alone: ownership, roles
and allowances have the same names everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_utils import is_address

from bridge.errors import BridgeError, NodeUnreachable
from bridge.governance.inspection import ACCOUNT, inspect_address
from bridge.governance.roles import ADMIN, AUTOMATION_ROLE, CANCELLER_ROLE, EXECUTOR_ROLE, PROPOSER_ROLE, ROLES
from bridge.governance.telling import Telling, contract_at

MOST_RECEIVERS: Final = 8
"""Addresses that are looked at for one proposal: each costs a dozen reads, and a stranger may name thousands."""
OURS: Final = frozenset({"HedgeGovernor", "HedgeParameters", "HedgeTimelock", "RegimeAutomation", "VolatilityBreaker"})
"""Contracts of the deployment that obey nobody but the DAO's votes, or rules that are in their code."""
NOBODY: Final = "0x" + "00" * 20

ROLE_POWERS: Final[dict[tuple[str, bytes], str]] = {
    ("HedgeParameters", ADMIN): "set every parameter and limit at once, end a pause, and give and take every role of "
    "HedgeParameters",
    ("HedgeParameters", ROLES["guardian"]): "pause the parameters, go back to voted ones, veto the steward's updates, "
    "and stop the automation",
    ("HedgeParameters", ROLES["steward"]): "announce updates inside the limits and apply them when their delay is over",
    ("HedgeParameters", AUTOMATION_ROLE): "set parameters inside their limits at once, without a vote",
    ("HedgeTimelock", ADMIN): "give and take every role of the timelock, and with them make every call of the DAO "
    "without a vote",
    ("HedgeTimelock", PROPOSER_ROLE): "have the DAO make any call when the timelock's delay is over, without a vote",
    ("HedgeTimelock", EXECUTOR_ROLE): "execute what has waited in the timelock",
    ("HedgeTimelock", CANCELLER_ROLE): "cancel whatever waits in the timelock, every vote that passed too",
}
POWERS: Final[dict[tuple[str, str], str]] = {
    ("HedgeGovernor", "setProposalGuardian"): "cancel every proposal until it is executed",
    ("HedgeGovernor", "updateTimelock"): "carry out, or not, whatever the DAO votes from then on, and change every "
    "setting of the governor",
    ("VolatilityOracle", "transferOwnership"): "replace the feed's reporters and so set its volatility, and give the "
    "feed away",
    ("HedgeVotes", "delegate"): "vote with all votes of the caller",
    ("HedgeVotes", "transfer"): "vote with the tokens that it gets",
    ("HedgeVotes", "transferFrom"): "vote with the tokens that it gets",
    ("Safe", "enableModule"): "make every call of the Safe without a signature of its owners",
    ("Safe", "setGuard"): "refuse every transaction that the owners of the Safe sign",
    ("Safe", "setFallbackHandler"): "answer in the Safe's name, also whether a signature is the Safe's",
    ("Safe", "addOwnerWithThreshold"): "sign for the Safe as one of its owners",
    ("Safe", "swapOwner"): "sign for the Safe as one of its owners",
}
EVERYWHERE: Final[dict[str, str]] = {
    "transferOwnership": "do what only the owner of that contract may",
    "setOwner": "do what only the owner of that contract may",
    "approve": "move tokens of the caller",
    "permit": "move tokens of whoever signed",
    "setApprovalForAll": "move every position of the caller",
    "transfer": "do what it likes with the tokens that it gets",
    "transferFrom": "do what it likes with the tokens that it gets",
    "safeTransferFrom": "do what it likes with the tokens that it gets",
    **{function: may for (contract, function), may in POWERS.items() if contract == "Safe"},
}
OWNERS: Final = frozenset({"addOwnerWithThreshold", "swapOwner"})
"""Functions that name one of several who sign: an account with a key is who should be there."""
TAKEN_BY_NOBODY: Final = frozenset({"setGuard", "setFallbackHandler"})
"""Functions that take something off where they are given the zero address."""
STANDARD: Final = (
    "HedgeParameters", "VolatilityOracle", "HedgeVotes", "Safe", "NonfungiblePositionManager", "IAllowanceTransfer",
)  # fmt: skip
"""Whose functions a stranger's contract is taken to have, where the first bytes of a call are theirs."""


@dataclass(frozen=True)
class Power:
    """Who gets a power, what it is, and whether others must act with it."""

    address: str
    may: str
    shared: bool = False


def power_given(contract: str, function: str, arguments: Mapping[str, Any]) -> Power | None:
    """Return what power a call gives to whom; None where it gives none."""
    named = [arguments[name] for name in ("newOwner", "spender", "to") if name in arguments]
    addresses = [each for each in (*named, *arguments.values()) if isinstance(each, str) and is_address(each)]
    if not addresses or (function in TAKEN_BY_NOBODY and addresses[0] == NOBODY):
        return None
    if function == "grantRole":
        return Power(addresses[0], _role_power(contract, arguments.get("role")))
    may = POWERS.get((contract, function)) or EVERYWHERE.get(function)
    return Power(addresses[0], may, function in OWNERS) if may else None


def _role_power(contract: str, role: Any) -> str:
    unknown = f"do what a role of {contract} lets it that is not known here"
    return ROLE_POWERS.get((contract, role), unknown)


def power_lines(telling: Telling, contract: str, to: str, function: str, arguments: Mapping[str, Any]) -> list[str]:
    """Say what the receiver of a call's power may then do and who that is, with every warning."""
    threshold = (
        _threshold(telling, to) if (contract, function) == ("Safe", "swapOwner") else arguments.get("_threshold")
    )
    lines = [f"WARNING: {words}" for words in _alone(function, arguments, threshold)]
    if function == "setSigners":
        some = f"any {arguments['newQuorum']} of these {len(arguments['newSigners'])} reporters"
        return [f"gives power: {some} may then set the feed's volatility", *lines]
    power = power_given(contract, function, arguments)
    if power is None:
        return lines
    if power.address == NOBODY and arguments.get("role") == EXECUTOR_ROLE:
        return [*lines, f"gives power: anyone at all may then {power.may}"]
    return [*lines, f"gives power: {power.address} may then {power.may}", *_who(telling, power)]


def _threshold(telling: Telling, safe: str) -> int | None:
    """Read how many owners of a Safe must sign; None where it does not say, or too much was asked."""
    try:
        return int(telling.snapshot.read("Safe", "getThreshold", at=safe)) if telling.may_ask() else None
    except NodeUnreachable:
        raise
    except BridgeError:
        return None


def _alone(function: str, arguments: Mapping[str, Any], threshold: int | None) -> list[str]:
    """Say where one key is enough from then on, or the Safe runs code of another's as its own."""
    found = []
    if threshold == 1:
        found.append("the key of one owner is then enough for every transaction of the Safe")
    if function == "setSigners" and arguments.get("newQuorum") == 1:
        found.append("the key of one reporter is then enough to set the feed's volatility")
    if function.startswith("execTransaction") and arguments.get("operation") == 1:
        found.append(f"the Safe runs the code at {arguments['to']} as its own (a delegate call): it can do anything")
    return found


def _who(telling: Telling, power: Power) -> list[str]:
    """Say who is at an address, once in a proposal."""
    place = contract_at(telling.snapshot.deployment, power.address)
    if place is not None and place[0] in OURS:
        return [f"{power.address} is {place[1]} of this deployment"]
    if power.address in telling.looked:
        return [f"who is at {power.address} stands above"]
    if len(telling.looked) == MOST_RECEIVERS:
        return [f"WARNING: {power.address} was not looked at: the calls before name {MOST_RECEIVERS} others"]
    telling.looked.add(power.address)
    seen = inspect_address(telling.snapshot, power.address)
    called = f" ({place[1]} of this deployment)" if place else ""
    fine = power.shared and seen.kind == ACCOUNT and int(power.address, 16) >= 1 << 16
    warned = [] if fine else [f"WARNING: {words}" for words in seen.warnings]
    return [f"at block {seen.block} {power.address} is {seen.words}{called}", *warned]
