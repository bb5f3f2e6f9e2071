"""Which AMMs are read on a deployment, from which block on, and a deposit to the last unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.adapters.spec import position_readers
from bridge.adapters.uniswap_v2 import UniswapV2Reader
from bridge.adapters.uniswap_v4 import UniswapV4Reader
from bridge.chain import log_cache
from bridge.chain.node import Chain
from bridge.chain.ways import Ways
from bridge.errors import ChainError
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.lying_node import Answering, Asked, lying_node


def readers(world: World, *without: str) -> list[str]:
    """Return the readers' types on a deployment that lacks some contracts."""
    listed = {name: at for name, at in world.deployment.contracts.items() if name not in without}
    deployment = world.deployment.model_copy(update={"contracts": listed})
    snapshot = Snapshot(world.chain, deployment, world.chain.head())
    return [type(reader).__name__ for reader in position_readers(snapshot)]


UNLOCKED = 12  # where a v2 pair keeps its lock
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


def test_v4_reader__node_that_once_said_nothing__is_asked_again_and_the_positions_are_there(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_cache, "LEAST_BLOCKS", 10)
    world.chain.request("anvil_mine", hex(300))
    at, silent = world.deployment, [True]

    def lie(answering: Answering, asked: Asked) -> bool:
        return silent[0] and asked["method"] == "eth_getLogs" and answering.result(asked, [])

    with lying_node(world.chain.url, lie) as node:

        def read() -> int:
            chain = Chain(node.url, world.chain.chain_id, ways=Ways(logs=tmp_path / "logs"))
            reader = UniswapV4Reader(chain, at.address("PositionManager"), at.address("PoolManager"), 0)
            return len(reader.read_positions(at.address("lp"), world.chain.head()).read)

        with pytest.raises(ChainError, match="holds 1 v4 positions"):
            read()
        assert [*tmp_path.glob("logs/*/*/*.parquet")]
        silent[0] = False
        assert read() == 1


def test_v4_reader__position_from_before_the_search_begins__says_where_to_begin(world: World) -> None:
    chain, at, block = world.chain, world.deployment, world.chain.head()
    late = UniswapV4Reader(chain, at.address("PositionManager"), at.address("PoolManager"), block.number)
    with pytest.raises(ChainError, match=r"holds 1 v4 positions, transfers from block \d+ on name 0: set start_block"):
        late.read_positions(at.address("lp"), block)
    whole = UniswapV4Reader(chain, at.address("PositionManager"), at.address("PoolManager"), 0)
    assert len(whole.read_positions(at.address("lp"), block).read) == 1


def test_v2_deposit__one_mint__is_its_amounts_to_the_last_unit(world: World) -> None:
    at, block = world.deployment, world.chain.head()
    reader = UniswapV2Reader(world.chain, at.address("UniswapV2Factory"), list(at.assets), 0)
    (share,) = reader.read_positions(at.address("lp"), block).read
    minted = [
        (entry["args"]["amount0"], entry["args"]["amount1"])
        for entry in world.chain.logs("UniswapV2Pair", share.pool, "Mint", 0, block)
    ]
    balance = world.chain.read("UniswapV2Pair", share.pool, "balanceOf", at.address("lp"), block=block)
    deposit = reader._deposit(at.address("lp"), share.pool, balance, block)
    assert deposit is not None
    assert deposit.amounts in minted
    assert reader._deposit(at.address("lp"), share.pool, balance + 1, block) is None


def test_v2_reader__pair_in_the_middle_of_a_change__is_named_and_not_read(world: World) -> None:
    at, block = world.deployment, world.chain.head()
    reader = UniswapV2Reader(world.chain, at.address("UniswapV2Factory"), list(at.assets), 0)
    (share,) = reader.read_positions(at.address("lp"), block).read
    world.chain.request("anvil_setStorageAt", share.pool, hex(UNLOCKED), "0x" + "00" * 32)
    locked = reader.read_positions(at.address("lp"), world.chain.head())
    assert locked.read == []
    (left,) = locked.unread
    assert (left.id.lower(), left.reason) == (share.id.lower(), "its pool is in the middle of a change")


def test_v2_reader__token_of_absurd_decimals__is_named_and_not_read(world: World) -> None:
    at, block = world.deployment, world.chain.head()
    reader = UniswapV2Reader(world.chain, at.address("UniswapV2Factory"), list(at.assets), 0)
    (share,) = reader.read_positions(at.address("lp"), block).read
    world.chain.request("anvil_setCode", share.tokens[0], "0x60c85f5260205ff3")  # answers 200 to every question
    fresh = UniswapV2Reader(world.chain, at.address("UniswapV2Factory"), list(at.assets), 0)
    found = fresh.read_positions(at.address("lp"), world.chain.head())
    (left,) = found.unread
    assert found.read == []
    assert (left.id.lower(), "says 200 decimals" in left.reason) == (share.id.lower(), True)
