"""Rows of the monitor: one cycle after its look, of 100, 1,000 and 10,000 positions beside 200 legs.

A cycle is the rules, what people see, its standing alerts, the transaction of the store (SQLite on the disk), what is
published, and the numbers for Prometheus. No peer does the same. The columns are what must be right of the last cycle.
"""

import json
import math
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.cases import Arrays, Case

SIZES = {"monitor_cycle_100": 100, "monitor_cycle_1000": 1_000, "monitor_cycle_10000": 10_000}
LEGS, AT, SPOT = 200, 1_772_452_800, 1_950.0


def seen(count: int) -> Any:
    """Return a look at so many positions and the legs of their hedge."""
    from bridge.alerts.snapshots import MonitorSnapshot
    from bridge.chain.blocks import BlockRef
    from bridge.config import Config
    from bridge.plans.ledger_book import Held, LedgerBook
    from bridge.plans.observed import NO_HASH, stated_governed
    from hedge.book.exposure import book_exposure
    from hedge.book.positions import Book, ConcentratedPosition
    from hedge.decision.held import HeldLeg, LayerCover, MarkSource
    from hedge.instruments.leg import Leg
    from hedge.instruments.margin import Margin
    from hedge.ledger.account import account
    from hedge.market import Market

    draw = np.random.default_rng(7)
    market = Market(AT, {"ETH": SPOT}, {"ETH": 0.7})
    unknown = (math.nan, math.nan, 0.0, 0.0, math.nan)
    positions = tuple(
        ConcentratedPosition(
            f"made:{number}", "ETH/USD", "ETH", "USD", 100.0, SPOT * draw.uniform(0.7, 1.0), SPOT * 1.3, *unknown
        )
        for number in range(count)
    )
    strikes = np.linspace(0.5 * SPOT, 1.5 * SPOT, LEGS)
    options = (
        Leg("ETH", AT + 30 * 86_400, 30 / 365, strike, False, 1.0, 50.0, 0.7, SPOT, 0.0, 0.0, 0.1) for strike in strikes
    )
    legs = tuple(HeldLeg(option, "tail", MarkSource.QUOTE, AT, SPOT) for option in options)
    cover = LayerCover("ETH", "tail", LEGS, 1e4, -1e5, 50.0, 1.0, 1.0, 0.1, 0.1, 2e4, 30.0)
    ledger = LedgerBook("main", AT, (), 0, {}, account([], {}, AT * 1_000))
    held = Held(ledger, legs, (cover,), {}, (), {"": Decimal(0)}, Margin(0.0, 0.0), math.nan)
    return MonitorSnapshot(
        BlockRef(100, NO_HASH, AT),
        feeds=(), breakers=(), automation=None, now=AT, config=Config(), governed=stated_governed({}), proposals=(),
        journal=(), steward_updates=(), untrusted=None, unread=(), on_record=None, drift=None, layers=(),
        market=market, positions=positions, exposure=book_exposure(Book(positions), market), held=held,
    )  # fmt: skip


def monitor_case(row: str) -> Case:
    """Return a row: cycles of one monitor on a database of its own."""
    from bridge.config import Config
    from bridge.monitor.clock import SystemClock
    from bridge.monitor.metrics import Metrics
    from bridge.monitor.service import BookMonitor, Look, Watching
    from bridge.monitor.store import MonitorStore

    folder = tempfile.TemporaryDirectory()
    store, metrics = MonitorStore(str(Path(folder.name) / "alvh.db")), Metrics()
    snapshot: Any = SimpleNamespace(
        chain=SimpleNamespace(chain_id=1), block=None
    )  # without feeds and votes nobody asks it
    look = Look(snapshot, seen(SIZES[row]), "0x" + "a1" * 20)
    monitor = BookMonitor(Watching("main", Config(), lambda: look), store, SystemClock())

    def call() -> dict[str, Any]:
        monitor.look()
        monitor.keep(look)
        metrics.update(monitor.shown, store.notice_counts())
        return dict(monitor.shown)

    def columns(view: dict[str, Any]) -> Arrays:
        legs = sum(leg["value_usd"] for leg in view["held"]["legs"])
        return {"value": np.array([view["totals"]["value_usd"]]), "legs": np.array([legs])}

    facts = f"{LEGS} legs, {len(json.dumps(call())) / 1e3:.0f} kB of JSON in {folder.name and 'SQLite'}"
    arrays = {"count": np.array([SIZES[row]])}
    return Case(row, arrays, call, {"value": 1.0, "legs": 1.0}, 0.0, columns, facts=facts)


MONITOR_CASES: dict[str, Callable[[], Case]] = {row: lambda row=row: monitor_case(row) for row in SIZES}
