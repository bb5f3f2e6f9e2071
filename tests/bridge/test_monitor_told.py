"""Whom a monitor tells of what, where strangers, nodes and changes come one upon the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from bridge.adapters.pool_position import Unread
from bridge.chain.blocks import BlockRef
from bridge.governance.inspection import ACCOUNT, Inspected
from bridge.monitor.notices import MOST_OF_RULE
from tests.bridge.looks import look, vote
from tests.bridge.placed import Placed, placed_monitor, stands  # noqa: F401 - a fixture

pytestmark = pytest.mark.unit


def test_keep__node_that_is_behind_for_a_look__forgets_no_change_of_parameters(placed: Placed) -> None:
    def voted(version: int) -> dict[str, Any]:
        governed = replace(look().governed, version=version)
        return {"governed": governed, "unplanned": frozenset({""}), "network": None}

    placed.cycle(**voted(5))
    ahead = placed.cycle(**voted(6))
    assert "parameters_changed" in stands(ahead)
    behind = BlockRef(ahead["block"]["number"] - 1, f"0x{7:064x}", ahead["block"]["timestamp"])
    for back in (voted(6), voted(5)):
        placed.cycle(block=behind, **back)
        placed.rest(60.0)
        assert "parameters_changed" in stands(placed.cycle(**voted(6)))
    assert placed.store.cursors("main")["31337:version:"] == 5


def test_keep__one_change_of_parameters_after_another__each_is_told_though_somebody_knows_the_first(
    placed: Placed,
) -> None:
    for version in (1, 2, 3, 4):
        governed = replace(look().governed, version=version)
        view = placed.cycle(governed=governed, unplanned=frozenset({""}))
        for each in (each for each in view["alerts"] if each["rule"] == "parameters_changed"):
            placed.monitor.acknowledge(each["key"], "ann")
    changed = [change for change, rule in placed.told() if rule == "parameters_changed"]
    assert changed == ["opened", "worse", "worse"]


def test_keep__strangers_proposals_by_the_dozen__keep_back_no_message_of_another_rule(placed: Placed) -> None:
    placed.cycle()
    foreign = tuple(replace(vote(), id=number, proposer="0x" + "ee" * 20) for number in range(1_000, 1_060))
    governed = replace(look().governed, version=1)
    placed.cycle(proposals=foreign, journal=(), governed=governed, unplanned=frozenset({""}))
    titles = [each.notice.title for each in placed.store.due_notices(placed.clock.now(), 1_000)]
    assert [title for title in titles if title.startswith("CRITICAL changed")]
    assert sum(title.startswith("CRITICAL foreign") for title in titles) == MOST_OF_RULE
    assert [title for title in titles if "more changes of alerts" in title]


def test_keep__thousand_alerts_at_once__the_worst_are_told_one_by_one_and_the_rest_counted(placed: Placed) -> None:
    placed.cycle()
    unread = tuple(Unread(f"uniswap-v3:{number}", "a stranger's") for number in range(15))
    paths = {"positions": (), "exposure": None, "market": None, "drift": None, "untrusted": "no fresh volatility"}
    held = {f"0x{number:040x}": Inspected(f"0x{number:040x}", 1, ACCOUNT) for number in range(80)}
    view = placed.cycle(unread=unread, holders=held, **paths)
    due = placed.store.due_notices(placed.clock.now(), 1_000)
    assert len(stands(view)) >= 2
    titles = Counter(each.notice.title.split(" of ")[0] for each in due)
    assert max(Counter(each["rule"] for each in view["alerts"]).values()) > MOST_OF_RULE
    assert "more changes of alerts" in due[-1].notice.title
    assert sum("more changes" in title for title in titles) == 1
    assert len(due) == 1 + sum(min(n, MOST_OF_RULE) for n in Counter(each["rule"] for each in view["alerts"]).values())
