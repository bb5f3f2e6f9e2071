"""Send a deployment's transactions one after the other, and go on wherever an earlier run ended.

    a step: mined already? -> on its way? wait -> else sign, note the hash, hand over, wait -> note its block
    all of them: deep enough in the chain, and still there? -> else once more

A step's nonce says which is the one transaction that can take its place. Nothing is sent with another nonce before that
is used up, so whatever happens in between, there is one deployment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from eth_typing import HexStr
from eth_utils import keccak, to_checksum_address

from bridge.chain.node import Chain
from bridge.chain.receipts import (
    HANDED,
    MINED,
    MOST_AHEAD,
    RECEIPT_TIMEOUT_SECONDS,
    hand_over_signed,
    receipt_of,
    signed,
)
from bridge.chain.rpc import as_address, as_number
from bridge.chain.signers import Signer
from bridge.deploy.journal import Entry, Journal
from bridge.deploy.layout import Layout, Step
from bridge.errors import ChainError, NotTaken, PendingTransactions, TransactionFailed

LOOK_AGAIN_SECONDS: Final = 0.5
MOST_ROUNDS: Final = 10
"""How often all steps are looked at anew because one was not in the block that it had been seen in."""
OUTBID: Final = (9, 8)
"""By how much both fees of a replacement are higher; nodes ask for a tenth."""
Told = Callable[[Step, str], None]


class NonceTaken(ChainError):
    """A step's nonce was used by a transaction that is none of this deployment's, or by one that reverted."""

    def __init__(self, step: Step, why: str) -> None:
        super().__init__(
            f"{step.name}: {why}, so it and what comes after it cannot be where it was planned: nothing more was sent; "
            "find out who sends with the deployer's key, and run it with --renumber to go on from the next nonce"
        )
        self.step = step


@dataclass(frozen=True)
class Found:
    """What a receipt says."""

    transaction: str
    block: int
    worked: bool
    made: str | None


@dataclass(frozen=True)
class Sending:
    """How to send: who signs, how deep is done, who hears of it, and whether what waits is outbid by the same again."""

    signer: Signer
    confirmations: int
    told: Told
    outbid: bool = False


def carry_out(chain: Chain, how: Sending, layout: Layout, journal: Journal) -> Journal:
    """Send what is not on the chain yet, until everything is and lies deep enough.

    Raises
    ------
    NonceTaken
        Another transaction is in a step's place.
    PendingTransactions
        The account has one on its way that is none of ours.
    TransactionFailed, FeeTooHigh, ContractReverted, ChainError
        As `Chain.send`, or the node names another block for a transaction whenever it is asked; a later run goes on
        from here.
    BadFile
        The journal cannot be written: nothing was sent after that.
    """
    for _ in range(MOST_ROUNDS):
        for at, step in enumerate(layout.steps):
            journal = _settled(chain, how, step, journal, at)
        if _stands(chain, how, layout, journal):
            return journal
    raise ChainError(
        f"everything is mined, and {MOST_ROUNDS} times the node named another block for a transaction: the chain is "
        "re-organised again and again, or the node lies; ask another node, and run it again, which sends nothing twice"
    )


def _settled(chain: Chain, how: Sending, step: Step, journal: Journal, at: int) -> Journal:
    """Bring one step onto the chain, or find it there, and return the journal that says its block."""
    entry = journal.entries[at]
    found = look(chain, entry)
    if found is None:
        mined, after = chain.nonces(how.signer)
        if mined > step.nonce:
            found = look(chain, entry)  # mined between the two looks
            if found is None:
                raise NonceTaken(step, f"nonce {step.nonce} of {how.signer.address} was used by another transaction")
        elif mined < step.nonce:
            raise ChainError(
                f"{step.name}: the account's next nonce is {mined}, and an earlier step had {step.nonce - 1}: the "
                "chain was re-organised or the node lags; run it again"
            )
    if found is None:
        waits = [each for each in reversed(entry.signed) if _known(chain, each) is not None]
        if after > mined and not waits:
            raise PendingTransactions(how.signer.address, mined, after - mined)
        how.told(step, "waited for" if waits and not how.outbid else "outbid" if waits else "sent")
        sent = waits[0] if waits else ""
        if not waits or how.outbid:
            journal, sent = _sent(chain, how.signer, step, journal, at, sent)
        found = _waited_for(chain, how.signer, step, journal.entries[at], sent)
    return _noted(journal, at, step, found)


def _waited_for(chain: Chain, signer: Signer, step: Step, entry: Entry, sent: str) -> Found | None:
    """Wait for a transaction, and return the receipt of whichever was signed for the step."""
    try:
        receipt_of(chain, signer, step.nonce, HexStr(sent), f"creating {step.name}", step.to)
    except TransactionFailed:
        found = look(chain, entry)  # it reverted, or one that was signed before it was faster
        if found is None:
            raise
        return found
    return look(chain, entry)


def _noted(journal: Journal, at: int, step: Step, found: Found | None) -> Journal:
    """Check what a step came to, and note its block."""
    if found is None:
        raise ChainError(f"{step.name}: its receipt is gone again: the chain was re-organised, run it again")
    handed = [sent for sent in journal.entries[at].signed if HANDED.pop(sent, None)]  # its nonce is used up
    if not found.worked:
        raise NonceTaken(step, f"its transaction {found.transaction} was mined and reverted")
    if step.to is None and found.made != step.address:
        raise TransactionFailed(
            f"creating {step.name}", found.transaction, f"made {found.made}, not {step.address}: ask another node"
        )
    if handed:
        MINED.append((f"creating {step.name}", found.transaction, found.block))
    return journal if journal.entries[at].block == found.block else journal.noted(at, block=found.block)


def _sent(
    chain: Chain, signer: Signer, step: Step, journal: Journal, at: int, waiting: str = ""
) -> tuple[Journal, str]:
    """Sign a step's transaction, note its hash, and hand it over: in this order, each on the disk before the next.

    Parameters
    ----------
    waiting
        The hash of one for the same step, that this one is to outbid.
    """
    action = f"creating {step.name}"
    transaction: Any = {"from": signer.address, "data": step.data, "value": 0}
    if step.to is not None:
        transaction["to"] = to_checksum_address(step.to)
    transaction["gas"] = chain.gas(transaction, action)
    transaction |= chain.fees() | {"chainId": chain.chain_id, "nonce": step.nonce}
    if waiting:
        transaction |= _outbidding(transaction, _known(chain, waiting) or {})
    chain.caps.require(transaction)
    raw = signed(chain, signer, transaction, action)
    sent = "0x" + keccak(raw).hex()
    earlier = journal.entries[at].signed
    if sent not in earlier:
        journal = journal.noted(at, signed=(*earlier, sent))
    try:
        hand_over_signed(chain, raw, action)
    except NotTaken:
        if _known(chain, sent) is None and look(chain, journal.entries[at]) is None:
            raise
    return journal, sent


def look(chain: Chain, entry: Entry) -> Found | None:
    """Return the receipt of any transaction that was signed for a step; None where none is mined."""
    for sent in reversed(entry.signed):
        action = f"reading the receipt of {sent}"
        receipt = chain.request("eth_getTransactionReceipt", sent)
        if receipt is None:
            continue
        if not isinstance(receipt, dict) or receipt.get("transactionHash") != sent:
            raise ChainError(f"{action}: the node's answer is another one: ask another node")
        made = receipt.get("contractAddress")
        return Found(
            sent,
            as_number(receipt.get("blockNumber"), action),
            as_number(receipt.get("status"), action) == 1,
            None if made is None else as_address(made, action),
        )
    return None


def _known(chain: Chain, sent: str) -> dict[str, Any] | None:
    """Return a transaction that the node has, mined or not; None where it has none."""
    found = chain.request("eth_getTransactionByHash", sent)
    return found if isinstance(found, dict) else None


def _outbidding(offered: Mapping[str, Any], waiting: Mapping[str, Any]) -> dict[str, int]:
    """Return fees that nodes take in the place of a transaction that waits: an eighth more than it offers, or more."""
    action = "reading the transaction that waits"
    fees = {}
    for name in ("maxFeePerGas", "maxPriorityFeePerGas"):
        old = as_number(waiting.get(name) or "0x0", action)
        fees[name] = max(int(offered[name]), old * OUTBID[0] // OUTBID[1] + 1)
    return fees


def _stands(chain: Chain, how: Sending, layout: Layout, journal: Journal) -> bool:
    """Wait until the last transaction lies deep enough, and tell whether each is still in the block it was seen in.

    How deep it lies is told whenever that has changed.
    """
    last = max(range(len(journal.entries)), key=lambda at: journal.entries[at].block or 0, default=None)
    mined = 0 if last is None else journal.entries[last].block or 0
    until = time.monotonic() + RECEIPT_TIMEOUT_SECONDS * how.confirmations
    said = None
    while (deep := chain.head().number - mined + 1) < how.confirmations:
        if deep < -MOST_AHEAD:
            raise ChainError(f"the node says that a transaction is in block {mined}, {-deep:,} ahead: ask another node")
        if time.monotonic() > until:
            raise ChainError(
                f"everything is mined, and not {how.confirmations} blocks deep yet: run it again later, which sends "
                "nothing twice"
            )
        if last is not None and deep != said:
            how.told(layout.steps[last], f"{max(deep, 0)} of {how.confirmations} blocks deep")
            said = deep
        time.sleep(LOOK_AGAIN_SECONDS)
    for entry in journal.entries:
        found = look(chain, entry)
        if found is None or found.block != cast(int, entry.block):
            return False
    return True
