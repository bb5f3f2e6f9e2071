"""Bytes in hex that strangers write: told apart without more memory than they take."""

from __future__ import annotations

import tracemalloc

import pytest

from bridge.foreign import is_hex

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("text", ["0x", "0x00", "0xAbCd01"])
def test_is_hex__whole_bytes__are(text: str) -> None:
    assert is_hex(text)


@pytest.mark.parametrize("text", ["", "0", "00", "0x0", "0x0g", "0x00\n", " 0x00", "0X00", None, 12, b"0x00", ["0x00"]])
def test_is_hex__anything_else__is_not(text: object) -> None:
    assert not is_hex(text)


def test_is_hex__megabytes__take_no_memory_of_their_own() -> None:
    long = "0x" + "ab" * 4_000_000
    tracemalloc.start()
    try:
        assert is_hex(long)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
