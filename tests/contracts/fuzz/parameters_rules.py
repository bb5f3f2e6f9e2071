"""Everybody calls every function of HedgeParameters, with arguments at, inside and beyond every limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from governed import COUNT, GUARDIAN, HASH, STEWARD, TIMELOCK, VALUES, Update
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from onchain import DAY, HOUR
from parameters_model import (
    ADMIN,
    ALLOWED,
    AUTOMATONS,
    BY_AUTOMATION,
    BY_STEWARD,
    DAO,
    MOST_COOLDOWN,
    MOST_LIFE,
    ROLES,
    SCHEDULE_LIFE,
    STEWARD_DELAY,
    WINDOW_STEPS,
    ParametersModel,
    across,
    update_hash,
)
from play import ACTORS, AUTOMATON, GAPS, Play, by, mostly
from stage import Event, Stage, Target

from hedge.policy.parameters import KEYS

MOST32, MOST64 = 2**32 - 1, 2**64 - 1
KINDS = (
    "up", "over", "down", "under", "least", "below", "most", "above", "zero", "huge", "same", "voted", "any", "top",
    "over top", "bottom", "under bottom",
)  # fmt: skip
VALUE = st.tuples(st.sampled_from(["rise"] * 40 + ["fall"] * 20 + list(KINDS)), st.integers(1, 16))
# Half of the moves are of three keys of three words, so that steps of one key meet in its window.
MOVED = st.sampled_from([11] * 9 + [3] * 5 + [18] * 4 + list(range(COUNT)))
EVERY = list(range(COUNT))
BACK = st.one_of(st.just(EVERY), st.lists(st.one_of(MOVED, st.sampled_from([0, COUNT, 255])), max_size=4))
PICKS = st.dictionaries(MOVED, VALUE, min_size=1, max_size=3)
SHAPES = ("reversed", "repeated", "unknown", "most", "value missing", "value too many", "empty")
SEEN = ("future", "equal", "newer", "older", "zero seen", "most seen")
EXPIRY = ("then", "before then", "seen", "after seen", "longest", "too long", "zero", "latest")
FLAWS = mostly("none", *SHAPES, *SEEN, *EXPIRY)
LIMITS = mostly(
    "wide", "reversed", "above value", "below", "beyond", "no step", "no cooldown", "frozen", "tight", "one hour",
    "first",
)  # fmt: skip
LAST = STEWARD_DELAY + SCHEDULE_LIFE
RELEASES = mostly(STEWARD_DELAY, STEWARD_DELAY - 1, 1, LAST, LAST + 1, 7 * DAY)
SETTERS = {"applyUpdate": DAO, "applyAutomated": BY_AUTOMATION, "applyScheduled": BY_STEWARD}


class ParametersRules(Play):
    """The rules; the machine that mixes them in says which contract plays."""

    parameters: Target
    model: ParametersModel

    def __init__(self, stage: Stage) -> None:
        self.sent: list[Update] = []
        self.before = list(VALUES)
        self.is_whole = False
        super().__init__(stage)

    def barred(self, actor: str, function: str) -> set[str]:
        """Return the refusal of an actor without the role."""
        return set() if self.model.may(actor, ALLOWED[function]) else {"AccessControlUnauthorizedAccount"}

    def call(
        self, actor: str, function: str, *arguments: Any, gap: int, refusals: set[str], events: list[Event]
    ) -> bytes:
        """Call the parameters; a role comes before every other rule."""
        barred = self.barred(actor, function) if function in ALLOWED else set()
        said = {self.parameters: events}
        return self.act(
            actor, self.parameters, function, *arguments, gap=gap, refusals=barred or refusals, events=said
        ).data

    def value(self, key: int, kind: str, share: int) -> int:
        """Return a value of a kind, from the key's state now."""
        least, most, step_up, step_down, _ = self.model.limits[key]
        old, (start, _) = self.model.ledger.current[key], self.model.windows[key]
        top, bottom = start + WINDOW_STEPS * step_up, start - WINDOW_STEPS * step_down
        found = {
            "rise": min(old + max(step_up * share // 16, 1), max(most, old), max(top, old)),
            "fall": max(old - max(step_down * share // 16, 1), min(least, old), min(bottom, old)),
            "leap": min(old + min(step_up, (most - least) // 8), most),
            "plunge": max(old - min(step_down, (most - least) // 8), least),
            "up": old + step_up, "over": old + step_up + 1, "down": old - step_down, "under": old - step_down - 1,
            "least": least, "below": least - 1, "most": most, "above": most + 1, "zero": 0, "huge": MOST32,
            "same": old, "voted": self.model.ledger.voted[key],
            "any": least + (most - least) * share // 16, "top": top, "over top": top + 1, "bottom": bottom,
            "under bottom": bottom - 1,
        }[kind]  # fmt: skip
        return min(max(found, 0), MOST32)

    def update(self, picks: dict[int, tuple[str, int]], flaw: str, source: int, at: int, then: int) -> Update:
        """Write an update that would be sent at one second and applied at another."""
        keys = sorted(picks)
        values = [self.value(key, *picks[key]) for key in keys]
        keys, values = {
            "reversed": (keys[::-1], values[::-1]), "repeated": (keys + keys[-1:], [*values, 1]),
            "unknown": ([*keys, COUNT], [*values, 1]), "most": ([*keys, 255], [*values, 1]), "empty": ([], []),
            "value missing": (keys, values[:-1]), "value too many": (keys, [*values, 1]),
        }.get(flaw, (keys, values))  # fmt: skip
        last = self.model.observed[source]
        seen = {
            "future": at + 1, "equal": last, "newer": last + 1, "older": max(last - 1, 0), "zero seen": 0,
            "most seen": MOST64,
        }.get(flaw, at)  # fmt: skip
        expiry = {
            "then": then, "before then": then - 1, "seen": seen, "after seen": seen + 1, "longest": seen + MOST_LIFE,
            "too long": seen + MOST_LIFE + 1, "zero": 0, "latest": MOST64,
        }.get(flaw, seen + 10 * DAY)  # fmt: skip
        return keys, values, seen, min(expiry, MOST64), HASH

    def applied(self, update: Update, source: int) -> Event:
        """Return the event of an update that takes effect."""
        keys, values, seen, _, inputs_hash = update
        return "UpdateApplied", {
            "version": self.model.version + 1, "source": source, "inputsHash": inputs_hash, "changedKeys": tuple(keys),
            "newValues": tuple(values), "observedAt": seen,
        }  # fmt: skip

    def send(self, actor: str, function: str, update: Update, gap: int) -> None:
        """Send an update at once; `check` must give the bytes of the refusal, or nothing."""
        source, at = SETTERS[function], self.stage.now + gap
        refusals = self.model.judge(update, source, at, at)
        (checked,) = self.stage.read([(self.parameters, "check", (update, source, at))], at)
        data = self.call(actor, function, update, gap=gap, refusals=refusals, events=[self.applied(update, source)])
        if not self.barred(actor, function):
            assert checked == (data if refusals else b"")
        self.sent.append(update)

    @rule(actor=by(TIMELOCK), picks=PICKS, flaw=FLAWS, gap=GAPS)
    def vote(self, actor: str, picks: dict[int, Any], flaw: str, gap: int) -> None:
        at = self.stage.now + gap
        self.send(actor, "applyUpdate", self.update(picks, flaw, DAO, at, at), gap)

    @rule(actor=by(AUTOMATON), picks=PICKS, flaw=FLAWS, gap=GAPS)
    def automate(self, actor: str, picks: dict[int, Any], flaw: str, gap: int) -> None:
        at = self.stage.now + gap
        self.send(actor, "applyAutomated", self.update(picks, flaw, BY_AUTOMATION, at, at), gap)

    @rule(
        actor=st.sampled_from([TIMELOCK, AUTOMATON]), key=MOVED, kind=mostly("leap", "plunge"), times=st.integers(3, 5)
    )
    def march(self, actor: str, key: int, kind: str, times: int) -> None:
        """Send the largest steps, a day apart: the window must end them."""
        for _ in range(times):
            (self.vote if actor == TIMELOCK else self.automate)(actor, {key: (kind, 16)}, "none", DAY)

    @rule(actor=by(STEWARD), picks=PICKS, flaw=FLAWS, gap=GAPS)
    def schedule(self, actor: str, picks: dict[int, Any], flaw: str, gap: int) -> None:
        at = self.stage.now + gap
        self.announce(actor, self.update(picks, flaw, BY_STEWARD, at, at + STEWARD_DELAY), gap)

    @rule(picks=PICKS, flaw=FLAWS, early=mostly(0, 1))
    def steer(self, picks: dict[int, Any], flaw: str, early: int) -> None:
        """Schedule, and release when the delay is over, or a second before."""
        self.schedule(STEWARD, picks, flaw, 1)
        self.release(STEWARD, 0, STEWARD_DELAY - early)

    @rule(actor=st.sampled_from(ACTORS), which=st.integers(0, 7), gap=GAPS)
    def replay(self, actor: str, which: int, gap: int) -> None:
        if not self.sent:
            return
        update = self.sent[-1 - which % len(self.sent)]
        if actor == STEWARD:
            self.announce(actor, update, gap)
        else:
            self.send(actor, "applyAutomated" if actor == AUTOMATON else "applyUpdate", update, gap)

    def announce(self, actor: str, update: Update, gap: int) -> None:
        """Schedule an update as the steward."""
        at, name = self.stage.now + gap, update_hash(update)
        then = at + STEWARD_DELAY
        refusals = {"Vetoed"} if name in self.model.vetoed else set()
        waits = name in self.model.waiting and not self.model.is_over(name, at)
        refusals = refusals or ({"AlreadyScheduled"} if waits else set())
        refusals = refusals or self.model.judge(update, BY_STEWARD, then, at)
        body = (tuple(update[0]), tuple(update[1]), *update[2:])
        event = ("UpdateScheduled", {"updateHash": name, "readyAt": then, "update": body})
        self.call(actor, "scheduleUpdate", update, gap=gap, refusals=refusals, events=[event])
        self.sent.append(update)

    @rule(actor=by(STEWARD), which=st.integers(0, 3), gap=RELEASES)
    def release(self, actor: str, which: int, gap: int) -> None:
        waiting = [update for update in self.sent if update_hash(update) in self.model.waiting]
        if not self.sent:
            return
        update, at = (waiting or self.sent)[-1 - which % len(waiting or self.sent)], self.stage.now + gap
        name = update_hash(update)
        refusals = self.model.judge_waiting(name)
        if not refusals and at < self.model.waiting[name]:
            refusals = {"TooEarly"}
        elif not refusals and self.model.is_over(name, at):
            refusals = {"TooLate"}
        refusals = refusals or self.model.judge(update, BY_STEWARD, at, at)
        released = ("UpdateReleased", {"updateHash": name, "version": self.model.version + 1})
        events = [released, self.applied(update, BY_STEWARD)]
        self.call(actor, "applyScheduled", update, gap=gap, refusals=refusals, events=events)

    def veto(self, actor: str, gap: int) -> None:
        """Refuse the newest update for good, whether it waits or not."""
        name = update_hash(self.sent[-1]) if self.sent else HASH
        event = ("UpdateVetoed", {"updateHash": name, "guardian": actor.lower()})
        self.call(actor, "veto", name, gap=gap, refusals=self.model.judge_waiting(name), events=[event])

    @rule(
        actor=by(GUARDIAN),
        power=st.sampled_from(["veto", "veto", "veto_all", "pause", "unpause", "suspend", "resume"]),
        gap=GAPS,
    )
    def guard(self, actor: str, power: str, gap: int) -> None:
        getattr(self, power)(actor, gap)

    def veto_all(self, actor: str, gap: int) -> None:
        """Refuse everything that was announced, for good."""
        self.call(actor, "vetoAll", gap=gap, refusals=set(), events=[("AllVetoed", {"guardian": actor.lower()})])

    def pause(self, actor: str, gap: int) -> None:
        """Stop every update."""
        refusals = {"EnforcedPause"} if self.model.is_paused else set()
        self.call(actor, "pause", gap=gap, refusals=refusals, events=[("Paused", {"account": actor.lower()})])

    def suspend(self, actor: str, gap: int) -> None:
        """Let the steward do nothing."""
        refusals = {"StewardIsSuspended"} if self.model.is_suspended else set()
        event = ("StewardSuspended", {"guardian": actor.lower()})
        self.call(actor, "suspendSteward", gap=gap, refusals=refusals, events=[event])

    @precondition(lambda self: self.model.is_suspended)
    @rule(actor=by(TIMELOCK), gap=GAPS)
    def end_suspension(self, actor: str, gap: int) -> None:
        self.resume(actor, gap)

    def resume(self, actor: str, gap: int) -> None:
        """Let the steward go on."""
        refusals = set() if self.model.is_suspended else {"StewardNotSuspended"}
        self.call(actor, "resumeSteward", gap=gap, refusals=refusals, events=[("StewardResumed", {})])

    @precondition(lambda self: self.model.is_paused)
    @rule(actor=by(TIMELOCK), gap=GAPS)
    def end_pause(self, actor: str, gap: int) -> None:
        self.unpause(actor, gap)

    def unpause(self, actor: str, gap: int) -> None:
        """Let updates through again."""
        refusals = set() if self.model.is_paused else {"ExpectedPause"}
        self.call(actor, "unpause", gap=gap, refusals=refusals, events=[("Unpaused", {"account": actor.lower()})])

    @rule(actor=by(GUARDIAN), keys=BACK, derisked=st.booleans(), gap=GAPS)
    def rollback(self, actor: str, keys: list[int], derisked: bool, gap: int) -> None:
        ledger = self.model.ledger
        goal, of_steward = ledger.behind([key for key in keys if key < COUNT], derisked)
        said = {
            "version": self.model.version + 1, "guardian": actor.lower(), "ofSteward": of_steward,
            "oldValues": tuple(ledger.current), "newValues": tuple(goal),
        }  # fmt: skip
        self.is_whole = derisked and keys == EVERY
        refusals = self.model.judge_rollback(keys, derisked)
        self.call(actor, "rollback", keys, derisked, gap=gap, refusals=refusals, events=[("RolledBack", said)])

    @rule(actor=by(TIMELOCK), key=mostly(0, *range(1, COUNT + 1), 255), kind=LIMITS, gap=GAPS)
    def set_limits(self, actor: str, key: int, kind: str, gap: int) -> None:
        least, most, up, down, rest = self.model.limits[min(key, COUNT - 1)]
        old, bounds = self.model.ledger.current[min(key, COUNT - 1)], KEYS[min(key, COUNT - 1)]
        limits = {
            "wide": (least, most, MOST32, MOST32, HOUR), "reversed": (least + 1, least, up, down, rest),
            "above value": (min(old + 1, bounds.most), bounds.most, up, down, rest),
            "no step": (least, most, 0, down, rest),
            "no cooldown": (least, most, up, down, HOUR - 1), "frozen": (least, most, up, down, MOST_COOLDOWN + 1),
            "tight": (min(old, least + 1), old, 1, 1, MOST_COOLDOWN), "one hour": (least, most, up, down, HOUR),
            "beyond": (least, bounds.most + 1, up, down, rest),
            "below": (max(bounds.least - 1, 0), most, up, down, rest),
            "first": (least, most, max(VALUES[min(key, COUNT - 1)] // 5, 1), 1 + old // 2, DAY),
        }[kind]  # fmt: skip
        refusals = self.model.judge_limits(key, limits)
        events = [("LimitsSet", {"key": key, "limits": limits})]
        self.call(actor, "setLimits", key, limits, gap=gap, refusals=refusals, events=events)

    @rule(
        actor=by(TIMELOCK), function=st.sampled_from(["grantRole", "revokeRole", "renounceRole"]),
        role=mostly(AUTOMATONS, *ROLES), account=st.sampled_from(ACTORS), gap=GAPS,
    )  # fmt: skip
    def roles(self, actor: str, function: str, role: bytes, account: str, gap: int) -> None:
        members, member = self.model.members[role], account.lower()
        gives = function == "grantRole"
        if role == ADMIN and members == {member} and not gives:
            return  # without a DAO nothing would be left to play
        refusals = {"AccessControlBadConfirmation"} if function == "renounceRole" and account != actor else set()
        if gives and any(member in others for held, others in self.model.members.items() if held != role):
            refusals = {"RoleHeldAlready"}
        said = {"role": role, "account": member, "sender": actor.lower()}
        event = ("RoleGranted" if gives else "RoleRevoked", said)
        events = [event] if gives != (member in members) else []
        self.call(actor, function, role, account, gap=gap, refusals=refusals, events=events)

    def inspect(self, actor: str, function: str) -> None:
        """Hold the chain against the events, and against what must hold whatever the model says."""
        names = ("values", "voted", "lastGood", "allLimits", "restsUntil", "version", "paused", "stewardSuspended")
        found = self.stage.read([(self.parameters, name, ()) for name in names])
        values, voted, last_good, limits, rests, version, is_paused, suspended = found
        ledger = self.model.ledger
        assert (list(values), list(voted), list(last_good)) == (ledger.current, ledger.voted, ledger.last_good)
        assert (list(limits), list(rests)) == (self.model.limits, self.model.rests)
        assert (version, is_paused) == (self.model.version, self.model.is_paused)
        assert suspended == self.model.is_suspended
        assert all(limit[0] <= value <= limit[1] for value, limit in zip(values, limits, strict=True))
        assert not across(list(values))
        if list(values) != self.before:
            assert function in {*SETTERS, "rollback", "applyRow"}, f"{function} moved a value"
            assert not is_paused or function == "rollback", f"{function} moved a value while paused"
            assert function != "rollback" or self.was_voted(values)
        self.before = list(values)
        super().inspect(actor, function)

    def was_voted(self, values: Sequence[int]) -> bool:
        """Return whether a rollback went to what was once voted: of all keys to a tuple, else each value."""
        known = self.model.once_voted
        if self.is_whole:
            return tuple(values) in known
        moved = [key for key, old in enumerate(self.before) if values[key] != old]
        return all(any(values[key] == tuple_[key] for tuple_ in known) for key in moved)

    def audit(self) -> None:
        """Read every key and role."""
        now = self.stage.now
        for key in range(COUNT):
            ready = self.stage.read([(self.parameters, "readyAt", (key, source)) for source in SETTERS.values()])
            expected = [self.model.ready_at(key, source) for source in SETTERS.values()]
            assert [max(time, now) for time in ready] == [max(time, now) for time in expected], (key, ready, expected)
        (windows,) = self.stage.read([(self.parameters, "windows", ())])
        assert [tuple(window) for window in windows] == [self.model.window(key) for key in range(COUNT)]
        members = self.stage.read([(self.parameters, "getRoleMembers", (role,)) for role in ROLES])
        assert [set(holders) for holders in members] == [self.model.members[role] for role in ROLES]
        newest = self.stage.read([(self.parameters, name, ()) for name in ("lastVotedObservedAt", "lastObservedAt")])
        assert newest == [self.model.observed[DAO], self.model.observed[BY_STEWARD]]
        super().audit()
