"""Who is at an address that holds a role, or is to hold one: a Safe and what has power over it, an account, or else.

    code -> an account, a delegated one (EIP-7702), a contract -> does it answer as a Safe?
         -> its own code, singleton, fallback handler, guards, modules

A contract may answer whatever it likes: what cannot be read, or cannot be true, is named in `troubles` and stops
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from eth_utils import keccak, to_checksum_address

from bridge.errors import ChainError, MissingBlock, NodeUnreachable, UnknownAddress
from bridge.foreign import foreign
from bridge.governance.safe_builds import HANDLERS, PROXIES, SINGLETONS
from bridge.snapshot import Snapshot

SENTINEL: Final = "0x0000000000000000000000000000000000000001"
"""Where a Safe's list of modules begins and ends."""
ENDS: Final = frozenset({SENTINEL, "0x0000000000000000000000000000000000000000"})
"""What is never an owner or a module."""
SINGLETON_SLOT: Final = 0
GUARD_SLOT: Final = int.from_bytes(keccak(text="guard_manager.guard.address"))
MODULE_GUARD_SLOT: Final = int.from_bytes(keccak(text="module_manager.module_guard.address"))
HANDLER_SLOT: Final = int.from_bytes(keccak(text="fallback_manager.handler.address"))
DELEGATED: Final = bytes.fromhex("ef0100")
"""How the code of an account begins that runs another's (EIP-7702); the other's address follows."""
MOST_MODULES: Final = 50
"""Modules that are read of one Safe."""
MOST_OWNERS: Final = 200
"""Owners that a Safe is believed to have."""
MOST_BYTES: Final = 32 * (2 + MOST_OWNERS)
"""Of an answer; a list of addresses is its place and its length before them."""
MOST_NAMED: Final = 5
"""Addresses that a warning names one by one."""
ADDRESSES: Final = 1 << 160
RESERVED: Final = 1 << 16
"""Addresses below it are nobody's: zero, the contracts that are part of the chain, and places to burn things."""
ROLES_OF_SAFES: Final = ("guardian", "steward")

ACCOUNT, DELEGATE, SAFE, CONTRACT = "account", "delegated account", "Safe", "contract"


@dataclass(frozen=True)
class Part:
    """A contract that a Safe runs: where it is, and which build; `build` is empty where it is none that is known."""

    address: str
    build: str


@dataclass(frozen=True)
class Inspected:
    """What is at an address at a block.

    Parameters
    ----------
    kind
        "account" (no code), "delegated account", "Safe" or "contract".
    delegate
        Whose code a delegated account runs.
    owners, threshold, nonce
        Of a Safe.
    proxy
        The version of the Safe proxy whose code it has; empty where it is none that is known.
    singleton, handler
        What a Safe runs, and what answers for it; None where there is none.
    guard, module_guard
        What may refuse its transactions, and those of its modules (from Safe 1.5 on).
    modules, more_modules
        Who acts as the Safe without its owners, and whether there are more than were read.
    troubles
        What could not be read, or cannot be true.
    """

    address: str
    block: int
    kind: str
    delegate: str | None = None
    owners: tuple[str, ...] = ()
    threshold: int | None = None
    nonce: int | None = None
    proxy: str = ""
    singleton: Part | None = None
    handler: Part | None = None
    guard: str | None = None
    module_guard: str | None = None
    modules: tuple[str, ...] = ()
    more_modules: bool = False
    troubles: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Say in a few words what is there."""
        if int(self.address, 16) < RESERVED:
            return "nobody's address"
        if self.kind != SAFE:
            told = {ACCOUNT: "a plain account", DELEGATE: f"an account that runs the code of {self.delegate}"}
            return told.get(self.kind, "a contract that is no Safe")
        parts = [f"a Safe of {self.threshold} of {len(self.owners)} owners"]
        parts.append(self.singleton.build or "code that is not known" if self.singleton else "no singleton")
        parts.append(self.handler.build or "a handler that is not known" if self.handler else "no handler")
        parts.append(f"guard {self.guard}" if self.guard else "no guard")
        parts += [f"module guard {self.module_guard}"] if self.module_guard else []
        count = f"{len(self.modules)}{' or more' if self.more_modules else ''}" if self.modules else "no"
        parts.append(f"{count} module{'' if len(self.modules) == 1 else 's'}")
        return ", ".join(parts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Say what a person should know before this address holds a role, or while it does."""
        about = {ACCOUNT: _of_account, DELEGATE: _of_account, SAFE: _of_safe, CONTRACT: _of_contract}[self.kind]
        return (*about(self), *self.troubles)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON, with the words and the warnings."""
        return asdict(self) | {"words": self.words, "warnings": list(self.warnings)}


def _of_account(seen: Inspected) -> list[str]:
    if int(seen.address, 16) < RESERVED:
        return [f"{seen.address} is nobody's: nobody can act from it"]
    if seen.kind == ACCOUNT:
        return [f"{seen.address} has no code: whoever has its one key has the whole role, or there is no key at all"]
    return [
        f"{seen.address} is an account with one key that runs the code of {seen.delegate} (EIP-7702): whoever has the "
        "key has the whole role, and so has whoever that code obeys"
    ]


def _of_contract(seen: Inspected) -> list[str]:
    return [f"{seen.address} is a contract and no Safe: who may act through it is not known here"]


def _of_safe(seen: Inspected) -> list[str]:
    at, found = seen.address, []
    if len(seen.owners) == 1:
        found.append(f"{at} is a Safe with one owner, {seen.owners[0]}: one key has the whole role")
    elif seen.threshold == 1:
        found.append(
            f"{at} is a Safe of {len(seen.owners)} owners of whom one is enough: any of their keys has the role"
        )
    if not seen.proxy:
        found.append(f"{at} has code that is no Safe proxy known here: what it says of itself need not be true")
    if seen.singleton and not seen.singleton.build:
        code = f"runs the code at {seen.singleton.address}, which is no Safe 1.3.0, 1.4.1 or 1.5.0"
        found.append(f"{at} {code}: whether it asks for its owners' signatures is not known")
    if seen.handler and not seen.handler.build:
        what = "it answers in the Safe's name, also whether a signature is the Safe's"
        found.append(f"{at} has the fallback handler {seen.handler.address}, which is none known here: {what}")
    if seen.guard:
        found.append(f"{at} has a guard, {seen.guard}: it can refuse every transaction that the owners sign")
    if seen.module_guard:
        found.append(f"{at} has a module guard, {seen.module_guard}: it can refuse what modules do (from Safe 1.5 on)")
    if seen.modules:
        can = "can make every call of the Safe and move everything, without a signature of its owners"
        found.append(f"{at} has {_listed(seen)} that {can}")
    return found


def _listed(seen: Inspected) -> str:
    named = ", ".join(seen.modules[:MOST_NAMED])
    left = len(seen.modules) - MOST_NAMED
    more = f" and {left} more" if left > 0 else ""
    more += f" (and others behind these {len(seen.modules)}, which were not read)" if seen.more_modules else ""
    return f"the module{'s' if len(seen.modules) > 1 else ''} {named}{more}"


def inspect_address(snapshot: Snapshot, address: str) -> Inspected:
    """Look at an address at the snapshot's block.

    Raises
    ------
    NodeUnreachable, MissingBlock
        There is nothing to look at; whatever a contract answers raises nothing.
    """
    code = snapshot.code(address)
    if not code:
        return Inspected(address, snapshot.block.number, ACCOUNT)
    if code[:3] == DELEGATED and len(code) == 23:
        return Inspected(address, snapshot.block.number, DELEGATE, to_checksum_address(code[3:]))
    return _Look(snapshot, address).result(PROXIES.get(keccak(code).hex(), ""))


def inspect_holders(snapshot: Snapshot) -> dict[str, Inspected]:
    """Look at who the deployment names guardian and steward, by role."""
    named = snapshot.deployment.accounts
    return {role: inspect_address(snapshot, named[role]) for role in ROLES_OF_SAFES if role in named}


@dataclass
class _Look:
    """One look at a contract; what it answers wrong is gathered."""

    snapshot: Snapshot
    address: str
    troubles: list[str] = field(default_factory=list)

    def result(self, proxy: str) -> Inspected:
        """Read everything; a contract that has no owners, or no threshold that they can reach, is no Safe."""
        owners, threshold = self._owners()
        at, block = self.address, self.snapshot.block.number
        if threshold is None:
            return Inspected(at, block, CONTRACT, troubles=tuple(self.troubles))
        modules, more = self._modules()
        parts: dict[str, Any] = {
            "singleton": self._part(SINGLETON_SLOT, "singleton", SINGLETONS, "Safe"),
            "handler": self._part(HANDLER_SLOT, "fallback handler", HANDLERS, "CompatibilityFallbackHandler"),
            "guard": self._guard(GUARD_SLOT, "guard"),
            "module_guard": self._guard(MODULE_GUARD_SLOT, "module guard"),
        }
        nonce = self._asked("nonce")
        return Inspected(
            at,
            block,
            SAFE,
            owners=owners,
            threshold=threshold,
            nonce=None if nonce is None else int(nonce),
            proxy=proxy,
            modules=modules,
            more_modules=more,
            **parts,
            troubles=tuple(self.troubles),
        )

    def _asked(self, function: str, *arguments: Any) -> Any:
        """Return what the contract answers, None where it refuses or answers something else."""
        try:
            return self.snapshot.read("Safe", function, *arguments, at=self.address, most_bytes=MOST_BYTES)
        except MissingBlock:
            raise
        except (ChainError, UnknownAddress) as error:
            if isinstance(error, NodeUnreachable) and not error.too_much:
                raise
            why = "its answer is none, or too long" if isinstance(error, UnknownAddress) else foreign(error)
            self.troubles.append(f"{self.address} does not answer {function} as a Safe does ({why})")
            return None

    def _owners(self) -> tuple[tuple[str, ...], int | None]:
        """Read owners and threshold; no threshold where they are not those of a Safe."""
        owners = self._asked("getOwners")
        threshold = None if owners is None else self._asked("getThreshold")
        if owners is None or threshold is None:
            return (), None
        different = len(set(owners)) == len(owners) and not ENDS & set(owners)
        if not different or not 0 < threshold <= len(owners):
            who = "" if different else ", who are not all different accounts"
            said = f"{foreign(threshold, 20)} of {len(owners)} owners must sign{who}"
            self.troubles.append(f"{self.address} answers that {said}: no Safe is so")
            return (), None
        return tuple(owners), int(threshold)

    def _modules(self) -> tuple[tuple[str, ...], bool]:
        """Read the list of modules up to `MOST_MODULES`, and tell whether it goes on."""
        answer = self._asked("getModulesPaginated", SENTINEL, MOST_MODULES)
        if answer is None:
            return (), False
        found, following = answer
        if len(found) > MOST_MODULES:
            self.troubles.append(f"{self.address} answers {len(found)} modules where {MOST_MODULES} were asked for")
            found, following = found[:MOST_MODULES], found[MOST_MODULES]
        again = [module for module, times in Counter(found).items() if times > 1]
        ends = following in ENDS
        if again:
            self.troubles.append(
                f"the list of modules of {self.address} goes round: {again[0]} is in it more than once"
            )
        elif not ends and len(found) < MOST_MODULES:
            self.troubles.append(f"the list of modules of {self.address} breaks off: there may be others")
        return tuple(dict.fromkeys(found)), not ends and not again

    def _stored(self, slot: int, what: str) -> str | None:
        """Read the address in a slot; None where it is empty."""
        try:
            word = self.snapshot.storage(self.address, slot)
        except (NodeUnreachable, MissingBlock):
            raise
        except ChainError as error:
            self.troubles.append(f"the {what} of {self.address} cannot be read ({foreign(error)})")
            return None
        if word >= ADDRESSES:
            self.troubles.append(f"the {what} of {self.address} is stored as 0x{word:064x}, which is no address")
        return to_checksum_address((word % ADDRESSES).to_bytes(20)) if word % ADDRESSES else None

    def _part(self, slot: int, what: str, builds: Mapping[str, str], ours: str) -> Part | None:
        """Name the contract in a slot: by its code, or as the one of this deployment."""
        at = self._stored(slot, what)
        if at is None:
            return None
        build = builds.get(self.snapshot.code_hash(at).hex(), "")
        if not build and self.snapshot.deployment.contracts.get(ours) == at:
            build = f"{ours} of this deployment"
        return Part(at, build)

    def _guard(self, slot: int, what: str) -> str | None:
        at = self._stored(slot, what)
        if at is not None and not self.snapshot.has_code(at):
            self.troubles.append(f"the {what} {at} of {self.address} has no code: whatever it should check is refused")
        return at


def warning_lines(seen: Inspected) -> Sequence[str]:
    """Return a line for each warning, with the block that it was seen at."""
    return [f"warning, at block {seen.block}: {words}" for words in seen.warnings]
