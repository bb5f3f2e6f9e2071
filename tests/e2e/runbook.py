"""docs/runbook.md as a program: its sections, the command lines of their blocks, and a player that runs them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from typer.testing import CliRunner

from bridge.alerts.watch import Watched, watch
from bridge.cli.app import app
from bridge.config import Config
from bridge.deployment import load_deployment
from bridge.governance.governor import list_proposals
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.snapshot import Snapshot
from bridge.sources.oracle import SignedReport, build_report, sign_report

PAGE = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"
BAD = {13: 1200, 19: 190}  # more condors, less tail: inside every limit
HOUR = 3600
LOOKS = ("watch", "oracle status")
"""Commands that end with 1 to say that there is an alert."""


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


def watched(world: World, now: int | None = None) -> Watched:
    """Look as the monitor does, in the folder of the test."""
    deployment = load_deployment(Path(".alvh/deployment.json"))
    return watch(Snapshot(world.chain, deployment, world.chain.head()), Config(), world.deployment.address("lp"), now)


def kinds(world: World, now: int | None = None) -> set[str]:
    """Return the kinds of alert that the monitor has now."""
    return {alert.kind for alert in watched(world, now).alerts}


def last_proposal(world: World) -> int:
    """Return the id of the newest proposal."""
    return list_proposals(world.snapshot())[-1].id


def fresh_feeds(world: World) -> None:
    """Let the reporters report, as they do every hour."""
    submit_rounds(world.snapshot(), Config())


def busy_days(world: World, record: PlanRecord) -> None:
    """Let people trade, so that positions earn and a hedge is worth its cost, and the reporters report."""
    spots = {"USD": 1.0, **{asset: record.plan["inputs"]["market"]["spots"][asset] for asset in ("BTC", "ETH")}}
    for _ in range(6):
        world.market.move_to(spots, noise=0.2)
    advance_time(world.chain, HOUR)
    fresh_feeds(world)


def signed_round(world: World, points: dict[str, int]) -> list[SignedReport]:
    """Sign one round of the ETH feed, each reporter with its own number (1e8 = 100 %)."""
    snapshot = world.snapshot()
    reports = {name: build_report(snapshot, "ETH", e8) for name, e8 in points.items()}
    return [sign_report(report, account(name)) for name, report in reports.items()]
