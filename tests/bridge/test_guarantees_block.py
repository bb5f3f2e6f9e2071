"""What is read for a plan is of one block that is still there after the last read, on two chains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.chain.node import Chain
from bridge.config import BookConfig
from bridge.errors import Reorganised
from bridge.local.world import World
from bridge.plans.observe import observe
from bridge.snapshot import Snapshot
from tests.bridge.lying_node import lying_node
from tests.bridge.reorganising_node import READ, reorganising_node


def observed(world: World, url: str) -> None:
    """Observe the LP's book at the newest block, through a node."""
    snapshot = replace(world, chain=Chain(url, world.chain.chain_id)).snapshot()
    assert isinstance(snapshot, Snapshot)
    observe(snapshot, world.deployment.address("lp"), BookConfig())


@pytest.mark.parametrize("place", ["first", "last"])
def test_observe__block_replaced_between_two_reads_or_after_the_last__is_reorganised(
    anywhere: World, place: str
) -> None:
    with lying_node(anywhere.chain.url) as node:
        observed(anywhere, node.url)
    reads = 1 if place == "first" else len(node.asked(READ))
    with reorganising_node(anywhere.chain, reads=reads) as node, pytest.raises(Reorganised) as caught:
        observed(anywhere, node.url)
    assert caught.value.found == anywhere.chain.head().hash
