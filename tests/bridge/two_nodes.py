"""Two small nodes in front of one real one, and a chain through both; each may die, lag, or lie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.chain.compared import RECEIPT, SEND
from bridge.chain.node import Chain, connect
from bridge.chain.ways import Ways
from tests.bridge.lying_node import ELSEWHERE, Answering, Asked, Lie, LyingNode, lying_node


@dataclass
class Nodes:
    """Two nodes in front of one real one, and a chain through both."""

    real: Chain
    first: LyingNode
    second: LyingNode
    warnings: list[str] = field(default_factory=list)

    def chain(self, max_lag: int = 30) -> Chain:
        """Connect as a command does."""
        ways = Ways((f"{self.second.url}/v3/KEY12345",), max_lag, warned=self.warnings.append)
        return connect(f"{self.first.url}", self.real.chain_id, ways=ways)


@contextmanager
def two_nodes(real: Chain) -> Iterator[Nodes]:
    """Run both for the length of a `with` block, at whose end no warning may have shown the key."""
    with lying_node(real.url) as first, lying_node(real.url) as second:
        found = Nodes(real, first, second)
        yield found
    assert "KEY12345" not in "".join(found.warnings)


def dead(answering: Answering, asked: Asked) -> bool:
    return answering.say(b"", 502)


def changed(method: str, change: Any) -> Lie:
    """Lie about what the real node answers to a method."""

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != method:
            return False
        return answering.result(asked, change(json.loads(answering.honest(asked))["result"]))

    return lie


def behind(blocks: int) -> Lie:
    """Know nothing of the newest blocks."""

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_getBlockByNumber":
            missing = {"code": -32000, "message": "unsupported block number"}
            return asked["method"] == "eth_call" and answering.error(asked, missing)
        newest = int(json.loads(answering.honest({**asked, "method": "eth_blockNumber", "params": []}))["result"], 16)
        which = asked["params"][0]
        last = newest - blocks
        number = last if which == "latest" else int(which, 16)
        if number > last:
            return answering.result(asked, None)
        return answering.say(answering.honest({**asked, "params": [hex(number), False]}))

    return lie


def unseen(answering: Answering, asked: Asked) -> bool:
    """Keep a transaction, and say that it was taken."""
    return asked["method"] == SEND and answering.result(asked, "0x" + "00" * 32)


def invented(status: str, **others: Any) -> Lie:
    """Keep a transaction, and answer a receipt of it that nobody has seen."""

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != RECEIPT:
            return unseen(answering, asked)
        block = json.loads(answering.honest({**asked, "method": "eth_getBlockByNumber", "params": ["latest", False]}))
        made = {
            "transactionHash": asked["params"][0], "blockHash": block["result"]["hash"], "status": status,
            "blockNumber": block["result"]["number"], "gasUsed": "0x5208", "from": ELSEWHERE, "to": ELSEWHERE,
            "contractAddress": None, "logs": [],
        }  # fmt: skip
        return answering.result(asked, made | others)

    return lie
