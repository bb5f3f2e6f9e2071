"""The outbox against real servers: once, in order, later and later, and no target waits for another."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import LedgerLocked
from bridge.monitor.notices import Notice, notice
from bridge.monitor.outbox import FIRST_SECONDS, GIVE_UP_SECONDS, MOST_SECONDS, REFUSALS, Outbox, pause_seconds
from bridge.monitor.targets import Outcome, Target, read_target
from tests.bridge.fake_venue import FakeClock
from tests.bridge.outbox_store import OutboxStore
from tests.bridge.receivers import Receiver, Says, receiver

pytestmark = pytest.mark.unit
NOW = 1_795_830_000
DELIVER = 10.0


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """Run a web server."""
    with receiver() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OutboxStore]:
    """Make an empty outbox."""
    with OutboxStore(str(tmp_path / "outbox.sqlite")) as made:
        yield made


def a_notice(number: int = 1, target: str = "ops") -> Notice:
    """Return a notice; the number is what it is of."""
    return notice(target, f"WARNING drift {number}", "exposure has drifted", "warning", ("main", str(number)))


def at(name: str, url: str) -> Target:
    """Return the target of a URL."""
    return read_target(name, {f"ALVH_NOTIFY_{name.upper()}": url})


def outbox(store: OutboxStore, clock: FakeClock, *targets: Target, deadline: float = 5.0) -> Outbox:
    """Return an outbox whose default is `ops`."""
    return Outbox(store, {each.name: each for each in targets}, "ops", clock.now, deadline, lambda: 0.0)


def test_deliver__two_notices__come_once_in_order_with_their_ids(hook: Receiver, store: OutboxStore) -> None:
    first, second = a_notice(1), a_notice(2)
    store.add(first, second, first)
    box = outbox(store, FakeClock(NOW), at("ops", hook.place()))
    assert box.deliver(DELIVER).sent == 2
    assert box.deliver(DELIVER).sent == 2
    assert hook.ids() == [first.id, second.id]
    assert [got.headers["Idempotency-Key"] for got in hook.got] == hook.ids()
    assert hook.got[0].json() == {
        "book": "main", "id": first.id, "severity": "warning", "title": first.title, "body": first.body,
    }  # fmt: skip


@pytest.mark.parametrize("status", [429, 503])
def test_deliver__told_to_come_later__comes_then(hook: Receiver, store: OutboxStore, status: int) -> None:
    hook.answers = [Says(status, (("Retry-After", "600"),))]
    store.add(a_notice())
    clock = FakeClock(NOW)
    box = outbox(store, clock, at("ops", hook.place()))
    box.deliver(DELIVER)
    clock.sleep(599)
    box.deliver(DELIVER)
    assert len(hook.got) == 1
    assert store.states()[a_notice().id] == ("pending", 1, f"it answers HTTP {status}", NOW + 600)
    clock.sleep(1)
    assert box.deliver(DELIVER).sent == 1
    assert len(hook.got) == 2


@pytest.mark.parametrize("asked", ["999999999", "Fri, 31 Dec 2199 00:00:00 GMT"])
def test_deliver__told_to_come_in_years__comes_after_a_day(hook: Receiver, store: OutboxStore, asked: str) -> None:
    hook.answers = [Says(429, (("Retry-After", asked),))]
    store.add(a_notice())
    outbox(store, FakeClock(NOW), at("ops", hook.place())).deliver(DELIVER)
    assert store.states()[a_notice().id][3] == NOW + 86_400


@pytest.mark.parametrize("asked", ["", "-5", "soon", "nan", "1e9"])
def test_deliver__nonsense_of_when_to_come__is_the_usual_pause(hook: Receiver, store: OutboxStore, asked: str) -> None:
    hook.answers = [Says(429, (("Retry-After", asked),))]
    store.add(a_notice())
    outbox(store, FakeClock(NOW), at("ops", hook.place())).deliver(DELIVER)
    assert store.states()[a_notice().id][3] == NOW + 30


def test_deliver__a_server_that_fails__is_tried_again_later_and_in_order(hook: Receiver, store: OutboxStore) -> None:
    hook.answers = [Says(500), Says(500)]
    first, second = a_notice(1), a_notice(2)
    store.add(first, second)
    clock = FakeClock(NOW)
    box = outbox(store, clock, at("ops", hook.place()))
    for pause in (30, 60):
        box.deliver(DELIVER)
        clock.sleep(pause)
    box.deliver(DELIVER)
    assert hook.ids() == [first.id, first.id, first.id, second.id]
    assert store.undone() == []


def test_deliver__a_failure_and_a_new_process__keeps_the_order(hook: Receiver, store: OutboxStore) -> None:
    hook.answers = [Says(500)]
    first, second = a_notice(1), a_notice(2)
    store.add(first, second)
    clock = FakeClock(NOW)
    for pause in (1, 30, 0):
        outbox(store, clock, at("ops", hook.place())).deliver(DELIVER)
        clock.sleep(pause)
    assert hook.ids() == [first.id, first.id, second.id]


def test_deliver__a_target_that_hangs__is_a_failure_and_delays_no_other(hook: Receiver, store: OutboxStore) -> None:
    free = threading.Event()
    hanging, here = a_notice(1, "slow"), [a_notice(number) for number in range(2, 7)]
    store.add(hanging, a_notice(9, "slow"), *here)
    slow = Target("slow", "webhook", lambda *_: Outcome("" if free.wait(30) else "never"))
    clock = FakeClock(NOW)
    box = outbox(store, clock, at("ops", hook.place()), slow, deadline=0.3)
    box.deliver(DELIVER)
    assert hook.ids() == [each.id for each in here]
    assert store.states()[hanging.id][:3] == ("pending", 1, "no answer in 0.3 s")
    clock.sleep(60)
    box.deliver(DELIVER)
    assert store.states()[hanging.id][1:3] == (2, "the one before it still hangs")
    free.set()
    clock.sleep(600)
    box.deliver(DELIVER)
    assert store.undone() == []
    assert box.in_flight == 0


def test_deliver__a_late_success__is_not_sent_again(hook: Receiver, store: OutboxStore) -> None:
    free = threading.Event()
    hook.answers = [Says(wait=lambda: free.wait(30))]
    store.add(a_notice())
    clock = FakeClock(NOW)
    box = outbox(store, clock, at("ops", hook.place()), deadline=0.2)
    box.deliver(DELIVER)
    assert store.undone() == [a_notice().id]
    free.set()
    box.finish(DELIVER)
    clock.sleep(86_400)
    box.deliver(DELIVER)
    assert store.undone() == []
    assert len(hook.got) == 1


def test_deliver__one_target_dead_for_an_hour__the_other_gets_each_at_once(hook: Receiver, store: OutboxStore) -> None:
    with receiver() as dead:
        dead.usual = Says(503)
        clock = FakeClock(NOW)
        box = outbox(store, clock, at("ops", hook.place()), at("dead", dead.place()))
        for minute in range(60):
            store.add(a_notice(minute), a_notice(minute, "dead"), at=int(clock.at))
            box.deliver(DELIVER)
            assert hook.ids()[-1] == a_notice(minute).id
            clock.sleep(60)
        assert len(hook.got) == 60
        assert set(dead.ids()) == {a_notice(0, "dead").id}
        assert len(dead.got) <= 8
        dead.usual = Says()
        clock.sleep(3600)
        box.deliver(DELIVER)
        assert dead.ids()[-60:] == [a_notice(minute, "dead").id for minute in range(60)]


def test_deliver__nobody_takes_it_for_three_days__is_given_up_and_told(hook: Receiver, store: OutboxStore) -> None:
    with receiver() as dead:
        dead.usual = Says(500)
        lost = a_notice(1, "dead")
        store.add(lost, at=NOW)
        clock = FakeClock(NOW)
        box = outbox(store, clock, at("ops", hook.place()), at("dead", dead.place()))
        while lost.id in store.undone() and clock.at < NOW + 4 * 86_400:
            box.deliver(DELIVER)
            clock.sleep(1800)
        assert NOW + GIVE_UP_SECONDS < clock.at < NOW + GIVE_UP_SECONDS + 7200
        box.deliver(DELIVER)
    assert store.states()[lost.id][0] == "given up"
    (told,) = [got.json() for got in hook.got]
    assert told["title"] == "Not delivered to dead"
    assert lost.title in told["body"]
    assert "HTTP 500" in told["body"]
    assert (box.counts.sent, box.counts.given_up) == (1, 1)


def test_deliver__after_a_week_off__is_tried_before_it_is_given_up(hook: Receiver, store: OutboxStore) -> None:
    hook.answers = [Says(500)]
    store.add(a_notice(), at=NOW - 7 * 86_400)
    clock = FakeClock(NOW)
    box = outbox(store, clock, at("ops", hook.place()))
    box.deliver(DELIVER)
    clock.sleep(60)
    box.deliver(DELIVER)
    assert (box.counts.failed, box.counts.sent, box.counts.given_up) == (1, 1, 0)


@pytest.mark.parametrize("targets", [("ops",), ()])
def test_deliver__a_target_that_is_no_more__goes_to_the_default(
    hook: Receiver, store: OutboxStore, targets: tuple[str, ...]
) -> None:
    store.add(a_notice(1, "gone"))
    box = outbox(store, FakeClock(NOW), *(at(name, hook.place()) for name in targets))
    box.deliver(DELIVER)
    assert len(hook.got) == len(targets)
    assert store.states()[a_notice(1, "gone").id][0] == ("sent" if targets else "given up")


@pytest.mark.parametrize("jump", [-3600, -30 * 86_400, 3600])
def test_deliver__the_clock_jumps_after_a_failure__goes_on(hook: Receiver, store: OutboxStore, jump: int) -> None:
    hook.answers = [Says(500)]
    store.add(a_notice(), at=NOW)
    clock = FakeClock(NOW)
    box = outbox(store, clock, at("ops", hook.place()))
    box.deliver(DELIVER)
    clock.at += jump
    for _ in range(30):
        box.deliver(DELIVER)
        clock.sleep(300)
    assert (store.undone(), len(hook.got)) == ([], 2)


def test_pump__a_store_that_is_locked__notes_later_and_sends_once(
    hook: Receiver, store: OutboxStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(a_notice())
    box = outbox(store, FakeClock(NOW), at("ops", hook.place()))
    note: Callable[[str, int], None] = store.note_sent

    def locked(notice_id: str, at: int) -> None:
        raise LedgerLocked("ledger.sqlite", "database is locked")

    monkeypatch.setattr(store, "note_sent", locked)
    with pytest.raises(LedgerLocked):
        box.deliver(DELIVER)
    with pytest.raises(LedgerLocked):
        box.pump(1.0)
    monkeypatch.setattr(store, "note_sent", note)
    assert box.deliver(DELIVER).sent == 1
    assert (store.undone(), len(hook.got)) == ([], 1)


def test_finish__a_message_on_its_way__is_noted_and_nothing_begun(hook: Receiver, store: OutboxStore) -> None:
    free = threading.Event()
    hook.answers = [Says(wait=lambda: free.wait(30))]
    store.add(a_notice(1), a_notice(2))
    box = outbox(store, FakeClock(NOW), at("ops", hook.place()))
    box.pump()
    free.set()
    box.finish(DELIVER)
    assert (box.in_flight, store.undone(), len(hook.got)) == (0, [a_notice(2).id], 1)


@pytest.mark.parametrize("status", [400, 403, 413, 422])
def test_deliver__one_message_is_refused__the_others_pass_it_and_it_is_tried_beside_them(
    hook: Receiver, store: OutboxStore, status: int
) -> None:
    hook.answers = [Says(status)] * REFUSALS
    refused, others = a_notice(1), [a_notice(number) for number in (2, 3, 4)]
    store.add(refused, *others)
    clock = FakeClock(NOW)
    box = outbox(store, clock, at("ops", hook.place()))
    for _ in range(REFUSALS):
        box.deliver(DELIVER)
        assert len(set(hook.ids())) == 1
        clock.sleep(FIRST_SECONDS * 4)
    hook.answers = [Says(200)] * len(others) + [Says(status), Says(200)]
    box.deliver(DELIVER)
    assert hook.ids()[REFUSALS : REFUSALS + 3] == [each.id for each in others]
    for _ in range(2):
        clock.sleep(MOST_SECONDS)
        box.deliver(DELIVER)
    assert store.undone() == []
    assert hook.ids()[-1] == refused.id


def test_deliver__a_server_that_is_down__keeps_the_order_however_often_it_was_tried(
    hook: Receiver, store: OutboxStore
) -> None:
    hook.answers = [Says(502)] * (REFUSALS + 3)
    notices = [a_notice(number) for number in (1, 2)]
    store.add(*notices)
    clock = FakeClock(NOW)
    box = outbox(store, clock, at("ops", hook.place()))
    for _ in range(REFUSALS + 4):
        box.deliver(DELIVER)
        clock.sleep(MOST_SECONDS)
    assert hook.ids()[-2:] == [each.id for each in notices]
    assert set(hook.ids()[:-1]) == {notices[0].id}


@pytest.mark.prop
@given(tries=st.integers(1, 10_000), jitter=st.floats(0, 1))
def test_pause__any_try__is_between_half_a_minute_and_an_hour_and_not_below_two_thirds(
    tries: int, jitter: float
) -> None:
    pause, longest = pause_seconds(tries, jitter), pause_seconds(tries, 0.0)
    assert FIRST_SECONDS <= pause <= longest <= MOST_SECONDS
    assert pause >= longest * 2 / 3 - 1e-9
    assert pause_seconds(tries + 1, 0.0) >= longest


def test_deliver__answers_by_chance__every_notice_comes_in_order_of_its_target(
    hook: Receiver, store: OutboxStore
) -> None:
    chance, clock = random.Random(7), FakeClock(NOW)
    hook.answers = [Says(chance.choice((200, 200, 500, 429))) for _ in range(120)]
    notices = [a_notice(number, chance.choice(("ops", "other"))) for number in range(40)]
    box = outbox(store, clock, at("ops", hook.place("/ops")), at("other", hook.place("/other")))
    for each in notices:
        store.add(each, at=int(clock.at))
        box.deliver(DELIVER)
        clock.sleep(20)
    for _ in range(40):
        clock.sleep(3600)
        box.deliver(DELIVER)
    assert store.undone() == []
    for name in ("ops", "other"):
        came = [got.json()["id"] for got in hook.got if got.path == f"/{name}"]
        assert list(dict.fromkeys(came)) == [each.id for each in notices if each.target == name]
