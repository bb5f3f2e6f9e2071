"""A local chain, written to with one request a transaction: its node signs, mines and answers with the receipt.

    through `Chain`    gas estimate, nonces, fees, signed transaction, receipt    7 requests and a signature here
    through this       the transaction                                            1 request

It is for who builds a world and moves its prices, where thousands of transactions are sent and none should fail: one
that reverts is mined before it is refused. Each has a block of its own, as those of `Chain` have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_abi import encode
from eth_typing import ChecksumAddress, HexStr
from eth_utils import keccak, to_checksum_address

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.chain.node import Chain
from bridge.errors import ChainError, RefusedAction

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.chain.signers import Signer


@dataclass(frozen=True)
class Function:
    """A contract's function by its name and the types of its arguments: encodes a call in a tenth of web3.py's time."""

    name: str
    types: tuple[str, ...] = ()

    @cached_property
    def _selector(self) -> bytes:
        return keccak(text=f"{self.name}({','.join(self.types)})")[:4]

    def data(self, *arguments: Any) -> HexStr:
        """Encode a call."""
        return HexStr("0x" + (self._selector + encode(self.types, arguments)).hex())


class LocalChain(Chain):
    """A local node that signs and mines at once what it is told to.

    Raises
    ------
    RefusedAction
        The chain is not the local one.
    """

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain.url, chain.chain_id)
        if chain.chain_id != LOCAL_CHAIN_ID:
            raise RefusedAction(f"the node signs for nobody on chain {chain.chain_id}")
        self._signs_for = {str(address).lower() for address in self.request("eth_accounts")}
        self._most_gas = self.request("eth_getBlockByNumber", "latest", False)["gasLimit"]

    def look(self, to: str, function: Function, *arguments: Any) -> list[int]:
        """Call a view function at the newest block, which only we add to, and return the words of its answer."""
        answer = self.request("eth_call", {"to": to, "data": function.data(*arguments)}, "latest")
        words = bytes.fromhex(answer.removeprefix("0x"))
        return [int.from_bytes(words[at : at + 32]) for at in range(0, len(words), 32)]

    def tell(self, signer: Signer, to: str, function: Function, *arguments: Any, value: int = 0) -> None:
        """Send a call and wait until it is mined; raises what `send` raises."""
        checked = to_checksum_address(to)
        self._mined(signer, checked, function.data(*arguments), f"calling {function.name}", value)

    def send_raw(
        self, signer: Signer, to: ChecksumAddress | None, data: HexStr, action: str, value: int = 0
    ) -> TxReceipt:
        """Send calldata and return the receipt; raises what `send` raises."""
        sent = self._mined(signer, to, data, action, value)
        return self.web3.eth.get_transaction_receipt(sent)

    def _mined(self, signer: Signer, to: ChecksumAddress | None, data: HexStr, action: str, value: int) -> HexStr:
        """Have the node sign and mine a transaction, and return its hash."""
        if signer.address.lower() not in self._signs_for:  # a node started elsewhere knows other accounts
            return self._plainly(signer, to, data, action, value)
        transaction = {"from": signer.address, "data": data, "value": hex(value), "gas": self._most_gas}
        if to is not None:
            transaction["to"] = to
        answer = self.ask("eth_sendTransactionSync", transaction)
        if "error" in answer:
            raise ChainError(f"{action}: {answer['error']}")
        if int(answer["result"]["status"], 16) != 1:
            return self._plainly(signer, to, data, action, value)  # it is measured first, and says why it cannot be
        return HexStr(answer["result"]["transactionHash"])

    def _plainly(self, signer: Signer, to: ChecksumAddress | None, data: HexStr, action: str, value: int) -> HexStr:
        receipt = super().send_raw(signer, to, data, action, value)
        return HexStr("0x" + bytes(receipt["transactionHash"]).hex())
