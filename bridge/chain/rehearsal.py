"""Rehearse a transaction: what would come of it if its sender sent it now, asked at a pinned block.

    the call, a second after the block -> the sender's transactions on their way -> what it can pay

The order is that in which sending would fail, and the errors are those of `Chain.send`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.chain.blocks import BlockRef
from bridge.chain.rpc import as_number
from bridge.chain.signers import Sender
from bridge.errors import ChainError, PendingTransactions

if TYPE_CHECKING:
    from eth_typing import HexStr

    from bridge.chain.node import Chain

ANYONE: Final = Sender("0x000000000000000000000000000000000000dEaD")
"""Who stands for anyone in the rehearsal of what anyone may send: it has no key, and nothing that a contract asks."""


def rehearse(chain: Chain, sender: Sender, to: str, data: HexStr, block: BlockRef, action: str) -> None:
    """Run a call from its sender as the next block would, and check that the sender can send it; nothing is sent.

    Parameters
    ----------
    action
        What is tried, for the message.

    Raises
    ------
    ContractReverted
        It would revert.
    PendingTransactions
        The sender has transactions on their way.
    FeeTooHigh
        It would cost more than the settings allow.
    ChainError
        The sender cannot pay for the gas, or a block has less.
    """
    chain.simulate(sender.address, to, data, block.timestamp + 1, block, action)
    if sender == ANYONE:
        return
    mined, after = chain.nonces(sender)
    if after > mined:
        raise PendingTransactions(sender.address, mined, after - mined)
    gas, offered = chain.gas({"from": sender.address, "to": to, "data": data}, action), chain.fees()
    chain.caps.require({**offered, "gas": gas})
    most = gas * int(offered["maxFeePerGas"])
    has = as_number(chain.request("eth_getBalance", sender.address, hex(block.number)), action)
    if has < most:
        raise ChainError(
            f"{action}: {sender.address} has {has / 1e18:.6g} of the chain's coin, and its gas may cost "
            f"{most / 1e18:.6g}: send it some first"
        )
