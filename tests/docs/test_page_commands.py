"""What the pages beside the runbook tell people to type exists: every command with its options, every named action."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bridge.governance.actions import GOVERNANCE_ACTIONS
from bridge.safe.actions import SAFE_ACTIONS
from tests.docs.test_runbook_page import command_of

pytestmark = pytest.mark.unit

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = (
    *("first-proposal", "glossary", "governance", "keys", "known-limits", "known-risks", "layers", "monitor", "safe"),
    *("signals", "store", "tutorial"),
)


def lines() -> list[tuple[str, str]]:
    """Return page and line of every `alvh` command of a console block or of prose; continued lines are joined."""
    found = []
    for page in PAGES:
        text = (DOCS / f"{page}.md").read_text(encoding="utf-8").replace("\\\n", " ")
        blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
        typed = [line.removeprefix("$ ") for line in "\n".join(blocks).splitlines() if line.startswith("$ alvh ")]
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        found += [(page, line) for line in (*typed, *re.findall(r"`(alvh [a-z][^`]*)`", prose))]
    return found


@pytest.mark.parametrize(("page", "line"), sorted(set(lines())))
def test_command__on_a_page__exists_with_its_options(page: str, line: str) -> None:
    words = shlex.split(line.split(" > ")[0])
    command, rest = command_of(words)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known, f"{page}.md: {line}"
    named = {"safe": SAFE_ACTIONS, "gov": GOVERNANCE_ACTIONS}.get(words[1], ())
    named = named if words[2:3] == ["propose"] else ()
    assert not named or rest[0] in named, f"{page}.md: {line}"


def test_governance_page__governance_actions__are_all_in_its_table() -> None:
    text = (DOCS / "governance.md").read_text(encoding="utf-8")
    table = text.split("## Other governance actions")[1].split("\n## ")[0]
    assert all(re.search(rf"\b{name}\b", table) for name in GOVERNANCE_ACTIONS)
