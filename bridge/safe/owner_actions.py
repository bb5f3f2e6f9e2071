"""What a Safe does to itself, by name: its owners, how many must sign, and a nonce that is used up for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eth_typing import HexStr

from bridge.chain.addresses import checked_address
from bridge.errors import RefusedAction, UsageError
from bridge.governance.inspection import RESERVED
from bridge.safe.multisig import FIRST_OWNER, SafeState, read_safe
from bridge.snapshot import Call

if TYPE_CHECKING:
    from bridge.safe.actions import SafeContext


def build_add(context: SafeContext, arguments: Sequence[str]) -> Call:
    """Add an owner, and say how many must sign from then on."""
    safe, new = read_safe(context, context.safe), checked_address(arguments[0])
    _require_stranger(safe, new)
    threshold = _threshold(arguments[1], len(safe.owners) + 1)
    return context.call("Safe", "addOwnerWithThreshold", new, threshold, at=context.safe)


def build_remove(context: SafeContext, arguments: Sequence[str]) -> Call:
    """Remove an owner, and say how many of the others must sign."""
    safe, old = read_safe(context, context.safe), checked_address(arguments[0])
    before = _before(safe, old)
    threshold = _threshold(arguments[1], len(safe.owners) - 1)
    return context.call("Safe", "removeOwner", before, old, threshold, at=context.safe)


def build_swap(context: SafeContext, arguments: Sequence[str]) -> Call:
    """Put another owner into an owner's place."""
    safe = read_safe(context, context.safe)
    old, new = map(checked_address, arguments)
    if old not in safe.owners or new in safe.owners:
        raise RefusedAction(
            f"{old} must be an owner of the Safe and {new} must not: owners are {', '.join(safe.owners)}"
        )
    _require_stranger(safe, new)
    return context.call("Safe", "swapOwner", _before(safe, old), old, new, at=context.safe)


def build_change_threshold(context: SafeContext, arguments: Sequence[str]) -> Call:
    """Say how many owners must sign."""
    safe = read_safe(context, context.safe)
    threshold = _threshold(arguments[0], len(safe.owners))
    if threshold == safe.threshold:
        raise RefusedAction(f"{threshold} of {len(safe.owners)} owners must sign already: there is nothing to change")
    return context.call("Safe", "changeThreshold", threshold, at=context.safe)


def build_reject(context: SafeContext, _: Sequence[str]) -> Call:
    """Use up a nonce for nothing, so that nothing else with it can be executed."""
    return context.safe, HexStr("0x")


def _require_stranger(safe: SafeState, new: str) -> None:
    """Check that an address can become an owner; the Safe itself would say no more than GS203 or GS204."""
    if new in safe.owners:
        raise RefusedAction(f"{new} is an owner already: owners are {', '.join(safe.owners)}")
    if int(new, 16) < RESERVED or new == safe.address:
        raise RefusedAction(f"{new} cannot sign, so it is no owner: name an account")


def _before(safe: SafeState, old: str) -> str:
    """Return what stands before an owner in the Safe's list."""
    if old not in safe.owners:
        raise RefusedAction(f"{old} is not an owner: owners are {', '.join(safe.owners)}")
    return (FIRST_OWNER, *safe.owners)[safe.owners.index(old)]


def _threshold(text: str, owners: int) -> int:
    """Read how many owners must sign."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 4:
        raise UsageError(f"{text[:20]!r} owners cannot sign: give how many must, as a number")
    if not 0 < int(text) <= owners:
        raise RefusedAction(f"a Safe of {owners} owners cannot need {int(text)} signatures")
    return int(text)
