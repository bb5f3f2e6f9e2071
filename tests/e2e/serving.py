"""A monitor that stays, run as a user runs it, with a webhook that hears what it tells and what reads its page."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil
from pathlib import Path
from typing import Any, Final

from hedge.ledger.fills import Fill

SECONDS: Final = 60.0
"""For which something is waited for."""
LATE: Final = frozenset({"loop_late"})
HEAD: Final = "time,id,kind,instrument,side,quantity,price,currency,fee,index,plan,order"


class Hook:
    """A webhook on this machine: what it heard, by the message's id, in order."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Return its address as the setting of a target."""
        return f"json://127.0.0.1:{self.server.server_address[1]}/hook"

    def told(self) -> list[dict[str, Any]]:
        """Return what it heard, each message once, in the order of the first time."""
        return list({each["id"]: each for each in self.heard}.values())

    def titles(self) -> list[str]:
        """Return the titles of what it heard, each message once, but for looks that come late."""
        return [each["title"] for each in self.told() if " late" not in each["title"]]

    def until(self, fits: Callable[[list[dict[str, Any]]], Any], seconds: float = SECONDS) -> None:
        """Wait until what it heard fits."""
        deadline = time.monotonic() + seconds
        while not fits(self.heard):
            assert time.monotonic() < deadline, self.heard
            time.sleep(0.1)


@dataclass
class Serving:
    """A running monitor."""

    process: subprocess.Popen[str]
    folder: Path
    page: str = ""
    token: str = ""
    said: list[str] = field(default_factory=list)

    def get(self, path: str) -> bytes:
        """Ask the page's server."""
        with urllib.request.urlopen(self.page + path, timeout=20) as answer:
            return bytes(answer.read())

    def view(self) -> dict[str, Any]:
        """Return what people see now."""
        return dict(json.loads(self.get("/api/snapshot")))

    def until(self, fits: Callable[[dict[str, Any]], Any], seconds: float = SECONDS) -> dict[str, Any]:
        """Wait for a view that fits and return it."""
        deadline, seen = time.monotonic() + seconds, dict[str, Any]()
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()
            try:
                seen = self.view()
            except OSError:
                time.sleep(0.2)
                continue
            if fits(seen):
                return seen
            time.sleep(0.2)
        raise AssertionError(f"no such view in {seconds:g} s: {json.dumps(seen)[:3000]} {self.log()[-3000:]}")

    def next_look(self) -> dict[str, Any]:
        """Wait for a look that began after now."""
        cycle = self.view()["cycle"]
        return self.until(lambda seen: seen["cycle"] >= cycle + 2 and not seen["trouble"])

    def log(self) -> str:
        """Return what it logged."""
        return (self.folder / "serve.err").read_text(encoding="utf-8")


@contextmanager
def serving(folder: Path, *words: str, **environment: str) -> Iterator[Serving]:
    """Run `alvh watch --serve` in a folder for the length of a `with` block."""
    found = start(folder, *words, **environment)
    try:
        yield found
        assert found.process.poll() is None, found.log()
    finally:
        if found.process.poll() is None:
            found.process.send_signal(signal.SIGTERM)
            assert found.process.wait(30) == 128 + signal.SIGTERM
        if found.process.stdout:
            found.process.stdout.close()
    assert "Traceback" not in found.log()


def start(folder: Path, *words: str, **environment: str) -> Serving:
    """Start `alvh watch --serve` and wait until its page answers."""
    pace = () if "--interval" in words else ("--interval", "0.5")
    arguments = (sys.executable, "-m", "bridge", "watch", "--serve", "--port", "0", *pace, *words)
    with (folder / "serve.err").open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    found = Serving(process, folder)
    line = _line(process)
    assert line.startswith("page: "), (line, found.log())
    found.page, _, found.token = line.removeprefix("page: ").strip().rstrip("/").partition("/#token=")
    return found


def _line(process: subprocess.Popen[str]) -> str:
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    reader = process.stdout
    threading.Thread(target=lambda: lines.put(reader.readline()), daemon=True).start()
    return lines.get(timeout=SECONDS)


def standing(view: Mapping[str, Any]) -> set[str]:
    """Return the rules whose alerts stand, but for that looks come late: twice a second they do where all is busy."""
    return {alert["rule"] for alert in view["alerts"] if alert["cleared_at"] is None} - LATE


def write_fills(path: Path, fills: Sequence[Fill]) -> None:
    """Write fills as a file of our own format; perpetuals are sized in whole USD, rounded up."""
    lines = [
        f"{each.at_ms},{each.id},trade,{each.instrument},{'buy' if each.quantity > 0 else 'sell'},"
        f"{ceil(abs(each.quantity)) if 'PERPETUAL' in each.instrument else abs(each.quantity):f},{each.price:f},"
        f"{each.currency},{each.fee:f},{each.index:f},{each.plan},{each.order}"
        for each in fills
    ]
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
