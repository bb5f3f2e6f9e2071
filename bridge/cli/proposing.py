"""`alvh propose`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import (
    AgainOption,
    AsOption,
    ConfigOption,
    JsonOption,
    KeystoreOption,
    OfOption,
    RelayOption,
    SendOption,
    choose_sender,
    open_session,
    print_json,
)

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.governance.proposals import UpdateDraft
    from bridge.governance.rivals import Rival
    from bridge.plans.records import PlanRecord


def propose(
    plan_file: Annotated[Path | None, typer.Option("--plan", help="Plan to propose; default: the newest one.")] = None,
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    proposer: Annotated[
        str | None, typer.Option("--proposer", help="Address that would propose, for a dry run without a key.")
    ] = None,
    again: AgainOption = False,
    of: OfOption = "",
    unpause: Annotated[bool, typer.Option("--unpause", help="End the guardian's pause in the same proposal.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Turn a plan into a governor proposal: preflight by the contract's own rules, difference, then dry run or send.

    Running it again finds the proposal that is already there. One that was cancelled or defeated stays so: make a new
    plan, or bring the same once more with --again.

    Examples: alvh propose --as operator; alvh propose --as operator --send; alvh propose --of BTC --as operator
    """
    from bridge.governance.forms import with_governor
    from bridge.governance.proposals import bring_proposal, draft_proposal, note_proposal
    from bridge.governance.rivals import find_rivals
    from bridge.plans.published import inputs_path
    from bridge.plans.records import load_record, newest_record

    session = open_session(config, relay)
    record = load_record(plan_file) if plan_file else newest_record(session.config.state)
    sender = choose_sender(session, send, role, keystore, proposer, flag="--proposer")
    life = session.config.governance.update_life_seconds
    snapshot = with_governor(session.snapshot(), None)
    draft = draft_proposal(snapshot, record, life, sender.address, again, unpause, of)
    rivals = find_rivals(snapshot, draft.action, draft.id)
    draft, sent = bring_proposal(snapshot, sender, draft, send)
    if send:
        note_proposal(session.chain, draft, sender.address, session.config.state)
    if as_json:
        print_json(_draft_json(record, draft, sent, rivals, of))
    else:
        _print_draft(record, draft, sent, rivals, of, inputs_path(session.config.state, record.inputs_hash))


def _draft_json(
    record: PlanRecord, draft: UpdateDraft, sent: TxReceipt | None, rivals: list[Rival], of: str
) -> dict[str, Any]:
    from bridge.cli.drafts import draft_json

    return draft_json(draft, sent, rivals) | {
        "inputs_hash": record.inputs_hash,
        "changes": record.differences(of),
        "expiry": draft.update.expiry,
        "description": draft.action.description,
        "calldata": ["0x" + call.hex() for call in draft.action.calldatas],
        "targets": list(draft.action.targets),
    }


def _print_draft(
    record: PlanRecord, draft: UpdateDraft, sent: TxReceipt | None, rivals: list[Rival], of: str, published: Path
) -> None:
    from bridge.cli.drafts import print_draft
    from bridge.cli.show import console, table
    from bridge.units import utc

    out = console()
    rows = [
        [row["name"], str(row["old"]), str(row["new"]), row["unit"], row["reason"], row["effect"]]
        for row in record.differences(of)
    ]
    title = f"Difference in the parameters of {of}" if of else "Difference"
    out.print(table(title, ("parameter", "old", "new", "unit", "why", "effect"), rows))
    out.print(f"\nexpires {utc(draft.update.expiry)}")
    print_draft(draft, sent, rivals)
    if published.is_file():
        words = f"for voters: publish {published}, `alvh gov verify --inputs` makes the plan again from it"
        out.print(words, markup=False, soft_wrap=True)
