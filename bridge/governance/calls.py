"""A call in words, decoded from its bytes: what owners of a Safe and voters read before they sign or vote.

Nothing is taken from a file or a description. What cannot be decoded is shown as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from eth_typing import HexStr

from bridge.chain.codec import Function, decode_call, function_of
from bridge.errors import BridgeError, NodeUnreachable, UsageError
from bridge.foreign import foreign
from bridge.governance.brought import Action, proposal_id
from bridge.governance.postconditions import GUARD, guard_call, postcondition_lines, update_postcondition
from bridge.governance.powers import STANDARD, power_given, power_lines
from bridge.governance.regime_table import table_lines
from bridge.governance.rollback import told_rollback
from bridge.governance.settings_actions import limits_words
from bridge.governance.telling import MOST_LINES, NOT_WHOLE, Telling, contract_at
from bridge.governance.updates import Update, decode_update, update_words
from bridge.snapshot import Snapshot
from hedge.policy.parameters import KEYS

THEIR_MEANINGS = {
    ("HedgeGovernor", "cancel"): "Cancel a proposal for good",
    ("HedgeGovernor", "setProposalGuardian"): "Name who may cancel proposals",
    ("HedgeParameters", "grantRole"): "Give an account a role",
    ("HedgeParameters", "revokeRole"): "Take a role from an account",
    ("HedgeGovernor", "setVotingDelay"): "Set the seconds from a proposal to its vote",
    ("HedgeGovernor", "setVotingPeriod"): "Set the seconds of a vote",
    ("HedgeGovernor", "setProposalThreshold"): "Set the votes that a proposer needs",
    ("HedgeGovernor", "updateQuorumNumerator"): "Set the share of the supply that must vote, in percent",
    ("HedgeGovernor", "setLateQuorumVoteExtension"): "Set the seconds of vote that a late quorum leaves",
    ("HedgeTimelock", "updateDelay"): "Set the seconds that what passed waits",
    ("HedgeTimelock", "grantRole"): "Give an account a role",
    ("HedgeTimelock", "revokeRole"): "Take a role from an account",
    ("VolatilityOracle", "transferOwnership"): "Give the feed another owner",
    ("Safe", "swapOwner"): "Replace an owner of the Safe",
    ("Safe", "addOwnerWithThreshold"): "Add an owner to the Safe",
    ("Safe", "removeOwner"): "Remove an owner from the Safe",
    ("Safe", "changeThreshold"): "Say how many owners of the Safe must sign",
}
"""What functions do that other people wrote, by contract and function: their artifacts carry no words for voters."""


def register_meaning(contract: str, function: str, words: str) -> None:
    """Say what a function does whose artifact carries no `@notice`; voters read it beside the call."""
    THEIR_MEANINGS.setdefault((contract, function), words)


def call_words(snapshot: Snapshot, to: str, data: HexStr, whole: bool = False) -> str:
    """Say what a call does, decoded by the ABI of the contract there, in lines of which all but the first are indented.

    A call that cannot be told is shown as it is. What is too long is its beginning, its size and its hash, with a
    warning in a line of its own; `whole` leaves nothing out.
    """
    return _ended(telling := Telling(snapshot, whole), _told(telling, to, bytes.fromhex(data[2:])))


def _ended(telling: Telling, lines: Sequence[str]) -> str:
    """Join the lines of a call, with a warning where something was left out of it."""
    warned = [NOT_WHOLE] if telling.cut else []
    telling.cut = False
    return "\n  ".join([*lines, *warned])


def _call_lines(telling: Telling, to: str, data: bytes, depth: int = 0) -> list[str]:
    """Tell a call: what is called, what that calls in turn, and who gets power by it."""
    artifact, name = contract_at(telling.snapshot.deployment, to) or ("", "")
    if not artifact:
        said = f"{foreign(name)} at {to}, whose functions are not known here" if name else _stranger(telling, to)
        return [f"a call to {said}: {telling.hex(data)}", *_stranger_lines(telling, to, data)]
    try:
        function, arguments = decode_call(artifact, data)
    except UsageError:
        told = f"a call to {name} that its ABI does not know: {telling.hex(data)}"
        return [told, *_undecoded_lines((artifact,), data)]
    meaning = _meaning(artifact, function)
    there = telling.snapshot.of(telling.snapshot.deployment.whose(to))
    details, rows = _details(telling, there, artifact, function, arguments)
    lines = [f"{foreign(name)}.{function.name}({details})" + (f": {meaning}" if meaning else ""), *rows]
    lines += power_lines(telling, artifact, to, function.name, arguments)
    return lines + _inner_lines(telling, function.name, arguments, depth)


def _stranger(telling: Telling, to: str) -> str:
    assets = telling.snapshot.deployment.assets
    token = next((asset for at, asset in assets.items() if at.lower() == to.lower()), None)
    return f"{to}, " + ("which is not one of our contracts" if token is None else f"the token of {foreign(token)}")


def _told(telling: Telling, to: str, data: bytes, depth: int = 0) -> list[str]:
    """Tell a call; of one that cannot be told say so, so that those beside it are."""
    try:
        return _call_lines(telling, to, data, depth)
    except NodeUnreachable:
        raise
    except BridgeError as error:
        told = f"a call to {to} that cannot be told ({foreign(error)}): {telling.hex(data)}"
        return [told, "WARNING: nobody knows what this call does: do not vote for or sign it"]


def _stranger_lines(telling: Telling, to: str, data: bytes) -> list[str]:
    """Say whom a call of a stranger's contract gives power, if it has the function that the first bytes name."""
    unfit = []
    for artifact in STANDARD:
        try:
            function, arguments = decode_call(artifact, data)
        except UsageError:
            unfit.append(artifact)
            continue
        if power_given("that contract", function.name, arguments):
            told = f"by its first bytes it is {function.name}({telling.named(arguments)})"
            return [told, *power_lines(telling, "that contract", to, function.name, arguments)]
    return _undecoded_lines(unfit, data)


def _undecoded_lines(artifacts: Sequence[str], data: bytes) -> list[str]:
    """Warn of a call whose first bytes name a function that its arguments do not fit: a contract may read them else."""
    for artifact in artifacts:
        named = function_of(artifact, data)
        if named:
            return [f"WARNING: by its first bytes it is {named}, and its arguments cannot be told: do not let it pass"]
    return []


def _inner_lines(telling: Telling, function: str, arguments: Mapping[str, Any], depth: int) -> list[str]:
    """Tell the calls that a call carries: of the governor, the timelock or a Safe, and calls inside of those."""
    inner = [*_inner_calls(arguments)] if function in CARRIERS else []
    if inner and depth == MOST_DEEP:
        telling.cut = True
        return ["WARNING: the call that this carries is not told: it is inside of too many others"]
    lines: list[str] = []
    for number, (to, value, data) in enumerate(inner):
        if (number == MOST_LINES and not telling.whole) or not telling.may_tell():
            telling.cut = True
            lines.append(f"WARNING: {len(inner) - number} more calls that it carries are not told")
            break
        sent = f"{value} wei with " if value else ""
        first, *others = _told(telling, to, data, depth + 1)
        lines += [f"carries the call: {sent}{first}", *(f"  {line}" for line in others)]
    return lines


def _inner_calls(arguments: Mapping[str, Any]) -> Iterator[tuple[str, int, bytes]]:
    """Find what a call carries by the names that governor, timelock and Safe give it: one call, or lists of them."""
    target = arguments.get("target", arguments.get("to"))
    data = next((arguments[name] for name in CARRIED if isinstance(arguments.get(name), bytes)), None)
    if isinstance(target, str) and data is not None:
        yield target, arguments.get("value", 0), data
    lists = [arguments.get("targets"), arguments.get("values"), arguments.get("calldatas", arguments.get("payloads"))]
    if all(isinstance(each, (list, tuple)) for each in lists):
        yield from zip(*lists, strict=False)


def _meaning(contract: str, function: Function) -> str:
    """Return what the function's own `@notice` says; nothing of a view, which does nothing."""
    if function.abi.get("stateMutability") in ("view", "pure"):
        return ""
    return str(function.abi.get("notice", THEIR_MEANINGS.get((contract, function.name), "")))


def _details(
    telling: Telling, there: Snapshot, contract: str, function: Function, arguments: dict[str, Any]
) -> tuple[str, Sequence[str]]:
    """Write the arguments and the lines below them, in words where this very function of this contract has some."""
    words = DETAILS.get((contract, function.signature.partition("(")[0]))
    if words is not None and telling.may_ask():
        try:
            first, *rows = words(there, arguments)
            return telling.text(first), telling.lines(rows, "lines")
        except NodeUnreachable:
            raise
        except (BridgeError, ValueError, TypeError, LookupError, OverflowError):
            pass  # malformed: shown by name, below, as what is beyond the most that is asked
    return telling.named(arguments), ()


def _cancelled(_: Snapshot, arguments: dict[str, Any]) -> list[str]:
    return [f"proposal {proposal_id(*arguments.values())}"]


def _table(snapshot: Snapshot, arguments: dict[str, Any]) -> list[str]:
    keys, rows, terms, row = arguments.values()
    if any(len(keys) != len([*band.values()][1]) for band in rows):
        raise ValueError("rows of other keys")
    now = snapshot.read("HedgeParameters", "values")
    return [f"{len(rows)} rows of {len(keys)} parameters", *table_lines(keys, rows, terms, row, now)]


def _updated(_: Snapshot, arguments: dict[str, Any]) -> list[str]:
    update = Update.of(arguments["update"])
    if len(update.keys) != len(update.values):
        raise ValueError("not one value for each key")
    return ["; ".join(update_words(update))]


def _limited(snapshot: Snapshot, arguments: dict[str, Any]) -> list[str]:
    key, new = arguments.values()
    now = snapshot.read("HedgeParameters", "limits", key)
    now = [*now.values()] if isinstance(now, Mapping) else now
    return [f"{KEYS[key].name}: {limits_words([*new.values()])}", f"now {limits_words(now)} ({KEYS[key].unit})"]


DETAILS: Final[dict[tuple[str, str], Callable[[Snapshot, dict[str, Any]], list[str]]]] = {
    ("HedgeGovernor", "cancel"): _cancelled,
    ("RegimeAutomation", "setTable"): _table,
    ("HedgeParameters", "setLimits"): _limited,
    ("HedgeParameters", "applyUpdate"): _updated,
    ("HedgeParameters", "scheduleUpdate"): _updated,
    ("HedgeParameters", "applyScheduled"): _updated,
    ("HedgeParameters", "applyAutomated"): _updated,
    ("HedgeParameters", "rollback"): told_rollback,
}
"""How the arguments of a function are told, and lines below them, by contract and function: others have such names."""

CARRIED: Final = ("data", "payload")
CARRIERS: Final = frozenset(
    {"relay", "propose", "queue", "execute", "schedule", "scheduleBatch", "executeBatch"}
    | {"execTransaction", "execTransactionFromModule", "execTransactionFromModuleReturnData"}
)
"""Functions of governor, timelock and Safe that carry calls, which are made now or later."""
MOST_DEEP: Final = 6
"""Calls inside of a call that are told."""
FEW_CALLS: Final = 20
"""Calls of a proposal that are read one by one; of more an overview comes first and last."""
MOST_EXPECTED: Final = 30
"""Things that a guard's call asks, and questions of each, that are told: a vote of every key asks twenty-four."""


def action_words(snapshot: Snapshot, action: Action, whole: bool = False) -> list[str]:
    """Say what each call of a proposal does; the guard's promise is compared with what the updates before it set.

    Each is told as `call_words` does. Who gets power is told below the first call that names the address.
    """
    words: list[str] = []
    updates: list[Update] = []
    telling = Telling(snapshot, whole)
    for target, value, call in zip(action.targets, action.values, action.calldatas, strict=True):
        sent = f"{value} wei with " if value else ""
        try:
            update = decode_update(snapshot, target, call)
            updates += [update] if update else []
            if GUARD in snapshot.deployment.contracts and target.lower() == snapshot.deployment.address(GUARD).lower():
                lines = [_guard_words(telling, updates, call)]
            else:
                lines = _told(telling, target, call)
        except NodeUnreachable:
            raise
        except BridgeError as error:  # an update, or the guard's call
            lines = [f"a call to {target} that cannot be told ({foreign(error)}): {telling.hex(call)}"]
            lines.append("WARNING: nobody knows what this call does: do not vote for or sign it")
        words.append(_ended(telling, [sent + lines[0], *lines[1:]]))
    return words


def overview(words: Sequence[str]) -> list[str]:
    """Say of many calls, as `action_words` tells them, how many there are and which give power or have a warning."""
    if len(words) <= FEW_CALLS:
        return []
    marked = [str(place) for place, told in enumerate(words, 1) if "gives power: " in told or "WARNING: " in told]
    more = f", and {len(marked) - FEW_CALLS} more" if len(marked) > FEW_CALLS else ""
    which = f"read these first, which give power or have a warning: {', '.join(marked[:FEW_CALLS])}{more}"
    return [f"{len(words):,} calls; {which if marked else 'none of them gives power that is known here'}"]


def _guard_words(telling: Telling, updates: list[Update], call: bytes) -> str:
    snapshot = telling.snapshot
    for unpause in (False, True):
        postconditions = [update_postcondition(snapshot.deployment, update, unpause) for update in updates]
        if postconditions and guard_call(snapshot, postconditions)[1] == "0x" + call.hex():
            return telling.text("guard: executed only if then " + "; ".join(postcondition_lines(postconditions)))
    try:
        _, arguments = decode_call(GUARD, call)
        expectations = arguments["expectations"]
    except (UsageError, KeyError):
        return "\n  ".join([f"a call to the guard that its ABI does not know: {telling.hex(call)}",
                            *_undecoded_lines((GUARD,), call)])  # fmt: skip
    most = len(expectations) if telling.whole else MOST_EXPECTED
    asked = [_expectation_words(telling, expectation) for expectation in expectations[:most]]
    return "guard: executed only if then " + "; ".join(asked) + _more(telling, len(expectations) - most, "things", call)


def _more(telling: Telling, count: int, what: str, call: bytes) -> str:
    """Say how many of a list are not told, with the size and the hash of the call that holds them all."""
    if count <= 0:
        return ""
    telling.cut = True
    return f"; and {count} more {what} (of {telling.hashed(call)})"


def _expectation_words(telling: Telling, expected: Any) -> str:
    """Say what the guard asks of one contract; its answers are hashes, so only the questions can be told."""
    snapshot = telling.snapshot
    place = contract_at(snapshot.deployment, expected["target"])
    code = f"the code 0x{expected['codeHash'].hex()}"
    if telling.may_ask():
        same = snapshot.code_hash(expected["target"]) == expected["codeHash"]
        code = f"{'this' if same else 'OTHER THAN THE PRESENT'} code"
    name = place[1] if place else expected["target"]
    queries = expected["queries"]
    most = len(queries) if telling.whole else MOST_EXPECTED
    asked = [telling.text(_call_lines(telling, expected["target"], query)[0]) for query in queries[:most]]
    more = _more(telling, len(queries) - most, "questions", b"".join(queries))
    return f"{name} has {code} and answers as promised to {', '.join(asked) or 'nothing'}{more}"
