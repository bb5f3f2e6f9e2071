"""What a proposal says of its numbers, and what its rehearsal says when it is due, and when no node can tell."""

from __future__ import annotations

from bridge.governance.brought import believed
from bridge.governance.forms import read_form
from bridge.governance.governor import _readable
from bridge.governance.preflight import rehearsal
from bridge.governance.proposal_text import close_description, describe
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.snapshot import Snapshot
from bridge.sources.made_up import plan_sources
from bridge.units import utc
from tests.bridge.lying_node import Answering, Asked, lying_node, through
from tests.bridge.steps import TERMS, found, propose, queue, vote


def test_describe__of_a_plan__names_every_source_and_change(record: PlanRecord) -> None:
    text = describe(record, account("operator").address)
    sources = plan_sources(record.plan["inputs"])
    assert sources
    for words, _ in sources:
        assert f"Numbers from {words}" in text
    for row in record.plan["update"]["changes"]:
        (line,) = (line for line in text.splitlines() if f"| {row['old']} | {row['new']} |" in line)
        assert row["reason"] in line


def test_close_description__first_and_later_attempts__only_later_ones_are_numbered() -> None:
    proposer = account("operator").address
    end = f"\n\n#proposer={proposer}"
    assert close_description("text", proposer.lower(), 1) == f"text{end}"
    for attempt in (2, 3):
        again = f"\n\nAttempt {attempt}: those before were cancelled or defeated."
        assert close_description("text", proposer, attempt) == f"text{again}{end}"


def test_rehearsal__queued_and_overdue__is_of_the_next_second(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    vote(world, number)
    queue(world, number)
    waiting = found(world, number)
    assert rehearsal(world.snapshot(), waiting).endswith(f" at {utc(waiting.eta)}")
    advance_time(world.chain, TERMS.timelock_delay + 3_600)
    assert rehearsal(world.snapshot(), waiting).endswith(f"would execute at {utc(world.chain.head().timestamp + 1)}")


def test_rehearsal__node_that_takes_no_state_override__cannot_be_told(world: World, record: PlanRecord) -> None:
    proposal = found(world, propose(world, record))

    def refuse(answering: Answering, asked: Asked) -> bool:
        refused = {"code": -32602, "message": "too many arguments, want at most 2"}
        return len(asked["params"]) > 2 and answering.error(asked, refused)

    with lying_node(world.chain.url, refuse) as node:
        chain = through(node, world.chain)
        told = rehearsal(Snapshot(chain, world.deployment, world.chain.head()), proposal)
    assert told.startswith("whether it would execute at 2026-")
    assert "cannot be told: " in told


class Nonsense:
    """A log entry that no ABI decodes."""

    def decoded(self) -> dict[str, object]:
        raise ValueError("no such event\x1b[2J")


def test_readable__entry_that_cannot_be_decoded__has_no_number_but_its_trouble(world: World) -> None:
    snapshot = world.snapshot()
    form = read_form(snapshot)
    told = _readable(snapshot, believed(snapshot, Nonsense(), form), form)  # type: ignore[arg-type]
    assert told.trouble.startswith("cannot be read: no such event")
    assert told.trouble.isprintable()
    numbers = (told.id, told.votes_for, told.votes_against, told.votes_abstain, told.quorum)
    assert (*numbers, told.vote_start, told.deadline, told.eta) == (0,) * 8
    assert "cannot be read" in told.title
