"""The help of commands that take an action by name, and what no help of ours has."""

from __future__ import annotations

import pytest

from bridge.governance.actions import GOVERNANCE_ACTIONS
from bridge.safe.actions import SAFE_ACTIONS
from tests.e2e.command import Run


@pytest.mark.parametrize(("group", "kinds"), [("gov", GOVERNANCE_ACTIONS), ("safe", SAFE_ACTIONS)])
def test_propose_help__each_argument__says_what_it_is_and_every_action_has_a_line(
    run: Run, group: str, kinds: dict[str, object]
) -> None:
    told = " ".join(run(group, "propose", "--help", COLUMNS="400").out.split())
    names, see = ", ".join(kinds), "What the action takes, see below."
    assert told.count(names) == told.count(see) == 1
    assert told.index(" action ") < told.index(names) < told.index(" arguments... ") < told.index(see)
    assert "Print JSON for machines." in told
    for kind in kinds.values():
        assert f"{kind.usage}: {kind.words}" in told  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", [("plan",), ("gov", "vote"), ("watch",)])
def test_help__of_any_command__offers_to_install_nothing(run: Run, words: tuple[str, ...]) -> None:
    assert "completion" not in run(*words, "--help").out
