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
    """The tuple that `HedgeParameters` takes: key ids ascending, new values, unix seconds, hash of the inputs.

    `asset` is whose own ledger it is for, empty for the main one: it is where the update goes, not part of it.
    """

    keys: tuple[int, ...]
    values: tuple[int, ...]
    observed_at: int
    expiry: int
    inputs_hash: str
    asset: str = ""

    def argument(self) -> tuple[tuple[int, ...], tuple[int, ...], int, int, bytes]:
        """Return the struct as the ABI wants it."""
        return self.keys, self.values, self.observed_at, self.expiry, bytes.fromhex(self.inputs_hash[2:])

    @property
    def hash(self) -> str:
        """Return its name: the keccak-256 of the struct, as the contract makes it."""
        return "0x" + keccak(encode_call("HedgeParameters", "applyUpdate", self.argument()).data[4:]).hex()

    @classmethod
    def of(cls, fields: Mapping[str, Any], asset: str = "") -> Update:
        """Build an update from the struct as it is decoded, by name."""
        inputs_hash = "0x" + bytes(fields["inputsHash"]).hex()
        keys, values = tuple(fields["keys"]), tuple(fields["values"])
        return cls(keys, values, fields["observedAt"], fields["expiry"], inputs_hash, asset)


def build_update(
    changes: dict[int, int], observed_at: int, life_seconds: int, inputs_hash: str, asset: str = ""
) -> Update:
    """Build an update from new values by key id; `asset` : whose own ledger it is for.

    Raises
    ------
    RefusedAction
        Nothing changes: an empty update is never proposed.
    """
    if not changes:
        raise RefusedAction("nothing to propose: the plan changes no parameter (see its reasons with `alvh plan`)")
    keys = tuple(sorted(changes))
    values, expiry = tuple(changes[key] for key in keys), observed_at + life_seconds
    return Update(keys, values, observed_at, expiry, inputs_hash, asset)


def check_update(snapshot: Snapshot, update: Update, source: str, at: int) -> None:
    """Ask the contract whether the update would pass, applied at time `at`; its setter runs the same code.

    Raises
    ------
    ContractReverted
        The first rule that the update breaks, by name, with the numbers.
    """
    ledger = snapshot.deployment.ledger(update.asset)
    reason = snapshot.read("HedgeParameters", "check", update.argument(), SOURCE[source], at, at=ledger)
    if reason:
        raise decode_reason(bytes(reason), "the update")


def update_call(snapshot: Snapshot, update: Update) -> Call:
    """Return the call `applyUpdate(update)`."""
    ledger = snapshot.deployment.ledger(update.asset)
    return snapshot.call("HedgeParameters", "applyUpdate", update.argument(), at=ledger)


def decode_update(snapshot: Snapshot, target: str, calldata: bytes) -> Update | None:
    """Read an update back from a proposal's calldata.

    Anyone may propose any bytes, so None means everything else: another call, malformed calldata, keys that do
    not exist or are not one to one with the values.
    """
    asset = snapshot.deployment.ledger_at(target)
    if asset is None:
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
    return Update.of(fields, asset)


def update_words(update: Update) -> list[str]:
    """Say what an update sets, by key name, and whose own ledger it is for; a key that does not exist by its number."""
    own = f"{update.asset} " if update.asset else ""
    names = [own + (KEYS[key].name if key < len(KEYS) else f"key {key}") for key in update.keys]
    return [f"{name} {value}" for name, value in zip(names, update.values, strict=False)]
