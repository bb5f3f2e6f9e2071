"""What is read before and after a call of a Safe: everything that somebody may govern, a line of text for each.

To compare more, add a reading: a view, and how its answer is told. Read of a call that has not been made, an answer
is whatever the contracts say; what one does not answer is left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from eth_utils import to_checksum_address

from bridge.chain.codec import Call, encode_call
from bridge.governance.governor import STATES
from bridge.governance.inspection import (
    ADDRESSES,
    ENDS,
    GUARD_SLOT,
    HANDLER_SLOT,
    MODULE_GUARD_SLOT,
    MOST_MODULES,
    SENTINEL,
    SINGLETON_SLOT,
)
from bridge.governance.roles import ADMIN, AUTOMATION_ROLE, ROLES
from bridge.snapshot import Snapshot
from bridge.units import utc
from hedge.policy.parameters import KEYS

Told = Mapping[str, str]
"""What an answer says: a text by the name of what it is about."""

UPDATE_STATES: Final = ("never announced", "waits", "vetoed", "applied")
GOVERNOR_NUMBERS: Final = {
    "votingDelay": "s until the vote",
    "votingPeriod": "s of vote",
    "proposalThreshold": "units of 1e-18 votes to propose",
    "quorumNumerator": "% of the supply",
    "lateQuorumVoteExtension": "s after a late quorum",
}
SLOTS: Final = {
    "singleton": SINGLETON_SLOT,
    "fallback handler": HANDLER_SLOT,
    "guard": GUARD_SLOT,
    "module guard": MODULE_GUARD_SLOT,
}


@dataclass(frozen=True)
class Reading:
    """A view of a contract, and how what it answers is told."""

    at: str
    call: Call
    told: Callable[[Any], Told]

    def words(self, answer: bytes) -> Told:
        """Decode an answer and tell it; raises `Misfit`, or what telling an odd one raises."""
        return self.told(self.call.function.decoded(answer))


def readings(
    snapshot: Snapshot, safe: str, updates: tuple[str, ...] = (), proposals: tuple[int, ...] = ()
) -> list[Reading]:
    """Return everything that is compared: the parameters, who governs them, feeds, breakers, automation and the Safe.

    Parameters
    ----------
    safe
        Who makes the call.
    updates, proposals
        Hashes of updates and ids of proposals that the call is about.
    """
    return [
        *_of_parameters(snapshot, updates),
        *(each for asset in sorted(snapshot.deployment.own) for each in _of_ledger(snapshot.of(asset), asset, updates)),
        *_of_governor(snapshot, proposals),
        *_of_assets(snapshot),
        *_of_safe(safe),
    ]


def _one(at: str, contract: str, function: str, name: str, shown: Callable[[Any], str] = str) -> Reading:
    return Reading(at, encode_call(contract, function), lambda answer: {name: shown(answer)})


def _of_ledger(snapshot: Snapshot, asset: str, updates: tuple[str, ...]) -> Iterator[Reading]:
    """Read the ledger that an asset has of its own, and its automation, each name behind that of the asset."""
    for reading in (*_of_parameters(snapshot, updates), *_of_automation(snapshot)):
        yield replace(reading, told=partial(_behind, asset, reading.told))


def _behind(asset: str, told: Callable[[Any], Told], answer: Any) -> Told:
    return {f"{asset} {name}": words for name, words in told(answer).items()}


def _of_parameters(snapshot: Snapshot, updates: tuple[str, ...]) -> Iterator[Reading]:
    at = snapshot.deployment.address("HedgeParameters")
    yield Reading(at, encode_call("HedgeParameters", "values"), _values)
    yield Reading(at, encode_call("HedgeParameters", "allLimits"), _limits)
    yield _one(at, "HedgeParameters", "paused", "updates", lambda paused: "paused" if paused else "possible")
    yield _one(at, "HedgeParameters", "stewardSuspended", "steward", lambda off: "suspended" if off else "may act")
    for name, digest in {**ROLES, "automation": AUTOMATION_ROLE, "admin": ADMIN}.items():
        call = encode_call("HedgeParameters", "getRoleMembers", digest)
        yield Reading(at, call, partial(_listed, f"{name} of the parameters"))
    for update in updates:
        call = encode_call("HedgeParameters", "scheduled", bytes.fromhex(update[2:]))
        yield Reading(at, call, partial(_scheduled, f"update {update}"))


def _values(answer: Any) -> Told:
    return {key.name: f"{value} ({key.unit})" for key, value in zip(KEYS, answer, strict=True)}


def _limits(answer: Any) -> Told:
    told = {}
    for key, each in zip(KEYS, answer, strict=True):
        least, most, up, down, rest = each.values() if isinstance(each, Mapping) else each
        told[f"limits of {key.name}"] = f"{least} to {most}, up {up}, down {down}, rest {rest} s"
    return told


def _listed(name: str, answer: Any) -> Told:
    return {name: ", ".join(sorted(map(str, answer), key=str.lower)) or "nobody"}


def _scheduled(name: str, answer: Any) -> Told:
    status, ready = answer
    since = f" until {utc(ready)}" if UPDATE_STATES[status] == "waits" else ""
    return {name: UPDATE_STATES[status] + since}


def _of_governor(snapshot: Snapshot, proposals: tuple[int, ...]) -> Iterator[Reading]:
    if "HedgeGovernor" not in snapshot.deployment.contracts:  # of a DAO that was there before: its own affair
        return
    governor, timelock = (snapshot.deployment.address(name) for name in ("HedgeGovernor", "HedgeTimelock"))
    for function, unit in GOVERNOR_NUMBERS.items():
        yield _one(governor, "HedgeGovernor", f"{function}()", f"governor's {function}", f"{{}} {unit}".format)
    yield _one(governor, "HedgeGovernor", "proposalGuardian", "who may cancel proposals")
    yield _one(timelock, "HedgeTimelock", "getMinDelay", "timelock's delay", "{} s".format)
    for number in proposals:
        call = encode_call("HedgeGovernor", "state", number)
        yield Reading(governor, call, lambda answer, name=f"proposal {number}": {name: STATES[answer]})  # type: ignore[misc]


def _of_assets(snapshot: Snapshot) -> Iterator[Reading]:
    for asset, at in sorted(snapshot.deployment.feeds.items()):
        signers = encode_call("VolatilityOracle", "signers")
        yield Reading(at, signers, partial(_listed, f"reporters of the {asset} feed"))
        yield _one(at, "VolatilityOracle", "quorum", f"quorum of the {asset} feed")
        yield _one(at, "VolatilityOracle", "owner", f"owner of the {asset} feed")
    for asset, at in sorted(snapshot.deployment.breakers.items()):
        yield _one(at, "VolatilityBreaker", "trippedAt", f"{asset} breaker", _tripped)
    yield from _of_automation(snapshot)


def _of_automation(snapshot: Snapshot) -> Iterator[Reading]:
    automation = snapshot.deployment.contracts.get("RegimeAutomation")
    if automation:
        yield _one(automation, "RegimeAutomation", "stopped", "automation", lambda off: "stopped" if off else "runs")
        yield _one(automation, "RegimeAutomation", "row", "automation's row")


def _tripped(at: Any) -> str:
    return f"tripped at {utc(at)}" if at else "closed"


def _of_safe(safe: str) -> Iterator[Reading]:
    yield Reading(safe, encode_call("Safe", "getOwners"), partial(_listed, "owners of the Safe"))
    yield _one(safe, "Safe", "getThreshold", "owners who must sign")
    modules = encode_call("Safe", "getModulesPaginated", SENTINEL, MOST_MODULES)
    yield Reading(safe, modules, lambda answer: _listed("modules of the Safe", answer[0]))
    for name, slot in SLOTS.items():
        call = encode_call("Safe", "getStorageAt", slot, 1)
        yield Reading(safe, call, partial(_stored, f"{name} of the Safe"))


def _stored(name: str, answer: Any) -> Told:
    word = int.from_bytes(answer)
    at = to_checksum_address((word % ADDRESSES).to_bytes(20))
    return {name: "none" if at in ENDS else at}
