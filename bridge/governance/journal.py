"""Proposals that this machine brought, as JSON files by their id: for the monitor, never for the decision to send.

Whether to send is asked of the chain alone. The journal tells our proposals from other people's, and tells of one that
was mined and is no longer there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge.errors import BadFile
from bridge.files import write_whole
from bridge.json_files import read_json, reading

FORMAT = 1


@dataclass(frozen=True)
class JournalEntry:
    """One of our proposals: its id, title and proposer, and the block in which it was first seen on the chain."""

    id: str
    chain_id: int
    title: str
    proposer: str
    seen_at_block: int

    def save(self, state: Path) -> Path:
        """Keep the entry; the first one of a proposal stays."""
        path = _folder(state, self.chain_id) / f"{self.id}.json"
        if not path.is_file():
            write_whole(path, json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n")
        return path


def read_journal(state: Path, chain_id: int) -> list[JournalEntry]:
    """Read the entries of a chain, in the order of their blocks.

    Raises
    ------
    BadFile
        An entry is not as `save` writes it.
    """
    entries = [_read(path) for path in _folder(state, chain_id).glob("*.json")]
    return sorted(entries, key=lambda entry: (entry.seen_at_block, entry.id))


def forget_journal(state: Path, chain_id: int) -> None:
    """Remove the entries of a chain that was begun anew, as a local one is each time it starts."""
    for path in _folder(state, chain_id).glob("*.json"):
        path.unlink(missing_ok=True)


def _folder(state: Path, chain_id: int) -> Path:
    return state / "proposals" / str(chain_id)


def _read(path: Path) -> JournalEntry:
    with reading(path, absent="it is gone", otherwise="not a proposal as `alvh propose` notes it, move it away"):
        content = read_json(path)
        if content.pop("format") != FORMAT:
            raise BadFile(path, f"not a journal entry of format {FORMAT}: move it away")
        entry = JournalEntry(**content)
        if (entry.id, str(entry.chain_id)) != (path.stem, path.parent.name):
            raise ValueError("its id or chain is not that of its place")
        if {name: type(value).__name__ for name, value in asdict(entry).items()} != JournalEntry.__annotations__:
            raise ValueError("its chain or block is not a number, or its title or proposer no text")
    return entry
