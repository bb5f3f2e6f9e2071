"""A parameter update on its way to the contract: build, encode, decode, preflight by the contract's own `check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils import keccak

from bridge.chain.codec import decode_call, encode_call
from bridge.chain.reverts import decode_reason
from bridge.errors import RefusedAction, UsageError
from bridge.snapshot import Call, Snapshot
from hedge.policy.parameters import KEYS

SOURCE = {"dao": 0, "steward": 1, "automation": 2}


@dataclass(frozen=True)
class Update:
    """The tuple that `HedgeParameters` takes: key ids ascending, new values, unix seconds, hash of the inputs."""

    keys: tuple[int, ...]
    values: tuple[int, ...]
    observed_at: int
    expiry: int
    inputs_hash: str

    def argument(self) -> tuple[tuple[int, ...], tuple[int, ...], int, int, bytes]:
        """Return the struct as the ABI wants it."""
        return self.keys, self.values, self.observed_at, self.expiry, bytes.fromhex(self.inputs_hash[2:])

    @property
    def hash(self) -> str:
        """Return its name: the keccak-256 of the struct, as the contract makes it."""
        return "0x" + keccak(encode_call("HedgeParameters", "applyUpdate", self.argument()).data[4:]).hex()

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Update:
        """Build an update from the struct as it is decoded, by name."""
        inputs_hash = "0x" + bytes(fields["inputsHash"]).hex()
        return cls(tuple(fields["keys"]), tuple(fields["values"]), fields["observedAt"], fields["expiry"], inputs_hash)


def build_update(changes: dict[int, int], observed_at: int, life_seconds: int, inputs_hash: str) -> Update:
    """Build an update from new values by key id.

    Raises
    ------
    RefusedAction
        Nothing changes: an empty update is never proposed.
    """
    if not changes:
        raise RefusedAction("nothing to propose: the plan changes no parameter (see its reasons with `alvh plan`)")
    keys = tuple(sorted(changes))
    return Update(keys, tuple(changes[key] for key in keys), observed_at, observed_at + life_seconds, inputs_hash)


def check_update(snapshot: Snapshot, update: Update, source: str, at: int) -> None:
    """Ask the contract whether the update would pass, applied at time `at`; its setter runs the same code.

    Raises
    ------
    ContractReverted
        The first rule that the update breaks, by name, with the numbers.
    """
    reason = snapshot.read("HedgeParameters", "check", update.argument(), SOURCE[source], at)
    if reason:
        raise decode_reason(bytes(reason), "the update")


def update_call(snapshot: Snapshot, update: Update) -> Call:
    """Return the call `applyUpdate(update)`."""
    return snapshot.call("HedgeParameters", "applyUpdate", update.argument())


def decode_update(snapshot: Snapshot, target: str, calldata: bytes) -> Update | None:
    """Read an update back from a proposal's calldata.

    Anyone may propose any bytes, so None means everything else: another call, malformed calldata, keys that do
    not exist or are not one to one with the values.
    """
    address = snapshot.deployment.address("HedgeParameters")
    if target.lower() != address.lower():
        return None
    try:
        function, arguments = decode_call("HedgeParameters", calldata)
    except UsageError:
        return None
    if function.name != "applyUpdate":
        return None
    fields: Any = arguments["update"]
    if len(fields["keys"]) != len(fields["values"]) or any(key >= len(KEYS) for key in fields["keys"]):
        return None
    return Update.of(fields)


def update_words(update: Update) -> list[str]:
    """Say what an update sets, by key name; a key that does not exist by its number."""
    names = [KEYS[key].name if key < len(KEYS) else f"key {key}" for key in update.keys]
    return [f"{name} {value}" for name, value in zip(names, update.values, strict=False)]
