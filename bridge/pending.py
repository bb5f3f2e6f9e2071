"""Free an account whose transactions are stuck: each is replaced by an empty one at a fee that miners prefer."""

from __future__ import annotations

from eth_typing import HexStr
from web3.types import Nonce, TxParams, Wei

from bridge.chain import RECEIPT_TIMEOUT_SECONDS, Chain
from bridge.errors import ChainError, RefusedAction
from bridge.signers import Signer

PLAIN_TRANSFER_GAS = 21_000
MOST_DOUBLINGS = 8  # 256 times the going fee: whatever is stuck was offered less


def clear_pending(chain: Chain, signer: Signer) -> int:
    """Replace every transaction of the account that waits to be mined, and wait; returns how many there were.

    What is mined first counts: if that is the old transaction, its replacement is refused and nothing is lost.

    Raises
    ------
    RefusedAction
        Nothing waits.
    ChainError
        The node takes no replacement even at many times the going fee.
    """
    mined, after = chain.nonces(signer)
    if after == mined:
        raise RefusedAction(f"{signer.address} has no transaction on the way: its next nonce is {mined}")
    for nonce in range(mined, after):
        _replace(chain, signer, nonce)
    return after - mined


def _replace(chain: Chain, signer: Signer, nonce: int) -> None:
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
        try:
            sent = chain.request("eth_sendRawTransaction", "0x" + signer.sign_transaction(empty).hex())
        except ChainError:
            if chain.nonces(signer)[0] > nonce:
                return
            if doubling == MOST_DOUBLINGS:
                raise
        else:
            chain.web3.eth.wait_for_transaction_receipt(HexStr(sent), RECEIPT_TIMEOUT_SECONDS, poll_latency=0.05)
            return
