"""The monitor of one book: what it keeps, tells and shows from look to look, through failures, restarts and a week."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from bridge.alerts.snapshots import MonitorSnapshot
from bridge.errors import LedgerDamaged, LedgerLocked, NodeUnreachable
from bridge.ledger.database import writing
from bridge.monitor.clock import pause
from bridge.monitor.service import SILENT_LOOKS
from bridge.monitor.store import MonitorStore
from tests.bridge.looks import NOW, vote
from tests.bridge.placed import CONFIG, DAY, HOUR, INTERVAL, Placed, TestClock, placed_monitor, standing, stands  # noqa: F401 - a fixture

pytestmark = pytest.mark.unit


def test_keep__quiet_look__is_kept_shown_and_told_to_nobody(placed: Placed) -> None:
    view = placed.cycle()
    assert (view["book"], view["owner"], view["cycle"], view["trouble"]) == ("main", "0xowner", 1, "")
    assert view["alerts"] == []
    assert placed.told() == []
    last = placed.store.last("main")
    assert last is not None
    assert json.loads(last.view)["totals"] == view["totals"]
    assert placed.store.history("main", ["value_usd"], 0, NOW + DAY, 10)["value_usd"] == [view["totals"]["value_usd"]]
    assert placed.monitor.ready() == (True, "")


def test_keep__drift_over_its_band_and_back__is_told_once_each_with_one_message(placed: Placed) -> None:
    placed.cycle()
    for drift in (0.12, 0.125, 0.12, 0.09, 0.11):  # from 1 of the band to below it, not below where it is over
        view = placed.cycle(drift=drift)
    assert stands(view) == {"exposure_drifted"}
    assert placed.told() == [("opened", "exposure_drifted")]
    placed.cycle(drift=0.02)
    assert placed.told() == [("opened", "exposure_drifted"), ("cleared", "exposure_drifted")]
    due = placed.store.due_notices(placed.clock.now(), 10)
    assert [each.notice.target for each in due] == ["ops", "ops"]
    assert len({each.notice.id for each in due}) == 2
    assert view["alerts"][0]["who"]
    assert view["alerts"][0]["step"]


def test_failed__for_four_intervals__shows_old_numbers_with_why_and_alerts_until_a_look(placed: Placed) -> None:
    before = placed.cycle()
    views = [placed.fail() for _ in range(round(SILENT_LOOKS) + 2)]
    assert all(view["totals"] == before["totals"] for view in views)
    assert all("no node answers" in view["trouble"] for view in views)
    assert [stands(view) for view in views][:: len(views) - 1] == [set(), {"no_look"}]
    assert placed.monitor.ready()[0] is False
    after = placed.cycle()
    assert (after["trouble"], stands(after)) == ("", set())
    assert placed.told() == [("opened", "no_look"), ("cleared", "no_look")]


def test_failed__alert_that_stood__stands_on_as_nobody_can_tell(placed: Placed) -> None:
    placed.cycle(drift=0.5)
    for _ in range(3):
        assert "exposure_drifted" in stands(placed.fail())
    unknown = placed.cycle(drift=None, market=None, exposure=None, positions=(), untrusted="no fresh volatility")
    assert "exposure_drifted" in stands(unknown)
    assert [told for told in placed.told() if told[1] == "exposure_drifted"] == [("opened", "exposure_drifted")]


def test_keep__store_locked__nothing_is_kept_and_the_change_is_told_once_later(
    placed: Placed, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed.cycle()
    other = MonitorStore(placed.address)
    monkeypatch.setattr("bridge.ledger.database.WAIT_SECONDS", 0.2)
    placed.store.close()
    placed.store = placed.monitor._store = MonitorStore(placed.address)
    with writing(other.engine, placed.address), pytest.raises(LedgerLocked):
        placed.cycle(drift=0.5)
    with writing(other.engine, placed.address), pytest.raises(LedgerLocked):
        placed.monitor.failed("the store is locked")
    assert "the store is locked" in placed.view()["trouble"]
    placed.cycle(drift=0.5)
    placed.cycle(drift=0.5)
    assert placed.told() == [("opened", "exposure_drifted")]
    other.close()


def test_resume__after_a_restart__shows_the_last_look_as_old_and_goes_on_without_telling_again(placed: Placed) -> None:
    placed.cycle()
    before = placed.cycle(drift=0.5)
    placed.store.close()
    placed.clock.move(25 * 60)
    placed.start()
    placed.monitor.resume()
    old = placed.view()
    assert old["totals"] == before["totals"]
    assert old["trouble"] == "no look yet since the start"
    assert stands(old) == {"exposure_drifted"}
    failed = placed.fail()
    assert (failed["totals"], failed["block"]) == (before["totals"], before["block"])
    assert placed.monitor.ready()[0] is False
    placed.rest(0.0)
    now = placed.cycle(drift=0.5)
    assert now["caught_up"].startswith("caught up from block 115 to 1,6")
    assert "25 min" in now["caught_up"]
    assert placed.told() == [("opened", "exposure_drifted")]


def test_resume__block_replaced_or_chain_anew__says_so(placed: Placed) -> None:
    placed.cycle()
    placed.store.close()
    placed.chain.hashes[100] = "0xother"
    placed.start()
    assert "re-organised" in placed.cycle()["caught_up"]
    placed.store.close()
    placed.start()
    placed.clock.since = -50.0
    assert "another chain, or a node that is behind" in placed.cycle()["caught_up"]


def test_acknowledge__then_silence__is_shown_at_once_and_survives_looks(placed: Placed) -> None:
    view = placed.cycle(drift=0.5)
    [key] = [alert["key"] for alert in view["alerts"]]
    placed.monitor.acknowledge(key, "ann")
    assert placed.view()["alerts"][0]["acknowledged_by"] == "ann"
    placed.rest(2 * HOUR)
    assert placed.cycle(drift=0.5)["alerts"][0]["escalated_at"] is None
    placed.monitor.silence(key, placed.clock.now() + DAY, "ann")
    placed.cycle(drift=0.9)
    assert placed.told() == [("opened", "exposure_drifted")]
    placed.rest(2 * DAY)
    placed.cycle(drift=0.9)
    assert placed.told()[-1] == ("worse", "exposure_drifted")


def test_cycle__nobody_answers_for_an_hour__is_escalated_once(placed: Placed) -> None:
    placed.cycle(drift=0.5)
    for _ in range(3):
        placed.rest(HOUR)
        placed.cycle(drift=0.5)
    assert placed.told() == [("opened", "exposure_drifted"), ("escalated", "exposure_drifted")]


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_cycle__clock_jumps_an_hour__nothing_is_told_twice_and_no_age_is_negative(placed: Placed, jump: int) -> None:
    placed.cycle(drift=0.5)
    placed.clock.wall += jump
    view = placed.cycle(drift=0.5)
    told = [change for change, _ in placed.told()]
    assert told.count("opened") == 1
    assert told.count("cleared") == 0
    assert all(alert["seen_at"] >= alert["opened_at"] for alert in view["alerts"])
    placed.cycle(drift=0.0)
    assert [change for change, _ in placed.told()].count("cleared") == 1


@pytest.mark.parametrize("state", ["executed", "canceled", "defeated", "expired"])
def test_cycle__proposal_ends__is_told_once_why_and_shown_for_a_day(placed: Placed, state: str) -> None:
    for now in ("active", "queued", state, state):
        view = placed.cycle(proposals=(vote(state=now),))
    assert view["proposals"] == []
    [alert] = [alert for alert in view["alerts"] if alert["cleared_at"] is None]
    assert (alert["rule"], alert["severity"], alert["about"]) == ("proposal_ended", "information", "77")
    assert alert["text"].endswith(f"is {state}")
    placed.store.close()
    placed.start()  # a restart tells it no second time
    placed.rest(DAY - HOUR)
    assert stands(placed.cycle(proposals=(vote(state=state),))) == {"proposal_ended"}
    placed.rest(HOUR)
    assert stands(placed.cycle(proposals=(vote(state=state),))) == set()
    assert placed.told() == [("opened", "proposal_ended")]


def test_cycle__proposal_that_ended_while_nobody_looked__is_told_at_the_next_look(placed: Placed) -> None:
    placed.cycle(proposals=(vote(state="active"), vote(id=78, state="executed")))
    placed.rest(9 * DAY)
    view = placed.cycle(proposals=(vote(state="defeated"), vote(id=78, state="executed")))
    assert [alert["about"] for alert in view["alerts"] if alert["rule"] == "proposal_ended"] == ["77"]
    unknown = placed.cycle(proposals=(), proposals_trouble="too many events", journal=())
    assert "proposal_ended" in stands(unknown)


def test_look__later_than_an_interval__is_an_alert_of_the_monitor_itself(placed: Placed) -> None:
    placed.cycle()
    placed.clock.move(3 * INTERVAL)
    view = placed.cycle()
    assert view["lateness"] == 3 * INTERVAL
    assert "loop_late" in stands(view)


def test_take__raises__nothing_is_kept_and_the_last_numbers_stay(placed: Placed) -> None:
    placed.cycle()

    def gone() -> MonitorSnapshot:
        raise NodeUnreachable("http://127.0.0.1:1", "refused")

    placed.found = gone
    with pytest.raises(NodeUnreachable):
        placed.monitor.look()
    last = placed.store.last("main")
    assert last is not None
    assert last.look == 1


def test_pause__failures__grows_to_five_minutes_and_jitters() -> None:
    chance = random.Random(7)
    waits = [pause(INTERVAL, failures, chance) for failures in range(12)]
    assert all(wait <= 300.0 * 1.05 for wait in waits)
    assert waits[1] > 1.5 * waits[0]
    assert len(set(waits)) == len(waits)
    assert pause(3_600.0, 5, chance) <= 3_600.0 * 1.05


def test_overdue__look_that_takes_minutes__is_not_ready_and_told_until_it_ends(placed: Placed) -> None:
    placed.cycle()
    placed.monitor._began = placed.clock.passed()
    placed.clock.move(45.0)
    placed.monitor.overdue()
    assert stands(placed.view()) == set()
    placed.clock.move(300.0)
    placed.monitor.overdue()
    assert placed.monitor.ready()[0] is False
    assert stands(placed.view()) == {"no_look"}
    assert "the look under way takes" in placed.view()["trouble"]
    placed.monitor.overdue()
    assert placed.told() == [("opened", "no_look")]
    placed.monitor._planned = placed.clock.passed()
    after = placed.cycle()
    assert (stands(after), placed.monitor.ready()) == (set(), (True, ""))


def test_overdue__look_that_hangs_after_one_that_failed__is_told_and_a_pause_is_not(placed: Placed) -> None:
    placed.cycle()
    placed.monitor.failed("refused")
    placed.clock.move(290.0)
    placed.monitor.overdue()
    assert placed.told() == []  # between two looks: the pause after a failure
    placed.monitor._began = placed.clock.passed()
    placed.clock.move(300.0)
    placed.monitor.overdue()
    assert placed.told() == [("opened", "no_look")]
    assert "the look under way takes 5 min" in placed.view()["trouble"]


def test_plan_next__look_longer_than_an_interval__the_next_one_is_late(placed: Placed) -> None:
    placed.cycle()
    placed.monitor.look()
    placed.clock.move(200.0)
    placed.monitor.plan_next(INTERVAL)
    placed.clock.move(INTERVAL)
    placed.monitor.look()
    assert placed.monitor.facts["lateness"] == 200.0


def test_keep__alert_in_the_store_that_is_none__is_named_and_mended_later(placed: Placed) -> None:
    placed.cycle(drift=0.5)
    with placed.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alerts SET opened_at = 'abc'")
    for call in (lambda: placed.cycle(drift=0.5), placed.fail):
        with pytest.raises(LedgerDamaged, match="exposure_drifted"):
            call()
    with placed.store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alerts SET opened_at = {NOW}, size = 9e999")
    assert "exposure_drifted" in stands(placed.cycle(drift=0.5))


@pytest.mark.parametrize("end", ["", "-monitor"])
def test_write__database_or_lock_moved_away__is_named_and_nothing_is_lost_unseen(
    placed: Placed, tmp_path: Path, end: str
) -> None:
    with placed.store.lease():
        placed.cycle()
        (tmp_path / f"alvh.db{end}").rename(tmp_path / "elsewhere")
        with pytest.raises(LedgerDamaged, match="moved or replaced"):
            placed.cycle()
        (tmp_path / "elsewhere").rename(tmp_path / f"alvh.db{end}")
        placed.cycle()
