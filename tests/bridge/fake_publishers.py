"""Binance's candles and FRED's series on the loopback interface, in the documented shapes and limits."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
BEGAN_MS = 1_502_928_000_000
KEY = "0123456789abcdef0123456789abcdef"
SERIES: dict[str, list[dict[str, str]]] = {
    "CPIAUCSL": [
        {"date": "2025-08-01", "realtime_start": "2025-09-11", "realtime_end": "2025-10-23", "value": "323.0"},
        {"date": "2025-08-01", "realtime_start": "2025-10-24", "realtime_end": "9999-12-31", "value": "323.5"},
        {"date": "2025-09-01", "realtime_start": "2025-10-24", "realtime_end": "9999-12-31", "value": "324.5"},
        {"date": "2025-10-01", "realtime_start": "2025-12-18", "realtime_end": "9999-12-31", "value": "."},
        {"date": "2025-11-01", "realtime_start": "2025-12-18", "realtime_end": "9999-12-31", "value": "325.0"},
    ],
    # Another base year between two releases: levels of first releases jump, the growth that was released does not.
    "INDPRO": [
        {"date": "2025-08-01", "realtime_start": "2025-09-16", "realtime_end": "2025-10-15", "value": "130.0"},
        {"date": "2025-08-01", "realtime_start": "2025-10-16", "realtime_end": "9999-12-31", "value": "100.0"},
        {"date": "2025-09-01", "realtime_start": "2025-10-16", "realtime_end": "9999-12-31", "value": "101.0"},
    ],
    "WPSFD49207": [],
    "FEDFUNDS": [{"date": "2025-08-01", "realtime_start": "2025-09-02", "realtime_end": "9999-12-31", "value": "4.33"}],
    "DTWEXAFEGS": [
        {"date": f"2025-09-0{day}", "realtime_start": "2025-09-08", "realtime_end": "9999-12-31", "value": f"11{day}.5"}
        for day in (1, 2, 3, 4, 5)
    ],
}  # fmt: skip


class Answering(BaseHTTPRequestHandler):
    """One question."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Publisher

    def do_GET(self) -> None:
        """Answer, or as the test says."""
        self.server.seen.append(self.path)
        parts = urlsplit(self.path)
        terms = dict(parse_qsl(parts.query))
        status, body = self.server.odd.pop(0) if self.server.odd else self.server.found(parts.path, terms)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Publisher(ThreadingHTTPServer):
    """Both publishers; `odd` is what the next questions get, `lie` changes an answer."""

    daemon_threads = True

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.now, self.seen = now, list[str]()
        self.odd: list[tuple[int, Any]] = []
        self.lie: Callable[[Any], Any] = lambda answer: answer

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def found(self, path: str, terms: dict[str, str]) -> tuple[int, Any]:
        """Return status and body of an answer."""
        if path == "/api/v3/klines":
            return self.klines(terms)
        if terms.get("api_key") != KEY:
            said = f"Bad Request. The value for variable api_key is not registered: {terms.get('api_key')}"
            return 400, {"error_code": 400, "error_message": said}
        rows = [row for row in SERIES[terms["series_id"]] if row["date"] >= terms["observation_start"]]
        return 200, self.lie({"count": len(rows), "offset": 0, "limit": 100_000, "observations": rows})

    def klines(self, terms: dict[str, str]) -> tuple[int, Any]:
        """Return at most 1,000 candles, from the start on; none before the pair was traded."""
        if not terms["symbol"].startswith(("ETH", "BTC")):
            return 400, {"code": -1121, "msg": "Invalid symbol."}
        step = {"1h": HOUR_MS, "1d": DAY_MS}[terms["interval"]]
        start = max(int(terms["startTime"]), BEGAN_MS)
        end = min(int(terms["endTime"]), int(self.now() * 1000))
        times = range(-(-start // step) * step, end + 1, step)[: int(terms["limit"])]
        return 200, self.lie([
            [at, "3000.10", "3100.5", "2900.0000", f"{3000 + at // step % 90}.5", "12.5", at + step - 1, *"10000"]
            for at in times
        ])  # fmt: skip

    def handle_error(self, *_: object) -> None:
        """Say nothing of who hangs up."""


@contextmanager
def fake_publisher(now: Callable[[], float]) -> Iterator[Publisher]:
    """Run the publishers for the length of a `with` block."""
    made = Publisher(now)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()
