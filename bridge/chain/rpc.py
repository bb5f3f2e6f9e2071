"""JSON-RPC without web3.py: a request is a POST, and an answer is checked before anyone looks into it."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import Any

from bridge.chain.blocks import BlockRef
from bridge.chain.connection import Connection, Unusable
from bridge.errors import ChainError, MissingBlock, NodeUnreachable

READS = frozenset(
    {
        "eth_accounts",
        "eth_call",
        "eth_chainId",
        "eth_getBalance",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
    }
)
"""What may be asked twice."""


class Rpc:
    """A node by its URL; connects with the first request.

    Raises
    ------
    NodeUnreachable
        It is no URL of http or https.
    """

    def __init__(self, url: str) -> None:
        self.url, self._asked = url, 0
        try:
            self._connection = Connection(url)
        except Unusable as error:
            raise NodeUnreachable(url, str(error)) from None

    def ask(self, method: str, *parameters: Any) -> dict[str, Any]:
        """Send a request and return the node's answer: either a `result` or an `error` of its own is in it.

        Raises
        ------
        NodeUnreachable
            Nothing answers at the URL, or not in JSON.
        ChainError
            What answers does not speak JSON-RPC, or answers something else.
        """
        self._asked += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": parameters}).encode()
        try:
            answer = json.loads(self._connection.post(body, again=method in READS))
        except Unusable as error:
            raise NodeUnreachable(self.url, str(error)) from None
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            raise NodeUnreachable(self.url, type(error).__name__) from error
        return self._checked(method, answer)

    def block(self, which: int | str) -> BlockRef:
        """Read a block's reference, by number or "latest".

        Raises
        ------
        MissingBlock
            The node does not have it.
        """
        action = f"reading block {which}"
        answer = self.ask("eth_getBlockByNumber", which if isinstance(which, str) else hex(which), False)
        if "error" in answer:
            raise ChainError(f"{action}: {answer['error']}")
        block = answer["result"]
        if block is None:
            raise MissingBlock(f"{action}: the node does not have it")
        if not isinstance(block, dict):
            raise ChainError(f"{action}: the node's answer is no block")
        digest = as_bytes(block.get("hash"), action)
        if len(digest) != 32:
            raise ChainError(f"{action}: the node's answer has no hash")
        number, timestamp = (as_number(block.get(name), action) for name in ("number", "timestamp"))
        return BlockRef(number, "0x" + digest.hex(), timestamp)

    def head(self) -> BlockRef:
        """Read the newest block's reference; everything after is read at it."""
        return self.block("latest")

    def _checked(self, method: str, answer: Any) -> dict[str, Any]:
        """Return the one of result and error that counts: some nodes send both, one of them null."""
        if not isinstance(answer, dict):
            raise ChainError(f"{method}: the node's answer is neither a result nor an error")
        asked, error = answer.get("id"), answer.get("error")
        if str(asked) != str(self._asked) and not (asked is None and error is not None):
            raise ChainError(f"{method}: the node answered another request")
        if error is not None and answer.get("result") is None:
            return {"error": error}
        if error is None and "result" in answer:
            return {"result": answer["result"]}
        raise ChainError(f"{method}: the node's answer is neither a result nor an error")


def as_number(value: Any, action: str) -> int:
    """Return the number that a node's answer writes in 0x hex; anything else is a `ChainError`."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return int(value[2:], 16)
        except ValueError:
            pass
    raise ChainError(f"{action}: the node's answer is no number")


def as_bytes(value: Any, action: str) -> bytes:
    """Return the bytes that a node's answer writes in 0x hex; anything else is a `ChainError`."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise ChainError(f"{action}: the node's answer is not bytes in hex")
