"""What a chain of several was last worth, kept for a time when it cannot be read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bridge.plans.network_book import ChainSeen, _keep, _last

pytestmark = pytest.mark.unit
OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
NOW = int(time.time())


def kept(state: Path, *looks: tuple[int, float]) -> tuple[float, int]:
    for number, (at, usd) in enumerate(looks):
        _keep(state, OWNER, ChainSeen("base", "Base", 8453, number, at, usd))
    return _last(state, OWNER, "base", 8453)


def test_keep__node_that_is_behind__takes_nothing_back(tmp_path: Path) -> None:
    assert kept(tmp_path, (NOW - 60, 3.4e6), (NOW - 32_400, 0.0)) == (3.4e6, NOW - 60)
    assert kept(tmp_path, (NOW - 10, 3.5e6)) == (3.5e6, NOW - 10)


def test_keep__block_that_was_of_the_future__does_not_stay_for_ever(tmp_path: Path) -> None:
    assert kept(tmp_path, (NOW + 10**9, 1.0), (NOW, 3.4e6)) == (3.4e6, NOW)
