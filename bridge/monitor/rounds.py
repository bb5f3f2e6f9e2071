"""Rounds of feeds that were answered since the last look: a look sees the newest one only."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median_high
from typing import Any

from bridge.alerts.snapshots import MonitorSnapshot
from bridge.monitor.cycle import RoundRow
from bridge.snapshot import Snapshot
from bridge.sources.oracle import FeedStatus

CURSOR = "rounds:"
"""How the name of a cursor begins that says up to which block the rounds of a feed were read."""


def rounds_since(snapshot: Snapshot, seen: MonitorSnapshot, cursors: Mapping[str, int]) -> tuple[RoundRow, ...]:
    """Return the rounds of every feed that were submitted after the block of its cursor; where it has none, the newest.

    Raises
    ------
    ChainError
        The node does not tell.
    """
    return tuple(row for feed in seen.feeds if feed.round for row in _of_feed(snapshot, feed, cursors))


def _of_feed(snapshot: Snapshot, feed: FeedStatus, cursors: Mapping[str, int]) -> list[RoundRow]:
    newest = RoundRow(feed.asset, feed.feed, feed.round, feed.observed_at, feed.volatility_e8, feed.reported_e8)
    since = cursors.get(CURSOR + feed.asset)
    if since is None or since >= snapshot.block.number:
        return [newest]
    place = ("VolatilityOracle", feed.feed, "RoundSubmitted", since + 1, snapshot.block)
    return [_row(feed, entry["args"]) for entry in snapshot.chain.logs(*place)]


def _row(feed: FeedStatus, told: Mapping[str, Any]) -> RoundRow:
    reported = median_high(told["volatilities"]) if told["volatilities"] else told["volatility"]
    return RoundRow(feed.asset, feed.feed, told["round"], told["observedAt"], told["volatility"], reported)
