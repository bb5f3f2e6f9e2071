"""One word of one answer of the node is another: whatever a command then says, it is no traceback and no NaN."""

from __future__ import annotations

import json
import random
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bridge.cli.app import app
from bridge.errors import BridgeError
from bridge.local.world import World
from hedge.errors import HedgeError
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node
from tests.e2e.test_swapped import bring

COMMANDS = (
    "exposure",
    "plan",
    "oracle status",
    "oracle quote",
    "gov list",
    "gov show",
    "doctor",
    "watch --once --json",
)
VALUES = (0, 1, 3, 9, 2**31, 2**40, 2**64 - 1, 2**96, 2**128, 2**160 - 1, 2**160, 2**255 - 1, 2**255, 2**256 - 1)
MOST_WORDS = 400
"""Of one answer that are changed: those at its beginning."""
SAMPLES = {"plan": 3, "doctor": 6, "exposure": 15, "watch --once --json": 15}
USUAL = 30
"""Changes that a command sees: fewer of what takes seconds."""


class Changing:
    """Passes on what the node says, and changes a word of one of its answers to calls."""

    def __init__(self) -> None:
        self.lengths = list[int]()
        self.at, self.word, self.value = -1, 0, 0

    def __call__(self, answering: Answering, asked: Asked) -> bool:
        """Change the answer whose turn it is."""
        if asked["method"] != "eth_call":
            return False
        answer = json.loads(answering.honest(asked))
        found = answer.get("result")
        self.lengths.append((len(found) - 2) // 64 if isinstance(found, str) else 0)
        if len(self.lengths) - 1 != self.at or not found:
            return answering.say(json.dumps(answer).encode())
        start = 2 + 64 * self.word
        return answering.result(asked, found[:start] + f"{self.value:064x}" + found[start + 64 :])


@pytest.fixture
def changing(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LyingNode, int]]:
    """Work in a folder whose settings name a node that changes a word; return it, and a proposal's id."""
    number = bring(world, "# Housekeeping", "setVotingPeriod", 90_000)
    world.deployment.model_copy(update={"rpc_url": None}).save(tmp_path / ".alvh" / "deployment.json")
    with lying_node(world.chain.url) as node:
        (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{node.url}"\n', encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        yield node, number


def unnamed(words: list[str]) -> str:
    """Run a command in this process, and say what ended it without a name; nothing where all is named."""
    done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, (SystemExit, BridgeError, HedgeError)):
        return "".join(traceback.format_exception(done.exception))
    foreseen = done.exit_code in (0, 1, 2) and "Traceback" not in done.output
    return "" if foreseen and "unexpected" not in done.output else done.output  # the monitor's word for the rest


@pytest.mark.parametrize("command", COMMANDS)
def test_command__one_word_of_an_answer_is_another__ends_by_name(changing: tuple[LyingNode, int], command: str) -> None:
    node, number = changing
    words = [*command.split(), *([str(number)] if command == "gov show" else [])]
    honest = Changing()
    node.lie = honest
    assert unnamed(words) == ""
    places = [(at, word) for at, length in enumerate(honest.lengths) for word in range(min(length, MOST_WORDS))]
    dice = random.Random(command)
    for _ in range(SAMPLES.get(command, USUAL)):
        node.lie = lie = Changing()
        lie.at, lie.word = dice.choice(places)
        lie.value = dice.choice(VALUES)
        found = unnamed(words)
        assert found == "", f"answer {lie.at}, word {lie.word} is {lie.value:x}"
