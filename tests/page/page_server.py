"""A monitor that says what a test wants, served by the real server; alone, as a process that a test may kill."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from bridge.errors import UsageError
from bridge.monitor_settings import PageConfig
from bridge.page.server import make_app, serve
from tests.page.page_views import full_view

TOKEN: Final = "a-token-of-tests-that-is-long-enough-0123456789"


class Board:
    """What is shown; `acts` is what people did."""

    def __init__(self, view: dict[str, Any] | None) -> None:
        self.acts: list[tuple[Any, ...]] = []
        self._number = 0
        self._newest: tuple[int, bytes] | None = None
        if view is not None:
            self.publish(view)

    def publish(self, view: dict[str, Any]) -> None:
        self._number += 1
        self.view = view
        self._newest = self._number, json.dumps(view).encode()

    def newest(self) -> tuple[int, bytes] | None:
        return self._newest

    async def changed(self, after: int) -> tuple[int, bytes]:
        while self._newest is None or self._newest[0] == after:
            await asyncio.sleep(0.02)
        return self._newest

    def history(self, names: Sequence[str], since: int, points: int) -> Mapping[str, Sequence[float | None]]:
        times = [int(since + step * (time.time() - since) / 99) for step in range(min(points, 100))]
        return {"at": times} | {name: [98_000.0 + 900.0 * math.sin(at / 9000.0) for at in times] for name in names}

    def acknowledge(self, key: str, by: str) -> None:
        if key not in [alert["key"] for alert in self.view["alerts"]]:
            raise UsageError(f"no alert {key} stands")
        self.acts.append(("acknowledge", key, by))
        done = {"acknowledged_at": int(time.time()), "acknowledged_by": by}
        alerts = [alert | done if alert["key"] == key else alert for alert in self.view["alerts"]]
        self.publish(self.view | {"alerts": alerts})

    def silence(self, key: str, until: int, by: str) -> None:
        self.acts.append(("silence", key, until, by))

    def metrics(self) -> tuple[bytes, str]:
        return b"alvh_up 1\n# EOF\n", "application/openmetrics-text; version=1.0.0; charset=utf-8"

    def ready(self) -> tuple[bool, str]:
        return self._newest is not None, "no look yet"


@contextmanager
def running(board: Board, settings: PageConfig | None = None, port: int = 0) -> Iterator[str]:
    """Serve a board on a thread of its own and yield the page's address."""
    settings = settings or PageConfig()
    stop, up, found = threading.Event(), threading.Event(), []

    def ready(at: int) -> None:
        found.append(at)
        up.set()

    app = make_app(board, settings, TOKEN)
    thread = threading.Thread(target=serve, args=(app, "127.0.0.1", port, ready, stop))
    thread.start()
    try:
        assert up.wait(20)
        yield f"http://127.0.0.1:{found[0]}"
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def _say(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    board = Board(full_view(int(time.time())))
    serve(make_app(board, PageConfig(), TOKEN), "127.0.0.1", int(sys.argv[1]), _say, threading.Event())
