"""A call in words, decoded from its bytes: what owners of a Safe and voters read before they sign or vote.

Nothing is taken from a file or a description. What cannot be decoded is shown as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from eth_typing import HexStr
from eth_utils import keccak

from bridge.chain.codec import Function, decode_call
from bridge.deployment import Deployment
from bridge.errors import BridgeError, NodeUnreachable, UsageError
from bridge.foreign import LINE, TEXT, foreign
from bridge.governance.governor import Action, proposal_id
from bridge.governance.inspection import inspect_address
from bridge.governance.postconditions import GUARD, guard_call, postcondition_lines, update_postcondition
from bridge.governance.regime_table import table_words
from bridge.governance.roles import ROLE_NAMES, ROLES
from bridge.governance.updates import Update, decode_update, update_words
from bridge.snapshot import Snapshot

THEIR_MEANINGS = {
    ("HedgeGovernor", "cancel"): "Cancel a proposal for good",
    ("HedgeGovernor", "setProposalGuardian"): "Name who may cancel proposals",
    ("HedgeParameters", "grantRole"): "Give an account a role",
    ("HedgeParameters", "revokeRole"): "Take a role from an account",
    ("Safe", "swapOwner"): "Replace an owner of the Safe",
}
"""What functions do that other people wrote, by contract and function: their artifacts carry no words for voters."""


def register_meaning(contract: str, function: str, words: str) -> None:
    """Say what a function does whose artifact carries no `@notice`; voters read it beside the call."""
    THEIR_MEANINGS.setdefault((contract, function), words)


def contract_at(deployment: Deployment, address: str) -> tuple[str, str] | None:
    """Return the artifact and the name of our contract at an address, or None."""
    named = [(name, name, at) for name, at in deployment.contracts.items()]
    for artifact, kind, places in (
        ("VolatilityOracle", "feed", deployment.feeds),
        ("VolatilityBreaker", "breaker", deployment.breakers),
    ):
        named += [(artifact, f"{asset} {kind}", at) for asset, at in places.items()]
    named += [
        ("Safe", f"{name} Safe", at) for name, at in deployment.accounts.items() if name in ("guardian", "steward")
    ]
    return next(((artifact, name) for artifact, name, at in named if at.lower() == address.lower()), None)


def call_words(snapshot: Snapshot, to: str, data: HexStr) -> str:
    """Say what a call does, decoded by the ABI of the contract there; a call that cannot be told is shown as it is."""
    place = contract_at(snapshot.deployment, to)
    if place is None:
        return f"a call to {to}, which is not one of our contracts: {_hex(data)}"
    artifact, name = place
    try:
        function, arguments = decode_call(artifact, bytes.fromhex(data[2:]))
    except UsageError:
        return f"a call to {name} that its ABI does not know: {_hex(data)}"
    meaning = _meaning(artifact, function)
    details = foreign(_details(snapshot, artifact, function, arguments), TEXT)
    return f"{foreign(name)}.{function.name}({details})" + (f": {meaning}" if meaning else "")


def _hex(data: str) -> str:
    """Return calldata, of long ones the beginning, the size and the hash: a stranger may fill megabytes."""
    if len(data) <= TEXT:
        return data
    digest = keccak(bytes.fromhex(data[2:])).hex()
    return f"{data[:LINE]}… ({len(data) // 2 - 1} bytes with the keccak-256 0x{digest})"


def _meaning(contract: str, function: Function) -> str:
    """Return what the function's own `@notice` says; nothing of a view, which does nothing."""
    if function.abi.get("stateMutability") in ("view", "pure"):
        return ""
    return str(function.abi.get("notice", THEIR_MEANINGS.get((contract, function.name), "")))


def _details(snapshot: Snapshot, contract: str, function: Function, arguments: dict[str, Any]) -> str:
    """Write the arguments, in words where this very function of this very contract has some."""
    words = DETAILS.get((contract, function.signature.partition("(")[0]))
    if words is not None:
        try:
            return words(snapshot, arguments)
        except NodeUnreachable:
            raise
        except (BridgeError, ValueError, TypeError, LookupError, OverflowError):
            pass  # malformed: shown by name, below
    return ", ".join(f"{name}={_shown(value, snapshot.deployment)}" for name, value in arguments.items())


def _cancelled(_: Snapshot, arguments: dict[str, Any]) -> str:
    return f"proposal {proposal_id(*arguments.values())}"


def _table(_: Snapshot, arguments: dict[str, Any]) -> str:
    keys, rows = [*arguments.values()][:2]
    if any(len(keys) != len([*row.values()][1]) for row in rows):
        raise ValueError("rows of other keys")
    return table_words(*arguments.values())


def _updated(_: Snapshot, arguments: dict[str, Any]) -> str:
    update = Update.of(arguments["update"])
    if len(update.keys) != len(update.values):
        raise ValueError("not one value for each key")
    return "; ".join(update_words(update))


DETAILS: Final[dict[tuple[str, str], Callable[[Snapshot, dict[str, Any]], str]]] = {
    ("HedgeGovernor", "cancel"): _cancelled,
    ("RegimeAutomation", "setTable"): _table,
    ("HedgeParameters", "applyUpdate"): _updated,
    ("HedgeParameters", "scheduleUpdate"): _updated,
    ("HedgeParameters", "applyScheduled"): _updated,
    ("HedgeParameters", "applyAutomated"): _updated,
}
"""How the arguments of a function are told, by contract and function: other contracts have functions of that name."""


MOST_EXPECTED: Final = 30
"""Things that a guard's call asks, and questions of each, that are told: a vote of every key asks twenty-four."""
MOST_RECEIVERS: Final = 8
"""Addresses that are looked at for one proposal: each costs a dozen reads, and a stranger may name thousands."""
RECEIVERS: Final = {("HedgeParameters", "grantRole"), ("HedgeGovernor", "setProposalGuardian")}
"""Functions that give an account, their last argument, a power of the guardian or the steward."""


def _shown(value: Any, deployment: Deployment) -> str:
    """Write an argument; a role by its name, and one of our addresses with what is there."""
    if isinstance(value, bytes) and value in ROLE_NAMES:
        return ROLE_NAMES[value]
    if isinstance(value, bytes):
        return _hex("0x" + value.hex())
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={_shown(item, deployment)}' for name, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_shown(item, deployment) for item in value)}]"
    place = contract_at(deployment, value) if isinstance(value, str) else None
    return f"{value} ({place[1]})" if place else foreign(value)


def _receiver(snapshot: Snapshot, to: str, data: bytes) -> str | None:
    """Return the address that a call makes guardian or steward; None of other calls."""
    place = contract_at(snapshot.deployment, to)
    try:
        function, arguments = decode_call(place[0], data) if place else (None, {})
    except UsageError:
        return None
    if place is None or function is None or (place[0], function.name) not in RECEIVERS:
        return None
    values = [*arguments.values()]
    return None if function.name == "grantRole" and values[0] not in ROLES.values() else str(values[-1])


def _receiver_words(snapshot: Snapshot, to: str, data: bytes, told: set[str]) -> str:
    """Say who is at the address that a call makes guardian or steward, with every warning, once in a proposal."""
    address = _receiver(snapshot, to, data)
    if address is None or address in told:
        return ""
    if len(told) == MOST_RECEIVERS:
        return f"; {address} was not looked at: the calls before name {MOST_RECEIVERS} others"
    told.add(address)
    seen = inspect_address(snapshot, address)
    warned = "".join(f"; WARNING: {words}" for words in seen.warnings)
    return f"; at block {seen.block} {address} is {seen.words}{warned}"


def action_words(snapshot: Snapshot, action: Action) -> list[str]:
    """Say what each call of a proposal does; the guard's promise is compared with what the updates before it set.

    Who is to be guardian or steward is told behind the first call that names the address.
    """
    lines: list[str] = []
    updates: list[Update] = []
    told: set[str] = set()
    for target, value, call in zip(action.targets, action.values, action.calldatas, strict=True):
        sent = f"{value} wei with " if value else ""
        try:
            update = decode_update(snapshot, target, call)
            updates += [update] if update else []
            if GUARD in snapshot.deployment.contracts and target.lower() == snapshot.deployment.address(GUARD).lower():
                lines.append(_guard_words(snapshot, updates, call))
            else:
                words = sent + call_words(snapshot, target, HexStr("0x" + call.hex()))
                lines.append(words + _receiver_words(snapshot, target, call, told))
        except NodeUnreachable:
            raise
        except BridgeError as error:
            lines.append(f"{sent}a call to {target} that cannot be told ({foreign(error)}): {_hex('0x' + call.hex())}")
    return lines


def _guard_words(snapshot: Snapshot, updates: list[Update], call: bytes) -> str:
    postconditions = [update_postcondition(snapshot.deployment, update) for update in updates]
    if postconditions and guard_call(snapshot, postconditions)[1] == "0x" + call.hex():
        return "guard: executed only if then " + "; ".join(postcondition_lines(postconditions))
    try:
        _, arguments = decode_call(GUARD, call)
        expectations = arguments["expectations"]
    except (UsageError, KeyError):
        return f"a call to the guard that its ABI does not know: {_hex('0x' + call.hex())}"
    asked = [_expectation_words(snapshot, expectation) for expectation in expectations[:MOST_EXPECTED]]
    more = len(expectations) - MOST_EXPECTED
    return "guard: executed only if then " + "; ".join([*asked, *([f"and {more} more things"] if more > 0 else [])])


def _expectation_words(snapshot: Snapshot, expected: Any) -> str:
    """Say what the guard asks of one contract; its answers are hashes, so only the questions can be told."""
    place = contract_at(snapshot.deployment, expected["target"])
    code = "this" if snapshot.code_hash(expected["target"]) == expected["codeHash"] else "OTHER THAN THE PRESENT"
    name = place[1] if place else expected["target"]
    queries = expected["queries"]
    asked = [call_words(snapshot, expected["target"], HexStr("0x" + q.hex())) for q in queries[:MOST_EXPECTED]]
    asked += [f"{len(queries) - MOST_EXPECTED} more questions"] if len(queries) > MOST_EXPECTED else []
    return f"{name} has {code} code and answers as promised to {', '.join(asked) or 'nothing'}"
