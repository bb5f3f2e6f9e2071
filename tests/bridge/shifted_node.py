"""A node whose blocks have other numbers than the opcode NUMBER gives, and a contract that knows them: as Arbitrum."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bridge.adapters.lens import ARB_SYS
from bridge.chain.node import Chain
from tests.bridge.lying_node import Answering, Asked, Lie, LyingNode, lying_node

SHIFT = 200_000_000
NUMBERED = {"eth_call": 1, "eth_getBalance": 1, "eth_getCode": 1, "eth_getTransactionCount": 1, "eth_getStorageAt": 2,
            "eth_getBlockByNumber": 0}  # fmt: skip
NAMES = frozenset({"number", "blockNumber"})
ARB_SYS_CODE = "0x4363" + f"{SHIFT:08x}" + "015f5260205ff3"
"""Returns NUMBER and the shift."""
Changed = Callable[[str, list[Any]], None]
"""Changes the parameters of a request as the real node is asked."""


def shifting(change: Changed = lambda method, parameters: None, only: Lie = lambda answering, asked: False) -> Lie:
    """Return what answers with numbers that are shifted away; `only` may answer before it."""

    def lie(answering: Answering, asked: Asked) -> bool:
        if only(answering, asked):
            return True
        parameters = list(asked["params"])
        place = NUMBERED.get(asked["method"])
        if place is not None:
            parameters[place] = _down(parameters[place])
        if asked["method"] == "eth_getLogs":
            filter_ = dict(parameters[0])
            parameters = [filter_ | {name: _down(filter_[name]) for name in ("fromBlock", "toBlock")}]
        change(asked["method"], parameters)
        answer = json.loads(answering.honest({**asked, "params": parameters}))
        if asked["method"] != "eth_call" and "result" in answer:
            answer["result"] = _up(answer["result"])
        return answering.say(json.dumps(answer).encode())

    return lie


def _down(which: Any) -> Any:
    return hex(max(int(which, 16) - SHIFT, 0)) if isinstance(which, str) and which.startswith("0x") else which


def _up(content: Any) -> Any:
    if isinstance(content, list):
        return [_up(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {
        name: hex(int(each, 16) + SHIFT) if name in NAMES and isinstance(each, str) else _up(each)
        for name, each in content.items()
    }


@contextmanager
def shifted_node(real: Chain) -> Iterator[LyingNode]:
    """Run such a node for the length of a `with` block."""
    real.request("anvil_setCode", ARB_SYS, ARB_SYS_CODE)
    with lying_node(real.url, shifting()) as node:
        yield node
