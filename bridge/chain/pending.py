"""Free an account whose transactions are stuck: each is replaced by an empty one at a fee that miners prefer."""

from __future__ import annotations

from eth_typing import HexStr
from eth_utils import keccak
from web3.types import Nonce, TxParams, TxReceipt, Wei

from bridge.chain.node import Chain
from bridge.chain.receipts import receipt_of
from bridge.chain.signers import Sender, Signer
from bridge.errors import ChainError, RefusedAction

PLAIN_TRANSFER_GAS = 21_000
MOST_AT_ONCE = 16
"""Transactions that are replaced by one command: each costs, and how many wait is the node's word alone."""
MOST_DOUBLINGS = 8  # 256 times the going fee: whatever is stuck was offered less


def pending_nonces(chain: Chain, account: Signer | Sender) -> tuple[int, int]:
    """Read an account's next nonce, and the one after all that it has on the way.

    Raises
    ------
    RefusedAction
        Nothing waits.
    """
    mined, after = chain.nonces(account)
    if after == mined:
        raise RefusedAction(f"{account.address} has no transaction on the way: its next nonce is {mined}")
    return mined, after


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
    if after - mined > MOST_AT_ONCE:
        raise RefusedAction(
            f"the node says that {after - mined} transactions of {signer.address} wait, and at most {MOST_AT_ONCE} are "
            "replaced at once: ask another node how many there are"
        )
    # All of them first: while one is waited for, the next old one could be mined.
    replacements: dict[int, HexStr | None] = {}
    for nonce in range(mined, after):
        try:
            replacements[nonce] = _replace(chain, signer, nonce)
        except ChainError as error:
            sent = [each for each in replacements.values() if each]
            if not sent:
                raise
            raise ChainError(f"{error}; {len(sent)} were replaced before: {', '.join(sent)}") from error
    words = "replacing a transaction"
    return [receipt_of(chain, signer, nonce, sent, words) for nonce, sent in replacements.items() if sent is not None]


def _replace(chain: Chain, signer: Signer, nonce: int) -> HexStr | None:
    """Send an empty transaction in the place of another; None where the other was mined meanwhile."""
    fees = chain.fees()
    for doubling in range(1, MOST_DOUBLINGS + 1):
        empty: TxParams = {
            "chainId": chain.chain_id,
            "to": signer.address,
            "value": Wei(0),
            "gas": PLAIN_TRANSFER_GAS,
            "nonce": Nonce(nonce),
            "maxFeePerGas": Wei(int(fees["maxFeePerGas"]) * 2**doubling),
            "maxPriorityFeePerGas": Wei(int(fees["maxPriorityFeePerGas"]) * 2**doubling),
        }
        chain.caps.require(empty)
        try:
            signed = signer.sign_transaction(empty)
            chain.request("eth_sendRawTransaction", "0x" + signed.hex())
            return HexStr("0x" + keccak(signed).hex())
        except ChainError:
            if chain.nonces(signer)[0] > nonce:
                return None
            if doubling == MOST_DOUBLINGS:
                raise
    return None
