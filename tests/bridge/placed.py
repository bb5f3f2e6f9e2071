"""A monitor of one book on looks and a clock that a test gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from bridge.alerts.snapshots import MonitorSnapshot
from bridge.chain.blocks import BlockRef
from bridge.config import Config
from bridge.errors import MissingBlock
from bridge.monitor.service import BookMonitor, Look, Watching
from bridge.monitor.store import MonitorStore
from tests.bridge.looks import NOW, look

HOUR, DAY, INTERVAL = 3600, 86_400, 15.0
SETTINGS: Any = {"watch": {"interval_seconds": INTERVAL}, "notify": {"default": "ops", "escalate_seconds": 3600}}
CONFIG = Config(**SETTINGS)
UNSENT = "messages_wait"


class TestClock:
    """A clock that a test moves."""

    __test__ = False

    def __init__(self) -> None:
        self.wall, self.since = NOW, 0.0

    def now(self) -> int:
        return self.wall

    def passed(self) -> float:
        return self.since

    def wait(self, seconds: float, stop: Event) -> None:
        self.move(seconds)

    def move(self, seconds: float) -> None:
        self.wall, self.since = self.wall + round(seconds), self.since + seconds


class StillChain:
    """A chain of which only its id is asked, and whether it still has a block."""

    chain_id = 31337

    def __init__(self) -> None:
        self.hashes: dict[int, str] = {}

    def at(self, number: int) -> BlockRef:
        if number not in self.hashes:
            raise MissingBlock(number, "a test")
        return BlockRef(number, self.hashes[number], 0)


class Placed:
    """A monitor of looks that a test gives it."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.chain, self.address = TestClock(), StillChain(), str(folder / "alvh.db")
        self.found: Callable[[], MonitorSnapshot] = look
        self.start()

    def start(self) -> None:
        self.store = MonitorStore(self.address)
        self.monitor = BookMonitor(Watching("main", CONFIG, self.take), self.store, self.clock)

    def take(self) -> Look:
        seen = self.found()
        snapshot: Any = type("Snapshot", (), {"chain": self.chain, "block": seen.block})()
        return Look(snapshot, seen, "0xowner")

    def cycle(self, **changes: Any) -> dict[str, Any]:
        """Look once, with some of it changed, and return what people see."""
        block = BlockRef(100 + round(self.clock.since), f"0x{round(self.clock.since):064x}", self.clock.now())
        self.found = lambda: look(**{"block": block, "now": self.clock.now()} | changes)
        self.monitor.keep(self.monitor.look())
        self.chain.hashes[block.number] = block.hash
        self.monitor.plan_next(INTERVAL)
        self.clock.move(INTERVAL)
        return self.view()

    def rest(self, seconds: float) -> None:
        """Let time pass in which no look was due."""
        self.clock.move(seconds)
        self.monitor._planned = self.monitor._kept_at = self.clock.passed()

    def fail(self, words: str = "no node answers") -> dict[str, Any]:
        """Let one look fail, and return what people see."""
        self.monitor._began = self.clock.passed()
        self.monitor.failed(words)
        self.monitor.plan_next(INTERVAL)
        self.clock.move(INTERVAL)
        return self.view()

    def view(self) -> dict[str, Any]:
        return dict(self.monitor.shown)

    def told(self) -> list[tuple[str, str]]:
        """Return what people were told, oldest first; nobody here sends it, which is not told here."""
        found = [each for each in self.store.transitions("main", 0, 100_000) if each.standing.rule != UNSENT]
        return [(str(each.change), each.standing.rule) for each in reversed(found)]


@pytest.fixture(name="placed")
def placed_monitor(tmp_path: Path) -> Iterator[Placed]:
    made = Placed(tmp_path)
    yield made
    made.store.close()


def standing(view: dict[str, Any]) -> set[str]:
    return {alert["rule"] for alert in view["alerts"] if alert["cleared_at"] is None}


def stands(view: dict[str, Any]) -> set[str]:
    """Return the rules whose alerts stand, but for that nobody here sends messages."""
    return standing(view) - {UNSENT}
