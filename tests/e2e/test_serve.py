"""The monitor that stays: from a plan that is bought over a crash to the next; votes; restarts; what it refuses."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.chain.signers import KEY_VARIABLE
from bridge.config import Config
from bridge.governance.governor import cancel_call
from bridge.local.world import World
from bridge.plans.records import PlanRecord, load_record
from tests.bridge.steps import act_through_safe, found, propose, queue, trade, vote
from tests.bridge.test_watch_ledger import fills
from tests.bridge.watch_steps import hedged
from tests.e2e.command import Run
from tests.e2e.serving import LATE, Hook, Serving, serving, standing, start, write_fills
from tests.e2e.test_commands import assert_one_line_error

pytestmark = pytest.mark.e2e
NOTIFY = '\n[notify]\ndefault = "hook"\n'


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def told(project: World, tmp_path: Path) -> World:
    """Give the folder settings that tell a webhook."""
    settings = tmp_path / "alvh.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + NOTIFY, encoding="utf-8")
    return project


def post(url: str, token: str, **content: Any) -> int:
    """Answer to an alert as the page does, and return the status."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    asked = urllib.request.Request(url, json.dumps(content).encode(), headers)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def drifts(hook: Hook, count: int) -> list[str]:
    """Return the titles about drift that the webhook heard, once there are so many or 20 seconds are over."""
    waited = time.monotonic() + 20
    while True:
        heard = [title for title in hook.titles() if "drift" in title.lower()]
        if len(heard) >= count or time.monotonic() > waited:
            return heard
        time.sleep(0.2)


def bought(run: Run, folder: Path, plan: PlanRecord, name: str) -> None:
    """Import what a plan asked for as filled, its fills named anew."""
    write_fills(folder / f"{name}.csv", [replace(each, id=f"{name}:{at}") for at, each in enumerate(fills(plan))])
    taken = run("hedge", "import", f"{name}.csv", "--json")
    assert (taken.code, taken.err) == (0, "")
    assert taken.json()["new"] == len(plan.plan["trades"])


def assert_covered(seen: dict[str, Any], plan: PlanRecord) -> None:
    """The legs are those of the plan, its orders are done, and something covers."""
    assert {leg["instrument"] for leg in seen["held"]["legs"]} == {each["instrument"] for each in plan.plan["trades"]}
    assert all(order["left"] == 0 for order in seen["decision"]["orders"])
    assert any(cover["value_usd"] > 0 for cover in seen["held"]["covers"])


def acknowledge(monitor: Serving, seen: dict[str, Any], rule: str) -> None:
    """Acknowledge the alert of a rule as the page does; without the token nobody can."""
    [alert] = [each for each in seen["alerts"] if each["rule"] == rule]
    place = f"{monitor.page}/api/alerts/acknowledge"
    assert post(place, "x" * 40, key=alert["key"], by="ann") == 401
    assert post(place, monitor.token, key=alert["key"], by="ann") == 204
    [known] = [each for each in monitor.view()["alerts"] if each["rule"] == rule]
    assert known["acknowledged_by"] == "ann"


def test_serve__plan_bought_then_a_crash_then_a_new_plan_bought__alerts_open_and_clear(
    told: World, run: Run, tmp_path: Path, planned_record: PlanRecord, hook: Hook
) -> None:
    hedged(told, Config(state=tmp_path / ".alvh"), planned_record)
    with serving(tmp_path, ALVH_NOTIFY_HOOK=hook.url) as monitor:
        assert monitor.until(lambda seen: seen["cycle"] >= 1)["held"] is None
        bought(run, tmp_path, planned_record, "first")
        assert_covered(monitor.until(lambda seen: seen["held"]), planned_record)
        shown = run("exposure", "--json").json()
        same = monitor.until(lambda seen: seen["block"]["number"] == shown["block"]["number"])
        assert same["totals"]["value_usd"] == pytest.approx(shown["value_usd"], rel=1e-12)
        assert "exposure_drifted" not in standing(same)

        trade(told, [0.82])
        run("local", "time", "1h", "--feeds")
        fallen = monitor.until(lambda seen: "exposure_drifted" in standing(seen))
        assert fallen["decision"]["drift"] > fallen["decision"]["drift_band"]
        assert len(drifts(hook, 1)) == 1
        acknowledge(monitor, fallen, "exposure_drifted")

        renewed = run("plan", "--json")
        assert renewed.code == 0, renewed.err
        plan = load_record(tmp_path / ".alvh" / "plans" / f"{renewed.json()['inputs_hash']}.json")
        assert plan.inputs_hash != planned_record.inputs_hash
        run("local", "time", "1m", "--feeds")  # the ledger's entries are of after the plan's block
        bought(run, tmp_path, plan, "again")
        calm = monitor.until(lambda seen: "exposure_drifted" not in standing(seen) and seen["cycle"] > fallen["cycle"])
        assert calm["decision"]["plan"] == plan.inputs_hash
        assert all(order["left"] == 0 for order in calm["decision"]["orders"])
        assert len(drifts(hook, 2)) == 2
    assert len(drifts(hook, 2)) == 2


def test_serve__plan_to_a_queue_that_the_guardian_cancels__every_view_says_each_state_once(
    told: World, run: Run, tmp_path: Path, planned_record: PlanRecord, hook: Hook
) -> None:
    with serving(tmp_path, ALVH_NOTIFY_HOOK=hook.url) as monitor:
        number = propose(told, planned_record)
        states = [monitor.until(lambda seen: seen["proposals"])["proposals"][0]["state"]]
        vote(told, number)
        states.append(monitor.until(lambda seen: seen["proposals"][0]["state"] == "active")["proposals"][0]["state"])
        queue(told, number)
        queued = monitor.until(lambda seen: seen["proposals"][0]["state"] == "queued")["proposals"][0]
        assert queued["next"]["what"] == "execute"
        assert queued["next"]["from"] == queued["eta"]
        assert states == ["pending", "active"]
        monitor.next_look()
        assert b'alvh_proposals{state="queued"} 1.0' in monitor.get("/metrics")

        act_through_safe(told, "guardian", *cancel_call(told.snapshot(), found(told, number).action))
        over = monitor.until(lambda seen: not seen["proposals"])
        about = {each["rule"]: each for each in over["alerts"] if each["about"] == str(number)}
        assert about["proposal_ended"]["text"].endswith("is canceled")
        assert [rule for rule, each in about.items() if each["cleared_at"] is None] == ["proposal_ended"]
        assert [each["state"] for each in run("gov", "list", "--json").json()] == ["canceled"]
        once = run("watch", "--once", "--json").json()
        assert once["proposals"] == []
        assert [each for each in once["alerts"] if each["about"] == str(number)] == []
        assert b'alvh_proposals{state="queued"} 0.0' in monitor.get("/metrics")
        monitor.next_look()
        hook.until(lambda heard: any("is canceled" in each["body"] for each in heard))
    said = [each for each in hook.told() if str(number)[:10] in each["title"] + each["body"]]
    changes = [(each["title"].split()[1], each["body"].partition("\n")[0].rpartition(" is ")[2]) for each in said]
    assert [change for change in changes if change[1] == "canceled"] == [("proposal", "canceled")]
    assert len({(each["title"], each["body"]) for each in said}) == len(said)
    over_now = [each["title"] for each in said if " over: " in each["title"]]
    assert len([title for title in over_now if "foreign" in title]) == 1


def test_serve__killed_and_started_again__goes_on_without_telling_anything_twice(
    told: World, tmp_path: Path, hook: Hook
) -> None:
    first = start(tmp_path, ALVH_NOTIFY_HOOK=hook.url)
    before = first.until(lambda seen: standing(seen) and seen["cycle"] >= 2)
    deadline = time.monotonic() + 20
    while not hook.heard and time.monotonic() < deadline:
        time.sleep(0.1)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10)
    if first.process.stdout:
        first.process.stdout.close()
    run_on = dict.fromkeys(hook.titles())
    with serving(tmp_path, ALVH_NOTIFY_HOOK=hook.url) as again:
        after = again.until(lambda seen: seen["cycle"] > before["cycle"] and not seen["trouble"])
        assert standing(after) == standing(before)
        assert after["caught_up"].startswith("caught up from block")
        known = [alert for alert in before["alerts"] if alert["rule"] not in LATE]
        opened = {alert["key"]: alert["opened_at"] for alert in after["alerts"]}
        assert all(opened[alert["key"]] == alert["opened_at"] for alert in known)
        time.sleep(2)
    assert sorted(set(hook.titles())) == sorted(hook.titles())
    assert set(run_on) <= set(hook.titles())


def test_serve__second_one_on_the_same_store__says_who_runs(told: World, run: Run, tmp_path: Path, hook: Hook) -> None:
    with serving(tmp_path, ALVH_NOTIFY_HOOK=hook.url) as monitor:
        done = run("watch", "--serve", "--port", "0", ALVH_NOTIFY_HOOK=hook.url)
        assert_one_line_error(done, 1, str(monitor.process.pid))


def test_serve__deployment_unreadable_for_a_while__shows_the_last_numbers_and_recovers(
    told: World, tmp_path: Path
) -> None:
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{told.chain.url}"\n', encoding="utf-8")
    with serving(tmp_path) as monitor:
        before = monitor.until(lambda seen: seen["cycle"] >= 1)
        deployment = tmp_path / ".alvh" / "deployment.json"
        kept = deployment.read_bytes()
        deployment.write_text("{}", encoding="utf-8")
        os.utime(deployment)
        assert monitor.view()["totals"] == before["totals"]
        deployment.write_bytes(kept)
        monitor.next_look()
        assert monitor.get("/readyz") == b"ready\n"
        assert b"alvh_book_value_usd" in monitor.get("/metrics")


@pytest.mark.parametrize(
    ("words", "environment", "why"),
    [
        ((), {KEY_VARIABLE: "0x" + "11" * 32}, f"{KEY_VARIABLE} is in the environment: the monitor signs nothing"),
        (("--once",), {}, "leave --once and --json out"),
        (("--json",), {}, "leave --once and --json out"),
        (("--interval", "100000"), {}, "at most 86,400 seconds"),
    ],
)
@pytest.mark.usefixtures("project")
def test_serve__what_cannot_be__is_refused_in_one_line(
    run: Run, words: tuple[str, ...], environment: dict[str, str], why: str
) -> None:
    assert_one_line_error(run("watch", "--serve", *words, **environment), 2, why)


def test_serve__target_without_its_variable__is_refused(told: World, run: Run) -> None:
    assert_one_line_error(run("watch", "--serve"), 2, "ALVH_NOTIFY_HOOK")


def test_port__without_serve__is_refused(run: Run) -> None:
    assert_one_line_error(run("watch", "--port", "1"), 2, "give --serve with it")


def test_serve__two_books_and_a_plan_of_now__each_has_its_page_and_the_plan_is_not_on_record(
    told: World, tmp_path: Path, hook: Hook
) -> None:
    more = f'[chain]\nrpc_url = "{told.chain.url}"\n[book]\nowner = "{told.deployment.address("operator")}"\n'
    (tmp_path / "second.toml").write_text(f'{more}[ledger]\nbook = "second"\n', encoding="utf-8")
    with serving(tmp_path, "--also", "second.toml", "--plan-every", "1h", ALVH_NOTIFY_HOOK=hook.url) as monitor:
        first = monitor.until(lambda seen: seen["plan_now"])
        assert first["plan_now"]["answer"] == "hedge"
        assert {trade["side"] for trade in first["plan_now"]["trades"]} <= {"buy", "sell"}
        assert not (tmp_path / ".alvh" / "plans").exists()
        assert [each["path"] for each in first["books"]] == ["", "/books/second"]
        second = json.loads(monitor.get("/books/second/api/snapshot"))
        assert (second["book"], second["owner"]) == ("second", told.deployment.address("operator"))
        assert second["totals"]["value_usd"] == 0
        assert b"alvh_book_value_usd 0.0" in monitor.get("/books/second/metrics")
        assert b"<h1" in monitor.get("/books/second")


@pytest.mark.usefixtures("told")
def test_serve__two_books_of_one_name__is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "second.toml").write_text((tmp_path / "alvh.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert_one_line_error(run("watch", "--serve", "--also", "second.toml"), 2, "two books are called main")
