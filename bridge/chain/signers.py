"""Who signs: keys come from the environment, an encrypted keystore or the public test mnemonic of local chains.

A key lives only inside an account object of eth-account. It has no representation here: no field, repr, log or error
shows it.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keys.constants import SECPK1_N
from eth_typing import ChecksumAddress

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.errors import BadConfig, BadFile, RefusedAction
from bridge.files import read_text

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage
    from web3.types import TxParams

KEY_VARIABLE = "ALVH_PRIVATE_KEY"
MOST_KEYSTORE_BYTES: Final = 1 << 20
MOST_WORK: Final = {"n": 1 << 20, "r": 32, "p": 16, "c": 10_000_000, "dklen": 64}
"""Of the two ways to make a key of a password, by their parameter; geth asks for 2^18, 8 and 1 of scrypt."""
MOST_SCRYPT: Final = 1 << 24
"""n times r times p of scrypt: half a minute; geth's is 2^21, the largest known choice (n 2^20) is 2^23."""
KDF_NAMES: Final = frozenset({*MOST_WORK, "prf", "salt"})
VERSION: Final = 3
"""Of a keystore of an Ethereum account; another keeps what it asks for in other places."""
KEY_BYTES = 32
PASSWORD_VARIABLE = "ALVH_KEYSTORE_PASSWORD"
# The mnemonic that anvil, hardhat and ganache document and unlock; worthless anywhere else.
LOCAL_MNEMONIC = "test test test test test test test test test test test junk"

Account.enable_unaudited_hdwallet_features()


@dataclass(frozen=True)
class Signer:
    """An account that can sign; shows its address only."""

    address: ChecksumAddress
    _account: LocalAccount = field(repr=False, compare=False)

    def sign_transaction(self, transaction: TxParams) -> bytes:
        """Return the raw signed transaction."""
        return bytes(self._account.sign_transaction(transaction).raw_transaction)  # type: ignore[arg-type]

    def sign_message(self, message: SignableMessage) -> bytes:
        """Return the 65-byte signature r, s, v of an EIP-191 or EIP-712 message."""
        return bytes(self._account.sign_message(message).signature)


@dataclass(frozen=True)
class Sender:
    """Who would send a transaction: an address, and its signer where a key is at hand; a dry run needs none."""

    address: str
    signer: Signer | None = None

    @classmethod
    def of(cls, signer: Signer) -> Sender:
        """Return the sender that signs."""
        return cls(signer.address, signer)

    def key(self) -> Signer:
        """Return who signs.

        Raises
        ------
        BadConfig
            Only the address is known.
        """
        if self.signer is None:
            raise BadConfig(f"no key of {self.address} to sign with: set {KEY_VARIABLE}, or name one with --keystore")
        return self.signer


def _signer(key: bytes) -> Signer:
    """Open a key; only 1 to the curve's order - 1 are keys, whatever the backend would take."""
    if len(key) != 32 or not 0 < int.from_bytes(key, "big") < SECPK1_N:
        raise ValueError("not a private key")
    account = Account.from_key(key)
    return Signer(account.address, account)


@cache
def local_signer(index: int, chain_id: int = LOCAL_CHAIN_ID) -> Signer:
    """Derive account `index` of the public test mnemonic; refused on any chain but the local one."""
    if chain_id != LOCAL_CHAIN_ID:
        raise RefusedAction(f"the test mnemonic is for chain {LOCAL_CHAIN_ID} only, this is chain {chain_id}")
    account = Account.from_mnemonic(LOCAL_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return Signer(account.address, account)


def environment_signer() -> Signer:
    """Read the key that the environment holds.

    Raises
    ------
    BadConfig
        The variable is absent or is no key; its content is never shown.
    """
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise BadConfig(f"no key to sign with: set {KEY_VARIABLE}, or name a keystore with --keystore")
    try:
        return _signer(bytes.fromhex(key.removeprefix("0x")))
    except ValueError:  # its text may quote the key: it is not passed on
        raise BadConfig(f"{KEY_VARIABLE} is not a private key of 32 bytes in hex") from None


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON with its names in small letters, as the reader of keystores takes them.

    Raises
    ------
    ValueError
        Two names are one then: one of them would be judged and the other used.
    """
    found = {name.lower(): value for name, value in pairs}
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in it")
    return found


def _require_bounded(content: dict[str, Any]) -> None:
    """Check that the work that a keystore asks for is some that people choose, not one that never ends.

    Raises
    ------
    ValueError
        It is more, or is said in another way than keystores say it.
    """
    asked = content["crypto"]["kdfparams"]
    if type(content["version"]) is not int or content["version"] != VERSION or not KDF_NAMES.issuperset(asked):
        raise ValueError("it asks for its work in another way than keystores do")
    if any(type(asked.get(name, 0)) is not int or asked.get(name, 0) > most for name, most in MOST_WORK.items()):
        raise ValueError("it asks for more work than any keystore does")
    if math.prod(asked.get(name, 1) for name in ("n", "r", "p")) > MOST_SCRYPT:
        raise ValueError("it asks for more work than any keystore does")


def keystore_signer(path: Path) -> Signer:
    """Open an encrypted keystore file with the password that the environment holds."""
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        raise BadConfig(f"a keystore needs its password in {PASSWORD_VARIABLE}")
    try:
        content = json.loads(read_text(path, MOST_KEYSTORE_BYTES), object_pairs_hook=_each_name_once)
        _require_bounded(content)
        key = bytes(Account.decrypt(content, password))
        return _signer(key.rjust(KEY_BYTES, b"\0"))  # geth once wrote keys without the zeros they begin with
    except FileNotFoundError:
        raise BadFile(path, "no such keystore") from None
    # What eth-account raises for another file, a wrong password, or (the last) a version or cipher it does not know.
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError, ArithmeticError, MemoryError):
        raise BadFile(path, "not a keystore, or the password is wrong") from None
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error}") from None
