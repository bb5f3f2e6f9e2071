"""`alvh safe import`, `export`: a transaction from and to the Safe app."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.flags import ConfigOption, JsonOption, open_session, print_json, say
from bridge.cli.safe import FileArgument, NonceOption, OutOption, app, load_own, safe_address
from bridge.cli.safe_text import keep_record

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
    from bridge.safe.batch import calls_of
    from bridge.safe.builder import batch_text, save_batch

    session = open_session(config)
    record, snapshot = load_own(session, file), session.snapshot()
    calls, made = calls_of(snapshot, record.transaction), record.transaction
    name = f"ALVH {record.action}"
    save_batch(out, batch_text(name, made.chain_id, made.safe, calls, snapshot.block.timestamp))
    if as_json:
        print_json({"file": str(out), "calls": len(calls), "safe": made.safe, "name": name})
    else:
        say(f"{len(calls)} calls of Safe {made.safe} for the Safe app in {out}; the app chooses the nonce, sign there")
