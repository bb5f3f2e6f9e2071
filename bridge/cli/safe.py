"""`alvh safe`: carry a transaction of the guardian's or the steward's Safe from its proposal to its execution."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.action_help import SafeActionCommand
from bridge.cli.flags import (
    AsOption,
    ConfigOption,
    FromOption,
    JsonOption,
    KeystoreOption,
    OfOption,
    RelayOption,
    SendOption,
    Session,
    choose_sender,
    open_session,
    print_json,
    require_of,
    say,
)
from bridge.cli.mined import mined, mined_words
from bridge.cli.safe_hands import chosen_hand
from bridge.cli.safe_text import keep_record, look, print_record, print_seen, say_what_comes_first

if TYPE_CHECKING:
    from bridge.governance.inspection import Inspected
    from bridge.plans.records import PlanRecord
    from bridge.safe.actions import SafeContext
    from bridge.safe.records import SafeRecord

app = typer.Typer(
    no_args_is_help=True,
    help="The guardian's and the steward's Safe: propose, sign, execute, show. Dry run without --send.",
)
OutOption = Annotated[Path | None, typer.Option("--out", help="Where the file goes; default: in the state folder.")]
NonceOption = Annotated[
    int | None, typer.Option("--nonce", min=0, help="A later nonce, to follow others on their way.")
]
FileArgument = Annotated[Path, typer.Argument(help="The file that `alvh safe propose` wrote.")]
SafeOption = Annotated[str | None, typer.Option("--safe", help="guardian or steward; default: whose action it is.")]


SignerOption = Annotated[
    str | None, typer.Option("--signer", help="Another program that signs: rpc:URL, or rpc with ALVH_SIGNER_URL.")
]
SignatureOption = Annotated[str | None, typer.Option("--signature", help="A signature that was made elsewhere.")]


def safe_address(session: Session, name: str) -> str:
    """Return the address of the guardian's or the steward's Safe; raises `UsageError` for any other name."""
    from bridge.errors import UsageError

    if name not in ("guardian", "steward"):
        raise UsageError(f"no Safe {name!r}: guardian or steward")
    return session.deployment.address(name)


OF_ONE_ASSET = frozenset(
    {"rollback", "pause", "veto", "veto-all", "suspend-steward", "stop-automation", "schedule", "apply"}
)
"""Actions on a ledger of parameters or on its automation, of which an asset may have its own."""


@app.command(cls=SafeActionCommand)
def propose(
    action: Annotated[str, typer.Argument()],
    arguments: Annotated[list[str] | None, typer.Argument()] = None,
    safe: SafeOption = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="For schedule: the plan; default: the newest one.")
    ] = None,
    of: OfOption = "",
    keys: Annotated[
        str | None, typer.Option("--keys", help="For rollback: names of keys, parted by commas; default: every key.")
    ] = None,
    derisked: Annotated[
        bool, typer.Option("--derisked", help="For rollback: keys that were de-risked since go back too.")
    ] = False,
    nonce: NonceOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Build a transaction of a Safe, rehearse it, and write the file that its owners sign. Nothing is sent.

    Examples: alvh safe propose rollback --keys condorWingBps,gammaCapBps; alvh safe propose veto 0x1f2e;
    alvh safe propose cancel 8123 --out cancel.json; alvh safe propose pause --of BTC;
    alvh safe propose swap-owner 0xold... 0xnew... --safe steward; alvh safe propose add-owner 0xnew... 2;
    alvh safe propose reject --nonce 7
    """
    from bridge.safe.actions import SAFE_ACTIONS
    from bridge.safe.multisig import build_safe_transaction
    from bridge.safe.records import SafeRecord, require_safe_place

    named = _rollback_keys(action, keys, derisked)
    require_of(of, action, OF_ONE_ASSET)
    if out:
        require_safe_place(out)
    given = arguments or []
    chosen = SAFE_ACTIONS[action]
    chosen.require_arguments(given)
    session = open_session(config)
    context = _context(session, safe_address(session, chosen.safe if safe is None else safe), plan)
    context = replace(context, keys=named, derisked=derisked)
    made = build_safe_transaction(context, context.safe, chosen.build(context.of(of), given), nonce)
    keep_record(session, context, SafeRecord(action, made, {}), out, as_json)


def _rollback_keys(action: str, keys: str | None, derisked: bool) -> tuple[int, ...]:
    from bridge.errors import UsageError
    from bridge.governance.rollback import EVERY_KEY, key_ids

    if action != "rollback" and (keys is not None or derisked):
        raise UsageError("--keys and --derisked are for rollback alone")
    return EVERY_KEY if keys is None else key_ids(keys)


def _context(session: Session, safe: str, plan: Path | None) -> SafeContext:
    from bridge.plans.records import load_record, newest_record
    from bridge.safe.actions import SafeContext

    def chosen_plan() -> PlanRecord:
        return load_record(plan) if plan else newest_record(session.config.state)

    life = session.config.governance.update_life_seconds
    return SafeContext(session.chain, session.deployment, session.chain.head(), safe, chosen_plan, life)


def load_own(session: Session, file: Path) -> SafeRecord:
    """Read a transaction's file; raises `BadFile` where it is of another chain."""
    from bridge.errors import BadFile
    from bridge.safe.records import load_safe_record

    record = load_safe_record(file)
    if record.transaction.chain_id != session.chain.chain_id:
        raise BadFile(file, f"is for chain {record.transaction.chain_id}, the node serves {session.chain.chain_id}")
    return record


@app.command()
def sign(
    file: FileArgument,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    signer: SignerOption = None,
    signature: SignatureOption = None,
    account: Annotated[str | None, typer.Option("--from", help="Which account of --signer signs.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Add one owner's signature to the file, after showing what the call does. Nothing is sent.

    A key here signs, another program does over JSON-RPC (eth_signTypedData_v4, for a hardware wallet behind it), or a
    signature is added that was made elsewhere over what `alvh safe typed-data` prints.

    Examples: alvh safe sign rollback.json --as guardian-1; alvh safe sign rollback.json --signer rpc:http://127.0.0.1:1248
    """
    from bridge.errors import RefusedAction
    from bridge.safe.multisig import require_signable

    session = open_session(config)
    record = load_own(session, file)
    made, snapshot = record.transaction, session.snapshot()
    require_signable(snapshot, made)
    seen = look(snapshot, made, as_json)
    say_what_comes_first(seen)
    hand = chosen_hand(session, seen, role, keystore, signer, signature, account)
    snapshot.confirm()
    if not as_json:
        print_record(seen, record, file, as_json)  # what is signed is shown first: to stop here is to sign nothing
    elif signer:
        print_seen(seen, stderr=True)
    signed, owner = hand(record)
    if owner not in seen.safe.owners:
        why = "is not an owner of the Safe, or the signature is over something else: owners are"
        raise RefusedAction(f"{owner} {why} {', '.join(seen.safe.owners)}")
    print_record(seen, signed, signed.save(file), as_json)


@app.command()
def typed_data(file: FileArgument, config: ConfigOption = None) -> None:
    """Print a transaction as EIP-712 typed data, for a wallet elsewhere; `alvh safe sign --signature` adds the result.

    What it does and changes, and its hashes, are on stderr.

    Example: alvh safe typed-data rollback.json > typed.json
    """
    from bridge.safe.multisig import require_signable

    session = open_session(config)
    made, snapshot = load_own(session, file).transaction, session.snapshot()
    require_signable(snapshot, made)
    seen = look(snapshot, made, False)
    say_what_comes_first(seen)
    print_seen(seen, stderr=True)
    print_json(made.typed_json())


@app.command()
def execute(
    files: Annotated[list[Path], typer.Argument(help="The signed file, or several of the same transaction.")],
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Check nonce, owners and threshold, rehearse the call, and send it; anyone may pay for it.

    Examples: alvh safe execute rollback.json; alvh safe execute a.json b.json --as operator --send
    """
    from bridge.safe.multisig import (
        join_signatures,
        rehearse_safe_transaction,
        require_executable,
        send_safe_transaction,
    )
    from bridge.safe.records import merge_records

    session = open_session(config, relay)
    record = merge_records([load_own(session, file) for file in files])
    snapshot = session.snapshot()
    require_executable(snapshot, record.transaction, list(record.signatures))
    who = choose_sender(session, send, role, keystore, sender, anyone=True)
    signatures = join_signatures(record.raw_signatures())
    rehearse_safe_transaction(snapshot, who, record.transaction, signatures)
    made = record.transaction
    seen = look(snapshot, made, as_json)  # not the file's own name of it
    snapshot.confirm()
    if not as_json:
        print_seen(seen)
    receipt = send_safe_transaction(session.chain, who.key(), made, signatures) if send else None
    if as_json:
        print_json({**seen.to_dict(), "nonce": made.nonce, "sent": send, **mined(receipt)})
    elif receipt:
        say(f"done {mined_words(receipt)}")
    else:
        say("possible now, rehearsed; not sent: repeat with --send")


@app.command()
def show(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show both Safes: owners, how many must sign, the next nonce, and whether the contracts still obey them.

    Also what has power over them beside their owners: code, fallback handler, guards and modules.
    """
    from bridge.cli.show import console, table
    from bridge.governance.inspection import inspect_address, warning_lines
    from bridge.governance.roles import holds_role

    session = open_session(config)
    snapshot = session.snapshot()
    safes = {name: inspect_address(snapshot, safe_address(session, name)) for name in ("guardian", "steward")}
    duties = {name: holds_role(snapshot, name) for name in safes}
    snapshot.confirm()
    if as_json:
        print_json({name: safe.to_dict() | {"holds_role": duties[name]} for name, safe in safes.items()})
        return
    out = console()
    rows = [row for name, safe in safes.items() for row in _owner_rows(name, safe, duties[name])]
    columns = ("Safe", "address", "must sign", "next nonce", "holds its role", "owner")
    out.print(table(f"Safes at block {snapshot.block.number}", columns, rows, left=6))
    for name, safe in safes.items():
        out.print(f"{name}: {safe.words}", markup=False, soft_wrap=True)
        for line in warning_lines(safe):
            out.print(f"{name}: {line}", markup=False, soft_wrap=True)


def _owner_rows(name: str, safe: Inspected, on_duty: bool) -> list[list[str]]:
    """Return a row for each owner; one without where it is no Safe."""
    signing = f"{safe.threshold} of {len(safe.owners)}" if safe.owners else "-"
    nonce = "-" if safe.nonce is None else str(safe.nonce)
    first = [name, safe.address, signing, nonce, "yes" if on_duty else "NO"]
    return [[*first, owner] for owner in safe.owners or ("-",)]


@app.command()
def create(
    owners: Annotated[list[str], typer.Argument(help="Addresses of its owners.")],
    threshold: Annotated[int, typer.Option("--threshold", min=1, help="How many of them must sign.")] = 2,
    salt: Annotated[int, typer.Option("--salt", min=0, help="Tells Safes of the same owners apart.")] = 0,
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Create a Safe with the factory of this deployment, for a role that the DAO will give it.

    Example: alvh safe create 0xa... 0xb... 0xc... --threshold 2 --as operator --send
    """
    from bridge.chain.addresses import checked_address
    from bridge.safe.multisig import rehearse_creation, send_creation

    owners = [checked_address(owner) for owner in owners]
    session = open_session(config, relay)
    who = choose_sender(session, send, role, keystore, sender, anyone=True)
    made = rehearse_creation(session.snapshot(), who, owners, threshold, salt)
    receipt = None
    if send:
        made, receipt = send_creation(session.chain, who.key(), session.deployment.contracts, owners, threshold, salt)
    if as_json:
        print_json({"safe": made, "owners": owners, "threshold": threshold, "sent": send} | mined(receipt))
    elif receipt:
        say(f"Safe {made}, created {mined_words(receipt)}")
    else:
        say(f"a Safe of {threshold} of {len(owners)} owners would be {made}: not sent, --send creates it")
