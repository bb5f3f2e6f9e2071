"""A transaction of a Safe: what its owners sign, and the hashes by which they and their devices know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from eth_typing import HexStr
from eth_utils import keccak

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage

ZERO = "0x0000000000000000000000000000000000000000"
CALL, DELEGATE_CALL = OPERATIONS = 0, 1
UNUSED = ("safeTxGas", "baseGas", "gasPrice")
"""Fields by which a Safe would pay for the gas: nothing of it is paid back here."""
TRANSACTION_TYPE = [
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "data", "type": "bytes"},
    {"name": "operation", "type": "uint8"},
    {"name": "safeTxGas", "type": "uint256"},
    {"name": "baseGas", "type": "uint256"},
    {"name": "gasPrice", "type": "uint256"},
    {"name": "gasToken", "type": "address"},
    {"name": "refundReceiver", "type": "address"},
    {"name": "nonce", "type": "uint256"},
]


class SafeHashes(NamedTuple):
    """What names a Safe transaction: the hash of the Safe on its chain, of the message, and of both, the safeTxHash."""

    domain: bytes
    message: bytes
    transaction: bytes

    def to_dict(self) -> dict[str, str]:
        """Return them as 0x hex under the names that devices and the Safe's app use."""
        named = ("domain_hash", "message_hash", "safe_tx_hash")
        return {name: "0x" + each.hex() for name, each in zip(named, self, strict=True)}


@dataclass(frozen=True)
class SafeTransaction:
    """A call that a Safe is asked to make at one nonce of the Safe on one chain.

    `value` is the wei that go with it; `operation` 1 lets the Safe run the code at `to` as its own, for a batch.
    """

    chain_id: int
    safe: str
    to: str
    data: HexStr
    nonce: int
    value: int = 0
    operation: int = CALL

    def typed_data(self) -> SignableMessage:
        """Return the EIP-712 message that its owners sign."""
        unused = dict.fromkeys(UNUSED, 0)
        from eth_account.messages import encode_typed_data

        return encode_typed_data(
            domain_data={"chainId": self.chain_id, "verifyingContract": self.safe},
            message_types={"SafeTx": TRANSACTION_TYPE},
            message_data=unused
            | {
                "to": self.to,
                "value": self.value,
                "data": bytes.fromhex(self.data[2:]),
                "operation": self.operation,
                "gasToken": ZERO,
                "refundReceiver": ZERO,
                "nonce": self.nonce,
            },
        )

    def typed_json(self) -> dict[str, Any]:
        """Return the same message as wallets take it by `eth_signTypedData_v4`: large numbers as decimal strings."""
        fields = dict(zip((each["name"] for each in TRANSACTION_TYPE), map(str, self._ordered()), strict=True))
        domain = [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}]
        return {
            "types": {"EIP712Domain": domain, "SafeTx": TRANSACTION_TYPE},
            "primaryType": "SafeTx",
            "domain": {"chainId": self.chain_id, "verifyingContract": self.safe},
            "message": fields | {"operation": self.operation},
        }

    def _ordered(self) -> tuple[Any, ...]:
        """Return its fields in the order of their type."""
        return *self.arguments(), self.nonce

    def hashes(self) -> SafeHashes:
        """Return the hashes that a hardware wallet shows."""
        message = self.typed_data()
        digest = keccak(b"\x19" + message.version + message.header + message.body)
        return SafeHashes(message.header, message.body, digest)

    def digest(self) -> bytes:
        """Return the 32-byte hash of the message, the Safe's name for this transaction."""
        return self.hashes().transaction

    def proposal(self, sender: str, signature: str) -> dict[str, Any]:
        """Return it as a Safe Transaction Service takes it, with the signature of an owner."""
        named = ("to", "value", "data", "operation", *UNUSED, "gasToken", "refundReceiver")
        fields = dict(zip(named, map(str, self.arguments()), strict=True))
        return {
            **fields,
            "operation": self.operation,
            "nonce": str(self.nonce),
            "contractTransactionHash": "0x" + self.digest().hex(),
            "sender": sender,
            "signature": signature,
        }

    def arguments(self) -> tuple[Any, ...]:
        """Return what `getTransactionHash` and `execTransaction` take of it: no gas of it is paid back."""
        return self.to, self.value, self.data, self.operation, 0, 0, 0, ZERO, ZERO
