"""What a proposal promises of the chain after its execution; the contract `ProposalGuard` holds it to that.

Only what the proposal itself sets is promised, and the code of the contracts it calls. All calls of a proposal run in
one transaction, so nobody comes between them and the guard: a promise cannot be used to stop the proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_typing import HexStr
from eth_utils import keccak, to_checksum_address

from bridge.chain.codec import encode_call
from bridge.deployment import Deployment
from bridge.errors import UnknownAddress
from bridge.governance.updates import Update, update_call
from bridge.snapshot import Call, Snapshot
from hedge.policy.parameters import KEYS

GUARD = "ProposalGuard"


@dataclass(frozen=True)
class Answer:
    """One question to a view function, the answer (a tuple where it returns several), and what that means in words."""

    function: str
    arguments: tuple[Any, ...]
    answer: Any
    words: str


@dataclass(frozen=True)
class Postcondition:
    """One contract, by artifact name and address: its code as it is now, and its answers after the execution."""

    contract: str
    address: str
    answers: tuple[Answer, ...]


NOT_PAUSED = Answer("paused", (), False, "the hedge parameters are not paused")


def update_postcondition(deployment: Deployment, update: Update, unpause: bool = False) -> Postcondition:
    """Promise the new value of every key that an update names, and of no other; also that no pause holds."""
    pairs = zip(update.keys, update.values, strict=True)
    own = f"{update.asset} " if update.asset else ""
    answers = tuple(Answer("value", (key,), value, f"{own}{KEYS[key].name} is {value}") for key, value in pairs)
    first = (NOT_PAUSED,) if unpause else ()
    return Postcondition("HedgeParameters", deployment.ledger(update.asset), first + answers)


def update_calls(snapshot: Snapshot, update: Update, unpause: bool) -> tuple[list[Call], list[Postcondition]]:
    """Return the calls of a vote on an update, the end of a pause before it where asked, and what they promise."""
    ledger = snapshot.deployment.ledger(update.asset)
    first = [snapshot.call("HedgeParameters", "unpause", at=ledger)] if unpause else []
    return [*first, update_call(snapshot, update)], [update_postcondition(snapshot.deployment, update, unpause)]


def guard_call(snapshot: Snapshot, postconditions: Sequence[Postcondition]) -> Call:
    """Return the guard's call for the code that the contracts have at a block.

    Raises
    ------
    UnknownAddress
        The guard's address in the deployment has no code: the timelock's call would succeed, and check nothing.
    """
    guard = snapshot.deployment.address(GUARD)
    if not snapshot.has_code(guard):
        raise UnknownAddress(guard, "the guard of proposals")
    expectations = [_expectation(snapshot, postcondition) for postcondition in postconditions]
    return snapshot.call(GUARD, "requireState", expectations)


def _expectation(snapshot: Snapshot, postcondition: Postcondition) -> tuple[str, bytes, list[HexStr], bytes]:
    calls = [encode_call(postcondition.contract, each.function, *each.arguments) for each in postcondition.answers]
    hashes = [
        keccak(call.function.encoded(each.answer)) for call, each in zip(calls, postcondition.answers, strict=True)
    ]
    queries = [call.hex for call in calls]
    target = to_checksum_address(postcondition.address)
    return target, snapshot.code_hash(target), queries, keccak(b"".join(hashes))


def postcondition_lines(postconditions: Sequence[Postcondition]) -> list[str]:
    """Say in words what the guard checks."""
    lines = []
    for postcondition in postconditions:
        address = to_checksum_address(postcondition.address)
        lines.append(f"{postcondition.contract} {address} has the code of the vote")
        lines += [answer.words for answer in postcondition.answers]
    return lines
