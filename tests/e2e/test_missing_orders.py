"""Orders that only the DAO gives, as the commands show them before the vote; and an update that ends a pause."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.local.world import World
from bridge.plans.records import PlanRecord
from tests.bridge.steps import act_through_safe, parameters_call
from tests.e2e.command import Run
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("set-limits", "costBudgetBps=,900,,,"),
            "HedgeParameters.setLimits(costBudgetBps: 0 to 900, up 50, down 20, rest 86400 s): Replace",
        ),
        (("set-governor", "votingDelay=7200", "quorumNumerator=5"), "votingDelay of the governor is 7200"),
        (("set-timelock-delay", "259200"), "what passes waits 259200 s in the timelock"),
        (("give-feed", "ETH", "0x00000000000000000000000000000000DeaDBeef"), "can then no longer replace"),
    ],
)
def test_gov_propose__order__is_rehearsed_told_and_sent(place: Place, words: tuple[str, ...], said: str) -> None:
    dry = place.run("gov", "propose", *words, role="operator")
    assert dry.code == 0, dry
    assert said in dry.out
    assert "preflight and rehearsal passed; would be proposal" in " ".join(dry.out.split())
    assert place.sent("gov", "propose", *words, role="operator")["state"] == "pending"


def test_gov_propose__below_a_floor__is_refused_and_nothing_is_sent(place: Place) -> None:
    done = place.run("gov", "propose", "set-timelock-delay", "60", "--send", role="operator")
    assert_one_line_error(done, 1, "TimelockDelayTooShort")
    assert place.run("gov", "list", "--json").json() == []


def test_propose__unpause__is_one_proposal_with_both_and_says_so(
    run: Run, project: World, bad: PlanRecord, tmp_path: Path
) -> None:
    bad.save(tmp_path / ".alvh")
    words = ("propose", "--unpause", "--as", "operator")
    assert_one_line_error(run(*words), 1, "there is no pause to end: leave --unpause out")
    act_through_safe(project, "guardian", *parameters_call(project, "pause"))
    assert_one_line_error(run("propose", "--as", "operator"), 1, "EnforcedPause")
    dry = run(*words)
    assert dry.code == 0, dry
    assert "executed only if then: " in dry.out
    assert "the hedge parameters are not paused" in dry.out
    told = run(*words, "--send", "--json").json()
    assert told["sent"]
    assert "The same proposal ends the guardian's pause first" in told["description"]
    shown = run("gov", "show", told["proposal"]).out
    assert "calls HedgeParameters.unpause()" in shown
    assert "in today's state it would execute" in shown
