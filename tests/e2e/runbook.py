"""docs/runbook.md as a program: its sections, the command lines of their blocks, and a player that runs them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from typer.testing import CliRunner

from bridge.cli.app import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"
LOOKS = ("watch", "oracle status")
"""Commands that end with 1 to say that there is a warning."""


def sections() -> dict[str, list[list[str]]]:
    """Return the console blocks of every section, as lists of lines without the prompt."""
    found: dict[str, list[list[str]]] = {}
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
        found[title] = [[line.removeprefix("$ ") for line in block.splitlines()] for block in blocks]
    return found


def invoke(*words: str) -> Any:
    """Run one command in this process; what it raises is raised here."""
    result = CliRunner().invoke(app, list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def run(line: str) -> str:
    """Run a line of the page, `> file` included, and return what it prints; a look may warn, all else must succeed."""
    command, _, file = line.partition(" > ")
    words = shlex.split(command)
    assert words[0] == "alvh", line
    result = invoke(*words[1:])
    assert result.exit_code == 0 or any(command.startswith(f"alvh {look}") for look in LOOKS), (line, result.output)
    if file:
        Path(file).write_text(result.output, encoding="utf-8")
    return result.output


@dataclass
class Player:
    """Plays blocks of the page with the names filled in."""

    names: dict[str, Any]

    def play(self, title: str, block: int = 0, **names: Any) -> list[str]:
        """Run every line of a section's block and return what each printed."""
        self.names |= names
        return [run(Template(line).substitute(self.names)) for line in sections()[title][block]]

    def sign(self, file: str) -> None:
        """Let the guardian sign a file and execute it."""
        self.play("Let the guardian sign", FILE=file)

    def vote(self, proposal: int | str) -> list[str]:
        """Carry a proposal from its first day to its execution."""
        return self.play("Carry a vote", PROPOSAL=proposal)
