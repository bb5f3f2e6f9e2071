"""Results of a run in a folder, of which a crash at any moment loses the tasks in flight and nothing else.

    FOLDER/manifest.json            what the results follow from, the hash of each part, when the run ended
    FOLDER/records.jsonl            a line for each finished task: its parts, their hashes, its facts
    FOLDER/parts/NAME/00017-KEY.parquet   a frame of a task; a folder NAME is one table, in the order of tasks

Time line of one task, each step on the disk before the next begins:

    parts (beside their place -> renamed)    record appended    ...    manifest, when all are done
    ^ a crash here: parts without record     ^ or here: half a line; both are done again

A record carries its own hash, so that half a line, or one that the disk spoilt, is seen.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from bridge.errors import BadFile
from bridge.files import DRAFT, lock_file, make_private, read_bytes, require_own, sync_folder, write_durably
from bridge.study.inputs import RunInputs, differences, file_sha256, sha256_of
from bridge.study.results import MANIFEST, MOST_MANIFEST, PARTS, RECORDS, Results, read_records, sealed
from bridge.study.tasks import EncodedPart, TaskFailure

LOCK: Final = "lock"
OWN_PART: Final = re.compile(r"\d+-.*\.parquet")
"""Names of our parts: what else lies beside them is somebody else's."""


class Store:
    """A folder that one run at a time writes to; use it in a `with` block.

    Parameters
    ----------
    folder
        Made where it is absent; else empty, or of an earlier run.
    inputs
        What the results follow from: an earlier run goes on only where it is equal.
    force
        Throw the results of an earlier run away.
    """

    def __init__(self, folder: Path, inputs: RunInputs, *, force: bool = False) -> None:
        self.folder, self.inputs, self.force = folder, inputs, force
        self._keys: dict[str, int] = {}
        self._records: dict[str, dict[str, Any]] = {}
        self._lock: IO[str] | None = None
        self._journal: IO[bytes] | None = None

    def __enter__(self) -> Store:
        """Take the folder for this run.

        Raises
        ------
        BadFile
            Another run works in it, it holds other files, a link, pipe or device stands in the place of ours, or it
            cannot be written.
        """
        with _writing(self.folder):
            make_private(self.folder)
            strange = {path.name for path in self.folder.iterdir()} - {LOCK}
            if strange and MANIFEST not in strange:
                raise BadFile(self.folder, "holds other files and no run: choose another folder, or an empty one")
            for name in (LOCK, MANIFEST, RECORDS):
                require_own(self.folder / name)
            self._lock = lock_file(self.folder / LOCK)
        return self

    def __exit__(self, *_: object) -> None:
        """Let the folder go; what is written stays."""
        for file in (self._journal, self._lock):
            if file:
                file.close()
        self._journal = self._lock = None

    def begin(self, keys: Sequence[str]) -> set[str]:
        """Compare with an earlier run of this folder and return the keys whose results stay.

        Raises
        ------
        BadFile
            The folder's run has other inputs or tasks, its manifest cannot be read, or nothing can be written.
        """
        self._keys = {key: index for index, key in enumerate(keys)}
        with _writing(self.folder):
            if self.force:
                self._clear()
            elif (self.folder / MANIFEST).exists():
                self._compare()
            for draft in self.folder.rglob(f".*{DRAFT}"):
                draft.unlink()
            self._write_manifest({}, None)
            found = read_records(self.folder / RECORDS)
            self._records = {key: found[key] for key in keys if key in found and self._intact(found[key])}
            write_durably(self.folder / RECORDS, b"".join(sealed(record) for record in self._records.values()))
            self._journal = (self.folder / RECORDS).open("ab")
        return set(self._records)

    def write(self, part: EncodedPart) -> None:
        """Keep the result of a task: on the disk when this returns.

        Raises
        ------
        BadFile
            It cannot be written.
        """
        assert self._journal, "begin() comes first"
        name = f"{self._keys[part.key]:06d}-{re.sub(r'[^A-Za-z0-9._-]+', '_', part.key)[:80]}.parquet"
        frames = {}
        with _writing(self.folder):
            for frame, content in sorted(part.frames.items()):
                file = f"{PARTS}/{frame}/{name}"
                write_durably(self.folder / file, content)
                digest = hashlib.sha256(content).hexdigest()
                frames[frame] = {"file": file, "rows": part.rows[frame], "sha256": digest}
            record = {"key": part.key, "frames": frames, "facts": json.loads(part.facts)}
            self._journal.write(sealed(record))
            self._journal.flush()
            os.fsync(self._journal.fileno())
        self._records[part.key] = record

    def finish(self, failed: Iterable[TaskFailure]) -> Results:
        """Write the manifest of a run that has come to its end, with every part's hash and every failure.

        Raises
        ------
        BadFile
            It cannot be written.
        """
        self._records = {key: self._records[key] for key in self._keys if key in self._records}
        with _writing(self.folder):
            # In the order of tasks, not of time: equal bytes whatever the number of workers.
            write_durably(self.folder / RECORDS, b"".join(sealed(record) for record in self._records.values()))
            failures = {each.key: {"kind": each.kind, "message": each.message, "place": each.place} for each in failed}
            self._write_manifest(failures, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        return Results(self.folder, self._records)

    def _compare(self) -> None:
        path = self.folder / MANIFEST
        remedy = "choose another folder, or --force to throw its results away"
        try:
            earlier = json.loads(read_bytes(path, MOST_MANIFEST))
            same_inputs = earlier["inputs_sha256"] == self.inputs.sha256
            same_tasks = earlier["tasks_sha256"] == sha256_of(list(self._keys))
            changed = differences(earlier["inputs"], self.inputs.document())
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BadFile(path, f"is no manifest of a run ({error}): {remedy}") from error
        if not same_inputs:
            raise BadFile(path, f"a run of other inputs ({changed or 'its hash differs'}): {remedy}")
        if not same_tasks:
            raise BadFile(path, f"a run of other tasks: {remedy}")

    def _clear(self) -> None:
        (self.folder / RECORDS).unlink(missing_ok=True)  # first: parts without a record count for nothing
        sync_folder(self.folder)
        for part in (self.folder / PARTS).glob("*/*.parquet"):
            if OWN_PART.fullmatch(part.name):
                part.unlink()

    def _intact(self, record: Mapping[str, Any]) -> bool:
        """Say whether every part of a record is there, as it was written."""
        with suppress(BadFile, OSError):
            return all(
                file_sha256(self.folder / frame["file"]) == frame["sha256"] for frame in record["frames"].values()
            )
        return False

    def _write_manifest(self, failed: Mapping[str, Any], ended_at: str | None) -> None:
        parts = {
            key: {name: frame["sha256"] for name, frame in record["frames"].items()}
            for key, record in self._records.items()
        }
        document = {
            "inputs_sha256": self.inputs.sha256,
            "tasks_sha256": sha256_of(list(self._keys)),
            "tasks": len(self._keys),
            "ended_at": ended_at,
            "failed": failed,
            "inputs": self.inputs.document(),
            "parts": parts if ended_at else {},
        }
        write_durably(self.folder / MANIFEST, json.dumps(document, indent=1).encode() + b"\n")


class _writing:
    """Raise what the disk refuses as a `BadFile`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise BadFile(error.filename or self.folder, f"cannot be written: {error.strerror or error}") from error
