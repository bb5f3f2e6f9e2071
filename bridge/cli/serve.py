"""`alvh watch --serve`: the monitor that is left running, with its page."""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from bridge.cli.monitor import keep_looking, trouble_words, wall_clock

if TYPE_CHECKING:
    from bridge.cli.flags import Session
    from bridge.config import Config
    from bridge.monitor.clock import Clock
    from bridge.monitor.service import Look, Watching
    from bridge.monitor.store import MonitorStore
    from bridge.monitor.targets import Target
    from bridge.monitor_settings import PageConfig

DELIVERY_SECONDS: Final = 1.0
"""Between two looks into the outbox."""
NAMED: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A name of one of several books, as its address has it."""
ENDING_SECONDS: Final = 10.0
"""For how long the end waits for a look that is on its way."""


@dataclass
class Taking:
    """Takes looks at one book, and opens it anew after one that failed: a node may answer before its contracts exist,
    and a local chain may be another one by then."""

    opened: Callable[[], tuple[Session, Config]]
    owner: Sequence[str] | None
    session: Session | None = None

    def __call__(self) -> Look:
        """Take one look at the newest block."""
        from bridge.alerts.watch import take_snapshot
        from bridge.monitor.service import Look

        if self.session is None:
            self.session, self.settings = self.opened()
            self.holder = self.session.owner(self.owner)
        session, self.session = self.session, None
        session.chain.begin()
        snapshot = session.snapshot()
        seen = take_snapshot(snapshot, self.settings, self.holder, wall_clock(session))
        self.session = session
        return Look(snapshot, seen, self.holder)


def refuse_keys() -> None:
    """Refuse to run where a signing key is at hand: who gets into the monitor must not get a key with it.

    Raises
    ------
    BadConfig
        One is in the environment.
    """
    from bridge.chain.signers import KEY_VARIABLE, PASSWORD_VARIABLE
    from bridge.errors import BadConfig

    found = next((name for name in (KEY_VARIABLE, PASSWORD_VARIABLE) if os.environ.get(name)), None)
    if found:
        raise BadConfig(f"{found} is in the environment: the monitor signs nothing, start it without (unset {found})")


@dataclass(frozen=True)
class Asked:
    """A book that is asked for: what opens it, its settings, and whose positions, those of the settings where None."""

    opened: Callable[[], tuple[Session, Config]]
    settings: Config
    owner: Sequence[str] | None = None


def serve(asked: Sequence[Asked], plan_seconds: float) -> None:
    """Watch until Ctrl-C or SIGTERM, and serve the page meanwhile.

    Parameters
    ----------
    asked
        The books; store, page and targets of the first one's settings are those of all.
    plan_seconds
        Between two plans that are made beside the looks; 0 for none.

    Raises
    ------
    UsageError
        Two books have one name, or one that is no part of an address.
    """
    from bridge.ledger.place import ledger_address
    from bridge.monitor.clock import SystemClock
    from bridge.monitor.logs import configure
    from bridge.monitor.service import Watching
    from bridge.monitor.store import MonitorStore
    from bridge.monitor.targets import read_targets
    from bridge.page.guard import page_token

    refuse_keys()
    require_names([each.settings.ledger.book for each in asked])
    configure(as_json=not sys.stderr.isatty())
    settings = asked[0].settings
    token = page_token(settings.page, os.environ)
    targets: dict[str, Target] = {}
    for each in asked:
        targets |= read_targets(each.settings.notify, os.environ)
    books = [
        Watching(each.settings.ledger.book, each.settings, Taking(each.opened, each.owner), plan_seconds)
        for each in asked
    ]
    with MonitorStore(ledger_address(settings)) as store, store.lease():
        Running(books, store, targets, SystemClock()).serve(token)


def require_names(names: Sequence[str]) -> None:
    """Refuse books that cannot be told apart, or named in an address.

    Raises
    ------
    UsageError
        There are such.
    """
    from bridge.errors import UsageError
    from bridge.foreign import foreign

    if len(names) == 1:
        return
    for place, name in enumerate(names):
        if name in names[:place]:
            raise UsageError(f"two books are called {foreign(name)}: set another ledger.book in one of the files")
        if not NAMED.fullmatch(name):
            raise UsageError(f"ledger.book {foreign(name)}: one of several needs letters, digits, _ and - only")


class Running:
    """The threads of a monitor: one that looks at each book, one that keeps house, and the page in the main one."""

    def __init__(
        self, books: Sequence[Watching], store: MonitorStore, targets: Mapping[str, Target], clock: Clock
    ) -> None:
        from bridge.monitor.desk import Desk
        from bridge.monitor.house import House
        from bridge.monitor.outbox import Outbox

        self.stop, self.settings = Event(), books[0].settings
        self.paths = [{"name": each.name, "path": f"/books/{each.name}" * bool(at)} for at, each in enumerate(books)]
        self.loops = [Loop(each, store, clock, self.stop, self.paths) for each in books]
        self.desks = [Desk(loop.monitor, store, loop.metrics, clock) for loop in self.loops]
        outbox = Outbox(store, targets, self.settings.notify.default, clock.now)
        self.house = House([loop.monitor for loop in self.loops], store, outbox, self.settings, clock)
        self.clock, self.ended = clock, False

    def serve(self, token: str) -> None:
        """Serve the page until it is told to stop, then let the looks end that are on their way."""
        from bridge.errors import BridgeError
        from bridge.page.server import make_app, serve

        for loop in self.loops:
            loop.monitor.resume()
        page, first = self.settings.page, self.desks[0]
        others = {path["name"]: desk for path, desk in zip(self.paths[1:], self.desks[1:], strict=True)}
        work = (*(loop.run for loop in self.loops), self._keep_house)
        threads = [Thread(target=partial(self._until_stopped, each), daemon=True) for each in work]
        for thread in threads:
            thread.start()
        try:
            app = make_app(first, page, token, others)
            serve(app, page.host, page.port, lambda port: _said(page, port, token), self.stop)
        finally:
            self.stop.set()
            for thread in threads:
                thread.join(ENDING_SECONDS)
        if self.ended:
            raise BridgeError("a part of the monitor has ended, the log says why: start it again")

    def _until_stopped(self, work: Callable[[], None]) -> None:
        """Work until it is told to stop; where it ends before, all ends, so that whoever runs it starts it again."""
        try:
            work()
        finally:
            if not self.stop.is_set():
                self.ended = True
                _log().critical("a part of the monitor has ended", exc_info=True)
                self.stop.set()

    def _keep_house(self) -> None:
        from bridge.errors import BridgeError

        while not self.stop.is_set():
            try:
                if failed := self.house.tick():
                    _log().warning(
                        "messages not taken",
                        failed=failed,
                        trouble="a target does not take them: `alvh notify test` says why",
                    )
            except BridgeError as error:
                _log().error("house not kept", trouble=str(error))
            self.clock.wait(DELIVERY_SECONDS, self.stop)
        try:
            self.house.close()
        except BridgeError as error:
            _log().error("house not closed", trouble=str(error))


class Loop:
    """The loop of one book."""

    def __init__(
        self, watching: Watching, store: MonitorStore, clock: Clock, stop: Event, paths: Sequence[Mapping[str, str]]
    ) -> None:
        from bridge.monitor.metrics import Metrics
        from bridge.monitor.service import BookMonitor

        self.monitor, self.metrics = BookMonitor(watching, store, clock, paths), Metrics()
        self._settings, self._store, self._clock, self._stop = watching.settings, store, clock, stop
        self._chance = random.Random()

    def run(self) -> None:
        """Look until it is told to stop."""
        keep_looking(self.monitor.look, self._kept, self._failed, self._paused)

    def _kept(self, look: Look) -> bool:
        self.monitor.keep(look)
        self._measure()
        facts = {"cycle": self.monitor.facts["cycle"], "took": round(self.monitor.facts["took"], 3)}
        _log().info("looked", book=self.monitor.watching.name, block=look.seen.block.number, **facts)
        return True

    def _failed(self, error: Exception) -> None:
        from bridge.errors import LedgerError

        words = trouble_words(error, self._settings.chain.rpc_url)
        self.metrics.failed(error)
        book, failures = self.monitor.watching.name, self.monitor.failures + 1
        _log().warning("no look", book=book, trouble=words, failures=failures)
        try:
            self.monitor.failed(words)
            self._measure()
        except LedgerError as full:
            _log().error("nothing kept", book=book, trouble=str(full))

    def _measure(self) -> None:
        self.metrics.update(self.monitor.shown, self._store.notice_counts())

    def _paused(self) -> bool:
        """Wait for the next look; tell whether there is none."""
        from bridge.monitor.clock import pause

        seconds = pause(self._settings.watch.interval_seconds, self.monitor.failures, self._chance)
        self.monitor.plan_next(seconds)
        self._clock.wait(seconds, self._stop)
        return self._stop.is_set()


def _log() -> Any:
    import structlog

    return structlog.get_logger("alvh.watch")


def _said(settings: PageConfig, port: int, token: str) -> None:
    """Say where the page is, with the token that answers to alerts need where it was made now."""
    from bridge.foreign import foreign
    from bridge.page.guard import TOKEN_VARIABLE

    host = foreign(f"[{settings.host}]" if ":" in settings.host else settings.host)
    made = "" if os.environ.get(TOKEN_VARIABLE) else f"#token={token}"
    page = f"page: http://{host}:{port}/{made}\nCtrl-C stops it\n"
    sys.stdout.write(page)
    sys.stdout.flush()
