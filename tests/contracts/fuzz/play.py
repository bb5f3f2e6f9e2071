"""What every machine shares: actors, waiting times, and how a call is held against what its model expects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from governed import ANYBODY, GUARDIAN, STEWARD, TIMELOCK
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from onchain import DAY, HOUR
from stage import Event, Outcome, Stage, Target

AUTOMATON = "0x000000000000000000000000000000000000A070"
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ACTORS = (TIMELOCK, STEWARD, GUARDIAN, AUTOMATON, ANYBODY, DEPLOYER)
GAPS = st.sampled_from(
    [1, 12, HOUR - 1, HOUR, DAY - 1, DAY, DAY, DAY, DAY, DAY + 1, DAY + 1, 2 * DAY, 7 * DAY - 1, 7 * DAY, 30 * DAY]
)
"""Seconds from one block to the next."""


def by(actor: str) -> st.SearchStrategy[str]:
    """Return the actor whose call it is, nine times in ten."""
    return st.sampled_from([actor] * 40 + list(ACTORS))


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Return the usual choice five times in six, any of the others else."""
    return st.sampled_from([usual] * (5 * len(others)) + list(others))


class Follower(Protocol):
    """A model of a contract that its events rebuild."""

    def see(self, event: Event, at: int) -> None:
        """Follow one event, of a block's second."""


class Play(RuleBasedStateMachine):
    """A machine on a stage; every call goes through `act`."""

    def __init__(self, stage: Stage) -> None:
        stage.reset()
        self.stage, self.is_sound = stage, True
        self.models: dict[str, Follower] = {}
        super().__init__()

    def act(
        self, actor: str, target: Target, function: str, *arguments: Any, gap: int, refusals: Collection[str],
        events: dict[Target, Sequence[Event]] | None = None,
    ) -> Outcome:  # fmt: skip
        """Call, and demand one of the expected refusals, or acceptance with exactly the expected events."""
        outcome = self.stage.play(actor, target, function, *arguments, gap=gap)
        self.is_sound = False
        self.hold(outcome, actor, function, refusals, events or {})
        self.is_sound = True
        return outcome

    def hold(
        self, outcome: Outcome, actor: str, function: str, refusals: Collection[str],
        events: dict[Target, Sequence[Event]],
    ) -> None:  # fmt: skip
        """Hold what became of a call against what was expected."""
        if refusals:
            assert outcome.refusal is not None, f"{function} was accepted, not refused with {sorted(refusals)}"
            assert outcome.refusal.name in refusals, f"{outcome.refusal}, not {sorted(refusals)}"
            return
        assert outcome.refusal is None, f"{function} was refused: {outcome.refusal}"
        expected = {target.address: list(said) for target, said in events.items() if said}
        assert outcome.events == expected, f"{outcome.events} instead of {expected}"
        for address, said in outcome.events.items():
            for event in said:
                self.models[address].see(event, outcome.at)
        self.inspect(actor, function)

    def inspect(self, actor: str, function: str) -> None:
        """Check what must hold after a call that was accepted."""

    def audit(self) -> None:
        """Check all that can be read, at the end of a run."""

    def teardown(self) -> None:
        """End a run; what failed already is not looked at again."""
        if self.is_sound:
            self.audit()
