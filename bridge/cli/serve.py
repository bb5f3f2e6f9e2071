"""`alvh watch --serve`: the monitor that is left running, with its page."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from bridge.cli.monitor import keep_looking, trouble_words

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


def wall_clock(session: Session) -> int | None:
    """Return the time by this machine's clock; None on a local chain, whose time is moved by hand."""
    import time

    from bridge.chain.blocks import LOCAL_CHAIN_ID

    return None if session.chain.chain_id == LOCAL_CHAIN_ID else int(time.time())


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


def serve(opened: Callable[[], tuple[Session, Config]], settings: Config, owner: Sequence[str] | None) -> None:
    """Watch until Ctrl-C or SIGTERM, and serve the page meanwhile.

    Parameters
    ----------
    opened
        Opens the book; it is asked again after every look that failed.
    owner
        Whose positions; those of the settings where none are named.
    """
    from bridge.ledger.place import ledger_address
    from bridge.monitor.clock import SystemClock
    from bridge.monitor.logs import configure
    from bridge.monitor.service import Watching
    from bridge.monitor.store import MonitorStore
    from bridge.monitor.targets import read_targets
    from bridge.page.guard import page_token

    refuse_keys()
    configure(as_json=not sys.stderr.isatty())
    token, targets = page_token(settings.page, os.environ), read_targets(settings.notify, os.environ)
    watching = Watching(settings.ledger.book, settings, Taking(opened, owner))
    with MonitorStore(ledger_address(settings)) as store, store.lease():
        running = Running(watching, store, targets, SystemClock())
        running.serve(token)


class Running:
    """The threads of a monitor: one that looks, one that keeps house, and the page in the main one."""

    def __init__(self, watching: Watching, store: MonitorStore, targets: Mapping[str, Target], clock: Clock) -> None:
        from bridge.monitor.desk import Desk
        from bridge.monitor.house import House
        from bridge.monitor.metrics import Metrics
        from bridge.monitor.outbox import Outbox
        from bridge.monitor.service import BookMonitor

        self.stop, self.settings, self.clock = Event(), watching.settings, clock
        self.monitor, self.metrics = BookMonitor(watching, store, clock), Metrics()
        self.desk = Desk(self.monitor, store, self.metrics, clock)
        outbox = Outbox(store, targets, self.settings.notify.default, clock.now)
        self.house = House([self.monitor], store, outbox, self.settings, clock)
        self._store, self._chance = store, random.Random()

    def serve(self, token: str) -> None:
        """Serve the page until it is told to stop, then let the look end that is on its way."""
        from bridge.page.server import make_app, serve

        self.monitor.resume()
        page = self.settings.page
        threads = [Thread(target=self._look, daemon=True), Thread(target=self._keep_house, daemon=True)]
        for thread in threads:
            thread.start()
        try:
            serve(
                make_app(self.desk, page, token), page.host, page.port, lambda port: _said(page, port, token), self.stop
            )
        finally:
            self.stop.set()
            for thread in threads:
                thread.join(ENDING_SECONDS)

    def _look(self) -> None:
        keep_looking(self.monitor.look, self._kept, self._failed, self._paused)

    def _kept(self, look: Look) -> bool:
        self.monitor.keep(look)
        self._measure()
        seen, facts = look.seen, self.monitor.facts
        _log().info("looked", cycle=facts["cycle"], block=seen.block.number, took=round(facts["took"], 3))
        return True

    def _failed(self, error: Exception) -> None:
        from bridge.errors import LedgerError

        words = trouble_words(error, self.settings.chain.rpc_url)
        self.metrics.failed(error)
        _log().warning("no look", trouble=words, failures=self.monitor.failures + 1)
        try:
            self.monitor.failed(words)
            self._measure()
        except LedgerError as full:
            _log().error("nothing kept", trouble=str(full))

    def _measure(self) -> None:
        self.metrics.update(self.monitor.shown, self._store.notice_counts())

    def _paused(self) -> bool:
        """Wait for the next look; tell whether there is none."""
        from bridge.monitor.clock import pause

        seconds = pause(self.settings.watch.interval_seconds, self.monitor.failures, self._chance)
        self.monitor.plan_next(seconds)
        self.clock.wait(seconds, self.stop)
        return self.stop.is_set()

    def _keep_house(self) -> None:
        from bridge.errors import BridgeError

        while not self.stop.is_set():
            try:
                self.house.tick()
            except BridgeError as error:
                _log().error("house not kept", trouble=str(error))
            self.clock.wait(DELIVERY_SECONDS, self.stop)
        try:
            self.house.close()
        except BridgeError as error:
            _log().error("house not closed", trouble=str(error))


def _log() -> Any:
    import structlog

    return structlog.get_logger("alvh.watch")


def _said(page: PageConfig, port: int, token: str) -> None:
    """Say where the page is, with the token that answers to alerts need where it was made now."""
    from bridge.page.guard import TOKEN_VARIABLE

    host = f"[{page.host}]" if ":" in page.host else page.host
    made = "" if os.environ.get(TOKEN_VARIABLE) else f"#token={token}"
    sys.stdout.write(f"page: http://{host}:{port}/{made}\nCtrl-C stops it\n")
    sys.stdout.flush()
