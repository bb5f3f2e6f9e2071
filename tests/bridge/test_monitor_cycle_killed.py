"""The monitor killed with SIGKILL at every point of its cycles and of its house: nothing is lost, nothing told twice.

Rounds of looks are played on one store. The monitor dies at each point of a round the first time that it passes it,
begins again, and goes on after the last look that was kept, until a whole round has no point that is new.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.engine.default import DefaultDialect

from bridge.chain.blocks import BlockRef
from bridge.config import Config
from bridge.monitor.alert_view import guidance
from bridge.monitor.house import House
from bridge.monitor.notices import Notice
from bridge.monitor.outbox import Outbox
from bridge.monitor.service import BookMonitor, Look, Watching
from bridge.monitor.store import MonitorStore
from bridge.monitor.targets import Outcome, Target, read_target
from tests.bridge.ledger_steps import FORK
from tests.bridge.looks import DAY, NOW, look, vote
from tests.bridge.monitor_steps import START, cycle
from tests.bridge.placed import StillChain, TestClock
from tests.bridge.receivers import Receiver, receiver

pytestmark = pytest.mark.unit
STEP: Final = 120
ROUND: Final = ({"drift": 0.12}, {"drift": 0.3}, None, None, {"drift": 0.02})
"""What each look of a round sees: a drift that opens, worsens and clears; where it is None no node answers."""
SETTINGS: Any = {"watch": {"interval_seconds": 15}, "notify": {"default": "ops", "digest_hour": NOW // 3600 % 24}}
CONFIG: Final = Config(**SETTINGS)
KEPT: Final = ("looks", "exposures", "series", "proposals", "plans", "alerts", "transitions", "notices", "cursors")
TRIES: Final = {"attempts", "tried_at", "sent_at", "made_at", "next_at", "seq", "look"}
"""Columns that say when something was tried, and numbers of rows, which a database may skip."""


class Points:
    """Points that a monitor passes: it dies at each one the first time."""

    def __init__(self, path: Path | None, only: str) -> None:
        self.path, self.only = path, only
        self.step, self.counts = "start", Counter[str]()
        self.known = set(path.read_text(encoding="utf-8").splitlines()) if path and path.exists() else set()

    def begin(self, step: str) -> None:
        """Begin a step of a round: its points are its own."""
        self.step, self.counts = step, Counter()

    def passed(self, name: str) -> None:
        """Die here, or go on; a point that is passed again and again is known by its first times."""
        name = " ".join(name.split())
        self.counts[name] += 1
        point = f"{self.step}: {min(self.counts[name], 3)} {name}"
        if self.path is None or point in self.known or self.only not in point:
            return
        with self.path.open("a", encoding="utf-8") as file:
            file.write(point + "\n")
        os.kill(os.getpid(), signal.SIGKILL)

    def watch_databases(self) -> None:
        """Pass a point before each statement that writes, and before and after its commit, of all databases.

        What is only read is not lost.
        """
        wrote = False
        do_commit: Callable[..., None] = DefaultDialect.do_commit

        def execute(_: Any, __: Any, statement: str, *___: Any) -> None:
            nonlocal wrote
            if not statement.startswith(("SELECT", "BEGIN", "PRAGMA")):
                self.passed(statement)
                wrote = True

        def commit(dialect: DefaultDialect, connection: Any) -> None:
            nonlocal wrote
            if wrote:
                self.passed("before a commit")
            do_commit(dialect, connection)
            if wrote:
                self.passed("after a commit")
            wrote = False

        event.listen(Engine, "before_cursor_execute", execute)
        DefaultDialect.do_commit = commit  # type: ignore[method-assign]


def _watched(points: Points, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that passes a point before and after what it does."""

    def done(*arguments: Any) -> Any:
        points.passed(f"before {name}")
        found = act(*arguments)
        points.passed(f"after {name}")
        return found

    return done


def _look(clock: TestClock, step: int) -> Look:
    changes, round_ = ROUND[step % len(ROUND)] or {}, step // len(ROUND)
    proposal = vote(id=1_000 + round_, state="active" if step % len(ROUND) < 4 else "executed")
    block = BlockRef(100 + step, f"0x{step:064x}", clock.now())
    chain: Any = StillChain()
    snapshot: Any = type("Snapshot", (), {"chain": chain, "block": block})()
    return Look(snapshot, look(block=block, now=clock.now(), proposals=(proposal,), **changes), "0xowner")


def _play(address: str, hook: Target, path: Path | None, steps: int, only: str = "") -> None:
    """Go on after the last look that was kept, for so many steps in all, or to the end of the next whole round."""
    points, clock = Points(path, only), TestClock()
    points.watch_databases()
    send: Callable[[Notice, str], Outcome] = _watched(points, "a message is sent", hook.send)
    with MonitorStore(address) as store, store.lease():
        last = store.last("main")
        first = last.block_number - 99 if last else 0
        clock.move(STEP * max(first - 1, 0))
        taken: list[Look] = []
        monitor = BookMonitor(Watching("main", CONFIG, taken.pop), store, clock)
        monitor.published.publish = _watched(points, "it is published", monitor.published.publish)  # type: ignore[method-assign]
        outbox = Outbox(store, {"ops": Target("ops", "webhook", send)}, "ops", clock.now)
        house = House([monitor], store, outbox, CONFIG, clock)
        monitor.resume()
        house.tick()
        for step in range(first, steps or (first // len(ROUND) + 2) * len(ROUND)):
            points.begin(f"look {step % len(ROUND)}")
            clock.wall, clock.since = NOW + STEP * step, float(STEP * step)
            monitor.plan_next(0.0)
            if ROUND[step % len(ROUND)] is None:
                monitor.failed("no node answers")
            else:
                taken.append(_look(clock, step))
                monitor.keep(_watched(points, "the look", monitor.look)())
            house.tick()
        house.close()


def _run(address: str, hook: Target, path: Path | None = None, steps: int = 0, only: str = "") -> int | None:
    process = FORK.Process(target=_play, args=(address, hook, path, steps, only))
    process.start()
    process.join(300)
    return process.exitcode


def _rows(address: str) -> dict[str, list[str]]:
    """Return what is kept, without what says how often it was tried, and the words of a summary of the day."""
    found = {}
    with MonitorStore(address) as store, store.engine.connect() as connection:
        for name in KEPT:
            rows = [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {name}"))]
            for row in rows:
                row |= {"body": ""} if "Daily" in row.get("title", "") else {}
            found[name] = sorted(repr([cell for cell in row.items() if cell[0] not in TRIES]) for row in rows)
    return found


def _prepare(address: str) -> None:
    """Keep looks of long ago, of which the first is left when they are thinned."""
    with MonitorStore(address) as store:
        for number in range(3):
            old = cycle(number, notices=(), transitions=(), standings=(), rounds=(), proposals=(), plan=None)
            store.write(replace(old, book="main", at=START - 200 * DAY + number, block_number=99, cursors={}))


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.xdist_group("postgres"))])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a function that gives the address of an empty database."""
    if request.param == "postgres":
        made: Callable[[], str] = request.getfixturevalue("fresh")
        return made
    numbers = iter(range(9))
    return lambda: str(tmp_path / f"state{next(numbers)}" / "alvh.db")


def test_monitor__killed_at_every_point__keeps_and_tells_each_thing_once(
    place: Callable[[], str], hook: Receiver, tmp_path: Path
) -> None:
    quiet, killed, path = place(), place(), tmp_path / "points"
    only = "commit" if "://" in quiet else ""  # of a server, where each start takes its time
    guidance()  # loads what each process would load again
    target = read_target("ops", {"ALVH_NOTIFY_OPS": hook.place()})
    for address in (quiet, killed):
        _prepare(address)
    deaths = 0
    while (code := _run(killed, target, path, only=only)) == -signal.SIGKILL:
        deaths += 1
    assert code == 0
    points = path.read_text(encoding="utf-8").splitlines()
    assert deaths == len(points) == len(set(points))
    every = {"start", *(f"look {step}" for step in range(len(ROUND)))}
    assert {point.partition(": ")[0] for point in points} == every
    heard = hook.ids()

    with MonitorStore(killed) as store:
        last = store.last("main")
    assert last is not None
    steps = last.block_number - 99
    hook.got.clear()
    assert _run(quiet, target, steps=steps) == 0
    kept = _rows(killed)
    assert kept == _rows(quiet)
    assert len(kept["looks"]) == 1 + steps * 3 // 5  # one of long ago is left
    assert len(kept["transitions"]) > steps
    assert all("'sent'" in row for row in kept["notices"])
    with MonitorStore(killed) as store, store.engine.connect() as connection:
        assert list(dict.fromkeys(heard)) == list(connection.scalars(text("SELECT id FROM notices ORDER BY seq")))
    assert set(heard) == set(hook.ids())
    assert 0 < len(heard) - len(hook.ids()) < len(points) / 2  # killed between a message and its note
