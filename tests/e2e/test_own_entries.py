"""A user's own alert, governance action and action of a Safe: registered in his script, used as ours are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.local.world import World
from tests.e2e.command import Done, Run

SCRIPT = """
from bridge.alerts.rules import alert_rule
from bridge.alerts.snapshots import Alert, MonitorSnapshot
from bridge.cli import main
from bridge.governance.actions import GovernanceAction, governance_action
from bridge.governance.postconditions import Answer, Postcondition
from bridge.safe.actions import safe_action


@alert_rule(MonitorSnapshot)
def small_book(seen):
    small = seen.exposure is not None and seen.exposure.value_usd < 10_000_000
    return [Alert("book", f"worth {seen.exposure.value_usd:,.0f} USD only")] if small else []


def set_delay(snapshot, arguments):
    at, seconds = snapshot.deployment.address("HedgeGovernor"), int(arguments[0])
    call = snapshot.call("HedgeGovernor", "setVotingDelay", seconds)
    answer = Answer("votingDelay", (), seconds, f"the voting delay is {seconds} s")
    return GovernanceAction("# Another voting delay", (call,), (Postcondition("HedgeGovernor", at, (answer,)),))


def stop(context, arguments):
    return context.call("RegimeAutomation", "stop")


governance_action("set-voting-delay", ("SECONDS",), "wait so long before a vote", set_delay)
safe_action("steward", "stop-all", (), "stop what can be stopped", stop)
main()
"""


@pytest.fixture
def own(project: World, tmp_path: Path) -> Run:
    """Return a function that runs the user's script as `alvh`."""
    script = tmp_path / "my_alvh.py"
    script.write_text(SCRIPT, encoding="utf-8")

    def call(*arguments: str) -> Done:
        answer = subprocess.run(
            [sys.executable, str(script), *arguments],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "150"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Done(answer.returncode, answer.stdout, answer.stderr)

    return call


def test_watch__rule_of_a_user__is_in_json_and_on_the_terminal(own: Run, run: Run) -> None:
    alerts = own("watch", "--once", "--json").json()["alerts"]
    (text,) = (alert["text"] for alert in alerts if alert["kind"] == "book")
    assert text.startswith("worth ")
    assert f"alert book: {text}" in own("watch", "--once").out
    assert "alert book" not in run("watch", "--once").out


def test_gov_propose__action_of_a_user__is_in_the_help_and_is_built(own: Run, run: Run) -> None:
    told = own("gov", "propose", "--help").out
    assert "set-voting-delay SECONDS: wait so long before a vote" in told
    assert "set-steward SAFE: name another steward" in told
    assert "set-voting-delay" not in run("gov", "propose", "--help").out
    drafted = own("gov", "propose", "set-voting-delay", "7200", "--as", "operator", "--json").json()
    said = "HedgeGovernor.setVotingDelay(newVotingDelay=7200): Set the seconds from a proposal to its vote"
    assert drafted["calls"][0] == said
    assert drafted["postconditions"][-1] == "the voting delay is 7200 s"
    refused = own("gov", "propose", "set-voting-delay")
    assert refused.code == 2
    assert "usage: set-voting-delay SECONDS (wait so long before a vote)" in refused.err


def test_safe_propose__action_of_a_user__is_in_the_help_and_goes_to_its_safe(own: Run) -> None:
    told = own("safe", "propose", "--help").out
    assert "stop-all: stop what can be stopped" in told
    assert "swap-owner OLD NEW: replace an owner of the Safe" in told
    refused = own("safe", "propose", "stop-all")
    assert refused.code == 1
    assert "the Safe's call was refused by the contract" in refused.err
