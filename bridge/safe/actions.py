"""What a Safe of ours is asked to do, by name: the guardian's powers, the steward's updates, a Safe's own owners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eth_utils import is_address, to_checksum_address

from bridge.errors import RefusedAction, UnknownAddress, UsageError
from bridge.governance.governor import cancel_call, list_proposals, require_step
from bridge.governance.steward import find_pending_update
from bridge.governance.updates import build_update
from bridge.plans.records import PlanRecord
from bridge.safe.multisig import read_safe
from bridge.snapshot import Call, Snapshot

FIRST_OWNER = "0x0000000000000000000000000000000000000001"  # the Safe's list of owners begins before its first one


@dataclass(frozen=True)
class SafeContext(Snapshot):
    """A snapshot and the Safe that acts; for the steward also the newest plan and how long its update may wait."""

    safe: str
    plan: Callable[[], PlanRecord]
    life_seconds: int


Build = Callable[[SafeContext, Sequence[str]], Call]


@dataclass(frozen=True)
class SafeAction:
    """An action: which Safe does it by default, the names of its arguments, what it does, and how its call is built."""

    safe: str
    arguments: tuple[str, ...]
    words: str
    build: Build


def _plain(function: str) -> Build:
    return lambda context, _: context.call("HedgeParameters", function)


def _veto(context: SafeContext, arguments: Sequence[str]) -> Call:
    waiting = find_pending_update(context, arguments[0])
    return context.call("HedgeParameters", "veto", bytes.fromhex(waiting.hash[2:]))


def _apply(context: SafeContext, arguments: Sequence[str]) -> Call:
    waiting = find_pending_update(context, arguments[0])
    return context.call("HedgeParameters", "applyScheduled", waiting.update.argument())


def _schedule(context: SafeContext, _: Sequence[str]) -> Call:
    from bridge.governance.proposals import require_proposable

    record = context.plan()
    update = build_update(record.changes(), record.observed_at, context.life_seconds, record.inputs_hash)
    require_proposable(record)
    return context.call("HedgeParameters", "scheduleUpdate", update.argument())


def _cancel(context: SafeContext, arguments: Sequence[str]) -> Call:
    every = list_proposals(context)
    found = [one for one in every if str(one.id).startswith(arguments[0])]
    if len(found) != 1:
        raise RefusedAction(f"{len(found)} proposals begin with {arguments[0]}: `alvh gov list` shows them all")
    require_step(found[0], "cancel")
    return cancel_call(context, found[0].action)


def _stop(context: SafeContext, _: Sequence[str]) -> Call:
    return context.call("RegimeAutomation", "stop")


def _swap_owner(context: SafeContext, arguments: Sequence[str]) -> Call:
    for one in arguments:
        if not is_address(one):
            raise UnknownAddress(one, "an address (0x and 40 hex digits)")
    old, new = (to_checksum_address(one) for one in arguments)
    owners = read_safe(context, context.safe).owners
    if old not in owners or new in owners:
        raise RefusedAction(f"{old} must be an owner of the Safe and {new} must not: owners are {', '.join(owners)}")
    before = (FIRST_OWNER, *owners)[owners.index(old)]
    return context.call("Safe", "swapOwner", before, old, new, at=context.safe)


ACTIONS = {
    "rollback": SafeAction("guardian", (), "go back to values that were voted", _plain("rollback")),
    "pause": SafeAction("guardian", (), "stop every update until a vote ends it", _plain("pause")),
    "veto": SafeAction("guardian", ("UPDATE_HASH",), "refuse a steward's update for good", _veto),
    "cancel": SafeAction("guardian", ("PROPOSAL",), "cancel a proposal for good", _cancel),
    "stop-automation": SafeAction("guardian", (), "stop the automation until a vote sets a table", _stop),
    "swap-owner": SafeAction("guardian", ("OLD", "NEW"), "replace an owner of the Safe", _swap_owner),
    "schedule": SafeAction("steward", (), "announce the newest plan's update", _schedule),
    "apply": SafeAction("steward", ("UPDATE_HASH",), "apply an announced update whose delay is over", _apply),
}


def find_action(name: str, arguments: Sequence[str]) -> SafeAction:
    """Find an action by name and check the number of its arguments.

    Raises
    ------
    UsageError
        There is no such action, or it takes other arguments.
    """
    if name not in ACTIONS:
        raise UsageError(f"no action {name!r}: one of {', '.join(ACTIONS)}")
    action = ACTIONS[name]
    if len(arguments) != len(action.arguments):
        raise UsageError(f"usage: {' '.join((name, *action.arguments))} ({action.words})")
    return action
