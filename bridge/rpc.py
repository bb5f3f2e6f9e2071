"""A JSON-RPC connection without web3.py, for a script that reads positions once and should start at once."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from bridge.blocks import BlockRef
from bridge.errors import ChainError, NodeUnreachable

TIMEOUT_SECONDS = 30


class Rpc:
    """A node by its URL; proxies are taken from the environment."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, *parameters: Any) -> dict[str, Any]:
        """Send a request and return the node's answer, an error of its own included.

        Raises
        ------
        NodeUnreachable
            Nothing answers at the URL, or not in JSON.
        """
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return dict(json.load(answer))
        except (OSError, ValueError) as error:
            raise NodeUnreachable(self.url, type(error).__name__) from error

    def head(self) -> BlockRef:
        """Read the newest block's reference; everything after is read at it.

        Raises
        ------
        ChainError
            The node answers with an error.
        """
        answer = self.ask("eth_getBlockByNumber", "latest", False)
        block = answer.get("result")
        if not block:
            raise ChainError(f"reading the newest block: {answer.get('error', 'there is none')}")
        return BlockRef(int(block["number"], 16), block["hash"], int(block["timestamp"], 16))
