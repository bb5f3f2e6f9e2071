"""`alvh gov`: carry a proposal through the governor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import (
    AsOption,
    BlockOption,
    ConfigOption,
    FromOption,
    JsonOption,
    KeystoreOption,
    RelayOption,
    SendOption,
    choose_sender,
    open_session,
    print_json,
    say,
)
from bridge.cli.mined import mined, mined_words

if TYPE_CHECKING:
    from rich.console import Console
    from web3.types import TxReceipt

    from bridge.chain.signers import Signer
    from bridge.cli.show import Sheet
    from bridge.governance.brought import Action as Proposed
    from bridge.governance.governor import Proposal
    from bridge.governance.updates import Update
    from bridge.snapshot import Snapshot

    Action = Callable[[Snapshot, Signer, Proposal], TxReceipt]

app = typer.Typer(
    no_args_is_help=True,
    help="Governor proposals: propose, list, show, verify, vote, queue, execute, cancel; who holds what. "
    "Dry run without --send.",
)
MOST_LINES = 100  # of a description
GovernorOption = Annotated[
    str | None, typer.Option("--governor", help="Another governor, of OpenZeppelin's or Compound's Bravo.")
]
IdArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[PROPOSAL]",
        help="Proposal id, its first digits, or latest; the only open one where none is named.",
        show_default=False,
    ),
]


def _actions(action: Proposed) -> list[dict[str, str]]:
    """Return the calls of a proposal as the chain has them, whole: what was not shown is read here."""
    calls = zip(action.targets, action.values, action.calldatas, strict=True)
    return [{"to": to, "value": str(value), "data": "0x" + data.hex()} for to, value, data in calls]


def _json(snapshot: Snapshot, proposal: Proposal) -> dict[str, Any]:
    from bridge.governance.calls import action_words
    from bridge.governance.updates import decode_update

    calls = [] if proposal.trouble else zip(proposal.action.targets, proposal.action.calldatas, strict=True)
    updates = [decode_update(snapshot, target, call) for target, call in calls]
    return {
        "id": str(proposal.id),
        "state": proposal.state,
        "proposer": proposal.proposer,
        "votes": {
            "for": proposal.votes_for / 1e18,
            "against": proposal.votes_against / 1e18,
            "abstain": proposal.votes_abstain / 1e18,
        },
        "quorum": proposal.quorum / 1e18,
        "vote_start": proposal.vote_start,
        "deadline": proposal.deadline,
        "eta": proposal.eta,
        "vote_blocks": list(proposal.blocks) if proposal.blocks else None,
        "times_estimated": proposal.blocks is not None,
        "title": proposal.title,
        "description": proposal.action.description,
        "description_hash": "0x" + proposal.action.description_hash.hex(),
        "left_out_bytes": proposal.action.left_out,
        "trouble": proposal.trouble,
        "calls": [] if proposal.trouble else action_words(snapshot, proposal.action, whole=True),
        "actions": [] if proposal.trouble else _actions(proposal.action),
        "updates": [update.__dict__ if update else None for update in updates],
    }


@app.command("list")
def list_(
    block: BlockOption = None, governor: GovernorOption = None, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """List every proposal since the deployment with its state and votes: open ones first, nearest to execution first.

    In JSON the oldest is first. Large ones are named with their size, `alvh gov show` reads one whole.
    """
    from bridge.cli.show import console, table
    from bridge.formats import number
    from bridge.governance.forms import with_governor
    from bridge.governance.governor import distinct_ids, list_proposals, nearness
    from bridge.units import utc

    snapshot = with_governor(open_session(config).snapshot(block), governor)
    found = list_proposals(snapshot)
    content = [_json(snapshot, proposal) for proposal in found] if as_json else []
    snapshot.confirm()
    if as_json:
        print_json(content)
        return
    rows = [
        [
            short,
            p.state,
            f"{p.title} ({p.action.left_out:,} bytes)" if p.action.left_out else p.title,
            number(p.votes_for / 1e18),
            number(p.votes_against / 1e18),
            number(p.quorum / 1e18),
            _vote_end(p),
            utc(p.eta) if p.eta else "-",
        ]
        for short, p in sorted(zip(distinct_ids(found), found, strict=True), key=lambda pair: nearness(pair[1]))
    ]
    columns = ("id", "state", "title", "for", "against", "quorum", "vote ends", "executable")
    console().print(table(f"{len(found)} proposals", columns, rows, left=3))
    large = [p for p in found if p.action.left_out]
    if large:
        size = sum(p.action.left_out for p in large)
        words = f"{len(large)} of them, {size:,} bytes, were not read whole: `alvh gov show` reads one"
        console().print(words, markup=False)


def _vote_end(proposal: Proposal) -> str:
    """Return when a vote ends; by a clock of blocks the block, and the time as the estimate that it is.

    Of a proposal that cannot be read nobody knows.
    """
    from bridge.units import utc

    if proposal.trouble:
        return "unknown"
    if proposal.blocks is None:
        return utc(proposal.deadline)
    return f"block {proposal.blocks[1]}, estimated {utc(proposal.deadline)}"


@app.command()
def show(
    proposal: IdArgument = None,
    block: BlockOption = None,
    governor: GovernorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show one proposal: its text, what its calldata really does, and whether it would execute in today's state."""
    from bridge.cli.show import console
    from bridge.governance.calls import overview
    from bridge.governance.chosen import chosen_proposal
    from bridge.governance.forms import read_form, with_governor
    from bridge.governance.governor import OPEN_STATES
    from bridge.governance.preflight import rehearsal

    session = open_session(config)
    snapshot = with_governor(session.snapshot(block), governor)
    found = chosen_proposal(snapshot, proposal, certain=False)
    which = f"{snapshot.deployment.address('HedgeGovernor')} is {read_form(snapshot).words}"
    content = _json(snapshot, found) | {"governor": which} if as_json else {}
    words, updates = ([], []) if as_json or found.trouble else _told(snapshot, found)
    tables = [_update_table(snapshot, update) for update in updates]
    said = "" if as_json or found.state not in OPEN_STATES else rehearsal(snapshot, found)
    snapshot.confirm()
    if as_json:
        print_json(content)
        return
    out = console()
    out.print(f"{found.state}: {found.id}\n", markup=False)
    if governor or found.blocks:
        out.print(f"{which}; vote ends {_vote_end(found)}", markup=False, soft_wrap=True)
    for line in _quoted(found, out):
        out.print(line, markup=False, soft_wrap=True)
    out.print()
    many = overview(words)
    for line in (*many, *(f"calls {line}" for line in words), *many):
        out.print(line, markup=False, soft_wrap=True)
    if said:
        out.print(said, markup=False, soft_wrap=True)
    for made in tables:
        out.print(made)


def _update_table(snapshot: Snapshot, update: Update) -> Sheet:
    """Return what an update sets, beside the values in force in its ledger."""
    from bridge.cli.show import table
    from bridge.plans.observe import read_governed
    from hedge.policy.parameters import KEYS

    now = read_governed(snapshot.of(update.asset)).parameters.to_values()
    pairs = zip(update.keys, update.values, strict=True)
    rows = [[KEYS[key].name, str(now[key]), str(value), KEYS[key].unit] for key, value in pairs]
    whose = f" to the parameters of {update.asset}" if update.asset else ""
    return table(f"What the calldata does{whose}", ("parameter", "now", "proposed", "unit"), rows)


def _told(snapshot: Snapshot, proposal: Proposal) -> tuple[list[str], list[Update]]:
    """Return what the calls of a proposal do, in words, and the updates among them."""
    from bridge.governance.calls import action_words
    from bridge.governance.updates import decode_update

    calls = zip(proposal.action.targets, proposal.action.calldatas, strict=True)
    found = [decode_update(snapshot, target, call) for target, call in calls]
    return action_words(snapshot, proposal.action), [update for update in found if update]


def _quoted(proposal: Proposal, out: Console) -> list[str]:
    """Return the description with a sign before each line that a terminal shows of it.

    None of it can be taken for what this program says, however long its lines are.
    """
    from bridge.cli.show import hung
    from bridge.foreign import NO_DESCRIPTION, TEXT, foreign

    if proposal.trouble:
        return [proposal.trouble]
    whole = proposal.action.description
    text = foreign(whole, TEXT, lines=True)
    if not text.strip():
        return [NO_DESCRIPTION]
    lines = [part for line in text.splitlines() for part in hung(out, line, "| ", "| ")]
    if len(lines) <= MOST_LINES and len(text) == len(foreign(whole[: 2 * TEXT], None, lines=True)):
        return lines
    size = f"{len(whole):,} letters with the keccak-256 0x{proposal.action.description_hash.hex()}"
    return [*lines[:MOST_LINES], f"WARNING: not shown whole ({size}): do not vote before you have read it with --json"]


@dataclass(frozen=True)
class _How:
    """How a step is carried out: dry or sent, by whom, shown how, with which settings."""

    send: bool
    role: str | None
    keystore: Path | None
    given: str | None
    as_json: bool
    config: Path | None
    governor: str | None
    relay: str | None


def _step(step: str, wanted: str | None, how: _How, action: Action, support: str = "") -> None:
    """Rehearse the step as its sender would send it, then send it or say that it is possible."""
    from bridge.governance.chosen import chosen_proposal
    from bridge.governance.forms import with_governor
    from bridge.governance.governor import named_proposal, rehearse_step, require_step

    session = open_session(how.config, how.relay)
    snapshot = with_governor(session.snapshot(), how.governor)
    found = chosen_proposal(snapshot, wanted, certain=True)
    require_step(found, step)
    anyone = step in ("queue", "execute")
    sender = choose_sender(session, how.send, how.role, how.keystore, how.given, anyone=anyone)
    rehearse_step(snapshot, sender, found, step, support)
    snapshot.confirm()
    done: dict[str, Any] = {"proposal": str(found.id), "action": step, "sent": how.send}
    if how.send:
        receipt = action(snapshot.head(), sender.key(), found)
        done |= mined(receipt)
        done["state"] = named_proposal(snapshot.head(), str(found.id)).state
    if how.as_json:
        print_json(done)
        return
    if how.send:
        say(f"{step}: done {mined_words(receipt)}; proposal is {done['state']}")
    else:
        say(f"{step}: possible now ({found.state}), rehearsed; not sent: repeat with --send")
    say(f"proposal {found.id}: {found.title}")


@app.command()
def vote(
    proposal: IdArgument = None,
    support: Annotated[
        str | None, typer.Argument(metavar="SUPPORT", help="for, against or abstain.", show_default=False)
    ] = None,
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    governor: GovernorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Cast a vote. Examples: alvh gov vote 8123 for --as voter-1 --send; alvh gov vote for"""
    from bridge.errors import UsageError
    from bridge.governance.governor import SUPPORT, send_vote

    if support is None:  # the proposal is left out
        proposal, support = None, proposal
    if support not in SUPPORT:
        given = f", not {support!r}" if support else ": `alvh gov vote latest for`"
        raise UsageError(f"vote for, against or abstain{given}")
    how = _How(send, role, keystore, sender, as_json, config, governor, relay)
    _step("vote", proposal, how, partial(send_vote, support=support), support)


@app.command()
def queue(
    proposal: IdArgument = None,
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    governor: GovernorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Put a proposal that has passed into the timelock."""
    from bridge.governance.governor import send_queue

    _step("queue", proposal, _How(send, role, keystore, sender, as_json, config, governor, relay), send_queue)


@app.command()
def execute(
    proposal: IdArgument = None,
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    governor: GovernorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Execute a queued proposal whose delay is over, then read the parameters back and compare."""
    from bridge.governance.proposals import send_confirmed_execution

    _step(
        "execute",
        proposal,
        _How(send, role, keystore, sender, as_json, config, governor, relay),
        send_confirmed_execution,
    )


@app.command()
def cancel(
    proposal: IdArgument = None,
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    governor: GovernorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Cancel a proposal as its proposer, while it is pending; the guardian does it by `alvh safe propose cancel`."""
    from bridge.governance.governor import send_cancel

    _step("cancel", proposal, _How(send, role, keystore, sender, as_json, config, governor, relay), send_cancel)


@app.command()
def wait(proposal: IdArgument = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Local chain only: move time to where the proposal's next step is possible. Feeds grow old meanwhile."""
    from bridge.governance.chosen import chosen_proposal
    from bridge.governance.governor import named_proposal, next_step_at
    from bridge.local.anvil import advance_time

    session = open_session(config)
    found = chosen_proposal(session.snapshot(), proposal, certain=False)
    seconds = max(next_step_at(found) - session.chain.head().timestamp, 1)
    advance_time(session.chain, seconds)
    state = named_proposal(session.snapshot(), str(found.id)).state
    if as_json:
        print_json({"proposal": str(found.id), "before": found.state, "state": state, "seconds": seconds})
    else:
        say(f"was {found.state}, is {state}")
