"""The outbox: sends what waits in the store, notes what became of it, and tries again later.

    due in the store -> one thread for each target, one message each -> result -> noted in the store

A message is noted as sent after it was: a crash between the two sends it again, with the same id.
A target that hangs or fails delays no other, and its own messages keep their order; one that it has refused a few
times, while it is there, keeps the others back no longer and is tried beside them. All of the store is used from the
thread that calls; `pump` never waits longer than it is told to.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, Protocol

from bridge.foreign import foreign
from bridge.monitor.notices import Due, Notice, notice
from bridge.monitor.targets import Outcome, Target

DEADLINE_SECONDS: Final = 60.0
"""After which a message counts as failed, whatever its target still does."""
FIRST_SECONDS: Final = 30.0
MOST_SECONDS: Final = 3600.0
"""Between two tries: the first pause, doubled each time up to the last."""
MOST_ASKED_SECONDS: Final = 86_400.0
"""For how long a target may ask to be left alone."""
GIVE_UP_SECONDS: Final = 3 * 86_400
GIVE_UP_TRIES: Final = 10
"""A message is given up when it is older and was tried more often: nothing is dropped after a pause of ours."""
REFUSALS: Final = 3
"""Of a message by a target that is there: then others of the target pass it."""
A_LOOK: Final = 50
ERROR_LETTERS: Final = 200


class Store(Protocol):
    """What the outbox asks of the store of the monitor."""

    def due_notices(self, now: int, limit: int, aside: Collection[str] = ()) -> Sequence[Due]:
        """Return notices that wait and are due, oldest first, at most `limit` for each target; those `aside` come last.

        Of a target whose oldest one that is not aside is not due, there are none of those. One that is due in more than
        a day is due now: the clock has jumped.
        """

    def note_sent(self, notice_id: str, at: int) -> None:
        """Note that a notice was taken."""

    def note_failed(self, notice_id: str, at: int, error: str, next_at: int) -> None:
        """Note that a notice was tried once more in vain."""

    def give_up(self, notice_id: str, at: int, error: str, instead: Notice | None = None) -> None:
        """Note that a notice is not tried again; what is told instead is kept in the same transaction."""


@dataclass(frozen=True)
class Counts:
    """What the outbox did since it was made."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0


@dataclass
class _Flight:
    """A message on its way: since when, and whether it is counted as failed already."""

    due: Due
    began: float
    late: bool = False


class Outbox:
    """Sends what waits in a store.

    Parameters
    ----------
    targets
        By name.
    default
        Who is told of what was given up, and is sent what is for a target that the settings no longer name.
    clock
        Unix seconds.
    jitter
        Numbers from 0 to 1 that spread tries.
    """

    def __init__(
        self,
        store: Store,
        targets: Mapping[str, Target],
        default: str | None,
        clock: Callable[[], float] = time.time,
        deadline_seconds: float = DEADLINE_SECONDS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store, self._targets, self._default = store, dict(targets), default
        self._clock, self._deadline, self._jitter = clock, deadline_seconds, jitter
        self._results: SimpleQueue[tuple[str, Outcome]] = SimpleQueue()
        self._unnoted: list[tuple[str, Outcome]] = []
        self._flights: dict[str, _Flight] = {}
        self._held: dict[str, int] = {}
        self._refusals = Counter[str]()
        self.counts = Counts()

    @property
    def in_flight(self) -> int:
        """Return how many messages are on their way, those that hang too."""
        return len(self._flights)

    def pump(self, wait: float = 0.0) -> bool:
        """Note what came back, and send what is due; tell whether anything was done.

        Parameters
        ----------
        wait
            Seconds to wait for a result, where messages are on their way.

        Raises
        ------
        LedgerError
            The store cannot be written: what is not noted yet is noted the next time.
        """
        noted = self._collect(wait)
        late = self._note_late()
        return self._start() or noted or late

    def deliver(self, seconds: float) -> Counts:
        """Send all that is due; return when nothing is, or after so many seconds.

        Raises
        ------
        LedgerError
            The store cannot be written.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.pump(min(0.2, seconds)) and all(flight.late for flight in self._flights.values()):
                break
        return self.counts

    def finish(self, seconds: float) -> None:
        """Begin nothing new, and note what comes back within so many seconds: else it would be sent again.

        Raises
        ------
        LedgerError
            The store cannot be written.
        """
        until = time.monotonic() + seconds
        while self._flights and (left := until - time.monotonic()) > 0:
            self._collect(left)

    def _collect(self, wait: float) -> bool:
        """Note the results that are there; one that cannot be noted now stays."""
        try:
            if self._flights and not self._unnoted:
                self._unnoted.append(self._results.get(timeout=wait) if wait > 0 else self._results.get_nowait())
            while True:
                self._unnoted.append(self._results.get_nowait())
        except Empty:
            pass
        noted = bool(self._unnoted)
        while self._unnoted:
            name, outcome = self._unnoted[0]
            self._note(name, outcome)
            del self._unnoted[0], self._flights[name]
        return noted

    def _note(self, name: str, outcome: Outcome) -> None:
        flight = self._flights[name]
        if not outcome.error:  # however late: nobody has tried it again meanwhile
            self._store.note_sent(flight.due.notice.id, int(self._clock()))
            del self._refusals[flight.due.notice.id]
            self._held.pop(name, None)
            self._count(sent=1)
        elif not flight.late:
            self._note_failed(name, flight.due, outcome)

    def _note_late(self) -> bool:
        """Count messages as failed that have had their time; their threads may still come back."""
        done = False
        for name, flight in self._flights.items():
            if not flight.late and time.monotonic() - flight.began > self._deadline:
                self._note_failed(name, flight.due, Outcome(f"no answer in {self._deadline:g} s"))
                flight.late = done = True
        return done

    def _start(self) -> bool:
        """Send the first that is due of each target that is free."""
        now, done, looked = int(self._clock()), False, set[str]()
        aside = [id_ for id_, count in self._refusals.items() if count >= REFUSALS]
        for due in self._store.due_notices(now, A_LOOK, aside):
            name = self._goes_to(due.notice.target)
            if name in looked:
                continue
            looked.add(name or "")
            if name is None:
                self._store.give_up(due.notice.id, now, "the settings name neither its target nor a default")
                self._count(given_up=1)
                done = True
            elif self._rests(name, now):
                continue
            elif name not in self._flights:
                self._send(name, due)
                done = True
            elif self._flights[name].late:
                self._note_failed(name, due, Outcome("the one before it still hangs"))
                done = True
        return done

    def _goes_to(self, target: str) -> str | None:
        return next((name for name in (target, self._default) if name in self._targets), None)

    def _rests(self, name: str, now: int) -> bool:
        """Tell whether a target is left alone; not where the clock has jumped back since that was noted."""
        return now < self._held.get(name, 0) <= now + MOST_ASKED_SECONDS

    def _send(self, name: str, due: Due) -> None:
        target, results = self._targets[name], self._results
        self._flights[name] = _Flight(due, time.monotonic())

        def send() -> None:
            outcome = Outcome("what sends to it broke")
            try:
                outcome = target.send(due.notice, due.book)
            finally:
                results.put((name, outcome))

        Thread(target=send, name=f"notify-{name}", daemon=True).start()

    def _note_failed(self, name: str, due: Due, outcome: Outcome) -> None:
        now, tries = int(self._clock()), due.attempts + 1
        error = foreign(outcome.error, ERROR_LETTERS)
        if now - due.made_at > GIVE_UP_SECONDS and tries >= GIVE_UP_TRIES:
            self._store.give_up(due.notice.id, now, error, self._instead(due, name, error))
            del self._refusals[due.notice.id]
            self._count(given_up=1)
            return
        pause = max(pause_seconds(tries, self._jitter()), min(outcome.retry_after, MOST_ASKED_SECONDS))
        self._refusals[due.notice.id] += outcome.refused
        beside = self._refusals[due.notice.id] >= REFUSALS and not outcome.retry_after
        self._held[name] = now + int(FIRST_SECONDS if beside else pause)
        self._store.note_failed(due.notice.id, now, error, now + int(pause))
        self._count(failed=1)

    def _instead(self, due: Due, name: str, error: str) -> Notice | None:
        """Return what the default is told of a message that was given up; nothing where it was its own."""
        if self._default is None or name == self._default:
            return None
        lost = due.notice
        body = f"{lost.target} could not be told this in {due.attempts + 1} tries: {error}.\n{lost.title}\n{lost.body}"
        return notice(self._default, f"Not delivered to {lost.target}", body, lost.severity, ("given up", lost.id))

    def _count(self, sent: int = 0, failed: int = 0, given_up: int = 0) -> None:
        was = self.counts
        self.counts = Counts(was.sent + sent, was.failed + failed, was.given_up + given_up)


def pause_seconds(tries: int, jitter: float) -> float:
    """Return the seconds from a failed try to the next: from 30 s, doubled up to an hour, and spread by up to a third.

    >>> pause_seconds(1, 0.0), pause_seconds(2, 0.0), pause_seconds(2, 1.0), pause_seconds(99, 0.0)
    (30.0, 60.0, 40.0, 3600.0)
    """
    longest = min(FIRST_SECONDS * 2.0 ** min(tries - 1, 16), MOST_SECONDS)
    return max(FIRST_SECONDS, longest * (1.0 - jitter / 3.0))
