"""Which AMMs are read on a deployment: those whose every contract it lists."""

from __future__ import annotations

import pytest

from bridge.adapters.spec import position_readers
from bridge.local.world import World
from bridge.snapshot import Snapshot


def readers(world: World, *without: str) -> list[str]:
    """Return the readers' types on a deployment that lacks some contracts."""
    listed = {name: at for name, at in world.deployment.contracts.items() if name not in without}
    deployment = world.deployment.model_copy(update={"contracts": listed})
    snapshot = Snapshot(world.chain, deployment, world.chain.head())
    return [type(reader).__name__ for reader in position_readers(snapshot)]


V2, V3, V4 = "UniswapV2Reader", "UniswapV3Reader", "UniswapV4Reader"


@pytest.mark.parametrize(
    ("without", "left"),
    [
        ((), [V2, V3, V4]),
        (("UniswapV2Factory",), [V3, V4]),
        (("NonfungiblePositionManager",), [V2, V4]),
        (("PositionManager",), [V2, V3]),
        (("PoolManager",), [V2, V3]),
        (("UniswapV2Factory", "NonfungiblePositionManager", "PoolManager"), []),
    ],
)
def test_position_readers__deployment_without_a_contract__leaves_its_amm_out(
    world: World, without: tuple[str, ...], left: list[str]
) -> None:
    assert readers(world, *without) == left
