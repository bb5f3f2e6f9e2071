"""Who gets messages in tests, on the loopback interface: a web server that answers as it is told, and a mail server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass(frozen=True)
class Got:
    """A request that came: its path, headers and body."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as what it says."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    """What is answered: a status, headers, and what to wait for first."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    wait: Callable[[], object] = lambda: None
    body: bytes = b"ok"
    drip: float = 0.0


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        """Keep what came, and answer as is told."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(Got(self.path, dict(self.headers), body))
        says = self.server.answers.pop(0) if self.server.answers else self.server.usual
        says.wait()
        self.send_response(says.status)
        for name, value in says.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(says.body)))
        self.end_headers()
        try:
            for byte in says.body:
                self.server.ending.wait(says.drip)
                self.wfile.write(bytes([byte]))
        except OSError:
            pass  # whoever asked has gone

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Receiver(ThreadingHTTPServer):
    """A web server: answers in order, then what is usual."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.got: list[Got] = []
        self.answers: list[Says] = []
        self.usual = Says()
        self.ending = threading.Event()

    def place(self, path: str = "/hook", scheme: str = "json") -> str:
        """Return its URL."""
        return f"{scheme}://127.0.0.1:{self.server_port}{path}"

    def ids(self) -> list[str]:
        """Return the ids of the notices that came, in order."""
        return [got.json()["id"] for got in self.got]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a web server."""
    server = Receiver()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        server.server_close()


class _Mailing(StreamRequestHandler):
    server: MailServer

    def say(self, line: str) -> None:
        """Answer a line."""
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        """Take mail, as RFC 5321 has it."""
        self.say("220 here")
        recipients: list[str] = []
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].split()[0].upper()
            if word == "EHLO":
                self.say("250-here\r\n250 AUTH PLAIN LOGIN")
            elif word == "AUTH":
                self.say("235 welcome")
            elif word == "RCPT":
                recipients.append(line.partition(":")[2])
                self.say(self.server.answer)
            elif word == "DATA":
                self.say("354 go on")
                text = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    text += part
                self.server.mails.append((tuple(recipients), text))
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


class MailServer(ThreadingTCPServer):
    """A mail server without encryption."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mailing)
        self.mails: list[tuple[tuple[str, ...], bytes]] = []
        self.answer = "250 ok"

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.server_address[1])


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server."""
    server = MailServer()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
