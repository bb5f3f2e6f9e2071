"""What a Safe Transaction Service says of a transaction, held against its own bytes, its signatures and the chain.

    answer -> fields -> safeTxHash computed here and by the Safe -> each signature's signer -> owners of the chain

What is wrong is an error that names the service; what is merely no use is left out, and said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_typing import HexStr
from eth_utils import is_checksum_address

from bridge.errors import RefusedAction, UntrustedNumber
from bridge.foreign import foreign, is_hex, url_place
from bridge.safe.multisig import read_safe, require_signable
from bridge.safe.records import SafeRecord, normal_signature, signer_of
from bridge.safe.transactions import OPERATIONS, ZERO, SafeTransaction
from bridge.snapshot import Snapshot

UNPAID: Final = ("safeTxGas", "baseGas", "gasPrice")
NOBODY: Final = ("gasToken", "refundReceiver")
HASH: Final = re.compile("0x[0-9a-f]{64}")
MOST_CONFIRMATIONS: Final = 200
"""A Safe is believed to have so many owners, `inspection.MOST_OWNERS`."""


@dataclass(frozen=True)
class Relayed:
    """A transaction that a service passed on, with the signatures that hold, and what to know of the rest."""

    record: SafeRecord
    notes: tuple[str, ...]


def read_relayed(snapshot: Snapshot, url: str, safe: str, content: Any, wanted: str = "") -> Relayed:
    """Check what a service says of a transaction of a Safe.

    Parameters
    ----------
    url
        The service, for its name in errors.
    wanted
        The safeTxHash that was asked for; empty for any.

    Raises
    ------
    UntrustedNumber
        It says what cannot be: fields of another hash, another Safe, a signature that is not its owner's.
    RefusedAction
        It pays gas back to somebody, which nobody here signs, or its nonce is used up.
    """
    try:
        made = _transaction(snapshot.chain.chain_id, content)
        named = str(content["safeTxHash"]).lower()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _lies(url, f"its answer is no transaction ({foreign(error)})") from None
    digest = "0x" + made.digest().hex()
    if made.safe != safe:
        raise _lies(url, f"it gives a transaction of the Safe {made.safe}, asked was for {safe}")
    if named != digest or wanted not in ("", digest):
        raise _lies(url, f"it names a transaction {foreign(wanted or named, 66)} whose fields have the hash {digest}")
    require_signable(snapshot, made)
    signatures, notes = _signatures(snapshot, url, made, content)
    return Relayed(SafeRecord("service", made, signatures), (*_claims(snapshot, made, content), *notes))


def _transaction(chain_id: int, content: Mapping[str, Any]) -> SafeTransaction:
    paid = [name for name in UNPAID if _number(content.get(name) or 0)]
    paid += [name for name in NOBODY if str(content.get(name) or ZERO) != ZERO]
    if paid:
        raise RefusedAction(
            f"the transaction pays for its gas out of the Safe ({', '.join(paid)}): no such transaction is signed here"
        )
    data, operation = content.get("data") or "0x", _number(content["operation"])
    if not is_hex(data) or operation not in OPERATIONS:
        raise ValueError("its data or operation is none")
    safe, to = _address(content["safe"]), _address(content["to"])
    nonce, value = _number(content["nonce"]), _number(content["value"])
    if nonce >= 2**64 or value >= 2**256:
        raise ValueError("its nonce or value is too large")
    return SafeTransaction(chain_id, safe, to, HexStr(data.lower()), nonce, value, operation)


def _number(written: Any) -> int:
    """Read a number: the service writes them as strings."""
    text = str(written)
    if isinstance(written, bool) or not re.fullmatch("[0-9]{1,78}", text):
        raise ValueError(f"{foreign(text, 40)!r} is no number")
    return int(text)


def _address(written: Any) -> str:
    if not isinstance(written, str) or not is_checksum_address(written):
        raise ValueError(f"{foreign(written, 50)!r} is no address with its checksum")
    return written


def _signatures(
    snapshot: Snapshot, url: str, made: SafeTransaction, content: Mapping[str, Any]
) -> tuple[dict[str, str], list[str]]:
    """Return the signatures that a Safe counts, each recovered, and say which are left out."""
    given = content.get("confirmations") or []
    if not isinstance(given, list) or len(given) > MOST_CONFIRMATIONS:
        raise _lies(url, "its list of signatures is none, or longer than any Safe's")
    owners = read_safe(snapshot, made.safe).owners
    found: dict[str, str] = {}
    notes: list[str] = []
    for each in given:
        try:
            owner, signature = _address(each["owner"]), normal_signature(str(each["signature"]))
        except (KeyError, TypeError, ValueError) as error:
            raise _lies(url, f"it gives a signature that is none ({foreign(error)})") from None
        signer = signer_of(made, signature)
        if owner not in owners:
            notes.append(f"left out: the service has a signature of {owner}, which is no owner of the Safe")
        elif signer is None and str(each.get("signatureType", "EOA")) != "EOA":
            notes.append(
                f"left out: {owner} confirmed by {foreign(each['signatureType'], 30)}, not over the typed data"
            )
        elif signer != owner:
            raise _lies(url, f"it gives as the signature of {owner} one that is not that owner's over this transaction")
        else:
            found[owner] = signature
    return found, notes


def _claims(snapshot: Snapshot, made: SafeTransaction, content: Mapping[str, Any]) -> list[str]:
    """Say where the service's words of a transaction are not what the chain says."""
    threshold = read_safe(snapshot, made.safe).threshold
    notes = []
    required = content.get("confirmationsRequired")
    if required is not None and str(required) != str(threshold):
        notes.append(f"the service says that {foreign(required, 20)} owners must sign, the Safe says {threshold}")
    if content.get("isExecuted"):
        notes.append("the service says that it was executed, and the Safe's nonce says that it was not")
    if content.get("trusted") is False:
        notes.append("the service does not trust it: nobody who may propose for the Safe signed it")
    return notes


def differences(snapshot: Snapshot, safe: str, content: Any) -> list[str]:
    """Say where what a service says of a Safe is not what the chain says."""
    found = read_safe(snapshot, safe)
    said = content if isinstance(content, dict) else {}
    owners = said.get("owners")
    told = sorted(map(str, owners)) if isinstance(owners, list) else owners
    pairs = {
        "nonce": (str(said.get("nonce")), str(found.nonce)),
        "threshold": (str(said.get("threshold")), str(found.threshold)),
        "owners": (str(told), str(sorted(found.owners))),
    }
    return [
        f"the service says that the Safe's {name} is {foreign(theirs)}, the chain says {ours}"
        for name, (theirs, ours) in pairs.items()
        if theirs != ours
    ]


def _lies(url: str, words: str) -> UntrustedNumber:
    return UntrustedNumber(f"the Safe Transaction Service at {url_place(url)} is not to be believed: {words}")
