"""A Safe Transaction Service on the loopback interface: the documented shapes, status codes and checks, and no others.

It keeps what it is given, asks the Safe contract itself for hashes and owners as the real one does, and lies where a
test makes it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from eth_account import Account
from eth_utils import is_checksum_address

from bridge.safe.multisig import read_safe
from bridge.snapshot import Snapshot

ZERO = "0x" + "00" * 20
Row = dict[str, Any]


class Refused(Exception):
    """A status code, and the body that the service gives with it."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body


class Answering(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Service

    def do_GET(self) -> None:
        """Answer a question."""
        self.answer("GET", None)

    def do_POST(self) -> None:
        """Take what is left here."""
        self.answer("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, method: str, content: Any) -> None:
        """Answer with what the service says, or with its refusal."""
        self.server.seen.append((method, self.path, content, dict(self.headers)))
        try:
            if self.server.key and self.headers.get("Authorization") != f"Bearer {self.server.key}":
                raise Refused(401, {"detail": "Authentication credentials were not provided."})
            if self.server.busy:
                self.server.busy -= 1
                raise Refused(429, {"detail": "Request was throttled."})
            status, body = self.server.found(method, self.path, content)
        except Refused as refused:
            status, body = refused.status, refused.body
        raw = self.server.raw if self.server.raw is not None else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if status == 429:
            self.send_header("Retry-After", self.server.retry_after)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Service(ThreadingHTTPServer):
    """The service of one chain; `lie` may change whatever it answers of a transaction, a Safe or a list."""

    daemon_threads = True

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.snapshot, self.rows = snapshot, dict[str, Row]()
        self.seen: list[tuple[str, str, Any, dict[str, str]]] = []
        self.lie: Callable[[str, Any], Any] = lambda kind, answer: answer
        self.key, self.busy, self.retry_after, self.raw = "", 0, "0", None

    @property
    def url(self) -> str:
        """Where it is, as the settings name it: without the part of the API."""
        return f"http://127.0.0.1:{self.server_port}/tx-service/local"

    def found(self, method: str, path: str, content: Any) -> tuple[int, Any]:
        """Return status and body of an answer."""
        parts = urlsplit(path)
        words = parts.path.strip("/").split("/")
        if words[:3] != ["tx-service", "local", "api"] or not parts.path.endswith("/"):
            raise Refused(404, {"detail": "Not found."})
        match (method, *words[3:]):
            case ("GET", "v1", "safes", address):
                return 200, self.lie("safe", self.safe(address))
            case ("GET", "v2", "safes", address, "multisig-transactions"):
                return 200, self.lie("list", self.listed(address, parse_qs(parts.query)))
            case ("POST", "v2", "safes", address, "multisig-transactions"):
                return self.propose(address, content)
            case ("GET", "v2", "multisig-transactions", digest) if digest in self.rows:
                return 200, self.lie("transaction", json.loads(json.dumps(self.rows[digest])))
            case ("POST", "v1", "multisig-transactions", digest, "confirmations") if digest in self.rows:
                self.confirm(self.rows[digest], content["signature"])
                return 201, {"signature": content["signature"]}
        raise Refused(404, {"detail": "No MultisigTransaction matches the given query."})

    def safe(self, address: str) -> Row:
        """Return what it says of a Safe; numbers of a nonce are strings."""
        if not is_checksum_address(address):
            raise Refused(422, {"code": 1, "message": "Checksum address validation failed", "arguments": [address]})
        state = read_safe(self.snapshot(), address)
        return {
            "address": address, "nonce": str(state.nonce), "threshold": state.threshold, "owners": list(state.owners),
            "masterCopy": ZERO, "modules": [], "fallbackHandler": ZERO, "guard": ZERO, "moduleGuard": ZERO,
            "version": "1.4.1",
        }  # fmt: skip

    def listed(self, address: str, query: dict[str, list[str]]) -> Row:
        """Return a page of its list: what is trusted and was not executed, from a nonce on."""
        first = int(query.get("nonce__gte", ["0"])[0])
        rows = [row for row in self.rows.values() if row["safe"] == address and int(row["nonce"]) >= first]
        return {"count": len(rows), "next": None, "previous": None, "countUniqueNonce": len(rows), "results": rows}

    def propose(self, address: str, content: Row) -> tuple[int, Any]:
        """Take a transaction, as the real one does: only of an owner or a delegate, with its hash and signature."""
        wanted = {"to", "value", "data", "operation", "gasToken", "safeTxGas", "baseGas", "gasPrice", "refundReceiver",
                  "nonce", "contractTransactionHash", "sender", "signature", "origin"}  # fmt: skip
        missing = wanted - content.keys() - {"origin", "signature"}
        if missing or len(content.get("origin", "")) > 200:
            raise Refused(400, {name: ["This field is required."] for name in sorted(missing) or ["origin"]})
        numbers = [int(content[name]) for name in ("safeTxGas", "baseGas", "gasPrice")]
        asked = (content["to"], int(content["value"]), content["data"], content["operation"], *numbers,
                 content["gasToken"], content["refundReceiver"], int(content["nonce"]))  # fmt: skip
        snapshot = self.snapshot()
        digest = "0x" + bytes(snapshot.read("Safe", "getTransactionHash", *asked, at=address)).hex()
        if digest != content["contractTransactionHash"]:
            raise Refused(422, {"nonFieldErrors": [f"Contract-transaction-hash={digest} does not match provided"]})
        owners = read_safe(snapshot, address).owners
        if content["sender"] not in owners:
            raise Refused(422, {"nonFieldErrors": [f"Sender={content['sender']} is not an owner or delegate"]})
        row = {name: content[name] for name in wanted - {"contractTransactionHash", "sender", "signature"}}
        self.rows[digest] = row | {
            "safe": address, "safeTxHash": digest, "nonce": str(content["nonce"]), "isExecuted": False,
            "isSuccessful": None, "transactionHash": None, "proposer": content["sender"], "trusted": True,
            "confirmationsRequired": read_safe(snapshot, address).threshold, "confirmations": [],
        }  # fmt: skip
        self.confirm(self.rows[digest], content["signature"])
        return 201, None

    def confirm(self, row: Row, signature: str) -> None:
        """Take one more signature of an owner."""
        digest = bytes.fromhex(row["safeTxHash"][2:])
        signer = Account._recover_hash(digest, signature=bytes.fromhex(signature[2:]))
        if signer not in read_safe(self.snapshot(), row["safe"]).owners:
            raise Refused(422, {"nonFieldErrors": [f"Signer={signer} is not an owner"]})
        rest = [each for each in row["confirmations"] if each["owner"] != signer]
        row["confirmations"] = [
            *rest,
            {"owner": signer, "submissionDate": "2026-01-01T00:00:00Z", "transactionHash": None,
             "signature": signature, "signatureType": "EOA"},
        ]  # fmt: skip

    def handle_error(self, *_: object) -> None:
        """Say nothing of who hangs up."""


@contextmanager
def safe_service(snapshot: Callable[[], Snapshot]) -> Iterator[Service]:
    """Run a service for the length of a `with` block."""
    service = Service(snapshot)
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        service.server_close()
