"""By whose hand a Safe transaction is signed: a key of this machine, another program, or one that signed elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.flags import Session, choose_signer, say

if TYPE_CHECKING:
    from bridge.cli.safe_text import Seen
    from bridge.safe.records import SafeRecord

    Hand = Callable[[SafeRecord], tuple[SafeRecord, str]]


def chosen_hand(
    session: Session,
    seen: Seen,
    role: str | None,
    keystore: Path | None,
    signer: str | None,
    signature: str | None,
    account: str | None,
) -> Hand:
    """Return what adds a signature to a record, and says whose it is; nothing is signed yet.

    Raises
    ------
    UsageError
        More than one hand is named.
    RefusedAction
        The key, or the account of the other program, is no owner's.
    """
    from bridge.chain.addresses import checked_address
    from bridge.errors import UsageError

    if sum(each is not None for each in (role, keystore, signer, signature)) > 1:
        raise UsageError("--as, --keystore, --signer and --signature name different hands: give one")
    if account is not None and signer is None:
        raise UsageError("--from names an account of --signer: give both, or leave it out")
    if signature is not None:
        return lambda record: record.with_signature(signature, "with --signature")
    if signer is not None:
        return _other_program(seen, signer, None if account is None else checked_address(account))
    return _own_key(session, seen, role, keystore)


def _own_key(session: Session, seen: Seen, role: str | None, keystore: Path | None) -> Hand:
    from bridge.errors import RefusedAction

    owner = choose_signer(session, role, keystore)
    if owner.address not in seen.safe.owners:
        raise RefusedAction(f"{owner.address} is not an owner of the Safe: {', '.join(seen.safe.owners)}")
    return lambda record: (record.signed(owner), owner.address)


def _other_program(seen: Seen, named: str, account: str | None) -> Hand:
    from bridge.chain.external_signer import chosen_account, named_signer
    from bridge.errors import UntrustedNumber
    from bridge.foreign import url_place

    program = named_signer(named)
    owner, place = chosen_account(program, seen.safe.owners, account), url_place(program.url)

    def sign(record: SafeRecord) -> tuple[SafeRecord, str]:
        say(f"asking {place} for the signature of {owner}: compare the hashes above with the device's", stderr=True)
        answer = program.sign_typed_data(owner, record.transaction.typed_json())
        signed, found = record.with_signature(answer, f"from the signer at {place}")
        if found != owner:
            raise UntrustedNumber(f"the signer at {place} signed as {found}, or something else: asked was for {owner}")
        return signed, found

    return sign
