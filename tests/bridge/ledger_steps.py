"""Fills for tests of the ledger, and a program that appends them and is killed on the way."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from bridge.errors import BridgeError
from bridge.ledger.database import open_engine, writing
from bridge.ledger.rows import ImportRecord
from bridge.ledger.store import Added, open_store
from hedge.ledger.fills import Fill, FillKind

FORK: Final = multiprocessing.get_context("fork")
RECORD = ImportRecord("ab" * 32, "fills.csv", "deribit", "main", 0)
MARCH = 1_774_598_400
"""08:00 UTC on 27 March 2026, in seconds."""


def fill(number: int = 1, **changes: Any) -> Fill:
    """Return a trade: the number is its id, and the hour of its time."""
    values: dict[str, Any] = {
        "book": "main",
        "venue": "deribit",
        "id": f"trade:{number}",
        "at_ms": 1_770_000_000_000 + 3_600_000 * number,
        "kind": FillKind.TRADE,
        "instrument": "ETH-27MAR26-1800-P",
        "quantity": Decimal("1.50"),
        "price": Decimal("0.0325"),
        "currency": "ETH",
        "cash": Decimal("-0.048750"),
        "fee": Decimal("0.00045"),
        "index": Decimal("1950.25"),
    }
    return Fill(**values | changes)


def fills(count: int) -> list[Fill]:
    """Return so many trades."""
    return [fill(number) for number in range(1, count + 1)]


def die_at(point: int) -> None:
    """Kill this process, as a power cut would, before or after its n-th statement or commit, over all its engines."""
    passed = 0

    def pass_by(*_: Any) -> None:
        nonlocal passed
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, pass_by)
    do_commit = DefaultDialect.do_commit

    def commit_and_pass_by(dialect: DefaultDialect, connection: Any) -> None:
        do_commit(dialect, connection)
        pass_by()

    DefaultDialect.do_commit = commit_and_pass_by  # type: ignore[method-assign]


def _import_in_batches(address: str, count: int, batch: int, point: int, told: Connection) -> None:
    die_at(point)
    with open_store(address) as store:
        for start in range(0, count, batch):
            store.append(fills(count)[start : start + batch], RECORD)
            told.send(min(start + batch, count))


def killed_import(address: str, count: int, batch: int, point: int) -> tuple[int, bool]:
    """Import in batches in a process that dies at a point of the way; return how many fills it had said were kept, and
    whether it lived to the end."""
    listens, told = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_import_in_batches, args=(address, count, batch, point, told))
    process.start()
    told.close()
    said = 0
    with suppress(EOFError):
        while True:
            said = listens.recv()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return said, process.exitcode == 0


def check_kills(fresh_address: Callable[[int], str]) -> int:
    """Kill an import at every point of its way, then repeat it: nothing acknowledged is lost, nothing is there twice.

    Returns how many points there were.
    """
    count, batch = 9, 3
    for point in range(1000):
        address = fresh_address(point)
        said, lived = killed_import(address, count, batch, point)
        with open_store(address) as store:
            kept = store.fills()
            assert len(kept) in {said, said + batch}, point  # killed after the commit, before it was said
            assert kept == fills(len(kept)), point
            assert len(store.imports()) == len(kept) // batch, point
            added = store.append(fills(count), RECORD)
            assert (added.new, added.known) == (count - len(kept), len(kept)), point
            assert store.fills() == fills(count), point
        if lived:
            return point
    raise AssertionError("it never came to its end")


def _append(address: str, numbers: Sequence[int], told: Connection) -> None:
    try:
        with open_store(address) as store:
            told.send(store.append([fill(number) for number in numbers]))
    except BridgeError as error:
        told.send(error)


def append_at_once(address: str, *parts: Sequence[int]) -> list[Added | BridgeError]:
    """Append fills of these numbers, each part in a process of its own, all at the same time."""
    pipes = [FORK.Pipe(duplex=False) for _ in parts]
    processes = [
        FORK.Process(target=_append, args=(address, part, told)) for part, (_, told) in zip(parts, pipes, strict=True)
    ]
    for process in processes:
        process.start()
    answers = [listens.recv() for listens, _ in pipes]
    for process in processes:
        process.join()
    return answers


def _hold(address: str, told: Connection) -> None:
    with writing(open_engine(address), address):
        told.send("held")
        signal.pause()


@contextmanager
def held_lock(address: str) -> Iterator[None]:
    """Let another process hold the write lock."""
    listens, told = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_hold, args=(address, told))
    process.start()
    try:
        assert listens.recv() == "held"
        yield
    finally:
        process.kill()
        process.join()
