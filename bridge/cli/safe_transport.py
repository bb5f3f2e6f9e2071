"""`alvh safe import`, `export`, `push`, `pull`, `pending`: transactions from and to the Safe app and its service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import ConfigOption, JsonOption, SendOption, open_session, print_json, say
from bridge.cli.safe import FileArgument, NonceOption, OutOption, app, load_own, safe_address
from bridge.cli.safe_text import keep_record, look, print_seen, record_name

if TYPE_CHECKING:
    from bridge.safe.records import SafeRecord
    from bridge.safe.service import SafeService
    from bridge.snapshot import Snapshot

WhoseOption = Annotated[str, typer.Option("--safe", help="guardian or steward.")]


@app.command("import")
def import_(
    batch: Annotated[Path, typer.Argument(help="A file of the Safe app's Transaction Builder.")],
    safe: WhoseOption = "guardian",
    nonce: NonceOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Turn a batch of the Safe app into a transaction, rehearse it, and write the file that owners sign.

    Several calls are made all or none, by MultiSendCallOnly. Nothing is signed or sent.

    Example: alvh safe import batch.json --safe steward
    """
    from bridge.safe.batch import batch_call
    from bridge.safe.builder import load_batch
    from bridge.safe.multisig import build_safe_transaction
    from bridge.safe.records import SafeRecord, require_safe_place

    if out:
        require_safe_place(out)
    session = open_session(config)
    snapshot, address = session.snapshot(), safe_address(session, safe)
    found = load_batch(batch, session.chain.chain_id, address)
    if not found.checked:
        say("the file has no checksum: read what it does with care", stderr=True)
    (to, value, data), operation = batch_call(snapshot, found.calls)
    made = build_safe_transaction(snapshot, address, (to, data), nonce, value, operation)
    keep_record(session, snapshot, SafeRecord("import", made, {}), out, as_json)


@app.command()
def export(
    file: FileArgument,
    out: Annotated[Path, typer.Option("--out", help="Where the file for the Safe app goes.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write a transaction's calls as a file of the Safe app's Transaction Builder. Nonce and signatures stay here.

    Example: alvh safe export rollback.json --out batch.json
    """
    from bridge.errors import RefusedAction
    from bridge.safe.batch import calls_of
    from bridge.safe.builder import batch_text, save_batch

    session = open_session(config)
    record, snapshot = load_own(session, file), session.snapshot()
    calls, made = calls_of(snapshot, record.transaction), record.transaction
    if made.to == made.safe and made.data == "0x":
        raise RefusedAction(f"this only uses up nonce {made.nonce}, and the app chooses the nonce: reject it there")
    name = f"ALVH {record.action}"
    save_batch(out, batch_text(name, made.chain_id, made.safe, calls, snapshot.block.timestamp))
    if as_json:
        print_json({"file": str(out), "calls": len(calls), "safe": made.safe, "name": name})
    else:
        say(f"{len(calls)} calls of Safe {made.safe} for the Safe app in {out}; the app chooses the nonce, sign there")


@app.command()
def push(
    file: FileArgument, send: SendOption = False, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Leave a signed transaction, and every signature that is not there, with the Safe Transaction Service.

    Nothing is signed here: the file's signatures are passed on. Dry run without --send.

    Example: alvh safe push rollback.json --send
    """
    from bridge.errors import UsageError
    from bridge.safe.multisig import read_safe, require_signable
    from bridge.safe.relayed import read_relayed
    from bridge.safe.service import SafeService

    session = open_session(config)
    record, snapshot = load_own(session, file), session.snapshot()
    service, made = SafeService(session.config.safe.service_url), record.transaction
    seen = look(snapshot, made, as_json)
    require_signable(snapshot, made)
    digest, owners = "0x" + made.digest().hex(), read_safe(snapshot, made.safe).owners
    ours = {owner: signature for owner, signature in record.signatures.items() if owner in owners}
    if not ours:
        raise UsageError("no owner has signed it: `alvh safe sign` first, the service takes no unsigned transaction")
    there = service.transaction(digest)
    known = read_relayed(snapshot, service.url, made.safe, there, digest).record.signatures if there else {}
    missing = {owner: signature for owner, signature in ours.items() if owner not in known}
    snapshot.confirm()
    if not as_json:
        print_seen(seen)
    if send:
        _leave(service, record, there is not None, missing)
    done = {"known": there is not None, "signatures": list(missing), "sent": send, "safe_tx_hash": digest}
    if as_json:
        print_json(done)
    else:
        what = f"{'its signatures' if there else 'the transaction with the signatures'} of {', '.join(missing)}"
        said = what if missing else "nothing, the service has it all"
        say(f"left with the service: {said}" if send else f"would leave with the service: {said}; not sent: --send")


def _leave(service: SafeService, record: SafeRecord, known: bool, missing: dict[str, str]) -> None:
    """Propose a transaction with its first signature where it is not known, then leave the others."""
    made, digest = record.transaction, "0x" + record.transaction.digest().hex()
    for owner, signature in missing.items():
        if known:
            service.confirm(digest, signature)
        else:
            service.propose(made.safe, made.proposal(owner, signature))
        known = True


@app.command()
def pull(
    digest: Annotated[str, typer.Argument(help="The safeTxHash, as `alvh safe pending` lists it.")],
    safe: WhoseOption = "guardian",
    out: OutOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch a transaction and its signatures from the Safe Transaction Service, and write the file that owners sign.

    Every hash is computed here and by the Safe, every signature's signer is found: the service is not believed.
    A file of the same transaction keeps its signatures.

    Example: alvh safe pull 0x1f2e... --out rollback.json
    """
    from bridge.errors import RefusedAction, UsageError
    from bridge.safe.records import load_safe_record, merge_records, require_safe_place
    from bridge.safe.relayed import HASH, read_relayed
    from bridge.safe.service import SafeService

    if not HASH.fullmatch(digest.lower()):
        raise UsageError("give the whole safeTxHash, 0x and 64 hex digits: `alvh safe pending` lists them")
    if out:
        require_safe_place(out)
    session = open_session(config)
    snapshot, address = session.snapshot(), safe_address(session, safe)
    service = SafeService(session.config.safe.service_url)
    content = service.transaction(digest.lower())
    if content is None:
        raise RefusedAction(f"the service knows no transaction {digest}: `alvh safe pending` lists those that wait")
    found = read_relayed(snapshot, service.url, address, content, digest.lower())
    record = found.record
    file = out or session.config.state / "safe" / record_name(record)
    if file.exists() and (old := load_safe_record(file)).transaction == record.transaction:
        record = merge_records([old, record])
    for note in found.notes:
        say(note, stderr=True)
    keep_record(session, snapshot, record, file, as_json)


@app.command()
def pending(safe: WhoseOption = "guardian", as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List what waits for a Safe's owners at the Safe Transaction Service, each checked against bytes and chain.

    Example: alvh safe pending --safe steward
    """
    from bridge.cli.show import console, table
    from bridge.safe.multisig import read_safe
    from bridge.safe.relayed import differences
    from bridge.safe.service import SafeService

    session = open_session(config)
    snapshot, address = session.snapshot(), safe_address(session, safe)
    service, state = SafeService(session.config.safe.service_url), read_safe(snapshot, address)
    notes = differences(snapshot, address, service.safe(address))
    listed, more = service.waiting(address, state.nonce)
    rows = [_pending_row(snapshot, service.url, address, content) for content in listed]
    snapshot.confirm()
    notes += [f"the service lists more than these {len(rows)}"] if more else []
    if as_json:
        print_json({"safe": address, "transactions": rows, "notes": notes})
        return
    out = console()
    told = [[str(row["nonce"]), str(row["safe_tx_hash"]), str(row["signed_by"]), str(row["does"])] for row in rows]
    out.print(table(f"{len(rows)} transactions wait", ("nonce", "safeTxHash", "signed by", "does"), told, left=4))
    for note in [*notes, *(f"{row['safe_tx_hash']}: {note}" for row in rows for note in row["notes"])]:
        say(note)


def _pending_row(snapshot: Snapshot, url: str, safe: str, content: Any) -> dict[str, Any]:
    """Return a row of the list: what one transaction is, or why it is not to be believed, which hides no other."""
    from bridge.errors import (
        ChainError,
        MissingBlock,
        NodesDisagree,
        NodeUnreachable,
        RefusedAction,
        Reorganised,
        UntrustedNumber,
        WrongChain,
    )
    from bridge.foreign import foreign
    from bridge.safe.relayed import read_relayed
    from bridge.safe.words import transaction_words

    try:
        found = read_relayed(snapshot, url, safe, content)
        made = found.record.transaction
        does = transaction_words(snapshot, made).splitlines()[0]
    except (NodeUnreachable, NodesDisagree, MissingBlock, Reorganised, WrongChain):
        raise
    except (ChainError, RefusedAction, UntrustedNumber) as error:
        said = content if isinstance(content, dict) else {}
        named = {
            name: foreign(said.get(key, "?"), 66) for name, key in (("nonce", "nonce"), ("safe_tx_hash", "safeTxHash"))
        }
        return {**named, "signed_by": "-", "does": f"NOT TO BE SIGNED: {error}", "notes": []}
    digest = "0x" + made.digest().hex()
    signed = len(found.record.signatures)
    return {"nonce": made.nonce, "safe_tx_hash": digest, "signed_by": signed, "does": does, "notes": list(found.notes)}
