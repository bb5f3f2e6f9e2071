"""Rounds of feeds that were answered since the last look: a look sees the newest one only."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median_high
from typing import Any

from bridge.alerts.snapshots import MonitorSnapshot
from bridge.monitor.cycle import RoundRow
from bridge.snapshot import Snapshot
from bridge.sources.oracle import FeedStatus


def rounds_since(snapshot: Snapshot, seen: MonitorSnapshot, read: Mapping[str, int]) -> tuple[RoundRow, ...]:
    """Return the rounds of every feed that were submitted after the last look; the newest where there was none.

    Parameters
    ----------
    read
        Up to which block the rounds of a feed were read, by asset.

    Raises
    ------
    ChainError
        The node does not tell.
    """
    return tuple(row for feed in seen.feeds if feed.round for row in _of_feed(snapshot, feed, read.get(feed.asset)))


def _of_feed(snapshot: Snapshot, feed: FeedStatus, since: int | None) -> list[RoundRow]:
    newest = RoundRow(feed.asset, feed.feed, feed.round, feed.observed_at, feed.volatility_e8, feed.reported_e8)
    if since is None or since >= snapshot.block.number:
        return [newest]
    place = ("VolatilityOracle", feed.feed, "RoundSubmitted", since + 1, snapshot.block)
    return [_row(feed, entry["args"]) for entry in snapshot.chain.logs(*place)]


def _row(feed: FeedStatus, told: Mapping[str, Any]) -> RoundRow:
    reported = median_high(told["volatilities"]) if told["volatilities"] else told["volatility"]
    return RoundRow(feed.asset, feed.feed, told["round"], told["observedAt"], told["volatility"], reported)
