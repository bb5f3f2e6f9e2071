"""What `make bench` prints of a row."""

from __future__ import annotations

import pytest

from benchmarks.report import summary

pytestmark = pytest.mark.unit
ROW = {
    "id": "plan", "ours_ms": 2.5, "checked": True, "ratios": {"peer": 4.0}, "peers_ms": {"peer": 10.0},
    "differences": {"peer": 1e-16}, "failed": {"other": "does not build"},
}  # fmt: skip


def test_summary__row_with_and_without_facts__both_are_printed() -> None:
    first, peer, other = summary(ROW).splitlines()
    assert first == "plan: 2.5 ms, checked True"
    assert peer.split() == ["peer", "10", "ms", "4", "x", "differs", "by", "1e-16"]
    assert other.split() == ["other", "does", "not", "run:", "does", "not", "build"]
    assert summary(ROW | {"facts": "3 requests"}).startswith("plan: 2.5 ms, checked True, 3 requests\n")
