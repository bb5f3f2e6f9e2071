"""A JSON-RPC connection without web3.py, for a script that reads positions once and should start at once."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from bridge.chain.blocks import BlockRef
from bridge.errors import ChainError, NodeUnreachable

TIMEOUT_SECONDS = 30


class Rpc:
    """A node by its URL, http or https; no proxy, and no user name in the URL."""

    def __init__(self, url: str) -> None:
        self.url, parts = url, urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        self._path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"

    def ask(self, method: str, *parameters: Any) -> dict[str, Any]:
        """Send a request and return the node's answer, an error of its own included.

        Raises
        ------
        NodeUnreachable
            Nothing answers at the URL, or not in JSON.
        """
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        try:
            self._connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            return dict(json.loads(self._connection.getresponse().read()))
        except (OSError, HTTPException, ValueError) as error:
            self._connection.close()  # the next request begins anew
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
