"""The lens against the reader that asks one call at a time, on the built world's positions."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak
from web3 import Web3
from web3.exceptions import ContractCustomError

from bridge.artifacts import artifact
from bridge.exposure.uniswap_v3 import UniswapV3Reader
from bridge.local.world import World

LENS = Web3.to_checksum_address("0x" + "1e45" * 10)


class Lens:
    """ExposureLens by state override: its code stands at LENS for the length of a call."""

    def __init__(self, world: World) -> None:
        built, self.web3 = artifact("ExposureLens"), world.chain.web3
        self.contract = self.web3.eth.contract(address=LENS, abi=built.abi)
        self.code = self.web3.eth.call({"data": built.bytecode}).to_0x_hex()  # what the constructor would deploy
        self.manager = world.deployment.address("NonfungiblePositionManager")

    def read(self, function: str, *arguments: Any) -> Any:
        """Call a view of the lens in one eth_call."""
        call = self.contract.functions[function](self.manager, *arguments)
        return call.call({}, state_override={LENS: {"code": self.code}})


def reader(world: World) -> UniswapV3Reader:
    book = world.deployment
    return UniswapV3Reader(
        world.chain, book.address("NonfungiblePositionManager"), book.address("UniswapV3Factory"), book.start_block
    )


def test_read_owner__the_treasury__every_number_is_the_managers(world: World) -> None:
    owner, block = world.deployment.address("lp"), world.chain.head()
    seen, total, exposures = Lens(world).read("readOwner", owner, 0, 1000)
    expected = reader(world).read_positions(owner, block)
    assert total == len(exposures) == len(expected)
    assert seen[:2] == (block.number, block.timestamp)
    assert "0x" + seen[2].hex() == world.chain.at(block.number - 1).hash
    for found, one in zip(exposures, expected, strict=True):
        assert found[0] == one.token_id
        assert found[1:4] == (one.pool, *one.tokens)
        assert found[4:9] == (one.fee, one.tick_lower, one.tick_upper, one.liquidity, one.sqrt_price_x96)
        assert found[10:] == one.fees_units
    assert any(one[10] for one in exposures)


def test_read_owner__by_pages__is_the_same_list(world: World) -> None:
    lens, owner = Lens(world), world.deployment.address("lp")
    _, total, whole = lens.read("readOwner", owner, 0, 1000)
    pages = [lens.read("readOwner", owner, first, 4)[2] for first in range(0, total, 4)]
    assert [one for page in pages for one in page] == whole
    assert lens.read("readOwner", owner, total, 4)[2] == []


def test_read__ids_in_any_order__keeps_it(world: World) -> None:
    lens, owner = Lens(world), world.deployment.address("lp")
    whole = lens.read("readOwner", owner, 0, 1000)[2]
    assert lens.read("read", [one[0] for one in reversed(whole)])[1] == whole[::-1]


def test_read__answer__is_flat_words_twelve_a_position(world: World) -> None:
    lens = Lens(world)
    ids = [one[0] for one in lens.read("readOwner", world.deployment.address("lp"), 0, 1000)[2]]
    data = lens.contract.encode_abi("read", args=[lens.manager, ids])
    raw = bytes(lens.web3.eth.call({"to": LENS, "data": data}, "latest", {LENS: {"code": lens.code}}))
    assert len(raw) == 32 * (3 + 1 + 1 + 12 * len(ids))
    assert int.from_bytes(raw[128:160], "big") == len(ids)


def test_read__pool_of_another_factory__is_named(world: World) -> None:
    lens = Lens(world)
    found = lens.read("readOwner", world.deployment.address("lp"), 0, 1)[2][0]
    with pytest.raises(
        ContractCustomError, match="0x" + keccak(text="NoPool(uint256,address,address,uint24)")[:4].hex()
    ):
        _without_pools(lens, found[0])


def _without_pools(lens: Lens, token_id: int) -> None:
    """Read with a factory that knows no pools: a stub that answers every call with 32 zero bytes."""
    factory = lens.web3.eth.call({"to": lens.manager, "data": "0x" + keccak(text="factory()")[:4].hex()})
    stub = {"code": "0x60205ff3"}
    where = Web3.to_checksum_address(bytes(factory)[12:])
    call = lens.contract.functions.read(lens.manager, [token_id])
    call.call({}, state_override={LENS: {"code": lens.code}, where: stub})
