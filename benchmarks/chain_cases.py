"""The rows that read a chain: a hundred, a thousand and ten thousand v3 positions of a local node."""

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.cases import Arrays, Case
from benchmarks.chain_world import ChainWorld, chain_world
from benchmarks.environment import HERE
from bridge.adapters.lens import ADDRESS, GAS, Lens, LensPosition
from bridge.artifacts import artifact
from bridge.chain.rpc import Rpc

FIELDS = ("liquidity", "tick_lower", "tick_upper", "owed0", "owed1")


SIZES = {"chain_100": 100, "chain_1000": 1_000, "chain_10000": 10_000}
FLOORED = "chain_1000"  # ten thousand are more than a node answers in one call


def chain_case(row: str) -> Case:
    """Position, pool price and fees owed of each, by id, at a block; peers must agree to the last unit."""
    count = SIZES[row]
    world = chain_world(max(count, 1_000))
    world = world._replace(ids=world.ids[:count])
    lens, block = Lens(world.chain), world.chain.head()
    found = lens.positions_v3(world.manager, world.ids, block)

    def call() -> list[LensPosition]:
        return lens.positions_v3(world.manager, world.ids, block)

    units = dict.fromkeys((*FIELDS, "sqrt_price_x96"), 1.0)
    arrays = _arrays(world) | (_floors(world, found) if row == FLOORED else {})
    return Case(row, arrays, call, units, 0.0, columns, *((3, 1) if count > 1_000 else ()), facts=_facts(call))


def _facts(call: Callable[[], object]) -> str:
    """Return how many requests a call sends, and how much memory it takes at most."""
    sent, post = [0], Rpc.post

    def counted(self: Rpc, *given: Any, **named: Any) -> Any:
        sent[0] += 1
        return post(self, *given, **named)

    tracemalloc.start()
    try:
        Rpc.post = counted  # type: ignore[method-assign]
        call()
        most = tracemalloc.get_traced_memory()[1] / (1 << 20)
    finally:
        Rpc.post = post  # type: ignore[method-assign]
        tracemalloc.stop()
    return f"{sent[0]} request{'' if sent[0] == 1 else 's'}, {most:.1f} MiB"


def columns(found: list[LensPosition]) -> Arrays:
    """Return what was read as columns."""
    named = {name: np.array([float(getattr(position, name)) for position in found]) for name in FIELDS}
    prices = [float(position.pool.sqrt_price_x96) for position in found if position.pool]
    return named | {"sqrt_price_x96": np.array(prices)}


def cold_case() -> Case:
    """From the start of a process to the amounts of both tokens of each position; units are those amounts."""
    world = chain_world(1_000)
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


CHAIN_CASES = {row: partial(chain_case, row) for row in SIZES} | {"chain_cold_1000": cold_case}
