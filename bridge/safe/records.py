"""A Safe transaction on its way from owner to owner: a JSON file that carries the call and the signatures so far.

The file is a carrier, not a witness: its hash is computed from the call each time it is read, every signature is
checked to be its owner's over that hash, and what the call does is decoded from its bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_typing import HexStr
from eth_utils import ValidationError, to_checksum_address

from bridge.chain.signers import Signer
from bridge.errors import BadFile, RefusedAction, UntrustedNumber
from bridge.files import write_whole
from bridge.foreign import foreign
from bridge.json_files import read_json, reading
from bridge.safe.transactions import CALL, OPERATIONS, SafeTransaction

FORMAT = 2
FORMATS = (1, 2)
"""The first knew calls without value, and no batches: its hash is that of such a call."""
FIELDS = {"format", "action", "chain_id", "safe", "to", "data", "nonce", "digest", "signatures"}
LATER_FIELDS = {"value", "operation"}
HEX_FIELDS = {"safe": "{20}", "to": "{20}", "data": "*"}  # how many bytes
# r, s and 27 or 28: a Safe reads other last bytes as other kinds of proof.
OWNER_SIGNATURE = re.compile("0x[0-9a-fA-F]{128}(1b|1c|1B|1C)")
HARDWARE = {"00": "1b", "01": "1c"}
"""Last bytes as hardware wallets write them. A Safe would take 0 for a contract's proof and 1 for an approved hash;
what recovers to the owner with 27 or 28 is neither."""
SIGNATURE_LETTERS = 132
MESSAGE_SIGNED = ("1f", "20")
"""Last bytes of a signature over the hash as a message (eth_sign), not over the typed data."""


@dataclass(frozen=True)
class SafeRecord:
    """A Safe transaction, the action that it was made for, and its signatures as 0x hex by owner."""

    action: str
    transaction: SafeTransaction
    signatures: dict[str, str]

    def signed(self, owner: Signer) -> SafeRecord:
        """Return the record with one owner's signature more."""
        signature = "0x" + owner.sign_message(self.transaction.typed_data()).hex()
        return replace(self, signatures=self.signatures | {owner.address: signature})

    def with_signature(self, signature: str, where: str) -> tuple[SafeRecord, str]:
        """Return the record with a signature that was made elsewhere, and whose it is.

        Parameters
        ----------
        where
            Who gave it, for errors.

        Raises
        ------
        UntrustedNumber
            It is none over this transaction's typed data.
        """
        found = normal_signature(signature.strip().lower())
        if found[-2:] in MESSAGE_SIGNED and len(found) == SIGNATURE_LETTERS:
            how = "was made with eth_sign, over the hash as a message: sign the typed data instead"
            raise UntrustedNumber(f"the signature {where} {how}")
        signer = signer_of(self.transaction, found)
        if signer is None:
            raise UntrustedNumber(f"what came {where} is no signature of 65 bytes over this transaction")
        return replace(self, signatures=self.signatures | {signer: found}), signer

    def raw_signatures(self) -> dict[str, bytes]:
        """Return the signatures as bytes, by owner."""
        return {owner: bytes.fromhex(signature[2:]) for owner, signature in self.signatures.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the file."""
        ordered = dict(sorted(self.signatures.items(), key=lambda item: int(item[0], 16)))
        digest = "0x" + self.transaction.digest().hex()
        return {"action": self.action, **asdict(self.transaction), "digest": digest, "signatures": ordered}

    def save(self, path: Path) -> Path:
        """Write the file whole or not at all."""
        write_whole(path, json.dumps({"format": FORMAT, **self.to_dict()}, indent=1) + "\n")
        return path


def load_safe_record(path: Path) -> SafeRecord:
    """Read a record and check its hash and every signature.

    Raises
    ------
    BadFile
        It is absent, is no record, was changed, or a signature is not its owner's.
    """
    with reading(
        path,
        absent="no such file: make one with `alvh safe propose`",
        otherwise="not a Safe transaction as `alvh safe propose` writes it",
    ):
        content = read_json(path)
        record, digest = _record(path, content), content["digest"]
    if "0x" + record.transaction.digest().hex() != digest:
        raise BadFile(path, "its hash is not that of its call: it was changed, propose it again")
    found = {owner: normal_signature(signature) for owner, signature in record.signatures.items()}
    for owner, signature in found.items():
        if signature[-2:].lower() in MESSAGE_SIGNED:
            how = "with eth_sign, over the hash as a message: sign the typed data instead"
            raise BadFile(path, f"the signature of {owner} was made {how}")
        if signer_of(record.transaction, signature) != owner:
            raise BadFile(path, f"the signature of {owner} is not that owner's over this call: take it out")
    return replace(record, signatures=found)


def require_safe_place(path: Path) -> None:
    """Check that a Safe transaction may be written to a place: to a new one, or over an older one.

    Raises
    ------
    BadFile
        Something else is there, which would be lost.
    """
    if path.exists() or path.is_symlink():
        try:
            load_safe_record(path)
        except BadFile:
            why = "is there and is no Safe transaction: name another place, nothing is written over it"
            raise BadFile(path, why) from None


def _record(path: Path, content: dict[str, Any]) -> SafeRecord:
    if content["format"] not in FORMATS:
        raise BadFile(path, f"not a Safe transaction of format {FORMAT}: propose it again")
    unknown = sorted(content.keys() - FIELDS - LATER_FIELDS)
    if unknown:
        raise ValueError(f"{foreign(unknown[0])} is none of its fields")
    for name, size in HEX_FIELDS.items():
        if not re.fullmatch(f"0x([0-9a-fA-F]{{2}}){size}", content[name]):
            raise ValueError(f"{name} is {content[name]!r}")
    numbers = [content[name] for name in ("chain_id", "nonce")]
    if any(type(number) is not int or not 0 <= number < 2**64 for number in numbers):
        raise ValueError(f"chain id and nonce are {numbers}")
    value, operation = content.get("value", 0), content.get("operation", CALL)
    if type(value) is not int or not 0 <= value < 2**256 or type(operation) is not int or operation not in OPERATIONS:
        raise ValueError(f"value and operation are {value!r} and {operation!r}")
    transaction = SafeTransaction(
        numbers[0],
        to_checksum_address(content["safe"]),
        to_checksum_address(content["to"]),
        HexStr(content["data"]),
        numbers[1],
        value,
        operation,
    )
    signatures: dict[str, str] = {
        to_checksum_address(owner): str(signature) for owner, signature in content["signatures"].items()
    }
    return SafeRecord(str(content["action"]), transaction, signatures)


def normal_signature(signature: str) -> str:
    """Return a signature with the last byte that a Safe asks of an owner's, where it has a hardware wallet's."""
    last = signature[-2:]
    return signature[:-2] + HARDWARE[last] if len(signature) == SIGNATURE_LETTERS and last in HARDWARE else signature


def signer_of(transaction: SafeTransaction, signature: str) -> str | None:
    """Return who made a signature over a transaction's typed data; None where it is none that a Safe counts so."""
    if not OWNER_SIGNATURE.fullmatch(signature):
        return None
    try:
        return str(Account.recover_message(transaction.typed_data(), signature=HexStr(signature)))
    except (BadSignature, ValidationError, ValueError):
        return None


def merge_records(records: Sequence[SafeRecord]) -> SafeRecord:
    """Join the signatures of several files of one transaction.

    Raises
    ------
    RefusedAction
        They are of different transactions.
    """
    first = records[0]
    if any(record.transaction != first.transaction for record in records):
        raise RefusedAction("these files are of different transactions: execute them one by one")
    joined: dict[str, str] = {}
    for record in records:
        joined |= record.signatures
    return replace(first, signatures=joined)
