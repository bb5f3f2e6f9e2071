"""`alvh gov propose`, `delegate` and `unstick`: what the DAO is asked beside parameters, and the accounts that vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.action_help import GovernanceActionCommand
from bridge.cli.flags import (
    AgainOption,
    AsOption,
    ConfigOption,
    FromOption,
    JsonOption,
    KeystoreOption,
    OfOption,
    RelayOption,
    SendOption,
    choose_sender,
    open_session,
    print_json,
    require_of,
    say,
)
from bridge.cli.gov import app
from bridge.cli.mined import mined, mined_words

if TYPE_CHECKING:
    from web3.types import TxReceipt


OF_ONE_ASSET = frozenset(
    {"unpause", "set-limits", "set-guardian", "set-steward", "resume-steward", "set-table", "revoke-automation"}
)
"""Actions on a ledger of parameters or on its automation, of which an asset may have its own."""


@app.command(cls=GovernanceActionCommand)
def propose(
    action: Annotated[str, typer.Argument()],
    arguments: Annotated[list[str] | None, typer.Argument()] = None,
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    again: AgainOption = False,
    of: OfOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Propose a governance action: something that only the DAO can do, rehearsed as the timelock will execute it.

    Examples: alvh gov propose unpause --as operator --send; alvh gov propose set-signers ETH 3 0xa... 0xb... 0xc...;
    alvh gov propose reset-breaker ETH; alvh gov propose set-table regimes.toml; alvh gov propose set-guardian 0xsafe...
    """
    from bridge.cli.drafts import draft_json, print_draft
    from bridge.cli.show import console
    from bridge.governance.actions import build_action
    from bridge.governance.calls import action_words
    from bridge.governance.forms import with_governor
    from bridge.governance.proposals import bring_proposal, draft_action, note_proposal
    from bridge.governance.rivals import find_rivals

    session = open_session(config, relay)
    snapshot = with_governor(session.snapshot(), None)
    require_of(of, action, OF_ONE_ASSET, arguments or [])
    built = build_action(snapshot.of(of), action, arguments or [])
    who = choose_sender(session, send, role, keystore, sender)
    draft = draft_action(snapshot, built, who.address, again)
    words, rivals = action_words(snapshot, draft.action, as_json), find_rivals(snapshot, draft.action, draft.id)
    draft, sent = bring_proposal(snapshot, who, draft, send)
    if send:
        note_proposal(session.chain, draft, who.address, session.config.state)
    if as_json:
        print_json(draft_json(draft, sent, rivals) | {"calls": words, "warnings": list(built.warnings)})
        return
    out = console()
    out.print(built.text + "\n", markup=False, soft_wrap=True)
    for line in [*(f"calls {line}" for line in words), *built.warnings]:
        out.print(line, markup=False, soft_wrap=True)
    print_draft(draft, sent, rivals)


@app.command()
def delegate(
    to: Annotated[str, typer.Argument(help="Who votes and proposes with the sender's votes from now on.")],
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Delegate the sender's votes; a pending proposal counts votes as of its own snapshot.

    Example: alvh gov delegate 0xabc... --as voter-3 --send
    """
    from bridge.chain.addresses import checked_address
    from bridge.formats import number
    from bridge.governance.governor import read_tokens, read_votes, send_delegation
    from bridge.safe.multisig import ZERO

    session = open_session(config, relay)
    who, to = choose_sender(session, send, role, keystore, sender), checked_address(to)
    session.snapshot().rehearse(who, "HedgeVotes", "delegate", to)
    if to == ZERO:
        say(f"warning: {to} is nobody: the sender's votes count for nobody until he delegates them anew", stderr=True)
    receipt = send_delegation(session.snapshot(), who.key(), to) if send else None
    votes, moved = read_votes(session.snapshot(), to) / 1e18, read_tokens(session.snapshot(), who.address) / 1e18
    if as_json:
        print_json({"from": who.address, "to": to, "votes": votes, "tokens": moved, "sent": send} | mined(receipt))
    else:
        said = f"{who.address} -> {to}, which has {number(votes)} votes; {number(moved)} are the sender's to give"
        say(said + _sent(receipt))


def _sent(receipt: TxReceipt | None) -> str:
    """Say where a transaction is, or that none was sent."""
    return f"; done {mined_words(receipt)}" if receipt else "; not sent: --send"


@app.command()
def apply_row(
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    of: OfOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Apply one step towards the row of the regime table that the feed selects; anyone may. Dry run without --send.

    Examples: alvh gov apply-row --as operator --send; alvh gov apply-row --of BTC --as operator
    """
    from bridge.governance.regime_table import AUTOMATION, read_step, send_row
    from bridge.governance.updates import update_words

    session = open_session(config, relay)
    snapshot = session.snapshot().of(of)
    row, update = read_step(snapshot)
    who = choose_sender(session, send, role, keystore, sender, anyone=True)
    snapshot.rehearse(who, AUTOMATION, "applyRow")
    snapshot.confirm()
    receipt = send_row(session.snapshot().of(of), who.key()) if send else None
    words = update_words(update)
    if as_json:
        print_json(
            {"row": row, "changes": dict(zip(update.keys, update.values, strict=True)), "sent": send} | mined(receipt)
        )
    else:
        say(f"row {row}: {'; '.join(words) or 'no value moves'}" + _sent(receipt))


@app.command()
def poke_row(
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    of: OfOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write down since when the feed selects another row; anyone may. Dry run without --send.

    A feed keeps 128 rounds: where more come in a dwell time, do it once in 128 rounds, or no row can be applied.

    Example: alvh gov poke-row --as operator --send
    """
    from bridge.governance.regime_table import AUTOMATION, read_checkpoint, send_poke
    from bridge.units import utc

    session = open_session(config, relay)
    who = choose_sender(session, send, role, keystore, sender, anyone=True)
    session.snapshot().of(of).rehearse(who, AUTOMATION, "poke")
    receipt = send_poke(session.snapshot().of(of), who.key()) if send else None
    row, since, number = read_checkpoint(session.snapshot().of(of))
    if as_json:
        print_json({"row": row, "since": since, "round": number, "sent": send} | mined(receipt))
    else:
        said = f"row {row} selected since {utc(since)}, looked at up to round {number}" if number else "no checkpoint"
        say(said + _sent(receipt))


@app.command()
def trip(
    asset: Annotated[str, typer.Argument(help="Whose breaker.")],
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Trip a breaker whose implied and realised volatility are too far apart; anyone may. Dry run without --send.

    Example: alvh gov trip ETH --as operator --send
    """
    from bridge.cli.safeguards import safeguard_lines
    from bridge.governance.safeguards import breaker_of, read_breaker, send_trip

    session = open_session(config, relay)
    at = breaker_of(session.snapshot(), asset)
    who = choose_sender(session, send, role, keystore, sender, anyone=True)
    session.snapshot().rehearse(who, "VolatilityBreaker", "trip", at=at)
    receipt = send_trip(session.snapshot(), who.key(), asset) if send else None
    found = read_breaker(session.snapshot(), asset)
    if as_json:
        print_json(
            {"asset": asset, "tripped_at": found.tripped_at, "apart": found.apart, "sent": send} | mined(receipt)
        )
    else:
        say(safeguard_lines([found], {})[0] + _sent(receipt))


@app.command()
def unstick(
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Replace the sender's transactions that are not mined by empty ones at a higher fee, so that the next one can go.

    Run the command that was stuck again afterwards: it looks first, and sends nothing twice.

    Example: alvh gov unstick --as operator --send
    """
    from bridge.chain.pending import clear_pending, pending_nonces, require_clearable

    session = open_session(config, relay)
    who = choose_sender(session, send, role, keystore, sender)
    first, after = pending_nonces(session.chain, who)
    require_clearable(session.chain, who, after - first)
    receipts = clear_pending(session.chain, who.key()) if send else []
    count = len(receipts) if send else after - first
    if as_json:
        done = {"account": who.address, "next_nonce": first, "pending": count, "cleared": send}
        print_json(done | {"transactions": [mined(receipt) for receipt in receipts]})
        return
    words = "replaced" if send else "on the way, nothing sent: --send replaces them"
    say(f"{who.address}: {count} transactions from nonce {first} {words}")
    for receipt in receipts:
        say(f"empty one {mined_words(receipt)}")
