"""What became of a transaction that was handed over: waited for, its receipt checked, and its hash in every error.

    handed over -> mined? -> a receipt with status, block and gas that can be -> who sent it reads on

Whatever the node says or fails to say from then on, the transaction may be mined: its hash is what leads to it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from eth_typing import HexStr
from eth_utils import keccak

from bridge.chain.answers import words_of
from bridge.chain.reverts import sending
from bridge.errors import ChainError, NodesDisagree, NotTaken, TransactionFailed
from bridge.foreign import TEXT, foreign, url_place

if TYPE_CHECKING:
    from web3.types import TxParams, TxReceipt

    from bridge.chain.node import Chain
    from bridge.chain.signers import Signer

RECEIPT_TIMEOUT_SECONDS = 180
LOOK_AGAIN_SECONDS = 2  # at whether another transaction took the nonce of the one that is waited for
MOST_AHEAD = 1_000
"""Blocks that a receipt may be ahead of the newest one: two nodes behind one URL are seldom equally far."""
NUMBERS = {"status": 1, "blockNumber": 1 << 48, "gasUsed": 1 << 53}
"""What a receipt must say, each as a number from 0 to this: no chain has so many blocks, and no block so much gas."""
LEAST_GAS: Final = 21_000
"""Of any transaction, also of one that does nothing."""

REVERTED: Final = "was mined and reverted"
CANNOT_BE: Final = "has a receipt of a block or gas that cannot be: ask another node"
LOOK_IT_UP: Final = "it may be done or not, ask another node by its hash before you send anything again"
MINED: Final[list[tuple[str, str, int]]] = []
"""What this process sent and saw mined: action, hash and block; of a command that fails, what people must know."""
HANDED: Final[dict[str, str]] = {}
"""What this process handed over and has not seen mined: the action by the hash."""
SIGNED_AT: Final[dict[str, int]] = {}
"""By the hash of what this process handed over: the number of the newest block before it was signed."""
FIRST_LOOKS_SECONDS, FIRST_PAUSE, PAUSE = 0.5, 0.02, 0.5
"""A local chain mines at once; other nodes count requests."""


def hand_over(chain: Chain, signer: Signer, transaction: TxParams, action: str) -> HexStr:
    """Sign a transaction, give it to the node, and return its hash: that of the signed bytes, whatever the node says.

    Raises
    ------
    NotTaken
        The node says that it refuses it.
    TransactionFailed
        The node failed while it had it: it may be mined all the same.
    """
    return hand_over_signed(chain, signed(chain, signer, transaction, action), action)


def signed(chain: Chain, signer: Signer, transaction: TxParams, action: str) -> bytes:
    """Sign a transaction and return its raw bytes, whose keccak-256 is its hash; nothing is sent."""
    with sending(action, chain.url):
        return signer.sign_transaction(transaction)


def hand_over_signed(chain: Chain, raw: bytes, action: str) -> HexStr:
    """Give a signed transaction to the relay, or without one to the node, and return its hash; raises what `hand_over`
    raises."""
    sent = HexStr("0x" + keccak(raw).hex())
    HANDED[sent], SIGNED_AT[sent] = action, chain.newest
    try:
        answer = chain.take(raw)
    except ChainError as error:
        who = "relay" if chain.ways.relay else "node"
        raise TransactionFailed(action, sent, f"was handed over, and then the {who} failed: {error}") from error
    if "error" in answer:
        HANDED.pop(sent)
        raise NotTaken(action, sent, foreign(words_of(answer["error"]), TEXT))
    return sent


def receipt_of(chain: Chain, signer: Signer, nonce: int, sent: HexStr, action: str, to: str | None) -> TxReceipt:
    """Wait until an account's transaction is mined and return its receipt.

    Parameters
    ----------
    to
        The address that the transaction is for; None where it creates a contract.

    Raises
    ------
    TransactionFailed
        It was mined with status 0, was not mined in time, another transaction was mined with its nonce, the nodes
        differ about its receipt, or the node failed or gave no receipt, or one that cannot be, while it was waited for.
    """
    try:
        receipt = _waited_for(chain, signer, nonce, sent, action)
    except TransactionFailed:
        raise
    except NodesDisagree as error:
        why = f"was handed over, and {' and '.join(error.hosts)} have different receipts of it: {LOOK_IT_UP}"
        raise TransactionFailed(action, sent, why) from error
    except ChainError as error:
        raise TransactionFailed(action, sent, f"was handed over, and then the node failed: {error}") from error
    if not isinstance(receipt, Mapping) or not all(_is_number(receipt.get(each), NUMBERS[each]) for each in NUMBERS):
        raise TransactionFailed(action, sent, "has a receipt that is none: ask another node what became of it")
    named = receipt.get("transactionHash")
    if not isinstance(named, bytes) or named != bytes.fromhex(sent[2:]) or not _is_of(receipt, signer.address, to):
        raise TransactionFailed(action, sent, "has no receipt: the node gave that of another one, ask another node")
    if not _can_be(receipt, sent):
        raise TransactionFailed(action, sent, CANNOT_BE)
    if receipt["status"] != 1:
        HANDED.pop(sent, None)
        raise TransactionFailed(action, sent, REVERTED)
    return cast("TxReceipt", receipt)


def _is_of(receipt: Mapping[str, Any], sender: str, to: str | None) -> bool:
    """Tell whether a receipt is that of a transaction from and to these addresses."""
    said = [receipt.get("from"), receipt.get("to")]
    return [each and str(each).lower() for each in said] == [sender.lower(), to and to.lower()]


def possible(chain: Chain, receipt: TxReceipt, gas: int, action: str) -> TxReceipt:
    """Return a receipt whose block is not far ahead of the newest one, and that used no more gas than was given.

    Raises
    ------
    TransactionFailed
        It is another.
    """
    ahead = False
    with suppress(ChainError):  # a node that does not say now has said enough before
        ahead = receipt["blockNumber"] > chain.head().number + MOST_AHEAD
    if ahead or receipt["gasUsed"] > gas:
        sent = "0x" + bytes(receipt["transactionHash"]).hex()
        raise TransactionFailed(action, sent, CANNOT_BE)
    sent = "0x" + bytes(receipt["transactionHash"]).hex()
    HANDED.pop(sent, None)
    MINED.append((action, sent, receipt["blockNumber"]))
    return receipt


def done_before(said: str = "") -> str:
    """Say what this process has handed over and not seen mined, but for what is said already; which transaction was
    mined last, and how many: whatever failed since, it is done."""
    waits = [f"; {action} was handed over and may still be mined: transaction {sent}" for sent, action in HANDED.items()
             if sent not in said]  # fmt: skip
    if not MINED:
        return "".join(waits)
    action, sent, block = MINED[-1]
    more = f", the last of {len(MINED)} transactions" if len(MINED) > 1 else ""
    return "".join(waits) + f"; before that {action} was done in block {block}{more}: transaction {sent}"


def found_receipt(chain: Chain, sent: str) -> TxReceipt | None:
    """Return the receipt of a transaction that failed on its way, where the node has a whole one of it now."""
    from web3.exceptions import TransactionNotFound

    try:
        with sending("looking for a receipt", chain.url):
            receipt = chain.web3.eth.get_transaction_receipt(HexStr(sent))
    except (ChainError, TransactionNotFound):
        return None
    whole = isinstance(receipt, Mapping) and all(_is_number(receipt.get(each), NUMBERS[each]) for each in NUMBERS)
    whole = whole and receipt.get("transactionHash") == bytes.fromhex(sent[2:]) and _can_be(receipt, sent)
    return receipt if whole else None


def _can_be(receipt: Mapping[str, Any], sent: str) -> bool:
    """Tell whether a receipt has the gas of a transaction, and a block that is not from before it was signed."""
    return bool(receipt["gasUsed"] >= LEAST_GAS and receipt["blockNumber"] >= SIGNED_AT.get(sent, 0))


def _is_number(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _waited_for(chain: Chain, signer: Signer, nonce: int, sent: HexStr, action: str) -> Any:
    from web3.exceptions import TimeExhausted

    chain.begin()  # blocks take their time, which is none of the answers before
    until = time.monotonic() + (chain.ways.relay_seconds if chain.ways.relay else RECEIPT_TIMEOUT_SECONDS)
    taken, seconds, pause = False, FIRST_LOOKS_SECONDS, FIRST_PAUSE
    while True:
        with sending(action, chain.url), suppress(TimeExhausted):
            return chain.web3.eth.wait_for_transaction_receipt(sent, seconds, poll_latency=pause)
        seconds, pause = LOOK_AGAIN_SECONDS, PAUSE
        if taken and not chain.lone:  # a second node may be behind
            raise TransactionFailed(action, sent, "was replaced by another transaction of its account")
        if time.monotonic() > until:
            raise TransactionFailed(action, sent, _not_mined(chain))
        # What was mined with the nonce may be this one, seen a moment ago: only the next look decides.
        taken = chain.nonces(signer)[0] > nonce


def _not_mined(chain: Chain) -> str:
    """Say that a transaction was not mined in time; nobody but the relay knows of one that it has."""
    if chain.lone:
        return f"has a receipt of the node at {chain.lone} alone, and no second node confirms it: {LOOK_IT_UP}"
    if not chain.ways.relay:
        return f"was not mined in {RECEIPT_TIMEOUT_SECONDS} s"
    return (
        f"was given to the relay at {url_place(chain.ways.relay)} and was not mined in {chain.ways.relay_seconds:g} s: "
        "it may still be; run the command again with the same relay, which sends nothing twice, or free its nonce: "
        "`alvh gov unstick`, with the relay too"
    )
