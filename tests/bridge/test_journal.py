"""The journal of our own proposals: kept whole, per chain, and forgotten with a chain that begins anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import BadFile
from bridge.governance.journal import JournalEntry, forget_journal, read_journal

pytestmark = pytest.mark.unit
ENTRY = JournalEntry("812", 5, "two changes", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", 40)


def test_read_journal__several_chains__gives_those_of_one_by_block(tmp_path: Path) -> None:
    assert read_journal(tmp_path, 5) == []
    older = JournalEntry("9", 5, "one change", ENTRY.proposer, 7)
    for entry in (ENTRY, older, JournalEntry("812", 6, "other chain", ENTRY.proposer, 1)):
        entry.save(tmp_path)
    assert read_journal(tmp_path, 5) == [older, ENTRY]


def test_save__again_at_a_later_block__keeps_the_first(tmp_path: Path) -> None:
    ENTRY.save(tmp_path)
    JournalEntry(ENTRY.id, 5, ENTRY.title, ENTRY.proposer, 99).save(tmp_path)
    assert read_journal(tmp_path, 5) == [ENTRY]


def test_forget_journal__one_chain__leaves_the_others(tmp_path: Path) -> None:
    other = JournalEntry("812", 6, "other chain", ENTRY.proposer, 1)
    for entry in (ENTRY, other):
        entry.save(tmp_path)
    forget_journal(tmp_path, 5)
    assert (read_journal(tmp_path, 5), read_journal(tmp_path, 6)) == ([], [other])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": 2}',
        json.dumps({"format": 1, **ENTRY.__dict__, "id": "813"}),
        json.dumps({"format": 1, **ENTRY.__dict__, "seen_at_block": "7"}),
        json.dumps({"format": 1, **ENTRY.__dict__, "chain_id": 6}),
        json.dumps({"format": 1, **ENTRY.__dict__, "chain_id": "5"}),
        json.dumps({"format": 1, **ENTRY.__dict__, "title": {"a": 1}}),
        json.dumps({"format": 1, **ENTRY.__dict__, "proposer": None}),
    ],
)
def test_read_journal__no_entry__names_the_file(tmp_path: Path, content: str) -> None:
    path = ENTRY.save(tmp_path)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadFile, match=r"812\.json"):
        read_journal(tmp_path, 5)
