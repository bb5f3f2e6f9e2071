"""The rows that read a chain: a thousand v3 positions of a local node."""

import json
import subprocess
import sys

import numpy as np

from benchmarks.cases import Arrays, Case
from benchmarks.chain_world import ChainWorld, chain_world
from benchmarks.environment import HERE
from bridge.adapters.lens import ADDRESS, GAS, Lens, LensPosition
from bridge.artifacts import artifact

FIELDS = ("liquidity", "tick_lower", "tick_upper", "owed0", "owed1")


def chain_case() -> Case:
    """Position, pool price and fees owed of each, by id, at a block; peers must agree to the last unit."""
    world = chain_world()
    lens, block = Lens(world.chain), world.chain.head()
    found = lens.positions_v3(world.manager, world.ids, block)

    def call() -> list[LensPosition]:
        return lens.positions_v3(world.manager, world.ids, block)

    units = dict.fromkeys((*FIELDS, "sqrt_price_x96"), 1.0)
    return Case("chain_1000", _arrays(world) | _floors(world, found), call, units, 0.0, columns)


def columns(found: list[LensPosition]) -> Arrays:
    """Return what was read as columns."""
    named = {name: np.array([float(getattr(position, name)) for position in found]) for name in FIELDS}
    prices = [float(position.pool.sqrt_price_x96) for position in found if position.pool]
    return named | {"sqrt_price_x96": np.array(prices)}


def cold_case() -> Case:
    """From the start of a process to the amounts of both tokens of each position; units are those amounts."""
    world = chain_world()
    command = [sys.executable, str(HERE / "cold_lens.py"), world.chain.url, world.manager, *map(str, world.ids)]

    def call() -> list[list[int]]:
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def columns(amounts: list[list[int]]) -> Arrays:
        return {f"amount{side}": np.array([float(pair[side]) for pair in amounts]) for side in (0, 1)}

    # A peer values in floats; amounts below a thousand units are rounding.
    units = {name: np.maximum(values, 1e3) for name, values in columns(call()).items()}
    return Case("chain_cold_1000", _arrays(world), call, units, 1e-3, columns)


def _arrays(world: ChainWorld) -> Arrays:
    named = {"url": world.chain.url, "manager": world.manager, "factory": world.factory}
    texts = {name: np.array([value]) for name, value in named.items()}
    return texts | {"ids": np.array(world.ids), "count": np.array([len(world.ids)])}


def _floors(world: ChainWorld, found: list[LensPosition]) -> Arrays:
    """Return the requests of the two floors: what every position needs for itself, and each question once."""
    pools = list(dict.fromkeys(position.pool for position in found if position.pool))
    where = [pools.index(position.pool) for position in found if position.pool]
    ticks = [
        (at, tick)
        for position, at in zip(found, where, strict=True)
        for tick in (position.tick_lower, position.tick_upper)
    ]
    owners = [pool.id for pool in pools]
    each = [(index, tick) for index, (_, tick) in zip(np.arange(len(ticks)) // 2, ticks, strict=True)]
    return {
        "floor": np.array([_floor(world, [owners[at] for at in where], each)]),
        "floor_once": np.array([_floor(world, owners, list(dict.fromkeys(ticks)))]),
    }


def _floor(world: ChainWorld, pools: list[int], ticks: list[tuple[int, int]]) -> str:
    floor = artifact("LensFloor")
    contract = world.chain.web3.eth.contract(abi=floor.abi)
    checksum = world.chain.web3.to_checksum_address
    packed = [int(at) << 24 | tick & 0xFFFFFF for at, tick in ticks]
    addresses = [checksum(f"0x{pool:040x}") for pool in pools]
    data = contract.encode_abi("ask", args=[world.manager, world.ids, addresses, packed])
    call = {"to": ADDRESS, "data": data, "gas": hex(GAS)}
    parameters = [call, "latest", {ADDRESS: {"code": floor.runtime}}]
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": parameters})


CHAIN_CASES = {"chain_1000": chain_case, "chain_cold_1000": cold_case}
