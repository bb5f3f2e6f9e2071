"""What one node is asked at a pinned block, in its own words: blocks, code, storage, raw requests.

head -> BlockRef -> code, storage, ask(.., block) ... -> confirm(block)
"""

from __future__ import annotations

from typing import Any

from eth_utils import keccak

from bridge.chain.answers import node_refused
from bridge.chain.blocks import BlockRef
from bridge.chain.providers import Providers
from bridge.chain.rpc import Rpc, as_bytes, as_number, checksummed
from bridge.errors import MissingBlock, Reorganised


class PinnedReads:
    """What `Chain` reads without an ABI."""

    _rpc: Rpc | Providers
    newest = 0  # number of the newest block when gas or fees were read: what is signed then is not mined before it

    @property
    def lone(self) -> str:
        """Return the place of the node that alone has the receipt that was looked for last; empty where none is."""
        return self._rpc.lone

    def begin(self) -> None:
        """Start the clock of all answers anew: of another look, or of another step."""
        self._rpc.begin()

    def head(self) -> BlockRef:
        """Read the newest block's reference; everything after is read at it."""
        return self._rpc.head()

    def at(self, number: int) -> BlockRef:
        """Read the reference of a block by number."""
        return self._rpc.block(number)

    def confirm(self, block: BlockRef) -> None:
        """Check that a block that was read from is still canonical.

        Raises
        ------
        Reorganised
            There is another block at its height now, or the chain has become shorter.
        """
        try:
            now = self.at(block.number).hash
        except MissingBlock as error:
            raise Reorganised(block.number, block.hash, "gone") from error
        if now != block.hash:
            raise Reorganised(block.number, block.hash, now)

    def has_code(self, address: str, block: BlockRef) -> bool:
        """Tell whether there is a contract at an address."""
        return len(self.code(address, block)) > 0

    def code_hash(self, address: str, block: BlockRef) -> bytes:
        """Return the keccak-256 of a contract's code, as EXTCODEHASH gives it."""
        return keccak(self.code(address, block))

    def code(self, address: str, block: BlockRef) -> bytes:
        """Return the runtime code at an address, empty where there is none."""
        action = f"reading the code of {address}"
        return as_bytes(self._result(action, "eth_getCode", checksummed(address), hex(block.number)), action)

    def storage(self, address: str, slot: int, block: BlockRef) -> int:
        """Read a word of a contract's storage."""
        action = f"reading the storage of {address}"
        place = (checksummed(address), f"0x{slot:064x}", hex(block.number))
        return as_number(self._result(action, "eth_getStorageAt", *place), action)

    def ask(self, method: str, *parameters: Any) -> dict[str, Any]:
        """Send a raw JSON-RPC request and return the node's answer, an error of its own included."""
        return self._rpc.ask(method, *parameters)

    def request(self, method: str, *parameters: Any) -> Any:
        """Send a raw JSON-RPC request, for what has no name here."""
        return self._result(method, method, *parameters)

    def _result(self, action: str, method: str, *parameters: Any) -> Any:
        answer = self.ask(method, *parameters)
        if "error" in answer:
            raise node_refused(answer["error"], action)
        return answer["result"]
