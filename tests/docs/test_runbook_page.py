"""What docs/runbook.md tells people to type exists: every command, every option, every action and order it names."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bridge.cli.app import app
from bridge.governance.actions import GOVERNANCE_ACTIONS
from bridge.safe.actions import SAFE_ACTIONS
from tests.e2e.runbook import PAGE, sections

DRY_RUN = sorted((Path(__file__).resolve().parents[1] / "e2e").glob("*runbook*.py"))


def lines() -> list[str]:
    """Return every `alvh` line of the page, of blocks and of prose."""
    text = PAGE.read_text(encoding="utf-8")
    inline = re.findall(r"`(alvh [^`]+)`", text)
    return [line for blocks in sections().values() for block in blocks for line in block] + inline


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """Walk down the command tree; returns the command and the words that are left."""
    command: Any = get_command(app)
    rest = words[1:]
    while rest and hasattr(command, "commands"):
        assert rest[0] in command.commands, (words, sorted(command.commands))
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


@pytest.mark.parametrize("line", sorted(set(lines())))
def test_command__named_in_the_runbook__exists_with_its_options(line: str) -> None:
    words = shlex.split(line.split(" > ")[0])
    command, rest = command_of(words)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known, line
    named = {"safe": SAFE_ACTIONS, "gov": GOVERNANCE_ACTIONS}.get(words[1], ())
    named = named if words[2:3] == ["propose"] else ()
    assert not named or rest[0] in named, line


def test_options__of_every_command_in_a_block__are_in_its_help() -> None:
    assert len(lines()) > 60
    for line in lines():
        command, _ = command_of(shlex.split(line.split(" > ")[0]))
        assert command.help or hasattr(command, "commands"), line


def test_sections__with_a_block__are_all_played_by_the_dry_run() -> None:
    played = "".join(path.read_text(encoding="utf-8") for path in DRY_RUN)
    for title, blocks in sections().items():
        assert not blocks or f'"{title}"' in played, title


def test_links__of_the_runbook__lead_to_headings_and_files() -> None:
    text = PAGE.read_text(encoding="utf-8")
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in sections()}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        name, _, anchor = target.partition("#")
        assert (PAGE.parent / name).exists() if name else anchor in anchors, target
