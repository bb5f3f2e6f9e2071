"""Results that a run left in its folder, read back and held against their hashes."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bridge.errors import BadFile
from bridge.files import read_bytes, require_own
from bridge.json_files import reading

if TYPE_CHECKING:
    import pandas as pd

MANIFEST: Final = "manifest.json"
RECORDS: Final = "records.jsonl"
PARTS: Final = "parts"
MOST_MANIFEST: Final = 256 << 20
MOST_RECORDS: Final = 1 << 30
"""Of bytes, and of a part's: a thousand times what any study of ours left."""
SEAL: Final = 16  # hexadecimal digits of a record's own hash


@dataclass(frozen=True)
class Results:
    """Finished tasks of a run, in the order of its tasks; frames stay on the disk until they are asked for."""

    folder: Path
    records: Mapping[str, Mapping[str, Any]]

    @property
    def keys(self) -> tuple[str, ...]:
        """The finished tasks."""
        return tuple(self.records)

    def facts(self, key: str) -> dict[str, Any]:
        """Return a task's facts."""
        return dict(self.records[key]["facts"])

    def frame(self, key: str, name: str) -> pd.DataFrame:
        """Read a frame of a task.

        Raises
        ------
        BadFile
            It is absent, or not as it was written.
        """
        import pandas as pd

        known = self.records[key]["frames"][name]
        path = self.folder / known["file"]
        again = "run the study again with the same folder, which makes it anew"
        with reading(path, absent=f"no such part: {again}", otherwise=f"no parquet part: {again}"):
            content = read_bytes(path, MOST_RECORDS)
        if hashlib.sha256(content).hexdigest() != known["sha256"]:
            raise BadFile(path, f"changed since it was written: {again}")
        return pd.read_parquet(io.BytesIO(content))

    def frames(self, name: str) -> Iterator[tuple[str, pd.DataFrame]]:
        """Read a frame of every task that has it, one at a time, each with its task's key."""
        for key, record in self.records.items():
            if name in record["frames"]:
                yield key, self.frame(key, name)


def read_results(folder: Path) -> Results:
    """Read what a run that came to its end left in a folder.

    Raises
    ------
    BadFile
        There is no run, it has not come to its end, or a record is spoilt.
    """
    path = folder / MANIFEST
    require_own(path)
    with reading(path, absent="no run was kept here", otherwise="no manifest of a run"):
        manifest = json.loads(read_bytes(path, MOST_MANIFEST))
        ended, keys = manifest["ended_at"], set(manifest["parts"])
    if not ended:
        raise BadFile(path, "the run was cut short: start it again with the same folder, and it goes on")
    records = read_records(folder / RECORDS)
    if set(records) != keys:
        raise BadFile(folder / RECORDS, "differs from the manifest: start the run again with the same folder")
    return Results(folder, records)


def sealed(record: Mapping[str, Any]) -> bytes:
    """Write a record as its line, which begins with its own hash."""
    text = json.dumps(record, separators=(",", ":"), sort_keys=True)
    return f"{_seal(text)} {text}\n".encode()


def read_records(path: Path) -> dict[str, dict[str, Any]]:
    """Read the records of finished tasks, but for lines that are cut or spoilt: their tasks are to be done again."""
    require_own(path)
    if not path.exists():
        return {}
    found = {}
    with reading(path, absent="no records", otherwise="no records of a run"):
        for line in read_bytes(path, MOST_RECORDS).decode(errors="replace").splitlines():
            seal, _, text = line.partition(" ")
            if seal == _seal(text):
                record: dict[str, Any] = json.loads(text)
                found[record["key"]] = record
    return found


def _seal(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:SEAL]
