"""What our Safes are asked to do, by name: the guardian's powers, the steward's updates, a Safe's own owners.

To add an action, write a function that builds its call and register it here with `safe_action`: the help of
`alvh safe propose` and the check of its arguments come from the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bridge.action_kinds import ActionKind, ActionRegistry
from bridge.governance.chosen import chosen_proposal
from bridge.governance.governor import cancel_call, require_step
from bridge.governance.rollback import EVERY_KEY, read_rollback, require_moving
from bridge.governance.steward import find_pending_update
from bridge.governance.updates import build_update
from bridge.plans.records import PlanRecord
from bridge.safe.owner_actions import build_add, build_change_threshold, build_reject, build_remove, build_swap
from bridge.snapshot import Call, Snapshot


@dataclass(frozen=True)
class SafeContext(Snapshot):
    """A snapshot and the Safe that acts; for the steward also the newest plan and how long its update may wait.

    For a rollback, the keys that are asked for, and whether those that were de-risked since go back too.
    """

    safe: str
    plan: Callable[[], PlanRecord]
    life_seconds: int
    asset: str = ""
    keys: tuple[int, ...] = EVERY_KEY
    derisked: bool = False

    def of(self, asset: str) -> SafeContext:
        """Return the same with an asset's own ledger of parameters in the place of the main one."""
        return replace(self, deployment=self.deployment.of(asset), asset=asset) if asset else self


Build = Callable[[SafeContext, Sequence[str]], Call]


@dataclass(frozen=True)
class SafeAction(ActionKind):
    """An action, and which Safe does it by default."""

    safe: str


SAFE_ACTIONS: Final = ActionRegistry[SafeAction]("action")


def safe_action(safe: str, name: str, arguments: tuple[str, ...], words: str, build: Build) -> SafeAction:
    """Register an action under its name; `safe` is who does it by default, the rest as in `ActionKind`.

    Raises
    ------
    BadConfig
        Another action has that name.
    """
    return SAFE_ACTIONS.add(SafeAction(name, arguments, words, build, safe))


def _plain(function: str) -> Build:
    return lambda context, _: context.call("HedgeParameters", function)


def _rollback(context: SafeContext, _: Sequence[str]) -> Call:
    require_moving(read_rollback(context, context.keys, context.derisked))
    return context.call("HedgeParameters", "rollback", context.keys, context.derisked)


def _veto(context: SafeContext, arguments: Sequence[str]) -> Call:
    waiting = find_pending_update(context, arguments[0])
    ledger = context.deployment.ledger(waiting.update.asset)
    return context.call("HedgeParameters", "veto", bytes.fromhex(waiting.hash[2:]), at=ledger)


def _apply(context: SafeContext, arguments: Sequence[str]) -> Call:
    waiting = find_pending_update(context, arguments[0])
    ledger = context.deployment.ledger(waiting.update.asset)
    return context.call("HedgeParameters", "applyScheduled", waiting.update.argument(), at=ledger)


def _schedule(context: SafeContext, _: Sequence[str]) -> Call:
    from bridge.governance.proposals import require_old_values, require_own_chain, require_proposable

    record = context.plan()
    require_own_chain(context, record)
    update = build_update(record.changes(context.asset), record.observed_at, context.life_seconds, record.inputs_hash)
    require_proposable(record, context.asset)
    require_old_values(context, record, context.asset)
    return context.call("HedgeParameters", "scheduleUpdate", update.argument())


def _cancel(context: SafeContext, arguments: Sequence[str]) -> Call:
    found = chosen_proposal(context, next(iter(arguments), None), certain=True)
    require_step(found, "cancel")
    return cancel_call(context, found.action)


def _stop(context: SafeContext, _: Sequence[str]) -> Call:
    return context.call("RegimeAutomation", "stop")


safe_action("guardian", "rollback", (), "put keys back to values that were voted, see --keys", _rollback)
safe_action("guardian", "pause", (), "stop every update until a vote ends it", _plain("pause"))
safe_action("guardian", "veto", ("UPDATE_HASH",), "refuse a steward's update for good", _veto)
safe_action("guardian", "veto-all", (), "refuse every update that a steward announced for good", _plain("vetoAll"))
safe_action(
    "guardian", "suspend-steward", (), "let the steward do nothing until a vote lets it go on", _plain("suspendSteward")
)
safe_action("guardian", "cancel", ("[PROPOSAL]",), "cancel a proposal for good", _cancel)
safe_action("guardian", "stop-automation", (), "stop the automation until a vote sets a table", _stop)
safe_action("steward", "schedule", (), "announce the newest plan's update", _schedule)
safe_action("steward", "apply", ("UPDATE_HASH",), "apply an announced update whose delay is over", _apply)
safe_action("guardian", "swap-owner", ("OLD", "NEW"), "replace an owner of the Safe", build_swap)
safe_action("guardian", "add-owner", ("NEW", "THRESHOLD"), "add an owner; so many must sign then", build_add)
safe_action("guardian", "remove-owner", ("OLD", "THRESHOLD"), "remove an owner; so many must sign then", build_remove)
safe_action("guardian", "change-threshold", ("THRESHOLD",), "say how many owners must sign", build_change_threshold)
safe_action("guardian", "reject", (), "use up a nonce, --nonce or the next one, for nothing", build_reject)
