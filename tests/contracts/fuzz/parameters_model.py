"""What HedgeParameters must answer, by its documents: a state that events rebuild, and the rules judged on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from eth_abi import encode
from eth_utils import keccak
from governed import COUNT, GUARDIAN, RULE_ERRORS, STEWARD, TIMELOCK, Update
from ledger import Ledger
from onchain import DAY, HOUR
from stage import Event

from hedge.policy.parameters import KEYS, Parameters, broken_rules

WINDOW, WINDOW_STEPS, STEWARD_DELAY, SCHEDULE_LIFE = 7 * DAY, 3, DAY, 3 * DAY
MOST_LIFE, LEAST_COOLDOWN, MOST_COOLDOWN = 90 * DAY, HOUR, 90 * DAY
DAO, BY_STEWARD, BY_AUTOMATION = range(3)
ADMIN = bytes(32)
STEWARDS, GUARDIANS, AUTOMATONS = (keccak(text=f"{name}_ROLE") for name in ("STEWARD", "GUARDIAN", "AUTOMATION"))
ROLES = (ADMIN, STEWARDS, GUARDIANS, AUTOMATONS)
ALLOWED = {
    "applyUpdate": ADMIN, "setLimits": ADMIN, "unpause": ADMIN, "grantRole": ADMIN, "revokeRole": ADMIN,
    "scheduleUpdate": STEWARDS, "applyScheduled": STEWARDS, "applyAutomated": AUTOMATONS,
    "veto": GUARDIANS, "vetoAll": GUARDIANS, "pause": GUARDIANS,
    "suspendSteward": GUARDIANS, "resumeSteward": ADMIN, "rollback": GUARDIANS,
}  # fmt: skip
Limits = tuple[int, int, int, int, int]
"""min, max, stepUp, stepDown, cooldown."""


def across(values: list[int]) -> set[str]:
    """Return the errors of the rules across keys that a tuple breaks, as hedge knows them."""
    return {RULE_ERRORS[broken.rule] for broken in broken_rules(Parameters.from_values(values))}


def update_hash(update: Update) -> bytes:
    """Return the name of an update."""
    return keccak(encode(["(uint8[],uint32[],uint64,uint64,bytes32)"], [update]))


@dataclass
class ParametersModel:
    """The state, as the events tell it; every `judge_` returns the errors of which the contract must give one."""

    born: int
    limits: list[Limits]
    ledger: Ledger = field(default_factory=Ledger)
    observed: dict[int, int] = field(default_factory=lambda: {DAO: 0, BY_STEWARD: 0, BY_AUTOMATION: 0})
    waiting: dict[bytes, int] = field(default_factory=dict)
    vetoed: set[bytes] = field(default_factory=set)
    is_paused: bool = False
    is_suspended: bool = False
    version: int = 1

    def __post_init__(self) -> None:
        self.rests = [self.born + limit[4] for limit in self.limits]  # after a change by anyone
        self.rests_dao = [*self.rests]  # after one by the DAO, or after a rollback of its vote
        self.windows = [(value, self.born) for value in self.ledger.current]
        self.members = {ADMIN: {TIMELOCK.lower()}, STEWARDS: {STEWARD.lower()}, GUARDIANS: {GUARDIAN.lower()}}
        self.members[AUTOMATONS] = set()
        self.once_voted = {tuple(self.ledger.voted)}

    def may(self, actor: str, role: bytes) -> bool:
        """Return whether an actor holds a role."""
        return actor.lower() in self.members[role]

    def ready_at(self, key: int, source: int) -> int:
        """Return when a key's cooldown ends: the DAO waits for itself alone, the others for everybody."""
        return (self.rests_dao if source == DAO else self.rests)[key]

    def rest(self, key: int, until: int, of_dao: bool) -> None:
        """Start a cooldown of a key; one that runs longer goes on."""
        self.rests[key] = max(self.rests[key], until)
        if of_dao:
            self.rests_dao[key] = max(self.rests_dao[key], until)

    def judge(self, update: Update, source: int, at: int, now: int) -> set[str]:
        """Judge an update that would be applied at a time."""
        if self.is_paused:
            return {"EnforcedPause"}
        if source == BY_STEWARD and self.is_suspended:
            return {"StewardIsSuspended"}
        keys, values, *_ = update
        found = self._envelope(update, source, at, now)
        for number, (key, value) in enumerate(zip(keys, values, strict=False)):
            found = found or self._key(keys[:number], key, value, source, at)
        return found or across(self.after(update))

    def after(self, update: Update) -> list[int]:
        """Return the tuple that an update leads to."""
        changes = dict(zip(update[0], update[1], strict=True))
        return [changes.get(key, value) for key, value in enumerate(self.ledger.current)]

    def _envelope(self, update: Update, source: int, at: int, now: int) -> set[str]:
        keys, values, seen, expiry, _ = update
        rules = (
            (len(keys) != len(values), "LengthMismatch"),
            (not keys, "EmptyUpdate"),
            (seen > now, "FutureObservation"),
            (seen <= self.observed[source], "NotNewer"),
            (expiry <= seen, "ExpiryNotAfterObservation"),
            (expiry - seen > MOST_LIFE, "LifetimeTooLong"),
            (at > expiry, "Expired"),
        )
        return next(({name} for is_broken, name in rules if is_broken), set())

    def _key(self, before: list[int], key: int, new: int, source: int, at: int) -> set[str]:
        if any(earlier >= key for earlier in before):
            return {"KeysNotAscending"}
        if key >= COUNT:
            return {"UnknownKey"}
        least, most, step_up, step_down, _ = self.limits[key]
        old, (start, began) = self.ledger.current[key], self.windows[key]
        step = step_up if new > old else step_down
        drift = max(new - start, 0) if new > old else max(start - new, 0)
        confirms = source == DAO and self.ledger.voted[key] != old
        rules = (
            (not least <= new <= most, "OutOfBounds"),
            (abs(new - old) > step, "StepTooLarge"),
            (new != old and at < began + WINDOW and drift > WINDOW_STEPS * step, "DriftTooLarge"),
            (new == old and not confirms, "NoChange"),
            (at < self.ready_at(key, source), "CoolingDown"),
        )
        return next(({name} for is_broken, name in rules if is_broken), set())

    def window(self, key: int) -> tuple[int, int, int, int]:
        """Return where a key's window began, how far it may fall and rise inside it, and when it ends."""
        least, most, step_up, step_down, _ = self.limits[key]
        start, began = self.windows[key]
        lowest, highest = max(start - WINDOW_STEPS * step_down, least), min(start + WINDOW_STEPS * step_up, most)
        return start, lowest, highest, began + WINDOW

    def judge_limits(self, key: int, limits: Limits) -> set[str]:
        """Judge other limits of a key."""
        if key >= COUNT:
            return {"UnknownKey"}
        least, most, step_up, step_down, cooldown = limits
        rules = (
            (least > most, "BoundsReversed"),
            (least < KEYS[key].least or most > KEYS[key].most, "BeyondOuterBounds"),
            (not least <= self.ledger.current[key] <= most, "OutOfBounds"),
            (0 in (step_up, step_down), "ZeroStep"),
            (not LEAST_COOLDOWN <= cooldown <= MOST_COOLDOWN, "BadCooldown"),
            (not least <= self.ledger.voted[key] <= most, "OutOfBounds"),
        )
        return next(({name} for is_broken, name in rules if is_broken), set())

    def judge_rollback(self, keys: list[int], derisked: bool) -> set[str]:
        """Judge a rollback: today's bounds and the rules across keys count, steps and cooldowns do not."""
        if any(key >= COUNT for key in keys):
            return {"UnknownKey"}
        goal, _ = self.ledger.behind(keys, derisked)
        if goal == self.ledger.current:
            return {"NothingToRollBack"}
        inside = all(limit[0] <= value <= limit[1] for value, limit in zip(goal, self.limits, strict=True))
        return across(goal) if inside else {"OutOfBounds"}

    def judge_waiting(self, name: bytes) -> set[str]:
        """Judge whether an update waits."""
        if name in self.vetoed:
            return {"Vetoed"}
        return set() if name in self.waiting else {"NotScheduled"}

    def is_over(self, name: bytes, at: int) -> bool:
        """Return whether an update that was announced can no longer be applied."""
        return at > self.waiting[name] + SCHEDULE_LIFE

    def see(self, event: Event, at: int) -> None:
        """Follow one event."""
        name, said = event
        getattr(self, f"_see_{name}")(said, at)

    def _see_UpdateApplied(self, said: dict[str, Any], at: int) -> None:
        changes = dict(zip(said["changedKeys"], said["newValues"], strict=True))
        source, seen = said["source"], said["observedAt"]
        for key in changes:
            if at >= self.windows[key][1] + WINDOW:
                self.windows[key] = (self.ledger.current[key], at)
            self.rest(key, at + self.limits[key][4], source == DAO)
        for origin in self.observed:
            if origin == source or origin != DAO:
                self.observed[origin] = max(self.observed[origin], seen)
        self.ledger.apply("vote" if source == DAO else "steer", changes)
        self._count(said)

    def _see_RolledBack(self, said: dict[str, Any], at: int) -> None:
        for key, (old, new) in enumerate(zip(said["oldValues"], said["newValues"], strict=True)):
            if old == new:
                continue
            self.windows[key] = (new, at)
            if not said["ofSteward"] or self.rests_dao[key] < self.rests[key]:  # else for limits that the DAO set since
                self.rest(key, at + self.limits[key][4], not said["ofSteward"])
        self.ledger.roll_back(list(said["newValues"]), said["ofSteward"])
        self._count(said)

    def _count(self, said: dict[str, Any]) -> None:
        self.version += 1
        assert said["version"] == self.version
        self.once_voted.add(tuple(self.ledger.voted))

    def _see_LimitsSet(self, said: dict[str, Any], at: int) -> None:
        key = said["key"]
        self.rest(key, at + max(self.limits[key][4], said["limits"][4]), True)
        self.limits[key] = said["limits"]

    def _see_UpdateScheduled(self, said: dict[str, Any], at: int) -> None:
        self.waiting[said["updateHash"]] = said["readyAt"]

    def _see_UpdateReleased(self, said: dict[str, Any], at: int) -> None:
        del self.waiting[said["updateHash"]]

    def _see_UpdateVetoed(self, said: dict[str, Any], at: int) -> None:
        self.vetoed.add(said["updateHash"])

    def _see_AllVetoed(self, said: dict[str, Any], at: int) -> None:
        self.vetoed |= set(self.waiting)

    def _see_StewardSuspended(self, said: dict[str, Any], at: int) -> None:
        self.is_suspended = True

    def _see_StewardResumed(self, said: dict[str, Any], at: int) -> None:
        self.is_suspended = False

    def _see_Paused(self, said: dict[str, Any], at: int) -> None:
        self.is_paused = True

    def _see_Unpaused(self, said: dict[str, Any], at: int) -> None:
        self.is_paused = False

    def _see_RoleGranted(self, said: dict[str, Any], at: int) -> None:
        self.members[said["role"]].add(said["account"])

    def _see_RoleRevoked(self, said: dict[str, Any], at: int) -> None:
        self.members[said["role"]].discard(said["account"])
