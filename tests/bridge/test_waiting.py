"""What waits: the automation's next step among keys that rest, and a steward's update behind one that has expired."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.chain.node import Chain
from bridge.errors import ChainError
from bridge.governance.safeguards import _first_rested
from bridge.governance.steward import read_pending_updates
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.safe.actions import SAFE_ACTIONS, SafeContext
from bridge.safe.multisig import build_safe_transaction, rehearse_call
from hedge.policy.parameters import KEYS
from hedge.units import DAY
from tests.bridge.lying_node import Answering, Asked, lying_node
from tests.bridge.steps import LIFE, act_through_safe, with_changes


class Parameters:
    """A snapshot of a table of keys 1, 2 and 3, their values, and when each may move."""

    def __init__(self, values: dict[int, int], ready: dict[int, int]) -> None:
        self.values, self.ready = values, ready

    def read(self, contract: str, function: str, *arguments: Any) -> Any:
        """Answer as the contracts would."""
        if function == "table":
            return (1, 2, 3), [(0, (0, 0, 0)), (5, (10, 20, 30))], ()
        return [0, *self.values.values()] if function == "values" else self.ready[arguments[0]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({1: 10, 2: 20, 3: 30}, None),  # every key has its value
        ({1: 10, 2: 21, 3: 31}, 200),  # the first rests the shortest, and need not move
        ({1: 11, 2: 21, 3: 31}, 100),
        ({1: 10, 2: 20, 3: 31}, 300),
    ],
)
def test_first_rested__keys_that_must_still_move__gives_the_soonest(
    values: dict[int, int], expected: int | None
) -> None:
    seen: Any = Parameters(values, {1: 100, 2: 200, 3: 300})
    assert _first_rested(seen, 1) == expected


def test_read_pending_updates__first_has_expired__the_second_still_waits(world: World, record: PlanRecord) -> None:
    (key, *_), changes = record.changes(), record.changes()
    for life, new in ((2 * DAY, changes[key]), (LIFE, (KEYS[key].initial + changes[key]) // 2)):
        made = with_changes(record, {key: new})
        at = world.deployment.address("steward")
        context = SafeContext(world.chain, world.deployment, world.chain.head(), at, lambda made=made: made, life)
        call = SAFE_ACTIONS["schedule"].build(context, [])
        rehearse_call(world.snapshot(), build_safe_transaction(world.snapshot(), at, call))
        act_through_safe(world, "steward", *call)
    first, second = read_pending_updates(world.snapshot())
    assert first.update.expiry < second.update.expiry
    advance_time(world.chain, first.update.expiry + 1 - world.chain.head().timestamp)
    assert read_pending_updates(world.snapshot()) == [second]


def test_read_pending_updates__node_gives_a_hash_with_another_update__is_refused(
    world: World, record: PlanRecord
) -> None:
    (key, *_), changes = record.changes(), record.changes()
    for new in (changes[key], (KEYS[key].initial + changes[key]) // 2):
        made = with_changes(record, {key: new})
        at = world.deployment.address("steward")
        context = SafeContext(world.chain, world.deployment, world.chain.head(), at, lambda made=made: made, LIFE)
        act_through_safe(world, "steward", *SAFE_ACTIONS["schedule"].build(context, []))
    first, second = read_pending_updates(world.snapshot())
    assert (first.hash, second.hash) == (first.update.hash, second.update.hash)

    def lie(answering: Answering, asked: Asked) -> bool:
        """Give the first hash with what the second sets."""
        if asked["method"] != "eth_getLogs":
            return False
        found = json.loads(answering.honest(asked))["result"]
        found[0]["data"] = found[1]["data"]
        return answering.result(asked, found)

    with lying_node(world.chain.url, lie) as node:
        seen = replace(world, chain=Chain(node.url, world.chain.chain_id)).snapshot()
        with pytest.raises(ChainError, match=f"the node gives the update {first.hash} other values than it has"):
            read_pending_updates(seen)
