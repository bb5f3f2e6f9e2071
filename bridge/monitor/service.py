"""The monitor of one book: look, keep, publish. The loop around it is `keep_looking` of the command.

A cycle: one look at one block -> what people see of it -> alerts that opened, got worse or are over -> all of it kept
in one transaction, with the messages to send -> published. What fails is said, stands on the page beside the age of its
numbers, and is tried again. The store is the only memory: a crash between any two steps loses nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

from bridge import __version__
from bridge.alerts.rules import Judged, judge
from bridge.alerts.snapshots import FailedLook, MonitorSnapshot
from bridge.chain.blocks import BlockRef
from bridge.config import Config
from bridge.errors import ChainError
from bridge.foreign import TEXT, foreign
from bridge.formats import age
from bridge.monitor.alert_view import ORDER, alert_rows, guidance
from bridge.monitor.clock import Clock
from bridge.monitor.cursors import Cursors
from bridge.monitor.governance_view import ProposalTold, tell_proposals
from bridge.monitor.kept import cycle_of
from bridge.monitor.notices import Notice, Seen, first_of_each, notices_for, rest_of
from bridge.monitor.plan_view import plan_view
from bridge.monitor.published import Published
from bridge.monitor.rounds import rounds_since
from bridge.monitor.standing import Advanced, Change, Standing, advance
from bridge.monitor.store import MonitorStore
from bridge.monitor.view import look_view
from bridge.snapshot import Snapshot

LEAST_SILENT: Final = 60.0
"""Seconds that a look may take whatever the interval: with a slow node it is still one."""
SILENT_LOOKS: Final = 4.0
"""Intervals without a look after which somebody is told."""
ENDED_SECONDS: Final = 86_400
"""For how long people see that a proposal has ended."""
MOST_EARLIER: Final = 10_000
"""Changes that are read to know who was told of an alert that is over."""


@dataclass(frozen=True)
class Look:
    """One look: the snapshot that it was taken at, what it saw, and whose book it is."""

    snapshot: Snapshot
    seen: MonitorSnapshot
    owner: str


@dataclass(frozen=True)
class Watching:
    """A book that is watched: its name in the store, its settings, what takes one look at it, and the seconds between
    two plans that are made beside the looks, 0 for none."""

    name: str
    settings: Config
    take: Callable[[], Look]
    plan_seconds: float = 0.0


class BookMonitor:
    """The monitor of one book; `look`, `keep` and `failed` are called by one thread, the rest by any."""

    def __init__(
        self, watching: Watching, store: MonitorStore, clock: Clock, books: Sequence[Mapping[str, str]] = ()
    ) -> None:
        self.watching, self.published = watching, Published()
        self._store, self._clock, self._lock = store, clock, Lock()
        self._told: dict[tuple[int, int], ProposalTold] = {}
        self._last = store.last(watching.name)
        self._view: dict[str, Any] = json.loads(self._last.view) if self._last else {}
        self._looked, self._block = False, 0
        self._planned_at = -math.inf
        self._facts: dict[str, Any] = {
            "books": list(books),
            "plan_now": None,
            "cycle": 0,
            "owner": "",
            "caught_up": "",
            "trouble": "",
            "lateness": 0.0,
            "took": 0.0,
        }
        self._began = self._planned = self._kept_at = self._warned_at = clock.passed()
        self._shown: Mapping[str, Standing] = {}
        self.failures, self._failing_since, self._failed_at = 0, 0.0, -math.inf

    def look(self) -> Look:
        """Take a look; what it raises is said, and the next one comes."""
        self._began = self._clock.passed()
        self._facts["lateness"] = late = max(self._began - self._planned, 0.0)
        found, every = self.watching.take(), self.watching.settings.watch.interval_seconds
        return replace(found, seen=replace(found.seen, late_seconds=late, interval_seconds=every))

    def keep(self, look: Look) -> None:
        """Keep what a look saw and publish it; nothing of it is kept where the store cannot take it."""
        at, name, chain_id = self._clock.now(), self.watching.name, look.snapshot.chain.chain_id
        if self._looked and look.seen.block.number < self._block:
            self._facts["caught_up"] = ""  # the node is behind, or the chain began anew
        self._told = tell_proposals(look.snapshot, look.seen, self._told)
        view = look_view(look.seen, chain_id, {number: told for (number, _), told in self._told.items()})
        cursors = Cursors.of(self._store.cursors(name), chain_id, look.seen.block.number)
        seen = self._remembering(look.seen, cursors, chain_id, at)
        rounds = rounds_since(look.snapshot, seen, cursors.rounds)
        caught_up = self._caught_up(look.snapshot, at) if not self._looked else self._facts["caught_up"]
        with self._lock:
            advanced = self._advance(judge(seen), at)
            notices = self._notices(advanced, seen.block)
            cycle = cycle_of(name, at, chain_id, seen, view, rounds, cursors.after(seen))
            cycle = replace(cycle, standings=advanced.standings, transitions=advanced.transitions, notices=notices)
            number = self._store.write(cycle)
            self.failures, self._kept_at = 0, self._clock.passed()
            took = self._clock.passed() - self._began
            self._facts |= {"cycle": number, "at": at, "trouble": "", "caught_up": caught_up, "took": took}
            self._facts["owner"] = look.owner
            self._view, self._looked, self._block = view, True, look.seen.block.number
            self._publish(advanced.now)
        self._plan(look)

    def _remembering(self, seen: MonitorSnapshot, cursors: Cursors, chain_id: int, at: int) -> MonitorSnapshot:
        """Return a look with what the store remembers of earlier ones."""
        waits = max(at - (self._store.waits_since() or at), 0)
        open_before = self._store.lately_open(chain_id, at - ENDED_SECONDS)
        return replace(seen, known_versions=cursors.versions, lately_open=open_before, undelivered_seconds=waits)

    def _plan(self, look: Look) -> None:
        """Make a plan of the look, where one is due, and show what it would trade; nothing of it is on record."""
        every, passed = self.watching.plan_seconds, self._clock.passed()
        if every and passed - self._planned_at >= every:
            self._planned_at = passed
            made = plan_view(look.snapshot, self.watching.settings, look.owner)
            self._facts["plan_now"] = made | {"at": self._clock.now()}
            with self._lock:
                self._publish(self._shown)

    def failed(self, words: str) -> None:
        """Say on the page why there is no look, beside the numbers of the last one, and alert of it when it lasts.

        Raises
        ------
        LedgerError
            The store cannot take the alert.
        """
        passed = self._clock.passed()
        self._failing_since = self._failing_since if self.failures else passed
        self._failed_at = passed
        self.failures += 1
        since = round(passed - self._failing_since)
        self._facts["trouble"] = foreign(f"no look for {age(since)}: {words}" if since else f"no look: {words}", TEXT)
        with self._lock:
            self._publish(self._shown)
            self._alert(words, since)

    def _alert(self, words: str, seconds: int) -> None:
        """Keep and publish what follows where there is no look."""
        at = self._clock.now()
        advanced = self._advance(judge(FailedLook(words, seconds, self._most_silent)), at)
        told = self._notices(advanced)
        self._store.write_changes(self.watching.name, at, advanced.standings, advanced.transitions, told)
        self._publish(advanced.now)

    def plan_next(self, pause: float) -> None:
        """Note when the next look should begin, so that a late one is seen."""
        self._planned = self._began + pause

    def resume(self) -> None:
        """Show the last look that was kept, as old as it is, until there is one of now."""
        if self._last is None:
            return
        self._facts |= {"cycle": self._last.look, "at": self._last.at, "trouble": "no look yet since the start"}
        self._publish(self._store.standings(self.watching.name))

    @property
    def totals(self) -> Mapping[str, float | None]:
        """Return the sums of the newest look; nothing before the first of this start."""
        found: Mapping[str, float | None] = self._view.get("totals", {}) if self._looked else {}
        return found

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what is known of the loop: number of the look, its time, how long it took, how late it came."""
        return self._facts

    @property
    def shown(self) -> Mapping[str, Any]:
        """Return the newest view as it is published."""
        found = self.published.newest()
        view: Mapping[str, Any] = json.loads(found[1]) if found else {}
        return view

    def ready(self) -> tuple[bool, str]:
        """Tell whether there is a look of now, and why not."""
        if not self._looked:
            return False, str(self._facts["trouble"] or "no look yet")
        silent = self._clock.passed() - self._kept_at
        if silent > self._most_silent:
            return False, f"no look for {age(round(silent))}"
        return (not self.failures, str(self._facts["trouble"]))

    @property
    def _most_silent(self) -> float:
        """Return the seconds without a look after which somebody is told."""
        return max(SILENT_LOOKS * self.watching.settings.watch.interval_seconds, LEAST_SILENT)

    def overdue(self) -> None:
        """Alert of a look that takes too long: it may never end, and says nothing itself meanwhile.

        Raises
        ------
        LedgerError
            The store cannot take the alert.
        """
        passed = self._clock.passed()
        silent = passed - max(self._kept_at, self._failed_at, self._warned_at)
        paused = self._began <= self._failed_at  # after a failure, which said it
        if paused or silent <= self._most_silent:
            return
        self._warned_at = passed
        words = f"the look under way takes {age(round(passed - self._began))}"
        with self._lock:
            self._facts["trouble"] = words
            self._alert(words, round(passed - self._kept_at))

    def acknowledge(self, key: str, by: str) -> None:
        """Take an alert for known; it is not escalated then.

        Raises
        ------
        UsageError
            No such alert stands.
        """
        with self._lock:
            self._store.acknowledge(self.watching.name, key, by, self._clock.now())
            self._publish(self._store.standings(self.watching.name))

    def silence(self, key: str, until: int, by: str) -> None:
        """Tell nothing of an alert until a time (unix seconds).

        Raises
        ------
        UsageError
            No such alert stands.
        """
        with self._lock:
            self._store.silence(self.watching.name, key, until, by, self._clock.now())
            self._publish(self._store.standings(self.watching.name))

    def _advance(self, judged: Judged, at: int) -> Advanced:
        before = self._store.standings(self.watching.name)
        return advance(before, judged, at, escalate_seconds=self.watching.settings.notify.escalate_seconds)

    def _notices(self, advanced: Advanced, block: BlockRef | None = None) -> tuple[Notice, ...]:
        """Return the messages that changes are told by, at the block of the look; that of the newest where none was."""
        book, shown = self.watching.name, self._view.get("block")
        if block is not None:
            seen = Seen(book, block.number, block.timestamp)
        else:
            seen = Seen(book, shown["number"], shown["timestamp"]) if shown else Seen(book, 0, 0)
        changes = sorted(advanced.transitions, key=lambda each: ORDER.index(each.standing.severity))
        cleared = [each.standing.opened_at for each in changes if each.change is Change.CLEARED]
        earlier = self._store.transitions(book, min(cleared), MOST_EARLIER) if cleared else ()
        settings = self.watching.settings.notify
        told, left = first_of_each(changes)
        return notices_for(seen, told, settings, guidance(), earlier) + rest_of(seen, left, settings, earlier)

    def _publish(self, standings: Mapping[str, Standing]) -> None:
        """Publish the newest view with the alerts that stand, and what is known of the loop."""
        settings = self.watching.settings
        fixed = {"version": __version__, "book": self.watching.name}
        self._shown, shown = standings, alert_rows(standings.values(), self._clock.now())
        facts = {**self._facts, "interval": settings.watch.interval_seconds, "failures": self.failures}
        self.published.publish({**fixed, **facts, **self._view, "alerts": shown})

    def _caught_up(self, snapshot: Snapshot, at: int) -> str:
        """Say from where the monitor goes on after a start, and whether the last block that it saw still stands."""
        last, block = self._last, snapshot.block
        if last is None or last.chain_id != snapshot.chain.chain_id:
            return ""
        if block.number < last.block_number:
            words = f"at block {block.number:,}, and the last look saw {last.block_number:,}"
            return f"{words}: another chain, or a node that is behind"
        words = f"from block {last.block_number:,} to {block.number:,}, {age(at - last.at)} after the last look"
        try:
            same = snapshot.chain.at(last.block_number).hash == last.block_hash
        except ChainError:
            return f"caught up {words}"
        return f"caught up {words}" if same else f"caught up {words}; that block was re-organised"
