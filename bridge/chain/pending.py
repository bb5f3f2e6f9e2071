"""Free an account whose transactions are stuck: each is replaced by an empty one at a fee that miners prefer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from eth_typing import HexStr
from web3.types import Nonce, TxParams, TxReceipt, Wei

from bridge.chain.fees import PLAIN_TRANSFER_GAS
from bridge.chain.node import Chain
from bridge.chain.receipts import hand_over, possible, receipt_of
from bridge.chain.signers import Sender, Signer
from bridge.errors import BridgeError, ChainError, FeeTooHigh, NotTaken, RefusedAction, TransactionFailed

MOST_AT_ONCE = 16
"""Transactions that are replaced by one command: each costs, and how many wait is the node's word alone."""
ACTION = "replacing a transaction"
MOST_DOUBLINGS = 8  # 256 times the going fee: whatever is stuck was offered less


def pending_nonces(chain: Chain, account: Signer | Sender) -> tuple[int, int]:
    """Read an account's next nonce, and the one after all that it has on the way.

    With a relay that is one at least: what a relay has, the node does not know.

    Raises
    ------
    RefusedAction
        Nothing waits.
    """
    mined, after = chain.nonces(account)
    if after == mined and chain.ways.relay:
        return mined, mined + 1
    if after == mined:
        raise RefusedAction(f"{account.address} has no transaction on the way: its next nonce is {mined}")
    return mined, after


def require_clearable(chain: Chain, account: Signer | Sender, count: int) -> None:
    """Check that so many transactions may be replaced, and that what the first would be offered is allowed.

    Raises
    ------
    RefusedAction, FeeTooHigh
        As `clear_pending` raises them before anything is sent.
    """
    if count > MOST_AT_ONCE:
        raise RefusedAction(
            f"the node says that {count} transactions of {account.address} wait, and at most {MOST_AT_ONCE} are "
            "replaced at once: ask another node how many there are"
        )
    chain.caps.require(_empty(chain, account, chain.nonces(account)[0], 1, chain.fees()))


def _empty(chain: Chain, account: Signer | Sender, nonce: int, doubling: int, fees: Mapping[str, Any]) -> TxParams:
    """Return an empty transaction at the going fee, doubled so often."""
    return {
        "chainId": chain.chain_id,
        "to": account.address,
        "value": Wei(0),
        "gas": PLAIN_TRANSFER_GAS,
        "nonce": Nonce(nonce),
        "maxFeePerGas": Wei(int(fees["maxFeePerGas"]) * 2**doubling),
        "maxPriorityFeePerGas": Wei(int(fees["maxPriorityFeePerGas"]) * 2**doubling),
    }


def clear_pending(chain: Chain, signer: Signer) -> list[TxReceipt]:
    """Replace every transaction of the account that waits to be mined, and wait; returns the replacements' receipts.

    What is mined first counts: if that is the old transaction, its replacement is refused and nothing is lost.

    Raises
    ------
    RefusedAction
        Nothing waits.
    ChainError
        The node takes no replacement even at many times the going fee.
    FeeTooHigh
        It takes none below what the settings allow.
    """
    mined, after = pending_nonces(chain, signer)
    require_clearable(chain, signer, after - mined)
    # All of them first: while one is waited for, the next old one could be mined.
    replacements: dict[int, HexStr | None] = {}
    for nonce in range(mined, after):
        try:
            replacements[nonce] = _replace(chain, signer, nonce)
        except (ChainError, FeeTooHigh) as error:
            raise _told(error, replacements, None) from error
    receipts = []
    for nonce, sent in replacements.items():
        try:
            if sent:
                receipt = receipt_of(chain, signer, nonce, sent, ACTION, signer.address)
                receipts.append(possible(chain, receipt, PLAIN_TRANSFER_GAS, ACTION))
        except ChainError as error:
            raise _told(error, replacements, sent) from error
    return receipts


def _told(error: BridgeError, replacements: Mapping[int, HexStr | None], but: HexStr | None) -> BridgeError:
    """Return the error with which replacing ends, with every transaction that was handed over beside its own."""
    others = [each for each in replacements.values() if each and each != but]
    return ChainError(f"{error}; handed over as well: {', '.join(others)}") if others else error


def _replace(chain: Chain, signer: Signer, nonce: int) -> HexStr | None:
    """Send an empty transaction in the place of another; None where the other was mined meanwhile."""
    fees, refused = chain.fees(), None
    for doubling in range(1, MOST_DOUBLINGS + 1):
        empty = _empty(chain, signer, nonce, doubling, fees)
        try:
            chain.caps.require(empty)
        except FeeTooHigh as error:
            if refused is None:
                raise
            why = f"{refused.reason}; the next offer would be {error.asked:.6g} {error.unit}"
            more = f", and chain.{error.setting} allows {error.most:.6g}: raise it, or ask another node"
            raise TransactionFailed(ACTION, refused.transaction, why + more) from error
        try:
            return hand_over(chain, signer, empty, ACTION)
        except NotTaken as error:
            refused = error
            with suppress(ChainError):
                if chain.nonces(signer)[0] > nonce:
                    return None
    assert refused is not None
    raise refused
