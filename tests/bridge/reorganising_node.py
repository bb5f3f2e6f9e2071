"""A node on which another block takes the place of the newest one between two reads, at the same height and time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node

SOMEONE = "0x00000000000000000000000000000000000000bb"
READ = "eth_call"


class _Replacing:
    """Answers one read of state, and then puts another block in the place of the one that it was read at."""

    def __init__(self, before: str, lost: BlockRef, confirmed: int, reads: int) -> None:
        self.before, self.lost, self.confirmed, self.reads, self.done = before, lost, confirmed, reads, False

    def __call__(self, answering: Answering, asked: Asked) -> bool:
        """Answer the read after which the block is replaced; leave all else to the real node."""
        if asked["method"] == "eth_getBlockByNumber" and asked["params"][0] == hex(self.lost.number):
            self.confirmed -= 1
        if self.done or asked["method"] != READ or self.confirmed > 0:
            return False
        self.reads -= 1
        if self.reads > 0:
            return False
        answer = answering.honest(asked)
        self.done = True
        for method, parameter in (
            ("evm_revert", self.before),
            ("anvil_setBalance", (SOMEONE, hex(int(self.lost.hash, 16) >> 200))),
            ("evm_setNextBlockTimestamp", self.lost.timestamp),
            ("evm_mine", ()),
        ):
            self._order(answering, method, *(parameter if isinstance(parameter, tuple) else (parameter,)))
        return answering.say(answer)

    def _order(self, answering: Answering, method: str, *parameters: Any) -> None:
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        assert "error" not in json.loads(answering.honest(asked))


@contextmanager
def reorganising_node(chain: Chain, confirmed: int = 0, reads: int = 1) -> Iterator[LyingNode]:
    """Run a node that re-organises once in the length of a `with` block, right after it answered a read of state.

    The block that is lost and the one in its place are real blocks of the chain behind it. They differ in nothing but
    the balance of an account that nobody looks at, and so in their hashes: who does not ask for the hash again after
    the last read sees nothing of it.

    Parameters
    ----------
    chain
        The chain behind it; it gets one block more, the one that is lost.
    confirmed
        How many times that block is asked for by its number, as `Chain.confirm` does, before the read after which it
        is replaced.
    reads
        Which of the reads of state from then on it is.
    """
    before = chain.request("evm_snapshot")
    chain.request("evm_mine")
    lie = _Replacing(before, chain.head(), confirmed, reads)
    with lying_node(chain.url, lie) as node:
        yield node
    assert lie.done, "nothing was read, so no block was replaced"
    assert chain.at(lie.lost.number).hash != lie.lost.hash
