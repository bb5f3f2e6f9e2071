"""The loop of the monitor through an hour of trouble: each is named in the log and on the page, and caught up after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from bridge.alerts.snapshots import MonitorSnapshot
from bridge.chain.blocks import BlockRef
from bridge.cli.serve import Loop
from bridge.config import Config
from bridge.errors import NodeUnreachable
from bridge.ledger.database import writing
from bridge.monitor import house as house_of
from bridge.monitor.clock import MOST_BACK_OFF
from bridge.monitor.house import House
from bridge.monitor.outbox import Outbox
from bridge.monitor.service import Look, Watching
from bridge.monitor.store import MonitorStore
from bridge.monitor.targets import read_target
from tests.bridge.looks import NOW, look
from tests.bridge.placed import HOUR, SETTINGS, StillChain, TestClock, standing
from tests.bridge.receivers import Says, receiver

pytestmark = pytest.mark.unit
INTERVAL = 60.0
CONFIG = Config(**SETTINGS | {"watch": {"interval_seconds": INTERVAL}})
BEGINS, ENDS = 600, 600 + HOUR
"""When trouble begins and ends, in seconds after the start."""


def _nothing() -> None:
    """Do nothing."""


class Played(TestClock):
    """A clock that does something whenever time passes, and stops the loop after a while."""

    def __init__(self) -> None:
        super().__init__()
        self.until = 0.0
        self.act: Callable[[], None] = _nothing

    def wait(self, seconds: float, stop: Event) -> None:
        self.act()
        self.move(seconds)
        if self.since >= self.until:
            stop.set()


class Faulty:
    """A loop whose node fails while a test wants it to, and sees a drift from the middle of the trouble on."""

    def __init__(self, address: str) -> None:
        self.clock, self.store, self.stop = Played(), MonitorStore(address), Event()
        self.dead: Callable[[], bool] = lambda: False
        self.loop = Loop(Watching("main", CONFIG, self.take), self.store, self.clock, self.stop, [])
        self.views: list[dict[str, Any]] = []

    @property
    def troubled(self) -> bool:
        return BEGINS <= self.clock.since < ENDS

    def take(self) -> Look:
        if self.dead():
            raise NodeUnreachable("http://127.0.0.1:1", "refused")
        number, at = 100 + round(self.clock.since), self.clock.now()
        block = BlockRef(number, f"0x{number:064x}", at)
        snapshot: Any = type("Snapshot", (), {"chain": StillChain(), "block": block})()
        seen: MonitorSnapshot = look(block=block, now=at, drift=0.5 if self.clock.since > BEGINS + HOUR / 2 else 0.0)
        return Look(snapshot, seen, "0xowner")

    def play(self, act: Callable[[], None] = _nothing) -> list[dict[str, Any]]:
        """Run for two hours; return what was logged."""

        def note() -> None:
            self.views.append({"since": self.clock.since, **self.loop.monitor.shown})
            act()

        self.clock.until, self.clock.act = 2.0 * HOUR, note
        with capture_logs() as logged:
            self.loop.run()
        return [dict(entry) for entry in logged]

    def told(self) -> list[tuple[str, str]]:
        found = self.store.transitions("main", 0, 1_000)
        return [(str(each.change), each.standing.rule) for each in reversed(found)]


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Faulty]:
    made = Faulty(str(tmp_path / "alvh.db"))
    yield made
    made.store.close()


def check_caught_up(faulty: Faulty, logged: list[dict[str, Any]], words: str) -> None:
    """Check that trouble was named in the log and on the page while it lasted, and that all is well soon after it."""
    named = [entry for entry in logged if entry["log_level"] != "info"]
    assert named
    assert all(words in entry["trouble"] for entry in named)
    first = next(view["since"] for view in faulty.views if view["trouble"])
    assert BEGINS <= first < BEGINS + 4 * INTERVAL  # a full disk may have room for a look or two
    during = [view for view in faulty.views if first <= view["since"] < ENDS]
    assert 10 < len(during) < 40  # every five minutes at last
    assert [view["trouble"] for view in during if words not in view["trouble"]] == []
    assert all(view["totals"] for view in during)
    after = [view for view in faulty.views if view["since"] > ENDS + 1.1 * MOST_BACK_OFF]
    assert all(view["trouble"] == "" for view in after)
    assert len(after) > 0.9 * (2 * HOUR - ENDS - 1.1 * MOST_BACK_OFF) / INTERVAL
    assert standing(after[-1]) == {"exposure_drifted"}
    assert [told for told in faulty.told() if told[1] == "exposure_drifted"] == [("opened", "exposure_drifted")]


def test_run__node_dead_for_an_hour__is_named_told_once_and_caught_up(faulty: Faulty) -> None:
    faulty.dead = lambda: faulty.troubled
    check_caught_up(faulty, faulty.play(), "refused")
    assert [change for change, rule in faulty.told() if rule == "no_look"] == ["opened", "worse", "cleared"]


def test_run__disk_full_for_an_hour__is_named_and_caught_up(faulty: Faulty) -> None:
    @event.listens_for(faulty.store.engine, "begin")
    def _no_page_more(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if faulty.troubled else 1_000_000}")

    check_caught_up(faulty, faulty.play(), "make room")


def test_run__database_locked_for_an_hour__is_named_and_caught_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.ledger.database.WAIT_SECONDS", 0.05)
    faulty, held = Faulty(str(tmp_path / "alvh.db")), ExitStack()
    with MonitorStore(faulty.store.address) as other, held:

        def lock() -> None:
            if faulty.troubled and not held._exit_callbacks:  # type: ignore[attr-defined]
                held.enter_context(writing(other.engine, other.address))
            elif faulty.clock.since >= ENDS:
                held.close()

        check_caught_up(faulty, faulty.play(lock), "lock")
    faulty.store.close()


@pytest.mark.parametrize("says", ["hangs", "429"])
def test_run__webhook_that_takes_nothing_for_an_hour__looks_go_on_and_all_is_heard_once_after(
    faulty: Faulty, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house_of, "PUMP_SECONDS", 0.01)
    free = Event()
    with receiver() as hook:
        hook.usual = Says(429, (("Retry-After", "900"),)) if says == "429" else Says(wait=lambda: free.wait(30))
        target = read_target("ops", {"ALVH_NOTIFY_OPS": hook.place()})
        outbox = Outbox(faulty.store, {"ops": target}, "ops", faulty.clock.now, deadline_seconds=0.05)
        house = House([faulty.loop.monitor], faulty.store, outbox, CONFIG, faulty.clock)

        def keep_house() -> None:
            if faulty.clock.since >= ENDS and not free.is_set():
                hook.usual = Says()
                free.set()
            house.tick()

        logged = faulty.play(keep_house)
        outbox.deliver(5.0)
        outbox.finish(5.0)
        assert {entry["event"] for entry in logged} == {"looked"}
        assert max(view["lateness"] for view in faulty.views) == 0.0
        assert len(faulty.views) > 0.9 * 2 * HOUR / INTERVAL
        assert faulty.told().count(("opened", "messages_wait")) == 1
        during = [view for view in faulty.views if BEGINS + HOUR / 2 + 1_000 < view["since"] < ENDS]
        assert all("messages_wait" in standing(view) for view in during)
        assert "messages_wait" not in standing(faulty.views[-1])
        sent = len(faulty.told())
        assert faulty.store.notice_counts() == {"pending": 0, "sent": sent, "given up": 0}
        assert len(set(hook.ids())) == sent


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_failed__clock_jumps_an_hour_between_two_failures__no_outage_is_made_of_it(faulty: Faulty, jump: int) -> None:
    faulty.loop.monitor.keep(faulty.loop.monitor.look())
    for words in ("refused", "refused again"):
        faulty.loop.monitor.failed(words)
        faulty.clock.move(INTERVAL)
        faulty.clock.wall += jump
    view = faulty.loop.monitor.shown
    assert (view["trouble"], standing(dict(view))) == ("no look for 60 s: refused again", set())
    assert faulty.clock.now() == NOW + 2 * jump + 2 * INTERVAL
