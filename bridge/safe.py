"""A Safe multi-sig: create it, join its owners' signatures over a transaction, execute it with the real contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_typing import HexStr
from web3.logs import DISCARD
from web3.types import TxReceipt

from bridge.chain import BlockRef, Chain
from bridge.errors import RefusedAction
from bridge.signers import Signer

ZERO = "0x0000000000000000000000000000000000000000"
CALL = 0


@dataclass(frozen=True)
class SafeTransaction:
    """A call that a Safe is asked to make, at one nonce of the Safe."""

    safe: str
    to: str
    data: HexStr
    nonce: int
    digest: bytes


def build_safe_transaction(chain: Chain, safe: str, to: str, data: HexStr, block: BlockRef) -> SafeTransaction:
    """Build the Safe's next transaction; the digest comes from the Safe itself."""
    nonce = chain.read("Safe", safe, "nonce", block=block)
    digest = chain.read("Safe", safe, "getTransactionHash", to, 0, data, CALL, 0, 0, 0, ZERO, ZERO, nonce, block=block)
    return SafeTransaction(safe, to, data, nonce, bytes(digest))


def sign_safe_transaction(transaction: SafeTransaction, owners: Sequence[Signer]) -> bytes:
    """Join the owners' signatures in the order that a Safe demands: ascending by address."""
    ordered = sorted(owners, key=lambda owner: int(owner.address, 16))
    return b"".join(owner.sign_digest(transaction.digest) for owner in ordered)


def send_safe_transaction(chain: Chain, sender: Signer, transaction: SafeTransaction, signatures: bytes) -> TxReceipt:
    """Execute a signed Safe transaction; anyone may pay for it.

    Raises
    ------
    ContractReverted
        Signatures are missing or wrong (GS0xx), or the call inside failed (GS013).
    """
    return chain.send(
        sender,
        "Safe",
        transaction.safe,
        "execTransaction",
        transaction.to,
        0,
        transaction.data,
        CALL,
        0,
        0,
        0,
        ZERO,
        ZERO,
        signatures,
    )


def create_safe(
    chain: Chain, sender: Signer, contracts: dict[str, str], owners: Sequence[str], threshold: int, salt: int
) -> str:
    """Create a Safe through the real proxy factory and return its address.

    Parameters
    ----------
    contracts
        Addresses of `Safe` (the singleton), `SafeProxyFactory` and `CompatibilityFallbackHandler`.
    owners, threshold
        Who signs and how many must.
    salt
        Distinguishes Safes of the same owners.
    """
    if not 0 < threshold <= len(owners):
        raise RefusedAction(f"a Safe of {len(owners)} owners cannot need {threshold} signatures")
    handler = contracts["CompatibilityFallbackHandler"]
    setup = chain.contract("Safe", contracts["Safe"]).encode_abi(
        "setup", args=[list(owners), threshold, ZERO, b"", handler, ZERO, 0, ZERO]
    )
    factory = contracts["SafeProxyFactory"]
    receipt = chain.send(sender, "SafeProxyFactory", factory, "createProxyWithNonce", contracts["Safe"], setup, salt)
    created = (
        chain.contract("SafeProxyFactory", factory).events.ProxyCreation().process_receipt(receipt, errors=DISCARD)
    )
    return str(created[0]["args"]["proxy"])
