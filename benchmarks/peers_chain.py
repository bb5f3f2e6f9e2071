"""How each peer reads a thousand Uniswap v3 positions; see `peers_options` for the form of an entry."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

NAIVE = 50
ALL = 10**9
GAS = 500_000_000
Q128, WORD = 1 << 128, 1 << 256
POSITIONS = "positions(uint256)"
KEPT = "(uint96,address,address,address,uint24,int24,int24,uint128,uint256,uint256,uint128,uint128)"
SLOT0 = "(uint160,int24,uint16,uint16,uint16,uint8,bool)"
TICK = "(uint128,int128,uint256,uint256,int56,uint160,uint32,bool)"
GROWTHS = ("feeGrowthGlobal0X128", "feeGrowthGlobal1X128")


def owed(kept, tick, growth, below, above):
    """Return what `collect` would pay: the manager's own arithmetic."""
    lower, upper, liquidity = kept[5:8]
    both = []
    for side in (0, 1):
        under = below[2 + side] if tick >= lower else growth[side] - below[2 + side]
        over = above[2 + side] if tick < upper else growth[side] - above[2 + side]
        since = (growth[side] - under - over - kept[8 + side]) % WORD
        both.append((kept[10 + side] + since * liquidity // Q128) % Q128)
    return both


def row(kept, slot0, growth, below, above):
    return *kept[5:8], *owed(kept, slot0[1], growth, below, above), slot0[0]


def columns(found):
    names = ("tick_lower", "tick_upper", "liquidity", "owed0", "owed1", "sqrt_price_x96")
    return {name: np.array([float(row[i]) for row in found]) for i, name in enumerate(names)}


def web3_py(a):
    """Ask one call at a time, as web3.py's own documentation does."""
    from web3 import HTTPProvider, Web3

    web3 = Web3(HTTPProvider(str(a["url"][0])))

    def contract(address, **functions):
        return web3.eth.contract(address=address, abi=[abi(name, *of) for name, of in functions.items()])

    manager = contract(str(a["manager"][0]), positions=(["uint256"], fields(KEPT)))
    pair = ["address", "address", "uint24"]
    factory = contract(str(a["factory"][0]), getPool=(pair, ["address"]))
    number = dict.fromkeys(GROWTHS, ([], ["uint256"]))
    shape = {"slot0": ([], fields(SLOT0)), "ticks": (["int24"], fields(TICK)), **number}

    def read(token_id):
        kept = manager.functions.positions(token_id).call()
        pool = contract(factory.functions.getPool(*kept[2:5]).call(), **shape)
        growth = [pool.functions[name]().call() for name in GROWTHS]
        ticks = [pool.functions.ticks(tick).call() for tick in kept[5:7]]
        return row(kept, pool.functions.slot0().call(), growth, *ticks)

    return lambda: [read(int(token_id)) for token_id in a["ids"]], columns


def abi(name, inputs, outputs):
    inputs, outputs = ([{"type": kind, "name": ""} for kind in kinds] for kinds in (inputs, outputs))
    return {"type": "function", "name": name, "stateMutability": "view", "inputs": inputs, "outputs": outputs}


def fields(shape):
    return shape[1:-1].split(",")


def multicall(a):
    """Let every position ask its own pool and ticks, a batch a step."""
    ask = asker(a)

    def run():
        ids = a["ids"].tolist()
        kept = ask([(str(a["manager"][0]), f"{POSITIONS}({KEPT})", (token_id,)) for token_id in ids])
        factory = str(a["factory"][0])
        pools = ask([(factory, "getPool(address,address,uint24)(address)", tuple(position[2:5])) for position in kept])
        slots = ask([(pool, f"slot0()({SLOT0})", ()) for pool in pools])
        growth = [ask([(pool, f"{name}()(uint256)", ()) for pool in pools]) for name in GROWTHS]
        ticks = [
            ask(
                [(pool, f"ticks(int24)({TICK})", (position[side],)) for pool, position in zip(pools, kept, strict=True)]
            )
            for side in (5, 6)
        ]
        return [row(*parts) for parts in zip(kept, slots, zip(*growth, strict=True), *ticks, strict=True)]

    return run, columns


def multicall_shared(a):
    """Ask every pool and every tick once, whatever number of positions share it."""
    ask = asker(a)

    def once(calls):
        distinct = list(dict.fromkeys(calls))
        return dict(zip(distinct, ask(distinct), strict=True))

    def run():
        ids = a["ids"].tolist()
        kept = ask([(str(a["manager"][0]), f"{POSITIONS}({KEPT})", (token_id,)) for token_id in ids])
        asked = [
            (str(a["factory"][0]), "getPool(address,address,uint24)(address)", tuple(position[2:5]))
            for position in kept
        ]
        found = once(asked)
        pools = [found[call] for call in asked]
        state = once(
            [(pool, f"slot0()({SLOT0})", ()) for pool in pools]
            + [(pool, f"{name}()(uint256)", ()) for pool in pools for name in GROWTHS]
            + [
                (pool, f"ticks(int24)({TICK})", (tick,))
                for pool, position in zip(pools, kept, strict=True)
                for tick in position[5:7]
            ]
        )
        rows = []
        for pool, position in zip(pools, kept, strict=True):
            growth = [state[pool, f"{name}()(uint256)", ()] for name in GROWTHS]
            ticks = [state[pool, f"ticks(int24)({TICK})", (tick,)] for tick in position[5:7]]
            rows.append(row(position, state[pool, f"slot0()({SLOT0})", ()], growth, *ticks))
        return rows

    return run, columns


def asker(a):
    """Return a function that asks a list of (target, signature, arguments) in one Multicall."""
    from multicall import Call, Multicall, constants
    from web3 import HTTPProvider, Web3

    web3 = Web3(HTTPProvider(str(a["url"][0])))
    constants.MULTICALL3_ADDRESSES[web3.eth.chain_id] = constants.MULTICALL3_ADDRESSES[1]  # its code is overridden

    def ask(calls):
        named = [Call(to, [signature, *arguments], [(i, None)]) for i, (to, signature, arguments) in enumerate(calls)]
        found = Multicall(named, _w3=web3, gas_limit=GAS)()
        return [found[i] for i in range(len(calls))]

    return ask


def floor(name):
    """Return a peer that sends a request which was made before, and looks at nothing."""

    def prepare(a):
        import requests

        session, body = requests.Session(), str(a[name][0]).encode()
        headers = {"Content-Type": "application/json"}
        return lambda: session.post(str(a["url"][0]), data=body, headers=headers).content, lambda answer: {}

    return prepare


def cold(a):
    """Start a process that imports multicall.py, reads and values; it shares pools and ticks."""
    script = str(Path(__file__).with_name("cold_multicall.py"))
    named = [str(a[name][0]) for name in ("url", "manager", "factory")]
    command = [sys.executable, script, *named, *map(str, a["ids"].tolist())]

    def run():
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    return run, lambda found: {f"amount{i}": np.array([pair[i] for pair in found]) for i in (0, 1)}


def in_parts(reader):
    """Return a peer that asks for a thousand positions after another: a node takes no larger request of it."""

    def prepare(a):
        runs = [reader({**a, "ids": a["ids"][at : at + 1_000]}) for at in range(0, len(a["ids"]), 1_000)]
        return lambda: [row for run, _ in runs for row in run()], columns

    return prepare


READERS = {
    "multicall.py": (multicall, "multicall", ALL),
    "multicall.py_shared": (multicall_shared, "multicall", ALL),
    "web3.py": (web3_py, "web3", NAIVE),
}
CHAIN = {
    "chain_100": READERS,
    "chain_1000": {
        "evm_floor": (floor("floor"), "requests", ALL),
        "evm_floor_once": (floor("floor_once"), "requests", ALL),
        **READERS,
    },
    "chain_10000": {
        "multicall.py": (in_parts(multicall), "multicall", ALL),
        "multicall.py_shared": (in_parts(multicall_shared), "multicall", ALL),
        "web3.py": (web3_py, "web3", NAIVE),
    },
    "chain_cold_1000": {"multicall.py": (cold, "multicall", ALL)},
}
