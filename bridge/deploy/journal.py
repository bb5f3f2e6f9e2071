"""The journal of one deployment: what it will send, and every transaction before it is handed over.

    settings, plan of nonces and addresses    written before anything is signed
    hash of a signed transaction              written, and on the disk, before the transaction is handed over
    block of a transaction                    written when it was seen mined; the chain says it again when it is not

Each step has one nonce and one content. Whatever was signed for it before creates the same thing at the same place, so
at most one of its transactions is ever mined, and it does not matter which.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bridge.deploy.layout import Layout, Step
from bridge.errors import BadFile, RefusedAction
from bridge.files import lock_file, make_private, write_durably
from bridge.json_files import read_json, reading

FORMAT: Final = 1
FILE: Final = "journal.json"
_HASH: Final = re.compile("0x[0-9a-f]{64}")
_ADDRESS: Final = re.compile("0x[0-9a-fA-F]{40}")


@dataclass(frozen=True)
class Entry:
    """A step on its way: nonce and content as planned, the hashes that were signed, and the block that has one."""

    name: str
    nonce: int
    address: str
    content: str
    signed: tuple[str, ...] = ()
    block: int | None = None


@dataclass(frozen=True)
class Journal:
    """Everything that a later run needs to go on; a new object for each change, each on the disk before it is used."""

    path: Path
    chain_id: int
    deployer: str
    since: int
    since_hash: str
    standing: tuple[str, ...]
    settings: dict[str, Any]
    entries: tuple[Entry, ...]

    def save(self) -> Journal:
        """Write the journal whole, and return when it is on the disk.

        Raises
        ------
        BadFile
            The disk refuses it: then nothing may be sent.
        """
        content = {name: value for name, value in self.__dict__.items() if name not in ("path", "entries")}
        text = json.dumps({"format": FORMAT, **content, "steps": [entry.__dict__ for entry in self.entries]}, indent=1)
        try:
            write_durably(self.path, text.encode() + b"\n")
        except OSError as error:
            raise BadFile(self.path, f"cannot be written, so nothing is sent: {error.strerror or error}") from error
        return self

    def noted(self, at: int, **changed: Any) -> Journal:
        """Return the journal with one entry changed, saved."""
        entries = list(self.entries)
        entries[at] = replace(entries[at], **changed)
        return replace(self, entries=tuple(entries)).save()

    @property
    def nonces(self) -> list[int]:
        """Return the nonce of every step."""
        return [entry.nonce for entry in self.entries]

    def require_settings(self, settings: Mapping[str, Any]) -> None:
        """Check that the settings are those that it was begun with.

        Raises
        ------
        RefusedAction
            They are not: the first that differs.
        """
        place = _difference(self.settings, settings)
        if place is not None:
            raise RefusedAction(
                f"{place} is not what it was when this deployment began ({self.path}): put it back to go on, or give "
                "the settings another name to begin another deployment"
            )

    def require_layout(self, layout: Layout) -> None:
        """Check that this program would send what the journal says.

        Raises
        ------
        RefusedAction
            It would not: its contracts are of another version.
        """
        planned = [(entry.name, entry.nonce, entry.address, entry.content) for entry in self.entries]
        now = [_planned(step) for step in layout.steps]
        if planned != now:
            pairs = zip(planned, now, strict=False)
            name = next((old[0] for old, new in pairs if old != new), "one of the last")
            raise RefusedAction(
                f"this program would create another {name} than the journal has ({self.path}): go on with the version "
                "that began it"
            )


def _planned(step: Step) -> tuple[str, int, str, str]:
    return step.name, step.nonce, step.address, step.content


def entries_of(layout: Layout) -> tuple[Entry, ...]:
    """Return the entries of a layout of which nothing was signed."""
    return tuple(Entry(*_planned(step)) for step in layout.steps)


def _difference(old: Any, new: Any, place: str = "") -> str | None:
    """Return where two settings differ first, in the words of the file; None where they do not."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return None if old == new else place or "the file"
    for name in sorted(old.keys() | new.keys()):
        found = _difference(old.get(name), new.get(name), f"{place}.{name}".removeprefix("."))
        if found is not None:
            return found
    return None


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Hold the folder of a deployment, which no other run then works in, and nobody else of this machine looks into.

    Raises
    ------
    BadFile
        Another run holds it, others may look into it, or it cannot be made.
    """
    try:
        make_private(folder)
        if sys.platform != "win32" and stat.S_IMODE(os.stat(folder).st_mode) & 0o077:
            raise BadFile(folder, f"others of this machine may look into it: chmod 700 {folder}")
        with lock_file(folder / "lock"):
            yield
    except OSError as error:
        raise BadFile(error.filename or folder, f"cannot be written: {error.strerror or error}") from error


def load_journal(path: Path) -> Journal | None:
    """Read a journal; None where there is none yet.

    Raises
    ------
    BadFile
        It is no journal of ours, or of another format.
    """
    if not os.path.lexists(path):
        return None
    with reading(path, absent="no such file", otherwise="not the journal of a deployment"):
        content = read_json(path)
        if content.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        entries = tuple(_entry(each) for each in content.pop("steps"))
        content["standing"] = tuple(content["standing"])
        journal = Journal(path, entries=entries, **content)
        if not isinstance(journal.settings, dict):
            raise ValueError("its settings are none")
        if not all(isinstance(name, str) for name in (*journal.standing, *(each.name for each in entries))):
            raise ValueError("a name in it is none")
        _require_plain(journal.chain_id, journal.since)
        _require_matching(_HASH, journal.since_hash)
        _require_matching(_ADDRESS, journal.deployer)
        return journal


def _entry(content: Any) -> Entry:
    entry = Entry(**content | {"signed": tuple(content["signed"])})
    _require_plain(entry.nonce, 0 if entry.block is None else entry.block)
    _require_matching(_HASH, entry.content, *entry.signed)
    _require_matching(_ADDRESS, entry.address)
    return entry


def _require_plain(*numbers: Any) -> None:
    if any(type(number) is not int or not 0 <= number < 1 << 64 for number in numbers):
        raise ValueError("a number in it is none")


def _require_matching(pattern: re.Pattern[str], *texts: Any) -> None:
    if any(not isinstance(text, str) or not pattern.fullmatch(text) for text in texts):
        raise ValueError("a hash or an address in it is none")


def folder_of(state: Path, chain_id: int, name: str) -> Path:
    """Return where a deployment's journal and files are."""
    return state / "deploy" / f"{chain_id}-{name}"
