"""What is read for a plan or a proposal is of one block that is still there after the last read, on two chains."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.chain.node import Chain
from bridge.config import BookConfig
from bridge.errors import Reorganised
from bridge.governance.actions import build_action
from bridge.governance.proposals import draft_action, draft_proposal
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.plans.observe import observe
from bridge.plans.records import PlanRecord
from bridge.snapshot import Snapshot
from tests.bridge.lying_node import LyingNode, lying_node
from tests.bridge.reorganising_node import READ, reorganising_node
from tests.bridge.steps import LIFE, act_through_safe, parameters_call


def of_quotes(record: PlanRecord, chain_id: int) -> PlanRecord:
    """Return a record as one of that chain that was made from recorded quotes."""
    plan = copy.deepcopy(record.plan)
    for kind in ("chains", "indices"):
        for source in plan["inputs"][kind].values():
            source["provenance"] = "file"
    plan["inputs"]["market"] |= {"vol_provenance": "file", "spot_provenance": "file"}
    return replace(record, plan=plan, chain_id=chain_id)


Use = Callable[[Snapshot, PlanRecord], object]
OPERATOR = account("operator").address


def observed(snapshot: Snapshot, _: PlanRecord) -> object:
    return observe(snapshot, snapshot.deployment.address("lp"), BookConfig())


def update_drafted(snapshot: Snapshot, record: PlanRecord) -> object:
    return draft_proposal(snapshot, record, LIFE, OPERATOR)


def action_drafted(snapshot: Snapshot, _: PlanRecord) -> object:
    return draft_action(snapshot, build_action(snapshot, "unpause", ()), OPERATOR)


def through(node: LyingNode, world: World) -> Snapshot:
    return replace(world, chain=Chain(node.url, world.chain.chain_id)).snapshot()


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("use", [observed, update_drafted, action_drafted])
def test_read__block_replaced_between_two_reads_or_after_the_last__is_reorganised(
    anywhere: World, record: PlanRecord, use: Use, place: str
) -> None:
    if use is action_drafted:
        act_through_safe(anywhere, "guardian", *parameters_call(anywhere, "pause"))
    record = of_quotes(record, anywhere.chain.chain_id)
    with lying_node(anywhere.chain.url) as node:
        use(through(node, anywhere), record)
    reads = 1 if place == "first" else len(node.asked(READ))
    with reorganising_node(anywhere.chain, reads=reads) as node, pytest.raises(Reorganised) as caught:
        use(through(node, anywhere), record)
    assert caught.value.found == anywhere.chain.head().hash
