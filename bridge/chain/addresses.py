"""Addresses as people type them."""

from __future__ import annotations

from typing import Final

from eth_utils import is_hex_address, to_checksum_address

from bridge.deployment import mistyped
from bridge.errors import UnknownAddress

_LETTERS: Final = 42


def checked_address(text: str) -> str:
    """Return an address with its checksum.

    Raises
    ------
    UnknownAddress
        It is no address, or its checksum is wrong.
    """
    if not is_hex_address(text) or not text.startswith(("0x", "0X")):
        shown = text if len(text) <= _LETTERS else f"what was given ({len(text)} letters)"  # it may be a key
        raise UnknownAddress(shown or "''", "an address (0x and 40 hex digits)")
    if mistyped(text):
        raise UnknownAddress(text, "an address as written, its checksum is wrong (copy it again, or all in lower case)")
    return str(to_checksum_address(text))
