"""The monitor over half a day, or a week where it is asked for, against a list of changes that is computed apart."""

from __future__ import annotations

import gc
import math
import os
from dataclasses import replace
from functools import partial

import pytest

from bridge.chain.blocks import BlockRef
from bridge.monitor.standing import Change
from tests.bridge.looks import NOW, book, look
from tests.bridge.placed import Placed, placed_monitor  # noqa: F401 - a fixture

pytestmark = pytest.mark.unit
WEEK = 10_080 if os.environ.get("ALVH_WEEK") else 720
"""Looks, one a minute: of half a day, and of a week where it is asked for, which takes minutes."""


def drift_at(minute: int) -> float:
    """Return a made-up drift: hours in which it swings over its band, quiet ones."""
    return 0.13 * abs(math.sin(minute / 170.0)) if minute % 1_440 < 1_000 else 0.03


def expected_changes() -> list[tuple[int, str]]:
    """Return when which change of the drift is told in a week: opened above its band, over below .8 of it."""
    found: list[tuple[int, str]] = []
    stands = False
    for minute in range(WEEK):
        drift = drift_at(minute)
        if (drift > 0.1 and not stands) or (drift < 0.08 and stands):
            stands = not stands
            found.append((NOW + 60 * minute, "opened" if stands else "cleared"))
    return found


def test_minutes__a_look_each__no_missed_and_no_repeated_alert_and_memory_is_flat(placed: Placed) -> None:
    books = [book(2_000.0 * (1.0 + 0.01 * step)) for step in range(-5, 6)]
    seen, alive = look(), list[int]()
    for minute in range(WEEK):
        placed.clock.wall, placed.clock.since = NOW + 60 * minute, 60.0 * minute
        placed.monitor._planned = placed.monitor._kept_at = placed.clock.passed()
        changes = {"drift": drift_at(minute), "now": placed.clock.wall} | books[minute // 60 % len(books)]
        placed.found = partial(
            replace, seen, block=BlockRef(100 + minute, f"0x{minute:064x}", placed.clock.wall), **changes
        )
        placed.monitor.keep(placed.monitor.look())
        if minute in (WEEK // 4, WEEK - 1):
            gc.collect()
            alive.append(len(gc.get_objects()))
    told = [(each.at, str(each.change)) for each in reversed(placed.store.transitions("main", 0, 100_000))
            if each.standing.rule == "exposure_drifted" and each.change is not Change.ESCALATED]  # fmt: skip
    assert told == expected_changes()
    assert len(told) > 2
    assert {rule for _, rule in placed.told()} == {"exposure_drifted"}
    assert alive[1] < alive[0] * 1.05
