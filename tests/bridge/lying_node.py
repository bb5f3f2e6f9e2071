"""A small node on the loopback interface that passes on what a real one says, or lies as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from bridge.chain.fees import FeeCaps
from bridge.chain.node import Chain

ELSEWHERE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
GWEI = 10**9
Asked = dict[str, Any]
Lie = Callable[["Answering", Asked], bool]
"""Answers a request and returns True, or leaves it to the real node."""


class Answering(BaseHTTPRequestHandler):
    """One request; a lie answers through `result`, `error` or `say`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go out together: apart, the second waits 40 ms for word of the first
    server: LyingNode

    def do_POST(self) -> None:
        """Remember what was asked, and answer it."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if isinstance(asked, list):  # every question is to be heard by itself, unless a test says otherwise
            self.server.batches.append(asked)
            refused = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}
            self.say(self.honest(asked) if self.server.together else json.dumps(refused).encode())
            return
        self.server.seen.append((self.path, asked))
        with suppress(OSError):  # who asked may have gone
            if not self.server.lie(self, asked):
                self.say(self.honest(asked))

    def honest(self, asked: Asked | list[Asked]) -> bytes:
        """Return what the real node says."""
        place = urlsplit(self.server.real)
        line = HTTPConnection(str(place.hostname), place.port, timeout=30)
        line.request("POST", "/", json.dumps(asked).encode(), {"Content-Type": "application/json"})
        answer = line.getresponse().read()
        line.close()
        return answer

    def result(self, asked: Asked, result: Any) -> bool:
        """Answer with a result."""
        return self.say(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode())

    def error(self, asked: Asked, error: Any) -> bool:
        """Answer with an error."""
        return self.say(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode())

    def say(self, body: bytes, status: int = 200, **headers: str) -> bool:
        """Answer with these bytes."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class LyingNode(ThreadingHTTPServer):
    """The node; `lie` may be changed while it runs, `seen` are path and request of all that was asked."""

    daemon_threads = True

    def __init__(self, real: str, lie: Lie) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.real, self.lie, self.seen = real, lie, list[tuple[str, Asked]]()
        self.together, self.batches = False, list[list[Asked]]()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, method: str) -> list[Any]:
        """Return the parameters of every request of a method."""
        return [asked["params"] for _, asked in self.seen if asked["method"] == method]

    def handle_error(self, *_: object) -> None:
        """Say nothing of who hangs up."""


@contextmanager
def lying_node(real: str = "", lie: Lie = lambda answering, asked: False) -> Iterator[LyingNode]:
    """Run a node for the length of a `with` block."""
    node = LyingNode(real, lie)
    thread = threading.Thread(target=node.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        node.shutdown()
        node.server_close()


def without_address(answering: Answering, asked: Asked) -> bool:
    """Refuse filters of events that name no contract, as some providers do."""
    if asked["method"] != "eth_getLogs" or "address" in asked["params"][0]:
        return False
    return answering.error(asked, {"code": -32602, "message": "specify an address in your request"})


def through(node: LyingNode, real: Chain, caps: FeeCaps | None = None) -> Chain:
    """Connect to a real node through a lying one."""
    return Chain(f"{node.url}/v3/KEY12345", real.chain_id, *([caps] if caps else []))


def failing(method: str, times: int, lie: Lie) -> Lie:
    """Lie so many times to a method, for ever where it is below 0; then tell the truth."""
    left = [times]

    def made(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != method or left[0] == 0:
            return False
        left[0] -= 1
        return lie(answering, asked)

    return made
