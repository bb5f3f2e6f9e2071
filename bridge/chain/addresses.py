"""Addresses as people type them."""

from __future__ import annotations

from eth_utils import is_address, to_checksum_address

from bridge.errors import UnknownAddress


def checked_address(text: str) -> str:
    """Return an address with its checksum.

    Raises
    ------
    UnknownAddress
        It is no address, or its checksum is wrong.
    """
    if not is_address(text):
        raise UnknownAddress(text, "an address (0x and 40 hex digits)")
    return str(to_checksum_address(text))
