"""A Safe multi-sig: create it, build its transactions, join its owners' signatures, execute with the real contract.

build (EIP-712 hash computed here, compared with the Safe's own) -> each owner signs -> signatures in ascending order
of signer -> nonce, owners and threshold checked, the call simulated -> execTransaction
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from eth_typing import HexStr
from eth_utils import keccak, to_checksum_address

from bridge.chain.blocks import BlockRef
from bridge.chain.codec import encode_call
from bridge.chain.node import Chain
from bridge.chain.rpc import as_number
from bridge.errors import (
    ChainError,
    GuardRefused,
    NodeUnreachable,
    RefusedAction,
    TransactionFailed,
    UnknownAddress,
    UntrustedNumber,
)
from bridge.governance.inspection import GUARD_SLOT
from bridge.safe.transactions import CALL, SafeTransaction
from bridge.safe.transactions import ZERO as ZERO
from bridge.snapshot import Call, Snapshot

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.chain.signers import Sender, Signer

FIRST_OWNER = "0x0000000000000000000000000000000000000001"
"""A Safe's list of owners begins before its first one."""
MOST_DATA = 128 << 10
"""Bytes of a call: nodes pass on no transaction that is larger."""


@dataclass(frozen=True)
class SafeState:
    """The state of a Safe at a block: owners, how many of them must sign, and its next nonce."""

    address: str
    owners: tuple[str, ...]
    threshold: int
    nonce: int


def read_safe(snapshot: Snapshot, safe: str) -> SafeState:
    """Read a Safe's owners, threshold and nonce."""

    def read(function: str) -> Any:
        return snapshot.read("Safe", function, at=safe)

    return SafeState(safe, tuple(read("getOwners")), int(read("getThreshold")), int(read("nonce")))


def build_safe_transaction(
    snapshot: Snapshot, safe: str, call: Call, nonce: int | None = None, value: int = 0, operation: int = CALL
) -> SafeTransaction:
    """Build a transaction of a Safe: its next one, or a later one that follows others on their way.

    Raises
    ------
    RefusedAction
        The nonce is used up.
    UntrustedNumber
        The Safe names the transaction by another hash than this program: it is no Safe 1.3 or 1.4, or the node lies.
    """
    to, data = call
    chosen = read_safe(snapshot, safe).nonce if nonce is None else nonce
    made = SafeTransaction(snapshot.chain.chain_id, safe, to, data, chosen, value, operation)
    require_signable(snapshot, made)
    return made


def require_signable(snapshot: Snapshot, made: SafeTransaction) -> None:
    """Check that a signature of a transaction can still count, and that the Safe names it as this program does.

    Raises
    ------
    RefusedAction
        Its nonce is used up, or its data is more than a transaction can bring.
    UntrustedNumber
        As `require_own_hash`.
    """
    size = len(made.data) // 2 - 1
    if size > MOST_DATA:
        raise RefusedAction(f"its data is {size:,} bytes: no node takes a transaction of more than {MOST_DATA:,}")
    following = read_safe(snapshot, made.safe).nonce
    if made.nonce < following:
        raise RefusedAction(f"the Safe's next nonce is {following}: {made.nonce} is used up")
    require_own_hash(snapshot, made)


def require_own_hash(snapshot: Snapshot, made: SafeTransaction) -> None:
    """Check that the Safe itself names a transaction as this program does.

    Raises
    ------
    UntrustedNumber
        It does not: it is no Safe 1.3 or later, or the node lies.
    """
    named = bytes(snapshot.read("Safe", "getTransactionHash", *made.arguments(), made.nonce, at=made.safe))
    if named != made.digest():
        raise UntrustedNumber(
            f"the Safe hashes this transaction to 0x{named.hex()}, its words to 0x{made.digest().hex()}"
        )


def join_signatures(signatures: Mapping[str, bytes]) -> bytes:
    """Join signatures by owner in the order that a Safe demands: ascending by address."""
    return b"".join(signatures[owner] for owner in sorted(signatures, key=lambda owner: int(owner, 16)))


def sign_safe_transaction(transaction: SafeTransaction, owners: Sequence[Signer]) -> bytes:
    """Let owners sign, and join their signatures."""
    return join_signatures({owner.address: owner.sign_message(transaction.typed_data()) for owner in owners})


def rehearse_call(snapshot: Snapshot, transaction: SafeTransaction) -> None:
    """Make the Safe's call without sending it: a Safe itself says only GS013, the contract says why.

    The calls of a batch are played by `read_effects` instead, and rehearsed with the signatures.

    Raises
    ------
    RefusedAction
        It sends more of the chain's coin than the Safe has.
    ContractReverted
        The call would fail.
    """
    at, action = snapshot.block.timestamp + 1, "the Safe's call"
    sender, to, data = transaction.safe, transaction.to, transaction.data
    if transaction.operation == CALL:
        if short := short_of_coins(snapshot, sender, transaction.value):
            raise RefusedAction(short)
        snapshot.chain.simulate(sender, to, data, at, snapshot.block, action, value=transaction.value)


def short_of_coins(snapshot: Snapshot, safe: str, sends: int) -> str:
    """Say what a Safe lacks of the chain's coin where it sends more wei than it has; nothing where it has them."""
    if not sends:
        return ""
    action = "reading what the Safe holds"
    has = as_number(snapshot.chain.request("eth_getBalance", safe, hex(snapshot.block.number)), action)
    if has >= sends:
        return ""
    held, sent = (f"{Decimal(wei).scaleb(-18):.18f}".rstrip("0").rstrip(".") for wei in (has, sends))
    what = f"the Safe {safe} holds {held} of the chain's coin and this sends {sent}"
    return f"{what}: fund it first, or take a smaller value"


def require_executable(snapshot: Snapshot, transaction: SafeTransaction, signed_by: Sequence[str]) -> SafeState:
    """Check nonce, owners and threshold, and rehearse the call; return the Safe's state.

    Raises
    ------
    RefusedAction
        It is another transaction's turn, a signer is not an owner, signatures or coins are missing.
    ContractReverted
        The call would fail.
    """
    safe = read_safe(snapshot, transaction.safe)
    if safe.nonce != transaction.nonce:
        why = "it was executed, or another was in its place" if safe.nonce > transaction.nonce else "others come first"
        raise RefusedAction(f"the Safe's next nonce is {safe.nonce}, this transaction has {transaction.nonce}: {why}")
    strangers = [signer for signer in signed_by if signer not in safe.owners]
    if strangers:
        raise RefusedAction(f"signed by {', '.join(strangers)}, no owner of the Safe: take that signature out")
    if len(signed_by) < safe.threshold:
        missing = ", ".join(owner for owner in safe.owners if owner not in signed_by)
        raise RefusedAction(f"{len(signed_by)} of {safe.threshold} signatures: let one more sign of {missing}")
    rehearse_call(snapshot, transaction)
    return safe


def rehearse_safe_transaction(
    snapshot: Snapshot, sender: Sender, transaction: SafeTransaction, signatures: bytes
) -> None:
    """Rehearse `send_safe_transaction` at the block, signatures included; raises what it would raise."""
    with _naming_the_guard(snapshot.chain, sender, transaction, signatures, snapshot.block):
        snapshot.rehearse(sender, "Safe", "execTransaction", *_execution(transaction, signatures), at=transaction.safe)


def _execution(transaction: SafeTransaction, signatures: bytes) -> tuple[Any, ...]:
    """Return the arguments of `execTransaction`."""
    return *transaction.arguments(), signatures


def send_safe_transaction(chain: Chain, sender: Signer, transaction: SafeTransaction, signatures: bytes) -> TxReceipt:
    """Execute a signed Safe transaction; anyone may pay for it.

    Raises
    ------
    ContractReverted
        Signatures are missing or wrong (GS0xx), or the call inside failed (GS013).
    GuardRefused
        Without its guard the Safe would have answered something else.
    """
    with _naming_the_guard(chain, sender, transaction, signatures):
        return chain.send(sender, "Safe", transaction.safe, "execTransaction", *_execution(transaction, signatures))


@contextmanager
def _naming_the_guard(
    chain: Chain,
    sender: Sender | Signer,
    transaction: SafeTransaction,
    signatures: bytes,
    block: BlockRef | None = None,
) -> Iterator[None]:
    """Say of a refusal that it is the guard's."""
    try:
        yield
    except NodeUnreachable:
        raise
    except ChainError as error:
        found = _of_the_guard(chain, sender, transaction, signatures, block or chain.head(), error)
        if found is error:
            raise
        raise found from error


def _of_the_guard(
    chain: Chain,
    sender: Sender | Signer,
    transaction: SafeTransaction,
    signatures: bytes,
    block: BlockRef,
    error: ChainError,
) -> ChainError:
    """Return what an error is when the Safe is asked again, at the block, with and without the guard in its storage.

    A guard may refuse in any words, also in those of a Safe, so the words alone say nothing.
    """
    data = encode_call("Safe", "execTransaction", *_execution(transaction, signatures)).hex

    def asked(words: Mapping[str, str]) -> ChainError | None:
        """Return the error with which the Safe refuses, None where it does not."""
        at, stored = block.timestamp + 1, {transaction.safe: words}
        try:
            chain.simulate(sender.address, transaction.safe, data, at, block, "Safe.execTransaction", stored)
        except ChainError as other:
            return other
        return None

    try:
        word = chain.storage(transaction.safe, GUARD_SLOT, block)
    except ChainError:
        return error
    guard = to_checksum_address(word.to_bytes(32)[12:])
    if not word:
        return error
    refused, without = asked({}), asked({f"0x{GUARD_SLOT:064x}": f"0x{0:064x}"})
    if refused is not None and str(refused) != str(without):
        return GuardRefused(guard, sender.address, refused)
    if isinstance(error, TransactionFailed) and "reverted" in error.reason:
        why = f"{error.reason}; the guard {guard} of the Safe may refuse in a block what it lets pass in a rehearsal"
        return TransactionFailed(error.action, error.transaction, why)
    return error


def rehearse_creation(snapshot: Snapshot, sender: Sender, owners: Sequence[str], threshold: int, salt: int) -> str:
    """Rehearse `create_safe` at the block and return the address that the Safe would have.

    Raises
    ------
    RefusedAction
        As `send_creation`.
    ContractReverted
        The factory would refuse it.
    """
    needed = ("Safe", "SafeProxyFactory", "CompatibilityFallbackHandler")
    contracts = {name: snapshot.deployment.address(name) for name in needed}
    setup = safe_setup(contracts, owners, threshold)
    snapshot.rehearse(sender, "SafeProxyFactory", "createProxyWithNonce", contracts["Safe"], setup, salt)
    return _free_place(snapshot.chain, contracts, setup, salt, snapshot.block)


def created_at(factory: str, singleton: str, proxy_code: bytes, setup: HexStr, salt: int) -> str:
    """Return where Safe's factory creates the Safe of a setup (CREATE2); `proxy_code` is its `proxyCreationCode`."""
    inner = keccak(keccak(bytes.fromhex(setup[2:])) + salt.to_bytes(32))
    code = keccak(proxy_code + bytes.fromhex(singleton[2:]).rjust(32, b"\0"))
    made = keccak(b"\xff" + bytes.fromhex(factory[2:]) + inner + code)
    return to_checksum_address(made[12:])


def _free_place(chain: Chain, contracts: Mapping[str, str], setup: HexStr, salt: int, block: BlockRef) -> str:
    """Return where a Safe will be created: computed here, and there is nothing yet."""
    factory = contracts["SafeProxyFactory"]
    code = bytes(chain.read("SafeProxyFactory", factory, "proxyCreationCode", block=block))
    made = created_at(factory, contracts["Safe"], code, setup, salt)
    if chain.has_code(made, block):
        raise RefusedAction(f"there is a Safe of these owners, threshold and salt already, {made}: choose another salt")
    return made


def safe_setup(contracts: dict[str, str], owners: Sequence[str], threshold: int) -> HexStr:
    """Return the call that makes a proxy a Safe of its owners; the Safe itself would refuse others without a reason."""
    if not 0 < threshold <= len(owners):
        raise RefusedAction(f"a Safe of {len(owners)} owners cannot need {threshold} signatures")
    if len({owner.lower() for owner in owners}) < len(owners):
        raise RefusedAction("an owner is named twice: name each once")
    nobody = [owner for owner in owners if owner in (ZERO, FIRST_OWNER)]
    if nobody:
        raise RefusedAction(f"{nobody[0]} cannot sign, so it is no owner: name an account")
    handler = contracts["CompatibilityFallbackHandler"]
    return encode_call("Safe", "setup", list(owners), threshold, ZERO, b"", handler, ZERO, 0, ZERO).hex


def create_safe(
    chain: Chain, sender: Signer, contracts: dict[str, str], owners: Sequence[str], threshold: int, salt: int
) -> str:
    """Create a Safe and return its address; see `send_creation`."""
    return send_creation(chain, sender, contracts, owners, threshold, salt)[0]


def send_creation(
    chain: Chain, sender: Signer, contracts: dict[str, str], owners: Sequence[str], threshold: int, salt: int
) -> tuple[str, TxReceipt]:
    """Create a Safe through the real proxy factory and return its address and the receipt.

    Parameters
    ----------
    contracts
        Addresses of `Safe` (the singleton), `SafeProxyFactory` and `CompatibilityFallbackHandler`.
    owners, threshold
        Who signs and how many must.
    salt
        Distinguishes Safes of the same owners.

    Raises
    ------
    RefusedAction
        There is such a Safe already, or there can be none of these owners.
    TransactionFailed
        It was mined, and where the Safe should be there is none of these owners.
    """
    setup, factory = safe_setup(contracts, owners, threshold), contracts["SafeProxyFactory"]
    call = ("createProxyWithNonce", contracts["Safe"], setup, salt)
    made = _free_place(chain, contracts, setup, salt, chain.head())
    receipt = chain.send(sender, "SafeProxyFactory", factory, *call)
    action, sent = "creating a Safe", "0x" + bytes(receipt["transactionHash"]).hex()
    try:
        block = chain.head()
        found = [chain.read("Safe", made, name, block=block) for name in ("getOwners", "getThreshold")]
    except (ChainError, UnknownAddress) as error:
        raise TransactionFailed(action, sent, f"was mined, and {made} does not answer as a Safe: {error}") from error
    if [sorted(found[0]), found[1]] != [sorted(owners), threshold]:
        raise TransactionFailed(action, sent, f"was mined, and {made} is no Safe of {threshold} of these owners")
    return made, receipt
