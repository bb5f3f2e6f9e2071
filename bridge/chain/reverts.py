"""Turn revert data into the contract's own error name and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from eth_abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils import function_abi_to_4byte_selector, get_abi_input_names, get_abi_input_types

from bridge.artifacts import error_abi
from bridge.chain.answers import is_revert, node_refused, reason_in
from bridge.errors import ChainError, ContractReverted
from bridge.foreign import without_url

if TYPE_CHECKING:
    from web3.exceptions import ContractLogicError

PANIC = bytes.fromhex("4e487b71")
ERROR_STRING = bytes.fromhex("08c379a0")


@cache
def _by_selector() -> dict[bytes, dict[str, Any]]:
    return {function_abi_to_4byte_selector(entry): entry for entry in error_abi()}  # type: ignore[arg-type]


def decode_reason(reason: bytes, action: str) -> ContractReverted:
    """Decode ABI-encoded revert bytes.

    Parameters
    ----------
    reason
        Selector and arguments, as a contract reverts with or `check` returns.
    action
        What was tried, for the message.
    """
    selector, body = reason[:4], reason[4:]
    try:
        if selector == ERROR_STRING:
            return ContractReverted("Error", {"message": decode(["string"], body)[0]}, action)
        if selector == PANIC:
            return ContractReverted("Panic", {"code": decode(["uint256"], body)[0]}, action)
        entry = _by_selector().get(selector)
        if entry is not None:
            values = decode(get_abi_input_types(entry), body)  # type: ignore[arg-type]
            names = get_abi_input_names(entry)  # type: ignore[arg-type]
            named = {str(name): _plain(value) for name, value in zip(names, values, strict=True)}
            return ContractReverted(entry["name"], named, action, entry.get("notice", ""))
    except (DecodingError, UnicodeDecodeError, OverflowError, MemoryError):
        pass  # malformed data is shown as it is, below
    return ContractReverted("0x" + selector.hex(), {"data": "0x" + body.hex()} if body else {}, action)


def _plain(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value


def call_refused(error: Any, action: str) -> ChainError:
    """Return what the error means with which a node answers a call: the contract's own, or the node's."""
    about = error if isinstance(error, dict) else {}
    words = str(about.get("message") or "")
    data = reason_in(about.get("data"), words)
    if data:
        return decode_reason(data, action)
    if is_revert(error):
        return ContractReverted("Error", {"message": words or "no reason given"}, action)
    return node_refused(error, action)


def decode_revert(error: ContractLogicError, action: str) -> ContractReverted:
    """Decode the error that web3.py raised for a reverting call."""
    data = reason_in(error.data, error.message or "")
    if data:
        return decode_reason(data, action)
    return ContractReverted("Error", {"message": error.message or "no reason given"}, action)


@contextmanager
def sending(action: str, url: str) -> Iterator[None]:
    """Raise what web3.py raises inside as a `BridgeError` that shows nothing of the node's URL but its place."""
    from web3.exceptions import ContractLogicError, Web3Exception

    try:
        yield
    except ContractLogicError as error:
        raise decode_revert(error, action) from error
    except Web3Exception as error:
        said = without_url(getattr(error, "message", None) or error, url)
        raise ChainError(f"{action}: {said}") from error
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:  # odd answers
        raise ChainError(f"{action}: the node's answer is none ({type(error).__name__})") from error
