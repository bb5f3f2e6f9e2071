"""The outbox killed with SIGKILL at every point of its work: nothing is lost, and what comes twice has one id."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import pytest

from bridge.monitor.notices import Notice, notice
from bridge.monitor.outbox import Outbox
from bridge.monitor.targets import Outcome, Target, read_target
from tests.bridge.outbox_store import OutboxStore
from tests.bridge.receivers import receiver

pytestmark = pytest.mark.unit
FORK: Final = multiprocessing.get_context("fork")
NOTICES: Final = [
    notice("ops", f"WARNING drift {number}", "exposure has drifted", "warning", ("main", str(number)))
    for number in range(3)
]
NOW: Final = 1_795_830_000


class _Points:
    """Counts the points that the work passes, and kills this process at one of them."""

    def __init__(self, last: int) -> None:
        self.left = last

    def passed(self) -> None:
        """Die here, or go on."""
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


class _Dying(OutboxStore):
    """A store that may die before and after each of its transactions."""

    def __init__(self, path: Path, points: _Points) -> None:
        super().__init__(str(path))
        self.points = points

    def due_notices(self, now: int, limit: int, aside: Collection[str] = ()) -> Any:
        """Return what is due."""
        self.points.passed()
        return super().due_notices(now, limit, aside)

    def note_sent(self, notice_id: str, at: int) -> None:
        """Note that a notice was taken."""
        self.points.passed()
        super().note_sent(notice_id, at)
        self.points.passed()


def _add(path: Path) -> None:
    """Keep the notices, once."""
    with OutboxStore(str(path)) as store:
        store.add(*NOTICES)


def _deliver(path: Path, url: str, point: int) -> None:
    """Deliver all there is, and die at a point on the way."""
    points = _Points(point)
    hook = read_target("ops", {"ALVH_NOTIFY_OPS": url})

    def send(message: Notice, book: str) -> Outcome:
        points.passed()
        outcome = hook.send(message, book)
        points.passed()
        return outcome

    box = Outbox(_Dying(path, points), {"ops": Target("ops", "webhook", send)}, "ops", lambda: NOW)
    box.deliver(20.0)


def test_deliver__killed_at_every_point__loses_nothing_and_repeats_at_most_one_with_its_id(tmp_path: Path) -> None:
    point, repeated = 0, Counter[int]()
    with receiver() as hook:
        while True:
            path = tmp_path / f"outbox-{point}.sqlite"
            _add(path)
            hook.got.clear()
            worker = FORK.Process(target=_deliver, args=(path, hook.place(), point))
            worker.start()
            worker.join(60)
            if worker.exitcode == 0:
                break
            assert worker.exitcode == -signal.SIGKILL
            before = hook.ids()
            last = FORK.Process(target=_deliver, args=(path, hook.place(), -1))
            last.start()
            last.join(60)
            with OutboxStore(str(path)) as store:
                assert store.undone() == []
            assert list(dict.fromkeys(hook.ids())) == [each.id for each in NOTICES]
            again = [id_ for id_, count in Counter(hook.ids()).items() if count > 1]
            assert again in ([], before[-1:])
            repeated[len(again)] += 1
            point += 1
        assert hook.ids() == [each.id for each in NOTICES]
    assert point >= 4 * len(NOTICES)
    assert repeated[1] == 2 * len(NOTICES)  # between the send and the commit: before and after the result is given


def test_deliver__after_all_was_noted__a_new_process_sends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with receiver() as hook:
        for _ in range(3):
            _add(path)
            worker = FORK.Process(target=_deliver, args=(path, hook.place(), -1))
            worker.start()
            worker.join(60)
            assert worker.exitcode == 0
        assert hook.ids() == [each.id for each in NOTICES]
