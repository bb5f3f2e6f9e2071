"""Cycles for tests of the monitor's store, and programs that write them and are killed on the way."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, Final

from bridge.ledger import database
from bridge.ledger.store import open_store
from bridge.monitor.cycle import Cycle, ExposureRow, LegRow, PlanRow, ProposalRow, RoundRow
from bridge.monitor.notices import Notice
from bridge.monitor.standing import Change, Standing, Transition
from bridge.monitor.store import MonitorStore
from tests.bridge.ledger_steps import FORK, die_at, fills

START: Final = 1_774_598_400
"""08:00 UTC on 27 March 2026."""
STEP: Final = 15


def standing(key: str = "drift:ETH", at: int = START, **changes: Any) -> Standing:
    """Return an alert that opened at a time."""
    rule, _, about = key.partition(":")
    told = {"opened_at": at, "seen_at": at, "told_at": at}
    made = Standing(key, rule, "drift", about, f"{about} drifted 21 % from the plan", "warning", 1.5, 1.5, **told)
    return replace(made, **changes)


def notice(name: str = "n1", **changes: Any) -> Notice:
    """Return a message to the desk."""
    return replace(Notice(name, "desk", "ETH drifted", "21 % from the plan: runbook, drift", "warning"), **changes)


def cycle(number: int = 0, **changes: Any) -> Cycle:
    """Return a look: the number is that of its step in time, and of its block."""
    at = START + STEP * number
    made = Cycle(
        book="main",
        at=at,
        chain_id=31337,
        block_number=100 + number,
        block_hash=f"0x{number:064x}",
        block_time=at - 3,
        view=json.dumps({"block": 100 + number, "name": "ETH/USDC"}),
        series={"value_usd": 1e6 + number, "drift": 0.01 * number},
        exposures=(ExposureRow("ETH", 1950.0, 1e6, 250.0, 487_500.0, -1200.0, 380_000.0, -800.0, 900.0, -120.0),),
        legs=(LegRow("ETH-27MAR26-1800-P", "ETH", "1", 10.0, 63.4, "quote", at - 20, 634.0),),
        rounds=(RoundRow("ETH", "0x" + "11" * 20, 7 + number // 4, at - 60, 62_000_000, 61_900_000),),
        proposals=(ProposalRow("9" * 77, "Active", "Raise the cap", 1e23, at + 86_400, 0),),
        plan=PlanRow("ab" * 32, START - 3600),
        standings=(standing(),),
        transitions=(Transition(Change.OPENED, at, standing()),) if number == 0 else (),
        notices=(notice(),) if number == 0 else (),
        cursors={"logs": 100 + number},
    )
    return replace(made, **changes)


def busy(number: int) -> Cycle:
    """Return a look at which something of every table is new."""
    stands = standing(f"drift:{number}", START + STEP * number)
    told = (Transition(Change.OPENED, START + STEP * number, stands),)
    state = ProposalRow(str(number), "Active", "Raise the cap", 1.0, 0, 0)
    rounds, plan = (RoundRow("ETH", "0xfeed", number, 0, 1, 1),), PlanRow(str(number), 0)
    found = {"rounds": rounds, "proposals": (state,), "plan": plan}
    return cycle(number, standings=(stands,), transitions=told, notices=(notice(f"n{number}"),), **found)


def rows(store: MonitorStore) -> dict[str, int]:
    """Return how many rows there are in each table of the monitor."""
    with store.engine.connect() as connection:
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() or 0 for name in TABLES}


TABLES: Final = (
    "looks", "series", "exposures", "legs", "rounds", "proposals", "plans", "alerts", "transitions", "notices",
    "cursors",
)  # fmt: skip


def killed(work: Callable[..., None], *arguments: Any, point: int) -> tuple[int, bool]:
    """Run in a process that dies at a point of its way; return the last number it told, and whether it lived."""
    listens, told = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_dying, args=(point, work, *arguments, told))
    process.start()
    told.close()
    said = 0
    with suppress(EOFError):
        while True:
            said = listens.recv()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return said, process.exitcode == 0


def _dying(point: int, work: Callable[..., None], *arguments: Any) -> None:
    die_at(point)
    work(*arguments)


def write_looks(address: str, count: int, told: Connection) -> None:
    """Write looks, each with something new for every table."""
    with MonitorStore(address) as store:
        for number in range(count):
            store.write(busy(number))
            told.send(number + 1)


def note_all(address: str, count: int, told: Connection) -> None:
    """Note of each notice that it was sent."""
    with MonitorStore(address) as store:
        for number in range(count):
            store.note_sent(f"n{number}", START + number)
            told.send(number + 1)


def open_it(address: str, told: Connection) -> None:
    """Open a database, which brings it to the version of this program."""
    with MonitorStore(address):
        told.send(1)


def first_version(address: str, monkeypatch: Any, folder: Any) -> None:
    """Make a database as the program of version 0001 made it, with three fills in it."""
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    for file in ("env.py", "versions/r0001_fills.py"):
        (folder / file).write_text((database.MIGRATIONS / file).read_text(encoding="utf-8"), encoding="utf-8")
    with monkeypatch.context() as then:
        then.setattr(database, "MIGRATIONS", folder)
        then.setattr(database, "REVISIONS", ("0001",))
        with open_store(address) as store:
            store.append(fills(3))


def check_kills(
    work: Callable[..., None], fresh: Callable[[int], str], check: Callable[[str, int], None], step: int = 1
) -> int:
    """Kill a work on a fresh database at points of its way, and check what is left; return how many there are."""
    for point in range(0, 1000, step):
        address = fresh(point)
        said, lived = killed(work, address, *([] if work is open_it else [2]), point=point)
        check(address, said)
        if lived:
            return point
    raise AssertionError("it never came to its end")
