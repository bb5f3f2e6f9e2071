"""Words of a node, a service or a stranger that are chosen to keep a pattern busy: all are read in a moment."""

from __future__ import annotations

from time import process_time

import pytest

from bridge.chain.answers import may_pass, node_refused, scrubbed
from bridge.chain.logs import suggested
from bridge.chain.reverts import call_refused
from bridge.foreign import foreign, title_of, without_url

LENGTH = 100_000
PARTS = (
    "9", "9,", "9_", "1 ", "0x1 ", "0x1-", "0x", "blocks ", "limit 1", "range", " ", "\t", "\\", "\\[", "[a",
    "reverted: ", "Reverted 0x", "ff", ":", "//", "@", "a", "A1", "-", "state ", "header for hash ", "\u200b", "\u0301",
    "***", "historical ", "k", "9k", "e", "1e", "~1", "%", "%41", "=", "QUJD",
)  # fmt: skip
SECONDS = 20.0
"""Of a machine that has much else to do; a square of the length would be days."""
URL = "https://ann:p4ssword@node.example/v3/KEY12345"


@pytest.mark.parametrize("part", PARTS)
def test_words__of_any_length_and_pattern__are_read_in_a_moment(part: str) -> None:
    words = (part * LENGTH)[:LENGTH]
    for said in (words, f"x{words}x", f"block range {words}!"):
        began = process_time()
        for error in ({"code": -32000, "message": said}, {"code": 3, "data": said}, said, [said]):
            suggested(error, 16, 100_000)
            may_pass(error)
            str(node_refused(error, "trying"))
            str(call_refused(error, "trying"))
            scrubbed(error, URL)
        foreign(said)
        foreign(said, markup=True)
        foreign(said, None, lines=True)
        title_of(said)
        without_url(said, URL)
        assert process_time() - began < SECONDS
