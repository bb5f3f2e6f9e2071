"""Everybody calls everything, in any order, at any time: the contracts do what the models say, and nothing else.

A machine draws actors, arguments and waiting times; a model says which refusal or which events must follow; what the
events tell is compared with what the chain holds. CI plays the seeds of `seeds.txt`. With ALVH_FUZZ set to a number,
each machine plays that many new seeds for each of its own there, counted from ALVH_FUZZ_SEED on.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from onchain import Node
from stage import Stage
from worlds import GovernorMachine, OracleMachine, ParametersMachine, RegimeMachine

pytestmark = [pytest.mark.chain, pytest.mark.prop]
SEEDS = Path(__file__).parent / "seeds.txt"
STEPS = 100
LEAST_CALLS = 23_000
"""Of all seeds that CI plays."""


class Part(NamedTuple):
    """How long a machine plays one seed, a few seconds, and the least number of calls that this makes.

    Hypothesis keeps the first ten examples to a call or two; those after them make a hundred or more each.
    """

    machine: type[ParametersMachine | OracleMachine | RegimeMachine | GovernorMachine]
    examples: int
    calls: int


PARTS = {
    part.machine.__name__: part
    for part in (
        Part(ParametersMachine, 22, 1_000), Part(OracleMachine, 22, 800), Part(RegimeMachine, 16, 450),
        Part(GovernorMachine, 18, 530),
    )
}  # fmt: skip


def kept_seeds() -> list[tuple[str, int]]:
    """Read the seeds that CI plays."""
    lines = [line.split() for line in SEEDS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [(name, int(number)) for name, number in lines]


def keep_seed(name: str, number: int) -> None:
    """Add a seed that failed to those that CI plays."""
    if (name, number) not in kept_seeds():
        with SEEDS.open("a", encoding="utf-8") as file:
            file.write(f"{name} {number}\n")


def played_seeds() -> list[tuple[str, int]]:
    """Return the seeds to play: those of CI, or new ones."""
    times = int(os.environ.get("ALVH_FUZZ", "0"))
    first = int(os.environ.get("ALVH_FUZZ_SEED", "1000"))
    if not times:
        return kept_seeds()
    wanted = Counter(name for name, _ in kept_seeds())
    return [(name, first + number) for name, count in wanted.items() for number in range(count * times)]


@pytest.fixture(scope="module")
def played(session_node: Node, request: pytest.FixtureRequest) -> Iterator[tuple[Part, Stage]]:
    """Build what a machine plays on once for all its seeds, and take it back."""
    part: Part = PARTS[request.param]
    snapshot = session_node.request("evm_snapshot")
    yield part, part.machine.build(session_node)
    session_node.request("evm_revert", snapshot)


@pytest.mark.parametrize(("played", "number"), played_seeds(), indirect=["played"])
def test_machine__any_calls_by_anyone_at_any_time__as_its_model_says(
    played: tuple[Part, Stage], number: int, record_property: Callable[[str, object], None]
) -> None:
    part, stage = played
    stage.calls = stage.accepted = 0
    limits = settings(
        max_examples=part.examples, stateful_step_count=STEPS, database=None, print_blob=False,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=HealthCheck.all(), report_multiple_bugs=False,
    )  # fmt: skip
    with ExitStack() as unless_played:
        unless_played.callback(keep_seed, part.machine.__name__, number)
        run_state_machine_as_test(seed(number)(lambda: part.machine(stage)), settings=limits)
        unless_played.pop_all()
    record_property("calls", stage.calls)
    record_property("accepted", stage.accepted)
    assert stage.calls >= part.calls


def test_seeds__that_ci_plays__make_as_many_calls_as_promised() -> None:
    assert sum(PARTS[name].calls for name, _ in kept_seeds()) >= LEAST_CALLS
    assert {name for name, _ in kept_seeds()} == PARTS.keys()
